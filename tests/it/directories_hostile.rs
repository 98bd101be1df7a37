//! Directories that answer slowly, wrongly, too much, or not as themselves: nobody gets in by it, nobody is lost by it, and no
//! password leaves this house in clear. Played by a fake on loopback.

use crate::support::TestApp;
use crate::support::listener::soon;
use crate::support::records::count_of;
use crate::support::tls::Authority;
use motlan::model::legacy_source::{LegacySource, Settings, SourceKind};
use motlan::service::Origin;
use motlan::service::legacy::directories::bind::{self, BindAnswer, Typed};
use motlan::service::legacy::directories::sync::{self, Outcome, Report, Request};
use motlan::service::legacy::sign_in::{self, SignInError};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::throttle::Limit;
use motlan::store::{ldap_syncs, legacy_accounts};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use secrecy::SecretString;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use time::macros::date;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub const READER: &str = "cn=doc,dc=vn";
pub const SECRET: &str = "mat-khau-doc";
pub const RIGHT: &str = "mat-khau-dung";

/// What the fake hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Bind {
        name: String,
        password: String,
    },
    /// The searches before this one on all connections.
    Search {
        turn: usize,
        filter_and_all: Vec<u8>,
    },
    Other,
}

/// What it does.
pub enum Does {
    Says(Vec<u8>),
    Hangs,
    Closes,
}

type Manner = dyn Fn(&[u8], &Asked) -> Does + Send + Sync;

fn element(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    let mut all = vec![tag, 0x84];
    all.extend_from_slice(&u32::try_from(body.len()).expect("a length").to_be_bytes());
    all.extend_from_slice(&body);
    all
}

fn octets(text: &str) -> Vec<u8> {
    element(4, &[text.as_bytes().to_vec()])
}

fn message(id: &[u8], rest: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![element(2, &[id.to_vec()])];
    parts.extend_from_slice(rest);
    element(0x30, &parts)
}

fn result(tag: u8, code: u8) -> Vec<u8> {
    element(tag, &[element(10, &[vec![code]]), octets(""), octets("")])
}

/// The answer to a bind.
pub fn bound(id: &[u8], code: u8) -> Does {
    Does::Says(message(id, &[result(0x61, code)]))
}

/// An entry of somebody.
fn entry(id: &[u8], name: &str) -> Vec<u8> {
    entry_of(id, name, &format!("Nguyễn Văn {name}"))
}

/// An entry of somebody who is called so.
pub fn entry_of(id: &[u8], name: &str, full_name: &str) -> Vec<u8> {
    let attribute = |kind: &str, value: &str| element(0x30, &[octets(kind), element(0x31, &[octets(value)])]);
    let attributes = element(0x30, &[attribute("entryUUID", name), attribute("uid", name), attribute("cn", full_name)]);
    message(id, &[element(0x64, &[octets(&format!("uid={name},dc=vn")), attributes])])
}

/// The end of a search without pages.
pub fn done(id: &[u8], code: u8) -> Vec<u8> {
    message(id, &[result(0x65, code)])
}

/// The end of a page.
pub fn page_end(id: &[u8], cookie: &str) -> Vec<u8> {
    let value = element(0x30, &[element(2, &[vec![0]]), octets(cookie)]);
    let control = element(0x30, &[octets("1.2.840.113556.1.4.319"), element(4, &[value])]);
    message(id, &[result(0x65, 0), element(0xa0, &[control])])
}

/// Reads one element.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
    };
    let (body, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((*tag, body))
}

