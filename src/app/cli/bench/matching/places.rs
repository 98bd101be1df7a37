//! Where accounts belong: what old systems write of their units, and which unit of today that is.
//!
//! The answers are looked up in the tables of the registry's files, row by row, and know nothing of the product's rules.
//! The same account always writes the same.

use super::class::without_accents;
use super::population::{Draw, Row, SOURCES};
use crate::app::cli::CliError;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

/// The former provinces of the sources, in their order, and what agency codes begin with there.
const PROVINCES: [(&str, &str); 3] = [("74", "H09"), ("77", "H06"), ("79", "H29")];
/// The last day of the districts, and the day after.
const LAST_DAY: &str = "2025-06-30";
const FIRST_DAY: &str = "2025-07-01";

/// A way to write a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Code,
    CodeAndName,
    Name,
    Together,
    Office,
    Agency,
    NameAlone,
    CodeAgainstName,
    Earlier,
    Unknown,
    Nothing,
}

impl Kind {
    /// What it is, for a table.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Code => "code of a commune",
            Self::CodeAndName => "code, name and district",
            Self::Name => "name and district, as clerks write them",
            Self::Together => "name and district in one cell",
            Self::Office => "a district's office",
            Self::Agency => "code of an agency, either form",
            Self::NameAlone => "name without its district",
            Self::CodeAgainstName => "code of one commune, name of another",
            Self::Earlier => "a commune that was gone before",
            Self::Unknown => "what nobody has",
            Self::Nothing => "nothing",
        }
    }
}

/// What has to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// This unit of today.
    Unit(Arc<str>),
    /// A human has to say.
    Asks,
    /// Nothing is known of it.
    Unknown,
    /// This unit of today, if any: asking is as right.
    AtMost(Option<Arc<str>>),
}

/// What a row says of its unit.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    pub(super) kind: Kind,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) answer: Answer,
}

impl Saying {
    fn new(kind: Kind, (code, name, district): (&str, &str, &str), answer: Answer) -> Self {
        Self { kind, code: code.to_owned(), name: name.to_owned(), district: district.to_owned(), answer }
    }
}

/// A commune up to the last day of the districts.
struct Commune {
    code: String,
    name: String,
    district: String,
    answer: Answer,
}

/// A commune that was gone before.
struct Earlier {
    /// Its code, unless it was given out again.
    code: Option<String>,
    name: String,
    district: String,
    answer: Answer,
}

/// What lies in a former province.
#[derive(Default)]
struct Province {
    communes: Vec<Commune>,
    /// Codes and names.
    districts: Vec<(String, String)>,
    earlier: Vec<Earlier>,
    /// Codes and answers.
    agencies: Vec<(String, Answer)>,
}

/// All that can be said.
pub(super) struct Places {
    provinces: Vec<Province>,
    /// The file that brings the agencies' codes. They are the bench's own: real ones are not public.
    pub(super) agency_codes: String,
}

/// A row of a file, by column.
type Line = HashMap<String, String>;

fn lines(folder: &Path, name: &str) -> Result<Vec<Line>, CliError> {
    let path = folder.join(name);
    let trouble = |error: csv::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let reader = csv::Reader::from_path(&path).map_err(trouble)?;
    reader.into_deserialize::<Line>().collect::<Result<Vec<Line>, _>>().map_err(trouble)
}

fn cell(line: &Line, column: &str) -> String {
    line.get(column).cloned().unwrap_or_default()
}

/// The registry's files, as far as they are asked.
struct Files {
    /// Names, the codes of what lies above, and provinces, by the codes of the legacy units.
    legacy: BTreeMap<String, (String, String, String)>,
    /// Into which units of today a legacy commune went.
    targets: BTreeMap<String, Vec<Arc<str>>>,
    earlier: Vec<Line>,
}

