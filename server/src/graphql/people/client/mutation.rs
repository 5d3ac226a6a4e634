//! Entering and changing clients.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, Id};
use guichet_edge::ApiError;
use guichet_schema::people::client::commands::{self, CreateClient, UpdateClient};

use super::types::Client;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, id, id_patch, optional_id, patch, payload};
use crate::graphql::scalars::Locale;

/// Input for `clientCreate`: the client to create.
#[derive(Debug, InputObject)]
pub struct ClientCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The name of the client; 1 to 200 characters.
    name: String,
    /// The registration number of the company, for example `12.345.678/0001-95`; up to 40 characters.
    registration: Option<String>,
    /// The e-mail address of record.
    email: Option<String>,
    /// The telephone number; up to 40 characters.
    phone: Option<String>,
    /// The language of mails to the client. The default is the language of the firm.
    locale: Option<Locale>,
    /// The ID of the staff member who is responsible for the client.
    accountant_id: Option<ID>,
    /// The recipients of mails about tickets; at most 20. When the list is empty, mails go to the e-mail
    /// address of record.
    #[graphql(default)]
    ticket_emails: Vec<String>,
}

impl ClientCreateInput {
    fn read(self) -> error::Result<(String, CreateClient)> {
        let input = CreateClient {
            name: self.name,
            registration: self.registration,
            email: self.email,
            phone: self.phone,
            locale: self.locale.map(Into::into),
            accountant_id: optional_id("accountantId", self.accountant_id.as_ref())?,
            ticket_emails: self.ticket_emails,
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// The result of `clientCreate`.
    ClientCreatePayload {
        /// The new client; null when there are errors.
        client: Option<Client>,
    }
}

/// Input for `clientUpdate`: the changes to a client. An omitted field keeps its value; null removes the
/// value.
#[derive(Debug, InputObject)]
pub struct ClientUpdateInput {
    /// The ID of the client.
    id: ID,
    /// The version that was read. If the client has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the client; 1 to 200 characters. It cannot be removed.
    name: Option<String>,
    /// The registration number of the company, for example `12.345.678/0001-95`; up to 40 characters.
    registration: MaybeUndefined<String>,
    /// The e-mail address of record.
    email: MaybeUndefined<String>,
    /// The telephone number; up to 40 characters.
    phone: MaybeUndefined<String>,
    /// The language of mails to the client. It cannot be removed.
    locale: Option<Locale>,
    /// The ID of the staff member who is responsible for the client.
    accountant_id: MaybeUndefined<ID>,
    /// The recipients of mails about tickets; at most 20. The list replaces the existing one; when it is
    /// empty, mails go to the e-mail address of record.
    ticket_emails: Option<Vec<String>>,
}

impl ClientUpdateInput {
    fn read(self) -> error::Result<UpdateClient> {
        Ok(UpdateClient {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            name: self.name,
            registration: patch(self.registration),
            email: patch(self.email),
            phone: patch(self.phone),
            locale: self.locale.map(Into::into),
            accountant_id: id_patch("accountantId", self.accountant_id)?,
            ticket_emails: self.ticket_emails,
        })
    }
}

payload! {
    /// The result of `clientUpdate`.
    ClientUpdatePayload {
        /// The client in its current state, also when there are errors.
        client: Option<Client>,
    }
}

/// Acts on clients.
#[derive(Debug, Default)]
pub struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Creates a client.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_EMAIL`,
    /// `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn client_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ClientCreateInput,
    ) -> Result<ClientCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let client = load_optional(ctx, done).await?;
        Ok(ClientCreatePayload { client, user_errors, revision })
    }

    /// Changes a client.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`,
    /// `INVALID_EMAIL`, `OUT_OF_RANGE`.
    async fn client_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ClientUpdateInput,
    ) -> Result<ClientUpdatePayload, ApiError> {
        let id = ClientId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::update(store, actor, input.read()?, guichet_schema::CLIENT_FOLLOWERS).await
        })
        .await?;
        let client = load_optional(ctx, id).await?;
        Ok(ClientUpdatePayload { client, user_errors, revision })
    }
}
