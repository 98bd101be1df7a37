//! The addresses of the console, in one table. Each of them has a row in the test that says who may open it.

use super::{
    administrators, approvals, audit, clients, imports, keys, legacy, merges, nodes, onboarding, overview, people, plan_worklist,
    plans, receipts, recovery, reports, reviews, rights, sources, units,
};
use crate::http::App;
use axum::Router;
use axum::routing::MethodRouter;

macro_rules! console {
    ($($path:literal: $($method:ident $handler:path),+;)*) => {
        /// Every method and address of the console.
        pub const ROUTES: &[(&str, &str)] = &[$($((stringify!($method), $path)),+),*];

        /// The console's part of the table of addresses.
        pub fn routes() -> Router<App> {
            Router::new()$(.route($path, MethodRouter::new()$(.$method($handler))+))*
        }
    };
}

console! {
    "/admin": get overview::get;
    "/admin/administrators": get administrators::get;
    "/admin/administrators/export": get administrators::export::get;
    "/admin/administrators/new": get administrators::new::get, post administrators::new::post;
    "/admin/administrators/{id}": get administrators::one::get, post administrators::one::post;
    "/admin/approvals": get approvals::list::get;
    "/admin/approvals/export": get approvals::export::get;
    "/admin/approvals/{id}": get approvals::one::get, post approvals::one::post;
    "/admin/audit": get audit::list::get;
    "/admin/audit/export": get audit::export::get;
    "/admin/audit/{id}": get audit::one::get;
    "/admin/clients": get clients::list::get;
    "/admin/clients/export": get clients::export::get;
    "/admin/clients/new": get clients::new::get, post clients::new::post;
    "/admin/clients/{id}": get clients::one::get;
    "/admin/clients/{id}/check": get clients::check::get, post clients::check::post;
    "/admin/clients/{id}/check/callback": get clients::check::callback;
    "/admin/clients/{id}/edit": get clients::edit::get, post clients::edit::post;
    "/admin/clients/{id}/secret": get clients::secret::get, post clients::secret::post;
    "/admin/clients/{id}/settings": get clients::snippets::get;
    "/admin/clients/{id}/status": post clients::one::post;
    "/admin/imports": get imports::list::get, post imports::list::post;
    "/admin/imports/templates/{name}": get imports::lists::template;
    "/admin/imports/{id}": get imports::one::get, post imports::one::post;
    "/admin/imports/{id}/undo": get imports::undo::get;
    "/admin/imports/{id}/{list}": get imports::lists::rows;
    "/admin/keys": get keys::get, post keys::post;
    "/admin/merges": get merges::list::get;
    "/admin/legacy": get legacy::list::get;
    "/admin/legacy/accounts/{id}": get legacy::account::get, post legacy::account::post;
    "/admin/legacy/batch": post legacy::batch::post;
    "/admin/legacy/import": get legacy::import::get, post legacy::import::post;
    "/admin/legacy/import/{id}": get legacy::file::get, post legacy::file::post;
    "/admin/legacy/sayings": get legacy::sayings::list;
    "/admin/legacy/sayings/{id}": get legacy::sayings::get, post legacy::sayings::post;
    "/admin/nodes": get nodes::get;
    "/admin/onboarding": get onboarding::readiness::get;
    "/admin/onboarding/export": get onboarding::readiness::export;
    "/admin/onboarding/new": get onboarding::start::get, post onboarding::start::post;
    "/admin/onboarding/runs/{id}": get onboarding::run::get, post onboarding::run::post;
    "/admin/onboarding/runs/{id}/{unit}": get onboarding::run_unit::get;
    "/admin/onboarding/template": get onboarding::template::get, post onboarding::template::post;
    "/admin/people": get people::list::get;
    "/admin/people/bulk": post people::bulk::post;
    "/admin/people/bulk/{id}": get people::bulk::get, post people::bulk::step;
    "/admin/people/export": get people::export::get;
    "/admin/people/new": get people::add::get, post people::add::post;
    "/admin/people/views": post people::views::post;
    "/admin/people/{id}": get people::person::get;
    "/admin/people/{id}/delegations": post people::delegations::post;
    "/admin/people/{id}/edit": get people::edit::get, post people::edit::post;
    "/admin/people/{id}/erase": get people::erase::get, post people::erase::post;
    "/admin/people/{id}/history": get people::history::get;
    "/admin/people/{id}/merge": get merges::one::get, post merges::one::post;
    "/admin/people/{id}/number": get people::number::get, post people::number::post;
    "/admin/people/{id}/positions": get people::positions::get, post people::positions::post;
    "/admin/people/{id}/positions/{position}": get people::positions::get_one, post people::positions::post_one;
    "/admin/people/{id}/roles": get people::roles_tab::get;
    "/admin/people/{id}/sessions": get people::sessions::get, post people::sessions::post;
    "/admin/people/{id}/status": get people::status::get, post people::status::post;
    "/admin/people/{id}/unmerge": get merges::undo::get, post merges::undo::post;
    "/admin/plans": get plans::list::get, post plans::list::post;
    "/admin/plans/{name}": get plans::one::get;
    "/admin/plans/{name}/approve": post plans::acts::approve;
    "/admin/plans/{name}/apply": post plans::acts::apply;
    "/admin/plans/{name}/person": get plans::person::get;
    "/admin/plans/{name}/rollback": get plans::since::get, post plans::acts::rollback;
    "/admin/plans/{name}/units/{unit}": get plans::unit::get;
    "/admin/plans/{name}/withdraw": post plans::acts::withdraw;
    "/admin/receipts": get receipts::get, post receipts::post;
    "/admin/receipts/export": get receipts::export::get;
    "/admin/recovery": get recovery::get, post recovery::post;
    "/admin/reports": get reports::list::get;
    "/admin/reports/export": get reports::export::get;
    "/admin/reports/{id}": get reports::one::get, post reports::one::post;
    "/admin/reviews": get reviews::list::get, post reviews::list::post;
    "/admin/reviews/{round}": get reviews::round::get;
    "/admin/reviews/{round}/export.csv": get reviews::export::get;
    "/admin/reviews/{round}/{unit}": get reviews::unit::get, post reviews::unit::post;
    "/admin/rights": get rights::index::get;
    "/admin/rights/clients/{id}": get rights::client::get, post rights::client::post;
    "/admin/rights/expiring": get rights::lists::expiring;
    "/admin/rights/export.csv": get rights::export::get;
    "/admin/rights/groups": get rights::groups::list::get;
    "/admin/rights/groups/new": get rights::groups::add::get, post rights::groups::add::post;
    "/admin/rights/groups/{id}": get rights::groups::one::get, post rights::groups::one::post;
    "/admin/rights/groups/{id}/people": get rights::groups::people::get;
    "/admin/rights/people/{id}": get rights::person::get, post rights::person::post;
    "/admin/rights/unused": get rights::lists::unused;
    "/admin/sources": get sources::list::get;
    "/admin/sources/new": get sources::form::get_new, post sources::form::post_new;
    "/admin/sources/{id}": get sources::one::get;
    "/admin/sources/{id}/edit": get sources::form::get_edit, post sources::form::post_edit;
    "/admin/sources/{id}/removal": get sources::removal::get, post sources::removal::post;
    "/admin/sources/{id}/status": post sources::one::post;
    "/admin/units": get units::list::get;
    "/admin/units/codes": get units::codes::get, post units::codes::post;
    "/admin/units/codes/sheet": get units::codes::sheet;
    "/admin/units/codes/{id}": get units::codes::one, post units::codes::act;
    "/admin/units/export": get units::list::export;
    "/admin/units/{id}": get units::unit::get;
    "/admin/units/{id}/people": get units::people::get;
    "/admin/plans/{name}/rules": get plan_worklist::rules::get, post plan_worklist::rules::post;
    "/admin/plans/{name}/rules/seats": post plan_worklist::seats::post;
    "/admin/plans/{name}/worklist": get plan_worklist::list::get, post plan_worklist::list::post;
    "/admin/plans/{name}/worklist/decided": get plan_worklist::decided::get, post plan_worklist::decided::post;
    "/admin/plans/{name}/worklist/export": get plan_worklist::export::get;
    "/admin/plans/{name}/worklist/sheet": post plan_worklist::sheet::post;
}
