//! What the first page says, draws and lists.

use super::*;
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::service::figures::Gauges;
use time::macros::date;

const HOSTILE: &str = "\"><script>alert(1)</script>";
/// Midnight in Vietnam.
const MIDNIGHT: i64 = 1_795_280_400_000;

fn waiting(stage: Option<&str>) -> Waiting {
    Waiting {
        plan: "sap-xep".to_owned(),
        title: HOSTILE.to_owned(),
        effective: date!(2027 - 01 - 01),
        stage: stage.map(str::to_owned),
        why: "open".to_owned(),
    }
}

fn page(locale: Locale, span: Span, empty: bool) -> OverviewPage {
    let slot = |place: i64| Slot {
        begins: Millis(MIDNIGHT + place * 3_600_000),
        sign_ins: (place < 9).then_some(if empty { 0 } else { place * 100 }),
        sign_ins_before: if empty { 0 } else { place * 90 },
        failures: (place < 9).then_some(i64::from(!empty)),
        failures_before: 0,
    };
    OverviewPage {
        chrome: Chrome { locale, ..Chrome::default() },
        console: Console {
            section: Section::Overview,
            name: "Lê Hoàng Phúc".to_owned(),
            scope: String::new(),
            open: vec![Section::Overview, Section::People],
            alarm: None,
        },
        overview: Overview {
            whole: true,
            span,
            slots: (0..24).map(slot).collect(),
            sign_ins: if empty { 0 } else { 3_600 },
            compared: if empty { (0, 0) } else { (3_600, 3_240) },
            failures: if empty { 0 } else { 9 },
            reasons: if empty { vec![] } else { vec![(Reason::First, 8), (Reason::Throttled, 1)] },
            methods: if empty { vec![] } else { vec![(Method::Passkey, 2_000), (Method::Password, 1_600)] },
            units: if empty { vec![] } else { vec![(Some(UnitId("u".to_owned())), 3_000), (None, 600)] },
            clients: if empty { vec![] } else { vec![("tthc".to_owned(), 12)] },
            gauges: if empty {
                Gauges::default()
            } else {
                Gauges { at: Some(Millis(MIDNIGHT)), signed_in: 1_284, people: 48_912, with_passkey: 22_490 }
            },
        },
        units: if empty { vec![] } else { vec![Some(HOSTILE.to_owned()), None] },
        clients: if empty { vec![] } else { vec![HOSTILE.to_owned()] },
        updated: (!empty).then(|| "08:30, 22/11/2026".to_owned()),
        waiting: if empty { vec![] } else { vec![waiting(None), waiting(Some("mot"))] },
    }
}

#[test]
fn figures_are_said_drawn_and_listed_in_every_language_and_span() {
    for locale in Locale::ALL {
        for span in Span::ALL {
            for empty in [false, true] {
                let html = page(locale, span, empty).render_page();

                assert!(html.contains("data-page=\"admin-overview\""));
                assert_eq!(html.matches("<svg class=\"chart ").count(), 6, "lines for two screens, bars for all");
                assert_eq!(html.matches("<details class=\"table\">").count(), 4, "a table behind each");
                for refused in ["style=", HOSTILE, "data:", "{", "}"] {
                    assert!(!html.contains(refused), "{refused}");
                }
                let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
                for id in &ids {
                    assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
                }
            }
        }
    }
}

#[test]
fn a_plan_that_was_due_and_waits_stands_above_the_figures() {
    for locale in Locale::ALL {
        let html = page(locale, Span::Today, false).render_page();
        assert!(!page(locale, Span::Today, true).render_page().contains("plans-waiting"), "nothing waits");

        let (before, after) = html.split_once("id=\"plans-waiting\"").expect("a note");
        assert!(!before.contains("class=\"numbers\"") && after.contains("class=\"numbers\""), "above the figures");
        for said in ["href=\"/admin/plans/sap-xep\"", "href=\"/admin/plans/sap-xep?stage=mot\"", "01/01/2027"] {
            assert!(after.contains(said), "{said}");
        }
        let why = &page(locale, Span::Today, false).t().console_plans_why_open;
        assert_eq!(after.matches(why.as_str()).count(), 2, "{why}");
    }
}

#[test]
fn numbers_read_as_people_read_them() {
    let html = page(Locale::Vi, Span::Today, false).render_page();

    for said in ["3.600", "1.284", "48.912", "46,0%", "0,2%", "11,1%"] {
        assert!(html.contains(said), "{said}");
    }
    assert!(page(Locale::En, Span::Today, false).render_page().contains("48,912"));
}
