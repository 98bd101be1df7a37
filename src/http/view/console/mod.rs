//! The pages of the console: what they all carry, and the parts that several of them are made of.
//!
//! A page of the console has a field `console` beside `chrome`, and extends `layouts/console.html`.

pub mod administrators;
pub mod approvals;
pub mod audit;
pub mod chart;
pub mod client_check;
pub mod client_findings;
pub mod client_new;
pub mod clients;
pub mod erase;
pub mod import_columns;
pub mod imports;
pub mod keys;
pub mod legacy;
pub mod merges;
pub mod nodes;
pub mod onboarding;
pub mod onboarding_runs;
pub mod overview;
pub mod parts;
pub mod people;
pub mod person;
pub mod person_forms;
pub mod person_tabs;
pub mod plan_worklist;
pub mod plans;
pub mod receipts;
pub mod reports;
pub mod reviews;
pub mod rights;
pub mod sources;
pub mod unit_codes;
pub mod unit_corrections;
pub mod unit_people;
pub mod unit_template;
pub mod units;

#[cfg(test)]
mod tests;

use super::chrome::Chrome;
use crate::base::date::shown_moment;
use crate::base::words::{Words, fill};
use crate::service::administrators::alarm::Banner;
use parts::Crumb;

/// A part of the console, as the rail lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Figures and findings.
    Overview,
    /// The directory of people.
    People,
    /// Files of people, positions, grants and decisions.
    Imports,
    /// Accounts of old systems.
    Legacy,
    /// What waits for a second person.
    Approvals,
    /// What people say is wrong about themselves.
    Reports,
    /// Letting people back in.
    Recovery,
    /// The registry.
    Units,
    /// Plans of re-organization.
    Plans,
    /// Units that begin.
    Onboarding,
    /// Who keeps their access.
    Reviews,
    /// Who can enter what, and why.
    Rights,
    /// Who administers what.
    Administrators,
    /// Systems that sign in here.
    Clients,
    /// Where accounts of old systems come from.
    Sources,
    /// The records.
    Audit,
    /// Signing keys.
    Keys,
    /// Logout receipts.
    Receipts,
    /// The processes that answer.
    Nodes,
}

/// A heading of the rail, with the sections under it.
#[derive(Debug)]
pub struct Group {
    /// What they have in common.
    pub title: &'static str,
    /// Those that this administrator may open.
    pub sections: Vec<Section>,
}

impl Section {
    /// All of them, by group.
    const GROUPS: [&'static [Self]; 3] = [
        &[Self::People, Self::Imports, Self::Legacy, Self::Reports, Self::Recovery, Self::Approvals],
        &[Self::Units, Self::Plans, Self::Onboarding, Self::Reviews, Self::Rights, Self::Administrators],
        &[Self::Overview, Self::Clients, Self::Sources, Self::Audit, Self::Keys, Self::Receipts, Self::Nodes],
    ];

