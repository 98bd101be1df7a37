//! What whoever came through an old system has to prove before a new way to sign in is added.
//!
//! Asked twice: before a page offers it, and in the transaction that adds it,
//! since a role may be given, or the account be taken away, in between. What
//! says so is one pure function over what is known at that moment.

use super::{CACHED, is_behind, is_lasting, is_limited};
use crate::base::date::vietnam_date;
use crate::model::admin_scope::AdminScope;
use crate::model::legacy_account::AccountKey;
use crate::model::legacy_source::{LegacySource, SourceKind};
use crate::model::methods::Methods;
use crate::model::sign_on::SignOn;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Services};
use crate::store::legacy_accounts::credentials::{self, Credential};
use crate::store::{StoreError, Tx, admin_roles, legacy_sources, methods};
use time::Date;

/// What has to be proven before a new way to sign in is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolProof {
    /// Nothing more: the sign-on says enough.
    Enough,
    /// That the official mailbox is theirs, or that an administrator knows them.
    More {
        /// A link can be sent to the official mailbox.
        mail: bool,
    },
}

/// What a sign-on through an old system is held against.
struct Ground<'a> {
    /// All sources.
    sources: &'a [LegacySource],
    /// The accounts that are the person's, and were decided to be.
    accounts: &'a [Credential],
    /// The ways to sign in that they have here.
    methods: Methods,
    /// What they administer, past and future too.
    scopes: &'a [AdminScope],
}

impl Ground<'_> {
    /// True for whoever administers something, today or on a day to come: whoever gets in now is still in then.
    fn administers(&self, today: Date) -> bool {
        self.scopes.iter().any(|scope| !scope.is_over_on(today))
    }

    /// True once the person said that what they came through is theirs. What was taken from them since says nothing.
    fn is_answered(&self, sign_on: &SignOn) -> bool {
        let mut behind = self.accounts.iter().filter(|account| is_behind(account, sign_on)).peekable();
        behind.peek().is_some() && behind.all(|account| account.confirmed_at.is_some())
    }

    /// Whether a sign-on is enough by itself to add a way to sign in.
    ///
    /// It is where it came through the strongest kind of system that the person has an account of, and that system
    /// answered just now. An exported hash may have been guessed by whoever had the file: never. Nor is any old account
    /// enough for whoever has a way to sign in of their own already: that is the stronger one. And no old system says who
    /// administers this one, not even one that stays.
    fn is_enough(&self, sign_on: &SignOn, today: Date) -> bool {
        let open = |id: &str| self.sources.iter().find(|source| source.id == id && source.is_open_on(today));
        let through = sign_on.legacy.as_deref().and_then(open);
        let Some(source) = through.filter(|source| !source.has_outlived(sign_on.started_at)) else { return false };
        if self.administers(today) || !self.is_answered(sign_on) {
            return false;
        }
        if is_lasting(source) {
            return true;
        }
        let methods = &self.methods;
        let has_own = methods.second_factor() || (methods.password_set_at.is_some() && !methods.must_change_password);
        let is_live = match source.kind {
            SourceKind::Oidc | SourceKind::Ldap => !sign_on.has_method(CACHED),
            SourceKind::Hashes => false,
        };
        let of = |account: &Credential| {
            open(&account.source).filter(|other| account.retired_at.is_none() || is_lasting(other)).map(strength)
        };
        let strongest = self.accounts.iter().filter_map(of).max().unwrap_or_default();
        is_live && !has_own && strength(source) >= strongest
    }
}

/// How much an account of a source says of who somebody is.
fn strength(source: &LegacySource) -> i64 {
    match source.kind {
        SourceKind::Oidc if is_lasting(source) => 4,
        SourceKind::Oidc => 3,
        SourceKind::Ldap => 2,
        SourceKind::Hashes => 1,
    }
}

