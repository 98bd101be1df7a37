//! Levels of assurance on the wire (`acr`): `<issuer>/acr/1` … `/4`, or the aliases `LoA1` … `LoA4`.

/// The level that a value names, if it is one of ours.
pub fn level_of(value: &str, issuer: &str) -> Option<i64> {
    let digit = value.strip_prefix("LoA").or_else(|| value.strip_prefix(issuer)?.strip_prefix("/acr/"))?;
    match digit {
        "1" => Some(1),
        "2" => Some(2),
        "3" => Some(3),
        "4" => Some(4),
        _ => None,
    }
}

/// The `acr` of a reached level, in the form that was asked: the first asked
/// value that the level satisfies is given back as it came.
pub fn answer(reached: i64, asked: &[String], issuer: &str) -> String {
    let satisfied = asked.iter().find(|value| level_of(value, issuer).is_some_and(|level| level <= reached));
    match satisfied {
        // A lower level was asked: it is met, and said in the client's own words.
        Some(value) => value.clone(),
        None if asked.iter().any(|value| value.starts_with("LoA")) => format!("LoA{reached}"),
        None => format!("{issuer}/acr/{reached}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_form_that_was_asked() {
        let issuer = "https://id.example";
        let table: [(i64, &[&str], &str); 5] = [
            (1, &[], "https://id.example/acr/1"),
            (1, &["LoA2", "LoA1"], "LoA1"),
            (1, &["LoA3"], "LoA1"),
            (2, &["https://id.example/acr/1"], "https://id.example/acr/1"),
            (1, &["urn:else"], "https://id.example/acr/1"),
        ];
        for (reached, asked, expected) in table {
            let asked: Vec<String> = asked.iter().map(|&value| value.to_owned()).collect();
            assert_eq!(answer(reached, &asked, issuer), expected, "{asked:?}");
        }
    }

    #[test]
    fn there_are_four_levels() {
        for level in 1..=4 {
            for value in [format!("LoA{level}"), format!("https://id.example/acr/{level}")] {
                assert_eq!(level_of(&value, "https://id.example"), Some(level), "{value}");
            }
        }
    }

    #[test]
    fn only_our_own_names_are_levels() {
        for value in ["LoA0", "LoA5", "LoA", "loa1", "https://id.example/acr/1/", "https://evil.example/acr/1", "1"] {
            assert_eq!(level_of(value, "https://id.example"), None, "{value}");
        }
    }
}
