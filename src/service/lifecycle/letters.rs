//! Letters of this room: to whoever will be out soon, and to whoever has something to answer.

use crate::model::person::Person;
use crate::outbound::letters::Letter;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Services};
use crate::store::Tx;
use time::Date;

/// To somebody whose account will be disabled on a day; false when there is no way to write to them.
pub(super) async fn of_idle(tx: &mut Tx, services: &Services, person: &Person, day: Date) -> Result<bool, Failure> {
    let Some(to) = Addressee::of(person).filter(|_| mails::are_on(services)) else { return Ok(false) };
    let link = format!("{}/signin", issuer(services));
    let letter = Letter::AccountIdle { full_name: &person.full_name, day, link: &link };
    mails::enqueue(tx, services, &to, &letter).await?;
    Ok(true)
}

/// To somebody who has rights to answer for until a day.
pub(super) async fn of_review(
    tx: &mut Tx,
    services: &Services,
    person: &Person,
    (review, rights, due): (&str, i64, Date),
) -> Result<bool, Failure> {
    let Some(to) = Addressee::of(person).filter(|_| mails::are_on(services)) else { return Ok(false) };
    let link = format!("{}/admin/reviews/{review}", issuer(services));
    let letter = Letter::ReviewWaits { full_name: &person.full_name, rights, due, link: &link };
    mails::enqueue(tx, services, &to, &letter).await?;
    Ok(true)
}

fn issuer(services: &Services) -> &str {
    services.settings.issuer.trim_end_matches('/')
}
