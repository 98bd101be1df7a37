//! What every page carries around its main part: language, theme, text size, preferences, owner and help.

use crate::base::locale::Locale;
use crate::base::words::Words;
use crate::base::words::words;
use crate::http::assets;

/// The colours that a reader chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device prefers.
    #[default]
    Auto,
    /// Light ground.
    Light,
    /// Dark ground.
    Dark,
    /// Black on white, thick borders.
    Contrast,
}

impl Theme {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Light, Self::Dark, Self::Contrast];

    /// The word of forms, cookies and `data-theme`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
        }
    }

    /// Reads [`Theme::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }

    fn label(self, t: &'static Words) -> &'static str {
        match self {
            Self::Auto => &t.theme_auto,
            Self::Light => &t.theme_light,
            Self::Dark => &t.theme_dark,
            Self::Contrast => &t.theme_contrast,
        }
    }
}

/// The size of text that a reader chose: 100, 115, 132 or 200 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextSize {
    /// 100 %.
    #[default]
    One,
    /// 115 %.
    Two,
    /// 132 %.
    Three,
    /// 200 %.
    Four,
}

impl TextSize {
    /// All of them, smallest first.
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Three, Self::Four];

    /// The word of forms, cookies and `data-text`.
    pub fn word(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
            Self::Four => "4",
        }
    }

    /// Reads [`TextSize::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.word() == word)
    }

    fn label(self, t: &'static Words) -> &'static str {
        match self {
            Self::One => &t.text_one,
            Self::Two => &t.text_two,
            Self::Three => &t.text_three,
            Self::Four => &t.text_four,
        }
    }
}

/// Where help is found. A channel without a value is left out of the page.
#[derive(Debug, Clone, Default)]
pub struct Help {
    /// A telephone number as people say it, such as `1022, nhánh 3`.
    pub phone: String,
    /// A Zalo address, or the number behind `zalo.me/`.
    pub zalo: String,
    /// An e-mail address.
    pub email: String,
    /// The address of the step-by-step guide.
    pub guide_url: String,
}

impl Help {
    /// Whether there is any channel at all.
    pub fn any(&self) -> bool {
        self.has_phone() || self.has_zalo() || self.has_email() || self.has_guide()
    }

    /// Whether a telephone number is known.
    pub fn has_phone(&self) -> bool {
        !self.phone.is_empty()
    }

    /// Whether a Zalo channel is known.
    pub fn has_zalo(&self) -> bool {
        !self.zalo.is_empty()
    }

    /// Whether an e-mail address is known.
    pub fn has_email(&self) -> bool {
        !self.email.is_empty()
    }

    /// Whether a guide is known.
    pub fn has_guide(&self) -> bool {
        !self.guide_url.is_empty()
    }

    /// The part of the telephone number that a telephone can dial: what follows a comma is said to the operator.
    pub fn dial(&self) -> String {
        let number = self.phone.split(',').next().unwrap_or_default();
        number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }

    /// The address of the Zalo channel.
    pub fn zalo_url(&self) -> String {
        if self.zalo.starts_with("https://") { self.zalo.clone() } else { format!("https://zalo.me/{}", self.zalo) }
    }
}

/// One button of the display preferences.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// What the form sends.
    pub value: &'static str,
    /// What the button is called.
    pub label: &'static str,
    /// Whether it is the one in force.
    pub pressed: bool,
}

/// What every page carries around its main part.
#[derive(Debug, Clone, Default)]
pub struct Chrome {
    /// The language of the page.
    pub locale: Locale,
    /// The colours in force.
    pub theme: Theme,
    /// The text size in force.
    pub text: TextSize,
    /// The token that every form of this page sends back.
    pub csrf: String,
    /// The path (with its query) that the preferences lead back to; it must answer a GET.
    pub back: String,
    /// Whose service this is, such as the city's People's Committee.
    pub owner: String,
    /// The city's (or province's) name, as sentences use it.
    pub city: String,
    /// The address of the owner's seal, where the owner has set one; else our own mark is shown.
    pub seal: Option<String>,
    /// The channels of the help footer.
    pub help: Help,
    /// Whether this browser's sign-on is on a computer that others use too.
    pub shared: bool,
    /// Where the page is and when it was made: what stands at its foot on paper.
    pub printed: String,
}

