//! Every key that a language file holds: a list for each part of the product.

mod account;
mod events;
mod mails;
mod organisation;
mod pages;
mod people;
mod plan_worklist;
mod plans;
mod rights;
mod signin;
mod system;

use account::account;
use events::events;
use mails::mails;
use organisation::organisation;
use pages::pages;
use people::people;
use plan_worklist::plan_worklist;
use plans::plans;
use rights::rights;
use signin::signin;
use system::system;

// Each list hands itself and those before it on to the next one; the last one makes the struct of all.
pages! { [signin, account, mails, people, organisation, system, events, plans, plan_worklist, rights, words] }
