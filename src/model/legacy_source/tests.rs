//! What a source can be, and what its files say.

use super::*;
use crate::base::id::UnitId;
use crate::model::unit::{DatedCode, Span, UnitKind};
use time::macros::date;

const LAST: Date = date!(2025 - 06 - 30);

fn source(settings: Settings) -> LegacySource {
    LegacySource {
        id: "bd".to_owned(),
        kind: settings.kind(),
        name: "Bình Dương".to_owned(),
        province: Some("74".to_owned()),
        as_of: LAST,
        sunset_on: None,
        settings,
        stopped_at: None,
        closed_at: None,
        version: 1,
    }
}

fn read(kind: SourceKind, text: &str) -> Settings {
    Settings::from_toml(kind, text).expect("settings")
}

/// Why a source with such a file cannot be, or nothing.
fn refused(kind: SourceKind, text: &str) -> String {
    match Settings::from_toml(kind, text) {
        Ok(settings) => source(settings).refuse().unwrap_or_default(),
        Err(reason) => reason,
    }
}

fn unit(code: &str, kind: UnitKind, span: Span) -> Unit {
    let codes = vec![DatedCode { scheme: GSO.to_owned(), code: code.to_owned(), span }];
    Unit { id: UnitId(format!("{code}-{}", kind.as_str())), kind, span, codes, names: vec![], parents: vec![] }
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in SourceKind::ALL {
        assert_eq!(SourceKind::from_word(kind.word()), Some(kind));
    }
    assert_eq!(SourceKind::from_word("saml"), None);
}

#[test]
fn a_former_province_ends_on_its_last_day_though_its_code_lives_on() {
    let units = vec![
        unit("74", UnitKind::Tinh, Span::until(LAST)),
        unit("79", UnitKind::ThanhPhoTw, Span::until(LAST)),
        unit("79", UnitKind::ThanhPhoTw, Span::since(date!(2025 - 07 - 01))),
        unit("01", UnitKind::ThanhPhoTw, Span::since(date!(1945 - 09 - 02))),
        unit("77", UnitKind::Xa, Span::until(LAST)),
    ];
    let registry = Registry::new(1, units, vec![]);

    for (code, expected) in [("74", Some(LAST)), ("79", Some(LAST)), ("01", None), ("77", None), ("", None)] {
        assert_eq!(last_day_of(code, &registry), expected, "{code}");
    }
}

#[test]
fn the_preset_of_the_broker_says_what_is_public_and_every_detail_is_laid_over() {
    let text = "preset = \"vneid\"\nissuer = \"https://vneid.example.vn\"\nclient_id = \"tp-hcm\"\npkce = false\n\
                [claims]\nfull_name = \"HoTen\"\n[levels]\nLoA2 = 2\n";
    let Settings::Oidc(settings) = read(SourceKind::Oidc, text) else { panic!("an upstream provider") };

    assert_eq!((settings.pkce, settings.discovery, settings.logout), (false, true, false));
    assert_eq!(settings.claims.full_name, "HoTen", "what the file says");
    assert_eq!(settings.claims.personal_number, "SoDinhDanh", "what the preset says");
    assert_eq!(settings.claims.subject, "sub");
    assert_eq!(settings.levels.get("LoA2"), Some(&2));
    assert!(settings.drop.iter().any(|claim| claim == "TonGiao"));
    assert_eq!(source(Settings::Oidc(settings)).refuse(), None);
}

