//! Random plans over the small town, applied and taken back in any order that is allowed, at once and in stages, on their day
//! and late. Whatever comes: every post is in a unit that is there or on a list that somebody works on; a code means one unit;
//! what is asked of days before stays as it was; nobody gains a role in any post, by themselves, with a group or for another,
//! nor comes to look after more; stages come to what the plan comes to at once; and what is taken back is as it never was.
//! `tests/long plans` tries more of them, and one that nobody has seen: `MOTLAN_SEED` tries that one again.

mod layers;
mod rights;
mod steps;

use crate::support::TestApp;
use crate::support::people::{HEADER, How, bring_as, person};
use crate::support::plans::{AUTHOR, apply, approve, by, digests, go_to, preview, register, registry, text, town};
use layers::{Layer, apply_stage, take_back};
use motlan::app::cli::bench::matching::population::Draw;
use motlan::base::date::vietnam_date;
use motlan::base::id::{PersonId, UnitId};
use motlan::model::registry::Registry;
use motlan::model::unit::Unit;
use motlan::model::unit_code::GSO;
use motlan::service::reorganization::choices::NewRule;
use motlan::service::reorganization::worklist::{self, Item};
use motlan::service::reorganization::{ReorganizationError, choices, seats};
use rights::{Given, Rights};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use steps::{Maker, Steps, check_units, exists};
use time::macros::date;
use time::{Date, Duration};

/// Acts in one history.
const ACTS: usize = 7;
/// Officials: the posts of some are two.
const PEOPLE: usize = 24;
const FAR: Date = date!(2031 - 01 - 01);
const LONG_AGO: Date = date!(2026 - 01 - 15);

/// What histories are drawn from: the same few each time, many when the test command asks for the long proof, and the one
/// that is named; without the long proof that alone.
fn seeds() -> Vec<u64> {
    let is_long = std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1");
    let named = std::env::var("MOTLAN_SEED").ok().map(|seed| seed.parse::<u64>().expect("MOTLAN_SEED is a number"));
    match (is_long, named) {
        (true, named) => (1..=40).chain(named).collect(),
        (false, Some(named)) => vec![named],
        // In the last one a district ends late, by which a role was given that somebody had left before.
        (false, None) => vec![1, 2, 3, 38],
    }
}

fn name(number: usize) -> String {
    format!("cb{number:02}")
}

/// A town, what happened to it, and what comes next.
struct History {
    app: TestApp,
    draw: Draw,
    /// Of plans and of codes.
    number: usize,
    layers: Vec<Layer>,
    people: Vec<PersonId>,
    /// How many posts everybody had at first.
    posts: BTreeMap<String, usize>,
    /// Posts that were handed over.
    lent: Given,
    /// Roles that groups were given in between.
    given: Vec<String>,
    /// How many plans went back while a later one stood.
    out_of_turn: usize,
}

impl History {
    async fn begin(seed: u64) -> Self {
        let app = town().await;
        let (mut draw, mut rows, mut count) = (Draw(seed), HEADER.to_owned(), BTreeMap::new());
        let codes = ["10001", "10002", "10003", "10004", "10005", "10006", "760", "761"];
        for number in 0..PEOPLE {
            let first = draw.below(codes.len());
            let two = draw.in_thousand(250);
            let units = [Some(first), two.then(|| (first + 1 + draw.below(codes.len() - 1)) % codes.len())];
            for (place, unit) in units.into_iter().flatten().enumerate() {
                let title = ["Chuyên viên", "Kế toán", "Văn thư"][draw.below(3)];
                let department = ["", "Văn phòng", "Phòng Tư pháp"][draw.below(3)];
                let (name, unit, primary) = (name(number), codes[unit], place == 0);
                writeln!(rows, "{name},Lê Thị Số {number},,,,,,{unit},{department},{title},cong_chuc,{primary},1/QĐ,2025-07-01,")
                    .expect("text");
                *count.entry(name).or_default() += 1;
            }
        }
        let report = bring_as(app.services(), rows.as_bytes(), How::default()).await.expect("a report");
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let names: Vec<String> = (0..PEOPLE).map(name).collect();
        let mut people = Vec::new();
        for name in &names {
            people.push(person(&app, name).await.expect("a person").id);
        }
        let (lent, takers) = rights::at_first(&app, &mut draw, &names).await;
        for taker in takers {
            *count.entry(taker).or_default() += 1;
        }
        let (layers, given) = (Vec::new(), Vec::new());
        let history = Self { app, draw, number: 0, layers, people, posts: count, lent, given, out_of_turn: 0 };
        assert!(history.rights().await.count() > PEOPLE / 2, "there is something to gain");
        history
    }

