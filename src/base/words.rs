//! The words of the pages, one file a language (`templates/i18n/*.toml`).
//!
//! Every key is a field of [`Words`]: a template that names a missing key does not compile, and a language file with a
//! missing or unknown key does not load. Placeholders look like `{client}` and are filled by [`fill`].

use crate::base::locale::Locale;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

macro_rules! words {
    ([] $($key:ident,)*) => {
        /// Every sentence that a page can say, in one language.
        pub struct Words {
            $(
                #[doc = concat!("The words kept under `", stringify!($key), "`.")]
                pub $key: String,
            )*
        }

        impl Words {
            /// Moves the sentences of a file to their keys. What is missing stays empty; what is unknown is left behind.
            //
            // By hand: a derived reader loops over hundreds of half-read fields, and optimising that loop takes an hour.
            pub(super) fn take(said: &mut std::collections::BTreeMap<String, String>) -> Self {
                Self { $($key: said.remove(stringify!($key)).unwrap_or_default(),)* }
            }

            /// Keys beside their words, for the comparison of languages.
            pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($key), self.$key.as_str())),*]
            }
        }
    };
}

mod keys;

pub use keys::Words;

impl fmt::Debug for Words {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Words")
    }
}

/// Each language is read when it is first spoken.
static WORDS: [OnceLock<Words>; Locale::ALL.len()] = [const { OnceLock::new() }; Locale::ALL.len()];

/// Reads a language file.
///
/// # Panics
/// When a key is missing, unknown or said twice: the files are part of the binary, and a test loads them all.
#[expect(clippy::expect_used, reason = "the language files are part of the binary and a test loads them all")]
fn load(text: &str) -> Words {
    let mut said: BTreeMap<String, String> = toml::from_str(text).expect("an embedded language file holds every key once");
    let words = Words::take(&mut said);
    let missing: Vec<&str> = words.pairs().into_iter().filter(|(_, said)| said.is_empty()).map(|(key, _)| key).collect();
    assert!(missing.is_empty(), "an embedded language file lacks {missing:?}");
    assert!(said.is_empty(), "an embedded language file holds keys that nothing says: {:?}", said.keys());
    words
}

/// The words of one language.
pub fn words(locale: Locale) -> &'static Words {
    WORDS[locale as usize].get_or_init(|| load(locale.words_file()))
}

/// The sentence with each `{name}` replaced by its value.
///
/// One pass, so that a value that itself holds braces (a name somebody typed) is never read as a placeholder. A
/// placeholder without a value stays visible.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, behind)| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value, behind)));
        if let Some((value, behind)) = known {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(sentence: &str) -> BTreeSet<&str> {
        sentence.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    fn keys(text: &str) -> BTreeSet<String> {
        let table: toml::Table = text.parse().expect("a flat table");
        table.keys().cloned().collect()
    }

    #[test]
    fn every_language_holds_the_same_keys() {
        for locale in Locale::ALL {
            assert_eq!(keys(locale.words_file()), keys(Locale::Vi.words_file()), "{locale:?}");
        }
    }

    #[test]
    fn every_language_fills_the_same_placeholders() {
        for locale in Locale::ALL {
            for ((key, vi), (_, said)) in words(Locale::Vi).pairs().into_iter().zip(words(locale).pairs()) {
                assert_eq!(placeholders(vi), placeholders(said), "{locale:?}: {key}");
            }
        }
    }

    #[test]
    fn every_language_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Locale::ALL.into_iter().map(|locale| words(locale).language_name.as_str()).collect();

        assert_eq!(names.len(), Locale::ALL.len(), "{names:?}");
    }

    #[test]
    fn no_sentence_is_empty_or_shouts() {
        for locale in Locale::ALL {
            for (key, sentence) in words(locale).pairs() {
                assert!(!sentence.trim().is_empty(), "{locale:?}: {key}");
                assert!(!sentence.contains('!'), "{locale:?}: {key}");
            }
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let table = [
            ("until {until}.", vec![("until", "19:30")], "until 19:30."),
            ("{a}{b}", vec![("a", "{b}"), ("b", "x")], "{b}x"),
            ("{unknown} stays", vec![("a", "x")], "{unknown} stays"),
            ("an open { brace", vec![], "an open { brace"),
        ];
        for (sentence, values, expected) in table {
            assert_eq!(fill(sentence, &values), expected, "{sentence}");
        }
    }
}
