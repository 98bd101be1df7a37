//! The pages as values: one askama struct a page, a template of the same name in `templates/pages/`.
//!
//! Here belongs what a page shows and how its sentences are chosen. What may be shown, and to whom, was decided before:
//! these structs are filled by the handlers and never reach for a store, a clock or a header.

pub mod admin_recovery;
pub mod change_password;
pub mod chrome;
pub mod client;
pub mod consent;
pub mod console;
pub mod delegations;
pub mod disclosures;
pub mod error;
pub mod federation;
pub mod form_post;
pub mod guides;
pub mod help;
pub mod history;
pub mod logout;
pub mod methods;
pub mod new_password;
pub mod not_me;
pub mod notices;
pub mod old_accounts;
pub mod passkey;
pub mod passkeys;
pub mod password;
pub mod password_rules;
pub mod place;
pub mod portal;
pub mod position;
pub mod privacy;
pub mod profile;
pub mod qr;
pub mod recover;
pub mod recovery_codes;
pub mod refused;
pub mod report;
mod scopes;
pub mod second_factor;
pub mod signed_out;
pub mod signin;
pub mod totp;
pub mod wait;
pub mod welcome;

#[cfg(test)]
mod tests;

/// Shown if a template ever fails, which only a formatter out of memory could cause.
const PLAIN: &str = "Chưa mở được trang. Vui lòng thử lại sau. / This page cannot be opened. Try again later.";

/// Every page can be turned into its HTML.
pub trait Page: askama::Template {
    /// The whole document.
    fn render_page(&self) -> String {
        match self.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                PLAIN.to_owned()
            }
        }
    }
}

impl<T: askama::Template> Page for T {}
