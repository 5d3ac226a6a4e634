//! Service items: the firm's price list.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use guichet_base::error;
use guichet_base::id::{Id, ServiceItemId};
use guichet_base::money;
use guichet_engine::actor::Membership;
use guichet_schema::desk::service_item::commands::{self, CreateServiceItem, UpdateServiceItem};
use guichet_schema::desk::service_item::{model, queries, rules};

use crate::graphql::ability::{Ability, abilities_by_right};
use crate::graphql::loaders::{by_ids, load, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::money::{Money, MoneyInput};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, id_patch, known_ids, optional_id, payload};
use crate::graphql::people::department::Department;
use crate::graphql::scalars::DateTime;
use guichet_edge::ApiError;

mirror!(ServiceItemAct => rules::ServiceItemAct);

/// An item of the price list.
#[derive(Debug, Clone)]
pub struct ServiceItem(pub model::ServiceItem);

by_ids!(ServiceItemId => ServiceItem, queries::by_ids);

/// An item of the price list of the firm. Clients see the items that are offered, and those of their tickets.
#[Object]
impl ServiceItem {
    /// The ID of the item, for example `service_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the item, unique within the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the price includes.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The price. Later changes do not affect existing tickets.
    async fn price(&self, ctx: &Context<'_>) -> Result<Money, ApiError> {
        let firm = seen(load(ctx, self.0.firm_id).await?)?;
        Ok(money::Money { amount_minor: self.0.price_minor, currency: firm.0.currency }.into())
    }

    /// The department that provides the service; null for clients.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.department_id).await
    }

    /// Whether the service is offered.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// The version of the item. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the item was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the item was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The actions that the viewer may or may not perform on the item now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<ServiceItemAct>>, ApiError> {
        abilities_by_right(ctx, rules::ServiceItemAct::ALL, rules::ServiceItemAct::right)
    }
}

/// A filter of the price list. An item must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct ServiceItemFilter {
    /// Items with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Items that are offered (true), or items that are no longer offered (false).
    active: Option<bool>,
    /// Words in the name or description, regardless of case and accents; all words must match. Up to 200
    /// characters.
    search: Option<String>,
}

impl FilterInput for ServiceItemFilter {
    type Filter = queries::ServiceItemFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ServiceItemFilter> {
        let Self { ids, active, search } = self;
        Ok(queries::ServiceItemFilter { ids: known_ids(ids), active, search })
    }
}

connection! {
    /// A page of the list of items of the price list.
    ServiceItemConnection, ServiceItemEdge of ServiceItem, count ServiceItemCount;
    /// Returns the price list, sorted by name. Clients see the items that are offered.
    query ServiceItemQuery.service_items, filter ServiceItemFilter => queries::ServiceItemFilter;
    seen by scope, page queries::page, counted queries::count, position model::ServiceItem::position
}

/// Input for `serviceItemCreate`: the item to add to the price list.
#[derive(Debug, InputObject)]
pub struct ServiceItemCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The name of the item, unique within the firm; 1 to 200 characters.
    name: String,
    /// What the price includes; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// The price.
    price: MoneyInput,
    /// The ID of the department that provides the service.
    department_id: Option<ID>,
    /// Whether the service is offered.
    #[graphql(default = true)]
    active: bool,
}

impl ServiceItemCreateInput {
    fn read(self) -> error::Result<(String, CreateServiceItem)> {
        let input = CreateServiceItem {
            name: self.name,
            description: self.description,
            price: self.price.into(),
            department_id: optional_id("departmentId", self.department_id.as_ref())?,
            active: self.active,
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// The result of `serviceItemCreate`.
    ServiceItemCreatePayload {
        /// The new item; null when there are errors.
        service_item: Option<ServiceItem>,
    }
}

/// Input for `serviceItemUpdate`: the changes to an item of the price list. An omitted field keeps its value.
#[derive(Debug, InputObject)]
pub struct ServiceItemUpdateInput {
    /// The ID of the item.
    id: ID,
    /// The version that was read. If the item has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the item, unique within the firm; 1 to 200 characters.
    name: Option<String>,
    /// What the price includes; up to 20,000 characters.
    description: Option<String>,
    /// The price. Existing tickets keep their price.
    price: Option<MoneyInput>,
    /// The ID of the department that provides the service; null for none.
    department_id: MaybeUndefined<ID>,
    /// Whether the service is offered.
    active: Option<bool>,
}

impl ServiceItemUpdateInput {
    fn read(self) -> error::Result<UpdateServiceItem> {
        Ok(UpdateServiceItem {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            name: self.name,
            description: self.description,
            price: self.price.map(Into::into),
            department_id: id_patch("departmentId", self.department_id)?,
            active: self.active,
        })
    }
}

payload! {
    /// The result of `serviceItemUpdate`.
    ServiceItemUpdatePayload {
        /// The item in its current state, also when there are errors.
        service_item: Option<ServiceItem>,
    }
}

/// Acts on the price list.
#[derive(Debug, Default)]
pub struct ServiceItemMutation;

#[Object]
impl ServiceItemMutation {
    /// Adds an item to the price list.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TAKEN`, `OUT_OF_RANGE`,
    /// `WRONG_CURRENCY`, `IDEMPOTENCY_KEY_REUSED`.
    async fn service_item_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ServiceItemCreateInput,
    ) -> Result<ServiceItemCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let service_item = load_optional(ctx, done).await?;
        Ok(ServiceItemCreatePayload { service_item, user_errors, revision })
    }

    /// Changes an item of the price list.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TAKEN`,
    /// `OUT_OF_RANGE`, `WRONG_CURRENCY`.
    async fn service_item_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ServiceItemUpdateInput,
    ) -> Result<ServiceItemUpdatePayload, ApiError> {
        let id = ServiceItemId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let service_item = load_optional(ctx, id).await?;
        Ok(ServiceItemUpdatePayload { service_item, user_errors, revision })
    }
}
