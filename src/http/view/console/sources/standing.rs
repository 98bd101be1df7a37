//! How far a source is from being switched off, and who is in the way.

use crate::service::legacy::retirement::Kind;

/// Some people by name, of so many.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// How many there are.
    pub count: i64,
    /// Some of their names.
    pub names: Vec<String>,
}

/// A client that counts on a source.
#[derive(Debug, Clone)]
pub struct UseLine {
    /// The client.
    pub client: String,
    /// Its name.
    pub name: String,
    /// What it is told.
    pub kind: Kind,
    /// About whom.
    pub people: Named,
    /// When it was told last, as shown.
    pub last: String,
}

/// A client whose settings name a source.
#[derive(Debug, Clone)]
pub struct NamingLine {
    /// The client.
    pub client: String,
    /// Its name.
    pub name: String,
    /// Whoever signs in through the source may enter it.
    pub belongs: bool,
    /// It keeps what the source called people.
    pub keeps_subjects: bool,
}

/// How far a source is from being switched off.
#[derive(Debug, Clone)]
pub struct Standing {
    /// People to whom accounts belong.
    pub linked: i64,
    /// Those who have signed in here since.
    pub signed_in: i64,
    /// Accounts that nobody has decided about.
    pub waiting: i64,
    /// Accounts that are locked in the source, which nobody waits for.
    pub locked: i64,
    /// Those who have not signed in here yet.
    pub to_come: Named,
    /// Those who sign in by the old account and have no other way.
    pub leaning: Named,
    /// Clients that count on it.
    pub uses: Vec<UseLine>,
    /// Clients whose settings name it.
    pub named_by: Vec<NamingLine>,
    /// Nobody and nothing would be left behind.
    pub safe: bool,
    /// A client counts on something while it was told it within so many days.
    pub days: i64,
}
