//! Mail on its way out: over SMTP, or into a folder where somebody looks at it.
//!
//! SMTP is encrypted before anything is said that matters: with TLS from the
//! first byte (`smtps://`), or with a STARTTLS that must succeed (`smtp://`). In
//! the clear it goes only to this very machine, and only when the setting says so.

use super::letters::Letterhead;
use crate::base::clock::Millis;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// One answer of a mail server takes at most so long.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The whole of a mail takes at most so long.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Answers after which trying again is of no use: there is no such mailbox (RFC 5321 §4.2.3).
const NO_SUCH_MAILBOX: [&str; 3] = ["550", "551", "553"];
/// What a mail server says is cut: it goes into records and logs.
const LONGEST_REASON: usize = 200;
/// No machine answers it (RFC 3834 §5).
const AUTOMATIC: &[u8] = b"Auto-Submitted: auto-generated\r\n";

/// Why a mail did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The settings do not fit.
    #[error("{0}")]
    Setup(String),
    /// There is no way out.
    #[error("mail is off")]
    Off,
    /// The mail is to nobody.
    #[error("the address cannot be read")]
    Address,
    /// The mail could not be put together.
    #[error("the mail cannot be put together")]
    Message,
    /// The mail server refused.
    #[error("answered {0}")]
    Answered(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimeOut,
    /// No connection, or none that can be trusted.
    #[error("{0}")]
    NoAnswer(String),
    /// The folder does not take it.
    #[error("the folder does not take it: {0}")]
    Folder(String),
}

impl MailError {
    /// True when no later try will fare better.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Address | Self::Message => true,
            Self::Answered(code) => NO_SUCH_MAILBOX.contains(&code.as_str()),
            Self::Setup(_) | Self::Off | Self::TimeOut | Self::NoAnswer(_) | Self::Folder(_) => false,
        }
    }
}

/// How the mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    FromTheStart,
    /// STARTTLS, which must succeed.
    Upgrade,
    /// None: on this machine only.
    Off,
}

/// Where the mail server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub encryption: Encryption,
}

impl Relay {
    /// Reads `smtp://HOST[:587]`, `smtps://HOST[:465]` or `smtp://localhost[:25]?tls=none`.
    pub fn parse(address: &str) -> Result<Self, &'static str> {
        let url = Url::parse(address).map_err(|_| "is no address: write smtp://HOST or smtps://HOST")?;
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("is smtp://HOST or smtps://HOST, with a port where it is another than 587 or 465");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("names no user: write mail.username, and the password to a file that MOTLAN_MAIL__PASSWORD_FILE names");
        }
        let (encryption, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Encryption::FromTheStart, 465),
            ("smtp", None) => (Encryption::Upgrade, 587),
            ("smtp", Some("tls=none")) if is_this_machine(&host) => (Encryption::Off, 25),
            ("smtp", Some("tls=none")) => return Err("has tls=none, which is for a mail server on this very machine only"),
            _ => return Err("begins with smtp:// or smtps://, and has no other parameter than tls=none"),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), encryption })
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// How mail goes out over SMTP.
#[derive(Debug)]
pub struct Account<'a> {
    /// The mail server.
    pub relay: &'a Relay,
    /// The user name and password there, when it wants them.
    pub login: Option<(&'a str, &'a SecretString)>,
    /// One more trusted authority (PEM).
    pub ca_pem: Option<&'a [u8]>,
    /// What we call ourselves there.
    pub hello: &'a str,
}

/// The way out of mail.
pub struct Sink {
    way: Way,
    head: Letterhead,
}

enum Way {
    Off,
    Folder(PathBuf, Address),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>, Address),
}

/// One mail. It may hold what opens something: it is not printed.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// Its own number; a second delivery has the same.
    pub id: &'a str,
    /// When it was written.
    pub at: Millis,
    /// To whom.
    pub to: &'a str,
    /// From whom, as people read it.
    pub sender: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// What it says, as text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
}

impl Sink {
    /// No mail at all.
    pub fn off() -> Self {
        Self { way: Way::Off, head: Letterhead::default() }
    }

    /// Files in a folder, one a mail, as mail programs open them. The folder is made when it is not there.
    pub fn folder(path: &Path, from: &str, head: Letterhead) -> Result<Self, MailError> {
        let from = sender(from)?;
        std::fs::create_dir_all(path).map_err(|error| MailError::Setup(format!("mail.folder: {}: {error}", path.display())))?;
        Ok(Self { way: Way::Folder(path.to_path_buf(), from), head })
    }

