//! Where a client is answered, and what it may ask for.

use crate::app::cli::client::lay;
use crate::model::client::ClientSettings;
use clap::Args;

/// Addresses of the client.
#[derive(Debug, Args)]
pub struct Addresses {
    /// Where answers may go, exactly; repeatable.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a signed-out browser may go, exactly; repeatable.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are delivered.
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
    /// Loaded in a frame when the person signs out.
    #[arg(long, value_name = "URI")]
    frontchannel_logout_uri: Option<String>,
    /// Tell that frame issuer and session.
    #[arg(long, conflicts_with = "no_frontchannel_logout_session")]
    frontchannel_logout_session: bool,
    /// Tell that frame nothing (as it is by default).
    #[arg(long)]
    no_frontchannel_logout_session: bool,
    /// Where a sign-in can be begun from outside.
    #[arg(long, value_name = "URI")]
    initiate_login_uri: Option<String>,
    /// An origin that may call from a browser; repeatable.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
    /// Its start page, for the portal.
    #[arg(long, value_name = "URI")]
    home_uri: Option<String>,
}

impl Addresses {
    /// Lays them over settings.
    pub fn apply(&self, settings: &mut ClientSettings) {
        lay::list(&self.redirect_uris, &mut settings.redirect_uris);
        lay::list(&self.post_logout_redirect_uris, &mut settings.post_logout_redirect_uris);
        lay::optional(self.backchannel_logout_uri.as_deref(), &mut settings.backchannel_logout_uri);
        lay::optional(self.frontchannel_logout_uri.as_deref(), &mut settings.frontchannel_logout_uri);
        lay::switch(
            self.frontchannel_logout_session,
            self.no_frontchannel_logout_session,
            &mut settings.frontchannel_logout_session_required,
        );
        lay::optional(self.initiate_login_uri.as_deref(), &mut settings.initiate_login_uri);
        lay::list(&self.allowed_origins, &mut settings.allowed_origins);
        lay::optional(self.home_uri.as_deref(), &mut settings.home_uri);
    }
}

/// What the client may ask for.
#[derive(Debug, Args)]
pub struct Reach {
    /// authorization_code, refresh_token, client_credentials or implicit; repeatable.
    #[arg(long = "grant-type", value_name = "GRANT")]
    grant_types: Vec<String>,
    /// code, id_token or 'id_token token'; repeatable.
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// A scope that it may be granted; repeatable.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A role that it declares; repeatable.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// One of them that administrators of units may give to their people; repeatable.
    #[arg(long = "unit-granted-role", value_name = "ROLE")]
    unit_granted_roles: Vec<String>,
    /// A registered resource that it may ask tokens for; repeatable.
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// A type of authorization details that it may ask; repeatable.
    #[arg(long = "details-type", value_name = "TYPE")]
    authorization_details_types: Vec<String>,
    /// Refresh tokens without offline_access; they die with the sign-on.
    #[arg(long, conflicts_with = "no_refresh_with_sign_on")]
    refresh_with_sign_on: bool,
    /// Refresh tokens for offline_access only (as it is by default).
    #[arg(long)]
    no_refresh_with_sign_on: bool,
}

impl Reach {
    /// Lays it over settings.
    pub fn apply(&self, settings: &mut ClientSettings) {
        lay::list(&self.grant_types, &mut settings.grant_types);
        lay::list(&self.response_types, &mut settings.response_types);
        lay::list(&self.scopes, &mut settings.scopes);
        lay::list(&self.roles, &mut settings.roles);
        lay::list(&self.unit_granted_roles, &mut settings.unit_granted_roles);
        lay::list(&self.resources, &mut settings.resources);
        lay::list(&self.authorization_details_types, &mut settings.authorization_details_types);
        lay::switch(self.refresh_with_sign_on, self.no_refresh_with_sign_on, &mut settings.refresh_with_sign_on);
    }
}
