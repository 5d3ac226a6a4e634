//! Finders of histories. Each requires the viewer's scope and the fields of the noun.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{ChangeId, Id};
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::changes;

use super::Field;
use super::model::Change;

/// The changes of a noun within a scope: clients see public fields only.
fn readable<F: Field>(scope: &Scope) -> Condition<changes::table> {
    let fields: Vec<&str> = F::ALL
        .iter()
        .filter(|field| scope.is_staff() || field.is_public())
        .map(|field| field.as_str())
        .collect();
    let of_noun = changes::subject_noun.eq(F::Of::NOUN).and(changes::field.eq_any(fields));
    Condition::new(of_noun.and(reach::of_subject::<changes::table>(scope).checked()))
}

/// The histories of several things of one noun, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of<F: Field>(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[F::Of]) -> Result<Vec<Change>> {
    Ok(changes::table
        .filter(readable::<F>(scope))
        .filter(sql::among(changes::subject_id, ids))
        .order((changes::subject_id, changes::seq))
        .select(Change::as_select())
        .load(conn)
        .await?)
}

/// Changes of a noun by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids<F: Field>(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ChangeId],
) -> Result<Vec<Change>> {
    Ok(changes::table
        .filter(readable::<F>(scope))
        .filter(sql::among(changes::id, ids))
        .select(Change::as_select())
        .load(conn)
        .await?)
}
