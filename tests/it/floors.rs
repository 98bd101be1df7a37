//! The floors of the house hold: a room imports only from the floors below it,
//! and a library is named only in the rooms that are its home.
//!
//! The check reads source text, without comments and strings, and follows
//! every path in it, also those in braces and those that begin with `super`.

use std::fs;
use std::path::{Path, PathBuf};

/// Each floor, lowest first. Rooms on one floor do not import each other.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["protocol"],
    &["model"],
    &["store", "transient", "crypto", "outbound"],
    // The corridor: `service/mod.rs` and the modules of `CORRIDOR`, one room.
    &["service"],
    &[
        "service/account",
        "service/administrators",
        "service/authorization",
        "service/clients",
        "service/delegation",
        "service/directory",
        "service/entitlements",
        "service/figures",
        "service/grants",
        "service/keys",
        "service/legacy",
        "service/lifecycle",
        "service/login",
        "service/logout",
        "service/movers",
        "service/onboarding",
        "service/passkeys",
        "service/passwords",
        "service/people",
        "service/provisioning",
        "service/recovery",
        "service/registration",
        "service/registry",
        "service/reorganization",
        "service/second_factor",
        "service/selfcheck",
        "service/trail",
        "service/welcome",
    ],
    &["http", "jobs"],
    &["app"],
];

/// What capabilities share.
const CORRIDOR: &[&str] = &[
    "mod",
    "approvals",
    "audit",
    "authority",
    "known",
    "leases",
    "client_keys",
    "devices",
    "gone_on",
    "group_reach",
    "mails",
    "notices",
    "old_accounts",
    "old_subjects",
    "policies",
    "readiness",
    "retention",
    "sectors",
    "sender",
    "sheet",
    "sign_on",
    "then",
    "throttle",
    "tokens",
    "withheld",
];

/// Where a library, or a part of the standard library, may be named.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("axum", &["http", "app/demo"]),
    ("askama", &["http", "app/demo", "outbound/letters"]),
    ("ldap3", &["outbound/ldap"]),
    ("lettre", &["outbound/mail"]),
    ("redis", &["transient"]),
    // The sample relying parties are outsiders: they check logout tokens by themselves.
    ("jsonwebtoken", &["crypto", "app/demo/relying_party"]),
    ("argon2", &["crypto"]),
    ("webauthn_rs", &["crypto"]),
    ("qrcode", &["http/view"]),
    ("zxcvbn", &["model"]),
    ("x509_parser", &["crypto"]),
    ("aws_lc_rs", &["crypto", "base"]),
    ("reqwest", &["outbound", "app/demo", "app/bench", "app/cli/bench"]),
    ("openidconnect", &["app", "outbound/upstream_oidc"]),
    ("chrono", &["outbound/upstream_oidc"]),
    ("tower_http", &["http", "app"]),
    ("hyper", &["http", "app"]),
    ("std::env", &["app"]),
];

/// Rooms that are below and yet not for these doors: http and jobs reach records,
/// short-term memory and keys through a capability.
const KEPT_FROM: &[(&str, &[&str])] = &[("http", &["store", "transient", "crypto"]), ("jobs", &["store", "transient", "crypto"])];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Colons,
    Open,
    Close,
    Comma,
    Star,
    Other(char),
}

