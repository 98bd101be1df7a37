//! Promises about changes that meet: of one client by two operators, of one person by two files.

use crate::support::TestApp;
use crate::support::people::person;
use crate::support::races::together;
use crate::support::records::count_of;
use motlan::model::client::Client;
use motlan::service::clients::register::{self, RegisterError};
use motlan::service::provisioning::person_import::{self, ImportError, Outcome, Report, Request};
use motlan::service::{Origin, Services};
use motlan::store::clients;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::sync::mpsc;
use tokio::runtime::Handle;
use tokio::sync::mpsc as signals;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_a_client_at_the_same_moment_are_all_kept() {
    const WRITERS: usize = 8;
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let writers = (0..WRITERS).map(|number| {
        let services = app.services().clone();
        async move {
            let change = |client: &mut Client| {
                client.settings.roles.push(format!("vai_tro_{number}"));
                Ok(())
            };
            register::change(&services, "tthc", "os:test", change).await.map(|_| ())
        }
    });
    for changed in together(writers).await {
        changed.expect("changed");
    }

    let client = register::find(app.services(), "tthc").await.expect("an answer").expect("the client");
    let roles: BTreeSet<String> = client.settings.roles.into_iter().collect();
    assert_eq!(roles, (0..WRITERS).map(|number| format!("vai_tro_{number}")).collect::<BTreeSet<_>>());
    assert_eq!(count_of(&app, "client.changed").await, WRITERS, "one record for each");
    let unknown = register::change(app.services(), "nobody", "os:test", |_| Ok(())).await;
    assert!(matches!(unknown, Err(RegisterError::Unknown)));
}

#[tokio::test]
async fn a_change_of_what_somebody_else_has_changed_is_refused() {
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let services = app.services();
    let now = services.clock.now();
    let read = async || {
        let mut conn = services.store.read().await.expect("a connection");
        clients::find_versioned(&mut conn, "tthc").await.expect("an answer").expect("the client")
    };
    let ((mut first, version), (mut second, same)) = (read().await, read().await);
    first.name = "Thứ nhất".to_owned();
    second.name = "Thứ hai".to_owned();

    let mut answers = Vec::new();
    for (client, version) in [(&first, version), (&second, same)] {
        let mut tx = services.store.write().await.expect("a unit of work");
        answers.push(clients::replace(&mut tx, client, version, now).await.expect("an answer"));
        tx.commit().await.expect("committed");
    }

    assert_eq!(answers, [true, false]);
    assert_eq!(read().await.0.name, "Thứ nhất", "nothing of the second counts");
}

/// The end of a file, which comes when it is let through.
struct Gate(mpsc::Receiver<()>);

impl Read for Gate {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Ok(0)
    }
}

async fn bring(services: &Services, input: impl Read + Send, progress: impl FnMut() + Send) -> Result<Report, ImportError> {
    let origin = Origin::command_line();
    let request = Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let mut progress = progress;
    person_import::import(services, input, &request, move |_| progress()).await
}

async fn bring_text(app: &TestApp, text: &str) -> Report {
    bring(app.services(), text.as_bytes(), || {}).await.expect("a report")
}

/// Brings `slow` in, and `quick` from beginning to end after the first rows of
/// `slow` were staged and before it is applied.
async fn meet(app: &TestApp, slow: &str, quick: &str) -> Result<Report, ImportError> {
    let columns = slow.lines().next().expect("a header").matches(',').count() - 1;
    let mut text = slow.to_owned();
    for number in 0..300 {
        writeln!(text, "nguoi.{number},Người Khác{}", ",".repeat(columns)).expect("text");
    }
    let (staged, mut was_staged) = signals::unbounded_channel();
    let (let_through, gate) = mpsc::channel();
    let (services, runtime) = (app.services().clone(), Handle::current());
    // A thread of its own: reading a file blocks, and this one blocks for long.
    let import = std::thread::spawn(move || {
        let input = Cursor::new(text.into_bytes()).chain(Gate(gate));
        let progress = move || {
            let _ = staged.send(());
        };
        runtime.block_on(bring(&services, input, progress))
    });
    was_staged.recv().await.expect("the first rows are staged");
    assert_eq!(bring_text(app, quick).await.outcome, Outcome::Applied);
    let_through.send(()).expect("the import waits");
    tokio::task::spawn_blocking(move || import.join().expect("no panic")).await.expect("joined")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_files_that_meet_keep_what_each_says_of_a_person() {
    let app = TestApp::start().await;
    app.official("kim").await;
    app.official("minh").await;
    let before = person(&app, "kim").await.expect("the person");
    let slow = "username,full_name,phone,nickname\nkim,Nguyễn Văn kim,0911111111,Kim\nminh,Nguyễn Văn minh,0922222222,Minh\n";
    let quick = "username,full_name,phone,email,given_name\nkim,Nguyễn Văn kim,0933333333,moi@vi-du.vn,Kim\n";

    let report = meet(&app, slow, quick).await.expect("a report");

    assert_eq!((report.outcome, report.rows_bad), (Outcome::Applied, 0), "{:?}", report.errors);
    assert_eq!((report.persons_new, report.persons_changed), (300, 2));
    let kim = person(&app, "kim").await.expect("the person");
    assert_eq!(kim.phone.as_deref(), Some("0911111111"), "both say it: the later one counts");
    assert_eq!(kim.email.as_deref(), Some("moi@vi-du.vn"), "only the other one says it: it stays");
    assert_eq!((kim.claims["nickname"].as_str(), kim.claims["given_name"].as_str()), ("Kim", "Kim"));
    assert_eq!((kim.date_of_birth, &kim.username), (before.date_of_birth, &before.username));
    let minh = person(&app, "minh").await.expect("the person");
    assert_eq!((minh.phone.as_deref(), minh.email.as_deref()), (Some("0922222222"), Some("minh@vi-du.vn")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_one_made_superfluous_changes_nothing() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let slow = "username,full_name,phone\nkim,Nguyễn Văn kim,0911111111\n";
    let mut quick = slow.to_owned();
    for number in 0..300 {
        writeln!(quick, "nguoi.{number},Người Khác,").expect("text");
    }

    let report = meet(&app, slow, &quick).await.expect("a report");

    assert_eq!((report.outcome, report.persons_new, report.persons_changed), (Outcome::Unchanged, 0, 0));
    assert_eq!(count_of(&app, "people.imported").await, 2, "the official's, and the quick one");
    assert_eq!(person(&app, "kim").await.expect("the person").phone.as_deref(), Some("0911111111"));
    assert!(person(&app, "nguoi.299").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_contradicts_another_one_names_the_people_and_brings_nothing() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let slow = "username,full_name,personal_number\nkim,Nguyễn Văn kim,079080000002\n";
    let quick = "username,full_name,personal_number\nkim,Nguyễn Văn kim,079080000001\n";

    let refused = meet(&app, slow, quick).await;

    assert!(matches!(&refused, Err(ImportError::Contradicted(names)) if names == &["kim"]), "{refused:?}");
    assert!(person(&app, "nguoi.0").await.is_none());
    let again = bring_text(&app, quick).await;
    assert_eq!(again.outcome, Outcome::Unchanged, "the number of the first one holds");
    let other = "username,full_name,personal_number\nminh,Nguyễn Văn Minh,079080000002\n";
    assert_eq!(bring_text(&app, other).await.outcome, Outcome::Applied, "the other number is still free");
}