/// What has to be proven before a new way to sign in is added to the account of a sign-on. It costs nothing for one of
/// one's own.
pub async fn may_enrol(services: &Services, sign_on: &SignOn) -> Result<EnrolProof, Failure> {
    if sign_on.legacy.is_none() {
        return Ok(EnrolProof::Enough);
    }
    let now = services.clock.now();
    let today = vietnam_date(now);
    let Some(known) = services.person(&sign_on.person).await? else { return Ok(EnrolProof::More { mail: false }) };
    let sources = services.known.legacy_sources(&services.store, now).await?;
    let accounts = credentials::list_of_person(&mut services.store.read().await?, &sign_on.person).await?;
    let ground = Ground { sources: &sources, accounts: &accounts, methods: known.methods, scopes: &known.admin };
    if ground.is_enough(sign_on, today) {
        return Ok(EnrolProof::Enough);
    }
    // A mailbox alone opens no account of whoever administers.
    let is_proof = !ground.administers(today) || known.methods.second_factor();
    let mail = is_proof && mails::are_on(services) && Addressee::of(&known.person).is_some();
    Ok(EnrolProof::More { mail })
}

/// The same, asked in the transaction in which a way to sign in is added or replaced: false where it is not enough any
/// more. The account stays the person's, and confirmed, until the transaction ends.
pub async fn hold_enough(tx: &mut Tx, services: &Services, sign_on: &SignOn) -> Result<bool, StoreError> {
    let Some(source) = &sign_on.legacy else { return Ok(true) };
    let today = vietnam_date(services.clock.now());
    let sources = legacy_sources::list(tx).await?;
    let accounts = credentials::list_of_person(tx, &sign_on.person).await?;
    let scopes = admin_roles::list(tx, &sign_on.person).await?;
    let methods = methods::find(tx, &sign_on.person).await?;
    let ground = Ground { sources: &sources, accounts: &accounts, methods, scopes: &scopes };
    if !ground.is_enough(sign_on, today) {
        return Ok(false);
    }
    match &sign_on.legacy_id {
        Some(legacy_id) => {
            let key = AccountKey { source: source.clone(), legacy_id: legacy_id.clone() };
            credentials::hold_confirmed(tx, &key, &sign_on.person).await
        }
        None => Ok(true),
    }
}

