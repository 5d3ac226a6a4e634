//! A nested list: twenty tickets of a random client, each with its client, its assignee and its last three
//! messages. Compared with a single SQL statement that returns the same data, and with a GraphQL server on Node
//! over the same database (`tests/peer`).

use std::error::Error;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Json;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ClientId, Id};
use guichet_demo::large;
use guichet_engine::tables::{accounts, portal_accesses};
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

/// The result for a number of connections.
#[derive(Debug, Clone, Default)]
pub struct NestedListFigures {
    /// Compared with the SQL statement.
    pub statement: Rounds,
    /// Compared with the GraphQL server on Node.
    pub node: Rounds,
}

/// Runs the benchmark; returns one result for each of [`CONNECTIONS`].
///
/// # Errors
/// When the database does not answer, or the answers differ.
///
/// # Panics
/// When a process fails.
pub async fn run(data: &Large) -> Result<Vec<NestedListFigures>, Box<dyn Error + Send + Sync>> {
    let copy = data.copy("nested_list").await?;
    let owner = copy.owner(1).await?;
    let clients = busy_clients(&copy).await?;
    let ids: Vec<String> = clients.iter().map(|id| id.uuid().to_string()).collect();
    let script =
        STATEMENT.replace("CLIENT_COUNT", &ids.len().to_string()).replace("CLIENT_IDS", &ids.join(","));
    let pgbench = Pgbench::new(&data.postgres, &copy.url, data.scripts(), &script);
    let server = Launch::serve(&copy.url).start().await;

    let node = Launch::node("peer/server.mjs", &[&copy.url]).start().await;

    let token: Arc<str> = owner.token.into();
    let body = |id: String| json!({ "query": QUERY, "variables": { "client": id } }).to_string();
    let [ours, theirs] = [
        clients.iter().map(|id| body(id.encode())).collect::<Arc<[String]>>(),
        ids.into_iter().map(body).collect(),
    ];
    let mut rivals = Vec::new();
    for (process, bodies) in [(&server, ours), (&node, theirs)] {
        let url = process.url().await;
        let request = reqwest::Client::new().post(format!("{url}/graphql")).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(bodies[0].clone());
        same(&copy, &script, request.send().await?.json().await?).await?;
        let token = Arc::clone(&token);
        let next = move |_, _| {
            let body = bodies[rand::random_range(0..bodies.len())].clone();
            Request { token: Arc::clone(&token), body }
        };
        rivals.push((url, [process.pid(), data.pid()], next));
    }
    let mut figures = vec![NestedListFigures::default(); CONNECTIONS.len()];
    for _ in 0..ROUNDS {
        for (connections, figures) in CONNECTIONS.into_iter().zip(&mut figures) {
            let mut measured = Vec::new();
            for (url, processes, next) in &rivals {
                let mark = r#"{"data":{"#;
                measured.push(load::run(url, *processes, connections, mark, next.clone()).await);
            }
            figures.statement.add(measured[0], pgbench.run(connections).await);
            figures.node.add(measured[0], measured[1]);
        }
    }
    server.stop().await;
    node.kill().await;
    Ok(figures)
}

/// The clients of the first firm with more tickets than a page.
async fn busy_clients(copy: &Copied) -> Result<Vec<ClientId>, Box<dyn Error + Send + Sync>> {
    let admins: Vec<String> =
        (1..=large::SIZES.busy_clients).map(|client| large::admin_email(1, client)).collect();
    Ok(portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(accounts::email_ci.eq_any(admins))
        .select(portal_accesses::client_id)
        .load(&mut copy.store.conn().await?)
        .await?)
}

/// Checks that both return the same data about the first client, except for the format of ids and times.
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