/// A directory on loopback.
pub struct Fake {
    address: SocketAddr,
    authority: Authority,
    heard: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Fake {
    pub async fn start(manner: impl Fn(&[u8], &Asked) -> Does + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let own = authority.vouch(&["127.0.0.1"]);
        let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(own.chain(), own.private())
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let turns: Arc<AtomicUsize> = Arc::default();
        let manner: Arc<Manner> = Arc::new(manner);
        let (kept, counted) = (heard.clone(), connections.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, kept, manner, turns) = (acceptor.clone(), kept.clone(), manner.clone(), turns.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &kept, &turns, manner.as_ref()).await;
                    }
                });
            }
        });
        Self { address, authority, heard, connections, serving }
    }

    fn server(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// The passwords that it heard, but for that of the entry that reads.
    pub fn passwords(&self) -> usize {
        let heard = self.heard.lock().expect("the list");
        heard.iter().filter(|asked| matches!(asked, Asked::Bind { name, .. } if name != READER)).count()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, kept: &Mutex<Vec<Asked>>, turns: &AtomicUsize, manner: &Manner) {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 16 * 1_024];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        bytes.extend_from_slice(&piece[..count]);
        loop {
            let mut rest = bytes.as_slice();
            let Some((0x30, mut body)) = take(&mut rest) else { break };
            let left = rest.len();
            let Some((2, id)) = take(&mut body) else { return };
            let Some((tag, operation)) = take(&mut body) else { return };
            let asked = match tag {
                0x60 => {
                    let mut parts = operation;
                    take(&mut parts);
                    let text = |part: Option<(u8, &[u8])>| String::from_utf8_lossy(part.expect("a part").1).into_owned();
                    let name = text(take(&mut parts));
                    Asked::Bind { name, password: text(take(&mut parts)) }
                }
                0x63 => Asked::Search { turn: turns.fetch_add(1, Ordering::SeqCst), filter_and_all: operation.to_vec() },
                _ => Asked::Other,
            };
            kept.lock().expect("the list").push(asked.clone());
            match manner(id, &asked) {
                Does::Says(answer) => {
                    if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
                Does::Hangs => std::future::pending().await,
                Does::Closes => return,
            }
            let used = bytes.len() - left;
            bytes.drain(..used);
        }
    }
}

/// A directory in order: it knows the reader, and `kim` with the right password.
fn in_order(id: &[u8], asked: &Asked) -> Does {
    match asked {
        Asked::Bind { name, password } => {
            let is_right = (name == READER && password == SECRET) || (name == "uid=kim,dc=vn" && password == RIGHT);
            bound(id, if is_right { 0 } else { 49 })
        }
        Asked::Search { filter_and_all, .. } => {
            let is_kim = filter_and_all.windows(3).any(|three| three == b"kim");
            let found = if is_kim { entry(id, "kim") } else { Vec::new() };
            Does::Says([found, done(id, 0)].concat())
        }
        Asked::Other => Does::Closes,
    }
}

/// A directory in order that answers searches in another way.
pub fn searched(
    answer: impl Fn(&[u8], usize) -> Does + Send + Sync + 'static,
) -> impl Fn(&[u8], &Asked) -> Does + Send + Sync + 'static {
    move |id, asked| match asked {
        Asked::Search { turn, .. } => answer(id, *turn),
        Asked::Bind { .. } | Asked::Other => in_order(id, asked),
    }
}

fn file(servers: &[String], authority: &Authority, more: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "servers = {servers:?}\nbase = \"dc=vn\"\nreader_dn = \"{READER}\"\ntimeout_seconds = 2");
    let _ = writeln!(text, "ca = '''\n{}'''\n{more}", authority.certificate.pem());
    text
}

