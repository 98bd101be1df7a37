//! Where people of units go, as a drawing that the server makes: units of before on the left, what comes after on the right,
//! and between them ribbons as wide as people are many.
//!
//! Every way has a pattern beside its colour, and the same facts stand in a table below the drawing.

use crate::http::view::console::chart::{Anchor, Block, Text};

/// How people go from one unit into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With the whole unit.
    Whole,
    /// From a divided unit, since somebody decided so.
    Part,
    /// The same, into a unit that the drawing is not about.
    Other,
    /// Nobody has decided yet.
    Open,
    /// Nothing comes after their unit.
    Gone,
}

impl Way {
    /// The class of what is drawn.
    fn class(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Part => "part",
            Self::Other | Self::Gone => "other",
            Self::Open => "open",
        }
    }

    /// The pattern that it is filled with, if any.
    fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Part => Some("part"),
            Self::Open => Some("open"),
            Self::Whole | Self::Other | Self::Gone => None,
        }
    }
}

/// A unit, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// What more is said of it.
    pub sub: String,
    /// How its people come or go.
    pub way: Way,
}

/// People who go from one unit into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ribbon {
    /// The place of the unit of before.
    pub from: usize,
    /// The place of what comes after.
    pub to: usize,
    /// How many people; none where that is not known.
    pub people: Option<i64>,
    /// How they go.
    pub way: Way,
}

/// Units, and where their people go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// Units of before.
    pub before: Vec<Node>,
    /// What comes after.
    pub after: Vec<Node>,
    /// Who goes where.
    pub ribbons: Vec<Ribbon>,
}

/// A filled shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its class.
    pub class: &'static str,
    /// The pattern that it is filled with, if any.
    pub pattern: Option<&'static str>,
    /// Its path.
    pub path: String,
}

/// One drawing.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// For which screens: `wide` or `narrow`.
    pub class: &'static str,
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
    /// Ribbons.
    pub shapes: Vec<Shape>,
    /// Units.
    pub blocks: Vec<Block>,
    /// Labels.
    pub texts: Vec<Text>,
}

/// The two sizes.
#[derive(Clone, Copy)]
struct Size {
    class: &'static str,
    width: i64,
    /// From the edge to the units of either side.
    side: i64,
    /// Letters of a name at most.
    letters: usize,
}

const WIDE: Size = Size { class: "wide", width: 960, side: 320, letters: 38 };
const NARROW: Size = Size { class: "narrow", width: 336, side: 124, letters: 15 };
/// The width of a unit.
const BAR: i64 = 14;
/// All people together are so high.
const TALL: i64 = 320;
/// Nobody is thinner.
const LEAST: i64 = 3;
/// A label needs so much.
const ROW: i64 = 44;
/// Between units.
const GAP: i64 = 14;

/// Where the units of one side stand.
struct Column {
    /// The top of each, and how far its ribbons have come.
    tops: Vec<(i64, i64)>,
    /// How high each is.
    heights: Vec<i64>,
    /// How high all are.
    height: i64,
}

impl Column {
    fn of(count: usize, parts: impl Fn(usize) -> i64) -> Self {
        let (mut tops, mut heights, mut y) = (Vec::new(), Vec::new(), GAP);
        for place in 0..count {
            let height = parts(place).max(LEAST);
            let row = height.max(ROW);
            let top = y + (row - height) / 2;
            tops.push((top, top));
            heights.push(height);
            y += row + GAP;
        }
        Self { tops, heights, height: y }
    }

    /// The place of the next ribbon of a unit.
    fn next(&mut self, place: usize, height: i64) -> i64 {
        let Some((_, at)) = self.tops.get_mut(place) else { return 0 };
        let here = *at;
        *at += height;
        here
    }

    /// Lower by so much, so that both sides have one middle.
    fn lowered(mut self, by: i64) -> Self {
        for (top, at) in &mut self.tops {
            *top += by;
            *at += by;
        }
        self
    }
}

impl Flow {
    /// Its drawings, one for each kind of screen.
    pub fn drawings(&self) -> [Drawing; 2] {
        [WIDE, NARROW].map(|size| self.drawn(size))
    }

    /// How high a ribbon is.
    fn height_of(&self, ribbon: &Ribbon) -> i64 {
        let all: i64 = self.ribbons.iter().filter_map(|ribbon| ribbon.people).sum();
        let people = i128::from(ribbon.people.unwrap_or_default().max(0));
        let height = people * i128::from(TALL) / i128::from(all.max(1));
        i64::try_from(height).unwrap_or(TALL).max(LEAST)
    }

