//! Saved views: filters of lists with a name.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error::{self, OrNotFound};
use guichet_base::id::{Id, SavedViewId};
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::month::saved_view::commands::{self, CreateSavedView, UpdateSavedView};
use guichet_schema::month::saved_view::{model, queries};
use uuid::Uuid;

use super::export::{FilterObject, ListName};
use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::export;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, known_ids, payload};
use crate::graphql::scalars::DateTime;

mirror!(SavedViewAct => model::SavedViewAct);

/// A saved view.
#[derive(Debug, Clone)]
pub struct SavedView(pub model::SavedView);

by_ids!(SavedViewId => SavedView, membership queries::by_ids);

/// A filter of a list that was given a name: by a staff member, who alone sees it, or for all staff of the firm. Not visible
/// to clients.
#[Object]
impl SavedView {
    /// The ID of the saved view, for example `savedview_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The list.
    async fn list(&self) -> ListName {
        self.0.list.into()
    }

    /// The name, unique among the saved views of the same list and person, or of the same list and the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The filter, for the argument `filter` of the list.
    async fn filter(&self) -> FilterObject {
        FilterObject(self.0.filter.clone())
    }

    /// Whether it is the firm's, for all staff; otherwise it is the viewer's own.
    async fn is_shared(&self) -> bool {
        self.0.staff_id.is_none()
    }

    /// The actions that the viewer may or may not perform on the saved view now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<SavedViewAct>>, ApiError> {
        let by = &Caller::of(ctx).actor()?.membership;
        Ok(abilities(model::SavedViewAct::ALL, |act| self.0.may(act, by)))
    }

    /// The version of the saved view. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the view was saved.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A filter of saved views. A saved view must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct SavedViewFilter {
    /// Saved views with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Saved views of one of these lists.
    lists: Option<Vec<ListName>>,
}

impl FilterInput for SavedViewFilter {
    type Filter = queries::SavedViewFilter;

    fn read(self, _: &Membership) -> error::Result<queries::SavedViewFilter> {
        let lists = self.lists.map(|lists| lists.into_iter().map(Into::into).collect());
        Ok(queries::SavedViewFilter { ids: known_ids(self.ids), lists })
    }
}

connection! {
    /// A page of the list of saved views.
    SavedViewConnection, SavedViewEdge of SavedView, count SavedViewCount;
    /// Returns the saved views of the viewer and of the firm, oldest first. Empty for clients.
    query SavedViewQuery.saved_views, filter SavedViewFilter => queries::SavedViewFilter;
    seen by membership, page queries::page, counted queries::count, position queries::position
}

/// Input for `savedViewCreate`: the filter to save.
#[derive(Debug, InputObject)]
pub struct SavedViewCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The list.
    list: ListName,
    /// The name; 1 to 200 characters.
    name: String,
    /// The filter; up to 20,000 characters as JSON.
    filter: FilterObject,
    /// Whether it is the firm's, for all staff.
    #[graphql(default)]
    is_shared: bool,
}

payload! {
    /// The result of `savedViewCreate`.
    SavedViewCreatePayload {
        /// The new saved view; null when there are errors.
        saved_view: Option<SavedView>,
    }
}

/// Input for `savedViewUpdate`: the changes to a saved view. An omitted field keeps its value.
#[derive(Debug, InputObject)]
pub struct SavedViewUpdateInput {
    /// The ID of the saved view.
    id: ID,
    /// The version that was read. If the saved view has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name; 1 to 200 characters.
    name: Option<String>,
    /// The filter; up to 20,000 characters as JSON.
    filter: Option<FilterObject>,
}

payload! {
    /// The result of `savedViewUpdate`.
    SavedViewUpdatePayload {
        /// The saved view in its current state, also when there are errors.
        saved_view: Option<SavedView>,
    }
}

/// Input for `savedViewDelete`: the saved view to remove.
#[derive(Debug, InputObject)]
pub struct SavedViewDeleteInput {
    /// The ID of the saved view.
    id: ID,
}

payload! {
    /// The result of `savedViewDelete`.
    SavedViewDeletePayload {
        /// The ID of the saved view that was removed; null when there are errors.
        deleted_id: Option<ID>,
    }
}

/// Acts on saved views.
#[derive(Debug, Default)]
pub struct SavedViewMutation;

#[Object]
impl SavedViewMutation {
    /// Saves a filter of a list under a name: for the viewer, or for all staff.
    ///
    /// Available to staff; for all staff it requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `INVALID_FILTER`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TAKEN`, `OUT_OF_RANGE`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn saved_view_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: SavedViewCreateInput,
    ) -> Result<SavedViewCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| {
                actor.staff()?;
                let SavedViewCreateInput {
                    idempotency_key,
                    list,
                    name,
                    filter: FilterObject(filter),
                    is_shared,
                } = input;
                let list = list.into();
                export::check(list, &actor.membership, &filter)?;
                let create = CreateSavedView { list, name, filter, of_firm: is_shared };
                commands::create(store, actor, &idempotency_key, create).await
            })
            .await?;
        let saved_view = load_optional(ctx, done).await?;
        Ok(SavedViewCreatePayload { saved_view, user_errors, revision })
    }

    /// Changes the name or the filter of a saved view.
    ///
    /// Available to staff; for those of the firm it requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`, `CONFLICT`, `INVALID_FILTER`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TAKEN`.
    async fn saved_view_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: SavedViewUpdateInput,
    ) -> Result<SavedViewUpdatePayload, ApiError> {
        let of = SavedViewId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            actor.staff()?;
            let SavedViewUpdateInput { id: of, expected_version, name, filter } = input;
            let of: SavedViewId = id("id", &of)?;
            let filter = filter.map(|FilterObject(filter)| filter);
            if let Some(filter) = &filter {
                let found = queries::by_ids(&mut *store.conn().await?, &actor.membership, &[of]).await?;
                let view = found.into_iter().next().or_not_found("id")?;
                export::check(view.list, &actor.membership, filter)?;
            }
            commands::update(store, actor, UpdateSavedView { id: of, expected_version, name, filter }).await
        })
        .await?;
        let saved_view = load_optional(ctx, of).await?;
        Ok(SavedViewUpdatePayload { saved_view, user_errors, revision })
    }

    /// Removes a saved view.
    ///
    /// Available to staff; for those of the firm it requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_FOUND`, `NOT_ALLOWED`.
    async fn saved_view_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: SavedViewDeleteInput,
    ) -> Result<SavedViewDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::delete(store, actor, id("id", &input.id)?).await).await?;
        Ok(SavedViewDeletePayload { deleted_id: done.map(|()| input.id), user_errors, revision })
    }
}

listed! {
    /// A change of the list of saved views.
    SavedViewsChanged of SavedViewEdge, SavedView(model::SavedView), SavedViewId;
    filter SavedViewFilter => queries::SavedViewFilter;
    /// Sends changes of the saved views of the viewer and of the firm. Applied in order to the result of the query
    /// `savedViews` after the first message, they keep that result up to date. Sends nothing to clients.
    subscription SavedViewSubscription.saved_views_changed, SavedViewsListed;
    shows Shows::of("savedViewsChanged");
    shared by |viewer| viewer.person() => Uuid,
    found |conn, viewer, filter, ids| queries::among(conn, viewer, filter, ids),
    position queries::position
}