/// The text with comments, strings and characters blanked out; lines stay where they are.
fn blanked(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = end_of_quiet(&letters, at);
        if end == at {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        out.extend(letters[at..end].iter().map(|letter| if *letter == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// The end of the comment, string or character that begins here; `at` itself when none does.
fn end_of_quiet(letters: &[char], at: usize) -> usize {
    let starts = |from: usize, word: &str| word.chars().enumerate().all(|(n, letter)| letters.get(from + n) == Some(&letter));
    let find =
        |from: usize, word: &str| (from..letters.len()).find(|&n| starts(n, word)).map_or(letters.len(), |n| n + word.len());
    let in_word = at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_');
    if starts(at, "//") {
        return (at..letters.len()).find(|&n| letters[n] == '\n').unwrap_or(letters.len());
    }
    if starts(at, "/*") {
        return find(at + 2, "*/");
    }
    let raw = at + usize::from(starts(at, "br"));
    if !in_word && letters[raw] == 'r' {
        let hashes = letters[raw + 1..].iter().take_while(|letter| **letter == '#').count();
        if letters.get(raw + 1 + hashes) == Some(&'"') {
            return find(raw + 2 + hashes, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    if letters[at] == '"' {
        let mut end = at + 1;
        while end < letters.len() && letters[end] != '"' {
            end += if letters[end] == '\\' { 2 } else { 1 };
        }
        return (end + 1).min(letters.len());
    }
    if letters[at] == '\'' && letters.get(at + 1) == Some(&'\\') {
        return find(at + 3, "'");
    }
    if letters[at] == '\'' && letters.get(at + 2) == Some(&'\'') { at + 3 } else { at }
}

fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut out = Vec::new();
    for (number, line) in blanked(text).lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
            let (token, used) = match first {
                _ if length > 0 => (Token::Word(rest[..length].to_owned()), length),
                ':' if rest.starts_with("::") => (Token::Colons, 2),
                '{' => (Token::Open, 1),
                '}' => (Token::Close, 1),
                ',' => (Token::Comma, 1),
                '*' => (Token::Star, 1),
                other => (Token::Other(other), other.len_utf8()),
            };
            if !matches!(token, Token::Other(letter) if letter.is_whitespace()) {
                out.push((token, number + 1));
            }
            rest = &rest[used..];
        }
    }
    out
}

/// Reads one path, or a tree of paths in braces; answers where it ends.
fn read_tree(tokens: &[(Token, usize)], mut at: usize, mut path: Vec<String>, out: &mut Vec<Vec<String>>) -> usize {
    let token = |at: usize| tokens.get(at).map(|(token, _)| token);
    while let Some(Token::Word(word)) = token(at) {
        path.push(word.clone());
        at += 1;
        let goes_on =
            token(at) == Some(&Token::Colons) && matches!(token(at + 1), Some(Token::Word(_) | Token::Open | Token::Star));
        if !goes_on {
            out.push(path);
            return at;
        }
        at += 1;
    }
    if token(at) == Some(&Token::Star) {
        path.push("*".to_owned());
        out.push(path);
        return at + 1;
    }
    at += 1;
    while let Some(next) = token(at).filter(|next| **next != Token::Close) {
        at = match next {
            Token::Word(word) if word == "as" => at + 2,
            Token::Word(_) | Token::Open | Token::Star => read_tree(tokens, at, path.clone(), out),
            _ => at + 1,
        };
    }
    at + 1
}

/// Every path of several words, and every name that is imported whole, with its line.
fn paths(text: &str) -> Vec<(Vec<String>, usize)> {
    let tokens = tokens(text);
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|(token, _)| token);
        let inside = matches!(before, Some(Token::Colons | Token::Other('.')));
        let imported = matches!(before, Some(Token::Word(word)) if word == "use");
        let followed = matches!(tokens.get(at + 1), Some((Token::Colons, _)));
        if !matches!(tokens[at].0, Token::Word(_)) || inside || !(imported || followed) {
            at += 1;
            continue;
        }
        let mut found = Vec::new();
        let line = tokens[at].1;
        at = read_tree(&tokens, at, Vec::new(), &mut found);
        out.extend(found.into_iter().map(|path| (path, line)));
    }
    out
}

/// The path of a file's module below the crate: `service/tokens/mod.rs` is `service::tokens`.
fn module_of(file: &str) -> Vec<String> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

/// A path from the crate's root, when it leads into the crate.
fn resolved(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let mut whole = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    for word in path {
        match word.as_str() {
            "crate" | "self" => {}
            "super" => {
                whole.pop();
            }
            other => whole.push(other.to_owned()),
        }
    }
    Some(whole)
}

/// The room of a path: what it begins with, and in `service` the capability.
fn room_of(path: &[String]) -> Option<String> {
    let first = path.first()?;
    let capability = path.get(1).map(|second| format!("{first}/{second}"));
    Some(capability.filter(|room| floor_of(room).is_some()).unwrap_or_else(|| first.clone()))
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn kept_from(room: &str, other: &str) -> bool {
    KEPT_FROM.iter().any(|(from, kept)| *from == room && kept.contains(&other))
}

fn is_in(file: &str, home: &str) -> bool {
    file.strip_prefix(home).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// What is wrong with one file, given by its place below `src` and its text.
fn breaches(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let Some(room) = room_of(&module) else { return Vec::new() };
    let Some(floor) = floor_of(&room) else { return vec![format!("{file}: {room} stands on no floor: name it in FLOORS")] };
    let mut wrong = Vec::new();
    if room == "service" && !module.get(1).is_none_or(|part| CORRIDOR.contains(&part.as_str())) {
        wrong.push(format!("{file}: neither a capability nor a part of the corridor: name it in FLOORS or CORRIDOR"));
    }
    for (path, line) in paths(text) {
        let mut whole = resolved(&module, &path);
        // The corridor's `mod.rs` sees capabilities by their bare names.
        let child: Vec<String> = module.iter().chain(&path).cloned().collect();
        if whole.is_none() && file == "service/mod.rs" {
            whole = Some(child).filter(|child| room_of(child).is_some_and(|other| other != room));
        }
        if let Some(whole) = &whole {
            let hides =
                matches!(whole.last().map(String::as_str), Some("*")) && path.first().is_some_and(|first| first == "crate");
            let bare = whole.len() == 1 && whole[0] == "service" && room.starts_with("service");
            if hides || bare {
                wrong.push(format!("{file}:{line}: name what is meant, not {}", path.join("::")));
            }
            if let Some(other) =
                room_of(whole).filter(|other| *other != room && floor_of(other).is_some_and(|their| their >= floor))
            {
                wrong.push(format!("{file}:{line}: {room} may not import {other}"));
            }
            if let Some(other) = room_of(whole).filter(|other| kept_from(&room, other)) {
                wrong.push(format!("{file}:{line}: {room} asks a capability instead of {other}"));
            }
        }
        for (library, homes) in HOMES {
            let named = library.split("::").eq(path.iter().map(String::as_str).take(library.split("::").count()));
            if named && !homes.iter().any(|home| is_in(file, home)) {
                wrong.push(format!("{file}:{line}: {library} belongs in {}", homes.join(", ")));
            }
        }
    }
    wrong
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

#[test]
fn rooms_import_only_downwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();

    let mut wrong = Vec::new();
    for file in &files {
        let place = file.strip_prefix(&src).expect("under src").to_string_lossy().replace('\\', "/");
        wrong.extend(breaches(&place, &fs::read_to_string(file).expect("text")));
    }

    assert!(files.len() > 50, "the sources were not found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn planted_breaches_are_found() {
    let table = [
        ("service/grants/mod.rs", "use crate::http::routes;", "may not import http"),
        ("service/grants/mod.rs", "use crate::service::login::check;", "may not import service/login"),
        ("service/grants/mod.rs", "use super::login::check;", "may not import service/login"),
        ("service/grants/code.rs", "use super::super::login;", "may not import service/login"),
        ("service/grants/mod.rs", "use crate::service::{Services, audit::{self, Event}, login};", "may not import service/login"),
        ("service/grants/mod.rs", "use crate::{\n    base::clock,\n    http as doors,\n};", "may not import http"),
        ("service/grants/mod.rs", "use crate::service;", "name what is meant"),
        ("service/grants/mod.rs", "use crate::service::*;", "name what is meant"),
        ("service/tokens/issue.rs", "use crate::service::grants::redeem;", "may not import service/grants"),
        ("service/mod.rs", "fn f() { grants::redeem() }", "may not import service/grants"),
        ("store/mod.rs", "fn f() -> crate::transient::Transient { g() }", "may not import transient"),
        ("model/unit.rs", "use crate::store::Store;", "may not import store"),
        ("protocol/pkce.rs", "use crate::model::client;", "may not import model"),
        ("base/clock.rs", "use crate::protocol::scope;", "may not import protocol"),
        ("http/routes.rs", "use crate::jobs::run;", "may not import jobs"),
        ("jobs/mod.rs", "use crate::app::config;", "may not import app"),
        ("service/known.rs", "use sqlx::Row;", "sqlx belongs in store"),
        ("service/known.rs", "#[derive(sqlx::FromRow)] struct A;", "sqlx belongs in store"),
        ("service/known.rs", "use sqlx;", "sqlx belongs in store"),
        ("jobs/mod.rs", "use axum::Router;", "axum belongs in"),
        ("app/serve.rs", "use axum::Router;", "axum belongs in"),
        ("store/mod.rs", "use redis::Client;", "redis belongs in transient"),
        ("service/login/mod.rs", "fn f() { argon2::verify() }", "argon2 belongs in crypto"),
        ("http/oidc/token.rs", "use reqwest::Client;", "reqwest belongs in"),
        ("base/locale.rs", "fn f() { std::env::var(\"LANG\") }", "std::env belongs in app"),
        ("base/locale.rs", "use std::{env, fs};", "std::env belongs in app"),
        ("service/new_room/mod.rs", "", "neither a capability nor a part of the corridor"),
        ("utils/mod.rs", "", "stands on no floor"),
        ("http/signin/mod.rs", "use crate::transient::pending_requests;", "asks a capability instead of transient"),
        ("http/oidc/jwks.rs", "fn f() { crate::crypto::keyring::generate() }", "asks a capability instead of crypto"),
        ("jobs/mod.rs", "use crate::store::{Store, sign_ons};", "asks a capability instead of store"),
    ];
    for (file, text, words) in table {
        let found = breaches(file, text);
        assert!(found.iter().any(|breach| breach.contains(words)), "{file}: {text}: {found:?}");
    }
}

#[test]
fn what_is_in_order_is_let_through() {
    let table = [
        ("service/grants/mod.rs", "use super::{Services, audit::{self, Event}};\nuse crate::store::grants;"),
        (
            "service/grants/mod.rs",
            "// crate::http\n/* sqlx:: */ const A: &str = \"crate::http\"; const B: &str = r#\"a\" sqlx::x\"#; const C: char = '\"';",
        ),
        ("service/grants/mod.rs", "mod tests { use super::*; fn f<'a>(x: &'a str) -> u8 { x.parse::<u8>() } }"),
        ("service/mod.rs", "pub mod grants;\nuse crate::store::Store;\nuse known::Known;"),
        ("service/tokens/issue.rs", "use super::claims::Facts;\nuse crate::service::{Failure, audit};"),
        ("http/oidc/token.rs", "use crate::service::{Services, grants::{self, CodeRequest}};\nuse axum::Json;"),
        ("transient/mod.rs", "use redis::Client; fn f() { self::memory::new() }"),
        (
            "app/build.rs",
            "use crate::transient::{Transient, redis::Redis}; fn f() { rustls::crypto::aws_lc_rs::default_provider(); std::env::args(); }",
        ),
        ("app/demo/pages.rs", "use askama::Template;"),
        ("lib.rs", "pub mod base;"),
    ];
    for (file, text) in table {
        assert_eq!(breaches(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
