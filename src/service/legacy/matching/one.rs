//! Whose one account is, when its owner stands at the door.
//!
//! All accounts of its name are decided as a run decides them, and nothing else is read than what can change that: these
//! accounts, the people of the name, whoever has one of their numbers, and whom all of these lead to (see `scene`). Nobody
//! goes through all people or all accounts while somebody waits.
//!
//! Where that is more than can be looked at meanwhile, nothing is linked or made: the account asks a human, and the next
//! run decides it with all others.

use super::crowds;
use super::families;
use super::ground::Ground;
use super::names;
use super::scene::Scene;
use super::write::{self, AT_THE_DOOR, Written};
use super::{Request, TURNS, write_all};
use crate::service::{Failure, Origin, Services};

/// Decides the accounts of one name, in its sorted form. Accounts without a name wait for a whole run.
pub async fn decide_name(services: &Services, name: &str, origin: &Origin) -> Result<(), Failure> {
    if name.is_empty() {
        return Ok(());
    }
    let request = Request { source: None, actor: AT_THE_DOOR, origin };
    if !names::read_few(services).await? {
        // Who has the name is not known yet.
        return crowds::ask_newest(services, &request, name).await;
    }
    for _ in 0..TURNS {
        let Some(scene) = Scene::of_name(services, name).await? else {
            return crowds::ask_newest(services, &request, name).await;
        };
        let ground = Ground::of_name(services, name, &scene.emails()).await?;
        let mut families = families::draw(services, &ground, &scene)?;
        drop(scene);
        write::trim_posts(services, &mut families).await?;
        families.retain(|family| !family.is_idle());
        if write_all(services, &request, &families, &mut Written::default()).await? {
            return Ok(());
        }
    }
    tracing::warn!(turns = TURNS, "others were always first to a legacy account that came; match again");
    Ok(())
}
