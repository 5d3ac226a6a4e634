//! Entering and changing clients.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use guichet_base::error::{self, Code, Refusal};
use guichet_base::id::{ClientId, Id};
use guichet_base::input::Patch;
use guichet_edge::ApiError;
use guichet_obligations::Scalar;
use guichet_schema::people::client::commands::{self, CreateClient, UpdateClient};
use guichet_schema::people::client::record::commands::{self as record, SetAttribute};

use super::types::Client;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, act, id, id_patch, optional_id, patch, payload};
use crate::graphql::scalars::{Date, Locale, SafeInt};

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
    /// The recipients of mails about documents that the firm delivers; at most 20. When the list is empty, mails go to the
    /// e-mail address of record.
    #[graphql(default)]
    document_emails: Vec<String>,
    /// The ISO 3166-1 code of the country, for example `BR`. The default is the country of the firm. It decides how
    /// registration numbers are checked.
    country: Option<String>,
    /// The IANA name of the time zone, for example `America/Sao_Paulo`. The default is that of the firm.
    time_zone: Option<String>,
    /// The day on which fiscal years end, as month and day. The default is `12-31`.
    fiscal_year_end: Option<String>,
    /// The other registration numbers of the company, for example of its branches; at most 50.
    #[graphql(default)]
    other_registrations: Vec<String>,
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
            document_emails: self.document_emails,
            country: self.country,
            zone: self.time_zone,
            fiscal_year_end: self.fiscal_year_end,
            other_registrations: self.other_registrations,
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
    /// The recipients of mails about documents that the firm delivers; at most 20. The list replaces the existing one; when
    /// it is empty, mails go to the e-mail address of record.
    document_emails: Option<Vec<String>>,
    /// The ISO 3166-1 code of the country. It cannot be removed.
    country: Option<String>,
    /// The IANA name of the time zone; null for that of the firm.
    time_zone: MaybeUndefined<String>,
    /// The day on which fiscal years end, as month and day, for example `12-31`. It cannot be removed. Years for which tasks
    /// were made stay as they were, and are listed in `fiscalYears`.
    fiscal_year_end: Option<String>,
    /// The last day on which the firm serves the client; null when it goes on serving it.
    ended_on: MaybeUndefined<Date>,
    /// The other registration numbers of the company; at most 50. The list replaces the existing one.
    other_registrations: Option<Vec<String>>,
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
            document_emails: self.document_emails,
            country: self.country,
            zone: patch(self.time_zone),
            fiscal_year_end: self.fiscal_year_end,
            ended_on: match patch(self.ended_on) {
                Patch::Keep => Patch::Keep,
                Patch::Clear => Patch::Clear,
                Patch::Set(day) => Patch::Set(day.0),
            },
            other_registrations: self.other_registrations,
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

/// Input for `clientAttributeSet`: the value that an attribute has from a day on. Give one of `text`, `number` and
/// `boolean`, or none when the attribute is unknown from that day on.
#[derive(Debug, InputObject)]
pub struct ClientAttributeSetInput {
    /// The ID of the client.
    client_id: ID,
    /// The name of the attribute in due rules: letters and digits; 1 to 60 characters. Known ones are `region` (ISO
    /// 3166-2), `city` (the official code), `department`, `legalForm` (`SOLE`, `COMPANY`, `SA` or `OTHER`), `staff` (a
    /// number), `payrollDeferred` and `adhered` (yes or no).
    key: String,
    /// The first day on which the attribute has the value.
    valid_from: Date,
    /// The value, if it is a text; 1 to 60 characters.
    text: Option<String>,
    /// The value, if it is a number.
    number: Option<SafeInt>,
    /// The value, if it is yes or no.
    boolean: Option<bool>,
}

