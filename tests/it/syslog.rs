//! The stream of records to a collector: RFC 5424 over TLS, each entry in its order and at least once, to nobody who is not
//! vouched for; and to a real rsyslog where one is installed.

use crate::support::listener::soon;
use crate::support::tls::{Authority, Folder, Pair};
use crate::support::trail::{Hand, run};
use crate::support::{TestApp, stage};
use motlan::app::config::{Config, syslog as settings};
use motlan::outbound::syslog::SyslogError;
use motlan::service::trail::stream::{Stream, StreamError};
use motlan::store::audit_stream;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A collector on loopback that keeps what it is sent.
struct Collector {
    address: SocketAddr,
    authority: Authority,
    messages: Arc<Mutex<Vec<String>>>,
    count: watch::Receiver<usize>,
    hang_up: watch::Sender<u64>,
    serving: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    /// One that believes everybody, or those that an authority vouches for.
    async fn start(clients: Option<&Authority>) -> Self {
        let authority = Authority::new();
        let own = authority.vouch(&["127.0.0.1"]);
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().expect("TLS");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.certificate.der().clone()).expect("an authority");
                let check = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a check");
                builder.with_client_cert_verifier(check)
            }
        };
        let tls = builder.with_single_cert(own.chain(), own.private()).expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let messages = Arc::new(Mutex::new(Vec::new()));
        let ((counted, count), (hang_up, hung_up)) = (watch::channel(0), watch::channel(0));
        let kept = messages.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, kept, counted) = (acceptor.clone(), kept.clone(), counted.clone());
                let mut hung_up = hung_up.clone();
                hung_up.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    tokio::select! {
                        () = take(stream, &kept, &counted) => {}
                        _ = hung_up.changed() => {}
                    }
                });
            }
        });
        Self { address, authority, messages, count, hang_up, serving }
    }

    /// The settings of a service that tells it.
    fn set(&self, folder: &Folder, config: &mut Config) {
        folder.put("ca.pem", &self.authority.certificate.pem());
        set(self.address, folder.path("ca.pem"), config);
    }

    /// Everything so far, once there are so many.
    async fn told(&mut self, count: usize) -> Vec<String> {
        soon(self.count.wait_for(|told| *told >= count)).await.expect("it listens");
        self.messages.lock().expect("the list").clone()
    }

    fn so_far(&self) -> usize {
        self.messages.lock().expect("the list").len()
    }

    /// Ends every connection.
    fn hang_up(&self) {
        self.hang_up.send_modify(|times| *times += 1);
    }
}

fn set(address: SocketAddr, ca_file: PathBuf, config: &mut Config) {
    config.syslog =
        settings::Syslog { address: Some(address.to_string()), ca_file: Some(ca_file), ..settings::Syslog::default() };
}

/// Reads messages by the lengths before them.
async fn take(mut stream: TlsStream<TcpStream>, kept: &Mutex<Vec<String>>, counted: &watch::Sender<usize>) {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        bytes.extend_from_slice(&piece[..count]);
        while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
            let length: usize = std::str::from_utf8(&bytes[..space]).expect("digits").parse().expect("a length");
            if bytes.len() < space + 1 + length {
                break;
            }
            let message = String::from_utf8(bytes[space + 1..space + 1 + length].to_vec()).expect("UTF-8");
            bytes.drain(..space + 1 + length);
            kept.lock().expect("the list").push(message);
            counted.send_modify(|count| *count += 1);
        }
    }
}

/// Some records under a seal; answers how many.
async fn act(app: &TestApp, name: &str) -> usize {
    app.official(name).await;
    app.advance_seconds(60);
    usize::try_from(run(app, "chain").await).expect("a count")
}

fn stream(name: &str) -> Stream {
    Stream::new(name.to_owned())
}

async fn cursor(app: &TestApp) -> i64 {
    audit_stream::cursor(&mut app.services().store.read().await.expect("a connection")).await.expect("a number")
}

/// The number that a message tells.
fn seq(message: &str) -> i64 {
    let (_, rest) = message.split_once("seq=\"").expect("a number");
    rest.split('"').next().expect("a number").parse().expect("a number")
}

fn seqs(messages: &[String]) -> Vec<i64> {
    messages.iter().map(|message| seq(message)).collect()
}

