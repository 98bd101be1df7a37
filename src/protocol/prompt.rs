//! `prompt` (OpenID Connect Core §3.1.2.1): a set of wishes.

/// What a client wishes to happen before it is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the person choose who signs in.
    pub select_account: bool,
}

impl Prompt {
    /// Reads the space-separated list. `none` beside another value is an error; unknown values are too.
    pub fn parse(text: Option<&str>) -> Result<Self, &'static str> {
        let mut prompt = Self::default();
        for word in text.unwrap_or_default().split_ascii_whitespace() {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => return Err("prompt holds an unknown value"),
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return Err("prompt none stands alone");
        }
        Ok(prompt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_core_3_1_2_1() {
        let table = [
            (None, Ok(Prompt::default())),
            (Some("login"), Ok(Prompt { login: true, ..Prompt::default() })),
            (Some("login consent"), Ok(Prompt { login: true, consent: true, ..Prompt::default() })),
            (Some("consent login"), Ok(Prompt { login: true, consent: true, ..Prompt::default() })),
            (Some("none"), Ok(Prompt { none: true, ..Prompt::default() })),
            (Some("none login"), Err("prompt none stands alone")),
            (Some("select_account none"), Err("prompt none stands alone")),
            (Some("create"), Err("prompt holds an unknown value")),
            (Some("LOGIN"), Err("prompt holds an unknown value")),
        ];
        for (text, expected) in table {
            assert_eq!(Prompt::parse(text), expected, "{text:?}");
        }
    }
}
