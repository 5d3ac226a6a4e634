//! A nested list: twenty tickets of a random client, each with its client, its assignee and its last three
//! messages. Over HTTP against the same data out of one statement.

use std::error::Error;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Json;
use diesel_async::RunQueryDsl;
use guichet_schema::demo::large;
use guichet_schema::id::{ClientId, Id};
use guichet_schema::tables::{accounts, portal_accesses};
use serde_json::{Value, json};

use super::large::{Copied, Large};
use super::load::{self, Request};
use super::pgbench::Pgbench;
use super::rounds::{ROUNDS, Rounds};
use crate::process::Launch;

const QUERY: &str = include_str!("nested_list.graphql");
const STATEMENT: &str = include_str!("nested_list.sql");

/// On how many connections.
pub const CONNECTIONS: [usize; 2] = [8, 64];

/// Runs it; answers the rounds of each number of [`CONNECTIONS`].
///
/// # Errors
/// When the database does not answer, or the two do not tell the same.
///
/// # Panics
/// When a process does not do its work.
pub async fn run(data: &Large) -> Result<Vec<Rounds>, Box<dyn Error + Send + Sync>> {
    let copy = data.copy("nested_list").await?;
    let owner = copy.owner(1).await?;
    let clients = busy_clients(&copy).await?;
    let ids: Vec<String> = clients.iter().map(|id| id.uuid().to_string()).collect();
    let script =
        STATEMENT.replace("CLIENT_COUNT", &ids.len().to_string()).replace("CLIENT_IDS", &ids.join(","));
    let pgbench = Pgbench::new(&data.postgres, &copy.url, data.scripts(), &script);
    let server = Launch::serve(&copy.url).start().await;

    let token: Arc<str> = owner.token.into();
    let body = |id: &ClientId| json!({ "query": QUERY, "variables": { "client": id.encode() } }).to_string();
    let bodies: Arc<[String]> = clients.iter().map(body).collect();
    let http = reqwest::Client::new().post(format!("{}/graphql", server.url().await));
    let request = http.bearer_auth(&token).header("content-type", "application/json").body(bodies[0].clone());
    same(&copy, &script, request.send().await?.json().await?).await?;

    let next = move |_, _| {
        let body = bodies[rand::random_range(0..bodies.len())].clone();
        Request { token: Arc::clone(&token), body }
    };
    let mut results = vec![Rounds::default(); CONNECTIONS.len()];
    for _ in 0..ROUNDS {
        for (connections, rounds) in CONNECTIONS.into_iter().zip(&mut results) {
            let ours = load::run(&server, data.pid(), connections, r#"{"data":{"#, next.clone()).await;
            rounds.add(ours, pgbench.run(connections).await);
        }
    }
    server.stop().await;
    Ok(results)
}

/// The clients of the first firm that have more tickets than a page.
async fn busy_clients(copy: &Copied) -> Result<Vec<ClientId>, Box<dyn Error + Send + Sync>> {
    let admins: Vec<String> = (1..=large::BUSY_CLIENTS).map(|client| large::admin_email(1, client)).collect();
    Ok(portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(accounts::email_ci.eq_any(admins))
        .select(portal_accesses::client_id)
        .load(&mut copy.store.conn().await?)
        .await?)
}

/// Checks that both tell the same of the first client, but for how ids and times are spelled.
async fn same(copy: &Copied, script: &str, answer: Value) -> Result<(), Box<dyn Error + Send + Sync>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Json)]
        json_build_object: Value,
    }
    let (_, statement) = script.split_once('\n').ok_or("the script has one line before its statement")?;
    let statement = statement.trim_end().trim_end_matches(';').replace("[:client]", "[1]");
    let row: Row = diesel::sql_query(statement).get_result(&mut copy.store.conn().await?).await?;
    let [ours, other] = [&answer["data"], &row.json_build_object].map(|told| {
        let tickets = told["tickets"]["nodes"].as_array().cloned().unwrap_or_default();
        tickets.into_iter().map(bare).collect::<Vec<_>>()
    });
    if ours.len() != 20 || ours != other {
        return Err(format!("not the same: {ours:#?} and {other:#?}").into());
    }
    Ok(())
}

/// Without ids and times.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "id" && !name.ends_with("At"));
            Value::Object(kept.map(|(name, value)| (name, bare(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(bare).collect()),
        other => other,
    }
}