    /// A mail server.
    pub fn smtp(account: &Account<'_>, from: &str, head: Letterhead) -> Result<Self, MailError> {
        let from = sender(from)?;
        let Relay { host, port, encryption } = account.relay;
        let tls = match encryption {
            Encryption::Off => Tls::None,
            Encryption::Upgrade => Tls::Required(trusted(host, account.ca_pem)?),
            Encryption::FromTheStart => Tls::Wrapper(trusted(host, account.ca_pem)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str())
            .port(*port)
            .tls(tls)
            .hello_name(ClientId::Domain(account.hello.to_owned()))
            .timeout(Some(ANSWER_TIMEOUT));
        if let Some((username, password)) = account.login {
            builder = builder.credentials(Credentials::new(username.to_owned(), password.expose_secret().to_owned()));
        }
        Ok(Self { way: Way::Smtp(Box::new(builder.build()), from), head })
    }

    /// True when mail goes somewhere.
    pub fn is_on(&self) -> bool {
        match &self.way {
            Way::Off => false,
            Way::Folder(..) | Way::Smtp(..) => true,
        }
    }

    /// Whose letters these are.
    pub fn head(&self) -> &Letterhead {
        &self.head
    }

    /// Sends a mail. Once it is taken it is the mail server's.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        match &self.way {
            Way::Off => Err(MailError::Off),
            Way::Folder(path, from) => {
                let (_, bytes) = put_together(mail, from, legible)?;
                put_down(path.clone(), mail.id.to_owned(), bytes).await
            }
            Way::Smtp(transport, from) => {
                let (envelope, bytes) = put_together(mail, from, Body::new::<String>)?;
                let sending = transport.send_raw(&envelope, &bytes);
                match tokio::time::timeout(TIMEOUT, sending).await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(refusal(&error)),
                    Err(_) => Err(MailError::TimeOut),
                }
            }
        }
    }

    /// Whether the folder or the mail server is there; for the mail server as far as its own greeting and our log-in.
    pub async fn probe(&self) -> Result<(), MailError> {
        match &self.way {
            Way::Off => Err(MailError::Off),
            Way::Folder(path, _) => {
                let probe = format!("probe-{}", std::process::id());
                put_down(path.clone(), probe.clone(), Vec::new()).await?;
                std::fs::remove_file(path.join(file_name(&probe))).map_err(|error| MailError::Folder(error.to_string()))
            }
            Way::Smtp(transport, _) => match tokio::time::timeout(TIMEOUT, transport.test_connection()).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) => Err(MailError::NoAnswer("the mail server greets and then says nothing".to_owned())),
                Ok(Err(error)) => Err(refusal(&error)),
                Err(_) => Err(MailError::TimeOut),
            },
        }
    }
}

/// The address that mail comes from.
fn sender(from: &str) -> Result<Address, MailError> {
    from.parse().map_err(|_| MailError::Setup(format!("mail.from: {from:?} is not an e-mail address")))
}

/// What is asked of the mail server's certificate: its own name, from an authority of the system or of the setting.
fn trusted(host: &str, ca_pem: Option<&[u8]>) -> Result<TlsParameters, MailError> {
    let setup = |error: lettre::transport::smtp::Error| MailError::Setup(format!("mail.ca_file: {error}"));
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_pem {
        parameters = parameters.add_root_certificate(Certificate::from_pem(pem).map_err(setup)?);
    }
    parameters.build().map_err(setup)
}

/// What the mail server said, without its sentence: that may name people.
fn refusal(error: &lettre::transport::smtp::Error) -> MailError {
    if let Some(code) = error.status() {
        return MailError::Answered(code.to_string());
    }
    if error.is_timeout() {
        return MailError::TimeOut;
    }
    MailError::NoAnswer(error.to_string().chars().take(LONGEST_REASON).collect())
}

/// The mail as it travels, and to whom.
fn put_together(mail: &Mail<'_>, from: &Address, body: fn(String) -> Body) -> Result<(Envelope, Vec<u8>), MailError> {
    let to: Address = mail.to.parse().map_err(|_| MailError::Address)?;
    let part = |kind: ContentType, says: &str| SinglePart::builder().header(kind).body(body(says.to_owned()));
    let message = Message::builder()
        .from(Mailbox::new(Some(mail.sender.to_owned()), from.clone()))
        .to(Mailbox::new(None, to))
        .date(UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.at.0).unwrap_or_default()))
        .message_id(Some(format!("<{}@{}>", mail.id, from.domain())))
        .subject(mail.subject)
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, mail.text))
                .singlepart(part(ContentType::TEXT_HTML, mail.html)),
        )
        .map_err(|_| MailError::Message)?;
    let mut bytes = AUTOMATIC.to_vec();
    bytes.extend(message.formatted());
    Ok((message.envelope().clone(), bytes))
}

/// Bytes of a line that a mail may hold as it is (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// Letters as they are written, for whoever opens the file without a mail program.
fn legible(says: String) -> Body {
    if says.contains('\0') || says.lines().any(|line| line.len() > LONGEST_LINE) {
        return Body::new(says);
    }
    let lines: Vec<&str> = says.lines().collect();
    Body::dangerous_pre_encoded((lines.join("\r\n") + "\r\n").into_bytes(), ContentTransferEncoding::EightBit)
}

fn file_name(id: &str) -> String {
    format!("{id}.eml")
}

