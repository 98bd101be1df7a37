//! The line in front of the hash: bounded, and fair.
//!
//! There are two lines of as many places each. In [`Line::Known`] stand people
//! whom a flood of strangers must not keep out; they go first, but never so
//! many in a row that the other line stands still. Within a line each party (a
//! network, mostly) gets one turn a round. When a line is full, the last of
//! whoever holds the most later turns makes room for somebody whose turn is
//! sooner: a party that sends hundreds waits behind itself, not before others.

use std::collections::{BTreeMap, HashMap};

/// So many of the first line go before one of the other does.
const IN_A_ROW: u32 = 8;

/// Where somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Signed on, on a device that the person used before, or at the command line.
    Known,
    /// Anybody else.
    Anyone,
}

/// What became of a newcomer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pushed<T> {
    /// It waits.
    In,
    /// It waits, and this one does not any more.
    InsteadOf(T),
    /// There is no place for it.
    Refused(T),
}

/// Both lines.
pub(super) struct Queue<T> {
    /// Places of each line.
    places: usize,
    known: Turns<T>,
    anyone: Turns<T>,
    in_a_row: u32,
}

impl<T> Queue<T> {
    pub(super) fn new(places: usize) -> Self {
        Self { places, known: Turns::new(), anyone: Turns::new(), in_a_row: 0 }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.known.waiting.len() + self.anyone.waiting.len()
    }

    /// True when no place is left in a line, beside `free` hands that have nothing to do.
    pub(super) fn is_full(&self, line: Line, free: usize) -> bool {
        self.of(line).waiting.len() >= self.places + free
    }

    /// True when a newcomer of this party would be refused.
    pub(super) fn refuses(&self, line: Line, party: &str, free: usize) -> bool {
        let turns = self.of(line);
        self.is_full(line, free) && turns.waiting.last_key_value().is_none_or(|((last, _), _)| turns.next_of(party) >= *last)
    }

    pub(super) fn push(&mut self, line: Line, party: &str, free: usize, item: T) -> Pushed<T> {
        if self.refuses(line, party, free) {
            return Pushed::Refused(item);
        }
        let full = self.is_full(line, free);
        let turns = self.of_mut(line);
        let last = if full { turns.take_last() } else { None };
        turns.add(party, item);
        last.map_or(Pushed::In, Pushed::InsteadOf)
    }

    /// Whose turn it is.
    pub(super) fn take(&mut self) -> Option<T> {
        let others_turn = self.in_a_row >= IN_A_ROW && !self.anyone.waiting.is_empty();
        if !others_turn && let Some(item) = self.known.take() {
            self.in_a_row = self.in_a_row.saturating_add(1);
            return Some(item);
        }
        self.in_a_row = 0;
        self.anyone.take()
    }

    /// Forgets whoever does not wait any more.
    pub(super) fn keep(&mut self, line: Line, waits: impl Fn(&T) -> bool) {
        self.of_mut(line).keep(waits);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.known.keep(|_| false);
        self.anyone.keep(|_| false);
    }

    fn of(&self, line: Line) -> &Turns<T> {
        match line {
            Line::Known => &self.known,
            Line::Anyone => &self.anyone,
        }
    }

    fn of_mut(&mut self, line: Line) -> &mut Turns<T> {
        match line {
            Line::Known => &mut self.known,
            Line::Anyone => &mut self.anyone,
        }
    }
}

/// One line: by turn, and within a turn by arrival.
struct Turns<T> {
    waiting: BTreeMap<(u64, u64), (String, T)>,
    /// The last turn of a party, and how many of it wait; nobody who does not wait is remembered.
    parties: HashMap<String, (u64, usize)>,
    /// The turn that is being served.
    turn: u64,
    arrivals: u64,
}

impl<T> Turns<T> {
    fn new() -> Self {
        Self { waiting: BTreeMap::new(), parties: HashMap::new(), turn: 0, arrivals: 0 }
    }

    /// The turn of a party's next newcomer.
    fn next_of(&self, party: &str) -> u64 {
        self.parties.get(party).map_or(self.turn, |(last, _)| self.turn.max(last + 1))
    }

