//! Promises about mail: it goes with the act that it tells of, at least once, sealed while it waits, and only where it
//! is safe to say anything.

use crate::support::listener::soon;
use crate::support::post::{deliver, stage_with_post};
use crate::support::tls::{Authority, Folder};
use crate::support::{TestApp, stage};
use motlan::base::locale::Locale;
use motlan::outbound::letters::Letter;
use motlan::service::mails::{self, Addressee};
use motlan::service::retention;
use motlan::store::audit;
use motlan::store::mails::StoredMail;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

const TO: &str = "kim@vi-du.vn";
const LINK: &str = "https://id.example/signin/recover/link?token=abc";
const HOUR: i64 = 3_600;

fn code() -> Letter<'static> {
    Letter::Code { full_name: "Nguyễn Văn Kim", code: "123456", minutes: 10 }
}

fn invitation() -> Letter<'static> {
    Letter::Invitation { full_name: "Nguyễn Văn Kim", link: LINK, hours: 1_000 }
}

/// Writes a letter, in a transaction that counts or does not.
async fn write(app: &TestApp, to: &str, letter: &Letter<'_>, counts: bool) {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let to = Addressee { person: None, email: to, locale: Locale::Vi };
    mails::enqueue(&mut tx, services, &to, letter).await.expect("enqueued");
    if counts {
        tx.commit().await.expect("committed");
    }
}

async fn claimed(app: &TestApp) -> Vec<StoredMail> {
    mails::claim(app.services()).await.expect("claimed")
}

/// One try of the only mail that is due.
async fn try_once(app: &TestApp) -> StoredMail {
    let [mail] = claimed(app).await.try_into().expect("one mail is due");
    mails::deliver(app.services(), &mail).await.expect("recorded");
    stored(app, &mail.id).await
}

async fn stored(app: &TestApp, id: &str) -> StoredMail {
    let mut conn = app.services().store.read().await.expect("a connection");
    motlan::store::mails::find(&mut conn, id).await.expect("an answer").expect("a mail")
}

async fn undelivered(app: &TestApp) -> Vec<serde_json::Value> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
    let rows = rows.into_iter().filter(|row| row.event == "mail.undelivered");
    rows.map(|row| serde_json::from_str(&row.detail).expect("JSON")).collect()
}

#[tokio::test]
async fn a_letter_goes_with_its_act_once_and_is_wiped() {
    let (app, post) = stage_with_post().await;

    write(&app, TO, &code(), false).await;
    assert!(post.letters(&app).await.is_empty(), "what did not happen is not told");
    write(&app, TO, &code(), true).await;
    let [mail] = claimed(&app).await.try_into().expect("one mail");
    let sealed = mail.sealed.clone().expect("sealed");
    assert!(!sealed.windows(6).any(|part| part == b"123456"), "nobody reads it in the records");
    mails::deliver(app.services(), &mail).await.expect("recorded");

    let letters = post.letters(&app).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to(), TO);
    for says in [letters[0].text(), letters[0].html()] {
        assert!(says.contains("123456") && says.contains("Nguyễn Văn Kim"), "{says}");
    }
    let sent = stored(&app, &mail.id).await;
    assert_eq!((sent.sealed, sent.sent_at.is_some(), sent.dead_at), (None, true, None));
    app.advance_seconds(30 * 24 * HOUR);
    assert!(claimed(&app).await.is_empty(), "once");
}

#[tokio::test]
async fn without_a_way_out_nothing_waits() {
    let app = TestApp::start().await;

    write(&app, TO, &code(), true).await;

    assert!(!mails::are_on(app.services()));
    assert!(claimed(&app).await.is_empty());
}

#[tokio::test]
async fn a_mail_whose_node_died_is_sent_by_the_next() {
    let (app, post) = stage_with_post().await;
    write(&app, TO, &invitation(), true).await;

    let [lost] = claimed(&app).await.try_into().expect("one mail");
    assert!(claimed(&app).await.is_empty(), "it is in somebody's hands");
    app.advance_seconds(181);
    let [found] = claimed(&app).await.try_into().expect("the same mail");
    assert_eq!((&found.id, found.attempts), (&lost.id, 2));
    mails::deliver(app.services(), &found).await.expect("recorded");
    mails::deliver(app.services(), &lost).await.expect("it was not dead, but slow");

    assert_eq!(post.letters(&app).await.len(), 1, "the same number, so the same mail");
}

#[tokio::test]
async fn two_who_claim_at_once_never_take_the_same() {
    let (app, _post) = stage_with_post().await;
    for _ in 0..30 {
        write(&app, TO, &invitation(), true).await;
    }

    let (one, other) = tokio::join!(claimed(&app), claimed(&app));
    let third = claimed(&app).await;

    let mut ids: Vec<String> = one.into_iter().chain(other).chain(third).map(|mail| mail.id).collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!((ids.len(), all), (30, 30));
}

