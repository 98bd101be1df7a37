//! What somebody signs in with, as they would name it: read from what the browser says of itself.

/// A device in the few words by which its owner recognises it. Nothing is decided by them: a browser may say anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Device {
    /// What it is.
    pub kind: Kind,
    /// Its system, such as `Windows`; empty when unknown.
    pub system: &'static str,
    /// Its browser, such as `Edge`; empty when unknown.
    pub browser: &'static str,
}

/// What a device is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// Something else, or nobody knows.
    #[default]
    Other,
    /// A desktop or laptop.
    Computer,
    /// A phone.
    Phone,
    /// A tablet.
    Tablet,
}

/// The first mark that is there names the system: Android says Linux too.
const SYSTEMS: [(&str, &str, Kind); 9] = [
    ("iPhone", "iOS", Kind::Phone),
    ("iPad", "iPadOS", Kind::Tablet),
    ("Android", "Android", Kind::Phone),
    ("Windows Phone", "Windows", Kind::Phone),
    ("Windows", "Windows", Kind::Computer),
    ("CrOS", "ChromeOS", Kind::Computer),
    ("Macintosh", "macOS", Kind::Computer),
    ("X11", "Linux", Kind::Computer),
    ("Linux", "Linux", Kind::Computer),
];

/// The first mark that is there names the browser: most say Chrome and Safari too.
const BROWSERS: [(&str, &str); 10] = [
    ("Zalo", "Zalo"),
    ("coc_coc", "Cốc Cốc"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

impl Device {
    /// Reads `User-Agent`.
    pub fn of_user_agent(text: &str) -> Self {
        let system = SYSTEMS.iter().find(|(mark, ..)| text.contains(mark));
        let browser = BROWSERS.iter().find(|(mark, _)| text.contains(mark)).map_or("", |(_, name)| name);
        let (name, kind) = system.map_or(("", Kind::Other), |(_, name, kind)| (*name, *kind));
        // A tablet is an Android that is not Mobile.
        let kind = if name == "Android" && !text.contains("Mobile") { Kind::Tablet } else { kind };
        Self { kind, system: name, browser }
    }

    /// The words as they are kept.
    pub fn words(self) -> String {
        format!("{}/{}/{}", self.kind.word(), self.system, self.browser)
    }

    /// Reads [`Device::words`] back.
    pub fn from_words(words: &str) -> Self {
        let mut parts = words.split('/');
        let (kind, system, browser) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Self {
            kind: kind.map(Kind::from_word).unwrap_or_default(),
            system: SYSTEMS.iter().find(|(_, name, _)| *name == system).map_or("", |(_, name, _)| name),
            browser: BROWSERS.iter().find(|(_, name)| *name == browser).map_or("", |(_, name)| name),
        }
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Computer => "computer",
            Self::Phone => "phone",
            Self::Tablet => "tablet",
        }
    }

    fn from_word(word: &str) -> Self {
        [Self::Computer, Self::Phone, Self::Tablet].into_iter().find(|kind| kind.word() == word).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_by_the_first_mark_that_tells() {
        let table = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "computer/Windows/Edge",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 coc_coc_browser/120 Chrome/114 Safari/537.36",
                "computer/Windows/Cốc Cốc",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
                "phone/Android/Chrome",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 SamsungBrowser/24.0 Chrome/117 Safari/537.36",
                "tablet/Android/Samsung Internet",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1",
                "phone/iOS/Safari",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605 FxiOS/130 Mobile Safari/605",
                "tablet/iPadOS/Firefox",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/17 Safari/605", "computer/macOS/Safari"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "computer/Linux/Firefox"),
            ("curl/8.0", "other//"),
            ("", "other//"),
            ("<script>alert(1)</script>", "other//"),
        ];
        for (text, words) in table {
            let device = Device::of_user_agent(text);
            assert_eq!(device.words(), words, "{text}");
            assert_eq!(Device::from_words(words), device, "{words}");
        }
        assert_eq!(Device::from_words("phone/Plan 9/<b>"), Device { kind: Kind::Phone, system: "", browser: "" });
        assert_eq!(Device::from_words(""), Device::default());
    }
}
