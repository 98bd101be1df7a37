//! Names of territories as old systems write them, and which names of the registry they may mean.
//!
//! Spellings of one name are one: composed or not, `Hoà` and `Hòa`, capitals,
//! `P. 1`, `P1` and `Phường 01`, and `UBND` before it, since the committee of a
//! commune is where its people work. Accents tell names apart unless the text
//! has lost them all. Whatever else stands before a name makes it an office's
//! own, which is not the territory.

use super::Told;
use crate::base::text::nfc;
use crate::model::legacy_account::FoldedName;
use crate::model::registry::Registry;
use crate::model::unit::{Unit, UnitKind};
use std::collections::HashMap;
use unicode_normalization::char::is_combining_mark;

/// How kinds are written out.
const KINDS: [(&str, UnitKind); 9] = [
    ("phường", UnitKind::Phuong),
    ("xã", UnitKind::Xa),
    ("thị trấn", UnitKind::ThiTran),
    ("đặc khu", UnitKind::DacKhu),
    ("quận", UnitKind::Quan),
    ("huyện", UnitKind::Huyen),
    ("thị xã", UnitKind::ThiXa),
    ("thành phố", UnitKind::ThanhPho),
    ("tỉnh", UnitKind::Tinh),
];
/// How they are shortened.
const SHORT_KINDS: [(&str, UnitKind); 8] = [
    ("p", UnitKind::Phuong),
    ("f", UnitKind::Phuong),
    ("x", UnitKind::Xa),
    ("tt", UnitKind::ThiTran),
    ("q", UnitKind::Quan),
    ("h", UnitKind::Huyen),
    ("tx", UnitKind::ThiXa),
    ("tp", UnitKind::ThanhPho),
];
/// What may stand right before a number: `P1`, `Q12`.
const BEFORE_NUMBERS: [char; 3] = ['p', 'f', 'q'];
/// The people's committee of a territory.
const COMMITTEES: [&[&str]; 2] = [&["ubnd"], &["uy", "ban", "nhan", "dan"]];

/// A small word without accents, and with them; its tone is behind it, wherever it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    plain: String,
    marked: String,
}

impl Word {
    fn read(text: &str) -> Option<Self> {
        let folded = FoldedName::read(text);
        if folded.is_empty() {
            return None;
        }
        let plain = folded.in_order();
        if plain.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = plain.trim_start_matches('0');
            let number = if number.is_empty() { "0" } else { number }.to_owned();
            return Some(Self { plain: number.clone(), marked: number });
        }
        Some(Self { plain: plain.to_owned(), marked: folded.marked().unwrap_or(plain).to_owned() })
    }

    fn has_accent(&self) -> bool {
        self.plain != self.marked
    }

    /// True for a word of a kind: its accents are there, or were lost.
    fn is_of_kind(&self, known: &Self) -> bool {
        self.plain == known.plain && (self.marked == known.marked || !self.has_accent())
    }
}

/// What the accents of a text tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accents {
    /// It has some, so what has none has none.
    Written,
    /// A kind is written out without its accents: the others are lost too.
    Lost,
    /// It has none, which may be right.
    Silent,
}

/// A way to read a text: with the kind that it begins with, or all of it as the name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    kind: Option<UnitKind>,
    plain: String,
    marked: String,
}

impl Reading {
    fn of(kind: Option<UnitKind>, words: &[Word]) -> Self {
        Self { kind, plain: joined(words, |word| &word.plain), marked: joined(words, |word| &word.marked) }
    }
}

/// A name as it was written.
#[derive(Debug, Clone)]
pub(super) struct WrittenName {
    /// All its words without accents.
    pub(super) plain: String,
    readings: Vec<Reading>,
    accents: Accents,
    has_territory: bool,
}

impl WrittenName {
    /// True when it begins with a kind, so that it says what it names.
    pub(super) fn has_kind(&self) -> bool {
        self.readings.iter().any(|reading| reading.kind.is_some())
    }

    /// True for a number alone: of what, is not said.
    pub(super) fn is_bare_number(&self) -> bool {
        self.plain.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// True when some kind of territory stands in it.
    pub(super) fn has_territory(&self) -> bool {
        self.has_territory
    }
}

/// A name of the registry, and whose it is or was.
#[derive(Debug, Clone)]
pub(super) struct Spelling<'a> {
    /// The name, as the registry writes it.
    pub(super) name: &'a str,
    /// The units that have it at any time.
    pub(super) units: Vec<&'a Unit>,
    kind: Option<UnitKind>,
    marked: String,
}

