//! Commands on the price list.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::people::department;
use crate::people::rights::{self, FirmAct};
use guichet_base::collation;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::id::{DepartmentId, FirmId, ServiceItemId};
use guichet_base::input::{Check, MAX_NAME, MAX_TEXT, OrTaken, Patch};
use guichet_base::money::Money;
use guichet_base::search;
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{firms, service_items};
use guichet_engine::{first, refolded, searchable};

use super::model::ServiceItem;

/// Input for adding an item.
#[derive(Debug, Clone, Serialize)]
pub struct CreateServiceItem {
    /// Its name, unique in the firm; up to 200 characters.
    pub name: String,
    /// What the price includes.
    pub description: String,
    /// Its price, in the firm's currency.
    pub price: Money,
    /// The department that provides the service.
    pub department_id: Option<DepartmentId>,
    /// Whether it is offered.
    pub active: bool,
}

/// Input for changing an item.
#[derive(Debug, Clone)]
pub struct UpdateServiceItem {
    /// The item.
    pub id: ServiceItemId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// What the price includes.
    pub description: Option<String>,
    /// Its price, in the firm's currency. Existing tickets keep their price (D-03).
    pub price: Option<Money>,
    /// The department that provides the service.
    pub department_id: Patch<DepartmentId>,
    /// Whether it is offered.
    pub active: Option<bool>,
}

/// Adds an item. For owners and managers: members may not change the price list (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of `name`, also `TAKEN`, `description`, `price`, also `WRONG_CURRENCY`; `NOT_FOUND` about
/// `departmentId`.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateServiceItem,
) -> Result<Done<ServiceItemId>> {
    rights::may(&actor.membership, FirmAct::ServiceItemCreate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "serviceItemCreate", key, &input).await?);
    let currency = currency(tx.conn(), firm_id).await?;
    let mut check = Check::new();
    let item = ServiceItem {
        id: ServiceItemId::new(),
        firm_id,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        description: check.text("description", &input.description, 0..=MAX_TEXT),
        price_minor: check.amount("price", &input.price, 0, &currency),
        department_id: input.department_id,
        active: input.active,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let department: Vec<_> = item.department_id.map(|id| ("departmentId".into(), id)).into_iter().collect();
    department::queries::check_known(tx.conn(), &mut check, &actor.scope(), &department).await?;
    check.done()?;
    diesel::insert_into(service_items::table)
        .values((
            &item,
            service_items::name_key.eq(collation::key(&item.name)),
            searchable!(service_items, search_text(&item)),
        ))
        .execute(tx.conn())
        .await
        .or_taken("name")?;
    tx.changed(firm_id, "serviceItemCreate", item.id, None, Some(item.audience()));
    tx.commit(item.id).await
}

/// Changes an item; when nothing changes, nothing is recorded. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; refusals of the fields as for [`create`].
pub async fn update(store: &Store, actor: &Actor, input: UpdateServiceItem) -> Result<Done<ServiceItemId>> {
    rights::may(&actor.membership, FirmAct::ServiceItemUpdate)?;
    let firm_id = actor.firm_id();
    let mut tx = store.begin(actor).await?;
    let old: ServiceItem = service_items::table
        .filter(service_items::firm_id.eq(firm_id))
        .filter(service_items::id.eq(input.id))
        .select(ServiceItem::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let currency = currency(tx.conn(), firm_id).await?;
    let mut check = Check::new();
    let mut new = old.clone();
    if let Some(name) = input.name {
        new.name = check.line("name", &name, 1..=MAX_NAME);
    }
    if let Some(description) = input.description {
        new.description = check.text("description", &description, 0..=MAX_TEXT);
    }
    if let Some(price) = &input.price {
        new.price_minor = check.amount("price", price, 0, &currency);
    }
    new.department_id = input.department_id.apply(old.department_id);
    new.active = input.active.unwrap_or(old.active);
    let department: Vec<_> = new.department_id.map(|id| ("departmentId".into(), id)).into_iter().collect();
    department::queries::check_known(tx.conn(), &mut check, &actor.scope(), &department).await?;
    check.done()?;
    if new != old {
        new.version += 1;
        new.updated_at = tx.now;
        diesel::update(service_items::table.find(new.id))
            .set((
                &new,
                service_items::name_key.eq(collation::key(&new.name)),
                searchable!(service_items, search_text(&new)),
            ))
            .execute(tx.conn())
            .await
            .or_taken("name")?;
        tx.changed(firm_id, "serviceItemUpdate", new.id, Some(old.audience()), Some(new.audience()));
    }
    tx.commit(new.id).await
}

fn search_text(item: &ServiceItem) -> String {
    search::fold(&format!("{}\n{}", item.name, item.description))
}

refolded!(service_items, ServiceItem, async |_, items: &[ServiceItem]| -> Result<_> {
    Ok(items.iter().map(search_text).collect())
});

async fn currency(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<String> {
    Ok(firms::table.find(firm).select(firms::currency).get_result(conn).await?)
}
