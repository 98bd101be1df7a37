//! The gate between a directory and the library that speaks with it.
//!
//! The library has one end of a socket pair of this process; behind the other
//! one each message of the directory is read whole, checked, and paid for from
//! what the present question may cost. So whatever a directory sends, no more
//! than that is held in memory, and nothing of another form is read further.

use super::LdapFault;
use super::frame::{self, Kind, Length, MOST_MESSAGE};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// What the present question may still bring, and why the connection ended.
#[derive(Default)]
pub(super) struct Allowance {
    bytes: AtomicUsize,
    entries: AtomicUsize,
    fault: Mutex<Option<LdapFault>>,
}

impl Allowance {
    /// A new question may bring so much.
    pub(super) fn grant(&self, bytes: usize, entries: usize) {
        self.bytes.store(bytes, Ordering::SeqCst);
        self.entries.store(entries, Ordering::SeqCst);
    }

    /// Why the connection ended, where that was for us to say.
    pub(super) fn fault(&self) -> Option<LdapFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pay(&self, bytes: usize, entries: usize) -> Result<(), LdapFault> {
        let paid = take(&self.bytes, bytes) && take(&self.entries, entries);
        if paid { Ok(()) } else { Err(LdapFault::TooMuch) }
    }

    fn fail(&self, fault: LdapFault) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
    }
}

fn take(from: &AtomicUsize, many: usize) -> bool {
    from.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(many)).is_ok()
}

/// One message, with its header.
pub(super) struct Message {
    bytes: Vec<u8>,
    body_at: usize,
}

impl Message {
    /// What stands in it.
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(self.body_at..).unwrap_or_default()
    }
}

/// Reads one message; `None` where the connection ends before it.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Message>, LdapFault> {
    let mut head = [0_u8; 6];
    if from.read(&mut head[..1]).await.map_err(|_| LdapFault::Closed)? == 0 {
        return Ok(None);
    }
    if head[0] != frame::SEQUENCE {
        return Err(LdapFault::Garbled("it is no message"));
    }
    fill(from, &mut head[1..2]).await?;
    let (length, body_at) = match frame::length(head[1]).map_err(LdapFault::Garbled)? {
        Length::Short(length) => (length, 2),
        Length::Long(bytes) => {
            let bytes = &mut head[2..2 + bytes];
            fill(from, bytes).await?;
            (frame::long_length(bytes), 2 + bytes.len())
        }
    };
    if length > MOST_MESSAGE {
        return Err(LdapFault::TooMuch);
    }
    let mut bytes = vec![0_u8; body_at + length];
    bytes[..body_at].copy_from_slice(&head[..body_at]);
    fill(from, &mut bytes[body_at..]).await?;
    Ok(Some(Message { bytes, body_at }))
}

async fn fill(from: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> Result<(), LdapFault> {
    from.read_exact(bytes).await.map(|_| ()).map_err(|_| LdapFault::Closed)
}

/// Hands on what either side says, until one of them ends or the directory says what it should not.
pub(super) async fn relay(directory: impl AsyncRead + AsyncWrite + Send + Unpin, local: UnixStream, allowance: &Allowance) {
    let (mut from_directory, mut to_directory) = tokio::io::split(directory);
    let (mut from_us, mut to_us) = local.into_split();
    let asking = async {
        let _ = tokio::io::copy(&mut from_us, &mut to_directory).await;
        let _ = to_directory.shutdown().await;
    };
    let answering = async {
        if let Err(fault) = hand_on(&mut from_directory, &mut to_us, allowance).await {
            allowance.fail(fault);
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
    }
}

async fn hand_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    allowance: &Allowance,
) -> Result<(), LdapFault> {
    while let Some(message) = read(from).await? {
        let kind = frame::check(message.body()).map_err(LdapFault::Garbled)?;
        allowance.pay(message.bytes.len(), usize::from(kind == Kind::Entry))?;
        // Other directories are not asked: what refers to them is paid for and dropped.
        if kind != Kind::Aside {
            to.write_all(&message.bytes).await.map_err(|_| LdapFault::Closed)?;
        }
    }
    Err(LdapFault::Closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the library gets of these bytes, and why it gets no more.
    async fn heard(bytes: &[u8], entries: usize) -> (usize, Option<LdapFault>) {
        let allowance = Allowance::default();
        allowance.grant(100, entries);
        let mut out = Vec::new();
        let ended = hand_on(&mut &bytes[..], &mut out, &allowance).await;
        (out.len(), ended.err())
    }

    const DONE: [u8; 14] = [0x30, 12, 2, 1, 2, 0x65, 7, 10, 1, 0, 4, 0, 4, 0];
    const ENTRY: [u8; 11] = [0x30, 9, 2, 1, 2, 0x64, 4, 4, 0, 0x30, 0];
    const REFERENCE: [u8; 10] = [0x30, 8, 2, 1, 2, 0x73, 3, 4, 1, b'x'];

    #[tokio::test]
    async fn no_more_is_handed_on_than_was_asked_for() {
        let two = [&ENTRY[..], &ENTRY, &DONE].concat();
        assert_eq!(heard(&two, 2).await, (36, Some(LdapFault::Closed)), "all of it");
        assert_eq!(heard(&two, 1).await, (11, Some(LdapFault::TooMuch)), "one entry");
        let flood = ENTRY.repeat(50);
        assert_eq!(heard(&flood, 50).await, (99, Some(LdapFault::TooMuch)), "no more bytes");
        let elsewhere = [&REFERENCE[..], &DONE].concat();
        assert_eq!(heard(&elsewhere, 1).await, (14, Some(LdapFault::Closed)), "nothing of elsewhere");
    }

    #[tokio::test]
    async fn what_is_no_message_ends_it() {
        let long = [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff];
        assert_eq!(heard(&long, 1).await, (0, Some(LdapFault::TooMuch)));
        assert_eq!(heard(b"HTTP/1.1 400 Bad Request\r\n\r\n", 1).await, (0, Some(LdapFault::Garbled("it is no message"))));
        assert_eq!(heard(&DONE[..9], 1).await, (0, Some(LdapFault::Closed)));
    }
}
