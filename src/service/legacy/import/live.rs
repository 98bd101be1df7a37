//! One account that a live system tells of, in the form in which files bring them.
//!
//! The same normalisation and the same digest: a file that says later what the
//! system says now changes nothing. What the system does not tell stays as it is.

use super::account;
use super::row::{Columns, Told};
use crate::crypto::envelope::Unopened;
use crate::model::legacy_account::AccountKey;
use crate::service::Services;
use crate::service::legacy::arrivals::Arrival;
use crate::store::legacy_accounts::{Given, Reset, Stored};
use zeroize::Zeroizing;

/// What a live system tells, beside what is known.
pub(in crate::service::legacy) struct Live {
    /// As it is to be stored.
    pub(in crate::service::legacy) given: Given,
    /// What it tells by itself: only this can be compared with what is known.
    pub(in crate::service::legacy) alone: Given,
    /// The columns of which something else is told.
    pub(in crate::service::legacy) columns: Vec<&'static str>,
    /// What has to be decided anew after that.
    pub(in crate::service::legacy) reset: Reset,
}

/// Lays what a system tells over what is known of the account.
pub(in crate::service::legacy) fn lay(
    services: &Services,
    source: &str,
    arrival: &Arrival,
    known: Option<&Stored>,
) -> Result<Live, Unopened> {
    let told = told_of(services, source, arrival, known)?;
    let digest = known.map(|known| known.given.row_digest.as_slice());
    let digest = account::digest(services, (source, None), &told, Columns::facts_only(), digest);
    let given = account::given(services, source, &told, digest);
    let alone = account::given(services, source, &told_of(services, source, arrival, None)?, Vec::new());
    let columns = known.map(|known| account::changes(&known.given, &given)).unwrap_or_default();
    let another = known.is_some_and(|known| account::is_another(&known.given, &given));
    let reset = Reset { another, ..account::reset(&columns) };
    Ok(Live { given, alone, columns, reset })
}

/// A row as a file would have it.
fn told_of(services: &Services, source: &str, arrival: &Arrival, known: Option<&Stored>) -> Result<Told, Unopened> {
    let either = |told: &str, kept: fn(&Given) -> &str| match known {
        Some(known) if told.is_empty() => kept(&known.given).to_owned(),
        Some(_) | None => told.to_owned(),
    };
    let mut personal_number = arrival.personal_number.clone();
    let kept = known.and_then(|known| known.given.number_sealed.as_ref()).filter(|_| personal_number.is_empty());
    if let Some(sealed) = kept {
        let key = AccountKey { source: source.to_owned(), legacy_id: arrival.legacy_id.clone() };
        let opened = services.envelope.open(sealed, key.to_string().as_bytes())?;
        personal_number = Zeroizing::new(String::from_utf8_lossy(&opened).into_owned());
    }
    let username = either(&arrival.username, |given| given.username.as_str());
    Ok(Told {
        line: 0,
        legacy_id: arrival.legacy_id.clone(),
        username: if username.is_empty() { arrival.legacy_id.clone() } else { username },
        full_name: either(&arrival.full_name, |given| given.full_name.as_str()),
        date_of_birth: either(&arrival.date_of_birth, |given| given.born_text.as_str()),
        personal_number,
        email: either(&arrival.email, |given| given.email.as_str()),
        phone: either(&arrival.phone, |given| given.phone.as_str()),
        unit_code: either(&arrival.unit_code, |given| given.unit_code.as_str()),
        unit_name: either(&arrival.unit_name, |given| given.unit_name.as_str()),
        district_name: either(&arrival.district_name, |given| given.district_name.as_str()),
        title: either(&arrival.title, |given| given.title.as_str()),
        password_hash: Zeroizing::new(String::new()),
        status: either(&arrival.status, |given| given.status.as_str()),
        last_login_at: either("", |given| given.last_login_at.as_str()),
    })
}
