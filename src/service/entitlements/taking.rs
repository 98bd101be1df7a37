//! A list of roles to take away: page by page, so that its size does not matter here.

use super::{Lines, List, page};
use crate::model::authority::Extent;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::{Failure, Services};
use time::Date;

/// A list that is being taken away.
pub struct Taking {
    services: Services,
    list: Whole,
    extent: Option<Extent>,
    after: Option<String>,
    over: bool,
}

/// What it is of.
enum Whole {
    Expiring,
    Unused,
    Client { id: String, role: Option<String>, on: Option<Date> },
}

impl Whole {
    fn of(list: List<'_>) -> Self {
        match list {
            List::Expiring => Self::Expiring,
            List::Unused => Self::Unused,
            List::Client { id, role, on } => Self::Client { id: id.to_owned(), role: role.map(str::to_owned), on },
        }
    }

    fn list(&self) -> List<'_> {
        match self {
            Self::Expiring => List::Expiring,
            Self::Unused => List::Unused,
            Self::Client { id, role, on } => List::Client { id, role: role.as_deref(), on: *on },
        }
    }
}

/// Begins to take a list away, of the people within these bounds or of all; that it was is on record before it is.
pub async fn take_away(services: &Services, by: &Doer, list: List<'_>, extent: Option<Extent>) -> Result<Taking, Failure> {
    let (detail, client) = list.told();
    audit::looked(services, Event::by(by, "rights.exported", None, client, detail)).await?;
    Ok(Taking { services: services.clone(), list: Whole::of(list), extent, after: None, over: false })
}

impl Taking {
    /// Some more of it; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Lines>, Failure> {
        while !self.over {
            let some = page(&self.services, self.list.list(), self.extent.as_ref(), self.after.as_deref()).await?;
            self.over = some.next.is_none();
            self.after.clone_from(&some.next);
            if !some.lines.is_empty() || !some.groups.is_empty() {
                return Ok(Some(some));
            }
        }
        Ok(None)
    }
}
