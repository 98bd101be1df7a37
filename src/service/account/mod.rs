//! What a person sees of their own account, and what they can say about it.
//!
//! Here belongs what is the person's own business: their data with its
//! sources, the post that they act in and the systems that are there for it,
//! their methods, their history, and who learned what of them. Changing a method belongs to that method's capability.

pub mod disclosures;
pub mod earlier;
pub mod history;
pub mod methods;
pub mod positions;
pub mod profile;
pub mod report_queue;
pub mod reports;
pub mod systems;