async fn source(app: &TestApp, text: &str) -> LegacySource {
    let new = NewSource {
        id: "sg".to_owned(),
        name: None,
        province: Some("79".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::from_toml(SourceKind::Ldap, text).expect("settings"),
        secret: Some(SecretString::from(SECRET)),
    };
    sources::add(app.services(), new, "os:test").await.expect("a source")
}

/// The fake as the only server of a source.
pub async fn source_of(app: &TestApp, fake: &Fake, more: &str) -> LegacySource {
    source(app, &file(&[fake.server()], &fake.authority, more)).await
}

/// On a device that its owner has used before.
async fn try_in(app: &TestApp, source: &LegacySource, username: &str, password: &str) -> BindAnswer {
    try_on(app, source, (username, password), true).await
}

async fn try_on(app: &TestApp, source: &LegacySource, (username, password): (&str, &str), on_own_device: bool) -> BindAnswer {
    let Settings::Ldap(settings) = &source.settings else { panic!("a directory") };
    let password = SecretString::from(password);
    let device = on_own_device.then_some("cua-minh");
    let typed = Typed { username, password: &password, device, hasher: &app.services().hasher };
    soon(bind::check(app.services(), source, settings, typed)).await.expect("an answer")
}

#[track_caller]
fn is_held(answer: &BindAnswer, why: &str) {
    assert!(matches!(answer, BindAnswer::Held { .. }), "{why}: {answer:?}");
}

fn right() -> BindAnswer {
    BindAnswer::Right { legacy_id: "kim".to_owned(), offline: false }
}

pub async fn read(app: &TestApp) -> Report {
    let origin = Origin::command_line();
    let request = Request { accept: false, actor: "os:test", origin: &origin };
    soon(sync::run(app.services(), "sg", &request, "test")).await.expect("a report")
}

async fn accounts(app: &TestApp) -> i64 {
    legacy_accounts::count(&mut app.services().store.read().await.expect("a connection"), "sg").await.expect("a count")
}

/// How many of them are not gone.
async fn here(app: &TestApp) -> i64 {
    ldap_syncs::count_known(&mut app.services().store.read().await.expect("a connection"), "sg").await.expect("a count")
}

#[tokio::test]
async fn a_directory_in_order_lets_in_whoever_it_knows_and_nobody_else() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source_of(&app, &fake, "").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, right());
    assert_eq!(try_in(&app, &source, "kim", "sai").await, BindAnswer::Wrong);
    assert_eq!(try_in(&app, &source, "khong-ai", RIGHT).await, BindAnswer::Wrong);

    assert_eq!(fake.passwords(), 3, "nobody's password is tried as well, so that it takes as long");
    assert_eq!(accounts(&app).await, 1, "whoever came is known by now");
}

#[tokio::test]
async fn rfc_4513_5_1_2_an_empty_password_never_gets_there() {
    let (app, fake) = (TestApp::start().await, Fake::start(|id, _| bound(id, 0)).await);
    let source = source_of(&app, &fake, "bind = \"template\"\ndn_template = \"uid={username},dc=vn\"\n").await;

    assert_eq!(try_in(&app, &source, "kim", "").await, BindAnswer::Wrong);

    assert_eq!(fake.connections.load(Ordering::SeqCst), 0, "nothing was asked");
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn a_name_is_bound_as_its_domain_has_it_and_cannot_leave_it() {
    let app = TestApp::start().await;
    let fake = Fake::start(|id, asked| match asked {
        Asked::Bind { .. } => bound(id, 0),
        Asked::Search { .. } | Asked::Other => Does::Says([entry(id, "kim"), done(id, 0)].concat()),
    })
    .await;
    let source = source_of(&app, &fake, "bind = \"upn\"\nupn_suffix = \"cu.example.vn\"\n").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, right());
    assert_eq!(try_in(&app, &source, "kim@khac.vn", RIGHT).await, BindAnswer::Wrong);

    let expected = Asked::Bind { name: "kim@cu.example.vn".to_owned(), password: RIGHT.to_owned() };
    assert_eq!(fake.heard.lock().expect("the list").first(), Some(&expected));
    assert_eq!(fake.passwords(), 1);
}

#[tokio::test]
async fn fewer_wrong_passwords_are_passed_on_than_lock_an_account() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source_of(&app, &fake, "lockout_after = 5\nfailure_minutes = 30\n").await;
    for name in ["kim", "KIM", " kim"] {
        assert_eq!(try_in(&app, &source, name, "sai").await, BindAnswer::Wrong);
        app.advance_seconds(14 * 60);
    }

    is_held(&try_in(&app, &source, "kim", RIGHT).await, "not even the right one is passed on");
    assert_eq!(fake.passwords(), 3);
    app.advance_seconds(10 * 60);
    is_held(&try_in(&app, &source, "kim", RIGHT).await, "it was not quiet there for long enough");
    assert_eq!(fake.passwords(), 3);

    app.advance_seconds(20 * 60 + 1);
    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, right());
    assert_eq!(fake.passwords(), 4);
}

