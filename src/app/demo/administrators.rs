//! The demo's own administrators, so that the console can be looked at: one who runs the service, one of a unit, one who
//! reads the records.
//!
//! They come through the doors of a deployment, and administrators have two factors there: each is signed in once, adds
//! an authenticator app and makes a sheet of printed codes. The key and the codes are told beside the sample password,
//! which is as public: another reason why the demo stays on loopback.

use super::scene::{ACTOR, PASSWORD, bring_people, give_passwords, refused};
use crate::app::cli::CliError;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::totp::{Secret, step_at};
use crate::model::admin_scope::AdminRole;
use crate::service::administrators::{self, Grant};
use crate::service::login::{self, LoginError};
use crate::service::second_factor::recovery::{self, SheetError};
use crate::service::second_factor::totp::{self, App, EnrolError, Label};
use crate::service::sign_on::{self, Before, ending};
use crate::service::{Origin, Services, welcome};
use crate::store::persons;
use serde_json::{Value, json};

const PEOPLE: &str = include_str!("../../../data/demo/administrators.csv");

/// The letters of base32 (RFC 4648 §6).
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Who administers what: user name, role, unit.
const SEATS: [(&str, AdminRole, Option<&str>); 3] = [
    ("quantri.tp", AdminRole::System, None),
    ("quantri.saigon", AdminRole::Unit, Some("26740")),
    ("kiemtra.tp", AdminRole::Auditor, None),
];

/// An administrator of the demo, and what shows that it is them beside the sample password.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// The user name.
    pub username: String,
    /// What they are.
    pub role: AdminRole,
    /// The code of the unit that they look after.
    pub unit: Option<String>,
    /// The key for an authenticator app, and the same as an address for a picture. It is told when it is made: on a kept
    /// directory that was before.
    pub app: Option<(String, String)>,
    /// Printed codes, each good once: others at every start.
    pub codes: Vec<String>,
}

impl Administrator {
    /// What scripts are told.
    pub(super) fn document(&self) -> Value {
        json!({
            "username": self.username,
            "role": self.role.word(),
            "unit": self.unit,
            "app_key": self.app.as_ref().map(|(key, _)| key),
            "app_uri": self.app.as_ref().map(|(_, uri)| uri),
            "codes": self.codes,
        })
    }

    /// What people are told: who it is, the codes, the key.
    pub(super) fn lines(&self) -> Vec<String> {
        let what = match self.role {
            AdminRole::System => "runs the service",
            AdminRole::Directory => "keeps the directory",
            AdminRole::Unit => "administers Phường Sài Gòn",
            AdminRole::HelpDesk => "is the help desk",
            AdminRole::Application => "looks after a system",
            AdminRole::Auditor => "reads everything, changes nothing",
        };
        let who = format!("  {:<15} {what}", self.username);
        let codes = self.codes.chunks(5).map(|some| format!("                    {}", some.join("  ")));
        let key = self.app.iter().map(|(key, _)| format!("                    key of an app: {key}"));
        std::iter::once(who).chain(codes).chain(key).collect()
    }
}

/// Brings the administrators in, with their roles and both factors. On a kept directory what is there stays, but for the
/// printed codes; whoever was locked, erased or has another password since is not told of.
pub async fn seat(services: &Services) -> Result<Vec<Administrator>, CliError> {
    let origin = Origin::command_line();
    let people = bring_people(services, PEOPLE, &origin).await?;
    if people.is_new {
        give_passwords(services, &people.names, PASSWORD, &origin).await?;
        for (username, role, unit) in SEATS {
            let (actor, origin) = (ACTOR, &origin);
            let grant = Grant { username, role, unit, client: None, valid_from: None, valid_to: None, actor, origin };
            administrators::grant(services, &grant).await.map_err(refused)?;
        }
    }
    let mut seated = Vec::with_capacity(SEATS.len());
    for (username, role, unit) in SEATS {
        let unit = unit.map(str::to_owned);
        let mut one = Administrator { username: username.to_owned(), role, unit, app: None, codes: Vec::new() };
        if equip(services, &mut one, &origin).await? {
            seated.push(one);
        }
    }
    Ok(seated)
}

