//! Scopes in the words of whoever is asked to share, or has shared.

use crate::base::words::Words;

/// What a scope tells. A scope without words of its own shows its name rather than nothing.
pub(super) fn scope_said<'s>(t: &'s Words, scope: &'s str) -> &'s str {
    match scope {
        "openid" => &t.scope_openid,
        "profile" => &t.scope_profile,
        "email" => &t.scope_email,
        "phone" => &t.scope_phone,
        "address" => &t.scope_address,
        "unit" => &t.scope_unit,
        "position" => &t.scope_position,
        "positions" => &t.scope_positions,
        "roles" => &t.scope_roles,
        "legacy" => &t.scope_legacy,
        "offline_access" => &t.scope_offline_access,
        other => other,
    }
}
