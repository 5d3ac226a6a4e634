//! The database: whether it can be reached, what the role may do in it, and what waits in it.

use std::time::Duration;

use chrono::Utc;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text};
use diesel_async::{AsyncConnection, RunQueryDsl};
use guichet_base::error::Fault;
use guichet_engine::db::{self, Connection, SchemaDrift};
use guichet_engine::job::queue;
use guichet_engine::{hint, installation};

use super::site::Site;
use super::{Finding, fails, ok, warning};
use crate::processes::open;
use crate::settings::{check_database, database_place, plain, Secret};

/// How long a hint may take.
const HEARD: Duration = Duration::from_secs(5);
/// Connections of a process beside its pool.
const BESIDE_THE_POOL: usize = 6;

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let folder = site.data.display();
    if let Some(url) = &site.settings.database_url
        && let Err(error) = check_database(url).await
    {
        return vec![fails(error)];
    }
    let mut conn = match site.connect().await {
        Ok(Some(conn)) => conn,
        Ok(None) if site.is_asleep => {
            return vec![warning(format!(
                "the private PostgreSQL in {folder} does not run: start guichet, then check again"
            ))];
        }
        Ok(None) => {
            return vec![ok(format!(
                "DATABASE_URL is not set, and there is no database yet: the first start of guichet makes a private \
                 PostgreSQL in {folder}"
            ))];
        }
        Err(reason) => return vec![fails(reason)],
    };
    match look(site, &mut conn).await {
        Ok(found) => found,
        Err(fault) => vec![fails(plain(&fault.to_string()))],
    }
}

async fn look(site: &Site<'_>, conn: &mut Connection) -> Result<Vec<Finding>, Fault> {
    let url = Secret::new(site.database.clone().unwrap_or_default());
    let drift = db::drift(conn).await?;
    let facts = facts(conn).await?;
    let mut found = judge(&facts, drift, site.settings.pool, &database_place(&url));
    let is_usable = drift.pending == 0 && !facts.only_reads;
    if is_usable {
        found.extend(written(conn).await);
    }
    if site.settings.database_url.is_some() && site.settings.redis.is_none() {
        match hint::gets_through(url.reveal(), HEARD).await {
            Ok(true) => {}
            Ok(false) => found.push(warning(
                "LISTEN does not work, as through a pooler of transactions: screens and workers notice changes a \
                 second late; set REDIS_URL, or give the address of PostgreSQL itself",
            )),
            Err(fault) => found.push(fails(format!("LISTEN: {}", plain(&fault.to_string())))),
        }
    }
    if drift.pending == 0 {
        found.extend(waiting(conn).await?);
        found.extend(firms(site, url.reveal()).await);
    }
    Ok(found)
}

#[derive(Debug, Clone, QueryableByName)]
struct Facts {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    size: String,
    #[diesel(sql_type = Text)]
    encoding: String,
    /// A standby, or a database that was made read-only.
    #[diesel(sql_type = Bool)]
    only_reads: bool,
    /// Whether the role may create tables.
    #[diesel(sql_type = Bool)]
    may_create: bool,
    /// Tables that the role may not change.
    #[diesel(sql_type = BigInt)]
    foreign_tables: i64,
    /// Needed extensions that are neither there nor can be created by the role.
    #[diesel(sql_type = Array<Text>)]
    lacking: Vec<String>,
    #[diesel(sql_type = Bool)]
    has_icu: bool,
    /// How many connections the role may open in this database.
    #[diesel(sql_type = Integer)]
    connections: i32,
}

