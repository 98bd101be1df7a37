//! A client that is being connected: what an administrator typed so far, step by step.

use super::fields::{Wrong, address, lines};
use super::snippets::Framework;
use crate::base::text::has_control;
use crate::model::client::{AuthMethod, Client, ClientSettings, ClientType, is_client_id};
use crate::protocol::redirect_uri::For;
use crate::protocol::scope;

/// What the console itself answers at.
const RESERVED: &str = "new";

/// What was typed. Nothing of it counts before it was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Kind of application.
    pub kind: ClientType,
    /// What it is made with.
    pub framework: Framework,
    /// Client id.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// One line for the portal.
    pub description: String,
    /// Its start page.
    pub home: String,
    /// Where answers go, one a line.
    pub redirect_uris: String,
    /// Where signed-out browsers go, one a line.
    pub post_logout: String,
    /// Where logout tokens go.
    pub backchannel: String,
    /// Who answers for it, one a line.
    pub contacts: String,
    /// What it may ask.
    pub scopes: Vec<String>,
    /// Roles, one a line.
    pub roles: String,
    /// Not the city's own.
    pub third_party: bool,
    /// Every sign-in by two factors.
    pub two_factors: bool,
}

/// A step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Step {
    /// What it is.
    #[default]
    Kind,
    /// Where it is.
    Addresses,
    /// What it may ask.
    Rights,
    /// All of it once more.
    Summary,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Kind, Self::Addresses, Self::Rights, Self::Summary];

    /// The word of forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Addresses => "addresses",
            Self::Rights => "rights",
            Self::Summary => "summary",
        }
    }

    /// Reads [`Step::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// The fields of a draft, by the names of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Client id.
    Id,
    /// Name.
    Name,
    /// One line.
    Description,
    /// Start page.
    Home,
    /// Where answers go.
    RedirectUris,
    /// Where signed-out browsers go.
    PostLogout,
    /// Where logout tokens go.
    Backchannel,
    /// Who answers for it.
    Contacts,
    /// Roles.
    Roles,
}

impl Part {
    /// The name in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::Home => "home_uri",
            Self::RedirectUris => "redirect_uris",
            Self::PostLogout => "post_logout_redirect_uris",
            Self::Backchannel => "backchannel_logout_uri",
            Self::Contacts => "contacts",
            Self::Roles => "roles",
        }
    }

    /// The step that asks for it.
    pub fn step(self) -> Step {
        match self {
            Self::Id | Self::Name | Self::Description | Self::Contacts => Step::Kind,
            Self::Home | Self::RedirectUris | Self::PostLogout | Self::Backchannel => Step::Addresses,
            Self::Roles => Step::Rights,
        }
    }
}

impl Draft {
    /// True for what people sign in to.
    pub fn has_people(&self) -> bool {
        self.kind != ClientType::Service
    }

    /// What is wrong with it, as far as one form can tell, in the order of the steps.
    pub fn wrongs(&self) -> Vec<(Part, Wrong)> {
        let mut found = Vec::new();
        let mut check = |part: Part, wrong: Option<Wrong>| found.extend(wrong.map(|wrong| (part, wrong)));
        check(Part::Id, refuse_id(&self.id));
        let name = self.name.trim();
        check(Part::Name, if name.is_empty() { Some(Wrong::Empty) } else { refuse_text(name, 120) });
        check(Part::Description, refuse_text(&self.description, 400));
        check(Part::Contacts, lines(&self.contacts).find_map(|line| refuse_text(line, 400)));
        let kind = if self.kind == ClientType::Native { For::Native } else { For::Web };
        let each = |text: &str, kind: For| lines(text).find_map(|line| address(line, kind).err());
        if self.has_people() {
            let none = lines(&self.redirect_uris).next().is_none();
            check(Part::RedirectUris, if none { Some(Wrong::Empty) } else { each(&self.redirect_uris, kind) });
            check(Part::PostLogout, each(&self.post_logout, kind));
            check(Part::Home, each(&self.home, For::Web));
            check(Part::Backchannel, each(&self.backchannel, For::Web));
            check(Part::Roles, lines(&self.roles).find_map(|line| refuse_text(line, 100)));
        }
        found
    }

