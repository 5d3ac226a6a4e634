//! Dashboards, each in one request as screens ask for it: that of a client with ten years of documents, and that of a firm of
//! 10,000 clients with ten years. Compared with the same with one month, and with a single SQL statement that returns the
//! same data.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crate::clock::SystemClock;
use diesel::prelude::*;
use diesel::sql_types::Json;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{ClientId, FirmId, Id};
use guichet_embedded::Postgres;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_engine::tables::clients;
use serde_json::{Value, json};

use super::load::{self, Request};
use super::pgbench::Pgbench;
use super::rounds::{ROUNDS, Rounds};
use crate::process::Launch;
use crate::recurring::Recurring;
use crate::world::Firm;

/// How many clients a firm has.
const CLIENTS: i64 = 10_000;
/// How many of them look at their dashboards.
const LOOKING: i64 = 100;
/// The documents of a client in the present month; also in those before, where they look.
const A_MONTH: u32 = 10;
/// The documents of all other clients in each month before.
const BEFORE: u32 = 1;
/// Ten years.
const MONTHS: u32 = 120;
const CONNECTIONS: usize = 8;
/// Most of the time of a request goes into one statement, and more connections than processors only wait.
const OF_FIRM: usize = 2;

type Failed = Box<dyn Error + Send + Sync>;

/// The result for a kind of dashboard.
#[derive(Debug, Clone, Default)]
pub struct DashboardFigures {
    /// Ten years compared with one month.
    pub month: Rounds,
    /// Ten years compared with the SQL statement.
    pub statement: Rounds,
}

/// The results.
#[derive(Debug, Clone, Default)]
pub struct Dashboards {
    /// How many documents there are.
    pub documents: i64,
    /// Of clients.
    pub client: DashboardFigures,
    /// Of firms.
    pub firm: DashboardFigures,
}

/// What every answer has.
const MARK: &str = r#"Dashboard":{"today""#;

/// The query for the dashboard of a `client` or a `firm`, and a statement that returns the same for one of these.
fn dashboard<T: Id>(of: &str, ids: &[T]) -> (String, String) {
    let list: Vec<String> = ids.iter().map(|id| id.uuid().to_string()).collect();
    let statement = include_str!("dashboard.sql").replace("client", of);
    let statement = statement.replace("HOW_MANY", &list.len().to_string()).replace("IDS", &list.join(","));
    (include_str!("dashboard.graphql").replace("client", of), statement)
}

/// One who looks at dashboards.
#[derive(Clone)]
struct Viewer {
    tokens: Arc<[Arc<str>]>,
    body: String,
}

impl Viewer {
    fn new(tokens: Vec<String>, query: &str) -> Self {
        let tokens = tokens.into_iter().map(Into::into).collect();
        Self { tokens, body: json!({ "query": query }).to_string() }
    }

    fn request(&self) -> Request {
        let token = Arc::clone(&self.tokens[rand::random_range(0..self.tokens.len())]);
        Request { token, body: self.body.clone() }
    }

    /// The answer to the first of them.
    async fn look(&self, url: &str) -> Result<Value, Failed> {
        let request = reqwest::Client::new().post(format!("{url}/graphql")).bearer_auth(&self.tokens[0]);
        let request = request.header("content-type", "application/json").body(self.body.clone());
        Ok(request.send().await?.json().await?)
    }
}