#[tokio::test]
async fn strangers_use_up_all_but_one_try_which_is_kept_for_a_device_of_the_persons_own() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source_of(&app, &fake, "lockout_after = 5\nfailure_minutes = 30\n").await;
    for _ in 0..2 {
        assert_eq!(try_on(&app, &source, ("kim", "sai"), false).await, BindAnswer::Wrong);
    }

    for password in ["sai", RIGHT] {
        is_held(&try_on(&app, &source, ("kim", password), false).await, "nothing more of a stranger is passed on");
    }
    assert_eq!(fake.passwords(), 2);
    assert_eq!(accounts(&app).await, 0, "nobody came in");
    assert_eq!(try_on(&app, &source, ("kim", RIGHT), true).await, right());
    assert_eq!(fake.passwords(), 3, "still fewer than lock the account there");
}

#[tokio::test]
async fn the_kept_try_stays_also_when_strangers_spread_theirs_over_time() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source_of(&app, &fake, "lockout_after = 5\nfailure_minutes = 30\n").await;
    for _ in 0..2 {
        assert_eq!(try_on(&app, &source, ("kim", "sai"), false).await, BindAnswer::Wrong);
        app.advance_seconds(29 * 60);
    }

    is_held(&try_on(&app, &source, ("kim", "sai"), false).await, "each failure lengthens the time in which they count");
    assert_eq!(fake.passwords(), 2);
    assert_eq!(try_on(&app, &source, ("kim", RIGHT), true).await, right());
    assert_eq!(fake.passwords(), 3);
}

#[tokio::test]
async fn a_directory_that_is_unwilling_says_no() {
    let app = TestApp::start().await;
    let fake = Fake::start(|id, asked| match asked {
        Asked::Bind { name, .. } if name != READER => bound(id, 53),
        Asked::Bind { .. } | Asked::Search { .. } | Asked::Other => in_order(id, asked),
    })
    .await;
    let source = source_of(&app, &fake, "").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Wrong);
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn whoever_signs_in_is_told_when_nothing_more_is_passed_on_and_it_is_counted_in_one_place() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source_of(&app, &fake, "lockout_after = 5\nfailure_minutes = 30\n").await;
    let origin = Origin::command_line();
    let sign_in = |password: &'static str| sign_in::password(app.services(), &source, "kim", password.into(), None, &origin);
    for _ in 0..2 {
        assert!(matches!(soon(sign_in("sai")).await, Err(SignInError::Wrong)));
        app.advance_seconds(120);
    }

    let held = soon(sign_in(RIGHT)).await;

    // It was quiet for two minutes of the thirty.
    let Err(SignInError::Locked { limit: Limit::Name, seconds, .. }) = held else { panic!("it is passed on") };
    assert_eq!((seconds, fake.passwords(), accounts(&app).await), (28 * 60, 2, 0));
    app.advance_seconds(28 * 60 + 1);
    assert!(soon(sign_in(RIGHT)).await.is_ok(), "whoever is right comes in once it was quiet");
    assert_eq!((fake.passwords(), accounts(&app).await), (3, 1));
}

