//! Random plans over the small town, applied and taken back in any order that is allowed. Whatever comes: every post is in a
//! unit that is there or on a list that somebody works on; a code means one unit; what is asked of days before stays as it
//! was; nobody gains a role; and what is taken back is as it never was. `MOTLAN_LONG=1` tries more of them.

use crate::reorganization_rights::grant;
use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{HEADER, How, bring_as, person};
use crate::support::plans::{
    AUTHOR, Digests, apply, approve, by, digests, go_to, posts, preview, register, registry, rollback, text, town,
};
use motlan::app::cli::bench::matching::population::Draw;
use motlan::base::date::vietnam_date;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::registry::Registry;
use motlan::model::unit::{Certainty, Unit};
use motlan::model::unit_code::GSO;
use motlan::service::reorganization::worklist::{self, Item};
use motlan::service::reorganization::{ReorganizationError, choices};
use motlan::store::admin_roles;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use time::macros::date;
use time::{Date, Duration};

/// Acts in one history.
const ACTS: usize = 7;
/// Officials: the posts of some are two.
const PEOPLE: usize = 24;
const FAR: Date = date!(2031 - 01 - 01);
const LONG_AGO: Date = date!(2026 - 01 - 15);

/// Histories: many when the test command asks for the long proof.
fn seeds() -> u64 {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { 40 } else { 3 }
}

fn name(number: usize) -> String {
    format!("cb{number:02}")
}

/// The roles that count for each person.
type Roles = BTreeMap<String, BTreeSet<String>>;

/// A plan that is applied, and how it was before it.
struct Layer {
    plan: String,
    effective: Date,
    /// Unknown once an earlier plan was taken back from under it.
    before: Option<Digests>,
    roles: Roles,
}

impl Layer {
    /// All is as it was before this plan.
    async fn is_as_before(&self, app: &TestApp) {
        if let Some(before) = &self.before {
            assert_eq!(digests(app).await, *before, "{} is taken back", self.plan);
        }
    }

    /// An earlier plan is gone: who had lost a role by it has it again.
    fn comes_before(&mut self, gone: &Self) {
        self.before = None;
        for (name, roles) in &mut self.roles {
            roles.extend(gone.roles[name].iter().cloned());
        }
    }
}

/// A town, what happened to it, and what comes next.
struct History {
    app: TestApp,
    draw: Draw,
    /// Of plans and of codes.
    number: usize,
    layers: Vec<Layer>,
    /// How many posts everybody had at first.
    posts: BTreeMap<String, usize>,
}

fn exists(unit: &Unit, on: Date) -> bool {
    unit.span.holds_on(on) == Certainty::Yes
}

