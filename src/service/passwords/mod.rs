//! A person's own password: changed when they wish, and when they must.
//!
//! A new password is judged by the rules and by what is known of the person, is
//! none of the last ones, and counts from one conditional write on. Every other
//! sign-on of the person ends with it: whoever knew the old one is out. Setting
//! somebody else's password is provisioning's; checking one at sign-in is login's.

mod change;

pub use change::{change, replace_temporary};

use crate::base::clock::Millis;
use crate::crypto::password::HashError;
use crate::model::password_policy::Complaint;
use crate::service::Failure;
use crate::store::StoreError;

/// What has to be mended, all of it at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfit {
    /// The present password was typed wrong.
    pub wrong_current: bool,
    /// What the rules say of the new one.
    pub complaints: Vec<Complaint>,
    /// The new one is the present one or one of the last; absent when that was not looked at.
    pub used_before: Option<bool>,
}

impl Unfit {
    /// True when nothing has to be mended.
    pub fn is_fit(&self) -> bool {
        !self.wrong_current && self.complaints.is_empty() && self.used_before != Some(true)
    }
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed has to be mended.
    #[error("what was typed cannot be taken")]
    Unfit(Unfit),
    /// Too many wrong passwords.
    #[error("locked")]
    Locked {
        /// When to try again.
        until: Millis,
    },
    /// The password pool is full.
    #[error("busy")]
    Busy {
        /// When to try again.
        seconds: u32,
    },
    /// Somebody else was first: the person in another window, or an operator.
    #[error("the password was changed meanwhile")]
    Overtaken,
    /// The person has no password, or may not sign in any more.
    #[error("there is no password to change")]
    NoPassword,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<HashError> for ChangeError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { seconds } => Self::Busy { seconds },
            HashError::Unusable => Self::Failure(error.into()),
        }
    }
}