#[test]
fn a_file_is_read_with_the_reason_why_it_cannot_be() {
    let upstream = "issuer = \"https://sso.example.vn\"\nclient_id = \"motlan\"\n";
    let directory = "servers = [\"ldaps://thu-muc.example.vn\"]\nbase = \"dc=vn\"\nreader_dn = \"cn=doc,dc=vn\"\n";
    let table = [
        (SourceKind::Oidc, upstream.to_owned(), ""),
        (SourceKind::Oidc, String::new(), "issuer is the address"),
        (SourceKind::Oidc, format!("{upstream}discovery = false\n"), "without discovery authorization_endpoint"),
        (SourceKind::Oidc, format!("{upstream}token_endpoint = \"/token\"\n"), "token_endpoint is an address"),
        (SourceKind::Oidc, format!("{upstream}scopes = [\"profile\"]\n"), "openid"),
        (SourceKind::Oidc, format!("{upstream}algorithms = [\"none\"]\n"), "algorithms"),
        (SourceKind::Oidc, format!("{upstream}algorithms = [\"HS256\"]\n"), "algorithms"),
        (SourceKind::Oidc, format!("{upstream}drop = [\"name\"]\n"), "dropped at the door"),
        (SourceKind::Oidc, format!("{upstream}default_level = 5\n"), "1 to 4"),
        (SourceKind::Oidc, format!("{upstream}domains = [\"a@b\"]\n"), "domains"),
        (SourceKind::Oidc, format!("{upstream}client_secret = \"s\"\n"), "--secret-file"),
        (SourceKind::Oidc, format!("{upstream}pkec = true\n"), "line 3"),
        (SourceKind::Ldap, directory.to_owned(), ""),
        (SourceKind::Ldap, String::new(), "servers names"),
        (SourceKind::Ldap, "servers = [\"http://a.vn\"]\nbase = \"dc=vn\"\n".to_owned(), "no server such as"),
        (SourceKind::Ldap, format!("{directory}bind = \"upn\"\n"), "upn_suffix"),
        (SourceKind::Ldap, format!("{directory}bind = \"template\"\ndn_template = \"uid=a,dc=vn\"\n"), "dn_template"),
        (SourceKind::Ldap, format!("{directory}filter = \"(uid=kim)\"\n"), "filter"),
        (SourceKind::Ldap, format!("{directory}offline_days = 8\n"), "offline_days is 0 to 7"),
        (SourceKind::Ldap, format!("{directory}offline_days = 7\n"), "offline_days needs sync.every_minutes"),
        (SourceKind::Ldap, format!("{directory}offline_days = 7\n[sync]\nevery_minutes = 1440\n"), "offline_days needs"),
        (SourceKind::Ldap, format!("{directory}offline_days = 7\n[sync]\nevery_minutes = 720\n"), ""),
        (SourceKind::Ldap, format!("{directory}timeout_seconds = 11\n"), "timeout_seconds is 1 to 10"),
        (SourceKind::Ldap, format!("{directory}disabled_filter = \"nsAccountLock\"\n"), "disabled_filter"),
        (SourceKind::Ldap, format!("{directory}[sync]\nevery_minutes = 1\n"), "sync.every_minutes"),
        (SourceKind::Ldap, "servers = [\"ldap://a.vn\"]\nbase = \"dc=vn\"\n".to_owned(), "reader_dn"),
        (SourceKind::Ldap, format!("{directory}bind_password = \"s\"\n"), "--secret-file"),
        (SourceKind::Hashes, String::new(), ""),
        (SourceKind::Hashes, "encoding = \"vni\"\ndeclared = \"md5\"\n".to_owned(), ""),
        (SourceKind::Hashes, "encoding = \"latin1\"\n".to_owned(), "encoding is one of"),
        (SourceKind::Hashes, "declare = \"md5\"\n".to_owned(), "unknown field"),
    ];
    for (kind, text, expected) in table {
        let reason = refused(kind, &text);
        assert_eq!(reason.is_empty(), expected.is_empty(), "{text}: {reason}");
        assert!(reason.contains(expected), "{text}: {reason}");
    }
}

#[test]
fn what_can_be_no_source_says_why() {
    type Spoil = fn(&mut LegacySource);
    let table: [(Spoil, &str); 8] = [
        (|source| source.id = String::new(), "the id"),
        (|source| source.id = "Bd".to_owned(), "the id"),
        (|source| source.id = "1bd".to_owned(), "the id"),
        (|source| source.id = "b".repeat(33), "the id"),
        (|source| source.name = " ".to_owned(), "the name"),
        (|source| source.province = Some("074".to_owned()), "the province"),
        (|source| source.sunset_on = Some(date!(2025 - 06 - 29)), "its last day"),
        (|source| source.kind = SourceKind::Ldap, "of the kind hashes"),
    ];
    for (change, expected) in table {
        let mut changed = source(Settings::Hashes(HashSettings::default()));
        assert_eq!(changed.refuse(), None);
        change(&mut changed);
        assert!(changed.refuse().unwrap_or_default().contains(expected), "{expected}: {:?}", changed.refuse());
    }
}

