//! `ticketStatusChange` with everything it includes: session, authorization, history, events, deliveries, jobs,
//! audit, idempotency. Compared with its SQL statements run by `pgbench`. No workers run, so no mail is sent.

use std::error::Error;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{FirmId, Id, TicketId};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::large::{Copied, Large, Owner};
use super::load::{self, Request};
use super::pgbench::Pgbench;
use super::rounds::{ROUNDS, Rounds};
use crate::process::Launch;

const MUTATION: &str = include_str!("status_change.graphql");
const STATEMENTS: &str = include_str!("status_change.sql");

/// The numbers of firms.
pub const FIRMS: [usize; 2] = [1, 100];
/// The number of connections.
const CONNECTIONS: usize = 8;
/// The number of tickets, over all firms.
const TICKETS: usize = 1000;

/// A ticket, and the index of its firm.
#[derive(Debug, Clone, Copy)]
struct Spot {
    ticket: TicketId,
    firm: usize,
}

/// Runs the benchmark; returns the rounds for each of [`FIRMS`].
///
/// # Errors
/// When the database does not answer.
///
/// # Panics
/// When a process fails.
pub async fn run(data: &Large) -> Result<Vec<Rounds>, Box<dyn Error + Send + Sync>> {
    let mut results = Vec::new();
    for firms in FIRMS {
        results.push(over(data, firms).await?);
    }
    Ok(results)
}

async fn over(data: &Large, firms: usize) -> Result<Rounds, Box<dyn Error + Send + Sync>> {
    let copy = data.copy(&format!("status_change_{firms}")).await?;
    let mut owners = Vec::new();
    for firm in 1..=firms {
        owners.push(copy.owner(firm).await?);
    }
    let places = places(&copy, &owners).await?;
    let script = script(&owners, &places);
    let pgbench = Pgbench::new(&data.postgres, &copy.url, data.scripts(), &script);
    let server = Launch::serve(&copy.url).start().await;
    let (url, processes) = (server.url().await, [server.pid(), data.pid()]);

    let tokens: Vec<Arc<str>> = owners.iter().map(|owner| owner.token.as_str().into()).collect();
    let of = places.clone();
    // Each connection uses its own tickets, so it knows their status.
    let next = move |connection: usize, sent: usize| {
        let mine = of.len() / CONNECTIONS;
        let place = of[connection + CONNECTIONS * (sent % mine)];
        let status = if (sent / mine).is_multiple_of(2) { "WAITING" } else { "IN_ANALYSIS" };
        let input =
            json!({ "idempotencyKey": Uuid::new_v4(), "id": place.ticket.encode(), "status": status });
        let body = json!({ "query": MUTATION, "variables": { "input": input } }).to_string();
        Request { token: Arc::clone(&tokens[place.firm]), body }
    };
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        reset(&copy, &places).await?;
        let ours = load::run(&url, processes, CONNECTIONS, r#""outcome":"CHANGED""#, next.clone()).await;
        reset(&copy, &places).await?;
        rounds.add(ours, pgbench.run(CONNECTIONS).await);
    }
    server.stop().await;
    Ok(rounds)
}

/// Tickets whose change sends two mails: to the client's address of record, and to the portal user who opened it.
/// So the statements are the same for each.
async fn places(copy: &Copied, owners: &[Owner]) -> Result<Vec<Spot>, Box<dyn Error + Send + Sync>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: TicketId,
        #[diesel(sql_type = SqlUuid)]
        firm_id: FirmId,
    }
    let rows: Vec<Row> = diesel::sql_query(include_str!("status_change_tickets.sql"))
        .bind::<Array<SqlUuid>, _>(owners.iter().map(|owner| owner.firm_id).collect::<Vec<_>>())
        .bind::<BigInt, _>(i64::try_from(TICKETS / owners.len())?)
        .load(&mut copy.store.conn().await?)
        .await?;
    if rows.len() != TICKETS {
        return Err(format!("{} tickets instead of {TICKETS}", rows.len()).into());
    }
    let place = |row: Row| {
        let firm = owners.iter().position(|owner| owner.firm_id == row.firm_id)?;
        Some(Spot { ticket: row.id, firm })
    };
    rows.into_iter().map(|row| place(row).ok_or_else(|| "a ticket of another firm".into())).collect()
}

/// Resets all tickets, and cleans up so that neither side pays for what the other left behind.
async fn reset(copy: &Copied, places: &[Spot]) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut conn = copy.store.conn().await?;
    diesel::sql_query(
        "UPDATE tickets SET status = 'IN_ANALYSIS', closed_at = NULL, is_untouched = false
         WHERE id = ANY ($1)",
    )
    .bind::<Array<SqlUuid>, _>(places.iter().map(|place| place.ticket).collect::<Vec<_>>())
    .execute(&mut conn)
    .await?;
    conn.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// The statements, with the tickets, their firms and the owners' sessions inserted.
fn script(owners: &[Owner], places: &[Spot]) -> String {
    let list = |items: Vec<String>| items.join(",");
    let hash = |owner: &Owner| {
        let hash = Sha256::digest(owner.token.as_bytes());
        format!(r#""\\x{}""#, data_encoding::HEXLOWER.encode(&hash))
    };
    STATEMENTS
        .replace("TICKET_IDS", &list(places.iter().map(|place| place.ticket.uuid().to_string()).collect()))
        .replace("FIRM_PLACES", &list(places.iter().map(|place| (place.firm + 1).to_string()).collect()))
        .replace("TOKEN_HASHES", &list(owners.iter().map(hash).collect()))
        .replace("TICKET_COUNT", &places.len().to_string())
}
