//! The template: what it is now, and a change of it.

use crate::base::id::PersonId;
use crate::model::authority::{EditTemplate, ReadTemplate, Sees};
use crate::model::unit_template::{Post, Right, Template, TemplateFault};
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::{AsEx, StoreError, clients, unit_templates};
use serde_json::json;
use std::collections::BTreeSet;

/// Why a template was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It keeps not to its rules.
    #[error(transparent)]
    Fault(#[from] TemplateFault),
    /// Somebody else changed it since it was shown.
    #[error("somebody else changed the template meanwhile")]
    Stale,
    /// A part that it leans on.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for TemplateError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A client that declares roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaring {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its roles.
    pub roles: Vec<String>,
}

/// The template as it is now. What the posts are is no secret among administrators.
pub async fn current(services: &Services) -> Result<Template, Failure> {
    Ok(load(&mut services.store.read().await?).await?)
}

pub(super) async fn load(conn: &mut impl AsEx) -> Result<Template, StoreError> {
    Ok(unit_templates::find(conn).await?.unwrap_or_else(Template::shipped))
}

/// The clients that declare roles, beside the template.
pub async fn declaring(services: &Services, _: &City<impl Sees<ReadTemplate>>) -> Result<Vec<Declaring>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    let with_roles = all.into_iter().filter(|client| client.disabled_at.is_none() && !client.settings.roles.is_empty());
    Ok(with_roles.map(|client| Declaring { id: client.id, name: client.name, roles: client.settings.roles }).collect())
}

/// The roles that clients declare now.
pub(super) async fn declared(conn: &mut impl AsEx) -> Result<BTreeSet<Right>, StoreError> {
    let mut all = BTreeSet::new();
    for client in clients::list(conn).await?.into_iter().filter(|client| client.disabled_at.is_none()) {
        let of_client = client.settings.roles.into_iter().map(|role| Right { client: client.id.clone(), role });
        all.extend(of_client);
    }
    Ok(all)
}

/// Replaces the template that was seen; answers the new version.
pub async fn change(services: &Services, proof: &City<EditTemplate>, seen: i64, posts: &[Post]) -> Result<i64, TemplateError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let before = load(&mut tx).await?;
    let roles = declared(&mut tx).await?;
    Template::check(posts, |right| roles.contains(right))?;
    if before.version == seen && before.posts == posts {
        return Ok(seen);
    }
    let by: &PersonId = &proof.by.person;
    if !unit_templates::add(&mut tx, seen, posts, (by, now)).await? {
        return Err(TemplateError::Stale);
    }
    let detail = json!({ "version": seen + 1, "before": before.posts, "after": posts });
    audit::record(&mut tx, services, Event::by(&proof.by, "onboarding.template_changed", None, None, detail)).await?;
    tx.commit().await?;
    Ok(seen + 1)
}
