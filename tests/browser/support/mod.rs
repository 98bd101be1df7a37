//! The stage of the browser tests: the demo, a driver, a browser, and what a person does with them.
//!
//! Nothing here decides whether a test passes, but for what is true of every
//! page: it is accessible, fits, and keeps to its own content policy. Waiting
//! is always for a condition and has a deadline; what was seen instead is told.

mod app;
mod axe;
mod browser;
mod demo;
mod device;
mod fields;
mod hands;
mod letter;
mod look;
mod party;
mod picture;
#[path = "../../it/support/ports.rs"]
mod ports;
mod process;
mod stage;
mod weight;

pub(crate) use app::App;
pub(crate) use browser::Browser;
pub(crate) use demo::Demo;
pub(crate) use device::Device;
pub(crate) use hands::Way;
pub(crate) use letter::Letter;
pub(crate) use party::Party;
pub(crate) use picture::folder as picture_folder;
pub(crate) use stage::Stage;
pub(crate) use stage::play;
pub(crate) use weight::MOST_BYTES;