/// Runs the benchmark in a migrated, empty database; `folder` is for scripts.
///
/// # Errors
/// When the database does not answer, or the answers differ.
///
/// # Panics
/// When a process fails.
pub async fn run(postgres: &Postgres, folder: &Path) -> Result<Dashboards, Failed> {
    let store = Store::new(db::pool(&postgres.url(), 4)?, Arc::new(SystemClock));
    let firms = [Firm::new(&store, "aurora.example").await, Firm::new(&store, "bento.example").await];
    let mut looking = Vec::new();
    for firm in &firms {
        let periods = ["2026-03", "2026-03"];
        Recurring { clients: CLIENTS, kinds: &["FIRM-CLOSE"], periods }.fill(&store, firm).await;
        let ids: Vec<ClientId> = clients::table
            .filter(clients::firm_id.eq(firm.id))
            .order(clients::id)
            .limit(LOOKING)
            .select(clients::id)
            .load(&mut store.conn().await?)
            .await?;
        looking.push(ids);
    }
    let documents = documents(&store, [firms[0].id, firms[1].id]).await?;

    let (client_query, of_clients) = dashboard("client", &looking[0]);
    let (firm_query, of_firms) = dashboard("firm", &[firms[0].id]);
    let mut viewers = Vec::new();
    for (firm, ids) in firms.iter().zip(&looking) {
        let mut tokens = Vec::new();
        for id in ids {
            let address = format!("{}@example.com", id.uuid().simple());
            tokens.push(firm.admin(*id, &address).await.token);
        }
        viewers.push(Viewer::new(tokens, &client_query));
    }
    for firm in &firms {
        viewers.push(Viewer::new(vec![firm.owner.token.clone()], &firm_query));
    }
    let [of_client, of_client_month, of_firm, of_firm_month]: [Viewer; 4] =
        viewers.try_into().map_err(|_| "four viewers")?;

    let server = Launch::serve(&postgres.url()).start().await;
    let (url, processes) = (server.url().await, [server.pid(), postgres.pid().ok_or("PostgreSQL runs")?]);
    same(&store, &of_clients, of_client.look(&url).await?).await?;
    same(&store, &of_firms, of_firm.look(&url).await?).await?;

    let mut figures = Dashboards { documents, ..Dashboards::default() };
    let run = async |viewer: &Viewer, connections| {
        let viewer = viewer.clone();
        load::run(&url, processes, connections, MARK, move |_, _| viewer.request()).await
    };
    for _ in 0..ROUNDS {
        for (figures, script, connections, long, short) in [
            (&mut figures.client, &of_clients, CONNECTIONS, &of_client, &of_client_month),
            (&mut figures.firm, &of_firms, OF_FIRM, &of_firm, &of_firm_month),
        ] {
            let pgbench = Pgbench::new(postgres, &postgres.url(), folder, script);
            let ours = run(long, connections).await;
            figures.month.add(ours, run(short, connections).await);
            figures.statement.add(ours, pgbench.run(connections).await);
        }
    }
    server.stop().await;
    Ok(figures)
}

/// Documents of two firms: of the first one those of ten years, of the second one those of this month. What is older is
/// settled. Returns how many there are.
async fn documents(store: &Store, [long, short]: [FirmId; 2]) -> Result<i64, Failed> {
    let looking = format!("no <= {LOOKING}");
    let others = format!("no > {LOOKING}");
    let mut conn = store.conn().await?;
    conn.batch_execute("SET session_replication_role = replica").await?;
    conn.batch_execute(WITHOUT_INDEXES).await?;
    for firm in [long, short] {
        conn.batch_execute(&insert(firm, "true", 0..=0, A_MONTH)).await?;
    }
    conn.batch_execute(&insert(long, &looking, 1..=MONTHS, A_MONTH)).await?;
    conn.batch_execute(&insert(long, &others, 1..=MONTHS, BEFORE)).await?;
    conn.batch_execute(WITH_INDEXES).await?;
    conn.batch_execute("SET session_replication_role = origin").await?;
    conn.batch_execute("VACUUM ANALYZE").await?;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let row: Row = diesel::sql_query("SELECT count(*) AS n FROM documents").get_result(&mut conn).await?;
    Ok(row.n)
}

/// A million rows are written much faster without them.
const WITHOUT_INDEXES: &str = "
    CREATE TABLE kept_indexes AS SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'documents' AND indexname NOT IN (SELECT conname FROM pg_constraint);
    DO $$ DECLARE kept record; BEGIN
        FOR kept IN SELECT * FROM kept_indexes LOOP EXECUTE format('DROP INDEX %I', kept.indexname); END LOOP;
    END $$";

