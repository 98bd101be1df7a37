//! Who is named for posts by hand: a file of unit codes, posts and user names.

use super::MOST_BY_WORDS;
use crate::base::id::{PersonId, UnitId};
use crate::model::person::Username;
use crate::model::registry::{LookUp, Registry};
use crate::model::row_error::RowError;
use crate::model::unit_code::reference;
use crate::model::unit_template::Post;
use crate::service::sheet::{Row, Sheet};
use crate::service::{Failure, Services};
use crate::store::{persons, unit_people};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use time::Date;

/// The columns of the file.
pub const COLUMNS: [&str; 3] = ["unit_code", "post", "username"];
/// More rows than any city has posts to fill by hand.
const MOST_ROWS: usize = 3_000;
/// A larger file holds something else.
pub const MOST_BYTES: usize = 262_144;

/// Who was named, by unit and the key of the post.
pub(super) type Named = BTreeMap<UnitId, BTreeMap<String, Vec<PersonId>>>;

/// What a file is read against.
pub(super) struct Frame<'a> {
    pub(super) registry: &'a Registry,
    pub(super) units: &'a BTreeSet<UnitId>,
    pub(super) posts: &'a [Post],
    pub(super) today: Date,
}

/// A row whose unit and post are known.
struct Read<'a> {
    row: Row,
    unit: UnitId,
    post: &'a Post,
    username: Username,
}

/// Reads a file; everybody in it holds a position in the unit that they are named for.
pub(super) async fn read(services: &Services, frame: &Frame<'_>, bytes: &[u8]) -> Result<Result<Named, Vec<RowError>>, Failure> {
    let mut errors = Vec::new();
    let rows = rows(frame, bytes, &mut errors);
    let mut held: HashMap<UnitId, BTreeSet<PersonId>> = HashMap::new();
    let mut named = Named::new();
    for read in rows {
        let mut conn = services.store.read().await?;
        if let Entry::Vacant(place) = held.entry(read.unit.clone()) {
            let positions = unit_people::list_held(&mut conn, &read.unit, frame.today).await?;
            place.insert(positions.into_iter().map(|position| position.person).collect());
        }
        let person = persons::find_id_by_username(&mut conn, read.username.folded()).await?;
        drop(conn);
        let there = |person: &PersonId| held.get(&read.unit).is_some_and(|people| people.contains(person));
        let Some(person) = person.filter(there) else {
            // Whether there is such a person elsewhere is not said.
            let vi = "không có ai mang tên đăng nhập này đang giữ chức vụ tại đơn vị";
            errors.push(read.row.wrong("username", vi, "nobody of this user name holds a position in the unit"));
            continue;
        };
        let people = named.entry(read.unit).or_default().entry(read.post.key.clone()).or_default();
        if people.contains(&person) {
            errors.push(read.row.wrong("username", "người này đã được nêu ở dòng khác", "another row names this person already"));
        } else {
            people.push(person);
        }
        if read.post.administers && people.len() > MOST_BY_WORDS {
            let vi = format!("một đơn vị có tối đa {MOST_BY_WORDS} quản trị viên mỗi lần triển khai");
            let en = format!("a unit is given at most {MOST_BY_WORDS} administrators at a time");
            errors.push(read.row.wrong("post", vi, en));
        }
    }
    errors.sort_by_key(|error| error.line);
    Ok(if errors.is_empty() { Ok(named) } else { Err(errors) })
}

/// The rows whose unit, post and user name can be.
fn rows<'a>(frame: &Frame<'a>, bytes: &[u8], errors: &mut Vec<RowError>) -> Vec<Read<'a>> {
    let mut all = Vec::new();
    if bytes.len() > MOST_BYTES {
        errors.push(RowError::new(1, "", "tệp lớn hơn 256 KiB", "the file is larger than 256 KiB"));
        return all;
    }
    let opened =
        Sheet::open(bytes).and_then(|sheet| sheet.check_header(&COLUMNS, |name| COLUMNS.contains(&name)).map(|()| sheet));
    let (rows, wrong) = match opened {
        Ok(sheet) => sheet.read_all(MOST_ROWS),
        Err(error) => (Vec::new(), vec![error]),
    };
    errors.extend(wrong);
    for row in rows {
        match settled(frame, row) {
            Ok(read) => all.push(read),
            Err(error) => errors.push(error),
        }
    }
    all
}

fn settled<'a>(frame: &Frame<'a>, row: Row) -> Result<Read<'a>, RowError> {
    let (scheme, code) = reference(row.needed("unit_code")?);
    let unit = match frame.registry.look_up(scheme, code, frame.today) {
        LookUp::One(unit) if frame.units.contains(&unit.id) => unit.id.clone(),
        LookUp::One(_) | LookUp::Candidates(_) | LookUp::None => {
            let vi = "mã này không thuộc đơn vị nào trong các đơn vị được chọn";
            return Err(row.wrong("unit_code", vi, "this code is none of the chosen units'"));
        }
    };
    let called = row.needed("post")?;
    let Some(post) = frame.posts.iter().find(|post| post.is_called(called)) else {
        let known: Vec<&str> = frame.posts.iter().map(|post| post.key.as_str()).collect();
        let vi = format!("mẫu không có vị trí này; các vị trí là: {}", known.join(", "));
        return Err(row.wrong("post", vi, format!("the template has no such post; its posts are: {}", known.join(", "))));
    };
    let username = match Username::parse(row.needed("username")?) {
        Ok(username) => username,
        Err(error) => return Err(row.wrong("username", error.vietnamese(), error.to_string())),
    };
    Ok(Read { row, unit, post, username })
}
