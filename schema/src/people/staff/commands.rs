//! Commands on staff.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::people::invitation::commands::issue;
use crate::people::invitation::model::Invited;
use crate::people::rights::{self, FirmAct};
use crate::people::{account, department, firm};
use guichet_base::collation;
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{AccountId, DepartmentId, FirmId, Id, StaffId};
use guichet_base::input::{Check, MAX_NAME, OrTaken, items};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{Actor, Author, StaffRole};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{department_members, staff_members};

/// Input for adding a staff member.
#[derive(Debug, Clone, Serialize)]
pub struct CreateStaff {
    /// The name shown in the firm; up to 200 characters.
    pub name: String,
    /// The address with which it signs in.
    pub email: String,
    /// Its role.
    pub role: StaffRole,
    /// The language of a new account; by default the firm's.
    pub locale: Option<Locale>,
    /// Its departments.
    pub department_ids: Vec<DepartmentId>,
}

/// Adds and invites a staff member; creates an account when the address has none. For owners (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of `name`, `email`; `NOT_FOUND` about `departmentIds`; `TAKEN` about
/// `email` when the person already works for the firm.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateStaff,
) -> Result<Done<Invited<StaffId>>> {
    rights::may(&actor.membership, FirmAct::StaffCreate)?;
    let mut tx = first!(store.begin_once(actor, "staffCreate", key, &input).await?);
    let scope = actor.scope();
    let firm = firm::queries::find(tx.conn(), &scope).await?;
    let mut check = Check::new();
    let name = check.line("name", &input.name, 1..=MAX_NAME);
    let email = check.email("email", &input.email);
    department::queries::check_known(
        tx.conn(),
        &mut check,
        &scope,
        &items("departmentIds", &input.department_ids),
    )
    .await?;
    check.done()?;
    let email = email.expect("an address that is not refused is there");
    let now = tx.now;
    let account =
        account::commands::ensure(tx.conn(), &email, &name, input.locale.unwrap_or(firm.locale), now).await?;
    let joined_at = account.is_proved().then_some(now);
    let id = insert(&mut tx, firm.id, account.id, &name, input.role, joined_at.is_some()).await?;
    let memberships: Vec<_> = input
        .department_ids
        .iter()
        .map(|department| {
            (
                department_members::department_id.eq(department),
                department_members::staff_id.eq(id),
                department_members::firm_id.eq(firm.id),
            )
        })
        .collect();
    diesel::insert_into(department_members::table)
        .values(memberships)
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    let secret = match joined_at {
        Some(_) => None,
        None => Some(issue(tx.conn(), firm.id, account.id, Author::Staff(id), now).await?),
    };
    tx.changed(firm.id, "staffCreate", id, None, Some(Audience::staff()));
    tx.commit(Invited { id, secret }).await
}

/// Writes the row of a new staff member.
pub(crate) async fn insert(
    tx: &mut Tx,
    firm: FirmId,
    account: AccountId,
    name: &str,
    role: StaffRole,
    joined: bool,
) -> Result<StaffId> {
    let (id, now) = (StaffId::new(), tx.now);
    diesel::insert_into(staff_members::table)
        .values((
            staff_members::id.eq(id),
            staff_members::firm_id.eq(firm),
            staff_members::account_id.eq(account),
            staff_members::name.eq(name),
            staff_members::name_key.eq(collation::key(name)),
            staff_members::role.eq(role),
            staff_members::joined_at.eq(joined.then_some(now)),
            staff_members::created_at.eq(now),
        ))
        .execute(tx.conn())
        .await
        .or_taken("email")?;
    Ok(id)
}

/// Invites a staff member again who has not joined yet (B-02): a link is shown once and valid for seven days. For
/// owners (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` when there is no such staff member waiting to join.
pub async fn renew_invitation(store: &Store, actor: &Actor, id: StaffId) -> Result<Done<Secret>> {
    rights::may(&actor.membership, FirmAct::StaffCreate)?;
    let firm = actor.firm_id();
    let mut tx = store.begin(actor).await?;
    let account: AccountId = staff_members::table
        .filter(staff_members::firm_id.eq(firm))
        .filter(staff_members::id.eq(id))
        .filter(staff_members::joined_at.is_null())
        .filter(staff_members::disabled_at.is_null())
        .select(staff_members::account_id)
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    let now = tx.now;
    let secret = issue(tx.conn(), firm, account, Author::Staff(id), now).await?;
    tx.audit(Some(firm), "staffInvitationRenew", StaffId::NOUN, Some(id.uuid()));
    let done = tx.commit(()).await?;
    Ok(Done { value: secret, revision: done.revision })
}

/// Lets an invited staff member join; false when it is not waiting for that.
pub(crate) async fn join(tx: &mut Tx, firm: FirmId, id: StaffId) -> Result<bool> {
    let now = tx.now;
    let waiting = staff_members::table
        .find(id)
        .filter(staff_members::joined_at.is_null())
        .filter(staff_members::disabled_at.is_null());
    let joined = diesel::update(waiting).set(staff_members::joined_at.eq(now)).execute(tx.conn()).await? > 0;
    if joined {
        tx.event(firm, changed(id, false));
    }
    Ok(joined)
}

fn changed(id: StaffId, new: bool) -> Event {
    let staff = Audience::staff();
    Event {
        noun: StaffId::NOUN,
        subject: id.uuid(),
        before: (!new).then(|| staff.clone()),
        after: Some(staff),
    }
}
