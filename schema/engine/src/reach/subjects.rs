//! Who may know of a subject, asked of its row as the declaration says: for those who have its name alone.

use std::collections::HashMap;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Nullable, Text, Untyped, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ClientId, DepartmentId, FirmId, Id, StaffId};
use uuid::Uuid;

use super::{ALL, Audience, Reach};
use crate::actor::Area;
use crate::subject::Subject;

/// Who may know of each of these things. Those of a noun that cannot be a subject, and those that are gone, are left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn audiences(
    mut conn: &AsyncPgConnection,
    subjects: &[Subject],
) -> Result<HashMap<Subject, Audience>> {
    // What is the firm's own affair, is its staff's: no row of the firm decides who may know.
    let firms = subjects.iter().filter(|subject| subject.noun == FirmId::NOUN);
    let mut found: HashMap<Subject, Audience> = firms.map(|firm| (*firm, Audience::staff())).collect();
    for reach in ALL.iter().filter(|reach| reach.is_subject) {
        let ids: Vec<Uuid> =
            subjects.iter().filter(|subject| subject.noun == reach.noun).map(|subject| subject.id).collect();
        if ids.is_empty() {
            continue;
        }
        let rows: Vec<Row> = Rows { reach, ids, held: false }.load(&mut conn).await?;
        found.extend(rows.into_iter().map(|row| {
            let Row { id, client_id, people, portfolio, department_id, category } = row;
            let area = reach.area.or(category.as_deref().and_then(Area::parse));
            let audience = Audience::of_row(client_id, people, portfolio, department_id, area);
            let audience = audience.internal_if(reach.internal);
            (Subject { noun: reach.noun, id }, audience)
        }));
    }
    Ok(found)
}

/// Who may know of a thing. Its row stays locked until the transaction ends, so that the audience cannot change before
/// the event is written.
///
/// # Errors
/// When the database does not answer: retry. `Broken` when there is no such thing.
pub async fn held_audience(mut conn: &AsyncPgConnection, subject: Subject) -> Result<Audience> {
    let broken = || Fault::Broken(format!("nobody is declared who may know of {subject}"));
    if subject.noun != FirmId::NOUN {
        let reach = ALL.iter().find(|reach| reach.is_subject && reach.noun == subject.noun);
        let reach = reach.ok_or_else(broken)?;
        // In a statement of its own: the next one then sees the change that it waited for.
        Rows { reach, ids: vec![subject.id], held: true }.execute(&mut conn).await?;
    }
    Ok(audiences(conn, &[subject]).await?.remove(&subject).ok_or_else(broken)?)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    client_id: ClientId,
    #[diesel(sql_type = Array<Nullable<SqlUuid>>)]
    people: Vec<Option<StaffId>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    portfolio: Option<StaffId>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    department_id: Option<DepartmentId>,
    #[diesel(sql_type = Nullable<Text>)]
    category: Option<String>,
}

/// What rows say of who may know of them; or only locks them against changes.
struct Rows {
    reach: &'static Reach,
    ids: Vec<Uuid>,
    held: bool,
}

impl QueryFragment<Pg> for Rows {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { reach, ids, held } = self;
        out.push_sql("SELECT thing.id");
        if !held {
            out.push_sql(", client.id AS client_id, client.accountant_id AS portfolio, ARRAY[");
            for (at, person) in reach.people.iter().enumerate() {
                out.push_sql(if at == 0 { "thing." } else { ", thing." });
                out.push_identifier(person)?;
            }
            out.push_sql("]::uuid[] AS people, ");
            match reach.department {
                Some(department) => {
                    out.push_sql("thing.");
                    out.push_identifier(department)?;
                }
                None => out.push_sql("NULL::uuid"),
            }
            out.push_sql(" AS department_id, ");
            match reach.category {
                Some(category) => {
                    out.push_sql("thing.");
                    out.push_identifier(category)?;
                }
                None => out.push_sql("NULL::text"),
            }
            out.push_sql(" AS category");
        }
        out.push_sql(" FROM ");
        out.push_identifier(reach.table)?;
        out.push_sql(" AS thing");
        if !held {
            out.push_sql(" JOIN clients AS client ON client.id = thing.");
            out.push_identifier(reach.client)?;
        }
        out.push_sql(" WHERE thing.id = ANY (ARRAY(SELECT unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(ids)?;
        out.push_sql(if *held { "))) FOR SHARE" } else { ")))" });
        Ok(())
    }
}

// The plan is found by the text: no id of its own.
impl QueryId for Rows {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Rows {
    type SqlType = Untyped;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A subject's audience is asked of its own row alone: what it belongs with is not read.
    #[test]
    fn subjects_belong_with_nothing_else() {
        assert!(ALL.iter().filter(|reach| reach.is_subject).all(|reach| reach.with.is_empty()));
    }

    #[test]
    fn rows_are_asked_as_declared() {
        let of = |noun, held| {
            let reach = ALL.iter().find(|reach| reach.noun == noun).unwrap();
            let rows = Rows { reach, ids: vec![], held };
            diesel::debug_query::<Pg, _>(&rows).to_string().replace('"', "")
        };
        let asked = of("ticket", false);
        for part in [
            "ARRAY[thing.assignee_id, thing.opened_by_staff]::uuid[] AS people, thing.department_id AS department_id",
            "FROM tickets AS thing JOIN clients AS client ON client.id = thing.client_id WHERE thing.id = ANY",
        ] {
            assert!(asked.contains(part), "{asked}");
        }
        assert!(
            of("client", false)
                .contains("NULL::uuid AS department_id, NULL::text AS category FROM clients AS thing")
        );
        assert!(of("document", false).contains("thing.category AS category FROM documents AS thing JOIN"));
        let held = of("ticket", true);
        assert!(held.starts_with("SELECT thing.id FROM tickets AS thing WHERE"), "{held}");
        assert!(held.contains("FOR SHARE"), "{held}");
    }
}
