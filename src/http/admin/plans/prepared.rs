//! How far stages are prepared, as the page of a plan shows it.

use super::kin::Kin;
use super::parts::{Ground, unit_of};
use super::{LINES, failed};
use crate::base::date::shown;
use crate::http::extract::visit::Visit;
use crate::http::view::console::plans::UnitName;
use crate::http::view::console::plans::lines::Short;
use crate::http::view::console::plans::prepared::{BesideLine, GroupLine, LeaningLine, PreparedCard};
use crate::model::entitlement::GroupGrant;
use crate::service::reorganization::looks::Look;
use crate::service::reorganization::{Beside, Leaning, Prepared, same_day};
use axum::response::Response;

/// A card for what is looked at, and for every stage of it; none while that is not known.
pub fn cards(ground: &Ground<'_>, look: Option<&Look>) -> Vec<PreparedCard> {
    let all = look.map(|look| look.prepared.as_slice()).unwrap_or_default();
    let kin = Kin::of(ground.plan, ground.registry);
    all.iter().map(|prepared| card(&kin, prepared)).collect()
}

fn card(kin: &Kin<'_>, prepared: &Prepared) -> PreparedCard {
    let (people, accounts) = (prepared.people, prepared.accounts);
    PreparedCard {
        stage: prepared.stage.clone(),
        people: people.all,
        recent: people.recent,
        owners: (people.owners, people.arrived),
        accounts: (accounts.all, accounts.linked, accounts.waiting),
        undecided: prepared.undecided,
        concerns: prepared.concerns(),
        clients: Short::of(prepared.clients.iter().map(leaning).collect(), LINES),
        groups: Short::of(prepared.groups.iter().map(|grant| group(kin, grant)).collect(), LINES),
        beside: prepared.beside.iter().map(beside).collect(),
    }
}

fn leaning(client: &Leaning) -> LeaningLine {
    LeaningLine { id: client.id.clone(), name: client.name.clone(), what: client.what, until: client.until.map(shown) }
}

fn group(kin: &Kin<'_>, grant: &GroupGrant) -> GroupLine {
    let unknown = || UnitName { id: String::new(), code: String::new(), name: grant.unit.to_string() };
    GroupLine {
        client: grant.client_id.clone(),
        role: grant.role.clone(),
        unit: kin.by_id(&grant.unit).map_or_else(unknown, |place| unit_of(&place)),
        below: grant.below,
        title: grant.title.clone(),
    }
}

/// What other plans are approved for the day of what is looked at, as of now.
pub async fn others(visit: &Visit, name: &str, look: Option<&Look>) -> Result<Vec<BesideLine>, Response> {
    if look.is_none() {
        return Ok(Vec::new());
    }
    let found = same_day(&visit.app.services, name).await.map_err(|error| failed(visit, &error))?;
    Ok(found.iter().map(beside).collect())
}

fn beside(other: &Beside) -> BesideLine {
    BesideLine { plan: other.plan.clone(), stage: other.stage.clone() }
}
