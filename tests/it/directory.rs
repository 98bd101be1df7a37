//! The directory: whom an administrator finds, in which order, and how the list follows what changes of people.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, everywhere, within};
use crate::support::people::{bring, lock, row};
use crate::support::{TestApp, registry};
use motlan::base::id::{PersonId, UnitId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReadPeople;
use motlan::service::directory::{self, Count, Factor, FactorFilter, Found, Memory, Query, State, StateFilter, typed};
use motlan::store::people_search;
use std::collections::HashMap;
use time::Date;
use time::macros::date;

/// Somebody by user name, name, unit and title.
fn one(username: &str, full_name: &str, unit: &str, title: &str) -> String {
    row(username, full_name, "", unit, title)
}

async fn come(app: &TestApp, rows: &str) {
    assert_eq!(bring(app, rows).await.rows_bad, 0);
    directory::catch_up(app.services()).await.expect("listed");
}

/// The unit that had a code on a day.
fn gso(app: &TestApp, code: &str, on: Date) -> UnitId {
    registry::gso(&app.services().known.registry(), code, on).id.clone()
}

/// Four people in two wards.
async fn four() -> TestApp {
    let app = TestApp::with_registry().await;
    let rows = [
        one("minhanh.nt", "Nguyễn Thị Minh Anh", SAI_GON, "Phó Chủ tịch UBND"),
        one("binh.pt", "Phan Thanh Bình", TAN_DINH, "Chuyên viên"),
        one("yen.dl", "Đặng Lê Yến", SAI_GON, "Kế toán"),
        one("an.dv", "Đào Văn Ân", TAN_DINH, "Văn thư"),
    ];
    come(&app, &rows.concat()).await;
    app
}

async fn find(app: &TestApp, who: &Admin, query: &Query) -> Found {
    let authority = who.authority(app).await;
    let proof = authority.people::<ReadPeople>().expect("bounds");
    directory::find(app.services(), &proof, query, 25).await.expect("an answer")
}

fn names(found: &Found) -> Vec<&str> {
    found.people.iter().map(|listed| listed.username.as_str()).collect()
}

fn words(text: &str) -> Query {
    Query { words: typed(text), ..Query::default() }
}

fn in_unit(unit: &UnitId) -> Query {
    Query { unit: Some(unit.clone()), ..Query::default() }
}

async fn count(app: &TestApp, subject: &str) -> i64 {
    let mut conn = app.services().store.read().await.expect("a connection");
    let counts = people_search::counts(&mut conn, &[subject.to_owned()]).await.expect("counts");
    counts.get(subject).copied().unwrap_or_default()
}

#[tokio::test]
async fn people_are_found_by_the_beginning_of_any_word_without_accents_in_the_order_of_given_names() {
    let app = four().await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let table: [(&str, &[&str]); 16] = [
        ("minh", &["minhanh.nt"]),
        ("MINH  ánh", &["minhanh.nt"]),
        ("yên", &["yen.dl"]),
        ("dang", &["yen.dl"]),
        ("đào", &["an.dv"]),
        ("chu tich", &["minhanh.nt"]),
        ("sai gon", &["minhanh.nt", "yen.dl"]),
        ("sai gon ke", &["yen.dl"]),
        ("tan dinh van", &["an.dv"]),
        ("minhanh.n", &["minhanh.nt"]),
        ("nv1", &["minhanh.nt", "an.dv", "binh.pt", "yen.dl"]),
        ("ph", &["minhanh.nt", "an.dv", "binh.pt", "yen.dl"]),
        ("nt", &[]),
        ("inh", &[]),
        ("%", &["minhanh.nt", "an.dv", "binh.pt", "root", "yen.dl"]),
        ("zzz", &[]),
    ];
    directory::catch_up(app.services()).await.expect("listed");

    for (text, expected) in table {
        let found = find(&app, &root, &words(text)).await;
        assert_eq!(names(&found), expected, "{text}");
        let count = i64::try_from(expected.len()).expect("a number");
        assert_eq!(found.matching, Count::Exactly(count), "{text}");
    }
    let reversed = find(&app, &root, &Query { reversed: true, ..words("nv1") }).await;
    assert_eq!(names(&reversed), ["yen.dl", "binh.pt", "an.dv", "minhanh.nt"]);
    let listed = &find(&app, &root, &words("minh")).await.people[0];
    assert_eq!((listed.title.as_str(), listed.posts, listed.state), ("Phó Chủ tịch UBND", 1, State::New));
    assert_eq!(listed.unit.as_ref(), Some(&gso(&app, SAI_GON, date!(2026 - 11 - 22))));
}

#[tokio::test]
async fn a_unit_administrator_finds_nobody_of_another_unit_by_word_filter_or_name() {
    let app = four().await;
    let quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let today = date!(2026 - 11 - 22);
    let (own, other) = (gso(&app, SAI_GON, today), gso(&app, TAN_DINH, today));

    let all = find(&app, &quan, &Query::default()).await;
    assert_eq!((names(&all), all.all), (vec!["minhanh.nt", "yen.dl"], Some(2)));
    for text in ["binh", "binh.pt", "tan dinh", "van thu", "quan"] {
        let found = find(&app, &quan, &words(text)).await;
        assert_eq!((names(&found), found.matching), (vec![], Count::Exactly(0)), "{text}");
    }
    assert_eq!(names(&find(&app, &quan, &in_unit(&own)).await), ["minhanh.nt", "yen.dl"]);
    for unit in [&other, &UnitId("nowhere".to_owned())] {
        assert!(names(&find(&app, &quan, &in_unit(unit)).await).is_empty());
    }
    let city = gso(&app, CITY, today);
    assert_eq!(names(&find(&app, &quan, &in_unit(&city)).await), ["minhanh.nt", "yen.dl"], "no more than their own");

    let authority = quan.authority(&app).await;
    let proof = authority.people::<ReadPeople>().expect("bounds");
    let everybody = ids(&app).await;
    let asked: Vec<PersonId> = everybody.values().cloned().collect();
    let named = directory::resolve(app.services(), &proof, &asked).await.expect("names");
    assert_eq!(named.len(), 2);
    assert_eq!(named[&everybody["yen.dl"]].full_name, "Đặng Lê Yến");
    assert!(!named.contains_key(&everybody["binh.pt"]));
    let (chosen, more) = directory::all_ids(app.services(), &proof, &words("nv1"), 1).await.expect("ids");
    assert_eq!((chosen.len(), more), (1, true));
}

/// Everybody by user name.
async fn ids(app: &TestApp) -> HashMap<String, PersonId> {
    let mut all = HashMap::new();
    for username in ["minhanh.nt", "binh.pt", "yen.dl", "an.dv"] {
        let person = crate::support::people::person(app, username).await.expect("a person");
        all.insert(username.to_owned(), person.id);
    }
    all
}

#[tokio::test]
async fn a_unit_is_asked_for_with_all_under_it_and_all_that_became_it() {
    let app = four().await;
    let left = "lan.t,Trần Lan,,,,,,26740,,Văn thư,cong_chuc,true,1/QĐ,2021-04-01,2025-06-30\n";
    let moved = "mai.l,Lê Mai,,,,,,26740,,Văn thư,cong_chuc,true,1/QĐ,2021-04-01,2025-06-30\n\
                 mai.l,Lê Mai,,,,,,26737,,Văn thư,cong_chuc,true,2/QĐ,2025-07-01,\n";
    come(&app, &format!("{left}{moved}")).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let (today, before) = (date!(2026 - 11 - 22), date!(2025 - 06 - 30));
    let (new, old) = (gso(&app, SAI_GON, today), gso(&app, SAI_GON, before));
    assert_ne!(new, old);

    assert_eq!(names(&find(&app, &root, &in_unit(&new)).await), ["minhanh.nt", "lan.t", "yen.dl"], "lan was never moved");
    assert_eq!(names(&find(&app, &root, &in_unit(&old)).await), ["lan.t", "mai.l"], "whoever was there");
    let city = gso(&app, CITY, today);
    assert_eq!(find(&app, &root, &in_unit(&city)).await.people.len(), 6);
    let mai = &find(&app, &root, &words("mai")).await.people[0];
    assert_eq!((mai.former.as_ref(), mai.posts), (Some(&old), 1));

    let quan = admin(&app, "quan", &[], within(AdminRole::Unit, TAN_DINH)).await;
    assert_eq!(names(&find(&app, &quan, &in_unit(&old)).await), ["mai.l"], "of those who were there, their own");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_forwards_and_back_and_nobody_is_left_out() {
    let app = TestApp::with_registry().await;
    let letters: Vec<char> = ('a'..='z').filter(|letter| !"fjwz".contains(*letter)).collect();
    let people = letters.iter().flat_map(|one| ["a", "h", "o"].map(|two| format!("{one}{two}")));
    let mut rows: Vec<String> = people
        .enumerate()
        .map(|(n, given)| one(&format!("nguoi{n:03}"), &format!("Lê Thị {given}"), SAI_GON, "Kế toán"))
        .collect();
    rows.reverse();
    come(&app, &rows.concat()).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let many = [words("le"), words("le thi ke"), Query { state: Some(StateFilter::Enabled), ..words("nguoi") }];

    for query in many {
        let mut all: Vec<String> = Vec::new();
        let (mut pages, mut next) = (Vec::new(), query.clone());
        loop {
            let page = find(&app, &root, &next).await;
            assert_eq!(page.matching, Count::Exactly(66), "{query:?}");
            assert_eq!(page.skipped, i64::try_from(all.len()).expect("a number"));
            all.extend(names(&page).into_iter().map(str::to_owned));
            let (place, previous) = (page.next, page.previous);
            pages.push((page, previous));
            let Some(place) = place else { break };
            next = Query { place: Some(place), ..query.clone() };
        }
        let expected: Vec<String> = (0..66).map(|n| format!("nguoi{n:03}")).collect();
        assert_eq!((all, pages.len()), (expected, 3), "{query:?}");
        let back = find(&app, &root, &Query { place: pages[2].1, ..query.clone() }).await;
        assert_eq!((names(&back), back.skipped), (names(&pages[1].0), 25), "{query:?}");
        let first = find(&app, &root, &Query { place: back.previous, ..query.clone() }).await;
        assert_eq!((names(&first), first.skipped), (names(&pages[0].0), 0));
        assert!(first.previous.is_none() && first.next.is_some() && pages[0].1.is_none());
    }
}

#[tokio::test]
async fn the_list_follows_what_changes_of_people() {
    let app = four().await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    directory::catch_up(app.services()).await.expect("listed");
    let state = |state| Query { state: Some(StateFilter::Is(state)), ..Query::default() };

    assert_eq!(names(&find(&app, &root, &state(State::Active)).await), ["kim", "root"], "whoever has a password");
    let weak = Query { factor: Some(FactorFilter::Is(Factor::App)), ..Query::default() };
    assert_eq!(names(&find(&app, &root, &weak).await), ["root"]);
    lock(&app, &kim).await;
    assert!(names(&find(&app, &root, &state(State::Disabled)).await).is_empty(), "a moment later");
    directory::catch_up(app.services()).await.expect("listed");
    assert_eq!(names(&find(&app, &root, &state(State::Disabled)).await), ["kim"]);
    let enabled = Query { state: Some(StateFilter::Enabled), ..words("sai gon") };
    assert_eq!(names(&find(&app, &root, &enabled).await), ["minhanh.nt", "yen.dl"]);

    come(&app, &one("yen.dl", "Đặng Lê Hải Yến", TAN_DINH, "Kế toán trưởng")).await;
    assert_eq!(names(&find(&app, &root, &words("hai yen")).await), ["yen.dl"]);
    assert_eq!(names(&find(&app, &root, &words("truong")).await), ["yen.dl"]);
    assert_eq!(count(&app, "all").await, 6);
    for (word, people) in [("w:le", 1), ("w:hai", 1), ("w:nguyen", 3), ("w:ke", 1), ("w:#s:disabled", 1), ("w:#s:new", 4)] {
        assert_eq!(count(&app, word).await, people, "{word}");
    }
}

#[tokio::test]
async fn whose_last_day_is_over_leaves_the_list_of_the_unit_by_themselves() {
    let app = TestApp::with_registry().await;
    let rows = "lan.t,Trần Lan,,,,,,26740,,Văn thư,cong_chuc,true,1/QĐ,2025-07-01,2026-11-30\n\
                lan.t,Trần Lan,,,,,,26737,,Văn thư,cong_chuc,true,2/QĐ,2026-12-01,\n";
    come(&app, rows).await;
    let today = date!(2026 - 11 - 22);
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    assert_eq!(names(&find(&app, &quan, &Query::default()).await), ["lan.t"]);

    app.advance_seconds(10 * 86_400);
    app.sync().await;
    quan.again(&app).await;
    directory::catch_up(app.services()).await.expect("listed");

    assert!(names(&find(&app, &quan, &Query::default()).await).is_empty());
    assert_eq!(count(&app, &format!("u:{}", gso(&app, SAI_GON, today))).await, 0);
    assert_eq!(count(&app, &format!("p:{}", gso(&app, SAI_GON, today))).await, 1);
    assert_eq!(count(&app, &format!("u:{}", gso(&app, TAN_DINH, today))).await, 1);
}

#[tokio::test]
async fn one_node_at_a_time_keeps_the_list_and_doing_it_twice_changes_nothing() {
    let app = TestApp::with_registry().await;
    bring(&app, &one("yen.dl", "Đặng Lê Yến", SAI_GON, "Kế toán")).await;
    let (mut first, mut second) = (Memory::default(), Memory::default());

    assert!(directory::reindex(app.services(), &mut first, "a").await.expect("a step"));
    assert!(!directory::reindex(app.services(), &mut second, "b").await.expect("a step"), "the other one holds the lease");
    while directory::reindex(app.services(), &mut first, "a").await.expect("a step") {}
    directory::catch_up(app.services()).await.expect("listed");
    directory::catch_up(app.services()).await.expect("listed");

    assert_eq!((count(&app, "all").await, count(&app, "w:yen").await), (1, 1));
    app.advance_seconds(61);
    assert!(!directory::reindex(app.services(), &mut second, "b").await.expect("a step"), "there is nothing to do");
}
