//! The directory of the city as it was: OpenLDAP on loopback, when it is installed, with a certificate made for the demo.
//!
//! It ends with the demo, however that ends: a small shell stands beside it and
//! waits until our end of its input is closed, which the system does for us
//! even when we are killed. Where `slapd` is not installed, or does not start,
//! the demo goes on without it and says so.

use super::scene::refused;
use crate::app::cli::CliError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use secrecy::SecretString;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

/// Its people.
const PEOPLE: &str = include_str!("../../../data/demo/thanh_pho_cu.csv");
/// Where distributions put the program that serves, and the one that fills it.
const PROGRAMS: [(&str, &str); 3] = [
    ("/usr/sbin/slapd", "/usr/sbin/slapadd"),
    ("/usr/libexec/slapd", "/usr/sbin/slapadd"),
    ("/usr/local/libexec/slapd", "/usr/local/sbin/slapadd"),
];
/// Where they put its schemas and its modules.
const SCHEMAS: [&str; 3] = ["/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema"];
const MODULES: [&str; 4] = ["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap", "/usr/local/libexec/openldap"];
const MODULE_FILES: [&str; 3] = ["back_mdb.so", "back_mdb.la", "back_mdb"];
const SUFFIX: &str = "dc=tphcm,dc=example";
const BASE: &str = "ou=can-bo,dc=tphcm,dc=example";
const READER: &str = "cn=doc,dc=tphcm,dc=example";
/// As public as everything here.
const READER_SECRET: &str = "Chi-doc-thoi-2025";
/// How often it is looked whether it listens, and how many times.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOKS: usize = 200;
/// Runs it, ends it when our end of the input is closed, and ends with it.
const KEEPER: &str = r#"
exec 3<&0
"$@" </dev/null >/dev/null 2>&1 3<&- &
served=$!
{ read -r _ <&3; kill -TERM "$served"; } 2>/dev/null &
waiting=$!
exec 3<&- </dev/null
wait "$served"
kill "$waiting" 2>/dev/null
"#;

/// What the city needs to know of it.
pub struct Directory {
    /// `ldaps://` and where it listens.
    pub address: String,
    /// By whom its certificate is vouched for (PEM).
    pub authority: String,
    /// Where its people are.
    pub base: String,
    /// Who may read it.
    pub reader: String,
    /// Their password.
    pub reader_secret: SecretString,
    keeper: Child,
}

/// What came of starting it.
pub(super) enum Started {
    /// It listens.
    Listens(Directory),
    /// Why there is none, in a few words.
    Without(String),
}

/// Starts it on a port, in a folder that it has for itself and that begins empty.
pub(super) async fn start(ip: IpAddr, port: u16, dir: &Path) -> Result<Started, CliError> {
    let installed = PROGRAMS.into_iter().find(|(serves, fills)| Path::new(serves).is_file() && Path::new(fills).is_file());
    let schemas = SCHEMAS.into_iter().find(|folder| Path::new(folder).join("inetorgperson.schema").is_file());
    let (Some((serves, fills)), Some(schemas)) = (installed, schemas) else {
        return Ok(Started::Without("slapd is not installed".to_owned()));
    };
    let at = SocketAddr::new(ip, port);
    let authority = lay_out(dir, schemas, ip).map_err(refused)?;
    if let Err(why) = fill(fills, dir) {
        return Ok(Started::Without(why));
    }
    let mut directory = Directory {
        address: format!("ldaps://{at}"),
        authority,
        base: BASE.to_owned(),
        reader: READER.to_owned(),
        reader_secret: SecretString::from(READER_SECRET),
        keeper: keep(serves, &format!("ldaps://{at}/"), dir).map_err(refused)?,
    };
    let mut beat = tokio::time::interval(LOOK_AGAIN);
    for _ in 0..LOOKS {
        beat.tick().await;
        if TcpStream::connect(at).await.is_ok() {
            return Ok(Started::Listens(directory));
        }
        // The shell ends when what it keeps does.
        if !matches!(directory.keeper.try_wait(), Ok(None)) {
            break;
        }
    }
    directory.finish();
    Ok(Started::Without("slapd does not start".to_owned()))
}

impl Directory {
    /// Ends it.
    pub(super) fn finish(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Writes what it needs: settings, certificates, people, an empty place for its database. Gives back the authority.
fn lay_out(dir: &Path, schemas: &str, ip: IpAddr) -> Result<String, String> {
    let data = dir.join("data");
    let io = |error: std::io::Error| format!("{}: {error}", dir.display());
    if data.exists() {
        std::fs::remove_dir_all(&data).map_err(io)?;
    }
    std::fs::create_dir_all(&data).map_err(io)?;
    let (authority, certificate, key) = certificates(ip).map_err(|error| error.to_string())?;
    for (name, text) in [("ca.pem", &authority), ("cert.pem", &certificate), ("key.pem", &key)] {
        write_private(&dir.join(name), text).map_err(io)?;
    }
    write_private(&dir.join("people.ldif"), &people()?).map_err(io)?;
    write_private(&dir.join("slapd.conf"), &settings(dir, schemas)).map_err(io)?;
    Ok(authority)
}

/// An authority, a certificate for the address, and its key: made anew each time, and kept nowhere else.
fn certificates(ip: IpAddr) -> Result<(String, String, String), rcgen::Error> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "motlan demo");
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let mut own = CertificateParams::new(vec![ip.to_string()])?;
    own.distinguished_name.push(DnType::CommonName, "thu muc cu (mau)");
    let certificate = own.signed_by(&key, &issuer)?;
    Ok((authority_certificate.pem(), certificate.pem(), key.serialize_pem()))
}

