//! Writing histories.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::Result;
use guichet_base::id::{ActId, ChangeId, FirmId};
use guichet_engine::actor::Author;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::changes;

use super::Field;

/// A changed field to record.
pub(crate) struct Changed {
    field: &'static str,
    from: Option<String>,
    to: Option<String>,
}

impl Changed {
    /// A change from one value to another.
    pub fn new(field: impl Field, from: Option<String>, to: Option<String>) -> Self {
        Self { field: field.as_str(), from, to }
    }

    /// A change, unless the values are equal.
    pub fn between(field: impl Field, from: Option<String>, to: Option<String>) -> Option<Self> {
        (from != to).then(|| Self::new(field, from, to))
    }
}

/// Records what one action changed in a thing.
pub(crate) async fn record(
    tx: &Tx,
    firm: FirmId,
    subject: Subject,
    act: ActId,
    author: Author,
    changed: &[Changed],
    reason: Option<&str>,
) -> Result<()> {
    let at = tx.now;
    let rows: Vec<_> = changed
        .iter()
        .map(|changed| {
            (
                changes::id.eq(ChangeId::new()),
                changes::firm_id.eq(firm),
                changes::subject_noun.eq(subject.noun),
                changes::subject_id.eq(subject.id),
                changes::act_id.eq(act),
                changes::field.eq(changed.field),
                changes::old_value.eq(changed.from.as_deref()),
                changes::new_value.eq(changed.to.as_deref()),
                changes::reason.eq(reason),
                changes::author_staff.eq(author.staff()),
                changes::author_access.eq(author.access()),
                changes::at.eq(at),
            )
        })
        .collect();
    let count = rows.len();
    sql::keep(count, diesel::insert_into(changes::table).values(rows)).execute(&mut tx.pipeline()).await?;
    Ok(())
}

/// Records what one action changed in several things.
pub(crate) async fn record_all(
    tx: &Tx,
    firm: FirmId,
    act: ActId,
    author: Author,
    changed: &[(Subject, Changed)],
) -> Result<()> {
    let at = tx.now;
    let rows: Vec<_> = changed
        .iter()
        .map(|(subject, changed)| {
            (
                changes::id.eq(ChangeId::new()),
                changes::firm_id.eq(firm),
                changes::subject_noun.eq(subject.noun),
                changes::subject_id.eq(subject.id),
                changes::act_id.eq(act),
                changes::field.eq(changed.field),
                changes::old_value.eq(changed.from.as_deref()),
                changes::new_value.eq(changed.to.as_deref()),
                changes::author_staff.eq(author.staff()),
                changes::author_access.eq(author.access()),
                changes::at.eq(at),
            )
        })
        .collect();
    // A statement has at most 65535 values.
    for some in rows.chunks(5_000) {
        diesel::insert_into(changes::table).values(some).execute(&mut tx.pipeline()).await?;
    }
    Ok(())
}