    /// Where it begins.
    pub fn address(self) -> &'static str {
        match self {
            Self::Overview => "/admin",
            Self::People => "/admin/people",
            Self::Imports => "/admin/imports",
            Self::Legacy => "/admin/legacy",
            Self::Approvals => "/admin/approvals",
            Self::Reports => "/admin/reports",
            Self::Recovery => "/admin/recovery",
            Self::Units => "/admin/units",
            Self::Plans => "/admin/plans",
            Self::Onboarding => "/admin/onboarding",
            Self::Reviews => "/admin/reviews",
            Self::Rights => "/admin/rights",
            Self::Administrators => "/admin/administrators",
            Self::Clients => "/admin/clients",
            Self::Sources => "/admin/sources",
            Self::Audit => "/admin/audit",
            Self::Keys => "/admin/keys",
            Self::Receipts => "/admin/receipts",
            Self::Nodes => "/admin/nodes",
        }
    }

    /// Its symbol.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Overview => "layout-dashboard",
            Self::People => "users",
            Self::Imports => "file-import",
            Self::Legacy | Self::Approvals => "user-check",
            Self::Reports => "message-report",
            Self::Recovery => "lifebuoy",
            Self::Units => "sitemap",
            Self::Plans => "arrows-join",
            Self::Onboarding => "rocket",
            Self::Reviews => "checklist",
            Self::Rights => "shield-check",
            Self::Administrators => "user-shield",
            Self::Clients => "plug-connected",
            Self::Sources => "building",
            Self::Audit => "file-text",
            Self::Keys => "key",
            Self::Receipts => "logout",
            Self::Nodes => "server",
        }
    }

    /// Its name.
    pub fn name(self, t: &'static Words) -> &'static str {
        match self {
            Self::Overview => &t.console_overview,
            Self::People => &t.console_people,
            Self::Imports => &t.console_imports,
            Self::Legacy => &t.console_legacy,
            Self::Approvals => &t.console_approvals,
            Self::Reports => &t.console_reports,
            Self::Recovery => &t.console_recovery,
            Self::Units => &t.console_units,
            Self::Plans => &t.console_plans,
            Self::Onboarding => &t.console_onboarding,
            Self::Reviews => &t.console_reviews,
            Self::Rights => &t.console_rights,
            Self::Administrators => &t.console_administrators,
            Self::Clients => &t.console_clients,
            Self::Sources => &t.console_sources,
            Self::Audit => &t.console_audit,
            Self::Keys => &t.console_keys,
            Self::Receipts => &t.console_receipts,
            Self::Nodes => &t.console_nodes,
        }
    }
}

/// What every page of the console carries beside the chrome.
#[derive(Debug, Clone)]
pub struct Console {
    /// Where the reader is.
    pub section: Section,
    /// Who the reader is.
    pub name: String,
    /// What they look after, such as a unit's name; empty for the whole city.
    pub scope: String,
    /// The sections that they may open.
    pub open: Vec<Section>,
    /// What is said above every page about the account for the worst day.
    pub alarm: Option<Banner>,
}

impl Console {
    /// The rail.
    pub fn groups(&self, chrome: &Chrome) -> Vec<Group> {
        let t = chrome.t();
        let titles: [&'static str; 3] = [&t.console_group_people, &t.console_group_organisation, &t.console_group_system];
        let all = titles.into_iter().zip(Section::GROUPS);
        let kept = all.map(|(title, sections)| Group {
            title,
            sections: sections.iter().copied().filter(|section| self.open.contains(section)).collect(),
        });
        kept.filter(|group| !group.sections.is_empty()).collect()
    }

    /// That the account for the worst day is in use.
    pub fn alarm_line(&self, chrome: &Chrome) -> Option<String> {
        let t = chrome.t();
        self.alarm.as_ref().map(|alarm| match alarm {
            Banner::Own => t.console_alarm_own.clone(),
            Banner::Used { username, at, count } => {
                let (count, at) = (count.to_string(), shown_moment(*at));
                fill(&t.console_alarm_used, &[("account", username), ("count", &count), ("at", &at)])
            }
        })
    }

    /// What the reader looks after.
    pub fn scope_line(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        fill(&t.console_scope, &[("scope", if self.scope.is_empty() { &t.console_whole_city } else { &self.scope })])
    }

    /// The whole way to a page: it begins at the console's own first page, whether the page says so or not.
    #[allow(clippy::unused_self, reason = "templates reach functions through a value")]
    pub fn trail(&self, chrome: &Chrome, crumbs: Vec<Crumb>) -> Vec<Crumb> {
        let first = Crumb::to(&chrome.t().console_root, Section::Overview.address());
        let rest = crumbs.into_iter().filter(|crumb| crumb.address != Section::Overview.address());
        std::iter::once(first).chain(rest).collect()
    }

    /// Whether the reader is in a section.
    pub fn is_in(&self, section: &Section) -> bool {
        self.section == *section
    }
}