#[tokio::test]
async fn answers_of_any_other_form_are_an_outage_and_nothing_worse() {
    let deep = (0..10_000).fold(Vec::new(), |inner: Vec<u8>, _| {
        let mut all = vec![0x30, 0x84];
        all.extend_from_slice(&u32::try_from(inner.len()).expect("a length").to_be_bytes());
        all.extend_from_slice(&inner);
        all
    });
    let answers: [(&str, Vec<u8>); 7] = [
        ("a page of the web", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("a length of four gigabytes", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        ("a length without an end", vec![0x30, 0x80, 2, 1, 1, 0x61, 0x80]),
        ("nesting", element(0x30, &[element(2, &[vec![1]]), element(0x61, &[deep])])),
        ("an outcome without texts", element(0x30, &[element(2, &[vec![1]]), element(0x61, &[element(10, &[vec![0]])])])),
        ("no operation", element(0x30, &[element(2, &[vec![1]])])),
        ("a good-bye", element(0x30, &[element(2, &[vec![0]]), result(0x78, 52)])),
    ];
    for (case, answer) in answers {
        let app = TestApp::start().await;
        let fake = Fake::start(move |_, _| Does::Says(answer.clone())).await;
        let source = source_of(&app, &fake, "").await;

        assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down, "{case}");

        assert_eq!(fake.passwords(), 0, "{case}: it was the reader who was answered so");
        assert_eq!(accounts(&app).await, 0, "{case}");
    }
}

#[tokio::test]
async fn a_silent_directory_is_away_and_is_not_asked_again_for_a_moment() {
    let (app, fake) = (TestApp::start().await, Fake::start(|_, _| Does::Hangs).await);
    let source = source_of(&app, &fake, "").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down);
    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down);
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1, "the second one did not wait");

    app.advance_seconds(16);
    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down);
    assert_eq!(fake.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_next_server_is_asked_where_one_is_away() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let servers = [format!("ldaps://{nobody}"), fake.server()];
    let source = source(&app, &file(&servers, &fake.authority, "")).await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, right());
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_hears_no_password() {
    let (app, fake) = (TestApp::start().await, Fake::start(in_order).await);
    let source = source(&app, &file(&[fake.server()], &Authority::new(), "")).await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down);
    assert_eq!(read(&app).await.told.outcome, Outcome::Failed);

    assert!(fake.connections.load(Ordering::SeqCst) > 0 && fake.heard.lock().expect("the list").is_empty());
}

/// Keeps every byte that it is sent, and answers each piece in clear.
async fn in_clear(answer: Vec<u8>) -> (SocketAddr, Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = heard.clone();
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut piece = vec![0; 16 * 1_024];
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                kept.lock().expect("the list").extend_from_slice(&piece[..count]);
                if stream.write_all(&answer).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, heard, serving)
}

#[tokio::test]
async fn nothing_secret_is_said_in_clear_whatever_the_server_wants() {
    let refused = element(0x30, &[element(2, &[vec![1]]), result(0x78, 2)]);
    let agreed = element(0x30, &[element(2, &[vec![1]]), result(0x78, 0)]);
    let bound = element(0x30, &[element(2, &[vec![1]]), result(0x61, 0)]);
    for (scheme, answer) in [("ldap", refused), ("ldap", agreed), ("ldap", bound.clone()), ("ldaps", bound)] {
        let app = TestApp::start().await;
        let (address, heard, serving) = in_clear(answer).await;
        let source = source(&app, &file(&[format!("{scheme}://{address}")], &Authority::new(), "")).await;

        assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down, "{scheme}");
        assert_eq!(read(&app).await.told.outcome, Outcome::Failed, "{scheme}");

        let heard = heard.lock().expect("the list").clone();
        let holds = |word: &str| heard.windows(word.len()).any(|piece| piece == word.as_bytes());
        assert!(!heard.is_empty() && !holds(SECRET) && !holds(RIGHT) && !holds("cn=doc"), "{scheme}");
        serving.abort();
    }
}

#[tokio::test]
async fn other_directories_are_not_asked_whatever_one_says() {
    let app = TestApp::start().await;
    let (elsewhere, heard, serving) = in_clear(Vec::new()).await;
    let place = format!("ldap://{elsewhere}/dc=vn");
    let fake = Fake::start(searched(move |id, _| {
        let reference = message(id, &[element(0x73, &[octets(&place)])]);
        let referral = element(0xa3, &[octets(&place)]);
        let end = message(id, &[element(0x65, &[element(10, &[vec![10]]), octets(""), octets(""), referral])]);
        Does::Says([reference, end].concat())
    }))
    .await;
    let source = source_of(&app, &fake, "").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Down);
    assert_eq!(read(&app).await.told.outcome, Outcome::Failed);

    assert!(heard.lock().expect("the list").is_empty());
    serving.abort();
}

#[tokio::test]
async fn a_name_of_two_entries_is_nobodys() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(|id, _| Does::Says([entry(id, "kim"), entry(id, "kim2"), done(id, 0)].concat()))).await;
    let source = source_of(&app, &fake, "").await;

    assert_eq!(try_in(&app, &source, "kim", RIGHT).await, BindAnswer::Wrong);
    assert_eq!(accounts(&app).await, 0);
}

