//! The guides, as they lie in `templates/help/`: one file a language.
//!
//! A guide quotes what a button says as `{t.key}`, filled from the language
//! file when the guides are read, so that it never names a button that is
//! called otherwise. `*bold*` and `` `code` `` are all the marks that there are.

use crate::base::locale::Locale;
use crate::http::assets;
use serde::Deserialize;
use std::sync::OnceLock;

/// Everybody for whom there are guides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guides {
    audience: Vec<Audience>,
}

/// Those who read the same guides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Stable name.
    pub id: String,
    /// Who they are.
    pub title: String,
    /// One line about their guides.
    pub lead: String,
    /// Their guides.
    pub guide: Vec<Guide>,
}

/// One guide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Its place below `/help/`.
    pub id: String,
    /// Its icon.
    pub icon: String,
    /// What it is about.
    pub title: String,
    /// One line about it.
    pub lead: String,
    /// Its parts.
    pub section: Vec<Section>,
    /// What may go wrong.
    #[serde(default)]
    pub trouble: Vec<Trouble>,
}

/// A part of a guide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its heading, where there are several.
    pub title: Option<String>,
    /// A paragraph.
    pub text: Option<String>,
    /// What the service itself says there.
    pub shows: Option<Shows>,
    /// Numbered steps.
    #[serde(default)]
    pub step: Vec<Step>,
    /// Words with their meaning.
    #[serde(default)]
    pub fact: Vec<Fact>,
}

/// What a part of a guide takes from the service, so that it never ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shows {
    /// The addresses of its metadata.
    Addresses,
    /// Its scopes, with their claims.
    Scopes,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The page that is seen there, by its name.
    pub picture: Option<String>,
    /// What the picture shows.
    pub alt: Option<String>,
    /// Lines to be copied.
    pub code: Option<String>,
}

/// A word with its meaning.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The word.
    pub term: String,
    /// Its meaning.
    pub text: String,
}

/// Something that may go wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// What is seen.
    pub when: String,
    /// What to do.
    pub then: String,
}

struct Language {
    words: toml::Table,
    guides: Guides,
}

/// Each language is read when somebody first asks for help in it.
static LANGUAGES: [OnceLock<Language>; Locale::ALL.len()] = [const { OnceLock::new() }; Locale::ALL.len()];

#[expect(clippy::expect_used, reason = "the files are part of the binary and a test loads them all")]
fn load(guides: &str, words: &str) -> Language {
    let words: toml::Table = toml::from_str(words).expect("a language file embedded in the binary is a flat table");
    let guides = toml::from_str(&quoted(guides, &words)).expect("the guides embedded in the binary can be read");
    Language { words, guides }
}

fn language(locale: Locale) -> &'static Language {
    LANGUAGES[locale as usize].get_or_init(|| load(locale.guides_file(), locale.words_file()))
}

/// The text with every `{t.key}` replaced by what the language file says there. An unknown key stays visible.
fn quoted(text: &str, words: &toml::Table) -> String {
    let mut filled = String::with_capacity(text.len() + 1_024);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{t.") {
        filled.push_str(before);
        let word = after.split_once('}').and_then(|(key, behind)| Some((words.get(key)?.as_str()?, behind)));
        if let Some((word, behind)) = word {
            // Inside a basic string of TOML.
            filled.push_str(&word.replace('\\', "\\\\").replace('"', "\\\""));
            rest = behind;
        } else {
            filled.push_str("{t.");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// Everybody for whom there are guides.
pub fn audiences(locale: Locale) -> &'static [Audience] {
    &language(locale).guides.audience
}

/// A guide, with those for whom it is.
pub fn find(locale: Locale, id: &str) -> Option<(&'static Audience, &'static Guide)> {
    let within = |audience: &'static Audience| audience.guide.iter().find(|guide| guide.id == id).map(|guide| (audience, guide));
    audiences(locale).iter().find_map(within)
}

/// A word of the language file that is found by a name made at run time.
pub fn word(locale: Locale, key: &str) -> Option<&'static str> {
    language(locale).words.get(key)?.as_str()
}

/// How a stretch of a sentence is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// As it is.
    Plain,
    /// What a button or a label says.
    Strong,
    /// What machines read.
    Code,
}