/// Whole or not at all; for the owner's eyes only, since a mail may open something.
async fn put_down(folder: PathBuf, id: String, bytes: Vec<u8>) -> Result<(), MailError> {
    let written = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let draft = folder.join(format!(".{id}.part"));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, folder.join(file_name(&id)))
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(MailError::Folder(error.to_string())),
        Err(_) => Err(MailError::Folder("writing was cut short".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: Mail<'static> = Mail {
        id: "0193-1",
        at: Millis(1_795_309_200_000),
        to: "kim@vi-du.vn",
        sender: "Đăng nhập một lần",
        subject: "Đã đổi mật khẩu",
        text: "Kính gửi Ông/Bà Kim,\n",
        html: "<p>Kính gửi Ông/Bà Kim,</p>\n",
    };

    fn from() -> Address {
        "motlan@vi-du.vn".parse().expect("an address")
    }

    #[test]
    fn a_relay_is_encrypted_unless_it_is_this_machine() {
        let relay = |host: &str, port, encryption| Ok(Relay { host: host.to_owned(), port, encryption });
        let table = [
            ("smtp://mail.vi-du.vn", relay("mail.vi-du.vn", 587, Encryption::Upgrade)),
            ("smtp://mail.vi-du.vn:25", relay("mail.vi-du.vn", 25, Encryption::Upgrade)),
            ("smtps://mail.vi-du.vn", relay("mail.vi-du.vn", 465, Encryption::FromTheStart)),
            ("smtp://127.0.0.1:2525?tls=none", relay("127.0.0.1", 2525, Encryption::Off)),
            ("smtp://localhost?tls=none", relay("localhost", 25, Encryption::Off)),
            ("smtp://[::1]?tls=none", relay("::1", 25, Encryption::Off)),
        ];
        for (address, expected) in table {
            assert_eq!(Relay::parse(address), expected, "{address}");
        }
        for address in [
            "mail.vi-du.vn",
            "smtp://",
            "https://mail.vi-du.vn",
            "smtp://kim:secret@mail.vi-du.vn",
            "smtp://mail.vi-du.vn?tls=none",
            "smtp://mail.vi-du.vn?tls=opportunistic",
            "smtps://localhost?tls=none",
            "smtp://mail.vi-du.vn/inbox",
        ] {
            assert!(Relay::parse(address).is_err(), "{address}");
        }
    }

    #[test]
    fn a_mail_over_smtp_is_plain_ascii_and_says_that_a_machine_wrote_it() {
        let (envelope, bytes) = put_together(&MAIL, &from(), Body::new::<String>).expect("a mail");
        let text = String::from_utf8(bytes).expect("text");

        assert!(text.is_ascii(), "{text}");
        assert_eq!(envelope.to().iter().map(ToString::to_string).collect::<Vec<_>>(), ["kim@vi-du.vn"]);
        for header in ["Auto-Submitted: auto-generated\r\n", "Message-ID: <0193-1@vi-du.vn>\r\n", "To: kim@vi-du.vn\r\n"] {
            assert!(text.contains(header), "{text}");
        }
        assert!(text.contains("multipart/alternative") && text.contains("text/plain") && text.contains("text/html"), "{text}");
    }

    #[test]
    fn nothing_but_an_address_is_written_to() {
        for to in ["", "kim", "kim@vi-du.vn\r\nRCPT TO:<x@y.vn>", "kim@vi-du.vn, x@y.vn", "Kim <kim@vi-du.vn>"] {
            let refused = put_together(&Mail { to, ..MAIL }, &from(), legible);
            assert!(matches!(refused, Err(MailError::Address)), "{to:?}");
        }
        let folded = put_together(&Mail { subject: "a\r\nBcc: x@y.vn", ..MAIL }, &from(), legible);
        if let Ok((envelope, bytes)) = folded {
            assert_eq!(envelope.to().len(), 1);
            assert!(!String::from_utf8_lossy(&bytes).contains("\r\nBcc:"));
        }
    }

    #[tokio::test]
    async fn a_folder_takes_mail_that_can_be_read_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = Sink::folder(&folder.path().join("mails"), "motlan@vi-du.vn", Letterhead::default()).expect("a sink");

        sink.probe().await.expect("it is there");
        sink.send(&MAIL).await.expect("taken");
        sink.send(&MAIL).await.expect("taken again");

        let names: Vec<_> = std::fs::read_dir(folder.path().join("mails"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["0193-1.eml"], "the same mail is one file");
        let text = std::fs::read_to_string(folder.path().join("mails/0193-1.eml")).expect("a file");
        assert!(text.contains("Kính gửi Ông/Bà Kim,"), "{text}");
    }

    #[test]
    fn only_a_missing_mailbox_is_final() {
        let answered = |code: &str| MailError::Answered(code.to_owned());
        let table = [
            (answered("550"), true),
            (answered("553"), true),
            (answered("535"), false),
            (answered("451"), false),
            (answered("552"), false),
            (MailError::Address, true),
            (MailError::TimeOut, false),
            (MailError::Off, false),
        ];
        for (error, is_final) in table {
            assert_eq!(error.is_final(), is_final, "{error}");
        }
    }
}
