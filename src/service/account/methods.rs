//! The ways in which a person signs in, and how strong they are together.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::service::{Failure, Services};
use crate::store::{change_locks, passkeys, passwords, recovery_codes, totp_secrets};

/// The ways in which a person signs in, with their moments.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// When the password was set; nobody without one has a moment here.
    pub password_set_at: Option<Millis>,
    /// Passkeys, in the order in which they came.
    pub passkeys: Vec<Passkey>,
    /// When the authenticator app was added, and last used.
    pub app: Option<(Millis, Option<Millis>)>,
    /// When the sheet of recovery codes was made, and how many of it are left.
    pub recovery_codes: Option<(Millis, i64)>,
    /// Nothing of it may be changed until an administrator has seen the person.
    pub locked: bool,
}

/// One passkey.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// What its owner calls it.
    pub name: String,
    /// Added.
    pub added_at: Millis,
    /// Last used.
    pub used_at: Option<Millis>,
}

/// How hard it is to get into an account that is not one's own, and for its owner to be left outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A password alone.
    Weak,
    /// A second factor that can be lost with the telephone.
    Fair,
    /// A second factor and a way back, or a factor that nobody can be talked out of.
    Good,
    /// A factor that nobody can be talked out of, and a way back.
    Best,
}

/// What makes the account stronger, one step at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// A passkey.
    Passkey,
    /// A sheet of recovery codes.
    RecoveryCodes,
}

impl Strength {
    /// The step that it is, of four.
    pub fn step(self) -> usize {
        match self {
            Self::Weak => 1,
            Self::Fair => 2,
            Self::Good => 3,
            Self::Best => 4,
        }
    }
}

impl Overview {
    fn has_passkey(&self) -> bool {
        !self.passkeys.is_empty()
    }

    fn has_way_back(&self) -> bool {
        self.recovery_codes.is_some_and(|(_, left)| left > 0)
    }

    /// How strong all of it is together.
    pub fn strength(&self) -> Strength {
        match (self.has_passkey(), self.app.is_some(), self.has_way_back()) {
            // The printed codes only stand in for what was lost: alone they are no factor.
            (false, false, _) => Strength::Weak,
            (false, true, false) => Strength::Fair,
            (false, true, true) | (true, _, false) => Strength::Good,
            (true, _, true) => Strength::Best,
        }
    }

    /// What leads one step up.
    pub fn next_step(&self) -> Option<NextStep> {
        match self.strength() {
            Strength::Best => None,
            Strength::Fair => Some(NextStep::RecoveryCodes),
            Strength::Good if self.has_passkey() => Some(NextStep::RecoveryCodes),
            Strength::Weak | Strength::Good => Some(NextStep::Passkey),
        }
    }
}

/// Reads them.
pub async fn overview(services: &Services, person: &PersonId) -> Result<Overview, Failure> {
    let mut conn = services.store.read().await?;
    let password = passwords::find(&mut conn, person).await?;
    let app = totp_secrets::find(&mut conn, person).await?;
    let sheet = recovery_codes::find(&mut conn, person).await?;
    let passkeys = passkeys::list(&mut conn, person).await?;
    let locked = change_locks::changes_locked(&mut conn, person).await?.is_some();
    Ok(Overview {
        password_set_at: password.map(|password| password.changed_at),
        passkeys: passkeys
            .into_iter()
            .map(|passkey| Passkey { name: passkey.name, added_at: passkey.created_at, used_at: passkey.used_at })
            .collect(),
        app: app.and_then(|app| Some((app.confirmed_at?, app.used_at))),
        recovery_codes: sheet.map(|sheet| (sheet.created_at, sheet.left)),
        locked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview(passkeys: usize, app: bool, codes: Option<i64>) -> Overview {
        let passkey = Passkey { name: String::new(), added_at: Millis(0), used_at: None };
        Overview {
            password_set_at: Some(Millis(0)),
            passkeys: vec![passkey; passkeys],
            app: app.then_some((Millis(0), None)),
            recovery_codes: codes.map(|left| (Millis(0), left)),
            locked: false,
        }
    }

    #[test]
    fn every_step_leads_one_step_up() {
        let (key, sheet) = (Some(NextStep::Passkey), Some(NextStep::RecoveryCodes));
        let table = [
            (overview(0, false, None), Strength::Weak, key),
            (overview(0, false, Some(10)), Strength::Weak, key),
            (overview(0, true, None), Strength::Fair, sheet),
            (overview(0, true, Some(0)), Strength::Fair, sheet),
            (overview(0, true, Some(1)), Strength::Good, key),
            (overview(1, false, None), Strength::Good, sheet),
            (overview(2, true, Some(0)), Strength::Good, sheet),
            (overview(1, false, Some(1)), Strength::Best, None),
            (overview(1, true, Some(10)), Strength::Best, None),
        ];
        for (place, (held, strength, next)) in table.into_iter().enumerate() {
            assert_eq!((held.strength(), held.next_step()), (strength, next), "row {place}");
        }
    }
}