#[tokio::test]
async fn every_entry_is_told_in_its_order_and_counts_once_it_got_there() {
    let (mut collector, folder) = (Collector::start(None).await, Folder::empty());
    let app = stage(|config| collector.set(&folder, config)).await;
    let mut browser = app.browser();
    let mut minh = app.official("minh").await;
    minh.password = "khác".to_owned();
    browser.sign_in(&minh, "/signin").await;
    let count = act(&app, "kim").await;
    let mut stream = stream("one");

    assert_eq!(stream.run(app.services()).await.expect("told"), count as u64);
    assert_eq!(cursor(&app).await, 0, "nobody knows yet whether it got there");
    let messages = collector.told(count).await;
    assert_eq!(stream.run(app.services()).await.expect("nothing new"), 0);
    let last = Hand::of(&app).last().await;
    assert_eq!((cursor(&app).await, seqs(&messages)), (last, (1..=last).collect::<Vec<_>>()));

    for message in &messages {
        assert!(message.starts_with("<108>1 2026-11-22T0") || message.starts_with("<109>1 2026-11-22T0"), "{message}");
        assert!(message.contains(" motlan - ") && message.contains(" [motlan@32473 seq=\""), "{message}");
        let (_, text) = message.split_once("] \u{feff}").expect("a marked text");
        assert!(serde_json::from_str::<Value>(text).expect("JSON").is_object(), "{message}");
    }
    let failed = messages.iter().find(|message| message.contains(" sign_in.failed ")).expect("the failure");
    assert!(failed.starts_with("<108>") && failed.contains("event=\"sign_in.failed\""), "a failure warns: {failed}");
    assert!(messages.iter().any(|message| message.contains("actor=\"os:test\"")));

    let more = act(&app, "lan").await;
    assert_eq!(stream.run(app.services()).await.expect("told"), more as u64);
    assert_eq!(collector.told(count + more).await.len(), count + more, "only what is new");
}

#[tokio::test]
async fn after_a_break_it_goes_on_where_it_is_known_to_have_got_to() {
    let (mut collector, folder) = (Collector::start(None).await, Folder::empty());
    let app = stage(|config| collector.set(&folder, config)).await;
    let first = act(&app, "kim").await;
    let mut stream = stream("one");
    stream.run(app.services()).await.expect("told");
    collector.told(first).await;
    stream.run(app.services()).await.expect("counted");
    let known = cursor(&app).await;
    let second = act(&app, "lan").await;
    stream.run(app.services()).await.expect("told");
    collector.told(first + second).await;

    collector.hang_up();
    let broken = soon(async {
        loop {
            // The end of a connection takes a moment to arrive.
            if let Err(error) = stream.run(app.services()).await {
                break error;
            }
            act(&app, "minh").await;
        }
    });
    let broken = broken.await;
    assert!(matches!(broken, StreamError::Syslog(SyslogError::Closed)), "{broken}");
    let known = known.max(cursor(&app).await);
    let before = collector.so_far();
    assert_eq!(stream.run(app.services()).await.expect("it waits"), 0);
    assert_eq!(collector.so_far(), before, "it waits before it tries again");

    app.advance_seconds(3);
    let last = Hand::of(&app).last().await;
    let again = usize::try_from(stream.run(app.services()).await.expect("told")).expect("a count");
    assert_eq!(i64::try_from(again).expect("a count"), last - known, "everything behind what is known");
    let messages = collector.told(before + again).await;
    let mut told = seqs(&messages);
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, (1..=last).collect::<Vec<_>>(), "each at least once");
}

#[tokio::test]
async fn only_the_holder_of_the_lease_tells_and_whoever_lost_it_stops() {
    let (mut collector, folder) = (Collector::start(None).await, Folder::empty());
    let app = stage(|config| collector.set(&folder, config)).await;
    let count = act(&app, "kim").await;
    let (mut one, mut two) = (stream("one"), stream("two"));
    assert_eq!(one.run(app.services()).await.expect("told"), count as u64);
    assert_eq!(two.run(app.services()).await.expect("not its turn"), 0);
    collector.told(count).await;

    app.advance_seconds(61);
    assert_eq!(two.run(app.services()).await.expect("told"), count as u64, "what the other told is not known to be there");
    collector.told(2 * count).await;
    assert_eq!(one.run(app.services()).await.expect("not its turn"), 0);
    assert_eq!(cursor(&app).await, 0, "and it moved nothing");
    two.run(app.services()).await.expect("counted");
    assert_eq!((cursor(&app).await, collector.so_far()), (Hand::of(&app).last().await, 2 * count));
}

#[tokio::test]
async fn a_collector_that_nobody_vouches_for_is_told_nothing() {
    let (collector, folder) = (Collector::start(None).await, Folder::empty());
    folder.put("ca.pem", &Authority::new().certificate.pem());
    let app = stage(|config| set(collector.address, folder.path("ca.pem"), config)).await;
    act(&app, "kim").await;

    let refused = stream("one").run(app.services()).await;

    assert!(matches!(refused, Err(StreamError::Syslog(SyslogError::NoConnection(_)))), "{refused:?}");
    assert_eq!((collector.so_far(), cursor(&app).await), (0, 0));
}

#[tokio::test]
async fn a_collector_that_asks_for_a_certificate_gets_ours() {
    let (clients, folder) = (Authority::new(), Folder::empty());
    let mut collector = Collector::start(Some(&clients)).await;
    put(&folder, "client", &clients.vouch(&["motlan.vi-du.vn"]));
    let app = stage(|config| {
        collector.set(&folder, config);
        config.syslog.client_cert_file = Some(folder.path("client-cert.pem"));
        config.syslog.client_key_file = Some(folder.path("client-key.pem"));
    })
    .await;
    let count = act(&app, "kim").await;

    assert_eq!(stream("one").run(app.services()).await.expect("told"), count as u64);

    assert_eq!(collector.told(count).await.len(), count);
}

