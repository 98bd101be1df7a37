//! Ports on loopback that nobody else takes meanwhile.
//!
//! A port that the system chooses may be given to an outgoing connection as soon as it is let go, and a server that is
//! started again finds it taken. These lie below those, and each is given once.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 10_000;
const HOW_MANY: u32 = 9_000;

static GIVEN: AtomicU32 = AtomicU32::new(0);

/// A port that nobody listens on. Processes beside each other begin at different ones.
pub fn free_port() -> u16 {
    let begin = std::process::id().wrapping_mul(97);
    let ports = (0..HOW_MANY).map(|_| FIRST + begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % HOW_MANY);
    let mut free =
        ports.filter_map(|port| u16::try_from(port).ok()).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}
