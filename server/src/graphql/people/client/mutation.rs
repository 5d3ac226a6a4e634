//! Entering and changing clients.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use guichet_base::error;
use guichet_base::id::{ClientId, Id};
use guichet_edge::ApiError;
use guichet_schema::people::client::commands::{self, CreateClient, UpdateClient};

use super::types::Client;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{Outcome, id, id_patch, optional_id, outcome, patch, payload};
use crate::graphql::scalars::Locale;

/// A client to be entered.
#[derive(Debug, InputObject)]
pub struct ClientCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// Its name; up to 200 characters.
    name: String,
    /// Its number in the public register; up to 40 characters.
    registration: Option<String>,
    /// Its address of record.
    email: Option<String>,
    /// Its telephone; up to 40 characters.
    phone: Option<String>,
    /// The language in which it is written to; the firm's when left out.
    locale: Option<Locale>,
    /// In whose portfolio it is.
    accountant_id: Option<ID>,
    /// Who gets the mails about tickets (F-02), at most 20; the address of record when empty.
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
    /// What became of a `clientCreate`.
    ClientCreatePayload {
        /// The client; null when it was refused.
        client: Option<Client>,
    }
}

/// Changes of a client: what is left out stays as it is, null removes it.
#[derive(Debug, InputObject)]
pub struct ClientUpdateInput {
    /// The client.
    id: ID,
    /// The version that the editor read; another one is a `CONFLICT`.
    expected_version: i32,
    /// Its name; up to 200 characters. It cannot be removed.
    name: Option<String>,
    /// Its number in the public register; up to 40 characters.
    registration: MaybeUndefined<String>,
    /// Its address of record.
    email: MaybeUndefined<String>,
    /// Its telephone; up to 40 characters.
    phone: MaybeUndefined<String>,
    /// The language in which it is written to. It cannot be removed.
    locale: Option<Locale>,
    /// In whose portfolio it is.
    accountant_id: MaybeUndefined<ID>,
    /// Who gets the mails about tickets (F-02), at most 20, in place of all before; the address of
    /// record when empty.
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
    /// What became of a `clientUpdate`.
    ClientUpdatePayload {
        /// The client as it stands now, also when the act was refused.
        client: Option<Client>,
    }
}

/// Acts on clients.
#[derive(Debug, Default)]
pub struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Enters a client. Owners and managers.
    async fn client_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to enter.")] input: ClientCreateInput,
    ) -> Result<ClientCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let (key, input) = input.read()?;
            commands::create(&caller.store, actor, &key, input).await
        };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let client = load_optional(ctx, done).await?;
        Ok(ClientCreatePayload { client, user_errors, revision })
    }

    /// Changes a client. Owners and managers.
    async fn client_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: ClientUpdateInput,
    ) -> Result<ClientUpdatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let id = ClientId::decode(&input.id);
        let result = async { commands::update(&caller.store, actor, input.read()?).await };
        let Outcome { user_errors, revision, .. } = outcome(caller, result.await)?;
        let client = load_optional(ctx, id).await?;
        Ok(ClientUpdatePayload { client, user_errors, revision })
    }
}