    fn add(&mut self, party: &str, item: T) {
        let turn = self.next_of(party);
        let (last, waiting) = self.parties.entry(party.to_owned()).or_default();
        *last = turn;
        *waiting += 1;
        self.arrivals += 1;
        self.waiting.insert((turn, self.arrivals), (party.to_owned(), item));
    }

    fn take(&mut self) -> Option<T> {
        let ((turn, _), (party, item)) = self.waiting.pop_first()?;
        self.turn = turn;
        self.left(&party, None);
        Some(item)
    }

    fn take_last(&mut self) -> Option<T> {
        let ((turn, _), (party, item)) = self.waiting.pop_last()?;
        self.left(&party, Some(turn));
        Some(item)
    }

    fn keep(&mut self, waits: impl Fn(&T) -> bool) {
        let gone: Vec<(u64, u64)> = self.waiting.iter().filter(|(_, (_, item))| !waits(item)).map(|(key, _)| *key).collect();
        for key in gone {
            if let Some((party, _)) = self.waiting.remove(&key) {
                self.left(&party, None);
            }
        }
    }

    /// One of a party waits no more; a turn that it gave up at the end is its next one again.
    fn left(&mut self, party: &str, given_up: Option<u64>) {
        let Some((last, waiting)) = self.parties.get_mut(party) else { return };
        *waiting -= 1;
        if let Some(turn) = given_up {
            *last = turn.saturating_sub(1);
        }
        if *waiting == 0 {
            self.parties.remove(party);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(queue: &mut Queue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.take()).collect()
    }

    #[test]
    fn each_party_gets_one_turn_a_round() {
        let mut queue = Queue::new(9);
        for (party, item) in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")] {
            assert_eq!(queue.push(Line::Anyone, party, 0, item), Pushed::In);
        }

        assert_eq!(all(&mut queue), ["a1", "b1", "c1", "a2", "b2", "a3"]);
        assert!(queue.anyone.parties.is_empty(), "nobody who does not wait is remembered");
    }

    #[test]
    fn a_full_line_puts_out_the_last_of_the_party_that_came_most() {
        let mut queue = Queue::new(3);
        for item in ["a1", "a2", "a3"] {
            queue.push(Line::Anyone, "a", 0, item);
        }

        assert_eq!(queue.push(Line::Anyone, "a", 0, "a4"), Pushed::Refused("a4"));
        assert_eq!(queue.push(Line::Anyone, "b", 0, "b1"), Pushed::InsteadOf("a3"));
        assert_eq!(queue.push(Line::Anyone, "c", 0, "c1"), Pushed::InsteadOf("a2"));
        assert_eq!(queue.push(Line::Anyone, "d", 0, "d1"), Pushed::Refused("d1"), "all who wait have the same turn");
        assert_eq!(all(&mut queue), ["a1", "b1", "c1"]);
    }

    #[test]
    fn strangers_take_no_place_of_known_people() {
        let mut queue = Queue::new(1);
        assert_eq!(queue.push(Line::Anyone, "a", 0, "stranger"), Pushed::In);
        assert!(queue.refuses(Line::Anyone, "b", 0));

        assert_eq!(queue.push(Line::Known, "", 0, "known"), Pushed::In);
        assert_eq!(all(&mut queue), ["known", "stranger"]);
    }

    #[test]
    fn known_people_go_first_and_do_not_stop_the_others() {
        let mut queue = Queue::new(20);
        queue.push(Line::Anyone, "a", 0, "stranger");
        for _ in 0..12 {
            queue.push(Line::Known, "k", 0, "known");
        }

        let order = all(&mut queue);
        assert_eq!(order.iter().position(|item| *item == "stranger"), Some(8));
        assert_eq!(order.len(), 13);
    }

    #[test]
    fn free_hands_count_as_places_and_whoever_left_does_not() {
        let mut queue = Queue::new(0);
        assert_eq!(queue.push(Line::Anyone, "a", 0, "a1"), Pushed::Refused("a1"));
        assert_eq!(queue.push(Line::Anyone, "a", 1, "a1"), Pushed::In);
        assert!(queue.is_full(Line::Anyone, 1));

        queue.keep(Line::Anyone, |item| *item != "a1");
        assert_eq!(queue.len(), 0);
        assert_eq!(queue.push(Line::Anyone, "b", 1, "b1"), Pushed::In);
    }
}
