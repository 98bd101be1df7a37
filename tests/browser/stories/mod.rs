//! The stories, by what they are about. A story tells what a person does and sees, never how a page is made.

pub(crate) mod console_approvals;
pub(crate) mod console_audit;
pub(crate) mod console_clients;
pub(crate) mod console_help_desk;
pub(crate) mod console_imports;
pub(crate) mod console_old_accounts;
pub(crate) mod console_onboarding;
pub(crate) mod console_pages;
pub(crate) mod console_plans;
pub(crate) mod console_reviews;
pub(crate) mod console_units;
pub(crate) mod console_worklist;
pub(crate) mod delegations;
pub(crate) mod first_walk;
pub(crate) mod guides;
pub(crate) mod measures;
pub(crate) mod movers;
pub(crate) mod old_accounts;
pub(crate) mod own_account;
pub(crate) mod pages;
pub(crate) mod passkeys;
pub(crate) mod recovery;
pub(crate) mod second_factor;
pub(crate) mod shared_computer;
pub(crate) mod signing_in;
pub(crate) mod step_up;
pub(crate) mod stubborn;
pub(crate) mod two_positions;

/// One position, in the unit of the printed list that was Phường Bến Nghé.
pub(crate) const ONE_POSITION: &str = "minh.lq";
/// Two positions at once, in two units of the former Bình Dương.
pub(crate) const TWO_POSITIONS: &str = "anhtuyet.nt";