    fn today(&self) -> Date {
        vietnam_date(self.app.services().clock.now())
    }

    fn next_number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    async fn rights(&self) -> Rights {
        rights::read(&self.app, &self.people).await
    }

    /// What is told of days before.
    async fn asked(&self, days: &[Date]) -> Vec<String> {
        let registry = registry(&self.app).await;
        let mut told = Vec::new();
        for &on in days {
            let name = |unit: &Unit| format!("{} {}", unit.id, registry.name_on(unit, on));
            for unit in registry.units().filter(|unit| exists(unit, on)) {
                let path: Vec<String> = registry.path_on(unit, on).into_iter().map(name).collect();
                told.push(format!("{on} {} {:?} {path:?}", name(unit), registry.codes_on(unit, on)));
            }
            for person_name in self.posts.keys() {
                let known = person(&self.app, person_name).await.expect("a person");
                let held = known.positions_on(on).into_iter().map(|post| (post.id.clone(), post.unit.clone()));
                told.push(format!("{on} {person_name} {:?}", held.collect::<Vec<_>>()));
            }
        }
        told.sort();
        told
    }

    async fn waiting(&self, plan: &str) -> Vec<Item> {
        worklist::worklist(self.app.services(), plan, None, "", 1_000).await.expect("a list")
    }