impl Files {
    fn read(folder: &Path) -> Result<Self, CliError> {
        let of_legacy = |line: Line| {
            (cell(&line, "gso_code"), (cell(&line, "name"), cell(&line, "parent_code"), cell(&line, "province_code")))
        };
        let legacy = lines(folder, "units_legacy.csv")?.into_iter().map(of_legacy).collect();
        let mut targets: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
        for line in lines(folder, "mapping_2025.csv")? {
            targets.entry(cell(&line, "legacy_code")).or_default().push(Arc::from(cell(&line, "new_code")));
        }
        Ok(Self { legacy, targets, earlier: lines(folder, "units_pre2025.csv")? })
    }

    /// What became of a commune.
    fn answer(&self, code: &str) -> Answer {
        match self.targets.get(code).map(Vec::as_slice) {
            Some([only]) => Answer::Unit(only.clone()),
            Some(_) => Answer::Asks,
            None => Answer::Unknown,
        }
    }

    fn province(&self, province: &str) -> Province {
        let of_province = || self.legacy.iter().filter(|(_, (_, _, own))| own == province);
        let commune = |(code, (name, above, _)): (&String, &(String, String, String))| {
            // What lies in no district was one, and its own only commune.
            let above = self.legacy.get(above).filter(|_| code.len() == 5);
            let district = above.map(|(name, _, _)| name.clone()).unwrap_or_default();
            Commune { code: code.clone(), name: name.clone(), district, answer: self.answer(code) }
        };
        let communes: Vec<Commune> = of_province().filter(|(code, _)| self.targets.contains_key(*code)).map(commune).collect();
        let districts = of_province().filter(|(code, _)| code.len() == 3 && !self.targets.contains_key(*code));
        let districts = districts.map(|(code, (name, _, _))| (code.clone(), name.clone())).collect();
        let earlier = self.earlier.iter().filter(|line| cell(line, "province_code") == province);
        let earlier = earlier.filter_map(|line| self.gone(line, &communes)).collect();
        Province { communes, districts, earlier, agencies: Vec::new() }
    }

    /// A commune that was gone; nothing when another one has its name in its district.
    fn gone(&self, line: &Line, communes: &[Commune]) -> Option<Earlier> {
        let (name, district) = (cell(line, "pre2025_name"), cell(line, "pre2025_district"));
        let after = cell(line, "legacy_code");
        if communes.iter().any(|commune| commune.name == name && commune.district == district && commune.code != after) {
            return None;
        }
        let code = Some(cell(line, "pre2025_code")).filter(|code| !self.legacy.contains_key(code));
        let answer = match self.answer(&after) {
            Answer::Unit(unit) => Answer::AtMost(Some(unit)),
            Answer::Asks | Answer::Unknown | Answer::AtMost(_) => Answer::AtMost(None),
        };
        Some(Earlier { code, name, district, answer })
    }
}

/// Gives agencies their codes: some go on in one part of a divided commune, some are closed, some are of today.
struct Agencies<'a> {
    files: &'a Files,
    text: String,
    /// Units of today that have one.
    taken: BTreeSet<Arc<str>>,
}

