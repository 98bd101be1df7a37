//! People from a file: its rows, bringing them in, and who is there afterwards.

use super::registry::{bring as bring_units, file};
use super::{Official, TestApp};
use motlan::model::person::{Person, Username};
use motlan::service::provisioning::password::{self, PasswordError};
use motlan::service::provisioning::person_import::{self, ImportError, Report, Request};
use motlan::service::{Origin, Services, forget};
use motlan::store::changes::Kind;
use motlan::store::persons;
use std::io::Read;

/// The columns of the files that tests write.
pub const HEADER: &str = "username,full_name,date_of_birth,personal_number,email,phone,employee_code,unit_code,department,title,\
                          kind,primary,decision_no,valid_from,valid_to\n";

/// A provider with the units in which people work.
pub async fn house() -> TestApp {
    let app = TestApp::start().await;
    let units = ["units_legacy.csv", "units_2025.csv", "units_pre2025.csv"].map(file);
    bring_units(app.services(), &units, false).await.expect("the registry is imported");
    app
}

/// How a file is brought in.
#[derive(Clone, Copy, Default)]
pub struct How {
    pub accept_good: bool,
    pub dry_run: bool,
}

/// Brings a file in.
pub async fn bring_as(services: &Services, input: impl Read + Send, how: How) -> Result<Report, ImportError> {
    let origin = Origin::command_line();
    let request = Request { accept_good: how.accept_good, dry_run: how.dry_run, actor: "os:test", origin: &origin };
    person_import::import(services, input, &request, |_| {}).await
}

/// Brings rows in.
pub async fn bring(app: &TestApp, rows: &str) -> Report {
    let text = format!("{HEADER}{rows}");
    bring_as(app.services(), text.as_bytes(), How::default()).await.expect("a report")
}

/// A row whose cells are all good.
pub fn row(username: &str, full_name: &str, number: &str, unit: &str, title: &str) -> String {
    let mailbox: String = username.chars().filter(char::is_ascii).collect();
    format!(
        "{username},{full_name},1986-08-05,{number},{mailbox}@vi-du.vn,0900000000,NV1,{unit},Văn phòng,{title},cong_chuc,true,1/QĐ,2025-07-01,\n"
    )
}

/// A person as everybody finds them by now.
pub async fn person(app: &TestApp, username: &str) -> Option<Person> {
    let folded = Username::parse(username).expect("a user name").folded().to_owned();
    let mut conn = app.services().store.read().await.expect("a connection");
    let id = persons::find_id_by_username(&mut conn, &folded).await.expect("an answer")?;
    persons::find(&mut conn, &id).await.expect("an answer")
}

/// How many there are.
pub async fn people(app: &TestApp) -> i64 {
    let mut conn = app.services().store.read().await.expect("a connection");
    persons::count(&mut conn).await.expect("a count")
}

/// Where a file has its mistakes: line and column.
pub fn places(report: &Report) -> Vec<(u64, &str)> {
    report.errors.iter().map(|error| (error.line, error.column.as_str())).collect()
}

/// Sets a person's password, as an administrator does.
pub async fn set_password(app: &TestApp, username: &str, password: &str) -> Result<(), PasswordError> {
    let origin = Origin::command_line();
    let password = password.to_owned().into();
    let request = password::Request { username, password, temporary: false, actor: "os:test", origin: &origin };
    password::set(app.services(), request).await.map(|_| ())
}

/// Locks a person, as an administrator does.
pub async fn lock(app: &TestApp, official: &Official) {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(persons::disable(&mut tx, &official.id, services.clock.now()).await.expect("an answer"));
    forget(&mut tx, services, Kind::Person, official.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}
