//! What bringing legacy accounts in promises: each row as it was given, the same file without effect, nothing half
//! applied, passwords never as they were, and letters of whatever encoding an old system wrote.

use crate::support::TestApp;
use crate::support::records::{count_of, rows_of};
use crate::support::trail::Hand;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use motlan::base::clock::Millis;
use motlan::base::encoding::Encoding;
use motlan::base::id::PersonId;
use motlan::base::xlsx;
use motlan::crypto::password::legacy::LegacyHash;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::service::Origin;
use motlan::service::legacy::import::{self, ImportError, Outcome, Report, Request};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::store::legacy_accounts::credentials::{self, Credential};
use motlan::store::legacy_accounts::passwords::{self, Kept};
use motlan::store::legacy_accounts::{self, Stored};
use motlan::store::legacy_matching::{self, Decided};
use motlan::store::{StoreError, legacy_sources};
use std::fmt::Write as _;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write as _};
use time::macros::date;

const SOURCE: &str = "bd";
const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone,unit_code,unit_name,district_name,\
                      title,password_hash,status,last_login_at\n";
/// Salted SHA-1 in the notation of LDAP.
pub const WEAK: &str = "{SSHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw";
/// Another one under the same salt, as systems make that keep a salt for each account.
const OTHER_WEAK: &str = "{SSHA}6zcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw";
/// bcrypt of a cost that still is one.
const STRONG: &str = "$2b$10$abcdefghijklmnopqrstuu8bTOmOGUcgECRXYvr7K6GoMa/VpK2bm";

/// How a file is brought in.
#[derive(Clone, Copy, Default)]
struct How {
    encoding: Option<Encoding>,
    accept_good: bool,
    dry_run: bool,
}