/// A district that a row names.
#[derive(Debug, Clone)]
pub(super) struct District<'a> {
    /// The units that may be meant: one, and itself under another kind at another time.
    pub(super) units: Vec<&'a Unit>,
    /// Their names, as the registry writes them.
    pub(super) names: Vec<&'a str>,
}

impl District<'_> {
    /// True when the unit is one of those that may be meant.
    pub(super) fn is(&self, unit: &Unit) -> bool {
        self.units.iter().any(|known| known.id == unit.id)
    }
}

/// What a row says besides its code.
#[derive(Debug, Clone)]
pub(super) struct Heard<'a> {
    /// The name.
    pub(super) name: Option<WrittenName>,
    /// The district, when it is one that is known.
    pub(super) district: Option<District<'a>>,
    /// Something is written where the district stands.
    pub(super) has_district_text: bool,
    /// The accents of the name count.
    pub(super) is_strict: bool,
}

/// All names of the registry, by their words without kind and accents.
pub(super) struct Names<'a> {
    kinds: Vec<(Vec<Word>, UnitKind)>,
    spellings: HashMap<String, Vec<Spelling<'a>>>,
}

impl<'a> Names<'a> {
    pub(super) fn of(registry: &'a Registry) -> Self {
        let kinds = KINDS.iter().map(|(text, kind)| (words(text), *kind)).collect();
        let mut names = Self { kinds, spellings: HashMap::new() };
        for unit in registry.units() {
            for known in &unit.names {
                names.add(unit, &known.name);
            }
        }
        names
    }

    fn add(&mut self, unit: &'a Unit, name: &'a str) {
        let Some(reading) = self.read(name).and_then(|written| written.readings.into_iter().next()) else { return };
        let known = self.spellings.entry(reading.plain).or_default();
        match known.iter_mut().find(|spelling| spelling.name == name) {
            Some(spelling) if spelling.units.iter().any(|other| other.id == unit.id) => {}
            Some(spelling) => spelling.units.push(unit),
            None => known.push(Spelling { name, units: vec![unit], kind: reading.kind, marked: reading.marked }),
        }
    }

    /// Reads what a row says. A district may stand behind the name, after a comma, when it has no column of its own.
    pub(super) fn hear(&self, told: &Told<'_>) -> Heard<'a> {
        let (name, district) = match told.name.split_once(',') {
            Some((name, rest)) if told.district.trim().is_empty() => (name, rest.split(',').next().unwrap_or_default()),
            Some(_) | None => (told.name, told.district),
        };
        let (name, district) = (self.read(name), self.read(district));
        let is_strict = name.as_ref().is_some_and(|name| match name.accents {
            Accents::Written => true,
            Accents::Lost => false,
            Accents::Silent => district.as_ref().is_some_and(|district| district.accents == Accents::Written),
        });
        Heard {
            name,
            has_district_text: district.is_some(),
            district: district.and_then(|district| self.district(&district)),
            is_strict,
        }
    }

    fn read(&self, text: &str) -> Option<WrittenName> {
        let whole = words(text);
        let own = without_committee(&whole);
        if own.is_empty() {
            return None;
        }
        let accented = whole.iter().any(Word::has_accent);
        let written_out = self.kind_of(own).filter(|(_, rest)| !rest.is_empty());
        let kind = written_out.or_else(|| short_kind_of(own));
        let accents = match (accented, written_out) {
            (true, _) => Accents::Written,
            (false, Some(_)) => Accents::Lost,
            (false, None) => Accents::Silent,
        };
        let with_kind = kind.map(|(kind, rest)| Reading::of(Some(kind), rest));
        let readings: Vec<Reading> = with_kind.into_iter().chain([Reading::of(None, own)]).collect();
        let has_territory = (0..own.len()).any(|at| {
            // In a text with accents, `quản lý` is no `quận`, and `quan` neither; society (`xã hội`) is no commune.
            let society = own[at].plain == "xa" && own.get(at + 1).is_some_and(|next| next.plain == "hoi");
            self.kind_of(&own[at..]).is_some_and(|_| !society && (!accented || own[at].has_accent()))
        });
        Some(WrittenName { plain: joined(own, |word| &word.plain), readings, accents, has_territory })
    }

    /// The kind that words begin with, and what follows.
    fn kind_of<'w>(&self, words: &'w [Word]) -> Option<(UnitKind, &'w [Word])> {
        let begins = |known: &[Word]| {
            let same = known.iter().zip(words).all(|(known, word)| word.is_of_kind(known));
            same && words.len() >= known.len()
        };
        let (known, kind) = self.kinds.iter().find(|(known, _)| begins(known))?;
        Some((*kind, &words[known.len()..]))
    }

