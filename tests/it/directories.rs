//! What directories promise, played by a real OpenLDAP: whom they find right comes in, they are read by pages and without effect
//! where nothing changed, who is not in them any more goes, but never many at once and never because they show nobody; and
//! while they are away, whoever asked for it comes in by what was learnt of them.

use crate::support::TestApp;
use crate::support::listener::soon;
use crate::support::ports::free_port;
use crate::support::records::{count_of, has_ended};
use crate::support::tls::{Authority, Folder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use motlan::base::id::{PersonId, SignOnId};
use motlan::model::device::Device;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{LegacySource, Settings, SourceKind};
use motlan::model::sign_on::{Manner, SignOn};
use motlan::service::Origin;
use motlan::service::legacy::directories::bind::{self, BindAnswer, Typed};
use motlan::service::legacy::directories::sync::{self, Held, Outcome, Report, Request};
use motlan::service::legacy::directories::{offline, trial};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::store::legacy_accounts::{Stored, credentials};
use motlan::store::legacy_matching::{self, Decided};
use motlan::store::{ldap_syncs, legacy_accounts, sign_ons};
use secrecy::SecretString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use time::macros::date;

const SLAPD: &str = "/usr/sbin/slapd";
const SLAPADD: &str = "/usr/sbin/slapadd";
const READER: &str = "cn=doc,dc=vn";
const SECRET: &str = "mat-khau-doc";
const ADMIN: &str = "cn=quan-tri,dc=vn";
const ADMIN_SECRET: &str = "mat-khau-quan-tri";
/// Everybody comes in while the directory is away.
const FOR_EVERYBODY: &str = "offline_days = 7\noffline_for = \"everybody\"\n[sync]\nevery_minutes = 60\n";
/// So many people of the old city.
const PEOPLE: usize = 10_000;
/// The real attribute of Active Directory, and one of ours.
const SCHEMA: &str = "attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.32473.9.1 NAME 'thuMucCu' SUP top AUXILIARY MAY ( userAccountControl ) )
";

/// A directory that ends with the test.
struct Slapd {
    child: Option<Child>,
    folder: Folder,
    authority: Authority,
    tls_port: u16,
    port: u16,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// True where OpenLDAP is installed; where it has to be, its absence is a failure.
fn is_installed() -> bool {
    let is_there = Path::new(SLAPD).is_file() && Path::new(SLAPADD).is_file();
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "slapd is not installed: tests/run installs it");
        println!("skipped: slapd and ldap-utils are not installed");
    }
    is_there
}

fn name_of(place: usize) -> String {
    format!("can.bo.{place:05}")
}

fn password_of(place: usize) -> String {
    format!("mat-khau-{place}")
}

fn base() -> String {
    let mut text = "dn: dc=vn\nobjectClass: dcObject\nobjectClass: organization\ndc: vn\no: Thanh pho cu\n\n".to_owned();
    let _ = write!(
        text,
        "dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: doc\nuserPassword: {SECRET}\n\n\
         dn: ou=can-bo,dc=vn\nobjectClass: organizationalUnit\nou: can-bo\n\n"
    );
    text
}

/// People, some of whom share a family name and nobody a number.
fn people(many: usize) -> String {
    const NAMES: [&str; 5] = ["Nguyễn Văn", "Trần Thị", "Lê Hoàng", "Phạm Minh", "Đặng Thùy"];
    let mut text = String::new();
    for place in 0..many {
        let (uid, name) = (name_of(place), format!("{} Số {place}", NAMES[place % NAMES.len()]));
        let (cn, password) = (STANDARD.encode(&name), password_of(place));
        let _ = write!(
            text,
            "dn: uid={uid},ou=can-bo,dc=vn\nobjectClass: inetOrgPerson\nobjectClass: thuMucCu\nuid: {uid}\ncn:: {cn}\nsn:: {cn}\n\
             mail: {uid}@cu.example.vn\ndepartmentNumber: 26740\nuserAccountControl: 512\nuserPassword: {password}\n\n"
        );
    }
    text
}

