//! What a merge would move and what stays, in words.

use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::words::{Words, fill};
use crate::http::admin::Desk;
use crate::http::admin::names::unit_name;
use crate::http::extract::visit::Visit;
use crate::http::view::console::merges::{Chosen, Compared, Restored, Things, fact_said, later_said, refusal_said, role_stays};
use crate::http::view::console::parts::address;
use crate::model::methods::Methods;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::legacy::merge::{Back, Becomes, Plan, PlannedAccount, PlannedRole, RoleFate, Shown, SubjectFate};
use crate::service::people::edit::last_digits;
use time::Date;

/// A full name with its user name; what is not known any more has an id alone.
pub(super) fn named((full_name, username): &(String, String)) -> String {
    if username.is_empty() { full_name.clone() } else { format!("{full_name} ({username})") }
}

/// The same of somebody.
pub(super) fn named_person(person: &Person) -> String {
    format!("{} ({})", person.full_name, person.username)
}

/// The other one beside whoever is kept.
pub(super) fn chosen(visit: &Visit, desk: &Desk, plan: &Plan) -> Chosen {
    let t = visit.chrome().t();
    let (kept, merged) = (&plan.kept.person, &plan.merged.person);
    let swapped = address(&format!("/admin/people/{}/merge", merged.id), &[("other", kept.id.as_str())]);
    Chosen {
        id: merged.id.0.clone(),
        full_name: merged.full_name.clone(),
        username: merged.username.clone(),
        seen: plan.digest.clone(),
        refusal: plan.refusal.map(|refusal| refusal_said(t, refusal)),
        lines: lines(visit, desk, plan),
        moves: moves(t, desk, plan),
        stays: stays(t, desk, plan),
        swapped,
    }
}

fn lines(visit: &Visit, desk: &Desk, plan: &Plan) -> Vec<Compared> {
    let t = visit.chrome().t();
    let today = vietnam_date(visit.app.services.clock.now());
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    vec![
        compared(plan, &t.profile_full_name, &|side| side.person.full_name.clone(), true),
        compared(plan, &t.profile_username, &|side| side.person.username.clone(), false),
        compared(plan, &t.profile_date_of_birth, &|side| side.person.date_of_birth.map(shown).unwrap_or_default(), true),
        compared(plan, &t.profile_personal_number, &|side| text(side.number.as_ref()), true),
        compared(plan, &t.profile_employee_code, &|side| text(side.person.employee_code.as_ref()), true),
        compared(plan, &t.profile_email, &|side| text(side.person.email.as_ref()), true),
        compared(plan, &t.profile_phone, &|side| side.person.phone.as_deref().map(last_digits).unwrap_or_default(), true),
        compared(plan, &t.console_merge_post, &|side| posts(desk, &side.person, today), false),
        compared(plan, &t.account_methods, &|side| methods(t, side.methods), false),
        compared(plan, &t.console_merge_last, &|side| side.last_signed_in_at.map(shown_moment).unwrap_or_default(), false),
        compared(plan, &t.console_merge_disabled, &|side| disabled(&side.person), false),
        compared(plan, &t.console_merge_accounts, &|side| side.accounts.to_string(), false),
    ]
}

/// One thing of both; where it counts, it is marked when they are known and differ.
fn compared(plan: &Plan, label: &'static str, of: &dyn Fn(&Shown) -> String, counts: bool) -> Compared {
    let (kept, merged) = (of(&plan.kept), of(&plan.merged));
    let differs = counts && !kept.is_empty() && !merged.is_empty() && kept != merged;
    Compared { label, kept, merged, differs }
}

fn posts(desk: &Desk, person: &Person, today: Date) -> String {
    let held = person.positions_on(today);
    held.into_iter().map(|position| post(desk, position)).collect::<Vec<_>>().join("; ")
}

fn post(desk: &Desk, position: &Position) -> String {
    let unit = unit_name(desk, &position.unit);
    if unit.is_empty() { position.title.clone() } else { format!("{}, {unit}", position.title) }
}

