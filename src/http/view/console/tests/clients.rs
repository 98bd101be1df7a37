//! Systems that sign in here: the list, one of them, the forms about it, what came of a check.

use super::{HOSTILE, Row, bare, chrome, full, moment, typed};
use crate::base::clock::Millis;
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::client_check::ClientCheck;
use crate::http::view::console::client_new::{ClientNew, ClientSnippets};
use crate::http::view::console::clients::{
    ClientDone, ClientEdit, ClientLine, ClientPage, ClientRotate, ClientSecret, ClientsPage, FormField, FormProblem, SecretLine,
    Shape, field_words, wrong_said,
};
use crate::model::client::ClientType;
use crate::service::clients::draft::{Draft, Part, Step};
use crate::service::clients::fields::{Field, Wrong};
use crate::service::clients::findings::{Before, Finding};
use crate::service::clients::snippets::{Framework, Misfit};
use crate::service::selfcheck::{Grade, Mistake, Report, Stage, Step as Checked};
use serde_json::{Map, Value, json};
use time::Date;
use time::macros::date;

const LAST: Date = date!(2026 - 12 - 31);
const KINDS: [ClientType; 4] = [ClientType::Web, ClientType::Spa, ClientType::Native, ClientType::Service];

fn line(kind: ClientType, on: bool) -> ClientLine {
    let host = if on { typed() } else { String::new() };
    ClientLine { id: "tthc".to_owned(), name: typed(), kind, host, third_party: on, disabled: !on, told: on }
}

fn findings() -> Vec<Finding> {
    vec![
        Finding::Disabled,
        Finding::Refused(typed()),
        Finding::NoSecret,
        Finding::Overlap(Millis(1_795_309_200_000)),
        Finding::RolesUnasked,
        Finding::NoRoles,
        Finding::UnknownScheme(typed()),
        Finding::NoLogout,
        Finding::NoPostLogout,
        Finding::NoHome,
        Finding::Loopback(typed()),
        Finding::OwnAddress(typed()),
        Finding::PkceOff,
        Finding::Implicit,
        Finding::NoContacts,
        Finding::Ending(Before::Subjects, LAST),
        Finding::Ending(Before::Units, LAST),
        Finding::Ending(Before::Source(typed()), LAST),
        Finding::Ended(Before::Subjects, LAST),
        Finding::Ended(Before::Units, LAST),
        Finding::Ended(Before::Source(typed()), LAST),
    ]
}

fn list(locale: Locale) -> ClientsPage {
    let lines = KINDS.into_iter().flat_map(|kind| [line(kind, true), line(kind, false)]).collect();
    ClientsPage { chrome: chrome(locale), console: full(Section::Clients), typed: typed(), lines, may_add: true }
}

fn one(locale: Locale, done: Option<ClientDone>, reason_missing: bool) -> ClientPage {
    let secret = |ends| SecretLine { made: moment(), ends };
    ClientPage {
        chrome: chrome(locale),
        console: full(Section::Clients),
        line: line(ClientType::Web, true),
        facts: vec![("client_id", typed()), ("redirect_uris", typed())],
        findings: findings(),
        secrets: Some(vec![secret(None), secret(Some(moment()))]),
        may_edit: true,
        may_switch: true,
        done,
        reason_missing,
    }
}

fn unknown(locale: Locale, secrets: Option<Vec<SecretLine>>) -> ClientPage {
    ClientPage {
        console: bare(Section::Clients),
        line: line(ClientType::Spa, false),
        facts: Vec::new(),
        findings: Vec::new(),
        secrets,
        may_edit: false,
        may_switch: false,
        ..one(locale, None, false)
    }
}

const WRONGS: usize = 8;

fn wrong(place: usize) -> Wrong {
    let all: [Wrong; WRONGS] = [
        Wrong::Empty,
        Wrong::TooLong,
        Wrong::Address(typed()),
        Wrong::Id,
        Wrong::Taken,
        Wrong::Choice,
        Wrong::Keys,
        Wrong::Refused(typed()),
    ];
    all[place % WRONGS].clone()
}

