//! Trying a directory out: each of its servers, as the entry that reads, with one page. Nobody signs in, and nothing is kept.

use super::entry;
use super::servers::Way;
use crate::model::legacy_source::{LdapSettings, Settings};
use crate::outbound::ldap::{LdapFault, Wanted};
use crate::service::Services;
use crate::service::legacy::sources::SourceError;
use crate::store::legacy_sources;

/// What one server showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Entries on its first page.
    pub entries: usize,
    /// There are more pages.
    pub more: bool,
    /// Entries that say what their account and its owner are called.
    pub usable: usize,
    /// Entries that are disabled there.
    pub disabled: usize,
    /// There is no entry that reads: only the connection was tried.
    pub only_connected: bool,
}

/// What came of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its address, as it is set.
    pub server: String,
    /// What it showed, or why it does not serve us.
    pub outcome: Result<Seen, LdapFault>,
}

/// Tries the servers of a directory, one after another; nothing for a source of another kind.
pub async fn try_out(services: &Services, id: &str) -> Result<Option<Vec<Tried>>, SourceError> {
    let source = legacy_sources::find(&mut services.store.read().await?, id).await?.ok_or(SourceError::Unknown)?;
    let Settings::Ldap(settings) = &source.settings else { return Ok(None) };
    if let Some(reason) = source.refuse() {
        return Err(SourceError::Refused(reason));
    }
    let way = match Way::new(services, &source, settings).await? {
        Ok(way) => way,
        Err(fault) => return Err(SourceError::Refused(fault.to_string())),
    };
    let mut tried = Vec::with_capacity(settings.servers.len());
    for server in &settings.servers {
        tried.push(Tried { server: server.clone(), outcome: one(&way, settings, server).await });
    }
    Ok(Some(tried))
}

async fn one(way: &Way<'_>, settings: &LdapSettings, server: &str) -> Result<Seen, LdapFault> {
    let mut directory = way.open(server).await?;
    if settings.reader_dn.is_empty() {
        directory.end().await;
        return Ok(Seen { only_connected: true, ..Seen::default() });
    }
    way.as_reader(&mut directory).await?;
    let attributes = entry::attributes(settings);
    let filter = settings.people_filter();
    let wanted = Wanted { base: &settings.base, filter: &filter, attributes: &attributes };
    let size = usize::try_from(settings.sync.page_size).unwrap_or(1);
    let page = directory.page(&wanted, size, &[]).await?;
    directory.end().await;
    let is_usable = |arrival: &crate::service::legacy::arrivals::Arrival| {
        !arrival.username.trim().is_empty() && !arrival.full_name.trim().is_empty()
    };
    Ok(Seen {
        entries: page.entries.len(),
        more: !page.cookie.is_empty(),
        usable: page.entries.iter().filter_map(|found| entry::arrival(settings, found)).filter(is_usable).count(),
        disabled: page.entries.iter().filter(|found| entry::is_disabled(found)).count(),
        only_connected: false,
    })
}