/// A post with its days.
fn post_dated(desk: &Desk, position: &Position) -> String {
    let last = position.valid_to.map_or_else(|| "…".to_owned(), shown);
    format!("{} ({} - {last})", post(desk, position), shown(position.valid_from))
}

fn disabled(person: &Person) -> String {
    person.disabled_at.map(|at| shown(vietnam_date(at))).unwrap_or_default()
}

fn methods(t: &'static Words, methods: Methods) -> String {
    let kinds = [
        (methods.password_set_at.is_some(), &t.account_password),
        (methods.passkeys > 0, &t.account_passkeys),
        (methods.totp, &t.account_app),
        (methods.recovery_codes > 0, &t.account_codes),
    ];
    kinds.into_iter().filter(|(there, _)| *there).map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Lists that have something in them.
fn filled(all: Vec<Things>) -> Vec<Things> {
    all.into_iter().filter(|things| !things.items.is_empty()).collect()
}

fn moves(t: &'static Words, desk: &Desk, plan: &Plan) -> Vec<Things> {
    let account = |account: &PlannedAccount| {
        let name = format!("{}/{} {}", account.source, account.legacy_id, account.username);
        if account.retires { fill(&t.console_merge_account_retires, &[("account", &name)]) } else { name }
    };
    let copied = plan.positions.iter().filter_map(|planned| match &planned.becomes {
        Becomes::Copied(position) => Some(post_dated(desk, position)),
        Becomes::Same(_) => None,
    });
    let given = plan.roles.iter().filter(|role| role.fate == RoleFate::Given);
    filled(vec![
        Things { title: &t.console_merge_facts, items: plan.filled.iter().map(|fact| fact_said(t, *fact).to_owned()).collect() },
        Things { title: &t.console_merge_accounts, items: plan.accounts.iter().map(account).collect() },
        Things { title: &t.console_merge_positions, items: copied.collect() },
        Things {
            title: &t.console_merge_roles,
            items: given.map(|role| format!("{}: {}", role.client_name, role.role)).collect(),
        },
        Things { title: &t.console_merge_subjects, items: sectors(plan, SubjectFate::Moved) },
    ])
}

fn sectors(plan: &Plan, wanted: SubjectFate) -> Vec<String> {
    plan.subjects.iter().filter(|(_, fate)| *fate == wanted).map(|(sector, _)| sector.clone()).collect()
}

fn stays(t: &'static Words, desk: &Desk, plan: &Plan) -> Vec<Things> {
    let same = plan.positions.iter().filter_map(|planned| match &planned.becomes {
        Becomes::Copied(_) => None,
        Becomes::Same(_) => Some(post_dated(desk, &planned.position)),
    });
    let role = |planned: &PlannedRole| {
        role_stays(t, planned.fate).map(|why| format!("{}: {} ({why})", planned.client_name, planned.role))
    };
    let ways = methods(t, plan.merged.methods);
    let administers = plan.merged.administers.then(|| t.console_merge_admin_roles.clone());
    filled(vec![
        Things { title: &t.account_methods, items: Some(ways).filter(|ways| !ways.is_empty()).into_iter().collect() },
        Things { title: &t.console_merge_positions_same, items: same.collect() },
        Things { title: &t.console_merge_roles, items: plan.roles.iter().filter_map(role).collect() },
        Things { title: &t.console_merge_subjects, items: sectors(plan, SubjectFate::Stays) },
        Things { title: &t.console_administrators, items: administers.into_iter().collect() },
    ])
}

/// How much goes back, what goes and what stays, in words.
pub(super) fn undone(t: &'static Words, back: &Back) -> Restored {
    let counts = [
        (&t.console_merge_accounts, back.accounts),
        (&t.console_merge_positions, back.positions),
        (&t.console_merge_roles, back.roles),
        (&t.console_merge_subjects, back.subjects),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let said = |is_taken: bool| -> Vec<String> {
        let some = back.later.iter().filter(|later| later.is_taken() == is_taken);
        some.map(|later| later_said(t, later)).collect()
    };
    Restored {
        counts: counts.map(|(name, count)| format!("{name}: {count}")).collect(),
        is_used: back.is_used,
        taken: said(true),
        stays: said(false),
    }
}
