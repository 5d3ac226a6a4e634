//! What there is to see of a client.

use std::collections::HashMap;
use std::convert::identity;

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::ClientId;
use guichet_edge::ApiError;
use guichet_engine::actor::{AccessRole, Membership, PortalMembership};
use guichet_schema::people::client::{model, queries, rules};
use guichet_schema::people::{portal_access, suppression};
use guichet_schema::shared::email_delivery::model::EmailSuppression;

use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::api_id;
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{DateTime, Locale};

mirror!(ClientAct => rules::ClientAct);

/// A client.
#[derive(Debug, Clone)]
pub struct Client(pub model::Client);

by_ids!(ClientId => Client, queries::by_ids);

/// A company that the firm serves. Its own portal users see its record, but nothing internal to the firm.
#[Object]
impl Client {
    /// The ID of the client, for example `client_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the client.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The registration number of the company, as the firm writes it, for example a CNPJ, SIREN or NIF.
    async fn registration(&self) -> Option<&str> {
        self.0.registration.as_deref()
    }

    /// The e-mail address of record.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The telephone number.
    async fn phone(&self) -> Option<&str> {
        self.0.phone.as_deref()
    }

    /// The language of mails to the client.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }

    /// The recipients of mails about tickets; when the list is empty, mails go to the e-mail address of
    /// record.
    async fn ticket_emails(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        load_list(ctx, TicketEmailsOf(self.0.id), identity).await
    }

    /// The staff member who is responsible for the client.
    async fn accountant(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.accountant_id).await
    }

    /// The list of portal users of the client, oldest first; null for its collaborators.
    async fn portal_accesses(&self, ctx: &Context<'_>) -> Result<Option<Vec<PortalAccess>>, ApiError> {
        match Caller::of(ctx).actor()?.membership {
            Membership::Portal(PortalMembership { role: AccessRole::Collaborator, .. }) => Ok(None),
            _ => Ok(Some(load_list(ctx, AccessesOf(self.0.id), PortalAccess).await?)),
        }
    }

    /// The list of addresses of the client to which no mails are sent because they bounced; null for portal
    /// users.
    async fn suppressed_addresses(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<Vec<SuppressedAddress>>, ApiError> {
        if !Caller::of(ctx).scope()?.is_staff() {
            return Ok(None);
        }
        Ok(Some(load_list(ctx, SuppressionsOf(self.0.id), Into::into).await?))
    }

    /// The version of the client. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the client was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the record of the client was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The actions that the viewer may or may not perform on the client now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<ClientAct>>, ApiError> {
        let acts = rules::ClientAct::ALL;
        Ok(abilities(&Caller::of(ctx).actor()?.membership, acts, rules::ClientAct::right))
    }
}

/// An address to which the firm sends no mails after a bounce, until it is corrected or unblocked with
/// `emailSuppressionLift`.
#[derive(Debug, Clone, SimpleObject)]
pub struct SuppressedAddress {
    /// The address, in lower case.
    email: String,
    /// The reply of the mail server that refused it.
    smtp_reply: String,
    /// The date and time when the address was suppressed.
    at: DateTime,
}

impl From<EmailSuppression> for SuppressedAddress {
    fn from(suppression: EmailSuppression) -> Self {
        let EmailSuppression { email_ci, smtp_reply, at, .. } = suppression;
        Self { email: email_ci, smtp_reply, at: DateTime(at) }
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
