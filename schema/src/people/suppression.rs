//! Suppressed addresses (F-06), on whose record they are: of clients, of their users, of staff.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::client::queries::visible;
use crate::people::rights::{self, FirmAct};
use crate::shared::email_delivery::model::EmailSuppression;
use guichet_base::email::Email;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, DeliveryId, Id, StaffId};
use guichet_engine::actor::{Actor, Scope};
use guichet_engine::sql;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{
    accounts, client_recipients, clients, email_suppressions, portal_accesses, staff_members,
};

/// Lets the firm write again to an address that bounced, because somebody knows that it works now
/// (F-06): one on a client's record, or without a client any that the viewer may see.
///
/// # Errors
/// `NOT_ALLOWED` for portal users, `NOT_FOUND` for an address that is not suppressed, or not to be seen,
/// `INVALID_EMAIL`.
pub async fn lift(
    store: &Store,
    actor: &Actor,
    client_id: Option<ClientId>,
    email: &str,
) -> Result<Done<()>> {
    rights::may(&actor.membership, FirmAct::EmailSuppressionLift)?;
    let email = Email::parse(email).ok_or_else(|| Refusal::of("email", Code::InvalidEmail))?;
    let mut tx = store.begin(actor).await?;
    let scope = actor.scope();
    let seen = match client_id {
        Some(id) => {
            let of_clients = of_clients(tx.conn(), &scope, &[id]).await?.remove(&id);
            of_clients.or_not_found("clientId")?.into_iter().find(|found| found.email_ci == email.ci())
        }
        None => of_address(tx.conn(), &scope, &email).await?,
    };
    let suppression = seen.or_not_found("email")?;
    diesel::delete(email_suppressions::table.find((actor.firm_id(), email.ci()))).execute(tx.conn()).await?;
    // The delivery that bounced shows which address it was.
    let bounced = suppression.delivery_id.map(Id::uuid);
    tx.audit(Some(actor.firm_id()), "emailSuppressionLift", DeliveryId::NOUN, bounced);
    tx.commit(()).await
}

/// The suppressed addresses on clients' records (F-06), by client: those of record, those for
/// tickets, and those of its portal users.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_clients(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Vec<EmailSuppression>>> {
    if !scope.is_staff() {
        return Ok(HashMap::new());
    }
    let seen = || clients::table.filter(visible(scope).checked()).filter(sql::among(clients::id, ids));
    let mut addresses: Vec<(ClientId, String)> = seen()
        .filter(clients::email.is_not_null())
        .select((clients::id, clients::email.assume_not_null()))
        .load(conn)
        .await?;
    let listed: Vec<(ClientId, String)> = client_recipients::table
        .filter(client_recipients::client_id.eq_any(seen().select(clients::id)))
        .select((client_recipients::client_id, client_recipients::email))
        .load(conn)
        .await?;
    let users: Vec<(ClientId, String)> = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(portal_accesses::client_id.eq_any(seen().select(clients::id)))
        .select((portal_accesses::client_id, accounts::email))
        .load(conn)
        .await?;
    addresses.extend(listed);
    addresses.extend(users);
    let by_ci: Vec<(ClientId, String)> = addresses
        .into_iter()
        .filter_map(|(client, address)| Some((client, Email::parse(&address)?.ci().to_owned())))
        .collect();
    let found: Vec<EmailSuppression> = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(scope.firm_id()))
        .filter(email_suppressions::email_ci.eq_any(by_ci.iter().map(|(_, ci)| ci).collect::<Vec<_>>()))
        .order(email_suppressions::at)
        .select(EmailSuppression::as_select())
        .load(conn)
        .await?;
    let mut of: HashMap<ClientId, Vec<EmailSuppression>> = HashMap::new();
    for suppression in found {
        let owners: BTreeSet<ClientId> =
            by_ci.iter().filter(|(_, ci)| *ci == suppression.email_ci).map(|(client, _)| *client).collect();
        for client in owners {
            of.entry(client).or_default().push(suppression.clone());
        }
    }
    Ok(of)
}

/// The suppressed addresses of staff (F-06), who get mails about tickets that they opened.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_staff(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[StaffId],
) -> Result<HashMap<StaffId, EmailSuppression>> {
    if !scope.is_staff() {
        return Ok(HashMap::new());
    }
    let found: Vec<(StaffId, EmailSuppression)> = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .inner_join(
            email_suppressions::table.on(email_suppressions::firm_id
                .eq(staff_members::firm_id)
                .and(email_suppressions::email_ci.eq(accounts::email_ci))),
        )
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .filter(sql::among(staff_members::id, ids))
        .select((staff_members::id, EmailSuppression::as_select()))
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// A suppressed address, as far as a viewer may know of it without looking at a client: any of the firm's
/// for those who see all of it, else that of a colleague.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_address(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    email: &Email,
) -> Result<Option<EmailSuppression>> {
    let colleagues = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .select(accounts::email_ci);
    let mut query = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(scope.firm_id()))
        .filter(email_suppressions::email_ci.eq(email.ci().to_owned()))
        .select(EmailSuppression::as_select())
        .into_boxed();
    if !scope.is_staff() {
        return Ok(None);
    }
    if !scope.is_firm() {
        query = query.filter(email_suppressions::email_ci.eq_any(colleagues));
    }
    Ok(query.get_result(conn).await.optional()?)
}