#[test]
fn settings_are_read_back_as_they_are_stored_and_hold_no_secret() {
    let upstream = "preset = \"vneid\"\nissuer = \"https://vneid.example.vn\"\nclient_id = \"tp-hcm\"\n";
    let directory = "servers = [\"ldap://a.vn:1389\"]\nbase = \"dc=vn\"\nreader_dn = \"cn=doc,dc=vn\"\ndomains = [\"SG\"]\n";
    let export = "declared = \"ntlm\"\n";
    for (kind, text) in [(SourceKind::Oidc, upstream), (SourceKind::Ldap, directory), (SourceKind::Hashes, export)] {
        let settings = read(kind, text);
        let stored = settings.to_json().expect("JSON").to_string();

        assert_eq!(Settings::from_json(kind, &stored).expect("read back"), settings);
        assert!(!stored.contains("\"secret\"") && !stored.contains("password"), "{stored}");
        let shown = settings.to_toml().expect("TOML");
        assert_eq!(Settings::from_toml(kind, &shown), Ok(settings.clone()), "{shown}");
        assert_eq!(settings.needs_secret(), kind != SourceKind::Hashes);
    }
}

#[test]
fn a_source_opens_something_until_its_last_day_unless_it_is_stopped() {
    let mut open = source(Settings::Hashes(HashSettings::default()));
    assert!(open.is_open_on(date!(2030 - 01 - 01)));
    open.sunset_on = Some(date!(2026 - 12 - 31));
    assert!(open.is_open_on(date!(2026 - 12 - 31)));
    assert!(!open.is_open_on(date!(2027 - 01 - 01)));
    open.stopped_at = Some(Millis(1));
    assert!(!open.is_open_on(LAST));
}

#[test]
fn whatever_closes_or_opens_a_source_is_noted_and_nothing_else() {
    type Change = fn(&mut LegacySource);
    let (today, now) = (date!(2026 - 11 - 22), Millis(100));
    let of = |stopped: Option<i64>, sunset_on, closed: Option<i64>| {
        let (stopped_at, closed_at) = (stopped.map(Millis), closed.map(Millis));
        LegacySource { sunset_on, stopped_at, closed_at, ..source(Settings::Hashes(HashSettings::default())) }
    };
    let past = Some(date!(2026 - 11 - 21));
    let table: [(&str, LegacySource, Change, Option<Millis>); 7] = [
        ("another name", of(None, None, Some(40)), |source| source.name = "B".to_owned(), Some(Millis(40))),
        ("by hand alone", of(None, None, Some(40)), |source| source.closed_at = None, Some(Millis(40))),
        ("stopped", of(None, None, None), |source| source.stopped_at = Some(Millis(1)), Some(now)),
        ("resumed", of(Some(40), None, Some(40)), |source| source.stopped_at = None, Some(now)),
        ("a last day that is past", of(None, None, None), |source| source.sunset_on = Some(date!(2026 - 11 - 01)), Some(now)),
        ("a later last day", of(None, past, None), |source| source.sunset_on = None, Some(now)),
        ("noted by a clock that is ahead", of(Some(900), None, Some(900)), |source| source.stopped_at = None, Some(Millis(900))),
    ];
    for (case, before, change, expected) in table {
        let mut after = before.clone();
        change(&mut after);
        assert_eq!(after.noting_closure(&before, now, today).closed_at, expected, "{case}");
    }
}

#[test]
fn a_source_that_was_closed_has_outlived_what_had_begun_by_then() {
    let closed = LegacySource { closed_at: Some(Millis(100)), ..source(Settings::Hashes(HashSettings::default())) };
    assert!(closed.has_outlived(Millis(99)) && closed.has_outlived(Millis(100)));
    assert!(!closed.has_outlived(Millis(101)));
    assert!(!LegacySource { closed_at: None, ..closed }.has_outlived(Millis(1)));
}

#[test]
fn what_was_given_before_a_source_was_closed_is_looked_at_once_more() {
    // The first moment of 1 July 2025 in Vietnam.
    let midnight = Millis(1_751_302_800_000);
    let (before, after) = (midnight.plus_seconds(-60), midnight.plus_seconds(600));
    let open = source(Settings::Hashes(HashSettings::default()));
    let over = LegacySource { sunset_on: Some(LAST), ..open.clone() };
    let stopped = LegacySource { closed_at: Some(midnight), ..open.clone() };
    let table = [
        ("never closed", &open, before, false),
        ("before its last day ended", &over, before, true),
        ("after that", &over, after, false),
        ("before it was stopped", &stopped, before, true),
        ("by whoever had not heard yet", &stopped, midnight.plus_seconds(2), true),
        ("long after", &stopped, after, false),
    ];
    for (case, source, given_at, expected) in table {
        assert_eq!(source.was_closed_since(given_at, date!(2025 - 07 - 01)), expected, "{case}");
    }
}