impl Agencies<'_> {
    fn line(&mut self, unit: &str, code: &str, (from, to): (&str, &str)) {
        let _ = writeln!(self.text, "{unit},agency,{code},{from},{to}");
    }

    fn give(&mut self, province: &mut Province, begins: &str) {
        let mut numbers = (11..100).map(|number| format!("{begins}.{number}"));
        let (old, new) = ((LAST_DAY, LAST_DAY), (FIRST_DAY, ""));
        let of = |is_divided: bool| province.communes.iter().filter(move |one| (one.answer == Answer::Asks) == is_divided);
        let mut agencies = Vec::new();
        let mut divided = of(true);
        for (commune, code) in divided.by_ref().take(6).zip(&mut numbers) {
            self.line(&commune.code, &code, old);
            let parts = self.files.targets.get(&commune.code).map(Vec::as_slice).unwrap_or_default();
            let Some(part) = parts.last().filter(|part| !self.taken.contains(*part)).cloned() else {
                agencies.push((code, Answer::Asks));
                continue;
            };
            self.line(&part, &code, new);
            self.taken.insert(part.clone());
            agencies.push((code, Answer::Unit(part)));
        }
        for (commune, code) in divided.take(4).chain(of(false).take(6)).zip(&mut numbers) {
            self.line(&commune.code, &code, old);
            agencies.push((code, commune.answer.clone()));
        }
        for ((district, _), code) in province.districts.iter().take(3).zip(&mut numbers) {
            self.line(district, &code, old);
            agencies.push((code, Answer::Asks));
        }
        let units: Vec<Arc<str>> = of(false)
            .filter_map(|commune| match &commune.answer {
                Answer::Unit(unit) if !self.taken.contains(unit) => Some(unit.clone()),
                Answer::Unit(_) | Answer::Asks | Answer::Unknown | Answer::AtMost(_) => None,
            })
            .collect();
        for unit in units.into_iter().collect::<BTreeSet<_>>().into_iter().take(4) {
            let Some(code) = numbers.next() else { break };
            self.line(&unit, &code, new);
            self.taken.insert(unit.clone());
            agencies.push((code, Answer::Unit(unit)));
        }
        province.agencies = agencies;
    }
}

impl Places {
    /// Reads the registry's files.
    pub(super) fn read(folder: &Path) -> Result<Self, CliError> {
        let files = Files::read(folder)?;
        let text = "gso_code,scheme,code,valid_from,valid_to\n".to_owned();
        let mut agencies = Agencies { files: &files, text, taken: BTreeSet::new() };
        let mut provinces = Vec::new();
        for (code, begins) in PROVINCES {
            let mut province = files.province(code);
            if province.communes.is_empty() || province.districts.is_empty() {
                return Err(CliError::Refused(format!("{}: nothing lies in {code}", folder.display())));
            }
            agencies.give(&mut province, begins);
            provinces.push(province);
        }
        Ok(Self { agency_codes: agencies.text, provinces })
    }

    /// What an account says of its unit.
    pub(super) fn say(&self, row: &Row) -> Saying {
        let mut hasher = DefaultHasher::new();
        (row.source, &row.legacy_id).hash(&mut hasher);
        let mut draw = Draw(hasher.finish());
        let place = SOURCES.iter().position(|source| *source == row.source).unwrap_or_default();
        let province = &self.provinces[place];
        let commune = &province.communes[draw.below(province.communes.len())];
        let Commune { code, name, district, answer } = commune;
        match draw.below(1_000) {
            0..40 => Saying::new(Kind::Code, (&format!("'{code}"), "", ""), answer.clone()),
            300..480 => {
                let (name, district) = spelt(name, district, &mut draw);
                Saying::new(Kind::CodeAndName, (code, &name, &district), answer.clone())
            }
            480..680 => {
                let (name, district) = spelt(name, district, &mut draw);
                Saying::new(Kind::Name, ("", &name, &district), answer.clone())
            }
            680..720 => Saying::new(Kind::Together, ("", &format!("{name}, {district}"), ""), answer.clone()),
            720..770 => office(&province.districts, &mut draw),
            770..830 if !province.agencies.is_empty() => agency(&province.agencies, &mut draw),
            830..860 if !district.is_empty() => Saying::new(Kind::NameAlone, ("", name, ""), Answer::Asks),
            860..890 => {
                let other = &province.communes[draw.below(province.communes.len())];
                let is_other = other.code != *code;
                let (kind, answer) =
                    if is_other { (Kind::CodeAgainstName, Answer::Asks) } else { (Kind::CodeAndName, answer.clone()) };
                Saying::new(kind, (code, &other.name, &other.district), answer)
            }
            890..920 if !province.earlier.is_empty() => earlier(&province.earlier, &mut draw),
            920..960 => {
                let number = format!("PB-{:02}", draw.below(100));
                let nowhere = ("", "Phường Không Có", district.as_str());
                let said = [(number.as_str(), "", ""), ("99999", "", ""), ("", "Văn phòng", ""), nowhere];
                Saying::new(Kind::Unknown, said[draw.below(said.len())], Answer::Unknown)
            }
            960.. => Saying::new(Kind::Nothing, ("", "", ""), Answer::Unknown),
            _ => Saying::new(Kind::Code, (code, "", ""), answer.clone()),
        }
    }
}

