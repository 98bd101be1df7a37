//! The languages of the pages, and the one list of them.

/// One line a language: the name of the variant, and its tag.
///
/// The tag is the primary subtag of BCP 47, and names the two files that hold the language:
/// `templates/i18n/<tag>.toml` and `templates/help/<tag>.toml`.
macro_rules! languages {
    ($($(#[$mark:meta])* $name:ident => $tag:literal,)+) => {
        /// A language that pages and messages speak.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum Locale {
            $(
                #[doc = concat!("The language of the tag `", $tag, "`.")]
                $(#[$mark])*
                $name,
            )+
        }

        impl Locale {
            /// All of them, in the order in which pages offer them.
            pub const ALL: [Self; [$($tag),+].len()] = [$(Self::$name),+];

            /// The language tag (BCP 47).
            pub const fn tag(self) -> &'static str {
                match self {
                    $(Self::$name => $tag,)+
                }
            }

            /// The file of its words.
            pub const fn words_file(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../templates/i18n/", $tag, ".toml")),)+
                }
            }

            /// The file of its guides.
            pub const fn guides_file(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../templates/help/", $tag, ".toml")),)+
                }
            }
        }
    };
}

languages! {
    #[default] Vi => "vi",
    En => "en",
}

impl Locale {
    /// The language of a tag such as `vi`, `vi-VN` or `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The first known language of a space-separated list (`ui_locales`).
    pub fn first_of(list: &str) -> Option<Self> {
        list.split_ascii_whitespace().find_map(Self::from_tag)
    }
}

/// A name that the configuration gives: in Vietnamese, and in English for every other language.
#[derive(Debug, Clone, Default)]
pub struct GivenName {
    /// The name in Vietnamese.
    pub vi: String,
    /// The name in English.
    pub en: String,
}

impl GivenName {
    /// The name as pages and mail of this language say it.
    pub fn said(&self, locale: Locale) -> &str {
        if locale == Locale::Vi { &self.vi } else { &self.en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_reads_back_from_its_tag_with_a_region_and_without() {
        for locale in Locale::ALL {
            let tag = locale.tag();
            for written in [tag.to_owned(), tag.to_uppercase(), format!("{tag}-XX"), format!("{tag}_XX")] {
                assert_eq!(Locale::from_tag(&written), Some(locale), "{written}");
            }
        }
        for unknown in ["", "-vi", "vietnamese", "xx"] {
            assert_eq!(Locale::from_tag(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn whoever_wishes_nothing_reads_vietnamese() {
        assert_eq!((Locale::default(), Locale::ALL[0]), (Locale::Vi, Locale::Vi));
    }

    #[test]
    fn a_given_name_is_vietnamese_in_vietnamese_and_english_in_every_other_language() {
        let name = GivenName { vi: "Thành phố".to_owned(), en: "City".to_owned() };
        for locale in Locale::ALL {
            assert_eq!(name.said(locale), if locale.tag() == "vi" { "Thành phố" } else { "City" });
        }
    }
}