/// Its settings: nothing is said without TLS, and passwords are read by nobody.
fn settings(dir: &Path, schemas: &str) -> String {
    let path = |name: &str| dir.join(name).display().to_string();
    let module = MODULES
        .into_iter()
        .find(|folder| MODULE_FILES.iter().any(|file| Path::new(folder).join(file).is_file()))
        .map(|folder| format!("modulepath {folder}\nmoduleload back_mdb\n"))
        .unwrap_or_default();
    format!(
        "include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile \"{pid}\"
argsfile \"{args}\"
{module}security simple_bind=128
TLSCACertificateFile \"{ca}\"
TLSCertificateFile \"{cert}\"
TLSCertificateKeyFile \"{key}\"
database mdb
maxsize 16777216
suffix \"{SUFFIX}\"
directory \"{data}\"
index objectClass,uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"{READER}\" read by self read by anonymous auth by * none
",
        pid = path("pid"),
        args = path("args"),
        ca = path("ca.pem"),
        cert = path("cert.pem"),
        key = path("key.pem"),
        data = path("data"),
    )
}

/// Its entries (RFC 2849).
fn people() -> Result<String, String> {
    let mut text = format!(
        "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: tphcm\no: Thanh pho cu (mau)\n\n\
         dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: doc\n\
         userPassword: {READER_SECRET}\n\n\
         dn: {BASE}\nobjectClass: organizationalUnit\nou: can-bo\n\n"
    );
    for row in csv::Reader::from_reader(PEOPLE.as_bytes()).records() {
        let row = row.map_err(|error| error.to_string())?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let encoded = |place: usize| STANDARD.encode(cell(place));
        let (uid, name, password) = (cell(0), encoded(1), super::OLD_PASSWORD);
        let written = write!(
            text,
            "dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn:: {name}\nsn:: {name}\nemployeeNumber: {number}\n\
             mail: {mail}\ndepartmentNumber: {unit}\nou:: {unit_name}\ntitle:: {title}\nuserPassword: {password}\n\n",
            number = cell(2),
            mail = cell(3),
            unit = cell(4),
            unit_name = encoded(5),
            title = encoded(6),
        );
        written.map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// Readable by its owner only.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// Fills its database.
fn fill(program: &str, dir: &Path) -> Result<(), String> {
    let (settings, people) = (dir.join("slapd.conf"), dir.join("people.ldif"));
    let mut command = Command::new(program);
    command.arg("-q").arg("-f").arg(settings).arg("-l").arg(people);
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("slapadd does not start: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&done.stderr);
    Err(format!("slapadd: {}", complaint.lines().last().unwrap_or("it failed")))
}

/// Starts it under the shell that ends it. It has a process group of its own: a Ctrl-C is for us, and we end it in our order.
fn keep(program: &str, address: &str, dir: &Path) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", KEEPER, "keeper", program, "-d", "0", "-h", address, "-f"])
        .arg(dir.join("slapd.conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_people_are_written_so_that_every_letter_arrives() {
        let text = people().expect("entries");

        assert!(text.contains("dn: uid=minh.lq,ou=can-bo,dc=tphcm,dc=example\n"), "{text}");
        assert!(text.contains(&format!("cn:: {}\n", STANDARD.encode("Lê Quang Minh"))), "{text}");
        assert!(text.is_ascii(), "what is not plain is encoded");
        assert_eq!(text.matches("objectClass: inetOrgPerson").count() + 1, PEOPLE.lines().count());
    }

    #[test]
    fn nothing_is_said_to_it_in_clear_text_and_nobody_reads_a_password() {
        let text = settings(Path::new("/x"), "/etc/ldap/schema");

        assert!(text.contains("security simple_bind=128\n") && text.contains("TLSCertificateKeyFile \"/x/key.pem\"\n"), "{text}");
        assert!(text.contains("access to attrs=userPassword by anonymous auth by * none\n"), "{text}");
    }

    #[test]
    fn its_certificate_is_vouched_for_by_the_authority_that_the_city_is_told() {
        let (authority, certificate, key) = certificates(IpAddr::from([127, 0, 0, 1])).expect("certificates");

        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----") && certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(key.contains("PRIVATE KEY"));
        assert_ne!(authority, certificate);
    }
}