fn edit(locale: Locale, problem: Option<FormProblem>) -> ClientEdit {
    let chrome = chrome(locale);
    let t = chrome.t();
    let field = |(place, field): (usize, Field)| {
        let (label, hint) = field_words(t, field);
        let shape = [Shape::Line, Shape::Lines, Shape::Tick][place % 3];
        let problem = (shape != Shape::Tick).then(|| wrong_said(t, &wrong(place)));
        FormField { name: field.word(), label, hint: hint.to_owned(), value: typed(), shape, problem }
    };
    let fields = Field::ALL.into_iter().enumerate().map(field).collect();
    let (console, id, name) = (full(Section::Clients), "tthc".to_owned(), typed());
    ClientEdit { chrome, console, id, name, version: 3, fields, own: true, problem }
}

fn plain_edit(locale: Locale) -> ClientEdit {
    let mut page = ClientEdit { console: bare(Section::Clients), own: false, ..edit(locale, None) };
    for field in &mut page.fields {
        field.problem = None;
        field.value = String::new();
    }
    page
}

fn rotate(locale: Locale, usual: i64) -> ClientRotate {
    let (console, id, name) = (full(Section::Clients), "tthc".to_owned(), typed());
    ClientRotate { chrome: chrome(locale), console, id, name, hours: [0, 1, 24, 72, 168], usual }
}

fn secret(locale: Locale, secret: Option<&str>, added: bool) -> ClientSecret {
    ClientSecret {
        chrome: chrome(locale),
        console: full(Section::Clients),
        id: "tthc".to_owned(),
        name: typed(),
        secret: secret.map(str::to_owned),
        added,
        framework: Framework::Spring.word(),
    }
}

fn draft(kind: ClientType, framework: Framework) -> Draft {
    Draft {
        kind,
        framework,
        id: typed(),
        name: typed(),
        description: typed(),
        home: typed(),
        redirect_uris: typed(),
        post_logout: typed(),
        backchannel: typed(),
        contacts: typed(),
        scopes: ["openid", "profile", "roles", "unit", HOSTILE].map(str::to_owned).to_vec(),
        roles: typed(),
        third_party: true,
        two_factors: true,
    }
}

fn new(locale: Locale, step: Step, draft: Draft, is_wrong: bool) -> ClientNew {
    let parts = [
        Part::Id,
        Part::Name,
        Part::Description,
        Part::Home,
        Part::RedirectUris,
        Part::PostLogout,
        Part::Backchannel,
        Part::Contacts,
        Part::Roles,
    ];
    let wrongs = parts.into_iter().enumerate().filter(|_| is_wrong).map(|(place, part)| (part, wrong(place))).collect();
    let refused = (is_wrong && step == Step::Summary).then(typed);
    ClientNew { chrome: chrome(locale), console: full(Section::Clients), step, draft, wrongs, refused }
}

fn snippets(locale: Locale, framework: Framework, misfits: Vec<Misfit>) -> ClientSnippets {
    ClientSnippets {
        chrome: chrome(locale),
        console: full(Section::Clients),
        id: "tthc".to_owned(),
        name: typed(),
        framework,
        text: typed(),
        misfits,
    }
}

fn checked(stage: Stage, grade: Grade, mistakes: Vec<Mistake>) -> Checked {
    Checked { stage, grade, facts: vec![(typed(), typed())], mistakes }
}

