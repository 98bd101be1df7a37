//! One plan: how it stands, what it does, and the forms of the acts.

use super::lines::{
    ClientLine, CountedAt, Counts, EntryLine, GroupRolesLine, Head, RoleLine, ScopeLine, Short, StageLine, UnitChange,
};
use super::prepared::{BesideLine, LeaningLine, PreparedCard, beside_said};
use super::{Mistake, News, Told, UnitName, changed_said, plan_address, readiness_tag, stage_name, waits_said};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, Said, SelectOption, number, percent};
use crate::service::reorganization::Readiness;
use askama::Template;

/// Something that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// What the plan does is being computed.
    Looking,
    /// It is being approved.
    Approving,
    /// It is being applied.
    Applying {
        /// People who are prepared.
        people: i64,
        /// How many are gone through; none where that is not known yet.
        all: Option<i64>,
    },
    /// It is being taken back.
    RollingBack,
}

/// What the reader may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct May {
    /// Approve what is looked at.
    pub approve: bool,
    /// They registered it: somebody else approves.
    pub is_author: bool,
    /// Apply it.
    pub apply: bool,
    /// Take it back.
    pub roll_back: bool,
    /// Withdraw it.
    pub withdraw: bool,
}

/// The filters of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// Former provinces.
    pub provinces: Vec<SelectOption>,
    /// Former districts.
    pub districts: Vec<SelectOption>,
    /// What becomes of units.
    pub fates: Vec<SelectOption>,
}

/// `GET /admin/plans/{name}`, and the answer to an act that was refused.
#[derive(Debug, Template)]
#[template(path = "pages/console_plan.html")]
pub struct PlanPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What the plan is.
    pub head: Head,
    /// Its stages, the whole plan first.
    pub stages: Vec<StageLine>,
    /// The stage that is looked at.
    pub stage: Option<String>,
    /// How that stage stands.
    pub readiness: Readiness,
    /// What it comes to.
    pub counts: Option<Counts>,
    /// Of when the figures are.
    pub counted_at: Option<CountedAt>,
    /// How far it is prepared; of a whole plan its stages too.
    pub prepared: Vec<PreparedCard>,
    /// What else is approved for the day, as of now.
    pub beside: Vec<BesideLine>,
    /// The digest of what was looked at.
    pub digest: String,
    /// What goes on.
    pub going: Option<Going>,
    /// Why nothing can be told of what it does, or what an act came to behind this page.
    pub trouble: Option<Told>,
    /// Rows that do not fit the units as they are.
    pub mistakes: Short<Mistake>,
    /// The filters of the table.
    pub filters: Filters,
    /// What becomes of units: one page of them.
    pub lines: Vec<UnitChange>,
    /// How many there are under these filters.
    pub line_count: i64,
    /// The pages of the table.
    pub pages: Pages,
    /// Where the whole table is, for paper; none where it is here.
    pub whole: Option<String>,
    /// Roles that go on with posts.
    pub roles: Short<RoleLine>,
    /// Roles of groups of units that end.
    pub groups: Short<GroupRolesLine>,
    /// Roles of administrators.
    pub scopes: Short<ScopeLine>,
    /// Clients that live on codes of before.
    pub clients: Short<ClientLine>,
    /// What was done, newest first.
    pub journal: Short<EntryLine>,
    /// What the reader may do.
    pub may: May,
    /// The reason that was typed.
    pub reason: String,
    /// Why the act was refused.
    pub problem: Option<Told>,
    /// What was just done.
    pub said: Option<Said>,
}

