//! Whether somebody who comes under a user name is the person who had it before.
//!
//! A user name is one person's for ever, also of one whose telling was taken back whole. What is told anew under that name
//! must be of the same person.

/// What two tellings agree in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// The personal number; none where one of them has none.
    pub number: Option<bool>,
    /// The date of birth; none where one of them has none.
    pub birth: Option<bool>,
    /// The full name, whatever its capitals and marks.
    pub name: bool,
}

impl Alike {
    /// Whether both may be of one person. One of number and date of birth may have been a slip; without either, the name has
    /// to be the same.
    pub fn may_be_same(self) -> bool {
        match (self.number, self.birth) {
            (Some(true), _) => true,
            (Some(false), Some(born_alike)) => born_alike && self.name,
            (Some(false), None) => false,
            (None, Some(born_alike)) => born_alike || self.name,
            (None, None) => self.name,
        }
    }
}

/// Whether two values are the same, where both are known.
pub fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
    one.zip(other).map(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        let (yes, no) = (Some(true), Some(false));
        let table = [
            (yes, no, false, true),
            (yes, None, false, true),
            (no, yes, true, true),
            (no, yes, false, false),
            (no, no, true, false),
            (no, None, true, false),
            (None, yes, false, true),
            (None, no, true, true),
            (None, no, false, false),
            (None, None, true, true),
            (None, None, false, false),
        ];
        for (number, birth, name, expected) in table {
            assert_eq!(Alike { number, birth, name }.may_be_same(), expected, "{number:?} {birth:?} {name}");
        }
        assert_eq!((agree(Some(&1), Some(&1)), agree(Some(&1), Some(&2)), agree(None, Some(&1))), (yes, no, None));
    }
}