#[tokio::test]
async fn what_is_of_no_use_any_more_is_not_sent() {
    let (app, post) = stage_with_post().await;
    write(&app, TO, &code(), true).await;

    app.advance_seconds(600);
    let mail = try_once(&app).await;

    assert!(post.letters(&app).await.is_empty());
    assert_eq!((mail.sealed, mail.sent_at, mail.dead_at.is_some()), (None, None, true));
    assert_eq!(undelivered(&app).await.len(), 1);
}

#[tokio::test]
async fn nobody_is_written_to_at_what_is_no_address() {
    let (app, post) = stage_with_post().await;
    write(&app, "kim@vi-du.vn\r\nBcc: x@y.vn", &invitation(), true).await;

    let mail = try_once(&app).await;

    assert!(post.letters(&app).await.is_empty());
    assert!(mail.dead_at.is_some() && mail.sealed.is_none());
}

#[tokio::test]
async fn mails_of_long_ago_are_removed_whatever_came_of_them() {
    let (app, _post) = stage_with_post().await;
    write(&app, TO, &invitation(), true).await;
    let sent = try_once(&app).await;
    app.advance_seconds(20 * 24 * HOUR);
    write(&app, "nobody", &invitation(), true).await;
    let dead = try_once(&app).await;

    app.advance_seconds(11 * 24 * HOUR);
    retention::remove_old(app.services(), "node").await.expect("removed");

    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(motlan::store::mails::find(&mut conn, &sent.id).await.expect("an answer").is_none());
    assert!(motlan::store::mails::find(&mut conn, &dead.id).await.expect("an answer").is_some(), "its time has not come");
}

/// A mail server on loopback, and everything that it was told.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    answer: Arc<AtomicU16>,
    task: JoinHandle<()>,
}

