//! A hundred firms to measure with (the data set of the benches): copies of those of the small demo. Mails,
//! notifications, files and audit rows are left out: they would double the data, and no bench reads them.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use guichet_base::error::Result;

use crate::Scale;

/// How many of what.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Firms; all countries of the demo in turn.
    pub firms: usize,
    /// Clients of the first firm. Each client has one user, an admin.
    pub clients_of_first: usize,
    /// Clients of every other firm.
    pub clients_of_others: usize,
    /// Working staff of the first firm, seven or more.
    pub staff_of_first: usize,
    /// Working staff of every other firm, seven or more.
    pub staff_of_others: usize,
    /// Tickets of the first firm.
    pub tickets_of_first: usize,
    /// Tickets of every other firm.
    pub tickets_of_others: usize,
    /// The first clients of the first firm have `tickets_of_busy` tickets each, or more.
    pub busy_clients: usize,
    /// See `busy_clients`.
    pub tickets_of_busy: usize,
}

/// The data set of the benches: 50,000 tickets of a hundred firms.
pub const SIZES: Sizes = Sizes {
    firms: 100,
    clients_of_first: 10_000,
    clients_of_others: 100,
    staff_of_first: 40,
    staff_of_others: 10,
    tickets_of_first: 20_003,
    tickets_of_others: 303,
    busy_clients: 200,
    tickets_of_busy: 30,
};

/// The domain of the firm at this place, from 1: `firm-001.example`.
fn domain(firm: usize) -> String {
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
///
/// # Errors
/// When the database does not answer.
pub async fn multiply(conn: &mut AsyncPgConnection, sizes: &Sizes) -> Result<()> {
    let owners = Scale::Small.owners().into_iter().map(|email| format!("'{email}'"));
    // Longer names first: one is the beginning of another.
    let words = [
        ("TICKETS_OF_FIRST", sizes.tickets_of_first),
        ("TICKETS_OF_OTHERS", sizes.tickets_of_others),
        ("TICKETS_OF_BUSY", sizes.tickets_of_busy),
        ("BUSY_CLIENTS", sizes.busy_clients),
        ("CLIENTS_OF_FIRST", sizes.clients_of_first),
        ("CLIENTS_OF_OTHERS", sizes.clients_of_others),
        ("STAFF_OF_FIRST", sizes.staff_of_first),
        ("STAFF_OF_OTHERS", sizes.staff_of_others),
        ("FIRMS", sizes.firms),
    ];
    let script = include_str!("large.sql").replace("OWNERS", &owners.collect::<Vec<_>>().join(", "));
    let script = words.iter().fold(script, |script, (word, count)| script.replace(word, &count.to_string()));
    Ok(conn.batch_execute(&script).await?)
}
