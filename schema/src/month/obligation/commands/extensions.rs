//! Dates that authorities moved once.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{InputPath, OrNotFound, Result};
use guichet_base::id::{ExtensionId, ObligationId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::due_date_extensions;
use guichet_obligations::{Extension, condition};
use serde::Serialize;
use serde_json::Value;

use crate::month::obligation::model::{DueDateExtension, Obligation};
use crate::month::obligation::{queries, rules};
use crate::people::rights::{self, FirmAct};

use super::{MAX_CODE, fits, lock, write};

/// Most places of an extension: an authority may list the towns of a state.
const MAX_PLACES: usize = 1_000;

/// Input for an extension by an authority.
#[derive(Debug, Clone, Serialize)]
pub struct CreateExtension {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The name of the period.
    pub period: String,
    /// Codes of the regions and cities to which it is limited; everywhere if empty.
    pub places: Vec<String>,
    /// The attribute to which it is limited, as in the cases of rules.
    pub when: Option<Value>,
    /// The new date. Nothing shifts it.
    pub due_on: NaiveDate,
    /// When it was published: the last published one holds.
    pub published_on: NaiveDate,
    /// The act; up to 200 characters.
    pub source: String,
}

/// Adds a date that an authority moved once. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `obligationId`; refusals of the fields.
pub async fn create_extension(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateExtension,
) -> Result<Done<ExtensionId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = first!(store.begin_once(actor, "dueDateExtensionCreate", key, &input).await?);
    let obligation = lock(&mut tx, actor, input.obligation_id, "obligationId").await?;
    let mut check = Check::new();
    check.count("places", input.places.len(), &(0..=MAX_PLACES));
    let when = match input.when.as_ref().map(condition).transpose() {
        Ok(when) => when,
        Err(problem) => {
            check.refuse(rules::problematic("condition".into(), problem));
            None
        }
    };
    let extension = Extension {
        period: check.line("period", &input.period, 1..=MAX_CODE),
        due: input.due_on,
        published: input.published_on,
        places: input.places.iter().map(|place| place.trim().to_owned()).collect(),
        when,
        source: check.line("source", &input.source, 1..=MAX_NAME),
    };
    check.done()?;
    let book = queries::book(tx.conn(), obligation.firm_id).await?;
    let mut rule = book.get(&obligation.code).cloned().or_not_found("obligationId")?;
    rule.extensions = vec![extension.clone()];
    fits(&book, &rule, |_| InputPath::from("period"))?;
    let id = add_extension(&mut tx, &obligation, &extension, None).await?;
    write(&mut tx, &obligation, "dueDateExtensionCreate").await?;
    tx.commit(id).await
}

/// Removes an extension by an authority. One from the catalogue comes back when the firm takes over what the catalogue
/// changed. Open tasks keep their dates until somebody confirms that they move. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `extensionId`.
pub async fn delete_extension(store: &Store, actor: &Actor, id: ExtensionId) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = store.begin(actor).await?;
    let of: Option<ObligationId> = due_date_extensions::table
        .filter(due_date_extensions::firm_id.eq(actor.firm_id()))
        .filter(due_date_extensions::id.eq(id))
        .select(due_date_extensions::obligation_id)
        .get_result(tx.conn())
        .await
        .optional()?;
    let obligation = lock(&mut tx, actor, of.or_not_found("extensionId")?, "extensionId").await?;
    let deleted = diesel::delete(due_date_extensions::table.find(id)).execute(tx.conn()).await?;
    // Somebody else may have removed it while the lock was waited for.
    (deleted > 0).then_some(()).or_not_found("extensionId")?;
    write(&mut tx, &obligation, "dueDateExtensionDelete").await?;
    tx.commit(obligation.id).await
}

/// Writes an extension of an obligation.
pub(crate) async fn add_extension(
    tx: &mut Tx,
    of: &Obligation,
    extension: &Extension,
    shipped_digest: Option<String>,
) -> Result<ExtensionId> {
    let row = DueDateExtension {
        id: ExtensionId::new(),
        firm_id: of.firm_id,
        obligation_id: of.id,
        period: extension.period.clone(),
        places: extension.places.clone(),
        condition: rules::written(extension),
        due_on: extension.due,
        published_on: extension.published,
        source: extension.source.clone(),
        shipped_digest,
        created_at: tx.now,
    };
    diesel::insert_into(due_date_extensions::table).values(&row).execute(tx.conn()).await?;
    Ok(row.id)
}
