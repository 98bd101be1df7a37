//! What the pages about one person show of a day that is not today.

use super::person::{acted_in_for, corrected, post, titled, unit_name};
use crate::base::date::iso;
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::person::{Head, LineItem, May};
use crate::model::authority::ReadPeople;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::authority::One;
use crate::service::people::page::{HandedOver, Page};
use crate::service::people::timeline::Time;
use crate::service::then::{self, Then};
use axum::response::Response;
use time::Date;

/// The person of a proof on a day that is not today, where one is asked for.
pub(super) async fn then(visit: &Visit, proof: &One<ReadPeople>, other_day: Option<Date>) -> Result<Option<Then>, Response> {
    let Some(on) = other_day else { return Ok(None) };
    let found = then::person(&visit.app.services, &proof.person().id, on).await;
    found.map_err(|failure| errors::failed(visit, &failure))
}

/// The head of a page about that day: the main post of then, the way to what is told of the same day, and no act, since acts
/// are of now.
pub(super) fn head(visit: &Visit, mut head: Head, then: &Then) -> Head {
    let t = visit.chrome().t();
    let registry = visit.app.services.known.registry();
    let on = then.day.on;
    let main = then.posts().into_iter().next();
    head.post = main.map(|held| format!("{}, {}", titled(held), unit_name(&registry, held, on))).unwrap_or_default();
    let (overview, roles) = (head.to(""), head.to("/roles"));
    for tab in &mut head.tabs {
        if tab.address == roles {
            // How many there are is counted of now.
            tab.name.clone_from(&t.console_person_roles);
        }
        if tab.address == roles || tab.address == overview {
            tab.address = format!("{}?on={}", tab.address, iso(on));
        }
    }
    head.may = May::default();
    head
}

/// The posts of that day.
pub(super) fn line(visit: &Visit, registry: &Registry, found: &Page, then: &Then) -> Vec<LineItem> {
    let on = then.day.on;
    let item = |held: &Position| {
        let shown = post(visit, registry, held, (Time::Now, on), None);
        let told = found.corrected.iter().find(|told| told.before.id == held.id);
        let shown = LineItem { corrected: told.map(|told| corrected(visit, told)), ..shown };
        match found.handed_over.iter().find(|lent| lent.position == held.id) {
            Some(lent) => acted_in_for(visit, shown, &HandedOver { stands: true, ..lent.clone() }),
            None => shown,
        }
    };
    then.posts().into_iter().map(item).collect()
}
