//! Commands on saved views. Filters are checked by the caller, who knows what lists take.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::SavedViewId;
use guichet_base::input::{Check, MAX_NAME, OrTaken};
use guichet_engine::actor::{Actor, StaffMembership};
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::saved_views;
use serde::Serialize;
use serde_json::Value;

use super::model::{SavedView, SavedViewAct};
use super::queries;
use crate::month::export::model::ListName;
use crate::people::rights::{self, FirmAct};

/// The most saved views of a person, and of a firm.
pub const MAX_VIEWS: i64 = 100;
/// The longest filter, in characters of its JSON: hundreds of ids.
pub const MAX_FILTER: usize = 20_000;

/// Input for saving a view.
#[derive(Debug, Clone, Serialize)]
pub struct CreateSavedView {
    /// The list.
    pub list: ListName,
    /// Its name; up to 200 characters.
    pub name: String,
    /// The filter.
    pub filter: Value,
    /// Whether it is the whole firm's.
    pub of_firm: bool,
}

/// Input for changing a view; what is omitted stays.
#[derive(Debug, Clone)]
pub struct UpdateSavedView {
    /// The view.
    pub id: SavedViewId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// The filter.
    pub filter: Option<Value>,
}

/// Saves a view: one's own, or for owners and managers the firm's.
///
/// # Errors
/// `NOT_ALLOWED`; refusals of `name`, also `TAKEN`; `TOO_LONG` about `filter`; `OUT_OF_RANGE` when there are too many.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateSavedView,
) -> Result<Done<SavedViewId>> {
    let StaffMembership { id, firm_id, .. } = *actor.staff()?;
    if input.of_firm {
        rights::may(&actor.membership, FirmAct::SavedViewShare)?;
    }
    let mut tx = first!(store.begin_once(actor, "savedViewCreate", key, &input).await?);
    let mut check = Check::new();
    let view = SavedView {
        id: SavedViewId::new(),
        firm_id,
        staff_id: (!input.of_firm).then_some(id),
        list: input.list,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        filter: input.filter,
        version: 1,
        created_at: tx.now,
    };
    check_length(&mut check, &view.filter);
    check.done()?;
    let same: i64 = saved_views::table
        .filter(saved_views::firm_id.eq(firm_id))
        .filter(saved_views::staff_id.is_not_distinct_from(view.staff_id))
        .count()
        .get_result(tx.conn())
        .await?;
    if same >= MAX_VIEWS {
        return Err(Refusal::new(Code::OutOfRange).into());
    }
    diesel::insert_into(saved_views::table).values(&view).execute(tx.conn()).await.or_taken("name")?;
    tx.changed(firm_id, "savedViewCreate", view.id, None, Some(view.audience()));
    tx.commit(view.id).await
}

/// Changes a view: one's own, or for owners and managers the firm's.
///
/// # Errors
/// `NOT_FOUND` about `id`, `NOT_ALLOWED`, `CONFLICT`; refusals of the fields as for [`create`].
pub async fn update(store: &Store, actor: &Actor, input: UpdateSavedView) -> Result<Done<SavedViewId>> {
    let mut tx = store.begin(actor).await?;
    let old = locked(&mut tx, actor, input.id, SavedViewAct::Update).await?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let mut check = Check::new();
    let mut new = old.clone();
    if let Some(name) = &input.name {
        new.name = check.line("name", name, 1..=MAX_NAME);
    }
    if let Some(filter) = input.filter {
        new.filter = filter;
        check_length(&mut check, &new.filter);
    }
    check.done()?;
    if new != old {
        let set = (
            saved_views::name.eq(&new.name),
            saved_views::filter.eq(&new.filter),
            saved_views::version.eq(old.version + 1),
        );
        diesel::update(saved_views::table.find(old.id)).set(set).execute(tx.conn()).await.or_taken("name")?;
        tx.changed(old.firm_id, "savedViewUpdate", old.id, Some(old.audience()), Some(new.audience()));
    }
    tx.commit(old.id).await
}

/// Removes a view: one's own, or for owners and managers the firm's.
///
/// # Errors
/// `NOT_FOUND` about `id`, `NOT_ALLOWED`.
pub async fn delete(store: &Store, actor: &Actor, id: SavedViewId) -> Result<Done<()>> {
    let mut tx = store.begin(actor).await?;
    let view = locked(&mut tx, actor, id, SavedViewAct::Delete).await?;
    diesel::delete(saved_views::table.find(id)).execute(tx.conn()).await?;
    tx.changed(view.firm_id, "savedViewDelete", id, Some(view.audience()), None);
    tx.commit(()).await
}

/// The view, if the actor may change it.
async fn locked(tx: &mut Tx, actor: &Actor, id: SavedViewId, act: SavedViewAct) -> Result<SavedView> {
    actor.staff()?;
    let seen = queries::by_ids(tx.conn(), &actor.membership, &[id]).await?;
    seen.into_iter().next().or_not_found("id")?;
    let view: SavedView = saved_views::table
        .find(id)
        .select(SavedView::as_select())
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    view.may(act, &actor.membership)?;
    Ok(view)
}

fn check_length(check: &mut Check, filter: &Value) {
    let length = filter.to_string().chars().count();
    let most = i64::try_from(MAX_FILTER).unwrap_or(i64::MAX);
    check.require(length <= MAX_FILTER, Refusal::of("filter", Code::TooLong).with(most));
}