/// Gives somebody an app, if they have no second factor, and a sheet of codes. False for whoever may not sign in, or not
/// with the sample password.
async fn equip(services: &Services, one: &mut Administrator, origin: &Origin) -> Result<bool, CliError> {
    let found = persons::find_id_by_username(&mut services.store.read().await?, &fold(&one.username)).await?;
    let Some(person) = found else { return Ok(false) };
    let Some(known) = services.person(&person).await? else { return Ok(false) };
    if !known.methods.second_factor() {
        one.app = add_app(services, &one.username, &person, origin).await?;
    }
    let Some(known) = services.person(&person).await? else { return Ok(false) };
    match recovery::make(services, &known, origin).await {
        Ok(sheet) => one.codes = sheet.codes,
        Err(SheetError::NoSecondFactor) => return Ok(false),
        Err(SheetError::Failure(failure)) => return Err(failure.into()),
    }
    Ok(true)
}

/// Signs somebody in, adds an app by a code of it, and leaves. Nothing when the sample password is not theirs any more.
async fn add_app(
    services: &Services,
    username: &str,
    person: &PersonId,
    origin: &Origin,
) -> Result<Option<(String, String)>, CliError> {
    let proof = match login::password(services, username, PASSWORD.into(), None, origin).await {
        Ok(proof) => proof,
        Err(LoginError::Wrong | LoginError::Locked { .. } | LoginError::Busy { .. }) => return Ok(None),
        Err(LoginError::Failure(failure)) => return Err(failure.into()),
    };
    let started = sign_on::start(services, proof, None, origin).await?;
    let before = Before { sign_on: &started.sign_on, cookie: &started.cookie };
    let label = Label { issuer: "motlan demo", account: username };
    let App::Offered(offer) = totp::look(services, &before, label).await? else { return Ok(None) };
    let secret = secret_of(&offer.secret).ok_or_else(|| refused("a key that is none"))?;
    // The code of the step before: the one that an app shows now is left for whoever adds the key.
    let code = secret.code(step_at(services.clock.now()) - 1);
    let raised = totp::confirm(services, &before, &code, origin).await.map_err(|error| match error {
        EnrolError::Failure(failure) => failure.into(),
        EnrolError::Wrong | EnrolError::Astray | EnrolError::NotOffered => refused(error),
    })?;
    welcome::see(services, person, true, origin).await?;
    welcome::finish(services, person).await?;
    ending::end(services, &raised.sign_on, ACTOR, origin).await?;
    Ok(Some((offer.secret, offer.uri)))
}

/// Reads a key as an app does.
fn secret_of(key: &str) -> Option<Secret> {
    let (mut bits, mut held, mut bytes) = (0_usize, 0_u32, Vec::new());
    for letter in key.chars() {
        bits = (bits << 5) | LETTERS.find(letter)?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    Secret::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let secret = Secret::new(&SeededEntropy::new(1));

        let read = secret_of(&secret.base32()).expect("a key");

        assert_eq!(read.bytes(), secret.bytes());
        assert!(secret_of("").is_none() && secret_of("ABCD").is_none() && secret_of("!").is_none());
    }

    #[test]
    fn whoever_has_a_seat_is_in_the_file() {
        let names: Vec<&str> = PEOPLE.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(names, SEATS.map(|(username, ..)| username));
    }

    #[test]
    fn people_are_told_the_codes_and_the_key() {
        let app = Some(("KEY".to_owned(), "otpauth://totp/x".to_owned()));
        let codes: Vec<String> = (0..10).map(|place| format!("CODE{place}-XXXXX")).collect();
        let told = Administrator { username: "quantri.tp".to_owned(), role: AdminRole::System, unit: None, app, codes };

        let text = told.lines().join("\n");

        assert!(text.contains("quantri.tp") && text.contains("KEY"), "{text}");
        assert!(told.codes.iter().all(|code| text.contains(code)), "{text}");
        assert_eq!(told.document()["role"], "system");
    }
}