impl History {
    async fn begin(seed: u64) -> Self {
        let app = town().await;
        let (mut draw, mut people, mut count) = (Draw(seed), HEADER.to_owned(), BTreeMap::new());
        let codes = ["10001", "10002", "10003", "10004", "10005", "10006", "760", "761"];
        for number in 0..PEOPLE {
            let first = draw.below(codes.len());
            let two = draw.in_thousand(250);
            let units = [Some(first), two.then(|| (first + 1 + draw.below(codes.len() - 1)) % codes.len())];
            for (place, unit) in units.into_iter().flatten().enumerate() {
                let title = ["Chuyên viên", "Kế toán", "Văn thư"][draw.below(3)];
                let (name, unit, primary) = (name(number), codes[unit], place == 0);
                writeln!(people, "{name},Lê Thị Số {number},,,,,,{unit},,{title},cong_chuc,{primary},1/QĐ,2025-07-01,")
                    .expect("text");
                *count.entry(name).or_default() += 1;
            }
        }
        let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let tthc = app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned()]).await;
        for number in 0..PEOPLE / 2 {
            let bound = posts(&app, &name(number)).await.first().map(|post| post.id.clone());
            grant(&app, &name(number), &tthc, bound.filter(|_| number % 4 > 0)).await;
        }
        for (number, unit) in [(0, "10001"), (1, "10003"), (2, "760"), (3, "10006")] {
            appoint(&app, &name(number), (AdminRole::Unit, Some(unit))).await;
        }
        Self { app, draw, number: 0, layers: Vec::new(), posts: count }
    }

    fn today(&self) -> Date {
        vietnam_date(self.app.services().clock.now())
    }

    fn next_number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    /// A code that nothing has had.
    fn fresh_code(&mut self) -> String {
        format!("{}", 30_000 + self.next_number())
    }

    /// A row that makes a ward, and its key.
    fn created(&mut self, code: Option<&str>, districts: &[String]) -> (String, String) {
        let key = format!("+K{}", self.next_number());
        let code = code.map_or_else(|| self.fresh_code(), str::to_owned);
        let above = &districts[self.draw.below(districts.len())];
        (format!("create,{key},phuong,Phường Mới {key},{code},{above},,"), key)
    }

    /// What a plan does to the units that are there on the day before it.
    fn steps(&mut self, registry: &Registry, last: Date) -> Vec<String> {
        let of_level = |level: u8| {
            let there = registry.units().filter(|unit| unit.kind.level() == level && exists(unit, last));
            let mut codes: Vec<String> = there.filter_map(|unit| registry.code_on(unit, GSO, last)).map(str::to_owned).collect();
            codes.sort();
            codes
        };
        let (mut wards, mut districts) = (of_level(3), of_level(2));
        self.draw.shuffle(&mut wards);
        let one_goes = districts.len() > 1 && self.draw.in_thousand(300);
        let gone = one_goes.then(|| districts.remove(self.draw.below(districts.len())));
        let (mut rows, mut keys, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for (place, ward) in wards.iter().enumerate() {
            let unit = registry.look_up(GSO, ward, last).one().expect("a ward");
            let above = registry.parent_on(unit, last).and_then(|above| registry.code_on(above, GSO, last)).unwrap_or_default();
            let is_left = gone.as_deref() == Some(above);
            match self.draw.below(10) {
                // The first of a plan is always merged, so that somebody moves.
                0..=3 => self.merge(ward, &districts, (&mut rows, &mut keys)),
                _ if place == 0 => self.merge(ward, &districts, (&mut rows, &mut keys)),
                4 => self.divide(ward, &districts, (&mut rows, &mut keys)),
                5 | 6 => {
                    rows.push(format!("rename,{ward},,Phường Tên {},,,,", self.next_number()));
                    moved.extend(is_left.then(|| ward.clone()));
                }
                7 => moved.extend((is_left || districts.iter().any(|other| other != above)).then(|| ward.clone())),
                _ => moved.extend(is_left.then(|| ward.clone())),
            }
            if moved.last() == Some(ward) {
                let others: Vec<&String> = districts.iter().filter(|other| *other != above).collect();
                rows.push(format!("move,{ward},,,,{},,", others[self.draw.below(others.len())]));
            }
        }
        if let Some(gone) = gone {
            rows.extend(keys.iter().map(|key| format!("dissolve,{gone},,,,,{key},cross")));
        }
        self.draw.shuffle(&mut rows);
        rows
    }

    /// Into a new ward, perhaps with its own code, or into one into which another one goes.
    fn merge(&mut self, ward: &str, districts: &[String], (rows, keys): (&mut Vec<String>, &mut Vec<String>)) {
        if keys.is_empty() || self.draw.in_thousand(400) {
            let code = self.draw.in_thousand(500).then_some(ward);
            let (row, key) = self.created(code, districts);
            rows.push(row);
            keys.push(key);
        }
        let into = &keys[self.draw.below(keys.len())];
        rows.push(format!("merge,{ward},,,,,{into},"));
    }

    /// Between two new wards.
    fn divide(&mut self, ward: &str, districts: &[String], (rows, keys): (&mut Vec<String>, &mut Vec<String>)) {
        for _ in 0..2 {
            let (row, key) = self.created(None, districts);
            rows.push(row);
            rows.push(format!("divide,{ward},,,,,{key},"));
            keys.push(key);
        }
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

    /// The roles that count for everybody today.
    async fn roles(&self) -> Roles {
        let today = self.today();
        let mut roles = Roles::new();
        for name in self.posts.keys() {
            let known = person(&self.app, name).await.expect("a person");
            let lineage = known.positions_on(today).into_iter().flat_map(|post| known.lineage(&post.id)).collect::<Vec<_>>();
            let counting = known.roles.iter().filter(|role| role.counts_for("tthc", &lineage)).map(|role| role.role.clone());
            let mut held: BTreeSet<String> = counting.collect();
            let mut conn = self.app.services().store.read().await.expect("a connection");
            let scopes = admin_roles::list(&mut conn, &known.id).await.expect("scopes");
            let looked_after = scopes.into_iter().filter(|scope| scope.in_force_on(today)).map(|scope| scope.role);
            held.extend(looked_after.map(|role| format!("admin:{}", role.word())));
            roles.insert(name.clone(), held);
        }
        roles
    }

    async fn waiting(&self, plan: &str) -> Vec<Item> {
        worklist::worklist(self.app.services(), plan, None, "", 1_000).await.expect("a list")
    }

    /// Sends some of those who wait somewhere; the same way in every history of a seed.
    async fn decide_some(&mut self, plan: &str, share: usize) {
        let mut items = self.waiting(plan).await;
        items.sort_by(|one, other| (&one.username, &one.from_unit).cmp(&(&other.username, &other.from_unit)));
        for item in items {
            if self.draw.in_thousand(share) {
                let unit: &UnitId = &item.candidates[self.draw.below(item.candidates.len())];
                let by = by(AUTHOR);
                choices::decide(self.app.services(), plan, &item.position, unit, "9/QĐ", &by).await.expect("decided");
            }
        }
        self.app.sync().await;
    }

    /// A new plan, from its text to its day, applied; perhaps taken back and applied again.
    async fn go_on(&mut self) {
        let ahead = i64::try_from(1 + self.draw.below(20)).expect("a number");
        let effective = self.today() + Duration::days(ahead);
        let last = effective.previous_day().expect("a day");
        let plan = format!("plan-{}", self.next_number());
        let units = registry(&self.app).await;
        let steps = self.steps(&units, last);
        let whole = text(&plan, effective, &steps);
        register(&self.app, &whole).await.unwrap_or_else(|error| panic!("{error}: {whole}"));
        self.decide_some(&plan, 400).await;
        let shown = preview(&self.app, &plan).await;
        approve(&self.app, &plan, true).await.expect("an approval");
        go_to(&self.app, effective).await;
        let days = [LONG_AGO, last - Duration::days(ahead), last];
        let (before, asked, roles) = (digests(&self.app).await, self.asked(&days).await, self.roles().await);

        let done = apply(&self.app, &plan).await.unwrap_or_else(|error| panic!("{error}: {whole}"));
        assert_eq!((done.people, done.open), (shown.people, shown.open_count), "{whole}");
        let after = digests(&self.app).await;
        assert_eq!(after.units, shown.registry_after, "{whole}");
        assert_eq!(self.asked(&days).await, asked, "what is asked of days before is answered as it was: {whole}");
        if self.draw.in_thousand(300) {
            rollback(&self.app, &plan, false).await.expect("taken back");
            assert_eq!(digests(&self.app).await, before, "{whole}");
            approve(&self.app, &plan, true).await.expect("an approval");
            apply(&self.app, &plan).await.expect("applied again");
            assert_eq!(digests(&self.app).await, after, "{whole}");
        }
        self.layers.push(Layer { plan: plan.clone(), effective, before: Some(before), roles });
        self.check().await;
        self.decide_some(&plan, 300).await;
        self.check().await;
        assert_eq!(self.asked(&days).await, asked, "nor does what is decided later change them: {whole}");
    }

    /// Takes one of the plans back, the last one or, where none rests on it, an earlier one.
    async fn go_back(&mut self) {
        let last = self.layers.len() - 1;
        let place = if self.draw.in_thousand(500) { last } else { self.draw.below(self.layers.len()) };
        let now = digests(&self.app).await;
        match rollback(&self.app, &self.layers[place].plan, false).await {
            Ok(_) => {
                let layer = self.layers.remove(place);
                layer.is_as_before(&self.app).await;
                for later in &mut self.layers[place..] {
                    later.comes_before(&layer);
                }
            }
            Err(ReorganizationError::LaterPlan { .. } | ReorganizationError::EditsSince { .. }) if place < last => {
                assert_eq!(digests(&self.app).await, now, "what is refused has changed nothing");
            }
            Err(error) => panic!("{}: {error}", self.layers[place].plan),
        }
        self.check().await;
    }

    /// What holds at any moment.
    async fn check(&self) {
        let (today, registry) = (self.today(), registry(&self.app).await);
        self.check_units(&registry, today);
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
        if let Some(layer) = self.layers.last() {
            for (name, roles) in self.roles().await {
                let had = &layer.roles[&name];
                assert!(roles.is_subset(had), "{name} has gained something: {roles:?} of {had:?}");
            }
        }
    }

    fn check_units(&self, registry: &Registry, today: Date) {
        let moments = self.layers.iter().flat_map(|layer| [layer.effective, layer.effective - Duration::days(1)]);
        for on in moments.chain([LONG_AGO, today, today + Duration::days(1), FAR]) {
            let mut holders: BTreeMap<(&str, &str), &UnitId> = BTreeMap::new();
            for unit in registry.units().filter(|unit| exists(unit, on)) {
                for code in registry.codes_on(unit, on) {
                    let other = holders.insert(code, &unit.id);
                    assert!(other.is_none(), "{code:?} means two units on {on}");
                }
                let above = registry.parent_on(unit, on);
                assert!(above.is_none_or(|above| exists(above, on)), "{} is under one that is gone on {on}", unit.id);
                assert_eq!(unit.kind.level() == 1, above.is_none(), "{} on {on}", unit.id);
            }
        }
    }
}

#[tokio::test]
async fn whatever_plans_come_nobody_is_lost_nothing_is_gained_and_all_of_it_goes_back() {
    for seed in 1..=seeds() {
        let mut history = History::begin(seed).await;
        let first = digests(&history.app).await;
        history.check().await;
        for _ in 0..ACTS {
            if !history.layers.is_empty() && history.draw.in_thousand(300) {
                history.go_back().await;
            } else {
                history.go_on().await;
            }
        }
        while let Some(layer) = history.layers.pop() {
            let back = rollback(&history.app, &layer.plan, false).await;
            back.unwrap_or_else(|error| panic!("seed {seed}, {}: {error}", layer.plan));
            layer.is_as_before(&history.app).await;
            history.check().await;
        }
        assert_eq!(digests(&history.app).await, first, "seed {seed}");
    }
}