/// True for a sign-on that changes nothing of its account: a limited one, and one through a system that stays which is not
/// enough to add a way to sign in either. It costs nothing for one of one's own.
pub async fn wants_own_way(services: &Services, sign_on: &SignOn) -> Result<bool, Failure> {
    Ok(is_limited(services, sign_on).await? || may_enrol(services, sign_on).await? != EnrolProof::Enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::{PersonId, SignOnId};
    use crate::model::admin_scope::AdminRole;
    use crate::model::device::Device;
    use crate::model::legacy_source::{HashSettings, OidcSettings, Settings};
    use crate::model::sign_on::Manner;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn source(id: &str, settings: Settings) -> LegacySource {
        LegacySource {
            id: id.to_owned(),
            kind: settings.kind(),
            name: id.to_owned(),
            province: None,
            as_of: date!(2025 - 06 - 30),
            sunset_on: None,
            settings,
            stopped_at: None,
            closed_at: None,
            version: 1,
        }
    }

    fn sources() -> Vec<LegacySource> {
        let lasting = OidcSettings { lasting: true, ..OidcSettings::default() };
        vec![
            source("export", Settings::Hashes(HashSettings::default())),
            source("directory", Settings::Ldap(Box::default())),
            source("provider", Settings::Oidc(Box::default())),
            source("national", Settings::Oidc(Box::new(lasting))),
            LegacySource { stopped_at: Some(Millis(1)), ..source("closed", Settings::Ldap(Box::default())) },
            LegacySource { closed_at: Some(Millis(1)), ..source("opened again", Settings::Ldap(Box::default())) },
        ]
    }

    /// An account that was used and confirmed.
    fn account(source: &str) -> Credential {
        Credential {
            source: source.to_owned(),
            legacy_id: "7".to_owned(),
            username: "an.nv".to_owned(),
            full_name: "Nguyễn Văn An".to_owned(),
            unit_name: String::new(),
            district_name: String::new(),
            status: String::new(),
            decision: "linked".to_owned(),
            person_id: Some("p".to_owned()),
            unit_id: None,
            gone_at: None,
            retired_at: None,
            first_used_at: Some(1),
            confirmed_at: Some(1),
        }
    }

    fn through(source: &str) -> SignOn {
        SignOn {
            id: SignOnId("s".to_owned()),
            person: PersonId("p".to_owned()),
            started_at: Millis(0),
            authenticated_at: Millis(0),
            last_seen_at: Millis(0),
            ends_at: Millis(1),
            level: 1,
            methods: "pwd".to_owned(),
            device: Device::default(),
            manner: Manner::default(),
            legacy: Some(source.to_owned()),
            legacy_id: Some("7".to_owned()),
            ended_at: None,
        }
    }

    fn role(valid_from: Date, valid_to: Option<Date>) -> AdminScope {
        AdminScope { id: String::new(), role: AdminRole::HelpDesk, unit: None, client: None, valid_from, valid_to }
    }

    /// Whether the sign-on is enough for somebody with these accounts.
    fn enough(sign_on: &SignOn, accounts: &[Credential], methods: Methods, scopes: &[AdminScope]) -> bool {
        Ground { sources: &sources(), accounts, methods, scopes }.is_enough(sign_on, TODAY)
    }

    #[test]
    fn the_strongest_live_system_is_enough_for_whoever_has_nothing_here() {
        let none = Methods::default();
        let password = Methods { password_set_at: Some(Millis(1)), ..none };
        let table = [
            ("a directory", "directory", none, true),
            ("a provider", "provider", none, true),
            ("an export", "export", none, false),
            ("a source that is closed", "closed", none, false),
            ("a source that was closed since", "opened again", none, false),
            ("one that is not there", "unknown", none, false),
            ("beside a password of their own", "directory", password, false),
            ("beside one that somebody else set", "directory", Methods { must_change_password: true, ..password }, true),
            ("beside an app", "provider", Methods { totp: true, ..none }, false),
            ("one that stays", "national", password, true),
        ];
        for (case, source, methods, expected) in table {
            assert_eq!(enough(&through(source), &[account(source)], methods, &[]), expected, "{case}");
        }
        let cached = SignOn { methods: format!("pwd {CACHED}"), ..through("directory") };
        assert!(!enough(&cached, &[account("directory")], none, &[]), "by what was learnt before");
        let both = [account("directory"), account("provider")];
        assert!(!enough(&through("directory"), &both, none, &[]), "a stronger one is theirs too");
        let retired = [account("directory"), Credential { retired_at: Some(1), ..account("provider") }];
        assert!(enough(&through("directory"), &retired, none, &[]), "the stronger one opens nothing any more");
    }

    #[test]
    fn no_old_system_is_enough_for_whoever_administers() {
        let table = [
            ("today", role(TODAY, None), false),
            ("from tomorrow on", role(date!(2026 - 11 - 23), None), false),
            ("until yesterday", role(date!(2025 - 07 - 01), Some(date!(2026 - 11 - 21))), true),
        ];
        for (case, role, expected) in table {
            for source in ["directory", "provider", "national"] {
                let role = std::slice::from_ref(&role);
                assert_eq!(enough(&through(source), &[account(source)], Methods::default(), role), expected, "{source} {case}");
            }
        }
    }

    #[test]
    fn only_the_account_that_was_used_counts_and_only_once_it_is_confirmed() {
        let none = Methods::default();
        let asked = Credential { confirmed_at: None, ..account("directory") };
        let other = Credential { legacy_id: "8".to_owned(), ..account("directory") };
        let old = SignOn { legacy_id: None, ..through("directory") };
        let table = [
            ("confirmed", through("directory"), vec![account("directory"), asked_of("8")], true),
            ("not yet", through("directory"), vec![asked.clone(), other.clone()], false),
            ("taken from them", through("directory"), vec![other.clone()], false),
            ("which one is not known, and one was not confirmed", old.clone(), vec![asked, other.clone()], false),
            ("which one is not known", old.clone(), vec![account("directory"), other], true),
            ("which one is not known, and none is theirs", old, Vec::new(), false),
        ];
        for (case, sign_on, accounts, expected) in table {
            assert_eq!(enough(&sign_on, &accounts, none, &[]), expected, "{case}");
        }
        let national = Credential { confirmed_at: None, ..account("national") };
        assert!(!enough(&through("national"), &[national], none, &[]), "not even of one that stays");
    }

    /// Another account of the directory, which its person was not asked about.
    fn asked_of(legacy_id: &str) -> Credential {
        Credential { legacy_id: legacy_id.to_owned(), confirmed_at: None, ..account("directory") }
    }
}