impl Chrome {
    /// The words of this page's language.
    pub fn t(&self) -> &'static Words {
        words(self.locale)
    }

    /// The language tag of the page.
    pub fn lang(&self) -> &'static str {
        self.locale.tag()
    }

    /// The buttons that choose another language, each by the name that it has itself.
    pub fn other_languages(&self) -> Vec<Choice> {
        let others = Locale::ALL.into_iter().filter(|locale| *locale != self.locale);
        others.map(|locale| Choice { value: locale.tag(), label: &words(locale).language_name, pressed: false }).collect()
    }

    /// The buttons that choose a text size.
    pub fn text_choices(&self) -> [Choice; 4] {
        TextSize::ALL.map(|size| Choice { value: size.word(), label: size.label(self.t()), pressed: size == self.text })
    }

    /// The buttons that choose a theme.
    pub fn theme_choices(&self) -> [Choice; 4] {
        Theme::ALL.map(|theme| Choice { value: theme.word(), label: theme.label(self.t()), pressed: theme == self.theme })
    }

    /// The address of an embedded file.
    #[allow(clippy::unused_self, reason = "templates reach functions through a value")]
    pub fn asset(&self, name: &str) -> String {
        asset(name)
    }

    /// The address of the picture beside the owner's name: their seal, or our own mark.
    pub fn mark(&self) -> String {
        self.seal.clone().unwrap_or_else(|| asset("mark.svg"))
    }

    /// The address of one symbol of the icon sprite.
    #[allow(clippy::unused_self, reason = "templates reach functions through a value")]
    pub fn icon(&self, name: &str) -> String {
        format!("{}#{name}", asset("icons.svg"))
    }
}

/// The address of an embedded file, with the version that lets browsers keep it for a year.
pub fn asset(name: &str) -> String {
    assets::address(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_preferences_read_back() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_word(theme.word()), Some(theme));
        }
        for size in TextSize::ALL {
            assert_eq!(TextSize::from_word(size.word()), Some(size));
        }
        assert_eq!(Theme::from_word("pink"), None);
        assert_eq!(TextSize::from_word("5"), None);
    }

    #[test]
    fn the_header_offers_every_other_language_by_its_own_name() {
        for locale in Locale::ALL {
            let chrome = Chrome { locale, ..Chrome::default() };

            let offered: Vec<_> = chrome.other_languages().iter().map(|choice| (choice.value, choice.label)).collect();

            assert_eq!(offered.len(), Locale::ALL.len() - 1);
            for other in Locale::ALL {
                let button = (other.tag(), words(other).language_name.as_str());
                assert_eq!(offered.contains(&button), other != locale, "{locale:?} offers {other:?}");
            }
        }
    }

    #[test]
    fn a_seal_stands_in_for_our_own_mark() {
        let plain = Chrome::default();
        let sealed = Chrome { seal: Some("/assets-site/seal?v=1".to_owned()), ..Chrome::default() };

        assert!(plain.mark().starts_with("/assets/mark.svg"));
        assert_eq!(sealed.mark(), "/assets-site/seal?v=1");
    }

    #[test]
    fn only_the_number_before_the_extension_is_dialled() {
        let table = [("1022, nhánh 3", "1022"), ("+84 28 3829 0001", "+842838290001"), ("", "")];
        for (phone, expected) in table {
            let help = Help { phone: phone.to_owned(), ..Help::default() };

            assert_eq!(help.dial(), expected, "{phone}");
        }
    }
}