fn office(districts: &[(String, String)], draw: &mut Draw) -> Saying {
    let (code, name) = &districts[draw.below(districts.len())];
    let (code, name) = (code.as_str(), name.as_str());
    let said = [(code, "", ""), ("", name, ""), (code, name, name)];
    Saying::new(Kind::Office, said[draw.below(said.len())], Answer::Asks)
}

/// As it is, or in the form of 2016, whole or with the noughts cut.
fn agency(agencies: &[(String, Answer)], draw: &mut Draw) -> Saying {
    let (code, answer) = &agencies[draw.below(agencies.len())];
    let turned = code.split_once('.').map(|(first, second)| format!("{second}.{first}")).unwrap_or_default();
    let written = match draw.below(4) {
        0 => format!("000.00.{turned}"),
        1 => turned,
        2 => code.to_lowercase(),
        _ => code.clone(),
    };
    Saying::new(Kind::Agency, (&written, "", ""), answer.clone())
}

fn earlier(gone: &[Earlier], draw: &mut Draw) -> Saying {
    let Earlier { code, name, district, answer } = &gone[draw.below(gone.len())];
    let said = match code {
        Some(code) if draw.in_thousand(500) => (code.as_str(), "", ""),
        Some(_) | None => ("", name.as_str(), district.as_str()),
    };
    Saying::new(Kind::Earlier, said, answer.clone())
}

/// A name and a district, as clerks write them.
fn spelt(name: &str, district: &str, draw: &mut Draw) -> (String, String) {
    let plain = |text: &str| without_accents(text).to_lowercase();
    match draw.below(6) {
        0 => (plain(name), plain(district)),
        1 => (name.to_uppercase(), district.to_uppercase()),
        2 => (name.nfd().collect(), district.nfd().collect()),
        3 => (format!("UBND {name}"), district.to_owned()),
        _ => (name.to_owned(), district.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::cli::bench::matching::population::Population;
    use crate::model::unit_code;

    fn places() -> Places {
        Places::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/units")).expect("the files of the registry")
    }

    #[test]
    fn every_kind_is_written_and_agencies_have_codes_of_the_right_form() {
        let places = places();
        let mut seen: BTreeMap<Kind, usize> = BTreeMap::new();
        for row in Population::new(3, 4_000).flatten() {
            let saying = places.say(&row);
            assert_eq!(saying.code, places.say(&row).code, "the same account writes the same");
            *seen.entry(saying.kind).or_default() += 1;
        }
        assert_eq!(seen.len(), 11, "{seen:?}");
        for line in places.agency_codes.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            assert!(unit_code::check("agency", cells[2]).is_ok() && cells.len() == 5, "{line}");
        }
    }

    #[test]
    fn divided_communes_ask_and_an_agency_may_go_on_in_one_part() {
        let places = places();
        let divided = places.provinces.iter().flat_map(|one| &one.communes).filter(|one| one.answer == Answer::Asks).count();
        assert_eq!(divided, 47);
        let lines: Vec<&str> = places.agency_codes.lines().collect();
        let goes_on = lines.iter().filter(|line| line.ends_with(",2025-07-01,"));
        let codes: BTreeSet<&str> = goes_on.filter_map(|line| line.split(',').nth(2)).collect();
        let both = |code: &&&str| lines.iter().filter(|line| line.contains(&format!(",{code},"))).count() == 2;
        assert!(codes.iter().filter(both).count() >= 4, "{lines:?}");
    }
}