/// A stretch of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// How it is set.
    pub set: Set,
    /// What it says.
    pub text: String,
}

impl Stretch {
    /// Bold.
    pub fn is_strong(&self) -> bool {
        self.set == Set::Strong
    }

    /// Code.
    pub fn is_code(&self) -> bool {
        self.set == Set::Code
    }
}

/// A sentence taken apart at its marks.
pub fn marked(text: &str) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut set = Set::Plain;
    let mut rest = text;
    loop {
        let (text, behind) = match rest.find(['*', '`']) {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        if !text.is_empty() {
            stretches.push(Stretch { set, text: text.to_owned() });
        }
        let Some(behind) = behind else { return stretches };
        set = match set {
            Set::Plain if behind.starts_with('*') => Set::Strong,
            Set::Plain => Set::Code,
            Set::Strong | Set::Code => Set::Plain,
        };
        rest = &behind[1..];
    }
}

/// A picture of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its address.
    pub address: String,
    /// Its width in the page, in CSS pixels.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

/// The picture of a page in a language, where one was taken.
pub fn picture(locale: Locale, page: &str) -> Option<Picture> {
    let name = format!("help/{page}.{}.webp", locale.tag());
    let size = imagesize::blob_size(assets::find(&name)?.bytes).ok()?;
    Some(Picture { address: assets::address(&name), width: size.width, height: size.height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn sentences(guide: &Guide) -> Vec<&str> {
        let mut all = vec![guide.title.as_str(), guide.lead.as_str()];
        for section in &guide.section {
            all.extend(section.title.iter().chain(&section.text).map(String::as_str));
            all.extend(section.step.iter().map(|step| step.text.as_str()));
            all.extend(section.step.iter().filter_map(|step| step.alt.as_deref()));
            all.extend(section.fact.iter().map(|fact| fact.text.as_str()));
        }
        all.extend(guide.trouble.iter().flat_map(|trouble| [trouble.when.as_str(), trouble.then.as_str()]));
        all
    }

    fn all_guides(locale: Locale) -> impl Iterator<Item = &'static Guide> {
        audiences(locale).iter().flat_map(|audience| &audience.guide)
    }

    /// What has to be the same in every language.
    fn shape(locale: Locale) -> Vec<String> {
        let step =
            |step: &Step| format!("step picture={:?} alt={} code={}", step.picture, step.alt.is_some(), step.code.is_some());
        let mut lines = Vec::new();
        for audience in audiences(locale) {
            lines.push(format!("audience {}", audience.id));
            for guide in &audience.guide {
                lines.push(format!("guide {} {} troubles={}", guide.id, guide.icon, guide.trouble.len()));
                for section in &guide.section {
                    let (title, text, shows) = (section.title.is_some(), section.text.is_some(), section.shows);
                    lines.push(format!("section title={title} text={text} shows={shows:?}"));
                    lines.extend(section.step.iter().map(step));
                    lines.extend(section.fact.iter().map(|fact| format!("fact {}", fact.term)));
                }
            }
        }
        lines
    }

    #[test]
    fn every_language_has_every_guide_with_every_step_and_picture() {
        for locale in Locale::ALL {
            assert_eq!(shape(locale), shape(Locale::Vi), "{locale:?}");
        }
    }

    #[test]
    fn guides_speak_plainly_and_quote_words_that_there_are() {
        for locale in Locale::ALL {
            for guide in all_guides(locale) {
                for sentence in sentences(guide) {
                    let told = sentence.replace("{issuer}", "");
                    assert!(!told.trim().is_empty() || sentence.contains("{issuer}"), "{}: empty", guide.id);
                    assert!(!told.contains(['{', '}', '!']), "{}: {sentence}", guide.id);
                    for mark in ['*', '`'] {
                        assert_eq!(told.matches(mark).count() % 2, 0, "{}: {sentence}", guide.id);
                    }
                }
                for code in guide.section.iter().flat_map(|section| &section.step).filter_map(|step| step.code.as_deref()) {
                    assert!(!code.replace("{issuer}", "").contains(['{', '}']), "{}: {code}", guide.id);
                }
            }
        }
        let vietnamese: Vec<&str> = all_guides(Locale::Vi).flat_map(sentences).collect();
        assert!(vietnamese.iter().all(|sentence| !sentence.to_lowercase().contains("bạn")));
    }

    #[test]
    fn every_guide_has_an_address_of_its_own_and_an_icon() {
        let ids: Vec<&str> = all_guides(Locale::Vi).map(|guide| guide.id.as_str()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        let icons = std::str::from_utf8(assets::find("icons.svg").expect("the sprite").bytes).expect("text");
        for guide in all_guides(Locale::Vi) {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
            assert!(guide.id.chars().all(plain), "{}", guide.id);
            assert!(icons.contains(&format!("<symbol id=\"{}\"", guide.icon)), "{}", guide.icon);
            assert!(Locale::ALL.into_iter().all(|locale| find(locale, &guide.id).is_some()), "{}", guide.id);
        }
        assert!(find(Locale::Vi, "nothing").is_none());
    }

    #[test]
    fn a_picture_says_what_it_shows() {
        for locale in Locale::ALL {
            for step in all_guides(locale).flat_map(|guide| &guide.section).flat_map(|section| &section.step) {
                assert_eq!(step.picture.is_some(), step.alt.is_some(), "{}", step.text);
            }
        }
    }

    #[test]
    fn every_picture_that_was_taken_is_embedded_and_named_by_a_guide() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/assets/help");
        let steps = || all_guides(Locale::Vi).flat_map(|guide| &guide.section).flat_map(|section| &section.step);
        let taken = std::fs::read_dir(folder).expect("the folder of the pictures");
        let names = taken.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
        for name in names.filter(|name| name.rsplit_once('.').is_some_and(|(_, kind)| kind == "webp")) {
            let page = name.split('.').next().unwrap_or_default();
            assert!(assets::find(&format!("help/{name}")).is_some(), "{name}: name it in http::assets");
            assert!(steps().any(|step| step.picture.as_deref() == Some(page)), "{name}: no guide shows it");
        }
    }

    #[test]
    fn every_picture_that_a_guide_names_is_there_in_every_language() {
        for locale in Locale::ALL {
            let steps = all_guides(locale).flat_map(|guide| &guide.section).flat_map(|section| &section.step);
            let named: Vec<&str> = steps.filter_map(|step| step.picture.as_deref()).collect();
            assert!(!named.is_empty(), "{locale:?}");
            for page in named {
                assert!(picture(locale, page).is_some(), "{page} in {locale:?}");
            }
        }
    }

    #[test]
    fn marks_set_stretches_apart() {
        let stretch = |set, text: &str| Stretch { set, text: text.to_owned() };
        let table = [
            ("", vec![]),
            ("plain", vec![stretch(Set::Plain, "plain")]),
            ("press *Go* now", vec![stretch(Set::Plain, "press "), stretch(Set::Strong, "Go"), stretch(Set::Plain, " now")]),
            ("`a` and `b`", vec![stretch(Set::Code, "a"), stretch(Set::Plain, " and "), stretch(Set::Code, "b")]),
        ];
        for (text, expected) in table {
            assert_eq!(marked(text), expected, "{text}");
        }
    }

    #[test]
    fn a_quoted_word_may_hold_quotes_and_an_unknown_one_stays_visible() {
        let words: toml::Table = toml::from_str("a = 'say \"x\"'").expect("a table");
        let text = quoted("b = \"{t.a} {t.unknown} {issuer}\"", &words);
        let read: toml::Table = toml::from_str(&text).expect("still a table");

        assert_eq!(read["b"].as_str(), Some("say \"x\" {t.unknown} {issuer}"));
    }
}
