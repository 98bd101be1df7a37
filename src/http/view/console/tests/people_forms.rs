//! The forms about one person.

use super::people::{bare_head, head};
use super::{HOSTILE, Row, bare, chrome, day, full, options, typed};
use crate::base::locale::Locale;
use crate::base::words::Words;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::erase::{ErasePage, EraseProblem};
use crate::http::view::console::person::field_name;
use crate::http::view::console::person_forms::{
    ChangePosition, Input, Mistake, NewPerson, NewPosition, PersonEdit, PersonNumber, PersonStatus, PositionFields, Second,
    mistakes, place,
};
use crate::service::people::told::{Field, Problem, Why};

const FACTS: [Field; 5] = [Field::FullName, Field::DateOfBirth, Field::Email, Field::Phone, Field::EmployeeCode];
const OF_A_POST: [Field; 5] = [Field::Title, Field::Department, Field::DecisionNo, Field::ValidFrom, Field::ValidTo];
const CHOICES: [Field; 3] = [Field::Unit, Field::Kind, Field::Primary];

/// Why a field may not be taken.
const WHYS: [Why; 23] = [
    Why::Missing,
    Why::TooLong(200),
    Why::Control,
    Why::NotADate,
    Why::Impossible,
    Why::NotAnAddress,
    Why::NotAPhone,
    Why::NotANumber,
    Why::NumberTaken,
    Why::NameLength,
    Why::NameCharacters,
    Why::NameTaken,
    Why::UnknownUnit,
    Why::OutsideUnit,
    Why::UnitNotThere,
    Why::UnknownKind,
    Why::Order,
    Why::SecondMain,
    Why::Held,
    Why::NotAlone,
    Why::EndedAbove,
    Why::BreakGlass,
    Why::LastOfSystem,
];

fn inputs(t: &'static Words, fields: &[Field], value: &str) -> Vec<Input> {
    let input = |field: &Field| Input::text(field.word(), field_name(t, *field), value.to_owned());
    let hinted = |(place, input): (usize, Input)| {
        if place == 0 { input.hinted("Họ, chữ đệm và tên").of_kind("text") } else { input }
    };
    fields.iter().map(input).enumerate().map(hinted).collect()
}

/// Something is wrong with each of these fields, all for the same reason.
fn wrong(t: &'static Words, fields: &[Field], why: Why) -> Vec<Mistake> {
    let problems: Vec<Problem> = fields.iter().map(|field| Problem { field: *field, why }).collect();
    mistakes(t, &problems)
}

fn second() -> Second {
    Second {
        by: vec![typed(), typed()],
        changed: vec![(typed(), typed(), typed()), (typed(), String::new(), typed())],
        positions: Some(typed()),
    }
}

fn fields(t: &'static Words, value: &str) -> PositionFields {
    PositionFields { units: options(), kinds: options(), primary: true, inputs: inputs(t, &OF_A_POST, value) }
}

fn edit(locale: Locale, why: Why) -> PersonEdit {
    let chrome = chrome(locale);
    let all = [&FACTS[..], &[Field::Reason]].concat();
    let (mut inputs, mistakes) = (inputs(chrome.t(), &all, HOSTILE), wrong(chrome.t(), &all, why));
    place(&mut inputs, &mistakes);
    let has = "full_name email".to_owned();
    PersonEdit {
        chrome,
        console: full(Section::People),
        head: head(false),
        seen: 7,
        has,
        inputs,
        mistakes,
        second: Some(second()),
    }
}

fn new_position(locale: Locale, why: Why) -> NewPosition {
    let chrome = chrome(locale);
    let t = chrome.t();
    let mistakes = wrong(t, &[&OF_A_POST[..], &CHOICES, &[Field::Reason]].concat(), why);
    let (mut fields, mut inputs) = (fields(t, HOSTILE), inputs(t, &[Field::Reason], HOSTILE));
    place(&mut fields.inputs, &mistakes);
    place(&mut inputs, &mistakes);
    NewPosition {
        chrome,
        console: full(Section::People),
        head: head(false),
        seen: 7,
        fields,
        inputs,
        mistakes,
        second: Some(second()),
    }
}

fn change_position(locale: Locale, why: Why) -> ChangePosition {
    let chrome = chrome(locale);
    let t = chrome.t();
    let own = [Field::DecisionNo, Field::ValidTo, Field::Reason];
    let mistakes = wrong(t, &[&own[..], &[Field::Kind, Field::Primary]].concat(), why);
    let mut inputs = inputs(t, &own, HOSTILE);
    place(&mut inputs, &mistakes);
    let ending = vec![
        Input::text("last_day", &t.console_person_last_day, typed()).hinted(&t.console_person_date_hint),
        Input::text("decision", &t.console_person_end_decision, typed()),
    ];
    ChangePosition {
        chrome,
        console: full(Section::People),
        head: head(false),
        id: "s1".to_owned(),
        post: typed(),
        place: typed(),
        days: typed(),
        seen: 7,
        ending,
        kinds: options(),
        primary: true,
        inputs,
        mistakes,
        second: Some(second()),
    }
}

