//! What systems call two people by the names of old systems, while they are one and when they are two again.

use super::{merged, pair, undo};
use crate::legacy_subjects::{keeping, link, owned, source};
use crate::support::flows::sub_of;
use crate::support::records::count_of;
use crate::support::{Official, TestApp, TestClient};
use motlan::service::legacy::merge::{Done, Later, Pair, Undone};

/// Two officials; an account of an old system is of one of them.
struct Called {
    app: TestApp,
    kim: Official,
    minh: Official,
}

impl Called {
    async fn set(owner: fn(&Self) -> &Official) -> Self {
        let app = TestApp::start().await;
        let (kim, minh) = (app.official("kim").await, app.official("minh").await);
        source(&app, "bd", "74").await;
        source(&app, "vt", "77").await;
        let called = Self { app, kim, minh };
        owned(&called.app, "bd", "BD-1", owner(&called)).await;
        called
    }

    /// A system that keeps what these sources called people.
    async fn client(&self, id: &str, sources: &[&str]) -> TestClient {
        self.app.client(id, |settings| settings.subject_type = keeping(sources)).await
    }

    /// Minh is merged into Kim.
    fn pair(&self) -> Pair {
        pair(&self.kim, &self.minh)
    }

    async fn merge(&self) -> Done {
        self.app.advance_seconds(60);
        let done = merged(&self.app, &self.pair()).await.expect("a merge");
        self.app.advance_seconds(60);
        done
    }

    async fn undo(&self, done: &Done) -> Undone {
        undo(&self.app, &self.pair(), &done.id).await.expect("undone")
    }

    async fn sub(&self, client: &TestClient, official: &Official) -> String {
        sub_of(&self.app, client, official).await
    }
}

#[tokio::test]
async fn a_subject_goes_with_a_person_into_another_and_comes_back() {
    let called = Called::set(|called| &called.minh).await;
    let client = called.client("van-ban", &["bd"]).await;
    assert_eq!(called.sub(&client, &called.minh).await, "BD-1");

    let done = called.merge().await;
    assert_eq!(done.counts.subjects, 1);
    assert_eq!(called.sub(&client, &called.kim).await, "BD-1", "of the one who is both now");
    let undone = called.undo(&done).await;

    assert!(undone.stayed.is_empty(), "{:?}", undone.stayed);
    assert_eq!(called.sub(&client, &called.minh).await, "BD-1");
    let anew = called.sub(&client, &called.kim).await;
    assert!(anew.starts_with("~n."), "nobody is called as another: {anew}");
}

#[tokio::test]
async fn a_subject_that_came_first_to_whoever_was_kept_goes_back_with_the_account_that_it_is_of() {
    let called = Called::set(|called| &called.minh).await;
    let (one, several) = (called.client("van-ban", &["bd"]).await, called.client("tthc", &["vt", "bd"]).await);

    let done = called.merge().await;
    assert_eq!(done.counts.subjects, 0, "nobody was called anything yet");
    assert_eq!(called.sub(&one, &called.kim).await, "BD-1");
    assert_eq!(called.sub(&several, &called.kim).await, "bd:BD-1");
    let undone = called.undo(&done).await;

    let of = |client: &str| Later::SubjectReturned {
        sector: format!("client:{client}"),
        source: "bd".to_owned(),
        legacy_id: "BD-1".to_owned(),
    };
    assert_eq!(undone.stayed, [of("tthc"), of("van-ban")], "each is told");
    for client in [&one, &several] {
        let anew = called.sub(client, &called.kim).await;
        assert!(anew.starts_with("~n."), "nobody is called as another: {anew}");
    }
    assert_eq!(called.sub(&one, &called.minh).await, "BD-1");
    assert_eq!(called.sub(&several, &called.minh).await, "bd:BD-1");
    assert_eq!(count_of(&called.app, "legacy_subject.taken").await, 0, "and nobody has a claim to another's");
}

#[tokio::test]
async fn a_subject_that_whoever_was_kept_had_before_is_theirs_for_ever() {
    let called = Called::set(|called| &called.kim).await;
    let client = called.client("van-ban", &["bd"]).await;
    assert_eq!(called.sub(&client, &called.kim).await, "BD-1");
    link(&called.app, "bd", "BD-1", (Some(&called.kim.id), &called.minh.id)).await;

    let done = called.merge().await;
    let undone = called.undo(&done).await;

    assert!(undone.stayed.is_empty(), "{:?}", undone.stayed);
    assert_eq!(called.sub(&client, &called.kim).await, "BD-1");
    let other = called.sub(&client, &called.minh).await;
    assert!(other.starts_with("~n."), "the account is theirs, and the name is not: {other}");
}