impl Server {
    /// One that upgrades to TLS when it has a certificate.
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(AtomicU16::new(250));
        let (kept, says) = (heard.clone(), answer.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tls.clone(), says.clone(), kept.clone()));
            }
        });
        Self { address, heard, answer, task }
    }

    /// One that shows a certificate of this authority.
    async fn of(authority: &Authority) -> Self {
        let own = authority.vouch(&["127.0.0.1"]);
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(own.chain(), own.private())
            .expect("a certificate");
        Self::start(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    fn url(&self, suffix: &str) -> String {
        format!("smtp://{}{suffix}", self.address)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("the list").clone()
    }

    fn heard_one(&self, beginning: &str) -> bool {
        self.heard().iter().any(|line| line.starts_with(beginning))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, answer: Arc<AtomicU16>, heard: Arc<Mutex<Vec<String>>>) {
    let offers = if tls.is_some() { "250-STARTTLS\r\n" } else { "" };
    let upgraded = talk(stream, ("", offers), &answer, &heard).await;
    if let (Some(stream), Some(tls)) = (upgraded, tls)
        && let Ok(stream) = tls.accept(stream).await
    {
        talk(stream, ("tls ", "250-AUTH PLAIN LOGIN\r\n"), &answer, &heard).await;
    }
}

/// Talks until the other side ends, or wants TLS. Lines are kept behind `mark`; a stream that is marked is encrypted.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    (mark, offers): (&str, &str),
    answer: &AtomicU16,
    heard: &Mutex<Vec<String>>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if mark.is_empty() {
        stream.write_all(b"220 mail.example\r\n").await.ok()?;
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        heard.lock().expect("the list").push(format!("{mark}{line}"));
        let word = line.split(' ').next().unwrap_or_default();
        let said = match word {
            "." if in_data => {
                in_data = false;
                "250 taken\r\n".to_owned()
            }
            _ if in_data => continue,
            "EHLO" => format!("250-mail.example\r\n{offers}250 SIZE 1000000\r\n"),
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                stream.flush().await.ok()?;
                return Some(stream.into_inner());
            }
            "AUTH" => "235 it is you\r\n".to_owned(),
            "RCPT" => format!("{} as it is told to\r\n", answer.load(Ordering::SeqCst)),
            "DATA" => {
                in_data = true;
                "354 go on\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 fine\r\n".to_owned(),
        };
        stream.write_all(said.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}

/// A provider whose mail server is vouched for by this authority, and wants a log-in.
async fn with_server(server: &Server, authority: &Authority, folder: &Folder) -> TestApp {
    folder.put("ca.pem", &authority.certificate.pem());
    stage(|config| {
        config.mail.url = Some(server.url(""));
        config.mail.ca_file = Some(folder.path("ca.pem"));
        config.mail.username = Some("motlan".to_owned());
        config.mail.password = Some(SecretString::from("bi-mat"));
        config.mail.from = "motlan@vi-du.vn".to_owned();
    })
    .await
}

#[tokio::test]
async fn nothing_is_said_to_a_mail_server_before_it_has_shown_who_it_is() {
    let (authority, folder) = (Authority::new(), Folder::empty());
    let server = Server::of(&authority).await;
    let app = with_server(&server, &authority, &folder).await;
    write(&app, TO, &code(), true).await;

    let mail = soon(try_once(&app)).await;

    assert!(mail.sent_at.is_some(), "{:?}", mail.last_answer);
    let heard = server.heard();
    let upgrade = heard.iter().position(|line| line == "STARTTLS").expect("an upgrade");
    assert!(heard[..upgrade].iter().all(|line| line == "EHLO id.example"), "{heard:?}");
    assert!(heard[upgrade + 1..].iter().all(|line| line.starts_with("tls ")), "{heard:?}");
    for line in ["tls AUTH PLAIN AG1vdGxhbgBiaS1tYXQ=", "tls MAIL FROM:<motlan@vi-du.vn>", "tls RCPT TO:<kim@vi-du.vn>"] {
        assert!(server.heard_one(line), "{heard:?}");
    }
    assert!(server.heard_one("tls Auto-Submitted: auto-generated"), "{heard:?}");
}

#[tokio::test]
async fn a_mail_server_that_is_not_who_it_should_be_hears_nothing() {
    let (authority, other, folder) = (Authority::new(), Authority::new(), Folder::empty());
    for server in [Server::of(&other).await, Server::start(None).await] {
        let app = with_server(&server, &authority, &folder).await;
        write(&app, TO, &code(), true).await;

        let mail = soon(try_once(&app)).await;

        let heard = server.heard();
        assert_eq!((mail.sent_at, mail.dead_at, mail.sealed.is_some()), (None, None, true), "it waits");
        for word in ["AUTH", "tls ", "MAIL", "RCPT", "DATA"] {
            assert!(!server.heard_one(word), "{heard:?}");
        }
    }
}

/// A provider whose mail server is on this machine.
async fn beside(server: &Server) -> TestApp {
    stage(|config| {
        config.mail.url = Some(server.url("?tls=none"));
        config.mail.from = "motlan@vi-du.vn".to_owned();
    })
    .await
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_ever_more_seldom_for_three_days() {
    let server = Server::start(None).await;
    let app = beside(&server).await;
    server.answer.store(451, Ordering::SeqCst);
    write(&app, TO, &invitation(), true).await;

    for wait in [60, 120, 300, 900] {
        let mail = soon(try_once(&app)).await;
        assert_eq!((mail.sent_at, mail.last_answer.as_deref()), (None, Some("answered 451")));
        app.advance_seconds(wait - 1);
        assert!(claimed(&app).await.is_empty(), "not before {wait} seconds");
        app.advance_seconds(1);
    }
    server.answer.store(250, Ordering::SeqCst);
    let sent = soon(try_once(&app)).await;
    assert_eq!((sent.attempts, sent.sent_at.is_some(), sent.sealed), (5, true, None));

    server.answer.store(451, Ordering::SeqCst);
    write(&app, TO, &invitation(), true).await;
    app.advance_seconds(3 * 24 * HOUR);
    let dead = soon(try_once(&app)).await;
    assert_eq!((dead.sent_at, dead.dead_at.is_some(), dead.sealed), (None, true, None));
    let [told] = undelivered(&app).await.try_into().expect("one row");
    assert_eq!((&told["kind"], &told["reason"]), (&"invitation".into(), &"answered 451".into()));
    app.advance_seconds(30 * 24 * HOUR);
    deliver(&app).await;
    assert_eq!(undelivered(&app).await.len(), 1, "given up once");
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_not_asked_again() {
    let server = Server::start(None).await;
    let app = beside(&server).await;
    server.answer.store(550, Ordering::SeqCst);
    write(&app, TO, &invitation(), true).await;

    let mail = soon(try_once(&app)).await;

    assert_eq!((mail.sent_at, mail.dead_at.is_some(), mail.sealed), (None, true, None));
    assert!(!server.heard_one("DATA"), "{:?}", server.heard());
    assert_eq!(undelivered(&app).await.len(), 1);
}

#[tokio::test]
async fn a_mail_server_that_is_away_loses_nothing() {
    let server = Server::start(None).await;
    let app = beside(&server).await;
    server.task.abort();
    while !server.task.is_finished() {
        tokio::task::yield_now().await;
    }
    write(&app, TO, &invitation(), true).await;

    let mail = soon(try_once(&app)).await;

    assert_eq!((mail.attempts, mail.sent_at, mail.dead_at, mail.sealed.is_some()), (1, None, None, true));
    assert!(undelivered(&app).await.is_empty());
}