fn put(folder: &Folder, name: &str, pair: &Pair) {
    folder.put(&format!("{name}-cert.pem"), &pair.certificate.pem());
    folder.put(&format!("{name}-key.pem"), &pair.key.serialize_pem());
}

/// A real rsyslog that ends with the test.
struct Rsyslog {
    child: Child,
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, when it is there with its TLS.
fn rsyslogd() -> Option<PathBuf> {
    let has_tls = std::fs::read_dir("/usr/lib")
        .is_ok_and(|folders| folders.flatten().any(|folder| folder.path().join("rsyslog/lmnsd_gtls.so").is_file()))
        || Path::new("/usr/lib/rsyslog/lmnsd_gtls.so").is_file();
    let program = ["/usr/sbin/rsyslogd", "/sbin/rsyslogd"].into_iter().map(PathBuf::from).find(|path| path.is_file());
    program.filter(|_| has_tls)
}

impl Rsyslog {
    /// Starts one that writes what it takes into a file; answers its address.
    async fn start(program: &Path, folder: &Folder) -> (Self, SocketAddr) {
        let path = |name: &str| folder.path(name).display().to_string();
        let conf = format!(
            r#"global(
  workDirectory="{dir}"
  defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="{ca}"
  defaultNetstreamDriverCertFile="{cert}"
  defaultNetstreamDriverKeyFile="{key}"
)
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="told" type="string" string="%pri% %app-name% %msgid% %structured-data% %msg%\n")
ruleset(name="told") {{ action(type="omfile" file="{out}" template="told") }}
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{port}" ruleset="told")
"#,
            dir = path("").trim_end_matches('/'),
            ca = path("ca.pem"),
            cert = path("server-cert.pem"),
            key = path("server-key.pem"),
            port = path("port"),
            out = path("out"),
        );
        folder.put("rsyslog.conf", &conf);
        let log = std::fs::File::create(folder.path("log")).expect("a log");
        let mut command = Command::new(program);
        command.arg("-n").arg("-f").arg(path("rsyslog.conf")).arg("-i").arg(path("pid"));
        let outputs = (log.try_clone().expect("a log"), log);
        let child = command.stdin(Stdio::null()).stdout(outputs.0).stderr(outputs.1).spawn().expect("it starts");
        let mut rsyslog = Self { child };
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..1_500 {
            beat.tick().await;
            let port = std::fs::read_to_string(folder.path("port")).ok().and_then(|text| text.trim().parse::<u16>().ok());
            if let Some(port) = port.filter(|port| *port > 0) {
                return (rsyslog, SocketAddr::from(([127, 0, 0, 1], port)));
            }
            if let Ok(Some(status)) = rsyslog.child.try_wait() {
                panic!("it ended with {status}: {}", std::fs::read_to_string(folder.path("log")).unwrap_or_default());
            }
        }
        panic!("it does not listen: {}", std::fs::read_to_string(folder.path("log")).unwrap_or_default());
    }
}

#[tokio::test]
async fn a_real_rsyslog_takes_every_entry_and_reads_it_as_it_was_meant() {
    let Some(program) = rsyslogd() else {
        println!("skipped: rsyslog and rsyslog-gnutls are not installed");
        return;
    };
    let (authority, folder) = (Authority::new(), Folder::empty());
    folder.put("ca.pem", &authority.certificate.pem());
    put(&folder, "server", &authority.vouch(&["127.0.0.1"]));
    let (_rsyslog, address) = Rsyslog::start(&program, &folder).await;
    let app = stage(|config| set(address, folder.path("ca.pem"), config)).await;
    let count = act(&app, "kim").await;
    let mut stream = stream("one");

    assert_eq!(stream.run(app.services()).await.expect("told"), count as u64);

    let mut beat = tokio::time::interval(Duration::from_millis(20));
    let lines = soon(async {
        loop {
            beat.tick().await;
            let text = std::fs::read_to_string(folder.path("out")).unwrap_or_default();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if lines.len() >= count && text.ends_with('\n') {
                break lines;
            }
        }
    });
    let lines = lines.await;
    assert_eq!(seqs(&lines), (1..=Hand::of(&app).last().await).collect::<Vec<_>>());
    for line in &lines {
        assert!(line.starts_with("109 motlan ") || line.starts_with("108 motlan "), "{line}");
        let (_, text) = line.split_once("] ").expect("a text");
        let text = text.trim_start_matches([' ', '\u{feff}']);
        assert!(serde_json::from_str::<Value>(text).expect("JSON").is_object(), "{line}");
    }
    assert!(lines.iter().any(|line| line.contains(" password.set [motlan@32473 ")), "{lines:?}");
    stream.run(app.services()).await.expect("counted");
    assert_eq!(cursor(&app).await, Hand::of(&app).last().await);
}
