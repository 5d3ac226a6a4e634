//! The database: whether it can be reached, what the role may do in it, and what waits in it.

use std::time::Duration;

use guichet_base::error::Fault;
use guichet_engine::db::survey::{self, Survey};
use guichet_engine::db::{self, Connection, SchemaDrift};
use guichet_engine::job::queue;
use guichet_engine::{hint, installation};

use super::site::Site;
use super::{Finding, fails, ok, warning};
use crate::lifecycle::Failure;
use crate::processes::open;
use crate::settings::{Secret, check_database, database_place, plain};

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
    let survey = survey::survey(conn).await?;
    let mut found = judge(&survey, site.settings.pool, &database_place(&url));
    // What belongs to another role cannot even be read.
    let drift = if survey.foreign_tables == 0 { Some(db::drift(conn).await?) } else { None };
    found.extend(drift.and_then(behind));
    let is_migrated = drift.is_some_and(|drift| drift.pending == 0);
    if is_migrated
        && !survey.only_reads
        && let Err(fault) = survey::try_writing(conn).await
    {
        found.push(fails(format!("nothing can be written: {}", plain(&fault.to_string()))));
    }
    // A standby can do neither; that it is one has been told.
    if site.settings.database_url.is_some() && site.settings.redis.is_none() && !survey.only_reads {
        match hint::gets_through(url.reveal(), HEARD).await {
            Ok(true) => {}
            Ok(false) => found.push(warning(
                "LISTEN does not work, as through a pooler of transactions: screens and workers notice changes a \
                 second late; set REDIS_URL, or give the address of PostgreSQL itself",
            )),
            Err(fault) => found.push(fails(format!("LISTEN: {}", plain(&fault.to_string())))),
        }
    }
    if is_migrated {
        found.extend(waiting(conn).await?);
        found.extend(firms(site, url.reveal()).await);
    }
    Ok(found)
}

/// What migrations say about the version of this program.
fn behind(drift: SchemaDrift) -> Option<Finding> {
    match drift {
        SchemaDrift { unknown, .. } if unknown > 0 => {
            Some(warning(format!("{unknown} migrations are of a newer version of guichet than this one")))
        }
        SchemaDrift { pending: 0, .. } => None,
        SchemaDrift { pending, .. } => Some(warning(format!(
            "{pending} migrations did not run yet: the next start runs them, or `guichet migrate`"
        ))),
    }
}

fn judge(survey: &Survey, pool: usize, place: &str) -> Vec<Finding> {
    let mut found = vec![ok(format!("PostgreSQL {} at {place}, {}", survey.version, survey.size))];
    if survey.encoding != "UTF8" {
        found.push(fails(format!(
            "the database is encoded in {}, and only UTF8 has all letters: create it with ENCODING 'UTF8' TEMPLATE \
             template0",
            survey.encoding
        )));
    }
    if !survey.has_icu {
        found.push(fails(
            "this PostgreSQL is built without ICU, whose collations the tables name: use another build",
        ));
    }
    if !survey.tells_place {
        found.push(warning(
            "this role may not call pg_control_system(), so a restore on another server is not noticed: run `guichet \
             restored` after each one, or GRANT EXECUTE ON FUNCTION pg_control_system() to the role",
        ));
    }
    if survey.only_reads {
        found.push(fails("this database only reads, as a standby does: give the address of the primary"));
    }
    if !survey.may_create {
        found.push(fails(
            "this role may not create tables, which migrations do: make it the owner of the database",
        ));
    }
    if survey.foreign_tables > 0 {
        found.push(fails(format!(
            "{} tables belong to another role, and migrations cannot change them: make this role their owner (REASSIGN \
             OWNED)",
            survey.foreign_tables
        )));
    }
    for extension in &survey.lacking {
        found.push(fails(format!(
            "the extension {extension} is not there, and this role cannot create it: install PostgreSQL's contributed \
             extensions, and make the role the owner of the database"
        )));
    }
    let needed = pool + BESIDE_THE_POOL;
    let allowed = usize::try_from(survey.connections).unwrap_or_default();
    if allowed < needed {
        found.push(warning(format!(
            "the server allows {allowed} connections, and each process opens up to {needed}: lower DATABASE_POOL, or \
             raise max_connections"
        )));
    }
    found
}

/// Jobs that wait for a person.
async fn waiting(conn: &mut Connection) -> Result<Vec<Finding>, Fault> {
    let now = db::time(conn).await?.time;
    let mut found = Vec::new();
    for depth in queue::depth(conn, now).await? {
        if depth.held > 0 {
            let (jobs, kind) = (depth.held, &depth.kind);
            found.push(warning(format!("jobs {kind}: {jobs} held since a restore, see `guichet mail held`")));
        }
        if depth.dead > 0 {
            let (jobs, kind) = (depth.dead, depth.kind);
            found.push(warning(format!("jobs {kind}: {jobs} dead, see `guichet jobs list --status dead`")));
        }
    }
    for pause in queue::pauses(conn, now).await? {
        found.push(warning(format!("jobs {}: paused, because {}", pause.kind, pause.reason)));
    }
    if let (Some(here), Some(last)) =
        (installation::place(conn).await?, installation::last_place(conn).await?)
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
        let store = open(site.settings, url).await?;
        let is_empty = guichet_demo::is_wanted(&store).await?;
        let has_demo = !guichet_demo::sign_ins(&store).await?.is_empty();
        Ok::<_, Failure>((is_empty, has_demo))
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

    fn good() -> Survey {
        Survey {
            version: "17.2".to_owned(),
            size: "34 MB".to_owned(),
            encoding: "UTF8".to_owned(),
            only_reads: false,
            may_create: true,
            foreign_tables: 0,
            lacking: Vec::new(),
            has_icu: true,
            tells_place: true,
            connections: 97,
        }
    }

    #[test]
    fn a_good_database_is_one_line() {
        let found = judge(&good(), 16, "db:5432");
        assert_eq!(found, [ok("PostgreSQL 17.2 at db:5432, 34 MB")]);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        use Verdict::{Fails, Warning};
        for (survey, verdict, part) in [
            (Survey { encoding: "LATIN1".into(), ..good() }, Fails, "ENCODING 'UTF8'"),
            (Survey { only_reads: true, ..good() }, Fails, "the address of the primary"),
            (Survey { may_create: false, ..good() }, Fails, "the owner of the database"),
            (Survey { foreign_tables: 3, ..good() }, Fails, "3 tables belong to another role"),
            (Survey { lacking: vec!["pg_trgm".into()], ..good() }, Fails, "extension pg_trgm"),
            (Survey { has_icu: false, ..good() }, Fails, "ICU"),
            (Survey { tells_place: false, ..good() }, Warning, "`guichet restored` after each one"),
            (
                Survey { connections: 20, ..good() },
                Warning,
                "20 connections, and each process opens up to 22",
            ),
        ] {
            let found = judge(&survey, 16, "db:5432");
            assert_eq!(found.len(), 2, "{found:?}");
            assert!(found[1].verdict == verdict && found[1].told.contains(part), "{found:?}");
        }
        for (pending, unknown, part) in
            [(2, 0, "2 migrations did not run yet"), (1, 3, "3 migrations are of a newer")]
        {
            let told = behind(SchemaDrift { pending, unknown }).unwrap().told;
            assert!(told.starts_with(part), "{told}");
        }
        assert_eq!(behind(SchemaDrift { pending: 0, unknown: 0 }), None);
    }
}