impl Slapd {
    /// One with so many people.
    async fn start(many: usize) -> Self {
        let (authority, folder) = (Authority::new(), Folder::empty());
        folder.put("ca.pem", &authority.certificate.pem());
        folder.put_pair(&authority.vouch(&["127.0.0.1"]));
        folder.put("own.schema", SCHEMA);
        let path = |name: &str| folder.path(name).display().to_string();
        let conf = format!(
            "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {schema}
pidfile {pid}
argsfile {args}
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit unlimited
security simple_bind=128
TLSCACertificateFile {ca}
TLSCertificateFile {cert}
TLSCertificateKeyFile {key}
database mdb
maxsize 268435456
suffix \"dc=vn\"
rootdn \"{ADMIN}\"
rootpw {ADMIN_SECRET}
directory {data}
dbnosync
index objectClass,uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"{READER}\" read by self read by anonymous auth by * none
",
            schema = path("own.schema"),
            pid = path("pid"),
            args = path("args"),
            ca = path("ca.pem"),
            cert = path("cert.pem"),
            key = path("key.pem"),
            data = path("data"),
        );
        folder.put("slapd.conf", &conf);
        let mut slapd = Self { child: None, folder, authority, tls_port: free_port(), port: free_port() };
        slapd.load(many);
        slapd.run().await;
        slapd
    }

    /// Fills an empty database.
    fn load(&self, many: usize) {
        let data = self.folder.path("data");
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir(&data).expect("a folder");
        self.folder.put("people.ldif", &(base() + &people(many)));
        let mut command = Command::new(SLAPADD);
        command.arg("-q").arg("-f").arg(self.folder.path("slapd.conf")).arg("-l").arg(self.folder.path("people.ldif"));
        let done = command.stdin(Stdio::null()).output().expect("slapadd runs");
        assert!(done.status.success(), "slapadd: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Starts it, and waits until it listens.
    async fn run(&mut self) {
        let log = std::fs::File::create(self.folder.path("log")).expect("a log");
        let addresses = format!("ldaps://127.0.0.1:{}/ ldap://127.0.0.1:{}/", self.tls_port, self.port);
        let mut command = Command::new(SLAPD);
        // With -d it stays in front.
        command.arg("-d").arg("0").arg("-f").arg(self.folder.path("slapd.conf")).arg("-h").arg(addresses);
        let outputs = (log.try_clone().expect("a log"), log);
        let child = command.stdin(Stdio::null()).stdout(outputs.0).stderr(outputs.1).spawn().expect("it starts");
        self.child = Some(child);
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..1_500 {
            beat.tick().await;
            if tokio::net::TcpStream::connect(("127.0.0.1", self.tls_port)).await.is_ok() {
                return;
            }
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                panic!("slapd ended with {status}: {}", self.log());
            }
        }
        panic!("slapd does not listen: {}", self.log());
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path("log")).unwrap_or_default()
    }

