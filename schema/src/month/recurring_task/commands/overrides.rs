//! Dates and rules of the firm's own for some periods of one client (C-09).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{DocumentDefinitionId, OverrideId, RecurringTaskId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::recurring_task_overrides;
use serde::Serialize;
use serde_json::Value;

use crate::month::obligation;
use crate::month::recurring_task::model::DueOverride;
use crate::people::rights::{self, FirmAct};

use super::checks::{Context, definitions, kind};
use super::{changed, lock};

/// A date or a rule of the firm's own for some periods of one client.
#[derive(Debug, Clone, Serialize)]
pub struct SetOverride {
    /// The recurring task.
    pub id: RecurringTaskId,
    /// The document; the task itself without one.
    pub definition_id: Option<DocumentDefinitionId>,
    /// The first period.
    pub from_period: String,
    /// The last one, included; none without an end.
    pub to_period: Option<String>,
    /// The rule, or a table of dates; none to end those that begin at `from_period`.
    pub due: Option<Value>,
    /// Why.
    pub reason: String,
}

/// Sets a date or a rule of the firm's own for some periods of one client (C-09); of several that hold for a period the one that
/// begins last is meant. Tasks that exist stay as they are. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`; refusals of the fields, `INVALID_RULE` about the place in the rule that is wrong.
pub async fn set_override(store: &Store, actor: &Actor, input: SetOverride) -> Result<Done<RecurringTaskId>> {
    rights::may(&actor.membership, FirmAct::RecurringTaskUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), actor, input.id).await?;
    let kind = kind(tx.conn(), old.firm_id, old.task_type_id).await?;
    let context = Context::read(tx.conn(), old.firm_id, old.client_id, &kind).await?;
    let mut check = Check::new();
    let from = context.period(&mut check, "fromPeriod", &input.from_period);
    let to = input.to_period.as_deref().and_then(|to| context.period(&mut check, "toPeriod", to));
    let is_order = from.zip(to).is_none_or(|(from, to)| from.start() <= to.start());
    check.require(is_order, Refusal::of("toPeriod", Code::OutOfRange));
    if let Some(id) = input.definition_id {
        let found = definitions(tx.conn(), kind.id).await?;
        check.found(&[("definitionId".into(), id)], |id| found.contains(id));
    }
    if let Some(due) = &input.due {
        match obligation::rules::read_due("due", due) {
            Ok(rule) => {
                let book = obligation::queries::book(tx.conn(), old.firm_id).await?;
                for wrong in book.check_own(&rule, kind.period_kind) {
                    check.refuse(obligation::rules::misfit("due".into(), &wrong));
                }
            }
            Err(refusal) => check.refuse(refusal),
        }
    }
    let least = usize::from(input.due.is_some());
    let reason = check.line("reason", &input.reason, least..=MAX_NAME);
    check.done()?;
    let from = from.map(|period| period.to_string()).unwrap_or_default();
    diesel::delete(
        recurring_task_overrides::table
            .filter(recurring_task_overrides::recurring_task_id.eq(old.id))
            .filter(recurring_task_overrides::definition_id.is_not_distinct_from(input.definition_id))
            .filter(recurring_task_overrides::from_period.eq(&from)),
    )
    .execute(tx.conn())
    .await?;
    if let Some(due) = input.due {
        let row = DueOverride {
            id: OverrideId::new(),
            firm_id: old.firm_id,
            recurring_task_id: old.id,
            definition_id: input.definition_id,
            from_period: from,
            to_period: to.map(|period| period.to_string()),
            due,
            reason,
        };
        diesel::insert_into(recurring_task_overrides::table).values(&row).execute(tx.conn()).await?;
    }
    let id = old.id;
    changed(&mut tx, old, "recurringTaskOverrideSet").await?;
    tx.commit(id).await
}
