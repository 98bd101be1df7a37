//! Roles of groups as of another day than today. Which of them somebody may see is a matter of today, whatever the day.

use super::holders::Look;
use super::{Line, Seeing, line};
use crate::service::{Failure, Services, then};
use crate::store::clients;
use time::Date;

/// Those that counted on a day, also when they were taken back since, of all clients or of one, within what the reader may see;
/// by client and role. Who looks after one whose unit is gone is not told: taking back is of now.
pub async fn list_on(services: &Services, seeing: &Seeing<'_>, client: Option<&str>, on: Date) -> Result<Vec<Line>, Failure> {
    let stored = then::groups(services, client, on).await?;
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let mut look = seeing.bounds().map_or_else(|| Look::anywhere(services), |bounds| Look::new(services, bounds));
    let mut lines = Vec::new();
    for stored in stored.into_iter().filter(|stored| seeing.enters(&stored.grant.client_id)) {
        if look.reaches(&mut conn, &stored.grant).await? {
            let client = all.iter().find(|client| client.id == stored.grant.client_id);
            lines.push(line(&look, stored, client));
        }
    }
    lines.sort_by(|a, b| (&a.client_name, &a.grant.role, &a.grant.id).cmp(&(&b.client_name, &b.grant.role, &b.grant.id)));
    Ok(lines)
}