#[tokio::test]
async fn a_hundred_thousand_entries_in_answer_to_one_page_are_not_taken() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(|id, _| {
        let mut all = Vec::new();
        for number in 0..100_000 {
            all.extend_from_slice(&entry(id, &format!("a{number}")));
        }
        all.extend_from_slice(&page_end(id, ""));
        Does::Says(all)
    }))
    .await;
    source_of(&app, &fake, "").await;

    let report = read(&app).await;

    assert_eq!(report.told.outcome, Outcome::Failed);
    assert!(report.told.why.contains("larger than what was asked for"), "{}", report.told.why);
    assert_eq!(accounts(&app).await, 0);
}

/// Three pages of ten; the second one of the first reading breaks off in the middle.
fn breaks_off(id: &[u8], turn: usize) -> Does {
    let page = |number: usize, next: &str| {
        let mut all = Vec::new();
        for place in 0..10 {
            all.extend_from_slice(&entry(id, &format!("p{number}-{place}")));
        }
        all.extend_from_slice(&page_end(id, next));
        all
    };
    match turn {
        0 => Does::Says(page(0, "mot")),
        1 => Does::Closes,
        2 => Does::Says(page(1, "hai")),
        _ => Does::Says(page(2, "")),
    }
}

#[tokio::test]
async fn a_reading_that_breaks_off_goes_on_and_loses_nobody() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(breaks_off)).await;
    source_of(&app, &fake, "[sync]\npage_size = 10\n").await;

    let first = read(&app).await;
    assert_eq!((first.told.outcome, first.seen, here(&app).await), (Outcome::Failed, 10, 10));

    app.advance_seconds(60);
    let second = read(&app).await;
    assert!(second.went_on);
    assert_eq!((second.told.outcome, second.seen, here(&app).await), (Outcome::Done, 30, 30));
    assert_eq!(second.told.tally.gone, 0);
    let heard = fake.heard.lock().expect("the list").clone();
    let searches = heard.iter().filter(|asked| matches!(asked, Asked::Search { .. })).count();
    assert_eq!(searches, 4, "what was read was not read again");
    assert_eq!(count_of(&app, "legacy_account.gone").await, 0);
}

#[tokio::test]
async fn a_mark_that_the_directory_forgot_begins_the_reading_anew() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(|id, turn| match turn {
        0 | 3 => Does::Says([entry(id, "an"), page_end(id, "mot")].concat()),
        1 => Does::Closes,
        2 => Does::Says(done(id, 53)),
        _ => Does::Says([entry(id, "binh"), page_end(id, "")].concat()),
    }))
    .await;
    source_of(&app, &fake, "").await;
    assert_eq!(read(&app).await.told.outcome, Outcome::Failed);

    app.advance_seconds(60);
    let report = read(&app).await;

    assert!(!report.went_on);
    assert_eq!((report.told.outcome, report.seen, here(&app).await), (Outcome::Done, 2, 2));
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_reading() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(|id, _| Does::Says([entry(id, "an"), page_end(id, "mai")].concat()))).await;
    source_of(&app, &fake, "").await;

    let report = read(&app).await;

    assert_eq!(report.told.outcome, Outcome::Failed);
    assert!(report.told.why.contains("again and again"), "{}", report.told.why);
    assert_eq!(here(&app).await, 1);
}

#[tokio::test]
async fn a_page_that_does_not_say_whether_it_is_the_last_says_of_nobody_that_they_are_gone() {
    let app = TestApp::start().await;
    let fake = Fake::start(searched(|id, turn| match turn {
        0 => Does::Says([entry(id, "an"), entry(id, "binh"), page_end(id, "")].concat()),
        _ => Does::Says([entry(id, "an"), done(id, 0)].concat()),
    }))
    .await;
    source_of(&app, &fake, "[sync]\nmost_gone_percent = 100\n").await;
    assert_eq!(read(&app).await.told.outcome, Outcome::Done);

    app.advance_seconds(60);

    assert_eq!(read(&app).await.told.outcome, Outcome::Failed);
    assert_eq!(here(&app).await, 2);
}
