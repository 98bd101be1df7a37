//! Charts as drawings that the server makes: lines over time, and bars beside one another.
//!
//! A drawing holds classes and no style, so that themes colour it and the page's policy lets it be. What it says is said
//! in its title too, at its marks, and again by the table under it. Lines are drawn twice: letters inside a drawing shrink
//! with it, so narrow screens are shown a narrower one. Bars, with their names above them, fit every screen.

use super::parts::number;
use crate::http::view::chrome::Chrome;

/// Width of a letter, with room to spare.
const LETTER: i64 = 8;
/// Lines of the grid at most, the one at nothing not counted.
const GRID: i64 = 5;

/// A line of a chart: a value for each mark, or none where nothing is known yet.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is called, at its end.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<i64>>,
    /// What it is compared with: grey and dashed.
    pub past: bool,
}

/// Lines over time.
#[derive(Debug, Clone)]
pub struct LineChart {
    /// Its name within the page.
    pub id: &'static str,
    /// What it shows, in a sentence.
    pub finding: String,
    /// How to read it.
    pub about: String,
    /// What is written under each value; may be empty.
    pub marks: Vec<String>,
    /// The lines, the most important one first.
    pub lines: Vec<Line>,
    /// A value of the first line that is pointed at, with what is said of it.
    pub peak: Option<(usize, String)>,
}

/// A bar of a chart.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// How long it is.
    pub value: i64,
    /// The value as people read it.
    pub said: String,
    /// Whether it is the one that the chart is about.
    pub strong: bool,
}

/// Bars beside one another.
#[derive(Debug, Clone)]
pub struct BarChart {
    /// Its name within the page.
    pub id: &'static str,
    /// What it shows, in a sentence.
    pub finding: String,
    /// How to read it.
    pub about: String,
    /// The bars, longest first.
    pub bars: Vec<Bar>,
}

/// Where a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

impl Anchor {
    /// Its word in a drawing.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A text in a drawing.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its class.
    pub class: &'static str,
    /// From the left.
    pub x: i64,
    /// From the top, of the line that letters stand on.
    pub y: i64,
    /// Where it stands at its place.
    pub anchor: Anchor,
    /// What it says.
    pub said: String,
}

/// A stroke of a drawing.
#[derive(Debug, Clone)]
pub struct Stroke {
    /// Its class.
    pub class: &'static str,
    /// Its path.
    pub path: String,
}

/// A filled box of a drawing.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its class.
    pub class: &'static str,
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
}

/// One drawing of a chart.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Its id.
    pub id: String,
    /// For which screens: `wide` or `narrow`; or `bars`, for all of them.
    pub class: &'static str,
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
    /// What it shows.
    pub finding: String,
    /// How to read it.
    pub about: String,
    /// Lines, those of the grid first.
    pub strokes: Vec<Stroke>,
    /// Bars.
    pub blocks: Vec<Block>,
    /// Middles of dots.
    pub dots: Vec<(i64, i64)>,
    /// Labels.
    pub texts: Vec<Text>,
}

/// The two sizes.
#[derive(Clone, Copy)]
struct Size {
    class: &'static str,
    width: i64,
    height: i64,
    /// One of so many marks is written.
    every: usize,
}

const WIDE: Size = Size { class: "wide", width: 480, height: 224, every: 1 };
const NARROW: Size = Size { class: "narrow", width: 288, height: 200, every: 2 };
const BARS: Size = Size { class: "bars", width: 320, height: 0, every: 1 };
/// From one bar to the next, with the name above each.
const ROW: i64 = 52;

impl Drawing {
    fn new(id: &str, size: Size, height: i64, (finding, about): (&str, &str)) -> Self {
        Self {
            id: format!("{id}-{}", size.class),
            class: size.class,
            width: size.width,
            height,
            finding: finding.to_owned(),
            about: about.to_owned(),
            strokes: Vec::new(),
            blocks: Vec::new(),
            dots: Vec::new(),
            texts: Vec::new(),
        }
    }

    fn write(&mut self, class: &'static str, (x, y): (i64, i64), anchor: Anchor, said: &str) {
        self.texts.push(Text { class, x, y, anchor, said: said.to_owned() });
    }
}

/// The ground that lines are drawn on.
struct Plot {
    left: i64,
    right: i64,
    top: i64,
    base: i64,
    /// Steps from the first value to the last.
    steps: i64,
    /// The value at the top.
    most: i64,
}

impl Plot {
    fn x(&self, place: usize) -> i64 {
        let place = i64::try_from(place).unwrap_or(self.steps);
        self.left + place * (self.right - self.left) / self.steps.max(1)
    }

    fn y(&self, value: i64) -> i64 {
        self.base - value.clamp(0, self.most) * (self.base - self.top) / self.most
    }
}

