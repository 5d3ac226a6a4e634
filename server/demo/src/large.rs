//! A hundred firms to measure with (the data set of the benches): copies of those of the small demo. Mails,
//! notifications, files and audit rows are left out: they would double the data, and no bench reads them.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use guichet_base::error::Result;

use crate::Scale;

/// Firms; all countries of the demo in turn.
pub const FIRMS: usize = 100;
/// Clients of the first firm. Each client has one user, an admin.
pub const CLIENTS_OF_FIRST: usize = 10_000;
/// Clients of every other firm.
pub const CLIENTS_OF_OTHERS: usize = 100;
/// Working staff of the first firm.
pub const STAFF_OF_FIRST: usize = 40;
/// Working staff of every other firm.
pub const STAFF_OF_OTHERS: usize = 10;
/// Tickets of all firms together.
pub const TICKETS: usize = 50_000;
/// Rows of history of all tickets together, about.
pub const CHANGES: usize = 250_000;
/// Messages and notes of all tickets together, about.
pub const MESSAGES: usize = 200_000;
/// The first clients of the first firm have [`TICKETS_OF_BUSY`] tickets each, or more.
pub const BUSY_CLIENTS: usize = 200;
/// See [`BUSY_CLIENTS`].
pub const TICKETS_OF_BUSY: usize = 30;

/// Tickets of every firm but the first.
const TICKETS_OF_OTHERS: usize = 303;

/// The domain of the firm at this place, from 1: `firm-001.example`.
pub fn domain(firm: usize) -> String {
    format!("firm-{firm:03}.example")
}

/// The address of a staff member, both places from 1: 1 is the owner, 2 a manager, the others are
/// members; the eighth is disabled, the ninth invited.
pub fn staff_email(firm: usize, member: usize) -> String {
    format!("staff-{member:02}@{}", domain(firm))
}

/// The address of the admin of a client, both places from 1.
pub fn admin_email(firm: usize, client: usize) -> String {
    format!("admin@client-{client:05}.{}", domain(firm))
}

/// Multiplies the small demo, which is there.
pub(crate) async fn multiply(conn: &mut AsyncPgConnection) -> Result<()> {
    let owners = Scale::Small.owners().into_iter().map(|email| format!("'{email}'"));
    // Longer names first: one is the beginning of another.
    let words = [
        ("TICKETS_OF_FIRST", TICKETS - (FIRMS - 1) * TICKETS_OF_OTHERS),
        ("TICKETS_OF_OTHERS", TICKETS_OF_OTHERS),
        ("TICKETS_OF_BUSY", TICKETS_OF_BUSY),
        ("BUSY_CLIENTS", BUSY_CLIENTS),
        ("CLIENTS_OF_FIRST", CLIENTS_OF_FIRST),
        ("CLIENTS_OF_OTHERS", CLIENTS_OF_OTHERS),
        ("STAFF_OF_FIRST", STAFF_OF_FIRST),
        ("STAFF_OF_OTHERS", STAFF_OF_OTHERS),
        ("FIRMS", FIRMS),
    ];
    let script = include_str!("large.sql").replace("OWNERS", &owners.collect::<Vec<_>>().join(", "));
    let script = words.iter().fold(script, |script, (word, count)| script.replace(word, &count.to_string()));
    Ok(conn.batch_execute(&script).await?)
}
