//! The house: somebody in each seat, and what their requests are about.

use super::rows::{INSIDE, OTHER_CLIENT, OUTSIDE, OWN_CLIENT, ROLE, Row, SEATS, Seat, Thing};
use super::things;
use crate::support::people::{bring, person, row};
use crate::support::phones::enrol;
use crate::support::registry::gso;
use crate::support::{Answer, Browser, TestApp, encode};
use motlan::base::date::vietnam_date;
use motlan::base::id::PersonId;
use motlan::model::client::ClientSettings;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};

/// What a request is about.
#[derive(Clone)]
pub struct Target {
    /// The code of the unit.
    pub code: &'static str,
    /// The unit.
    pub unit: String,
    /// Somebody in it.
    pub person: String,
    /// Their position.
    pub position: String,
    /// Their user name.
    pub username: String,
    /// A client.
    pub client: String,
    /// What else has an id in the address.
    pub thing: String,
}

/// Somebody at the console.
pub struct Reader {
    /// Who.
    pub id: PersonId,
    /// Signed on with two factors.
    pub browser: Browser,
    /// What its forms carry.
    pub csrf: String,
}

/// The house, with somebody in each seat.
pub struct House {
    /// The stage.
    pub app: TestApp,
    /// In the order of the seats.
    pub readers: Vec<Reader>,
    people: u32,
    /// Outside and inside: those to whom nothing happens.
    standing: [Option<Target>; 2],
}

impl House {
    /// Builds it.
    pub async fn build() -> Self {
        let app = TestApp::with_registry().await;
        for client in [OWN_CLIENT, OTHER_CLIENT] {
            let left = |settings: &mut ClientSettings| {
                settings.roles = vec![ROLE.to_owned()];
                settings.unit_granted_roles = vec![ROLE.to_owned()];
            };
            app.client(client, left).await;
        }
        let mut readers = Vec::new();
        for seat in &SEATS {
            let official = app.official(seat.name).await;
            let (mut browser, _) = enrol(&app, &official).await;
            give(&app, seat).await;
            let csrf = browser.get("/signin/recover").await.hidden("csrf");
            readers.push(Reader { id: official.id, browser, csrf });
        }
        Self { app, readers, people: 0, standing: [None, None] }
    }

    /// What a line is about. Forms and roles change somebody, and find somebody new.
    pub async fn target(&mut self, row: &Row, inside: bool) -> Target {
        let changes = row.method == "post" || row.thing == Thing::Role;
        let standing = self.standing[usize::from(inside)].clone().filter(|_| !changes);
        let mut target = match standing {
            Some(standing) => standing,
            None => self.somebody(inside).await,
        };
        if !changes {
            self.standing[usize::from(inside)] = Some(target.clone());
        }
        let maker = PersonId(target.person.clone());
        target.thing = things::make(&self.app, row.thing, &target, &maker).await;
        target
    }

    /// The same thing once more, made by a reader.
    pub async fn made_by(&self, reader: usize, row: &Row, target: &Target) -> String {
        things::make(&self.app, row.thing, target, &self.readers[reader].id).await
    }

    /// Somebody new in a unit, the unit, and a client.
    async fn somebody(&mut self, inside: bool) -> Target {
        self.people += 1;
        let (code, client) = if inside { (INSIDE, OWN_CLIENT) } else { (OUTSIDE, OTHER_CLIENT) };
        let username = format!("nguoi.{}", self.people);
        let number = format!("0791860{:05}", self.people);
        let full_name = format!("Lê Văn Người {}", self.people);
        let report = bring(&self.app, &row(&username, &full_name, &number, code, "Chuyên viên")).await;
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let found = person(&self.app, &username).await.expect("the person");
        let registry = self.app.services().known.registry();
        let today = vietnam_date(self.app.services().clock.now());
        Target {
            code,
            unit: gso(&registry, code, today).id.0.clone(),
            person: found.id.0.clone(),
            position: found.positions.first().map(|held| held.id.0.clone()).expect("a position"),
            username,
            client: client.to_owned(),
            thing: String::new(),
        }
    }

    /// Sends what a line says.
    pub async fn ask(&mut self, reader: usize, row: &Row, target: &Target) -> Answer {
        let (path, filled) = (row.aimed(target), row.filled(target));
        let mut fields: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let Reader { browser, csrf, .. } = &mut self.readers[reader];
        match row.method {
            "get" if fields.is_empty() => browser.get(&path).await,
            "get" => browser.get(&format!("{path}?{}", encode(&fields))).await,
            "post" => {
                fields.push(("csrf", csrf.as_str()));
                browser.post(&path, &fields).await
            }
            other => panic!("{other} is no method of the console"),
        }
    }

    /// Everybody who may not do what a line says tries it, and then everybody who may. They try it on the same thing; of
    /// forms, each who may has one of their own, since the one before may have used it up.
    pub async fn try_out(&mut self, row: &Row) -> Vec<String> {
        let mut wrong = Vec::new();
        let sides: &[bool] = if row.is_over_one() { &[true, false] } else { &[true] };
        for &inside in sides {
            let mut target = self.target(row, inside).await;
            let own = row.is_of_maker() && inside;
            let side = if inside { "inside" } else { "outside" };
            let before = self.app.audit_events().await;
            assert!(before.len() < 10_000, "more records than are looked at");
            for (reader, seat) in SEATS.iter().enumerate().filter(|(_, seat)| !row.allows(seat, inside)) {
                if own {
                    target.thing = self.made_by(reader, row, &target).await;
                }
                let answer = self.ask(reader, row, &target).await;
                if !is_refused(&answer) {
                    wrong.push(told(row, seat, side, "was not refused", &answer));
                }
            }
            let after = self.app.audit_events().await;
            if after != before {
                wrong.push(format!("{}: {side}: a refusal left {:?}", row.line, &after[before.len().min(after.len())..]));
            }
            let allowed = SEATS.iter().enumerate().filter(|(_, seat)| row.allows(seat, inside));
            for (place, (reader, seat)) in allowed.enumerate() {
                if place > 0 && row.method == "post" {
                    target = self.target(row, inside).await;
                }
                if own {
                    target.thing = self.made_by(reader, row, &target).await;
                }
                let answer = self.ask(reader, row, &target).await;
                if !is_let_in(row, &answer) {
                    wrong.push(told(row, seat, side, "was not let in", &answer));
                }
            }
        }
        wrong
    }
}

/// Gives somebody the role of a seat.
pub async fn give(app: &TestApp, seat: &Seat) {
    let origin = Origin::command_line();
    let grant = Grant {
        username: seat.name,
        role: seat.role,
        unit: seat.unit,
        client: seat.client,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one");
}

fn is_refused(answer: &Answer) -> bool {
    matches!((answer.status, answer.error_page()), (403, Some("no_access")) | (404, Some("not_found")))
}

/// What somebody who may asked for, or what is wrong with their form; and they are not sent to sign in for it.
fn is_let_in(row: &Row, answer: &Answer) -> bool {
    row.is_fine(answer.status) && !(answer.status == 303 && answer.location().starts_with("/signin"))
}

fn told(row: &Row, seat: &Seat, side: &str, what: &str, answer: &Answer) -> String {
    let shown = (answer.status, answer.error_page(), answer.header("location"));
    format!("{}: {} {side} {what}: {shown:?}", row.line, seat.name)
}