impl LineChart {
    /// Its drawings, one for each kind of screen.
    pub fn drawings(&self, chrome: &Chrome) -> [Drawing; 2] {
        [WIDE, NARROW].map(|size| self.drawn(chrome, size))
    }

    fn drawn(&self, chrome: &Chrome, size: Size) -> Drawing {
        let highest = self.lines.iter().flat_map(|line| line.values.iter().flatten()).copied().max().unwrap_or(0);
        let step = step_to(highest);
        let rules = (highest.max(1) + step - 1) / step;
        let label = i64::try_from(number(chrome, rules * step).chars().count()).unwrap_or(GRID);
        let plot = Plot {
            left: label * LETTER + 10,
            right: size.width - 14,
            top: 28,
            base: size.height - 30,
            steps: i64::try_from(self.marks.len()).unwrap_or(1) - 1,
            most: rules * step,
        };
        let mut drawing = Drawing::new(self.id, size, size.height, (&self.finding, &self.about));
        for value in (0..=rules).map(|rule| rule * step) {
            let y = plot.y(value);
            drawing.strokes.push(Stroke { class: "rule", path: format!("M{} {y}H{}", plot.left, plot.right) });
            drawing.write("num axis", (plot.left - 8, y + 5), Anchor::End, &number(chrome, value));
        }
        let written = self.marks.iter().enumerate().filter(|(_, mark)| !mark.is_empty()).step_by(size.every);
        for (place, mark) in written {
            drawing.write("axis", (plot.x(place), size.height - 8), Anchor::Middle, mark);
        }
        // The first line lies above the others.
        for line in self.lines.iter().rev() {
            let class = if line.past { "line past" } else { "line" };
            drawing.strokes.push(Stroke { class, path: path_of(line, &plot) });
        }
        self.name_lines(&plot, &mut drawing);
        self.point_at_peak(&plot, &mut drawing);
        drawing
    }

    /// The name of each line at its end; two that end at one place stand one above and one below.
    fn name_lines(&self, plot: &Plot, drawing: &mut Drawing) {
        let mut taken: Vec<(i64, i64)> = Vec::new();
        for line in &self.lines {
            let last = line.values.iter().enumerate().rev().find_map(|(place, value)| value.map(|value| (place, value)));
            let Some((place, value)) = last else { continue };
            let end = (plot.x(place), plot.y(value));
            let (x, anchor) = beside(end.0, 6, &line.name, plot);
            let y = if anchor == Anchor::End { highest_before(line, end, &line.name, plot) } else { end.1 };
            let close = taken.iter().any(|(other_x, other_y)| (other_x - end.0).abs() < 160 && (other_y - y).abs() < 18);
            taken.push((end.0, y));
            let y = match (close, y < 42) {
                (false, _) => y - 8,
                (true, false) => y - 26,
                (true, true) => y + 18,
            };
            drawing.write(if line.past { "past" } else { "name" }, (x, y.max(14)), anchor, &line.name);
        }
    }

    fn point_at_peak(&self, plot: &Plot, drawing: &mut Drawing) {
        let Some((place, said)) = &self.peak else { return };
        let value = self.lines.first().and_then(|line| line.values.get(*place).copied().flatten());
        let Some(value) = value else { return };
        let (x, y) = (plot.x(*place), plot.y(value));
        drawing.dots.push((x, y));
        let (x, anchor) = beside(x, 8, said, plot);
        drawing.write("name", (x, (y - 6).max(14)), anchor, said);
    }
}

/// Where a text stands beside a point: after it where there is room, else it ends there.
fn beside(x: i64, gap: i64, said: &str, plot: &Plot) -> (i64, Anchor) {
    let width = i64::try_from(said.chars().count()).unwrap_or(GRID) * LETTER;
    if x + gap + width <= plot.right { (x + gap, Anchor::Start) } else { (x.max(plot.left + width), Anchor::End) }
}

/// The highest point of a line above which its name is written, where that ends with the line.
fn highest_before(line: &Line, (x, y): (i64, i64), said: &str, plot: &Plot) -> i64 {
    let width = i64::try_from(said.chars().count()).unwrap_or(GRID) * LETTER;
    let points = line.values.iter().enumerate().filter_map(|(place, value)| value.map(|value| (plot.x(place), plot.y(value))));
    points.filter(|(along, _)| *along > x - width).map(|(_, up)| up).min().unwrap_or(y)
}

/// The path of a line, broken where nothing is known.
fn path_of(line: &Line, plot: &Plot) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (place, value) in line.values.iter().enumerate() {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let (x, y) = (plot.x(place), plot.y(*value));
        // A single value is a stroke without length: its round ends make it a dot.
        let piece = if drawing { format!("L{x} {y}") } else { format!("M{x} {y}h0") };
        path.push_str(&piece);
        drawing = true;
    }
    path
}

