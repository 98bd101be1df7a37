//! A user name is one person's for ever, also where imports meet or are killed;
//! and each has a password and roles of their own.

use crate::support::TestApp;
use crate::support::people::{HEADER, How, bring, bring_as, house, people, person, places, row};
use motlan::base::id::{ChangeSetId, PersonId};
use motlan::model::entitlement::Condition;
use motlan::model::role::RoleGrant;
use motlan::service::Origin;
use motlan::service::provisioning::person_import::Outcome;
use motlan::service::provisioning::{change_set, password, roles};
use motlan::store::{change_sets, passwords, persons, role_grants};

#[tokio::test]
async fn user_names_are_one_when_folded_and_belong_to_one_person() {
    let app = house().await;
    bring(&app, &row("dao.dv", "Đỗ Văn Đạo", "079086000001", "26740", "CV")).await;

    // Accents make no other name; case does not matter and is the same person.
    let accents = bring(&app, &row("đào.dv", "Đặng Vân Đào", "079086000002", "26740", "CV")).await;
    assert_eq!(places(&accents), [(2, "username")]);
    let case = bring(&app, &row("DAO.DV", "Đỗ Văn Đạo", "079086000001", "26743", "Trưởng phòng")).await;
    assert_eq!((case.outcome, case.persons_new), (Outcome::Applied, 0));

    // Within one file too.
    let within = format!("{}{}", row("le.tt", "Lê Thị Tư", "", "26740", "CV"), row("lệ.tt", "Trần Thị Lệ", "", "26740", "CV"));
    assert_eq!(places(&bring(&app, &within).await), [(3, "username")]);

    let dao = person(&app, "ĐÀO.DV").await.expect("the first person");
    assert_eq!((dao.username.as_str(), dao.full_name.as_str()), ("dao.dv", "Đỗ Văn Đạo"));
    assert_eq!(people(&app).await, 1);
}

#[tokio::test]
async fn a_user_name_is_never_given_to_another_person() {
    let app = house().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    let kim = person(&app, "kim.nt").await.expect("the person");

    let other = bring(&app, &row("kim.nt", "Nguyễn Thành Kim", "074086000009", "26740", "CV")).await;
    assert_eq!((other.outcome, places(&other)), (Outcome::Refused, vec![(2, "personal_number")]));

    let services = app.services();
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(persons::disable(&mut tx, &kim.id, services.clock.now()).await.expect("disabled"));
    assert!(!persons::disable(&mut tx, &kim.id, services.clock.now()).await.expect("once only"));
    tx.commit().await.expect("committed");
    let after_leaving = bring(&app, &row("kim.nt", "Nguyễn Thành Kim", "", "26740", "CV")).await;
    assert_eq!(places(&after_leaving), [(2, "username")]);
    assert_eq!(person(&app, "kim.nt").await.map(|person| person.id), Some(kim.id));
}