fn report() -> Report {
    let redeemed = vec![Mistake::NotRedeemed(typed()), Mistake::FewerScopes(typed()), Mistake::NoIdToken];
    let token =
        vec![Mistake::WrongSignature, Mistake::OtherAlgorithm(typed()), Mistake::WrongClaim(typed()), Mistake::OtherSignOn];
    let userinfo = ["roles", "unit", HOSTILE].map(|scope| Mistake::NoValue { scope: scope.to_owned() });
    let userinfo = [&userinfo[..], &[Mistake::NoUserinfo(typed()), Mistake::OtherSubject]].concat();
    let refused = vec![Mistake::Refused { error: typed(), description: typed() }, Mistake::NoCode];
    let steps = vec![
        checked(Stage::Request, Grade::Fine, Vec::new()),
        checked(Stage::Answer, Grade::Wrong, refused),
        checked(Stage::Redemption, Grade::Doubtful, redeemed),
        checked(Stage::IdToken, Grade::Wrong, token),
        checked(Stage::Userinfo, Grade::Wrong, userinfo),
        checked(Stage::Withdrawal, Grade::Skipped, vec![Mistake::NotWithdrawn, Mistake::UnreadableAnswer, Mistake::OtherIssuer]),
    ];
    let claim = |name: &str, value: Value| (name.to_owned(), value);
    let id_token: Map<String, Value> = [claim("sub", json!(HOSTILE)), claim("nonce", json!("n"))].into_iter().collect();
    let userinfo: Map<String, Value> =
        [claim("sub", json!(HOSTILE)), claim("roles", json!([HOSTILE])), claim(HOSTILE, json!(true))].into_iter().collect();
    Report { at: Millis(1_795_309_200_000), steps, id_token, userinfo }
}

fn check(locale: Locale, report: Option<Report>) -> ClientCheck {
    ClientCheck {
        chrome: chrome(locale),
        console: full(Section::Clients),
        id: "tthc".to_owned(),
        name: typed(),
        findings: findings(),
        can_run: true,
        may_run: true,
        report,
        gone: true,
    }
}

fn unchecked(locale: Locale, can_run: bool) -> ClientCheck {
    let console = bare(Section::Clients);
    ClientCheck { console, findings: Vec::new(), can_run, may_run: false, gone: false, ..check(locale, None) }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let nothing = ClientsPage { console: bare(Section::Clients), lines: Vec::new(), may_add: false, ..list(locale) };
    let fine = Report { steps: vec![checked(Stage::Request, Grade::Fine, Vec::new())], ..report() };
    let mut pages = vec![
        ("admin-clients", list(locale).render_page()),
        ("admin-clients", nothing.render_page()),
        ("admin-client", one(locale, None, true).render_page()),
        ("admin-client", unknown(locale, None).render_page()),
        ("admin-client", unknown(locale, Some(Vec::new())).render_page()),
        ("admin-client-edit", plain_edit(locale).render_page()),
        ("admin-client-rotate", rotate(locale, 24).render_page()),
        ("admin-client-rotate", rotate(locale, 0).render_page()),
        ("admin-client-secret", secret(locale, Some(HOSTILE), true).render_page()),
        ("admin-client-secret", secret(locale, None, true).render_page()),
        ("admin-client-secret", secret(locale, Some(HOSTILE), false).render_page()),
        ("admin-client-check", check(locale, Some(report())).render_page()),
        ("admin-client-check", check(locale, Some(fine)).render_page()),
        ("admin-client-check", unchecked(locale, true).render_page()),
        ("admin-client-check", unchecked(locale, false).render_page()),
    ];
    for done in [ClientDone::Saved, ClientDone::SwitchedOff, ClientDone::SwitchedOn, ClientDone::OverlapEnded] {
        pages.push(("admin-client", one(locale, Some(done), false).render_page()));
    }
    for problem in [FormProblem::Refused(typed()), FormProblem::Stale, FormProblem::OtherSubjects] {
        pages.push(("admin-client-edit", edit(locale, Some(problem)).render_page()));
    }
    for step in Step::ALL {
        pages.push(("admin-client-new", new(locale, step, Draft::default(), false).render_page()));
        pages.push(("admin-client-new", new(locale, step, draft(ClientType::Web, Framework::Spring), true).render_page()));
        for kind in KINDS {
            pages.push(("admin-client-new", new(locale, step, draft(kind, Framework::Other), false).render_page()));
        }
    }
    for framework in Framework::ALL {
        let misfits = vec![Misfit::NoSecret, Misfit::SecretInHeader, Misfit::Algorithm, Misfit::SignedOut];
        pages.push(("admin-client-settings", snippets(locale, framework, misfits).render_page()));
    }
    pages.push(("admin-client-settings", snippets(locale, Framework::Other, Vec::new()).render_page()));
    pages
}