/// The step between lines of a grid: one, two or five of a power of ten.
fn step_to(highest: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step.saturating_mul(GRID) >= highest || step == i64::MAX {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

impl BarChart {
    /// Its drawing.
    pub fn drawings(&self) -> [Drawing; 1] {
        [self.drawn()]
    }

    fn drawn(&self) -> Drawing {
        let count = i64::try_from(self.bars.len()).unwrap_or(0);
        let mut drawing = Drawing::new(self.id, BARS, (count * ROW).max(1), (&self.finding, &self.about));
        let said = self.bars.iter().map(|bar| bar.said.chars().count()).max().unwrap_or(0);
        let room = BARS.width - i64::try_from(said).unwrap_or(GRID) * (LETTER + 1) - 12;
        let longest = self.bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
        for (bar, top) in self.bars.iter().zip((0_i64..).map(|place| place * ROW)) {
            let share = i128::from(bar.value.max(0)) * i128::from(room.max(1)) / i128::from(longest);
            let width = i64::try_from(share).unwrap_or(room).max(i64::from(bar.value > 0));
            let class = if bar.strong { "f1" } else { "f4" };
            drawing.blocks.push(Block { class, x: 0, y: top + 24, width, height: 16 });
            drawing.write("axis", (0, top + 16), Anchor::Start, &bar.name);
            drawing.write("name num", (width + 8, top + 37), Anchor::Start, &bar.said);
        }
        drawing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: Vec<Option<i64>>) -> LineChart {
        LineChart {
            id: "hours",
            finding: "Cao nhất lúc 7 giờ".to_owned(),
            about: String::new(),
            marks: values.iter().map(|_| "7".to_owned()).collect(),
            lines: vec![
                Line { name: "hôm nay".to_owned(), values: values.clone(), past: false },
                Line { name: "tuần trước".to_owned(), values, past: true },
            ],
            peak: Some((1, "21".to_owned())),
        }
    }

    #[test]
    fn steps_of_a_grid_are_round() {
        for (highest, expected) in [(0, 1), (4, 1), (5, 1), (6, 2), (11, 5), (25, 5), (26, 10), (21_400, 5_000)] {
            assert_eq!(step_to(highest), expected, "{highest}");
        }
    }

    #[test]
    fn a_line_begins_at_nothing_breaks_where_nothing_is_known_and_stays_within() {
        let chart = chart(vec![Some(0), Some(21), None, Some(10), None]);
        for drawing in chart.drawings(&Chrome::default()) {
            let line = drawing.strokes.iter().find(|stroke| stroke.class == "line").expect("a line");
            assert_eq!(line.path.matches('M').count(), 2, "{}", line.path);
            assert_eq!(drawing.dots.len(), 1);
            assert!(drawing.texts.iter().any(|text| text.class == "num axis" && text.said == "0"), "a baseline at nothing");
            for text in &drawing.texts {
                assert!((0..=drawing.width).contains(&text.x) && (0..=drawing.height).contains(&text.y), "{text:?}");
            }
        }
    }

    #[test]
    fn names_that_end_at_one_place_do_not_lie_upon_each_other() {
        let [wide, narrow] = chart(vec![Some(1), Some(2), Some(3)]).drawings(&Chrome::default());
        for drawing in [wide, narrow] {
            let named = |class: &str| drawing.texts.iter().find(|text| text.class == class).expect("a name").y;
            assert!((named("name") - named("past")).abs() >= 14);
        }
    }

    #[test]
    fn nothing_at_all_can_be_drawn() {
        for values in [vec![], vec![None], vec![Some(0)]] {
            let mut chart = chart(values);
            chart.peak = Some((9, String::new()));
            let drawings = chart.drawings(&Chrome::default());
            assert!(drawings.iter().all(|drawing| drawing.dots.is_empty()));
        }
        let none = BarChart { id: "units", finding: String::new(), about: String::new(), bars: Vec::new() };
        assert!(none.drawings().iter().all(|drawing| drawing.blocks.is_empty() && drawing.height > 0));
    }

    #[test]
    fn bars_are_as_long_as_they_are_many_and_what_is_there_is_seen() {
        let bar = |name: &str, value| Bar { name: name.to_owned(), value, said: value.to_string(), strong: false };
        let long = "Trung tâm Phục vụ hành chính công phường Sài Gòn";
        for first in ["Khóa truy cập", long] {
            let bars = vec![bar(first, 100_000), bar("b", 50_000), bar("c", 1), bar("d", 0)];
            let chart = BarChart { id: "units", finding: String::new(), about: String::new(), bars };
            for drawing in chart.drawings() {
                let widths: Vec<i64> = drawing.blocks.iter().map(|block| block.width).collect();
                assert_eq!(widths[0] / 2, widths[1]);
                assert_eq!((widths[2], widths[3]), (1, 0));
                assert!(drawing.blocks.iter().all(|block| block.x + block.width <= drawing.width));
            }
        }
    }
}
