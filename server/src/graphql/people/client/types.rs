//! What there is to see of a client.

use std::collections::HashMap;
use std::convert::identity;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::ClientId;
use guichet_engine::actor::{AccessRole, Membership, PortalMembership};
use guichet_schema::people::client::{model, queries};
use guichet_schema::people::portal_access;
use guichet_schema::people::rights::FirmAct::{ClientUpdate, PortalAccessCreate};
use guichet_schema::people::suppression;
use guichet_schema::shared::email_delivery::model::EmailSuppression;

use crate::edge::ApiError;
use crate::graphql::ability::{Ability, FirmAct, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::payload::api_id;
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::Locale;

/// A client.
#[derive(Debug, Clone)]
pub struct Client(pub model::Client);

by_ids!(ClientId => Client, queries::by_ids);

/// A company served by the firm. Its own users see its record, not what the firm notes about it.
#[Object]
impl Client {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its number in the public register (CNPJ, SIREN, NIF), as the firm writes it.
    async fn registration(&self) -> Option<&str> {
        self.0.registration.as_deref()
    }

    /// Its address of record.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Its telephone.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// The language in which it is written to.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// Who gets the mails about tickets (F-02); empty when they go to the address of record.
    async fn ticket_emails(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        load_list(ctx, TicketEmailsOf(self.0.id), identity).await
    }

    /// The staff member in whose portfolio it is (B-15).
    async fn accountant(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.accountant_id).await
    }

    /// Who has access to its area, oldest first; null for its collaborators (B-05).
    async fn portal_accesses(&self, ctx: &Context<'_>) -> Result<Option<Vec<PortalAccess>>, ApiError> {
        match Caller::of(ctx).actor()?.membership {
            Membership::Portal(PortalMembership { role: AccessRole::Collaborator, .. }) => Ok(None),
            _ => Ok(Some(load_list(ctx, AccessesOf(self.0.id), PortalAccess).await?)),
        }
    }

    /// Its addresses to which the firm sends nothing until they are corrected (F-06); null for the
    /// client.
    async fn suppressed_addresses(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<Vec<SuppressedAddress>>, ApiError> {
        if !Caller::of(ctx).scope()?.is_staff() {
            return Ok(None);
        }
        Ok(Some(load_list(ctx, SuppressionsOf(self.0.id), Into::into).await?))
    }

    /// Counts its changes, for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was entered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its record last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// What the viewer may do with it, one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FirmAct>>, ApiError> {
        Ok(abilities(&Caller::of(ctx).actor()?.membership, &[ClientUpdate, PortalAccessCreate]))
    }
}

/// An address to which a firm sends nothing until it is corrected (F-06).
#[derive(Debug, Clone, SimpleObject)]
pub struct SuppressedAddress {
    /// The address, in lower case.
    email: String,
    /// What its mail server said.
    smtp_reply: String,
    /// Since when.
    at: DateTime<Utc>,
}

impl From<EmailSuppression> for SuppressedAddress {
    fn from(suppression: EmailSuppression) -> Self {
        let EmailSuppression { email_ci, smtp_reply, at, .. } = suppression;
        Self { email: email_ci, smtp_reply, at }
    }
}

keyed! {
    /// The addresses for mails about tickets of clients.
    TicketEmailsOf(ClientId) => [String], |loads, conn, ids| async {
        let mut of: HashMap<ClientId, Vec<String>> = HashMap::new();
        for (client, email) in queries::ticket_emails(conn, &loads.scope(), ids).await? {
            of.entry(client).or_default().push(email);
        }
        error::Result::Ok(of)
    }
}

keyed! {
    /// The users of clients.
    AccessesOf(ClientId) => [portal_access::model::PortalAccess], |loads, conn, ids| async {
        let rows = portal_access::queries::by_clients(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |access| access.client_id))
    }
}

keyed! {
    /// The suppressed addresses of clients.
    SuppressionsOf(ClientId) => [EmailSuppression], |loads, conn, ids| async {
        suppression::of_clients(conn, &loads.scope(), ids).await
    }
}