impl ClientAttributeSetInput {
    fn read(self) -> error::Result<SetAttribute> {
        let Self { client_id, key, valid_from, text, number, boolean } = self;
        let given = [
            text.map(Scalar::Text),
            number.map(|number| Scalar::Number(number.0)),
            boolean.map(Scalar::Bool),
        ];
        let mut given = given.into_iter().flatten();
        let value = given.next();
        if given.next().is_some() {
            return Err(Refusal::of("text", Code::MutuallyExclusive).into());
        }
        Ok(SetAttribute { client_id: id("clientId", &client_id)?, key, valid_from: valid_from.0, value })
    }
}

payload! {
    /// The result of `clientAttributeSet`.
    ClientAttributeSetPayload {
        /// The client in its current state, also when there are errors.
        client: Option<Client>,
    }
}

/// Input for `clientEventSet`: the day on which something happened that due rules wait for.
#[derive(Debug, InputObject)]
pub struct ClientEventSetInput {
    /// The ID of the client.
    client_id: ID,
    /// The name of the event in due rules, for example `accountsApproved`.
    name: String,
    /// The name of the period that it concerns, for example `FY2025-12-31`.
    period: String,
    /// The day; null when it has not happened.
    happened_on: Option<Date>,
}

payload! {
    /// The result of `clientEventSet`.
    ClientEventSetPayload {
        /// The client in its current state, also when there are errors.
        client: Option<Client>,
    }
}

/// The bounds of a fiscal year.
#[derive(Debug, InputObject)]
pub struct FiscalYearInput {
    /// The first day.
    starts_on: Date,
    /// The last day.
    ends_on: Date,
}

/// Input for `clientFiscalYearsSet`: the fiscal years that do not follow the closing day of the client.
#[derive(Debug, InputObject)]
pub struct ClientFiscalYearsSetInput {
    /// The ID of the client.
    client_id: ID,
    /// The fiscal years, without overlaps; at most 50. The list replaces the existing one.
    years: Vec<FiscalYearInput>,
}

payload! {
    /// The result of `clientFiscalYearsSet`.
    ClientFiscalYearsSetPayload {
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
    /// `INVALID_REGISTRATION`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
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
    /// `INVALID_EMAIL`, `INVALID_REGISTRATION`, `OUT_OF_RANGE`.
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
    /// Sets the value that an attribute of a client has from a day on, until its next value. A city lies in the region that
    /// the record has; with another region, the city is unknown from that day on, until it is set. Due dates of existing
    /// tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `MUTUALLY_EXCLUSIVE`.
    async fn client_attribute_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ClientAttributeSetInput,
    ) -> Result<ClientAttributeSetPayload, ApiError> {
        let client = ClientId::decode(&input.client_id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| record::set_attribute(store, actor, input.read()?).await).await?;
        let client = load_optional(ctx, client).await?;
        Ok(ClientAttributeSetPayload { client, user_errors, revision })
    }

    /// Sets the day on which something happened that due rules wait for.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`.
    async fn client_event_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ClientEventSetInput,
    ) -> Result<ClientEventSetPayload, ApiError> {
        let client = ClientId::decode(&input.client_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let ClientEventSetInput { client_id, name, period, happened_on } = input;
            let client = id("clientId", &client_id)?;
            record::set_event(store, actor, client, (&name, &period), happened_on.map(|day| day.0)).await
        })
        .await?;
        let client = load_optional(ctx, client).await?;
        Ok(ClientEventSetPayload { client, user_errors, revision })
    }

    /// Replaces the fiscal years of a client that do not follow its closing day. Years for which tasks were made stay as
    /// they were, and are listed, where none is given in their place.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`.
    async fn client_fiscal_years_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ClientFiscalYearsSetInput,
    ) -> Result<ClientFiscalYearsSetPayload, ApiError> {
        let client = ClientId::decode(&input.client_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let years = input.years.iter().map(|year| (year.starts_on.0, year.ends_on.0)).collect();
            record::set_years(store, actor, id("clientId", &input.client_id)?, years).await
        })
        .await?;
        let client = load_optional(ctx, client).await?;
        Ok(ClientFiscalYearsSetPayload { client, user_errors, revision })
    }
}