fn new_person(locale: Locale, why: Why) -> NewPerson {
    let chrome = chrome(locale);
    let t = chrome.t();
    let who = [&[Field::Username, Field::PersonalNumber][..], &FACTS].concat();
    let mistakes = wrong(t, &[&who[..], &OF_A_POST, &CHOICES, &[Field::Reason]].concat(), why);
    let (mut inputs, mut reasons) = (inputs(t, &who, HOSTILE), inputs(t, &[Field::Reason], HOSTILE));
    let mut fields = fields(t, HOSTILE);
    for some in [&mut inputs, &mut fields.inputs, &mut reasons] {
        place(some, &mistakes);
    }
    NewPerson { chrome, console: full(Section::People), inputs, fields, reasons, mistakes }
}

fn status(locale: Locale, disabled: bool, why: Option<Why>) -> PersonStatus {
    let chrome = chrome(locale);
    let mistakes = why.map(|why| wrong(chrome.t(), &[Field::Reason], why)).unwrap_or_default();
    let mut inputs = inputs(chrome.t(), &[Field::Reason], HOSTILE);
    place(&mut inputs, &mistakes);
    PersonStatus { chrome, console: full(Section::People), head: head(disabled), inputs, mistakes }
}

fn number(locale: Locale, number: Option<&str>, why: Option<Why>) -> PersonNumber {
    let PersonStatus { chrome, console, head, inputs, mistakes } = status(locale, false, why);
    PersonNumber { chrome, console, head, number: number.map(str::to_owned), inputs, mistakes }
}

fn erase(locale: Locale, problem: Option<EraseProblem>) -> ErasePage {
    ErasePage {
        chrome: chrome(locale),
        console: full(Section::People),
        id: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        disabled_since: Some(day()),
        from: Some(day()),
        is_due: true,
        erased_at: None,
        days: 365,
        longest: 200,
        reason: typed(),
        problem,
    }
}

/// The same forms before anything was typed.
fn empty(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::People);
    let t = chrome(locale).t();
    let none = |fields: &[Field]| inputs(t, fields, "");
    let bare_fields = || PositionFields { units: Vec::new(), kinds: Vec::new(), primary: false, inputs: none(&OF_A_POST) };
    let edit = PersonEdit {
        console: console(),
        head: bare_head(),
        inputs: none(&FACTS),
        mistakes: Vec::new(),
        second: None,
        ..edit(locale, Why::Missing)
    };
    let new_position = NewPosition {
        console: console(),
        head: bare_head(),
        fields: bare_fields(),
        inputs: none(&[Field::Reason]),
        mistakes: Vec::new(),
        second: Some(Second::default()),
        ..new_position(locale, Why::Missing)
    };
    let change_position = ChangePosition {
        console: console(),
        head: bare_head(),
        kinds: Vec::new(),
        primary: false,
        inputs: none(&[Field::DecisionNo]),
        mistakes: Vec::new(),
        second: None,
        ..change_position(locale, Why::Missing)
    };
    let new_person = NewPerson {
        console: console(),
        inputs: none(&[Field::Username]),
        fields: bare_fields(),
        reasons: none(&[Field::Reason]),
        mistakes: Vec::new(),
        ..new_person(locale, Why::Missing)
    };
    let erase = ErasePage {
        console: console(),
        disabled_since: None,
        from: None,
        is_due: false,
        reason: String::new(),
        ..erase(locale, None)
    };
    vec![
        ("admin-person-edit", edit.render_page()),
        ("admin-person-position", new_position.render_page()),
        ("admin-person-position-change", change_position.render_page()),
        ("admin-person-new", new_person.render_page()),
        ("admin-erase", erase.render_page()),
    ]
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let erased = ErasePage { erased_at: Some(day()), is_due: false, ..erase(locale, None) };
    let mut pages = vec![
        ("admin-person-status", status(locale, true, None).render_page()),
        ("admin-person-status", status(locale, false, Some(Why::Missing)).render_page()),
        ("admin-person-number", number(locale, Some("079••"), None).render_page()),
        ("admin-person-number", number(locale, None, Some(Why::TooLong(200))).render_page()),
        ("admin-person-number", number(locale, None, None).render_page()),
        ("admin-erase", erased.render_page()),
        ("admin-erase", erase(locale, None).render_page()),
    ];
    for problem in [EraseProblem::NotSure, EraseProblem::Reason, EraseProblem::NotDue] {
        pages.push(("admin-erase", erase(locale, Some(problem)).render_page()));
    }
    for why in WHYS {
        pages.push(("admin-person-edit", edit(locale, why).render_page()));
        pages.push(("admin-person-position", new_position(locale, why).render_page()));
        pages.push(("admin-person-position-change", change_position(locale, why).render_page()));
        pages.push(("admin-person-new", new_person(locale, why).render_page()));
    }
    pages.extend(empty(locale));
    pages
}