    /// Units that people of a unit may go to after which nothing comes: of those that are sure to be there.
    async fn anywhere(&self, plan: &str) -> Vec<UnitId> {
        let (registry, today) = (registry(&self.app).await, self.today());
        let applied = self.layers.iter().any(|layer| layer.plan == plan);
        let there = registry.units().filter(|unit| exists(unit, today) && (applied || unit.kind.level() == 1));
        let mut there: Vec<(&str, &UnitId)> =
            there.filter_map(|unit| Some((registry.code_on(unit, GSO, today)?, &unit.id))).collect();
        there.sort_unstable();
        there.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Sends some of those who wait somewhere; the same way in every history of a seed.
    async fn decide_some(&mut self, plan: &str, share: usize) {
        let mut items = self.waiting(plan).await;
        let key = |item: &Item| (item.username.clone(), item.from_unit.clone(), item.department.clone(), item.title.clone());
        items.sort_by_key(key);
        let anywhere = self.anywhere(plan).await;
        for item in items {
            if self.draw.in_thousand(share) {
                let candidates = if item.candidates.is_empty() { &anywhere } else { &item.candidates };
                let unit = &candidates[self.draw.below(candidates.len())];
                let by = by(AUTHOR);
                choices::decide(self.app.services(), plan, &item.position, unit, "9/QĐ", &by).await.expect("decided");
            }
        }
        self.app.sync().await;
    }

    /// Says by rules where people of some units go: by title, by department, or by where it sits.
    async fn rule_some(&mut self, plan: &str, open: &[(String, Vec<String>)]) {
        let services = self.app.services();
        for (from, to) in open {
            if !self.draw.in_thousand(500) {
                continue;
            }
            let to = to[self.draw.below(to.len())].as_str();
            let any = NewRule { from, department: None, title: None, seat: None, to, decision_no: "5/QĐ" };
            let rule = match self.draw.below(3) {
                0 => NewRule { title: Some("ke toan"), ..any },
                1 => NewRule { department: Some("Văn phòng"), ..any },
                _ => NewRule { seat: Some("khu pho 3"), ..any },
            };
            let file = format!("from_unit,department,address\n{from},Phòng Tư pháp,Khu phố 3\n{from},,Khu phố 30\n");
            let rows = seats::rows_of(file.as_bytes()).expect("rows");
            seats::read(services, plan, &rows, &by(AUTHOR)).await.expect("seats");
            choices::add_rule(services, plan, &rule, &by(AUTHOR)).await.expect("a rule");
        }
    }

    /// A new plan, registered, of one district where one is named; its text, and its stages when it has some.
    async fn new_plan(&mut self, plan: &str, effective: Date, within: Option<&str>) -> (String, Vec<String>) {
        let last = effective.previous_day().expect("a day");
        let units = registry(&self.app).await;
        let maker = Maker::new(&mut self.draw, &mut self.number, &units, last).within(within);
        let Steps { rows, open, stage } = maker.make();
        let mut whole = text(plan, effective, &rows);
        if !stage.is_empty() {
            whole = whole.replacen("+++", &format!("[[stage]]\nname = \"mot\"\nunits = {stage:?}\n\n+++"), 1);
        }
        let known = register(&self.app, &whole).await.unwrap_or_else(|error| panic!("{error}: {whole}"));
        let stages = known.stage_names().into_iter().map(str::to_owned).collect();
        self.rule_some(plan, &open).await;
        self.decide_some(plan, 400).await;
        (whole, stages)
    }

    /// Perhaps some days pass after the day of a plan, and a group is given something that whoever comes by the plan is not.
    async fn dawdle(&mut self, effective: Date) {
        go_to(&self.app, effective + Duration::days(1)).await;
        let given = rights::give_one(&self.app, &mut self.draw, effective).await;
        if let Some(id) = given {
            self.given.push(id);
            for layer in &mut self.layers {
                layer.forget();
            }
        }
        go_to(&self.app, effective + Duration::days(3)).await;
    }

    /// A new plan, of one district where one is named, from its text to its day, applied; perhaps taken back and applied
    /// again, in stages when it has some.
    async fn go_on(&mut self, within: Option<&str>) {
        let ahead = i64::try_from(1 + self.draw.below(20)).expect("a number");
        let effective = self.today() + Duration::days(ahead);
        let last = effective.previous_day().expect("a day");
        let plan = format!("plan-{}", self.next_number());
        let (whole, stages) = self.new_plan(&plan, effective, within).await;
        let shown = preview(&self.app, &plan).await;
        approve(&self.app, &plan, true).await.expect("an approval");
        go_to(&self.app, effective).await;
        if self.draw.in_thousand(300) {
            self.dawdle(effective).await;
        }
        let days = [LONG_AGO, last - Duration::days(ahead), last];
        let (before, asked, rights) = (digests(&self.app).await, self.asked(&days).await, self.rights().await);

        let done = apply(&self.app, &plan).await.unwrap_or_else(|error| panic!("{error}: {whole}"));
        assert_eq!((done.people, done.open), (shown.people, shown.open_count), "{whole}");
        let after = digests(&self.app).await;
        assert_eq!(after.units, shown.registry_after, "{whole}");
        assert_eq!(self.asked(&days).await, asked, "what is asked of days before is answered as it was: {whole}");
        let (before, rights) = (Some(before), Some(rights));
        self.layers.push(Layer { plan: plan.clone(), stages: vec![None], effective, before, rights });
        self.check_rights(&registry(&self.app).await).await;
        if !stages.is_empty() || self.draw.in_thousand(300) {
            self.again(&stages).await;
            assert_eq!(digests(&self.app).await, after, "{whole}");
        }
        self.check().await;
        self.decide_some(&plan, 300).await;
        self.check().await;
        assert_eq!(self.asked(&days).await, asked, "nor does what is decided later change them: {whole}");
    }

    /// Takes the last plan back and applies it again, in stages when it has some.
    async fn again(&mut self, stages: &[String]) {
        let mut layer = self.layers.pop().expect("a plan");
        take_back(&self.app, &layer).await.unwrap_or_else(|error| panic!("{}: {error}", layer.plan));
        layer.is_as_before(&self.app).await;
        if stages.is_empty() {
            approve(&self.app, &layer.plan, true).await.expect("an approval");
            apply(&self.app, &layer.plan).await.expect("applied again");
        } else {
            layer.stages.clear();
        }
        self.layers.push(layer);
        for stage in stages {
            let layer = self.layers.last_mut().expect("a plan");
            apply_stage(&self.app, &layer.plan, stage).await;
            layer.stages.push(Some(stage.clone()));
            let registry = registry(&self.app).await;
            self.check_rights(&registry).await;
            self.check_units(&registry);
        }
    }

    /// Takes one of the plans back, the last one or, where none rests on it, an earlier one.
    async fn go_back(&mut self) {
        let last = self.layers.len() - 1;
        let mut place = if self.draw.in_thousand(500) { last } else { self.draw.below(self.layers.len()) };
        // Where the second of its stages goes and the first is refused, half of it is left.
        if self.layers[place].stages.len() > 1 {
            place = last;
        }
        self.go_back_to(place).await;
    }

    /// Two plans of a district each, so that none of them touches what the other one does, and the earlier one goes back.
    /// Other plans touch nearly everything: without these it would hardly ever come that an earlier one goes.
    async fn go_back_out_of_turn(&mut self) {
        let mut districts = ["760", "761"];
        self.draw.shuffle(&mut districts);
        for district in districts {
            self.go_on(Some(district)).await;
        }
        self.go_back_to(self.layers.len() - 2).await;
    }

    /// Takes one of the plans back; an earlier one may be refused.
    async fn go_back_to(&mut self, place: usize) {
        let last = self.layers.len() - 1;
        let now = digests(&self.app).await;
        match take_back(&self.app, &self.layers[place]).await {
            Ok(()) => {
                let layer = self.layers.remove(place);
                if place == last {
                    layer.is_as_before(&self.app).await;
                } else {
                    self.out_of_turn += 1;
                }
                for (number, later) in self.layers[place..].iter_mut().enumerate() {
                    later.comes_before(&layer, number == 0);
                }
            }
            Err(
                ReorganizationError::LaterPlan { .. }
                | ReorganizationError::EditsSince { .. }
                | ReorganizationError::GroupRolesSince { .. },
            ) if place < last => {
                assert_eq!(digests(&self.app).await, now, "what is refused has changed nothing");
            }
            Err(error) => panic!("{}: {error}", self.layers[place].plan),
        }
        self.check().await;
    }

    /// What holds at any moment.
    async fn check(&self) {
        let (today, registry) = (self.today(), registry(&self.app).await);
        self.check_units(&registry);
        let mut open: HashMap<String, usize> = HashMap::new();
        for layer in &self.layers {
            for item in self.waiting(&layer.plan).await {
                *open.entry(item.username).or_default() += 1;
            }
        }
        for (name, count) in &self.posts {
            let known = person(&self.app, name).await.expect("a person");
            let held = known.positions_on(today);
            for post in &held {
                let unit = registry.unit(&post.unit).expect("a unit");
                assert!(exists(unit, today), "{name} has a post in {}, which is gone", registry.name_on(unit, today));
            }
            let waits = open.get(name).copied().unwrap_or_default();
            assert_eq!(held.len() + waits, *count, "{name}: every post goes on, or somebody is asked where");
        }
        self.check_rights(&registry).await;
    }

    /// Nobody has gained anything by the last plan.
    async fn check_rights(&self, registry: &Registry) {
        let Some(layer) = self.layers.last() else { return };
        if let Some(before) = &layer.rights {
            self.rights().await.are_no_more_than(before, &self.lent, (registry, layer.effective));
        }
    }

    fn check_units(&self, registry: &Registry) {
        let today = self.today();
        let moments = self.layers.iter().flat_map(|layer| [layer.effective, layer.effective - Duration::days(1)]);
        check_units(registry, moments.chain([LONG_AGO, today, today + Duration::days(1), FAR]));
    }

    /// Takes everything back, the last first.
    async fn undo_all(&mut self) {
        while let Some(layer) = self.layers.pop() {
            take_back(&self.app, &layer).await.unwrap_or_else(|error| panic!("{}: {error}", layer.plan));
            layer.is_as_before(&self.app).await;
            self.check().await;
        }
        for id in std::mem::take(&mut self.given) {
            rights::take_back(&self.app, &id).await;
        }
    }
}

#[tokio::test]
async fn whatever_plans_come_nobody_is_lost_nothing_is_gained_and_all_of_it_goes_back() {
    let seeds = seeds();
    let mut out_of_turn = 0;
    for seed in &seeds {
        // Seen where it fails.
        println!("history of seed {seed}");
        let mut history = History::begin(*seed).await;
        let first = digests(&history.app).await;
        history.check().await;
        history.go_back_out_of_turn().await;
        for _ in 0..ACTS {
            if !history.layers.is_empty() && history.draw.in_thousand(300) {
                history.go_back().await;
            } else {
                history.go_on(None).await;
            }
        }
        history.undo_all().await;
        assert_eq!(digests(&history.app).await, first, "seed {seed}");
        out_of_turn += history.out_of_turn;
    }
    println!("{out_of_turn} plans went back while a later one stood");
    // A single history may be one in which what was given since stands in the way.
    assert!(seeds.len() == 1 || out_of_turn > 0, "no plan went back while a later one stood");
}
