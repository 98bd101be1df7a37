//! Files that administrators bring: what they are of, how far each is, and what a row of one does.

/// What a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportKind {
    /// People, with their positions.
    People,
    /// Positions of people who are there.
    Positions,
    /// Roles in clients.
    Grants,
    /// Decisions about staff: moves, appointments, retirements.
    Decisions,
}

impl ImportKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::People, Self::Positions, Self::Grants, Self::Decisions];

    /// The word by which it is stored and sent.
    pub fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Positions => "positions",
            Self::Grants => "grants",
            Self::Decisions => "decisions",
        }
    }

    /// Reads [`ImportKind::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// It is being sent.
    Uploading,
    /// Somebody has to say what its columns are.
    Mapping,
    /// Its rows are being checked.
    Checking,
    /// What it would do is there to be looked at.
    Checked,
    /// It is being applied.
    Applying,
    /// It counts.
    Applied,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
    /// It could not be read or applied; nothing of it counts.
    Failed,
    /// It was given up before it was applied.
    Discarded,
}

impl ImportState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Uploading,
        Self::Mapping,
        Self::Checking,
        Self::Checked,
        Self::Applying,
        Self::Applied,
        Self::Undoing,
        Self::Undone,
        Self::Failed,
        Self::Discarded,
    ];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Mapping => "mapping",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
        }
    }

    /// Reads [`ImportState::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowEffect {
    /// It brings a person who was not there.
    NewPerson,
    /// It tells something else of a person.
    ChangedPerson,
    /// It brings a position.
    NewPosition,
    /// It tells something else of a position.
    ChangedPosition,
    /// It ends positions.
    EndedPosition,
    /// It grants a role.
    Granted,
    /// All of it is known.
    Unchanged,
    /// It has a mistake, and does nothing.
    Bad,
}

impl RowEffect {
    /// All of them, the mistakes first.
    pub const ALL: [Self; 8] = [
        Self::Bad,
        Self::NewPerson,
        Self::ChangedPerson,
        Self::NewPosition,
        Self::ChangedPosition,
        Self::EndedPosition,
        Self::Granted,
        Self::Unchanged,
    ];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::NewPerson => "new_person",
            Self::ChangedPerson => "changed_person",
            Self::NewPosition => "new_position",
            Self::ChangedPosition => "changed_position",
            Self::EndedPosition => "ended_position",
            Self::Granted => "granted",
            Self::Unchanged => "unchanged",
            Self::Bad => "bad",
        }
    }

    /// Reads [`RowEffect::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.word() == word)
    }
}

/// What taking a file back left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// A whole person whom the file brought: they have signed in, have rights, or were changed since.
    Person,
    /// One thing that is said of a person.
    Fact,
    /// A position, or what was said of it: changed since, or not for whoever takes the file back to open again.
    Position,
    /// A role.
    Grant,
    /// Whatever the file did to a person who is outside the bounds of whoever takes it back.
    Outside,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Person, Self::Fact, Self::Position, Self::Grant, Self::Outside];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Fact => "fact",
            Self::Position => "position",
            Self::Grant => "grant",
            Self::Outside => "outside",
        }
    }

    /// Reads [`Kept::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kept| kept.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        assert!(ImportKind::ALL.into_iter().all(|kind| ImportKind::from_word(kind.word()) == Some(kind)));
        assert!(ImportState::ALL.into_iter().all(|state| ImportState::from_word(state.word()) == Some(state)));
        assert!(RowEffect::ALL.into_iter().all(|effect| RowEffect::from_word(effect.word()) == Some(effect)));
        assert!(Kept::ALL.into_iter().all(|kept| Kept::from_word(kept.word()) == Some(kept)));
        assert_eq!(ImportKind::from_word("People"), None);
    }
}