    fn drawn(&self, size: Size) -> Drawing {
        let sum = |is_of: &dyn Fn(&Ribbon) -> bool| -> i64 {
            self.ribbons.iter().filter(|ribbon| is_of(ribbon)).map(|ribbon| self.height_of(ribbon)).sum()
        };
        let left = Column::of(self.before.len(), |place| sum(&|ribbon: &Ribbon| ribbon.from == place));
        let right = Column::of(self.after.len(), |place| sum(&|ribbon: &Ribbon| ribbon.to == place));
        let height = left.height.max(right.height);
        let (down_left, down_right) = ((height - left.height) / 2, (height - right.height) / 2);
        let (mut left, mut right) = (left.lowered(down_left), right.lowered(down_right));
        let (from_x, to_x) = (size.side + BAR, size.width - size.side - BAR);
        let mut drawing =
            Drawing { class: size.class, width: size.width, height, shapes: Vec::new(), blocks: Vec::new(), texts: Vec::new() };
        for ribbon in &self.ribbons {
            let thick = self.height_of(ribbon);
            let (from, to) = (left.next(ribbon.from, thick), right.next(ribbon.to, thick));
            let path = ribbon_path((from_x, from), (to_x, to), thick);
            drawing.shapes.push(Shape { class: ribbon.way.class(), pattern: ribbon.way.pattern(), path });
        }
        drawing.side(&self.before, &left, (size, size.side, size.side - 8), Anchor::End);
        drawing.side(&self.after, &right, (size, to_x, to_x + BAR + 8), Anchor::Start);
        drawing
    }
}

impl Drawing {
    /// The units of one side with their labels.
    fn side(&mut self, nodes: &[Node], column: &Column, (size, x, label): (Size, i64, i64), anchor: Anchor) {
        for ((node, (top, _)), height) in nodes.iter().zip(&column.tops).zip(&column.heights) {
            self.blocks.push(Block { class: node.way.class(), x, y: *top, width: BAR, height: *height });
            let middle = top + height / 2;
            let mut write = |class, y, said: &str| {
                self.texts.push(Text { class, x: label, y, anchor, said: cut(said, size.letters) });
            };
            write("name", if node.sub.is_empty() { middle + 5 } else { middle - 3 }, &node.name);
            if !node.sub.is_empty() {
                write("sub", middle + 15, &node.sub);
            }
        }
    }
}

/// The area between two curves.
fn ribbon_path((x1, y1): (i64, i64), (x2, y2): (i64, i64), thick: i64) -> String {
    let middle = i64::midpoint(x1, x2);
    let (z1, z2) = (y1 + thick, y2 + thick);
    format!("M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}V{z2}C{middle} {z2} {middle} {z1} {x1} {z1}Z")
}

/// What has room; all of it stands in the table.
fn cut(said: &str, letters: usize) -> String {
    if said.chars().count() <= letters {
        return said.to_owned();
    }
    let kept: String = said.chars().take(letters.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, way: Way) -> Node {
        Node { name: name.to_owned(), sub: "quận Một, 12 người".to_owned(), way }
    }

    fn flow(people: &[Option<i64>]) -> Flow {
        Flow {
            before: people.iter().map(|_| node("Phường Một", Way::Whole)).collect(),
            after: vec![node("Phường Sông Một", Way::Whole), node("Chưa quyết định", Way::Open)],
            ribbons: people
                .iter()
                .enumerate()
                .map(|(from, people)| Ribbon { from, to: from % 2, people: *people, way: Way::Part })
                .collect(),
        }
    }

    #[test]
    fn ribbons_are_as_wide_as_people_are_many_and_nobody_is_lost() {
        let flow = flow(&[Some(100_000), Some(50_000), Some(1), Some(0), None]);
        let heights: Vec<i64> = flow.ribbons.iter().map(|ribbon| flow.height_of(ribbon)).collect();
        assert!(heights[0] > heights[1] && heights[0] <= 2 * heights[1] + 1, "{heights:?}");
        assert_eq!(heights[2..], [LEAST, LEAST, LEAST]);
    }

    #[test]
    fn what_is_drawn_stays_within_and_units_do_not_lie_upon_each_other() {
        for people in [vec![], vec![Some(0)], vec![None], vec![Some(7); 40], vec![Some(i64::MAX / 2), Some(1)]] {
            let flow = flow(&people);
            for drawing in flow.drawings() {
                assert_eq!(drawing.shapes.len(), people.len());
                for block in &drawing.blocks {
                    assert!(block.x >= 0 && block.x + block.width <= drawing.width, "{block:?}");
                    assert!(block.y >= 0 && block.y + block.height <= drawing.height, "{block:?}");
                }
                for text in &drawing.texts {
                    assert!((0..=drawing.width).contains(&text.x) && (0..=drawing.height).contains(&text.y), "{text:?}");
                }
                for (above, below) in drawing.blocks.iter().zip(drawing.blocks.iter().skip(1)).filter(|(a, b)| a.x == b.x) {
                    assert!(above.y + above.height < below.y, "{above:?} {below:?}");
                }
            }
        }
    }

    #[test]
    fn every_way_is_told_by_more_than_its_colour() {
        let seen: Vec<(&str, Option<&str>)> =
            [Way::Whole, Way::Part, Way::Other, Way::Open].into_iter().map(|way| (way.class(), way.pattern())).collect();
        for (place, way) in seen.iter().enumerate() {
            assert!(!seen[..place].contains(way), "{way:?}");
        }
    }

    #[test]
    fn a_long_name_is_cut_where_there_is_no_room_for_it() {
        assert_eq!(cut("Phường Một", 15), "Phường Một");
        assert_eq!(cut("Phường Nguyễn Thái Bình", 15), "Phường Nguyễ...");
    }
}