    /// The client that would be registered.
    pub fn client(&self) -> Client {
        let list = |text: &str| lines(text).map(str::to_owned).collect::<Vec<_>>();
        let one = |text: &str| lines(text).next().map(str::to_owned);
        let mut settings = ClientSettings {
            application_type: self.kind,
            description: self.description.trim().to_owned(),
            contacts: list(&self.contacts),
            third_party: self.third_party,
            minimum_level: self.two_factors.then_some(2),
            ..ClientSettings::default()
        };
        match self.kind {
            ClientType::Service => {
                settings.grant_types = vec!["client_credentials".to_owned()];
                settings.scopes = Vec::new();
                settings.minimum_level = None;
            }
            ClientType::Web | ClientType::Spa | ClientType::Native => {
                settings.redirect_uris = list(&self.redirect_uris);
                settings.post_logout_redirect_uris = list(&self.post_logout);
                settings.home_uri = one(&self.home);
                settings.backchannel_logout_uri = one(&self.backchannel);
                settings.roles = list(&self.roles);
                let asked = |scope: &&str| *scope == "openid" || self.scopes.iter().any(|asked| asked == scope);
                settings.scopes = scope::ALL.into_iter().filter(asked).map(str::to_owned).collect();
            }
        }
        match self.kind {
            ClientType::Web => self.framework.suit(&mut settings),
            ClientType::Spa | ClientType::Native => settings.auth_method = AuthMethod::None,
            ClientType::Service => {}
        }
        let (id, name) = (self.id.trim().to_owned(), self.name.trim().to_owned());
        Client { id, name, settings, secrets: Vec::new(), disabled_at: None }
    }
}

fn refuse_id(id: &str) -> Option<Wrong> {
    match id.trim() {
        "" => Some(Wrong::Empty),
        RESERVED => Some(Wrong::Taken),
        id => (!is_client_id(id)).then_some(Wrong::Id),
    }
}

fn refuse_text(text: &str, most: usize) -> Option<Wrong> {
    (text.chars().count() > most || has_control(text)).then_some(Wrong::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jws::Algorithm;

    fn draft() -> Draft {
        let text = |text: &str| text.to_owned();
        Draft {
            id: text("tthc"),
            name: text("Thủ tục hành chính"),
            redirect_uris: text("https://tthc.example/cb\r\n"),
            post_logout: text("https://tthc.example/"),
            home: text("https://tthc.example/"),
            scopes: vec![text("profile"), text("unit"), text("offline_access"), text("madeup")],
            roles: text("xu_ly\nlanh_dao"),
            ..Draft::default()
        }
    }

    #[test]
    fn a_draft_becomes_a_client_that_can_be_registered() {
        for kind in [ClientType::Web, ClientType::Spa, ClientType::Native, ClientType::Service] {
            for framework in Framework::ALL {
                let client = Draft { kind, framework, two_factors: true, ..draft() }.client();
                assert_eq!(client.refuse(&[]), None, "{kind:?} {framework:?}");
                assert_eq!(client.is_public(), matches!(kind, ClientType::Spa | ClientType::Native));
                assert!(!client.settings.dynamic && !client.settings.third_party);
            }
        }
        let client = draft().client();
        assert_eq!(client.settings.scopes, ["openid", "profile", "unit", "offline_access"], "only what there is");
        assert_eq!(client.settings.roles, ["xu_ly", "lanh_dao"]);
    }

    #[test]
    fn what_a_framework_needs_is_set_for_it() {
        let of = |framework: Framework| Draft { framework, ..draft() }.client().settings;
        assert_eq!(of(Framework::AspNet).auth_method, AuthMethod::ClientSecretPost);
        assert_eq!(of(Framework::Spring).id_token_alg, Algorithm::Rs256);
        assert_eq!(of(Framework::Php).id_token_alg, Algorithm::Rs256);
        assert_eq!(of(Framework::Node).id_token_alg, Algorithm::Es256);
        assert_eq!(of(Framework::Other), of(Framework::Node));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_field_that_it_is_in() {
        type Change = fn(&mut Draft);
        assert_eq!(draft().wrongs(), Vec::new());
        let address = |text: &str| Wrong::Address(text.to_owned());
        let table: [(Change, Part, Wrong); 9] = [
            (|draft| draft.id.clear(), Part::Id, Wrong::Empty),
            (|draft| draft.id = "a b".to_owned(), Part::Id, Wrong::Id),
            (|draft| draft.id = "new".to_owned(), Part::Id, Wrong::Taken),
            (|draft| draft.name = " ".to_owned(), Part::Name, Wrong::Empty),
            (|draft| draft.name = "a".repeat(121), Part::Name, Wrong::TooLong),
            (|draft| draft.redirect_uris.clear(), Part::RedirectUris, Wrong::Empty),
            (|draft| draft.redirect_uris = "http://a.example/".to_owned(), Part::RedirectUris, address("http://a.example/")),
            (|draft| draft.home = "tthc".to_owned(), Part::Home, address("tthc")),
            (|draft| draft.backchannel = "ftp://a".to_owned(), Part::Backchannel, address("ftp://a")),
        ];
        for (change, part, wrong) in table {
            let mut draft = draft();
            change(&mut draft);
            assert_eq!(draft.wrongs(), [(part, wrong)]);
        }
    }
}
