//! Service items: the firm's price list.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::{Id, ServiceItemId};
use guichet_base::money;
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::desk::service_item::commands::{self, CreateServiceItem, UpdateServiceItem};
use guichet_schema::desk::service_item::{model, queries};
use guichet_schema::people::rights::FirmAct::ServiceItemUpdate;

use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load, load_optional, seen};
use crate::graphql::money::{Money, MoneyInput};
use crate::graphql::page::connection;
use crate::graphql::payload::{Outcome, api_id, id, id_patch, optional_id, outcome, payload, queried};
use crate::graphql::people::department::Department;

/// An item of the price list.
#[derive(Debug, Clone)]
pub struct ServiceItem(pub model::ServiceItem);

by_ids!(ServiceItemId => ServiceItem, queries::by_ids);

/// An item of the firm's price list. Clients see what is offered, and what their tickets are about.
#[Object]
impl ServiceItem {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its name, unique in the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What is done for the price.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Its price. Later changes touch no ticket (D-03).
    async fn price(&self, ctx: &Context<'_>) -> Result<Money, ApiError> {
        let firm = seen(load(ctx, self.0.firm_id).await?)?;
        Ok(money::Money { amount_minor: self.0.price_minor, currency: firm.0.currency }.into())
    }

    /// The department that does it; null for clients.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.department_id).await
    }

    /// Whether it is offered.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Counts its changes, for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was entered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// What the viewer may do with it, one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FirmAct>>, ApiError> {
        Ok(abilities(&Caller::of(ctx).actor()?.membership, &[ServiceItemUpdate]))
    }
}

/// Which service items are wanted; everything that is set must hold.
#[derive(Debug, Default, InputObject)]
pub struct ServiceItemFilter {
    /// Those offered, or those no longer offered.
    active: Option<bool>,
    /// Words of name or description, in any case and without accents; all must be found. Up to 200
    /// characters.
    search: Option<String>,
}

connection! {
    /// A page of the price list.
    ServiceItemConnection, ServiceItemEdge of ServiceItem, count ServiceItemCount
}

/// Counts when asked.
pub struct ServiceItemCount(queries::ServiceItemFilter);

#[Object]
impl ServiceItemCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, found)
    }
}

/// Queries about the price list.
#[derive(Debug, Default)]
pub struct ServiceItemQuery;

#[Object]
impl ServiceItemQuery {
    /// The price list, by name. Clients are given what is offered.
    async fn service_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<ServiceItemFilter>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<ServiceItemConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let ServiceItemFilter { active, search } = filter.unwrap_or_default();
        let filter = queries::ServiceItemFilter { active, search };
        let request = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &filter, &request).await;
        let page = queried(caller, page)?;
        let count = ServiceItemCount(filter);
        Ok(ServiceItemConnection::new(page, count, model::ServiceItem::cursor, ServiceItem))
    }
}

/// An item to be entered.
#[derive(Debug, InputObject)]
pub struct ServiceItemCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// Its name, unique in the firm; up to 200 characters.
    name: String,
    /// What is done for the price; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// Its price.
    price: MoneyInput,
    /// The department that does it.
    department_id: Option<ID>,
    /// Whether it is offered.
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
    /// What became of a `serviceItemCreate`.
    ServiceItemCreatePayload {
        /// The item; null when it was refused.
        service_item: Option<ServiceItem>,
    }
}

/// Changes of an item: what is left out stays as it is.
#[derive(Debug, InputObject)]
pub struct ServiceItemUpdateInput {
    /// The item.
    id: ID,
    /// The version that the editor read; another one is a `CONFLICT`.
    expected_version: i32,
    /// Its name, unique in the firm; up to 200 characters.
    name: Option<String>,
    /// What is done for the price; up to 20,000 characters.
    description: Option<String>,
    /// Its price. No ticket changes with it (D-03).
    price: Option<MoneyInput>,
    /// The department that does it; null for none.
    department_id: MaybeUndefined<ID>,
    /// Whether it is offered.
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
    /// What became of a `serviceItemUpdate`.
    ServiceItemUpdatePayload {
        /// The item as it stands now, also when the act was refused.
        service_item: Option<ServiceItem>,
    }
}

/// Acts on the price list.
#[derive(Debug, Default)]
pub struct ServiceItemMutation;

#[Object]
impl ServiceItemMutation {
    /// Enters an item of the price list. Owners and managers.
    async fn service_item_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to enter.")] input: ServiceItemCreateInput,
    ) -> Result<ServiceItemCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let (key, input) = input.read()?;
            commands::create(&caller.store, actor, &key, input).await
        };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let service_item = load_optional(ctx, done).await?;
        Ok(ServiceItemCreatePayload { service_item, user_errors, revision })
    }

    /// Changes an item of the price list. Owners and managers.
    async fn service_item_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: ServiceItemUpdateInput,
    ) -> Result<ServiceItemUpdatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let id = ServiceItemId::decode(&input.id);
        let result = async { commands::update(&caller.store, actor, input.read()?).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        let service_item = load_optional(ctx, id).await?;
        Ok(ServiceItemUpdatePayload { service_item, user_errors, revision })
    }
}