#[tokio::test]
async fn a_personal_number_has_one_account() {
    let app = house().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    let taken = bring(&app, &row("kim.khac", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    assert_eq!(places(&taken), [(2, "personal_number")]);
    let twice = format!(
        "{}{}",
        row("anh.mot", "Anh", "074186000001", "26740", "CV"),
        row("anh.hai", "Anh", "074186000001", "26740", "CV")
    );
    let twice = bring(&app, &twice).await;
    assert_eq!((twice.rows_bad, twice.errors[0].column.as_str()), (1, "personal_number"));
    assert_eq!(people(&app).await, 1);

    // What failed left nothing: name and number are free.
    let later = bring(&app, &row("anh.ba", "Anh", "074186000001", "26740", "CV")).await;
    assert_eq!(later.outcome, Outcome::Applied);
    let name = bring(&app, &row("kim.khac", "Trần Kim", "", "26740", "CV")).await;
    assert_eq!(name.outcome, Outcome::Applied);
}

/// Stages a set by hand and leaves it, as a killed import does.
async fn killed_import(app: &TestApp, username: &str) -> ChangeSetId {
    let services = app.services();
    let set = change_set::begin(services, "file", "os:test").await.expect("a set");
    let mut tx = services.store.write().await.expect("a transaction");
    let now = services.clock.now();
    let new = persons::NewPerson {
        id: PersonId::new(now, services.entropy.as_ref()),
        username: username.to_owned(),
        folded: username.to_owned(),
    };
    let owners = persons::add(&mut tx, &set, now, std::slice::from_ref(&new)).await.expect("a name");
    let id = PersonId(owners[username].id.clone());
    let facts = persons::Facts {
        full_name: "Kim".to_owned(),
        date_of_birth: None,
        personal_number: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: std::collections::BTreeMap::new(),
    };
    persons::add_facts(&mut tx, &set, &[(id, facts)]).await.expect("facts");
    tx.commit().await.expect("committed");
    set
}

async fn open_sets(app: &TestApp) -> usize {
    let mut conn = app.services().store.read().await.expect("a connection");
    change_sets::list_abandoned(&mut conn).await.expect("a list").len()
}

#[tokio::test]
async fn a_killed_import_counts_for_nothing_and_is_cleaned() {
    let app = house().await;
    let set = killed_import(&app, "kim.nt").await;
    assert!(person(&app, "kim.nt").await.is_none());
    assert_eq!(people(&app).await, 0);

    // Still fresh, it may be alive; later it is not.
    assert_eq!(change_set::clean_abandoned(app.services(), 60).await.expect("cleaned"), 0);
    assert_eq!(change_set::clean_abandoned(app.services(), -60).await.expect("cleaned"), 1);
    assert_eq!(open_sets(&app).await, 0);
    let mut tx = app.services().store.write().await.expect("a transaction");
    assert!(!change_sets::mark_applied(&mut tx, &set, app.services().clock.now()).await.expect("an answer"));
}

#[tokio::test]
async fn a_name_that_a_killed_import_took_is_not_lost_for_those_who_use_it_meanwhile() {
    let app = house().await;
    killed_import(&app, "kim.nt").await;
    let report = bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    assert_eq!((report.outcome, report.persons_new), (Outcome::Applied, 1));
    change_set::clean_abandoned(app.services(), -60).await.expect("cleaned");

    let kim = person(&app, "kim.nt").await.expect("the person is still there");
    assert_eq!(kim.full_name, "Nguyễn Thị Kim");

    // The other way round: what an applied set brought outlives a killed one that touched it.
    killed_import(&app, "kim.nt").await;
    change_set::clean_abandoned(app.services(), -60).await.expect("cleaned");
    assert_eq!(person(&app, "kim.nt").await.map(|person| person.full_name), Some("Nguyễn Thị Kim".to_owned()));
}

#[tokio::test]
async fn concurrent_imports_of_the_same_names_yield_one_person_each() {
    let app = house().await;
    let mut text = HEADER.to_owned();
    for number in 0..600 {
        text.push_str(&row(&format!("nguoi.{number}"), "Người Chung", &format!("0790860{number:05}"), "26740", "CV"));
    }
    let services = app.services();
    let (one, two, three) = tokio::join!(
        bring_as(services, text.as_bytes(), How::default()),
        bring_as(services, text.as_bytes(), How::default()),
        bring_as(services, text.as_bytes(), How::default()),
    );
    let outcomes = [one, two, three].map(|result| result.expect("a report"));
    assert!(outcomes.iter().any(|report| report.outcome == Outcome::Applied));
    assert!(outcomes.iter().all(|report| report.rows_bad == 0), "{:?}", outcomes.map(|report| report.errors));
    assert_eq!(people(&app).await, 600);
    for number in [0, 299, 599] {
        let person = person(&app, &format!("nguoi.{number}")).await.expect("the person");
        assert_eq!(person.positions.len(), 1, "the same position told twice is one position");
    }
}

#[tokio::test]
async fn a_password_is_set_as_a_hash_and_short_ones_are_refused() {
    let app = house().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV")).await;
    let origin = Origin::command_line();
    let request = |username: &'static str, text: &str| password::Request {
        username,
        password: text.to_owned().into(),
        temporary: true,
        actor: "os:test",
        origin: &origin,
    };
    let services = app.services();
    assert!(matches!(password::set(services, request("kim.nt", "short")).await, Err(password::PasswordError::TooShort { .. })));
    let long = "x".repeat(257);
    assert!(matches!(password::set(services, request("kim.nt", &long)).await, Err(password::PasswordError::TooLong)));
    let nobody = password::set(services, request("nobody", "a long enough one")).await;
    assert!(matches!(nobody, Err(password::PasswordError::UnknownPerson)));

    let id = password::set(services, request("KIM.nt", "mật khẩu đủ dài")).await.expect("set");
    let stored = {
        let mut conn = services.store.read().await.expect("a connection");
        passwords::find(&mut conn, &id).await.expect("an answer").expect("a password")
    };
    assert!(stored.hash.starts_with("$argon2id$") && stored.must_change);
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(!passwords::replace(&mut tx, &id, "another", "new").await.expect("an answer"), "someone else changed it");
    assert!(passwords::replace(&mut tx, &id, &stored.hash, "new").await.expect("an answer"));
}

#[tokio::test]
async fn roles_are_granted_once_for_clients_that_declare_them_and_taken_back() {
    let app = house().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV")).await;
    let kim = person(&app, "kim.nt").await.expect("the person");
    let services = app.services();
    let origin = Origin::command_line();
    let request = |client_id: &'static str| roles::Request {
        username: "kim.nt",
        client_id,
        role: "tiep_nhan",
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    assert!(matches!(roles::grant(services, &request("nothing")).await, Err(roles::RoleError::UnknownClient)));
    assert!(!roles::revoke(services, &request("tthc")).await.expect("an answer"));

    let position = Some(kim.positions[0].id.clone());
    let condition = Condition::default();
    let grant = RoleGrant { client_id: "tthc".into(), role: "tiep_nhan".into(), position, condition };
    let by = ("os:test", services.clock.now());
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(role_grants::add(&mut tx, "one", &kim.id, &grant, by).await.expect("granted"));
    assert!(!role_grants::add(&mut tx, "two", &kim.id, &grant, by).await.expect("an answer"), "once only");
    tx.commit().await.expect("committed");
    assert_eq!(person(&app, "kim.nt").await.expect("the person").roles, std::slice::from_ref(&grant));

    let of_position = roles::Request { position: grant.position.clone(), ..request("tthc") };
    assert!(roles::revoke(services, &of_position).await.expect("taken back"));
    assert!(person(&app, "kim.nt").await.expect("the person").roles.is_empty());
}