const WITH_INDEXES: &str = "
    DO $$ DECLARE kept record; BEGIN
        FOR kept IN SELECT * FROM kept_indexes LOOP EXECUTE kept.indexdef; END LOOP;
    END $$;
    DROP TABLE kept_indexes";

/// So many documents for each of these clients and months, counted back from the present one; half of them the client's.
/// Those of the present month are due from twenty days before today to ten days after it, and stand as one would expect.
fn insert(firm: FirmId, whose: &str, months: std::ops::RangeInclusive<u32>, each: u32) -> String {
    let (from, to) = months.into_inner();
    format!(
        "INSERT INTO documents (id, firm_id, client_id, direction, category, name, period, period_starts_on, legal_due_on,
             due_on, state, published_at, read_at, search_text, created_at, updated_at)
         SELECT gen_random_uuid(), firm_id, client_id, direction, 'TAX', name, to_char(due, 'YYYY-MM'),
             date_trunc('month', due)::date, due, due,
             CASE WHEN is_there THEN 'FILED' WHEN direction = 'INPUT' AND chance > 95 THEN 'NOTHING_TO_SUBMIT'
                 ELSE 'EXPECTED' END,
             CASE WHEN is_there AND direction = 'OUTPUT' THEN due END,
             CASE WHEN is_there AND direction = 'OUTPUT' AND (ago > 0 OR chance < 60) THEN due END,
             lower(name) || ' ' || to_char(due, 'MM/YYYY'), due, due
         FROM (
             SELECT *, CASE WHEN ago > 0 THEN true WHEN due < today THEN chance < 85 ELSE chance < 30 END AS is_there
             FROM (
                 SELECT c.*, ago, (ARRAY['INPUT', 'OUTPUT'])[1 + one % 2] AS direction,
                     (ARRAY['Extratos', 'Guia', 'Notas', 'Recibo', 'Folha', 'Balancete', 'Vendas', 'Livro', 'Ponto',
                         'Relatório'])[one] AS name,
                     (no * 7 + one * 13) % 100 AS chance,
                     (today - 20 + (no * 3 + one * 11)::int % 31 - make_interval(months => ago))::date AS due
                 FROM (
                     SELECT id AS client_id, firm_id, row_number() OVER (ORDER BY id) AS no,
                         (now() AT TIME ZONE 'America/Sao_Paulo')::date AS today
                     FROM clients WHERE firm_id = '{firm}'
                 ) AS c CROSS JOIN generate_series({from}, {to}) AS ago CROSS JOIN generate_series(1, {each}) AS one
                 WHERE {whose}
             ) AS dated
         ) AS standing",
        firm = firm.uuid()
    )
}

/// Checks that the program and the statement return the same, except for ids and the order of marks.
async fn same(store: &Store, script: &str, answer: Value) -> Result<(), Failed> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Json)]
        json_build_object: Value,
    }
    let (_, statement) = script.split_once('\n').ok_or("the script has one line before its statement")?;
    let statement = statement.trim_end().trim_end_matches(';');
    let statement = statement.replace("[:client]", "[1]").replace("[:firm]", "[1]");
    let row: Row = diesel::sql_query(statement).get_result(&mut store.conn().await?).await?;
    let [ours, other] = [answer["data"].clone(), row.json_build_object].map(bare);
    let nodes = |told: &Value| told.to_string().matches("\"dueOn\"").count();
    if nodes(&ours) == 0 || ours != other {
        return Err(format!("not the same: {ours:#} and {other:#}").into());
    }
    Ok(())
}

/// Without ids, marks by their names.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| name != "id");
            let sorted = kept.map(|(name, value)| {
                let mut value = bare(value);
                if let (true, Some(marks)) = (name == "marks", value.as_array_mut()) {
                    marks.sort_by_key(|mark| mark["mark"].to_string());
                }
                (name, value)
            });
            Value::Object(sorted.collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(bare).collect()),
        other => other,
    }
}