    /// The names of the registry that a written one may mean.
    pub(super) fn spellings(&self, name: &WrittenName, is_strict: bool) -> Vec<&Spelling<'a>> {
        self.such(name, |reading, spelling| {
            let same_kind = reading.kind.is_none() || reading.kind == spelling.kind;
            same_kind && (!is_strict || reading.marked == spelling.marked)
        })
    }

    /// The names of the registry that have the same words, whatever their kinds and accents.
    pub(super) fn loose_spellings(&self, name: &WrittenName) -> Vec<&Spelling<'a>> {
        self.such(name, |_, _| true)
    }

    fn such(&self, name: &WrittenName, fits: impl Fn(&Reading, &Spelling<'a>) -> bool) -> Vec<&Spelling<'a>> {
        let mut found: Vec<&Spelling<'a>> = Vec::new();
        for reading in &name.readings {
            for spelling in self.spellings.get(&reading.plain).into_iter().flatten() {
                if fits(reading, spelling) && !found.iter().any(|known| known.name == spelling.name) {
                    found.push(spelling);
                }
            }
        }
        found
    }

    /// True when a written name is one of a unit's own.
    pub(super) fn is_of(&self, unit: &Unit, heard: &WrittenName, is_strict: bool) -> bool {
        let own = |spelling: &&Spelling<'a>| spelling.units.iter().any(|known| known.id == unit.id);
        self.spellings(heard, is_strict).iter().any(own) || ends_with(unit, heard, is_strict)
    }

    /// A name of the registry without accents, with its kind or without.
    pub(super) fn plain(&self, name: &str, with_kind: bool) -> Option<String> {
        let written = self.read(name)?;
        if with_kind { Some(written.plain) } else { written.readings.into_iter().next().map(|reading| reading.plain) }
    }

    /// True when a written name is that of any unit.
    pub(super) fn knows(&self, heard: &WrittenName) -> bool {
        heard.readings.iter().any(|reading| self.spellings.contains_key(&reading.plain))
    }

    /// The district that a text names. `Thị xã Bến Cát` and `Thành phố Bến Cát` are one through time.
    fn district(&self, written: &WrittenName) -> Option<District<'a>> {
        let mut district = District { units: Vec::new(), names: Vec::new() };
        let is_strict = written.accents == Accents::Written;
        let found = self.such(written, |reading, spelling| {
            let may_be = reading.kind.is_none_or(|kind| kind.level() == 2);
            may_be && (!is_strict || reading.marked == spelling.marked)
        });
        for spelling in found {
            let units: Vec<&'a Unit> = spelling.units.iter().copied().filter(|unit| unit.kind.level() == 2).collect();
            if !units.is_empty() {
                district.names.push(spelling.name);
                district.units.extend(units);
            }
        }
        (!district.units.is_empty()).then_some(district)
    }
}

/// True for an office whose name ends with that of its unit: `Công an phường Bến Nghé`.
fn ends_with(unit: &Unit, heard: &WrittenName, is_strict: bool) -> bool {
    let Some(all) = heard.readings.last() else { return false };
    let ends = |text: &str, part: &str| text.strip_suffix(part).is_some_and(|before| before.ends_with(' '));
    unit.names.iter().any(|name| {
        let own = words(&name.name);
        let plain = ends(&all.plain, &joined(&own, |word| &word.plain));
        plain && (!is_strict || ends(&all.marked, &joined(&own, |word| &word.marked)))
    })
}

/// The words of a text; what is neither letter nor digit parts them.
fn words(text: &str) -> Vec<Word> {
    let shown = nfc(text).to_lowercase();
    let parts = shown.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter));
    parts.filter(|part| !part.is_empty()).flat_map(parted).filter_map(Word::read).collect()
}

/// `p12` is `p` and `12`.
fn parted(word: &str) -> Vec<&str> {
    let is_number = |rest: &&str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match word.strip_prefix(BEFORE_NUMBERS).filter(is_number) {
        Some(number) => vec![&word[..1], number],
        None => vec![word],
    }
}

fn without_committee(words: &[Word]) -> &[Word] {
    let begins =
        |known: &&&[&str]| words.len() > known.len() && known.iter().zip(words).all(|(known, word)| *known == word.plain);
    COMMITTEES.iter().find(begins).map_or(words, |known| &words[known.len()..])
}

fn short_kind_of(words: &[Word]) -> Option<(UnitKind, &[Word])> {
    let (first, rest) = words.split_first()?;
    let (_, kind) = SHORT_KINDS.iter().find(|(short, _)| *short == first.plain && !first.has_accent())?;
    (!rest.is_empty()).then_some((*kind, rest))
}

fn joined(words: &[Word], part: impl Fn(&Word) -> &String) -> String {
    words.iter().map(|word| part(word).as_str()).collect::<Vec<_>>().join(" ")
}
