//! What this process is called among the nodes.

use super::config::Config;
use crate::service::Services;
use crate::service::figures::nodes::Node;

/// Where the system says what the machine, or the container, is called.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// This process, that begins now.
pub fn of(config: &Config, services: &Services) -> Node {
    let host = std::fs::read_to_string(HOST_NAME).map(|name| name.trim().to_owned()).unwrap_or_default();
    Node::new(services, &host, &config.server.listen)
}