    /// Changes entries, as whoever keeps the directory does.
    fn change(&self, program: &str, ldif: &str) {
        self.folder.put("change.ldif", ldif);
        let mut command = Command::new(program);
        command.env("LDAPTLS_CACERT", self.folder.path("ca.pem")).env("LDAPTLS_REQCERT", "demand");
        command.arg("-x").arg("-H").arg(format!("ldaps://127.0.0.1:{}", self.tls_port)).arg("-D").arg(ADMIN);
        command.arg("-w").arg(ADMIN_SECRET).arg("-f").arg(self.folder.path("change.ldif"));
        let done = command.stdin(Stdio::null()).output().expect("ldap-utils run");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn remove(&self, places: impl Iterator<Item = usize>) {
        let names: Vec<String> = places.map(|place| format!("uid={},ou=can-bo,dc=vn", name_of(place))).collect();
        self.change("ldapdelete", &(names.join("\n") + "\n"));
    }

    fn replace(&self, place: usize, attribute: &str, value: &str) {
        let name = name_of(place);
        let ldif = format!("dn: uid={name},ou=can-bo,dc=vn\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n\n");
        self.change("ldapmodify", &ldif);
    }

    fn file(&self, server: &str, more: &str) -> String {
        format!(
            "servers = [\"{server}\"]\nbase = \"ou=can-bo,dc=vn\"\nreader_dn = \"{READER}\"\ntimeout_seconds = 10\n\
             ca = '''\n{}'''\n{more}",
            self.authority.certificate.pem()
        )
    }

    fn over_tls(&self, more: &str) -> String {
        self.file(&format!("ldaps://127.0.0.1:{}", self.tls_port), more)
    }
}

async fn source(app: &TestApp, id: &str, text: &str) -> LegacySource {
    let new = NewSource {
        id: id.to_owned(),
        name: None,
        province: Some("79".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::from_toml(SourceKind::Ldap, text).expect("settings"),
        secret: Some(SecretString::from(SECRET)),
    };
    sources::add(app.services(), new, "os:test").await.expect("a source")
}

async fn try_in(app: &TestApp, source: &LegacySource, username: &str, password: &str) -> BindAnswer {
    let Settings::Ldap(settings) = &source.settings else { panic!("a directory") };
    let password = SecretString::from(password);
    let typed = Typed { username, password: &password, device: Some("cua-minh"), hasher: &app.services().hasher };
    soon(bind::check(app.services(), source, settings, typed)).await.expect("an answer")
}

/// The account of whoever came in.
#[track_caller]
fn id_of(answer: BindAnswer) -> String {
    let BindAnswer::Right { legacy_id, offline: false } = answer else { panic!("not right: {answer:?}") };
    legacy_id
}

async fn read(app: &TestApp, accept: bool) -> Report {
    app.advance_seconds(60);
    let origin = Origin::command_line();
    let request = Request { accept, actor: "os:test", origin: &origin };
    sync::run(app.services(), "sg", &request, "test").await.expect("a report")
}

async fn here(app: &TestApp) -> i64 {
    ldap_syncs::count_known(&mut app.services().store.read().await.expect("a connection"), "sg").await.expect("a count")
}

async fn account(app: &TestApp, id: &str) -> Stored {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_accounts::list(&mut conn, "sg", &[id]).await.expect("an answer").pop().expect("the account")
}

/// Whoever it is, the account is this person's.
async fn give(app: &TestApp, id: &str, person: &PersonId) {
    let known = account(app, id).await;
    let decided = Decided {
        key: AccountKey { source: "sg".to_owned(), legacy_id: id.to_owned() },
        row_digest: known.given.row_digest,
        before: known.decision,
        was: known.person_id,
        decision: "linked",
        rule: "numbers_equal",
        evidence: "[]".to_owned(),
        person: Some(person.clone()),
    };
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let now = services.clock.now();
    assert_eq!(legacy_matching::decide(&mut tx, &[decided], now).await.expect("decided"), 1);
    // Whoever came with it once keeps it, whatever names say.
    let known = credentials::find(&mut tx, "sg", id).await.expect("an answer").expect("the account");
    assert!(credentials::mark_used(&mut tx, &known, person, false, now).await.expect("an answer"));
    tx.commit().await.expect("committed");
}

/// A sign-on that was made through a source, or by the person's own means.
async fn signed_on(app: &TestApp, id: &str, person: &PersonId, legacy: Option<&str>) -> SignOnId {
    let services = app.services();
    let now = services.clock.now();
    let sign_on = SignOn {
        id: SignOnId(id.to_owned()),
        person: person.clone(),
        started_at: now,
        authenticated_at: now,
        last_seen_at: now,
        ends_at: now.plus_seconds(36_000),
        level: 1,
        methods: "pwd".to_owned(),
        device: Device::default(),
        manner: Manner::default(),
        legacy: legacy.map(str::to_owned),
        legacy_id: None,
        ended_at: None,
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    sign_ons::add(&mut tx, &sign_on, id.as_bytes(), "192.0.2.1").await.expect("a sign-on");
    tx.commit().await.expect("committed");
    sign_on.id
}

#[tokio::test]
async fn people_come_in_by_search_by_template_and_over_start_tls_and_strangers_do_not() {
    if !is_installed() {
        return;
    }
    let (slapd, app) = (Slapd::start(20).await, TestApp::start().await);
    let template = "bind = \"template\"\ndn_template = \"uid={username},ou=can-bo,dc=vn\"\n";
    let clear = format!("ldap://127.0.0.1:{}", slapd.port);
    let all = [
        source(&app, "sg", &slapd.over_tls("")).await,
        source(&app, "sg-mau", &slapd.over_tls(template)).await,
        source(&app, "sg-sau", &slapd.file(&clear, "")).await,
    ];
    let (kim, password) = (name_of(7), password_of(7));
    let mut ids = Vec::new();
    for source in &all {
        ids.push(id_of(try_in(&app, source, &kim, &password).await));
        for (username, password) in [
            (kim.as_str(), "sai"),
            (kim.as_str(), ""),
            ("khong-ai", "sai"),
            ("*", password.as_str()),
            ("can.bo.00007)(uid=*", password.as_str()),
            ("can.bo.00007,ou=can-bo", password.as_str()),
        ] {
            assert_eq!(try_in(&app, source, username, password).await, BindAnswer::Wrong, "{}: {username}", source.id);
        }
    }

    assert!(ids.iter().all(|id| *id == ids[0] && id.len() == 36), "one entry, by its own number: {ids:?}");
    let known = account(&app, &ids[0]).await;
    assert_eq!((known.given.username.as_str(), known.given.full_name.as_str()), (kim.as_str(), "Lê Hoàng Số 7"));
    assert_eq!(here(&app).await, 1, "only whoever came");
}

#[tokio::test]
async fn who_is_disabled_there_does_not_come_in() {
    if !is_installed() {
        return;
    }
    let (slapd, app) = (Slapd::start(5).await, TestApp::start().await);
    let source = source(&app, "sg", &slapd.over_tls("")).await;
    slapd.replace(3, "userAccountControl", "514");

    assert_eq!(try_in(&app, &source, &name_of(3), &password_of(3)).await, BindAnswer::Wrong);

    assert_eq!(here(&app).await, 0);
    let tried = trial::try_out(app.services(), "sg").await.expect("tried").expect("a directory");
    let seen = tried[0].outcome.clone().expect("it serves");
    assert_eq!((seen.entries, seen.usable, seen.disabled, seen.more), (5, 5, 1, false));
}

#[tokio::test]
async fn ten_thousand_entries_are_read_by_pages_and_a_second_time_without_effect() {
    if !is_installed() {
        return;
    }
    let (slapd, app) = (Slapd::start(PEOPLE).await, TestApp::start().await);
    source(&app, "sg", &slapd.over_tls("")).await;

    let first = read(&app, false).await;
    assert_eq!((first.told.outcome, first.told.tally.added, first.seen), (Outcome::Done, 10_000, 10_000));
    assert_eq!(here(&app).await, 10_000);
    let second = read(&app, false).await;
    assert_eq!((second.told.tally.same, second.told.tally.changed, second.told.tally.added), (10_000, 0, 0));
    assert_eq!(count_of(&app, "legacy.synced").await, 1, "the second one is not worth a record");

    slapd.replace(1, "departmentNumber", "26743");
    slapd.remove(2..12);
    slapd.replace(12, "userAccountControl", "514");
    let third = read(&app, false).await;
    assert_eq!((third.told.tally.changed, third.told.tally.gone, third.told.tally.disabled), (1, 11, 1));
    assert_eq!((third.told.outcome, here(&app).await), (Outcome::Done, 9_989));
    assert_eq!(count_of(&app, "legacy_account.gone").await, 11);

    slapd.replace(12, "userAccountControl", "512");
    let fourth = read(&app, false).await;
    assert_eq!((fourth.told.tally.changed, here(&app).await), (1, 9_990), "whoever comes back is there again");
}

#[tokio::test]
async fn too_many_who_would_be_gone_wait_for_a_word_and_an_empty_answer_makes_nobody_go() {
    if !is_installed() {
        return;
    }
    let (mut slapd, app) = (Slapd::start(100).await, TestApp::start().await);
    let source = source(&app, "sg", &slapd.over_tls("")).await;
    read(&app, false).await;

    slapd.remove(10..16);
    let held = read(&app, false).await;
    assert_eq!((held.told.outcome, held.held.map(|held| (held.known, held.gone))), (Outcome::Held, Some((100, 6))));
    assert_eq!((here(&app).await, count_of(&app, "legacy_account.gone").await), (100, 0));
    read(&app, false).await;
    assert_eq!(count_of(&app, "legacy.sync_held").await, 1, "it is told once");

    slapd.remove(20..21);
    let more = read(&app, true).await;
    assert_eq!(more.held.map(|Held { gone, .. }| gone), Some(7), "one more than was agreed to");
    assert_eq!(here(&app).await, 100);
    let agreed = read(&app, true).await;
    assert_eq!((agreed.told.outcome, agreed.told.tally.gone, agreed.held), (Outcome::Done, 7, None));
    assert_eq!(here(&app).await, 93);

    slapd.stop();
    slapd.load(0);
    slapd.run().await;
    for accept in [false, true] {
        assert_eq!(read(&app, accept).await.told.outcome, Outcome::Empty);
    }
    assert_eq!(here(&app).await, 93, "nobody goes for an empty answer");
    assert_eq!(try_in(&app, &source, &name_of(1), &password_of(1)).await, BindAnswer::Wrong);
}

#[tokio::test]
async fn who_is_gone_is_signed_off_of_what_they_entered_through_the_directory_and_of_nothing_else() {
    if !is_installed() {
        return;
    }
    let (slapd, app) = (Slapd::start(40).await, TestApp::start().await);
    let source = source(&app, "sg", &slapd.over_tls(FOR_EVERYBODY)).await;
    let (kim, lan) = (app.official("kim").await, app.official("lan").await);
    let ids = [
        id_of(try_in(&app, &source, &name_of(1), &password_of(1)).await),
        id_of(try_in(&app, &source, &name_of(2), &password_of(2)).await),
    ];
    read(&app, false).await;
    give(&app, &ids[0], &kim.id).await;
    give(&app, &ids[1], &lan.id).await;
    let through = signed_on(&app, "qua-thu-muc", &kim.id, Some("sg")).await;
    let own = signed_on(&app, "cua-minh", &kim.id, None).await;
    let other = signed_on(&app, "nguoi-khac", &lan.id, Some("sg")).await;

    slapd.remove(1..2);
    assert_eq!(read(&app, false).await.told.tally.gone, 1);

    assert!(has_ended(&app, &through).await);
    assert!(!has_ended(&app, &own).await && !has_ended(&app, &other).await);
    assert!(account(&app, &ids[0]).await.gone_at.is_some() && account(&app, &ids[1]).await.gone_at.is_none());
}

#[tokio::test]
async fn while_a_directory_is_away_only_what_was_learnt_of_whoever_asked_lets_them_in() {
    if !is_installed() {
        return;
    }
    let (mut slapd, app) = (Slapd::start(5).await, TestApp::start().await);
    let source = source(&app, "sg", &slapd.over_tls("offline_days = 7\n[sync]\nevery_minutes = 60\n")).await;
    let (kim, origin) = (app.official("kim").await, Origin::command_line());
    let (name, password) = (name_of(1), password_of(1));
    let id = id_of(try_in(&app, &source, &name, &password).await);
    id_of(try_in(&app, &source, &name_of(2), &password_of(2)).await);
    give(&app, &id, &kim.id).await;
    let lan = app.official("lan").await;
    let services = app.services();
    assert!(!offline::choose(services, ("sg", &id), &lan.id, true, &origin).await.expect("an answer"), "it is not theirs");
    assert!(offline::choose(services, ("sg", &id), &kim.id, true, &origin).await.expect("an answer"));
    id_of(try_in(&app, &source, &name, &password).await);
    read(&app, false).await;

    slapd.stop();
    app.advance_seconds(16);
    let offline = BindAnswer::Right { legacy_id: id.clone(), offline: true };
    assert_eq!(try_in(&app, &source, &name, &password).await, offline);
    assert_eq!(try_in(&app, &source, &name, "sai").await, BindAnswer::Unproven, "a failure, told as an outage");
    assert_eq!(try_in(&app, &source, &name_of(2), &password_of(2)).await, BindAnswer::Unproven, "who did not ask");
    app.advance_seconds(86_400);
    assert_eq!(try_in(&app, &source, &name, &password).await, BindAnswer::Down, "nobody knows any more whom it has disabled");

    slapd.run().await;
    app.advance_seconds(6 * 86_400);
    read(&app, false).await;
    slapd.stop();
    app.advance_seconds(3_600);
    assert_eq!(try_in(&app, &source, &name, &password).await, BindAnswer::Unproven, "it was learnt too long ago");

    slapd.run().await;
    app.advance_seconds(3_600);
    id_of(try_in(&app, &source, &name, &password).await);
    slapd.replace(1, "userPassword", "mat-khau-moi");
    assert_eq!(try_in(&app, &source, &name, &password).await, BindAnswer::Wrong);
    read(&app, false).await;
    slapd.stop();
    app.advance_seconds(3_600);
    assert_eq!(try_in(&app, &source, &name, &password).await, BindAnswer::Unproven, "the directory said no to it");
}

#[tokio::test]
async fn who_was_disabled_before_an_outage_does_not_come_in_during_it() {
    if !is_installed() {
        return;
    }
    let (mut slapd, app) = (Slapd::start(40).await, TestApp::start().await);
    let settings = format!("disabled_filter = \"(title=nghi-viec)\"\n{FOR_EVERYBODY}");
    let source = source(&app, "sg", &slapd.over_tls(&settings)).await;
    let people = [app.official("kim").await, app.official("lan").await, app.official("minh").await];
    for (place, person) in people.iter().enumerate() {
        let id = id_of(try_in(&app, &source, &name_of(place), &password_of(place)).await);
        give(&app, &id, &person.id).await;
        // Learnt now that it is theirs.
        assert_eq!(id_of(try_in(&app, &source, &name_of(place), &password_of(place)).await), id);
    }
    slapd.replace(0, "userAccountControl", "514");
    slapd.replace(1, "title", "nghi-viec");

    assert_eq!(read(&app, false).await.told.tally.gone, 2);
    slapd.stop();
    app.advance_seconds(16);

    for place in [0, 1] {
        assert_eq!(try_in(&app, &source, &name_of(place), &password_of(place)).await, BindAnswer::Unproven, "{place}");
    }
    let lasting = try_in(&app, &source, &name_of(2), &password_of(2)).await;
    assert!(matches!(lasting, BindAnswer::Right { offline: true, .. }), "{lasting:?}");
    assert_eq!(count_of(&app, "legacy_account.gone").await, 2);
}