impl PlanPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_plans, super::HERE), Crumb::here(&self.head.title)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn sentence(&self) -> Option<String> {
        self.problem.as_ref().map(|told| told.said(&self.chrome))
    }

    fn trouble_said(&self) -> Option<String> {
        self.trouble.as_ref().map(|told| told.said(&self.chrome))
    }

    fn told(&self, mistake: &Mistake) -> String {
        mistake.told.said(&self.chrome)
    }

    fn number(&self, n: i64) -> String {
        number(&self.chrome, n)
    }

    fn tag(&self) -> (&'static str, &'static str) {
        readiness_tag(self.chrome.t(), self.readiness)
    }

    fn stage_tag(&self, line: &StageLine) -> (&'static str, &'static str) {
        readiness_tag(self.chrome.t(), line.readiness)
    }

    fn stage_name(&self, line: &StageLine) -> String {
        stage_name(self.chrome.t(), line.stage.as_deref())
    }

    fn stage_address(&self, line: &StageLine) -> String {
        plan_address(&self.head.name, "", line.stage.as_deref())
    }

    fn is_here(&self, line: &StageLine) -> bool {
        self.stage == line.stage
    }

    fn this_stage(&self) -> String {
        stage_name(self.chrome.t(), self.stage.as_deref())
    }

    fn stage_word(&self) -> &str {
        self.stage.as_deref().unwrap_or_default()
    }

    fn has_stages(&self) -> bool {
        self.stages.len() > 1
    }

    fn lead(&self) -> String {
        let head = &self.head;
        let paper = fill(&self.chrome.t().console_plans_paper, &[("number", &head.number), ("day", &head.dated)]);
        if head.issuer.is_empty() { paper } else { format!("{paper}, {}", head.issuer) }
    }

    fn since(&self) -> String {
        fill(&self.chrome.t().console_plans_since, &[("day", &self.head.effective)])
    }

    fn registered(&self) -> String {
        let values = [("author", self.head.author.as_str()), ("at", self.head.registered.as_str())];
        fill(&self.chrome.t().console_plans_registered_by, &values)
    }

    fn approved(&self, line: &StageLine) -> Option<String> {
        let (by, at) = line.approved.as_ref()?;
        Some(fill(&self.chrome.t().console_plans_approved_by, &[("by", by), ("at", at)]))
    }

    /// What is to be known of what was approved: that it fits no more, or why it did not come by itself.
    fn doubts(&self, line: &StageLine) -> Vec<String> {
        let t = self.chrome.t();
        let changed = line.changed.map(|part| changed_said(t, part));
        changed.into_iter().chain(line.waits.as_ref().map(|word| waits_said(t, word))).collect()
    }

    fn ran(&self, line: &StageLine) -> Option<String> {
        let (people, posts) = line.run?;
        let (people, posts) = (self.number(people), self.number(posts));
        Some(fill(&self.chrome.t().console_plans_ran, &[("people", &people), ("posts", &posts)]))
    }

    fn under(&self, page: &str) -> String {
        plan_address(&self.head.name, page, self.stage.as_deref())
    }

    fn form(&self, act: &str) -> String {
        plan_address(&self.head.name, act, None)
    }

    /// How far it is: what is done of all there is; nothing where nobody knows how much that is.
    fn far(&self) -> Option<(i64, i64)> {
        match self.going? {
            Going::Applying { people, all } => all.filter(|all| *all > 0).map(|all| (people.clamp(0, all), all)),
            Going::Looking | Going::Approving | Going::RollingBack => None,
        }
    }

    fn going_said(&self) -> String {
        let t = self.chrome.t();
        if let Some((people, all)) = self.far() {
            let percent = percent(&self.chrome, people, all);
            let (people, all) = (self.number(people), self.number(all));
            return fill(&t.console_plans_applying_of, &[("people", &people), ("all", &all), ("percent", &percent)]);
        }
        match self.going {
            None => String::new(),
            Some(Going::Looking) => t.console_plans_looking.clone(),
            Some(Going::Approving) => t.console_plans_approving.clone(),
            Some(Going::Applying { people, .. }) => fill(&t.console_plans_applying, &[("people", &self.number(people))]),
            Some(Going::RollingBack) => t.console_plans_rolling_back.clone(),
        }
    }

    fn counted(&self) -> Option<String> {
        self.counted_at.as_ref().map(|at| at.said(self.chrome.t()))
    }

    fn unit_address(&self, unit: &UnitName) -> String {
        plan_address(&self.head.name, &format!("/units/{}", unit.id), self.stage.as_deref())
    }

    fn news(&self, news: &News) -> String {
        news.said(self.chrome.t())
    }

    fn line_count_said(&self) -> String {
        fill(&self.chrome.t().console_plans_units_count, &[("count", &self.number(self.line_count))])
    }

    fn more(&self, more: i64) -> Option<String> {
        (more > 0).then(|| fill(&self.chrome.t().console_plans_more, &[("count", &self.number(more))]))
    }

    fn scope_said(&self, line: &ScopeLine) -> String {
        let t = self.chrome.t();
        match &line.to {
            Some(unit) => fill(&t.console_plans_scope_goes_on, &[("unit", unit)]),
            None => t.console_plans_scope_ends.clone(),
        }
    }

    fn client_said(&self, line: &ClientLine) -> &'static str {
        let t = self.chrome.t();
        match line.way.as_str() {
            "both" => &t.console_plans_both_codes,
            "identities" => &t.console_plans_old_accounts,
            "codes" => &t.console_plans_no_code,
            _ => &t.console_plans_old_code,
        }
    }

    fn entry_said(&self, line: &EntryLine) -> &'static str {
        let t = self.chrome.t();
        match line.what {
            "registered" => &t.console_plans_entry_registered,
            "withdrawn" => &t.console_plans_entry_withdrawn,
            "approved" => &t.console_plans_entry_approved,
            "staging" => &t.console_plans_entry_staging,
            "abandoned" => &t.console_plans_entry_abandoned,
            "applied" => &t.console_plans_entry_applied,
            _ => &t.console_plans_entry_undone,
        }
    }

    fn entry_stage(&self, line: &EntryLine) -> String {
        stage_name(self.chrome.t(), line.stage.as_deref())
    }

    fn decided(&self) -> Option<String> {
        let decided = self.counts?.decided?;
        Some(self.number(decided))
    }

    fn open_people(&self) -> Option<String> {
        let people = self.counts?.open_people?;
        Some(fill(&self.chrome.t().console_plans_people_count, &[("count", &self.number(people))]))
    }

    /// What else is approved for the day of what is about to be approved.
    fn warned(&self) -> Option<String> {
        (!self.beside.is_empty()).then(|| beside_said(self.chrome.t(), &self.beside))
    }

    fn leaning(&self, line: &LeaningLine) -> String {
        line.said(self.chrome.t())
    }

    fn may_anything(&self) -> bool {
        let May { approve, apply, roll_back, withdraw, .. } = self.may;
        approve || apply || roll_back || withdraw
    }

    /// Open posts that end with an approval, or an application, of what is looked at.
    fn has_open(&self) -> bool {
        self.counts.is_some_and(|counts| counts.open > 0)
    }
}