/// A provider with an export of the former province 74.
pub async fn house() -> TestApp {
    let app = TestApp::start().await;
    let source = NewSource {
        id: SOURCE.to_owned(),
        name: None,
        province: Some("74".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source");
    app
}

async fn bring_as(app: &TestApp, input: impl Read + Seek + Send, how: How) -> Result<Report, ImportError> {
    let origin = Origin::command_line();
    let request = Request {
        source: SOURCE,
        encoding: how.encoding,
        accept_good: how.accept_good,
        dry_run: how.dry_run,
        actor: "os:test",
        origin: &origin,
    };
    import::import(app.services(), input, &request, |_| {}).await
}

pub async fn bring(app: &TestApp, rows: &str) -> Report {
    bring_as(app, Cursor::new(format!("{HEADER}{rows}")), How::default()).await.expect("a report")
}

/// So many rows, all good.
fn rows(many: usize) -> String {
    let mut text = String::new();
    for row in 0..many {
        let _ = writeln!(
            text,
            "{row},an.{row},Nguyễn Văn An,1986-08-05,079086{row:06},an@vi-du.vn,0900000000,25747,Phú Mỹ,Thủ Dầu Một,Chuyên viên,{WEAK},active,"
        );
    }
    text
}

async fn count(app: &TestApp) -> i64 {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_accounts::count(&mut conn, SOURCE).await.expect("a count")
}

pub async fn account(app: &TestApp, id: &str) -> Stored {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_accounts::list(&mut conn, SOURCE, &[id]).await.expect("an answer").pop().expect("the account")
}

pub async fn password(app: &TestApp, id: &str) -> Option<Kept> {
    let mut conn = app.services().store.read().await.expect("a connection");
    passwords::find(&mut conn, SOURCE, id).await.expect("an answer")
}

/// Matching decides that an account makes a person of its own.
async fn decide(app: &TestApp, id: &str) {
    assert_eq!(decide_as(app, id, ("", None), ("created", None)).await, 1);
}

/// Matching decides about an account of which nothing was decided, and whose it is.
pub async fn decide_for(app: &TestApp, id: &str, (decision, person): (&'static str, Option<PersonId>)) {
    let person = person.as_ref().map(PersonId::as_str);
    assert_eq!(decide_as(app, id, ("", None), (decision, person)).await, 1);
}

/// Matching decides about an account that it read with one decision and owner; how many rows were still so.
async fn decide_as(
    app: &TestApp,
    id: &str,
    (before, was): (&str, Option<&str>),
    (decision, person): (&'static str, Option<&str>),
) -> u64 {
    let decided = Decided {
        key: AccountKey { source: SOURCE.to_owned(), legacy_id: id.to_owned() },
        row_digest: account(app, id).await.given.row_digest,
        before: before.to_owned(),
        was: was.map(str::to_owned),
        decision,
        rule: "no_counterpart",
        evidence: "[]".to_owned(),
        person: person.map(|id| PersonId(id.to_owned())),
    };
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let decided = legacy_matching::decide(&mut tx, &[decided], services.clock.now()).await.expect("decided");
    tx.commit().await.expect("committed");
    decided
}

async fn credential(app: &TestApp, id: &str) -> Credential {
    let mut conn = app.services().store.read().await.expect("a connection");
    credentials::find(&mut conn, SOURCE, id).await.expect("an answer").expect("the account")
}

#[tokio::test]
async fn the_same_file_a_second_time_changes_nothing() {
    let app = house().await;
    let first = bring(&app, &rows(600)).await;
    assert_eq!((first.outcome, first.added, first.rows_bad), (Outcome::Applied, 600, 0));
    assert_eq!(first.passwords.get("salted-sha1"), Some(&600));
    let before = account(&app, "599").await;
    app.advance_seconds(60);

    let second = bring(&app, &rows(600)).await;

    assert_eq!((second.outcome, second.added, second.changed, second.same), (Outcome::Unchanged, 0, 0, 600));
    assert_eq!((count(&app).await, account(&app, "599").await), (600, before));
    assert_eq!((count_of(&app, "legacy.imported").await, count_of(&app, "legacy_account.changed").await), (1, 0));
}

#[tokio::test]
async fn a_row_is_kept_as_given_and_compared_in_one_form() {
    let app = house().await;
    bring(&app, "7,An.NV,Nguyễn Thị Hoà,5/8/1986,'079 186 001 234,a@b.vn,,,,,Chuyên viên,,khóa,\n8,b,B,không rõ,12x,,,,,,,,,\n")
        .await;

    let hoa = account(&app, "7").await.given;
    assert_eq!((hoa.full_name.as_str(), hoa.name_sorted.as_str()), ("Nguyễn Thị Hoà", "hoa nguyen thi"));
    assert_eq!((hoa.username.as_str(), hoa.username_folded.as_str()), ("An.NV", "an.nv"));
    assert_eq!((hoa.date_of_birth, hoa.born_text.as_str()), (Some(date!(1986 - 08 - 05)), "5/8/1986"));
    assert_eq!((hoa.number_kind.as_str(), hoa.number_born, hoa.status.as_str()), ("twelve", Some(1986), "khóa"));
    let services = app.services();
    let digest = services.secrets.personal_number_digest("079186001234");
    assert_eq!(hoa.number_digest.as_deref(), Some(digest.as_slice()));
    let opened = services.envelope.open(&hoa.number_sealed.expect("sealed"), b"bd/7").expect("opens for its account");
    assert_eq!(opened.as_slice(), b"079186001234");
    let other = account(&app, "8").await.given;
    assert_eq!((other.date_of_birth, other.number_kind.as_str(), other.number_digest), (None, "malformed", None));
    assert!(password(&app, "7").await.is_none());
}

#[tokio::test]
async fn a_changed_row_is_updated_put_on_record_and_decided_anew() {
    let app = house().await;
    bring(&app, &rows(3)).await;
    for id in ["0", "1"] {
        decide(&app, id).await;
    }
    let changed = rows(3)
        .replace("0,an.0,Nguyễn Văn An", "0,an.0,Nguyễn Văn Ân")
        .lines()
        .map(|line| if line.starts_with("1,") { line.replace("Chuyên viên", "Trưởng phòng") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n");

    let report = bring(&app, &changed).await;

    assert_eq!((report.outcome, report.changed, report.same), (Outcome::Applied, 2, 1));
    let (first, second) = (account(&app, "0").await, account(&app, "1").await);
    assert_eq!((first.given.full_name.as_str(), first.decision.as_str()), ("Nguyễn Văn Ân", ""));
    assert_eq!((second.given.title.as_str(), second.decision.as_str()), ("Trưởng phòng", "created"), "a title tells nobody");
    let records = rows_of(&app, "legacy_account.changed").await;
    let details: Vec<&str> = records.iter().map(|record| record.detail.as_str()).collect();
    for columns in [r#""columns":["full_name"]"#, r#""columns":["title"]"#] {
        assert_eq!(details.iter().filter(|detail| detail.contains(columns)).count(), 1, "{details:?}");
    }
    assert!(details.iter().all(|detail| !detail.contains("Ân") && !detail.contains("079086")), "{details:?}");
}

#[tokio::test]
async fn a_file_without_a_column_leaves_what_is_known_in_it() {
    let app = house().await;
    bring(&app, &rows(2)).await;
    let before = account(&app, "0").await;

    let text = "legacy_id,username,full_name\n0,an.0,Nguyễn Văn An\n1,an.1,Nguyễn Văn Ân\n";
    let report = bring_as(&app, Cursor::new(text), How::default()).await.expect("a report");

    assert_eq!((report.changed, report.same), (1, 1));
    assert_eq!(account(&app, "0").await, before);
    let after = account(&app, "1").await.given;
    assert_eq!(
        (after.full_name.as_str(), after.phone.as_str(), after.number_kind.as_str()),
        ("Nguyễn Văn Ân", "0900000000", "twelve")
    );
    assert_eq!(password(&app, "1").await.expect("kept").scheme, "salted-sha1");
}

#[tokio::test]
async fn one_bad_row_among_many_is_told_and_nothing_comes_in_without_leave() {
    let app = house().await;
    let text = format!("{HEADER}{},nobody,Lê Thị Không,,,,,,,,,,,\n{}", rows(700), "0,again,Nguyễn Văn An,,,,,,,,,,,\n");

    let refused = bring_as(&app, Cursor::new(text.as_str()), How::default()).await.expect("a report");
    let places: Vec<(u64, &str)> = refused.errors.iter().map(|error| (error.line, error.column.as_str())).collect();
    assert_eq!((refused.outcome, places), (Outcome::Refused, vec![(702, "legacy_id"), (703, "legacy_id")]));
    assert_eq!((count(&app).await, count_of(&app, "legacy.imported").await), (0, 0));

    let how = How { accept_good: true, dry_run: true, ..How::default() };
    let checked = bring_as(&app, Cursor::new(text.as_str()), how).await.expect("a report");
    assert_eq!((checked.outcome, checked.added, count(&app).await), (Outcome::Checked, 700, 0));

    let how = How { accept_good: true, ..How::default() };
    let accepted = bring_as(&app, Cursor::new(text.as_str()), how).await.expect("a report");
    assert_eq!((accepted.outcome, accepted.added, accepted.rows_bad), (Outcome::Applied, 700, 2));
    assert_eq!((count(&app).await, account(&app, "0").await.given.username), (700, "an.0".to_owned()));
}

/// The same three people in each encoding.
fn people() -> Vec<(&'static str, Vec<u8>)> {
    let unicode = "1,binh,Nguyễn Văn Bình\n2,hoa,Trần Thị Hồng Hoa\n3,dung,Đặng Đức Dũng\n";
    let vni = "1,binh,Nguyeãn Vaên Bình\n2,hoa,Traàn Thò Hoàng Hoa\n3,dung,Ñaëng Ñöùc Duõng\n";
    let tcvn3 = "1,binh,NguyÔn V¨n B×nh\n2,hoa,TrÇn ThÞ Hång Hoa\n3,dung,§Æng §øc Dòng\n";
    let windows = b"1,binh,Nguy\xea\xden V\xe3n Bi\xccnh\n2,hoa,Tr\xe2\xccn Thi\xf2 H\xf4\xccng Hoa\n3,dung,\xd0\xe3\xf2ng \xd0\xfd\xecc Du\xdeng\n";
    let header = "legacy_id,username,full_name\n";
    let latin = |text: &str| text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Vec<u8>>();
    let units = format!("\u{feff}{header}{unicode}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    vec![
        ("utf-8", format!("{header}{unicode}").into_bytes()),
        ("utf-16le", units),
        ("windows-1258", [header.as_bytes(), windows].concat()),
        ("tcvn3", latin(&format!("{header}{tcvn3}"))),
        ("vni", latin(&format!("{header}{vni}"))),
        ("utf-8+tcvn3", format!("{header}{tcvn3}").into_bytes()),
        ("utf-8+vni", format!("{header}{vni}").into_bytes()),
    ]
}

#[tokio::test]
async fn a_list_is_the_same_in_whatever_encoding_an_old_system_wrote_it() {
    let app = house().await;
    for (place, (encoding, bytes)) in people().into_iter().enumerate() {
        let report = bring_as(&app, Cursor::new(bytes), How::default()).await.expect("a report");
        let expected = if place == 0 { (Outcome::Applied, 3, 0) } else { (Outcome::Unchanged, 0, 3) };
        assert_eq!((report.outcome, report.added, report.same), expected, "{encoding}");
        assert_eq!((report.encoding.as_str(), report.encoding_detected), (encoding, true));
    }
    assert_eq!(account(&app, "2").await.given.full_name, "Trần Thị Hồng Hoa");
}

#[tokio::test]
async fn an_encoding_that_the_file_contradicts_is_refused_by_name_and_brings_nothing_in() {
    let app = house().await;
    let of = |word: &str| people().into_iter().find(|(encoding, _)| *encoding == word).map(|(_, bytes)| bytes).expect("bytes");
    let table = [
        ("vni", Encoding::Utf8, Encoding::Vni),
        ("vni", Encoding::Tcvn3, Encoding::Vni),
        ("tcvn3", Encoding::Windows1258, Encoding::Tcvn3),
        ("utf-8", Encoding::Utf16Le, Encoding::Utf8),
        ("utf-16le", Encoding::Utf8, Encoding::Utf16Le),
    ];
    for (word, named, likely) in table {
        let how = How { encoding: Some(named), accept_good: true, ..How::default() };
        match bring_as(&app, Cursor::new(of(word)), how).await {
            Err(ImportError::WrongEncoding { named: told, likely: meant }) => assert_eq!((told, meant), (named, likely)),
            other => panic!("{word} as {named}: refused, not {other:?}"),
        }
        assert_eq!(count(&app).await, 0);
    }
    let how = How { encoding: Some(Encoding::Vni), ..How::default() };
    let report = bring_as(&app, Cursor::new(of("vni")), how).await.expect("a report");
    assert_eq!((report.outcome, report.encoding_detected), (Outcome::Applied, false));
}

/// A file whose disk is pulled out while it is read for the third time, after so many bytes.
struct PulledOut {
    inner: Cursor<Vec<u8>>,
    readings: usize,
    after: u64,
}

impl Read for PulledOut {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.readings == 3 && self.inner.position() > self.after {
            return Err(io::Error::other("no such disk"));
        }
        self.inner.read(buffer)
    }
}

impl Seek for PulledOut {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.readings += usize::from(to == SeekFrom::Start(0));
        self.inner.seek(to)
    }
}

#[tokio::test]
async fn a_file_that_was_stopped_in_the_middle_goes_on_where_it_was() {
    let app = house().await;
    let text = format!("{HEADER}{}", rows(2_000));
    let after = u64::try_from(text.len() / 2).expect("small");
    let stopped = PulledOut { inner: Cursor::new(text.clone().into_bytes()), readings: 0, after };

    let error = bring_as(&app, stopped, How::default()).await.expect_err("stopped");
    assert!(matches!(error, ImportError::File(_)), "{error}");
    let there = count(&app).await;
    assert!((250..2_000).contains(&there), "{there}");
    assert_eq!(count_of(&app, "legacy.imported").await, 0);

    let report = bring_as(&app, Cursor::new(text.as_str()), How::default()).await.expect("a report");
    assert_eq!((report.outcome, report.added, report.same), (Outcome::Applied, 2_000, 0));
    assert_eq!(report.resumed_after_line, Some(u64::try_from(there).expect("small") + 1), "the header is line 1");
    assert_eq!((count(&app).await, count_of(&app, "legacy.imported").await), (2_000, 1));

    let again = bring_as(&app, Cursor::new(text.as_str()), How::default()).await.expect("a report");
    assert_eq!((again.outcome, again.same, again.resumed_after_line), (Outcome::Unchanged, 2_000, None));
}

#[tokio::test]
async fn hashes_are_sealed_for_their_account_and_never_kept_as_they_were() {
    let app = house().await;
    let row = |id: usize, hash: &str| format!("{id},u{id},An,,,,,,,,,{hash},,\n");
    let bare = "5f4dcc3b5aa765d61d8327deb882cf99";
    let report = bring(&app, &[row(1, WEAK), row(2, STRONG), row(3, "$unheard$of"), row(4, bare), row(5, "")].concat()).await;

    let counted: Vec<(&str, u64)> = report.passwords.iter().map(|(scheme, count)| (scheme.as_str(), *count)).collect();
    assert_eq!(counted, [("bcrypt", 1), ("salted-sha1", 1), ("undeclared", 1), ("unknown", 1)]);
    let states = [("1", "sealed", WEAK), ("2", "strong", STRONG)];
    for (id, state, hash) in states {
        let kept = password(&app, id).await.expect("kept");
        assert_eq!((kept.state.as_str(), kept.wrapped), (state, None));
        let sealed = kept.sealed.expect("sealed");
        let inner = &hash.as_bytes()[7..27];
        assert!(!sealed.windows(inner.len()).any(|window| window == inner), "{id}");
        let place = format!("legacy_password/{SOURCE}/{id}");
        let opened = app.services().envelope.open(&sealed, place.as_bytes()).expect("opens for its account");
        let text = std::str::from_utf8(&opened).expect("text");
        assert!(text.starts_with("$legacy$") && LegacyHash::decode(text).is_ok());
        assert!(app.services().envelope.open(&sealed, b"legacy_password/bd/9").is_err(), "and for no other");
    }
    for id in ["3", "4"] {
        let kept = password(&app, id).await.expect("the row is kept");
        assert_eq!((kept.state.as_str(), kept.sealed, kept.wrapped), ("unknown", None, None));
    }
    assert!(password(&app, "5").await.is_none());

    let changed = bring(&app, &[row(1, ""), row(3, STRONG)].concat()).await;
    assert_eq!(changed.changed, 2);
    assert!(password(&app, "1").await.is_none(), "an account without a password has none any more");
    assert_eq!(password(&app, "3").await.expect("kept").state, "strong");
}

/// A workbook of a few kilobytes whose one text is a hundred megabytes.
fn bomb() -> Vec<u8> {
    let book = r#"<workbook><sheets><sheet name="1" r:id="rId1"/></sheets></workbook>"#.to_owned();
    let sheet = format!("<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>{}", "x".repeat(100_000_000));
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in [("xl/workbook.xml", book), ("xl/worksheets/sheet1.xml", sheet)] {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        let packed = encoder.finish().expect("memory");
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let mut about: Vec<u8> = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        about.extend(crc.sum().to_le_bytes());
        about.extend(u32::try_from(packed.len()).expect("small").to_le_bytes());
        about.extend(1_000_u32.to_le_bytes());
        about.extend(u16::try_from(name.len()).expect("small").to_le_bytes());
        about.extend([0_u8, 0]);
        let offset = u32::try_from(bytes.len()).expect("small");
        bytes.extend(b"PK\x03\x04".iter().chain(&about).chain(name.as_bytes()).chain(&packed));
        directory.extend(b"PK\x01\x02\x14\x00".iter().chain(&about).chain(&[0_u8; 10]));
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(bytes.len()).expect("small").to_le_bytes();
    let size = u32::try_from(directory.len()).expect("small").to_le_bytes();
    bytes.append(&mut directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0".iter().chain(&size).chain(&start).chain(&[0_u8, 0]));
    bytes
}

#[tokio::test]
async fn workbooks_are_read_and_hostile_ones_bring_nothing_in() {
    let app = house().await;
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let head = ["legacy_id", "username", "full_name"];
    let book = xlsx::workbook(&[row(head), row(["1", "binh", "Nguyễn Văn Bình"])]).expect("a workbook");
    let bomb = bomb();
    assert!(bomb.len() < 2_000_000, "{}", bomb.len());
    for bytes in [bomb, book[..book.len() / 2].to_vec()] {
        let how = How { accept_good: true, ..How::default() };
        let error = bring_as(&app, Cursor::new(bytes), how).await.expect_err("refused");
        assert!(matches!(error, ImportError::File(_)), "{error}");
        assert_eq!(count(&app).await, 0);
    }

    let report = bring_as(&app, Cursor::new(book), How::default()).await.expect("a report");
    assert_eq!((report.outcome, report.added, report.encoding.as_str()), (Outcome::Applied, 1, "xlsx"));
    let old = xlsx::workbook(&[row(head), row(["1", "binh", "Nguyeãn Vaên Bình"])]).expect("a workbook");
    let how = How { encoding: Some(Encoding::Vni), ..How::default() };
    let report = bring_as(&app, Cursor::new(old), how).await.expect("a report");
    assert_eq!((report.outcome, report.encoding.as_str()), (Outcome::Unchanged, "xlsx+vni"));
}

#[tokio::test]
async fn a_source_that_is_not_there_or_was_stopped_takes_nothing() {
    let app = house().await;
    sources::change(app.services(), SOURCE, "os:test", None, |source| {
        source.stopped_at = Some(Millis(1));
        Ok(())
    })
    .await
    .expect("stopped");

    let error = bring_as(&app, Cursor::new(format!("{HEADER}{}", rows(1))), How::default()).await.expect_err("refused");
    assert!(matches!(error, ImportError::Stopped(_)), "{error}");
    assert_eq!(count(&app).await, 0);
}

#[tokio::test]
async fn a_source_that_nobody_registered_takes_nothing() {
    let app = TestApp::start().await;

    let error = bring_as(&app, Cursor::new(format!("{HEADER}{}", rows(1))), How::default()).await.expect_err("refused");

    assert!(matches!(&error, ImportError::UnknownSource(source) if source == SOURCE), "{error}");
    assert_eq!((count(&app).await, count_of(&app, "legacy.imported").await), (0, 0));
}

/// A row of an account with a password.
fn row(id: &str, name: &str, born: &str, number: &str, hash: &str) -> String {
    format!("{id},u{id},{name},{born},{number},,,25747,,,,{hash},active,\n")
}

#[tokio::test]
async fn a_key_that_is_given_out_again_keeps_nothing_of_whom_it_was() {
    let app = house().await;
    let an = [row("7", "Nguyễn Văn An", "14/03/1986", "079086000001", WEAK), row("8", "Lê Văn Tư", "", "079086000002", WEAK)];
    bring(&app, &an.concat()).await;
    let hand = Hand::of(&app);
    hand.execute(
        "UPDATE legacy_accounts
            SET decision = 'linked', rule = 'by_hand', person_id = 'p', decided_by = 'kim', decided_at = 1, decided_why = 'QĐ 1',
                unit_decision = 'mapped', unit_id = 'u', unit_decided_by = 'kim', first_used_at = 1, last_used_at = 2,
                confirmed_at = 3, retired_at = 4",
    )
    .await;
    hand.execute("UPDATE legacy_passwords SET retired_at = 4, sealed = NULL").await;
    let verifier = "INSERT INTO legacy_verifiers (source, legacy_id, hash, learnt_at) VALUES ('bd', '7', 'x', 1)";
    hand.execute(verifier).await;

    let be = row("7", "Trần Thị Bé", "02/09/1990", "079190000003", STRONG);
    let tu = row("8", "LE VAN TU", "01/01/1986", "079086000002", STRONG);
    bring(&app, &[be, tu].concat()).await;

    let stored = account(&app, "7").await;
    assert_eq!((stored.decision.as_str(), stored.decided_by, stored.person_id), ("", None, None));
    assert_eq!((stored.unit_decision.as_str(), stored.unit_decided_by), ("", None));
    let now = credential(&app, "7").await;
    assert_eq!((now.first_used_at, now.confirmed_at, now.retired_at, now.unit_id), (None, None, None, None));
    let kept = password(&app, "7").await.expect("her own");
    assert_eq!((kept.state.as_str(), kept.retired_at), ("strong", None));
    // What was learnt at his sign-ins is gone: it can be learnt anew.
    hand.execute(verifier).await;
    let released = rows_of(&app, "legacy.account_released").await;
    assert_eq!(released.iter().map(|row| row.person_id.as_deref()).collect::<Vec<_>>(), [Some("p")]);

    let corrected = account(&app, "8").await;
    assert_eq!((corrected.decision.as_str(), corrected.decided_by.as_deref()), ("linked", Some("kim")));
    assert_eq!(corrected.unit_decided_by.as_deref(), Some("kim"), "nothing else is said of the unit");
    let kept = password(&app, "8").await.expect("on record");
    assert_eq!((kept.state.as_str(), kept.sealed, kept.retired_at), ("sealed", None, Some(4)), "retired stays retired");
    let told: Vec<bool> =
        rows_of(&app, "legacy_account.changed").await.iter().map(|row| row.detail.contains(r#""another_person":true"#)).collect();
    assert_eq!(told.iter().filter(|another| **another).count(), 1);
}

#[tokio::test]
async fn the_password_of_the_former_owner_goes_also_where_a_file_says_no_passwords() {
    let app = house().await;
    bring(&app, &row("7", "Nguyễn Văn An", "14/03/1986", "079086000001", WEAK)).await;

    let text = "legacy_id,username,full_name,date_of_birth,personal_number\n7,u7,Trần Thị Bé,02/09/1990,079190000003\n";
    bring_as(&app, Cursor::new(text), How::default()).await.expect("a report");

    assert!(password(&app, "7").await.is_none());
    let again = bring(&app, &row("7", "Trần Thị Bé", "02/09/1990", "079190000003", WEAK)).await;
    assert_eq!(again.changed, 1);
    assert_eq!(password(&app, "7").await.expect("hers").state, "sealed", "the same hash is hers when a file says so");
}

#[tokio::test]
async fn what_a_human_decided_of_a_unit_goes_with_what_was_said_of_it() {
    let app = house().await;
    bring(&app, &rows(1)).await;
    let hand = Hand::of(&app);
    hand.execute("UPDATE legacy_accounts SET unit_decision = 'mapped', unit_id = 'u', unit_decided_by = 'kim'").await;

    bring(&app, &rows(1).replace("Phú Mỹ", "Phú Tân")).await;

    let stored = account(&app, "0").await;
    assert_eq!((stored.unit_decision.as_str(), stored.unit_decided_by), ("", None));
}

#[tokio::test]
async fn another_telephone_number_address_or_state_decides_nothing_anew() {
    let app = house().await;
    bring(&app, &rows(1)).await;
    decide(&app, "0").await;

    let changed = rows(1).replace("0900000000", "0900000001").replace("an@vi-du.vn", "b@vi-du.vn").replace("active", "locked");
    let report = bring(&app, &changed).await;

    assert_eq!((report.changed, account(&app, "0").await.decision.as_str()), (1, "created"));
}

#[tokio::test]
async fn when_an_account_was_used_is_of_whoever_used_it() {
    let app = house().await;
    bring(&app, &rows(2)).await;
    for id in ["0", "1"] {
        assert_eq!(decide_as(&app, id, ("", None), ("created", Some("p"))).await, 1);
    }
    let hand = Hand::of(&app);
    hand.execute("UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 2, confirmed_at = 3, decision = ''").await;

    assert_eq!(decide_as(&app, "0", ("", Some("p")), ("linked", Some("q"))).await, 1);
    assert_eq!(decide_as(&app, "1", ("", Some("p")), ("linked", Some("p"))).await, 1);

    let (next, same) = (credential(&app, "0").await, credential(&app, "1").await);
    assert_eq!((next.person_id.as_deref(), next.first_used_at, next.confirmed_at), (Some("q"), None, None));
    assert_eq!((same.person_id.as_deref(), same.first_used_at, same.confirmed_at), (Some("p"), Some(1), Some(3)));
}

#[tokio::test]
async fn a_decision_is_not_written_over_an_account_that_came_to_be_used_or_to_somebody_else() {
    let app = house().await;
    bring(&app, &rows(2)).await;
    for id in ["0", "1"] {
        assert_eq!(decide_as(&app, id, ("", None), ("created", Some("p"))).await, 1);
    }
    Hand::of(&app).execute("UPDATE legacy_accounts SET first_used_at = 1 WHERE legacy_id = '0'").await;

    assert_eq!(decide_as(&app, "0", ("created", Some("p")), ("review", None)).await, 0, "its owner has come to use it");
    assert_eq!(decide_as(&app, "1", ("created", Some("q")), ("review", None)).await, 0, "it was somebody else's");
    assert_eq!(decide_as(&app, "0", ("created", Some("p")), ("linked", Some("p"))).await, 1, "they keep it");

    let table = [("0", "linked"), ("1", "created")];
    for (id, decision) in table {
        let stored = account(&app, id).await;
        assert_eq!((stored.decision.as_str(), stored.person_id.as_deref()), (decision, Some("p")), "{id}");
    }
}

#[tokio::test]
async fn a_digest_says_nothing_of_a_weak_hash_and_a_changed_one_is_noticed_all_the_same() {
    let app = house().await;
    bring(&app, &row("7", "An", "", "", WEAK)).await;
    let before = (account(&app, "7").await.given.row_digest, password(&app, "7").await.expect("kept").sealed);

    let report = bring(&app, &row("7", "An", "", "", OTHER_WEAK)).await;

    assert_eq!((report.changed, report.same), (1, 0));
    let after = (account(&app, "7").await.given.row_digest, password(&app, "7").await.expect("kept").sealed);
    assert_eq!(before.0, after.0, "whoever has the key tries no passwords against it");
    assert_ne!(before.1, after.1);
    assert!(rows_of(&app, "legacy_account.changed").await[0].detail.contains(r#""columns":["password_hash"]"#));
}

#[tokio::test]
async fn a_hash_that_was_wrapped_is_taken_in_anew_by_another_file_and_not_by_the_same_one() {
    let app = house().await;
    bring(&app, &rows(2)).await;
    let hand = Hand::of(&app);
    let wrap = "UPDATE legacy_passwords SET state = 'wrapped', wrapped = 'x', sealed = NULL";
    hand.execute(wrap).await;

    let same = bring(&app, &rows(2)).await;
    assert_eq!((same.outcome, same.same), (Outcome::Unchanged, 2));
    assert_eq!(password(&app, "0").await.expect("kept").state, "wrapped");

    let other = bring(&app, &rows(3)).await;
    assert_eq!((other.added, other.changed), (1, 2), "nobody can tell whether it is the same password");
    assert_eq!(password(&app, "0").await.expect("kept").state, "sealed");

    hand.execute("UPDATE legacy_passwords SET retired_at = 1").await;
    let retired = bring(&app, &rows(4)).await;
    assert_eq!((retired.added, retired.changed), (1, 0), "what opens nothing stays");
}

#[tokio::test]
async fn a_file_begins_anew_when_its_source_was_changed_after_it_stopped() {
    let app = house().await;
    let text = format!("{HEADER}{}", rows(2_000));
    let after = u64::try_from(text.len() / 2).expect("small");
    let stopped = PulledOut { inner: Cursor::new(text.clone().into_bytes()), readings: 0, after };
    bring_as(&app, stopped, How::default()).await.expect_err("stopped");
    let there = count(&app).await;
    app.advance_seconds(60);
    sources::change(app.services(), SOURCE, "os:test", None, |source| {
        source.settings = Settings::Hashes(HashSettings { declared: Some("md5".to_owned()), ..HashSettings::default() });
        Ok(())
    })
    .await
    .expect("changed");

    let report = bring_as(&app, Cursor::new(text), How::default()).await.expect("a report");

    assert_eq!(report.resumed_after_line, None, "bare hashes at its beginning are of another scheme by now");
    assert_eq!((report.added, report.same), (2_000 - u64::try_from(there).expect("small"), u64::try_from(there).expect("small")));
}

/// A file that somebody writes over after it was checked.
struct WrittenOver {
    first: Cursor<Vec<u8>>,
    then: Cursor<Vec<u8>>,
    readings: usize,
}

impl Read for WrittenOver {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.readings == 3 { self.then.read(buffer) } else { self.first.read(buffer) }
    }
}

impl Seek for WrittenOver {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.readings += usize::from(to == SeekFrom::Start(0));
        self.then.seek(to)?;
        self.first.seek(to)
    }
}

#[tokio::test]
async fn a_row_that_turns_bad_after_the_check_stops_the_file() {
    let app = house().await;
    let (good, bad) = (format!("{HEADER}{}", rows(2)), format!("{HEADER}{}", rows(2).replacen("1,an.1", ",an.1", 1)));
    let file = || WrittenOver {
        first: Cursor::new(good.clone().into_bytes()),
        then: Cursor::new(bad.clone().into_bytes()),
        readings: 0,
    };

    let error = bring_as(&app, file(), How::default()).await.expect_err("stopped");
    assert!(matches!(error, ImportError::File(_)), "{error}");
    assert_eq!((count(&app).await, count_of(&app, "legacy.imported").await), (0, 0));

    let how = How { accept_good: true, ..How::default() };
    let report = bring_as(&app, file(), how).await.expect("a report");
    assert_eq!((report.outcome, report.added), (Outcome::Applied, 1));
}

#[tokio::test]
async fn a_source_that_is_removed_beside_an_import_leaves_nothing_behind() {
    let app = house().await;
    let text = format!("{HEADER}{}", rows(1_500));

    let (brought, removed) =
        tokio::join!(bring_as(&app, Cursor::new(text), How::default()), sources::remove(app.services(), SOURCE, "os:test"));

    removed.expect("removed: nothing comes in once it is stopped");
    let is_expected =
        matches!(brought, Ok(_) | Err(ImportError::Stopped(_) | ImportError::UnknownSource(_) | ImportError::Overtaken));
    assert!(is_expected, "{brought:?}");
    assert_eq!(count(&app).await, 0);
    for id in ["0", "749", "1499"] {
        assert!(password(&app, id).await.is_none(), "{id}");
    }
}

#[tokio::test]
async fn whoever_has_to_give_way_to_another_unit_of_work_is_told_to_begin_anew() {
    let app = house().await;
    if !Hand::of(&app).is_shared() {
        // SQLite has one writer: nobody waits for two things.
        return;
    }
    Hand::of(&app)
        .execute(
            "INSERT INTO legacy_sources
             SELECT 'vt', kind, name, province, as_of, sunset_on, settings, secret, version, created_at, changed_at, stopped_at
               FROM legacy_sources",
        )
        .await;
    let store = &app.services().store;
    let (mut one, mut other) = (store.write().await.expect("a unit of work"), store.write().await.expect("a unit of work"));
    assert!(legacy_sources::hold(&mut one, "bd").await.expect("held"));
    assert!(legacy_sources::hold(&mut other, "vt").await.expect("held"));

    let (first, second) = tokio::join!(legacy_sources::hold(&mut one, "vt"), legacy_sources::hold(&mut other, "bd"));

    let gave_way = [&first, &second].into_iter().filter(|held| matches!(held, Err(StoreError::Stale))).count();
    assert_eq!(gave_way, 1, "{first:?} {second:?}");
}
