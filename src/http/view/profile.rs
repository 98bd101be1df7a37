//! Who am I here: what is known of a person, where it came from, and their posts through time.

use super::chrome::Chrome;
use super::portal::EndedUnit;
use super::position::{former_line, titled};
use crate::base::words::fill;
use crate::model::position::PositionKind;
use askama::Template;

/// Where something came from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The kind of the source, such as `file`.
    pub origin: String,
    /// The day on which it began to count, as shown.
    pub day: String,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    /// Full name.
    FullName,
    /// User name.
    Username,
    /// Date of birth.
    DateOfBirth,
    /// Personal number.
    PersonalNumber,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Number in the staff list.
    EmployeeCode,
}

/// One fact.
#[derive(Debug, Clone)]
pub struct FactLine {
    /// What it is about.
    pub kind: FactKind,
    /// What is known, as shown; none: nothing is.
    pub value: Option<String>,
    /// Where it came from; a user name comes from nowhere else.
    pub provenance: Option<Provenance>,
}

/// When a post is held, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// It is held.
    Now,
    /// It begins later.
    Later,
    /// It is over.
    Past,
}

/// One post.
#[derive(Debug, Clone)]
pub struct PostLine {
    /// The title.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name, as it was or is.
    pub unit_name: String,
    /// The kind of employment.
    pub kind: PositionKind,
    /// Whether it is the main one.
    pub primary: bool,
    /// Who handed their powers over, by name.
    pub delegated_by: Option<String>,
    /// The number of the decision; may be empty.
    pub decision_no: String,
    /// Its first day, as shown.
    pub since: String,
    /// Its last day, as shown, if it has one.
    pub until: Option<String>,
    /// When it is held.
    pub time: Time,
    /// The units that its unit succeeds, by their old names.
    pub former_units: Vec<String>,
    /// The unit's codes: scheme, and the code with the day from which it counts.
    pub codes: Vec<(String, String)>,
    /// Where it came from.
    pub provenance: Option<Provenance>,
}

impl PostLine {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }

    fn is_now(&self) -> bool {
        self.time == Time::Now
    }

    fn is_past(&self) -> bool {
        self.time == Time::Past
    }
}

/// `GET /account`
#[derive(Debug, Template)]
#[template(path = "pages/profile.html")]
pub struct ProfilePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What is known, in the order of the page.
    pub facts: Vec<FactLine>,
    /// Posts: those that are held, those to come, those that are over.
    pub posts: Vec<PostLine>,
    /// None of them is held, because this unit ended.
    pub ended: Option<EndedUnit>,
    /// How many reports of the person wait for an answer.
    pub open_reports: usize,
}

impl ProfilePage {
    fn label(&self, fact: &FactLine) -> &'static str {
        let t = self.chrome.t();
        match fact.kind {
            FactKind::FullName => &t.profile_full_name,
            FactKind::Username => &t.profile_username,
            FactKind::DateOfBirth => &t.profile_date_of_birth,
            FactKind::PersonalNumber => &t.profile_personal_number,
            FactKind::Email => &t.profile_email,
            FactKind::Phone => &t.profile_phone,
            FactKind::EmployeeCode => &t.profile_employee_code,
        }
    }

    /// Figures of equal width for what is read digit by digit.
    #[allow(clippy::unused_self, reason = "templates reach functions through a value")]
    fn is_figure(&self, fact: &FactLine) -> bool {
        match fact.kind {
            FactKind::DateOfBirth | FactKind::PersonalNumber | FactKind::Phone | FactKind::EmployeeCode => true,
            FactKind::FullName | FactKind::Username | FactKind::Email => false,
        }
    }

    fn source(&self, provenance: &Provenance) -> String {
        let t = self.chrome.t();
        let origin = match provenance.origin.as_str() {
            "file" => &t.profile_from_file,
            _ => &t.profile_from_other,
        };
        fill(&t.profile_source, &[("source", origin), ("date", &provenance.day)])
    }

    fn kind(&self, post: &PostLine) -> &'static str {
        let t = self.chrome.t();
        match post.kind {
            PositionKind::CanBo => &t.profile_kind_can_bo,
            PositionKind::CongChuc => &t.profile_kind_cong_chuc,
            PositionKind::VienChuc => &t.profile_kind_vien_chuc,
            PositionKind::NguoiLaoDong => &t.profile_kind_nguoi_lao_dong,
            PositionKind::KhongChuyenTrach => &t.profile_kind_khong_chuyen_trach,
        }
    }

    fn held_as(&self, post: &PostLine) -> &'static str {
        let t = self.chrome.t();
        if post.primary { &t.position_primary } else { &t.position_concurrent }
    }

    fn former(&self, post: &PostLine) -> String {
        former_line(&post.former_units, self.chrome.t())
    }

    fn time(&self, post: &PostLine) -> &'static str {
        let t = self.chrome.t();
        match post.time {
            Time::Now => &t.profile_now,
            Time::Later => &t.profile_later,
            Time::Past => &t.profile_past,
        }
    }

    fn span(&self, post: &PostLine) -> String {
        let t = self.chrome.t();
        match &post.until {
            Some(until) => fill(&t.portal_since_until, &[("since", &post.since), ("until", until)]),
            None => fill(&t.portal_since, &[("date", &post.since)]),
        }
    }

    fn ended(&self, unit: &EndedUnit) -> String {
        unit.line(self.chrome.t())
    }

    fn waiting(&self) -> Option<String> {
        let t = self.chrome.t();
        (self.open_reports > 0).then(|| fill(&t.profile_reports_open, &[("count", &self.open_reports.to_string())]))
    }
}
