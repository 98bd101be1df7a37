//! What a reader of the list asks for, as its address carries it.

use super::HERE;
use crate::base::id::{UnitId, is_uuid};
use crate::base::text::nfc;
use crate::http::view::console::parts::address;
use crate::model::position::PositionKind;
use crate::protocol::parameters::Parameters;
use crate::service::directory::{Factor, FactorFilter, Place, Query, State, StateFilter, typed};

/// Rows of a page.
pub(super) const SIZES: [i64; 2] = [25, 50];
/// More is never typed into the field.
const LONGEST: usize = 200;
/// The word of accounts that are not disabled.
pub(super) const ENABLED: &str = "enabled";
/// The word of accounts without a second factor.
pub(super) const WEAK: &str = "weak";

/// A filter; each part is empty where nothing is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) q: String,
    pub(super) unit: String,
    /// A unit as it was typed, where there are too many to choose from; whoever shows the list looks which one it is.
    pub(super) named: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) factor: String,
    pub(super) reversed: bool,
    pub(super) size: i64,
    pub(super) place: Option<Place>,
}

impl Filter {
    /// Reads a query; what is not known is not asked.
    pub(super) fn read(parameters: &Parameters) -> Self {
        let get = |name: &str| parameters.get(name).unwrap_or_default();
        let word = |name: &str, known: bool| if known { get(name).to_owned() } else { String::new() };
        let size = get("size").parse::<i64>().ok().filter(|size| SIZES.contains(size));
        let text = |name: &str| nfc(get(name)).chars().take(LONGEST).collect::<String>();
        Self {
            q: text("q"),
            named: text("unit_name").trim().to_owned(),
            unit: word("unit", is_uuid(get("unit"))),
            kind: word("kind", PositionKind::parse(get("kind")).is_some()),
            state: word("state", state(get("state")).is_some()),
            factor: word("factor", factor(get("factor")).is_some()),
            reversed: get("dir") == "desc",
            size: size.unwrap_or(SIZES[0]),
            place: Place::read(get("at")),
        }
    }

    /// What the directory is asked.
    pub(super) fn query(&self) -> Query {
        Query {
            words: typed(&self.q),
            unit: Some(&self.unit).filter(|unit| !unit.is_empty()).map(|unit| UnitId(unit.clone())),
            kind: PositionKind::parse(&self.kind),
            state: state(&self.state),
            factor: factor(&self.factor),
            reversed: self.reversed,
            place: self.place,
        }
    }

    /// The query of the same list at a place; what is kept under a name is the one of its beginning.
    pub(super) fn written(&self, place: Option<Place>) -> String {
        let whole = self.address_of("", place);
        whole.trim_start_matches('?').to_owned()
    }

    /// The address of the list at a place.
    pub(super) fn address(&self, place: Option<Place>) -> String {
        self.address_of(HERE, place)
    }

    /// The address of another page that reads the same filter.
    pub(super) fn address_of(&self, path: &str, place: Option<Place>) -> String {
        let at = place.map(|place| place.write()).unwrap_or_default();
        let size = if self.size == SIZES[0] { String::new() } else { self.size.to_string() };
        let dir = if self.reversed { "desc" } else { "" };
        let asked = [
            ("q", self.q.as_str()),
            ("unit", &self.unit),
            ("kind", &self.kind),
            ("state", &self.state),
            ("factor", &self.factor),
            ("dir", dir),
            ("size", &size),
            ("at", &at),
        ];
        address(path, &asked)
    }

    /// The same without one part.
    pub(super) fn without(&self, part: &str) -> Self {
        let mut other = self.clone();
        match part {
            "q" => other.q.clear(),
            "unit" => other.unit.clear(),
            "kind" => other.kind.clear(),
            "state" => other.state.clear(),
            "factor" => other.factor.clear(),
            _ => {}
        }
        other
    }
}

fn state(word: &str) -> Option<StateFilter> {
    if word == ENABLED { Some(StateFilter::Enabled) } else { State::from_word(word).map(StateFilter::Is) }
}

fn factor(word: &str) -> Option<FactorFilter> {
    if word == WEAK { Some(FactorFilter::Weak) } else { Factor::from_word(word).map(FactorFilter::Is) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::read(&Parameters::decode(query.as_bytes()))
    }

    #[test]
    fn a_filter_is_written_as_it_is_read() {
        let unit = "01939c2e-7c00-7000-8000-000000000000";
        let query = format!("q=D%C4%A9+An&unit={unit}&kind=cong_chuc&state=enabled&factor=weak&dir=desc&size=50&at=a.1.2.3.50");
        let filter = read(&query);
        assert_eq!(filter.address(filter.place), format!("/admin/people?{query}"));
        assert_eq!(filter.written(None), query.trim_end_matches("&at=a.1.2.3.50"));
        assert!(filter.query().is_filter() && filter.query().words == ["di", "an"]);
        assert_eq!(filter.without("unit").unit, "");
    }

    #[test]
    fn what_is_not_known_is_not_asked() {
        let filter = read("q=&unit=26740&kind=king&state=asleep&factor=none&size=1000&at=x");
        assert_eq!(filter, Filter { size: 25, ..Filter::default() });
        assert_eq!(filter.address(None), "/admin/people");
        assert!(!filter.query().is_filter());
    }
}
