//! The exits for what is refused: OAuth JSON, a redirect to a proven address,
//! or a page. A failure of ours is logged once, here.

pub mod oauth;
pub mod page;
pub mod registration;