async fn facts(conn: &mut Connection) -> Result<Facts, Fault> {
    const FACTS: &str = "
        SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
            pg_size_pretty(pg_database_size(current_database())) AS size,
            current_setting('server_encoding') AS encoding,
            pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS only_reads,
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
            (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema()))
                AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')) AS foreign_tables,
            ARRAY(SELECT wanted::text FROM unnest(ARRAY['pg_trgm', 'btree_gin']) AS wanted
                WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = wanted)
                    AND NOT (has_database_privilege(current_database(), 'CREATE')
                        AND EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted))) AS lacking,
            EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS has_icu,
            least(
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                    - coalesce(current_setting('reserved_connections', true), '0')::int,
                (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
                (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
            ) AS connections";
    Ok(diesel::sql_query(FACTS).get_result(conn).await?)
}

fn judge(facts: &Facts, drift: SchemaDrift, pool: usize, place: &str) -> Vec<Finding> {
    let mut found = vec![ok(format!("PostgreSQL {} at {place}, {}", facts.version, facts.size))];
    if facts.encoding != "UTF8" {
        found.push(fails(format!(
            "the database is encoded in {}, and only UTF8 has all letters: create it with ENCODING 'UTF8' TEMPLATE \
             template0",
            facts.encoding
        )));
    }
    if !facts.has_icu {
        found.push(fails("this PostgreSQL is built without ICU, by which lists are sorted: use another build"));
    }
    if facts.only_reads {
        found.push(fails(
            "this database only reads, as a standby does: give the address of the primary",
        ));
    }
    match drift {
        SchemaDrift { unknown, .. } if unknown > 0 => found.push(warning(format!(
            "{unknown} migrations are of a newer version of guichet than this one"
        ))),
        SchemaDrift { pending: 0, .. } => {}
        SchemaDrift { pending, .. } => found.push(warning(format!(
            "{pending} migrations did not run yet: the next start runs them, or `guichet migrate`"
        ))),
    }
    if !facts.may_create {
        found.push(fails(
            "this role may not create tables, which migrations do: make it the owner of the database",
        ));
    }
    if facts.foreign_tables > 0 {
        found.push(fails(format!(
            "{} tables belong to another role, and migrations cannot change them: make this role their owner (REASSIGN \
             OWNED)",
            facts.foreign_tables
        )));
    }
    for extension in &facts.lacking {
        found.push(fails(format!(
            "the extension {extension} is not there, and this role cannot create it: install PostgreSQL's contributed \
             extensions, and make the role the owner of the database"
        )));
    }
    let needed = pool + BESIDE_THE_POOL;
    let allowed = usize::try_from(facts.connections).unwrap_or_default();
    if allowed < needed {
        found.push(warning(format!(
            "the server allows {allowed} connections, and each process opens up to {needed}: lower DATABASE_POOL, or \
             raise max_connections"
        )));
    }
    found
}

/// Writes a row and takes it back.
async fn written(conn: &mut Connection) -> Option<Finding> {
    #[derive(Debug)]
    enum Undone {
        Written,
        Failed(Fault),
    }
    impl From<diesel::result::Error> for Undone {
        fn from(error: diesel::result::Error) -> Self {
            Self::Failed(error.into())
        }
    }
    let tried = conn.transaction::<(), Undone, _>(async |conn| {
        db::write_something(conn).await.map_err(Undone::Failed)?;
        Err(Undone::Written)
    });
    match tried.await {
        Ok(()) | Err(Undone::Written) => None,
        Err(Undone::Failed(fault)) => {
            Some(fails(format!("nothing can be written: {}", plain(&fault.to_string()))))
        }
    }
}

/// Jobs that wait for a person.
async fn waiting(conn: &mut Connection) -> Result<Vec<Finding>, Fault> {
    let now = Utc::now();
    let mut found = Vec::new();
    for depth in queue::depth(conn, now).await? {
        if depth.held > 0 {
            found.push(warning(format!(
                "{} jobs {} are held since a restore: see `guichet mail held`",
                depth.held, depth.kind
            )));
        }
        if depth.dead > 0 {
            let (jobs, kind) = (depth.dead, depth.kind);
            found.push(warning(format!("{jobs} jobs {kind} are dead: see `guichet jobs list --status dead`")));
        }
    }
    for pause in queue::pauses(conn, now).await? {
        found.push(warning(format!("jobs {} are paused: {}", pause.kind, pause.reason)));
    }
    if let (Some(here), Some(last)) = (installation::place(conn).await?, installation::last_place(conn).await?)
        && here != last
    {
        found.push(warning(
            "this database was restored or copied: the next start holds its queued mails and ends all sessions",
        ));
    }
    Ok(found)
}

/// Firms that should not be there, or that are missing.
async fn firms(site: &Site<'_>, url: &str) -> Vec<Finding> {
    let asked = async {
        let store = open(site.settings, url)?;
        let is_empty = guichet_demo::is_wanted(&store).await?;
        let has_demo = !guichet_demo::sign_ins(&store).await?.is_empty();
        Ok::<_, crate::lifecycle::Failure>((is_empty, has_demo))
    };
    match asked.await {
        Ok((true, _)) => vec![warning("there is no firm yet: create one with `guichet firm create`")],
        Ok((false, true)) if !site.settings.trial => {
            vec![warning("there are demo firms, whose password everybody knows: use a database without them")]
        }
        Ok(_) => Vec::new(),
        Err(failure) => vec![fails(plain(&failure.to_string()))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn good() -> Facts {
        Facts {
            version: "17.2".to_owned(),
            size: "34 MB".to_owned(),
            encoding: "UTF8".to_owned(),
            only_reads: false,
            may_create: true,
            foreign_tables: 0,
            lacking: Vec::new(),
            has_icu: true,
            connections: 97,
        }
    }

    #[test]
    fn a_good_database_is_one_line() {
        let found = judge(&good(), SchemaDrift { pending: 0, unknown: 0 }, 16, "db:5432");
        assert_eq!(found, [ok("PostgreSQL 17.2 at db:5432, 34 MB")]);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        use Verdict::{Fails, Warning};
        let none = SchemaDrift { pending: 0, unknown: 0 };
        for (facts, drift, verdict, part) in [
            (Facts { encoding: "LATIN1".into(), ..good() }, none, Fails, "ENCODING 'UTF8'"),
            (Facts { only_reads: true, ..good() }, none, Fails, "the address of the primary"),
            (Facts { may_create: false, ..good() }, none, Fails, "the owner of the database"),
            (Facts { foreign_tables: 3, ..good() }, none, Fails, "3 tables belong to another role"),
            (Facts { lacking: vec!["pg_trgm".into()], ..good() }, none, Fails, "extension pg_trgm"),
            (Facts { has_icu: false, ..good() }, none, Fails, "ICU"),
            (Facts { connections: 20, ..good() }, none, Warning, "20 connections, and each process opens up to 22"),
            (good(), SchemaDrift { pending: 2, unknown: 0 }, Warning, "2 migrations did not run yet"),
            (good(), SchemaDrift { pending: 1, unknown: 1 }, Warning, "of a newer version"),
        ] {
            let found = judge(&facts, drift, 16, "db:5432");
            assert_eq!(found.len(), 2, "{found:?}");
            assert!(found[1].verdict == verdict && found[1].told.contains(part), "{found:?}");
        }
    }
}
