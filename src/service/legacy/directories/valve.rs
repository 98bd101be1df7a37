//! Whether those who are not in a directory any more are gone, or the directory is.

/// What becomes of those whom a reading did not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There are none.
    Nobody,
    /// They are gone.
    Gone,
    /// They are too many: somebody has to say so.
    Held,
    /// The reading saw nobody at all. Whatever anybody says, that is no answer.
    Empty,
}

/// What a reading saw, and what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Accounts that are known and not gone.
    pub(super) known: i64,
    /// Accounts that were seen.
    pub(super) seen: i64,
    /// Known accounts that were not.
    pub(super) missing: i64,
}

/// Decides. `most_percent` of the known ones may go by themselves; `accepted` is how many somebody agreed to.
pub(super) fn judge(counts: Counts, most_percent: i64, accepted: Option<i64>) -> Verdict {
    if counts.seen == 0 {
        return if counts.known == 0 { Verdict::Nobody } else { Verdict::Empty };
    }
    if counts.missing == 0 {
        return Verdict::Nobody;
    }
    let few = counts.missing.saturating_mul(100) <= counts.known.saturating_mul(most_percent);
    let agreed = accepted.is_some_and(|accepted| counts.missing <= accepted);
    if few || agreed { Verdict::Gone } else { Verdict::Held }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_go_by_themselves_many_ask_and_nobody_goes_for_an_empty_answer() {
        let table = [
            ("all are there", (100, 100, 0), None, Verdict::Nobody),
            ("five of a hundred", (100, 95, 5), None, Verdict::Gone),
            ("six of a hundred", (100, 94, 6), None, Verdict::Held),
            ("six, agreed to", (100, 94, 6), Some(6), Verdict::Gone),
            ("seven, six were agreed to", (100, 93, 7), Some(6), Verdict::Held),
            ("nobody answers", (100, 0, 100), None, Verdict::Empty),
            ("nobody answers, agreed to", (100, 0, 100), Some(100), Verdict::Empty),
            ("an empty directory, nobody known", (0, 0, 0), None, Verdict::Nobody),
            ("the first reading", (100, 100, 0), None, Verdict::Nobody),
            ("one of one, replaced by another", (2, 1, 1), None, Verdict::Held),
        ];
        for (case, (known, seen, missing), accepted, expected) in table {
            assert_eq!(judge(Counts { known, seen, missing }, 5, accepted), expected, "{case}");
        }
        assert_eq!(judge(Counts { known: 100, seen: 99, missing: 1 }, 0, None), Verdict::Held, "none by themselves");
        assert_eq!(judge(Counts { known: 2, seen: 1, missing: 1 }, 100, None), Verdict::Gone, "all by themselves");
    }
}
