//! What there is to see of a client.

use std::collections::HashMap;
use std::convert::identity;

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::ClientId;
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{AccessRole, Membership, PortalMembership};
use guichet_obligations::Scalar;
use guichet_schema::people::client::{model, queries, record, rules};
use guichet_schema::people::{portal_access, suppression};
use guichet_schema::shared::email_delivery::model::EmailSuppression;

use crate::graphql::ability::{Ability, abilities_by_right};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::month::recurring_task::{
    RecurringTaskConnection, RecurringTaskFilter, recurring_tasks_of,
};
use crate::graphql::month::task::{TaskConnection, TaskFilter, TaskOrder, tasks_of};
use crate::graphql::payload::api_id;
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime, Locale, SafeInt};

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

    /// The registration number of the company, as its country writes it, for example a CNPJ, SIREN or NIF.
    async fn registration(&self) -> Option<&str> {
        self.0.registration.as_deref()
    }

    /// All registration numbers of the company that its country checks, the one above first.
    async fn registrations(&self, ctx: &Context<'_>) -> Result<Vec<Registration>, ApiError> {
        load_list(ctx, RegistrationsOf(self.0.id), Into::into).await
    }

    /// The ISO 3166-1 code of the country, for example `BR`.
    async fn country(&self) -> &str {
        &self.0.country
    }

    /// The IANA name of the time zone of its people, for example `America/Sao_Paulo`; null for that of the firm. Due dates are in
    /// the time zone of the firm, whatever this one is.
    async fn time_zone(&self) -> Option<&str> {
        self.0.zone.as_deref()
    }

    /// The day on which fiscal years end, as month and day, for example `12-31`; `02-29` is the last day of February.
    async fn fiscal_year_end(&self) -> &str {
        &self.0.fiscal_year_end
    }

    /// The fiscal years that do not follow that day, such as a short first one; null for portal users.
    async fn fiscal_years(&self, ctx: &Context<'_>) -> Result<Option<Vec<FiscalYear>>, ApiError> {
        if !Caller::of(ctx).scope()?.is_staff() {
            return Ok(None);
        }
        Ok(Some(load_list(ctx, YearsOf(self.0.id), Into::into).await?))
    }

    /// The last day on which the firm serves the client; null while it does. No tasks are generated for periods that
    /// begin later.
    async fn ended_on(&self) -> Option<Date> {
        self.0.ended_on.map(Date)
    }

    /// What due rules ask of the client: its place, legal form and so on; null for portal users.
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Option<Vec<ClientAttribute>>, ApiError> {
        if !Caller::of(ctx).scope()?.is_staff() {
            return Ok(None);
        }
        Ok(Some(load_list(ctx, AttributesOf(self.0.id), Into::into).await?))
    }

    /// The days of what due rules wait for, such as the approval of the accounts of a year; null for portal users.
    async fn events(&self, ctx: &Context<'_>) -> Result<Option<Vec<ClientEvent>>, ApiError> {
        if !Caller::of(ctx).scope()?.is_staff() {
            return Ok(None);
        }
        Ok(Some(load_list(ctx, EventsOf(self.0.id), Into::into).await?))
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

    /// The recipients of mails about documents that the firm delivers; when the list is empty, mails go to the e-mail
    /// address of record. A recipient who is a portal user is told only of what that person sees in the portal.
    async fn document_emails(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        load_list(ctx, DocumentEmailsOf(self.0.id), identity).await
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

    /// The list of kinds of work that the client has, the oldest first; null for portal users.
    async fn recurring_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<RecurringTaskFilter>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<Option<RecurringTaskConnection>, ApiError> {
        recurring_tasks_of(ctx, self.0.id, filter, PageRequest::new(first, after, last, before)).await
    }

    /// The list of tasks of the client; null for portal users.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TaskFilter>,
        #[graphql(desc = "The order of the list. The default is the due date of the law, earliest first.")]
        order_by: Option<TaskOrder>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<Option<TaskConnection>, ApiError> {
        tasks_of(ctx, self.0.id, filter, order_by, PageRequest::new(first, after, last, before)).await
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
        abilities_by_right(ctx, rules::ClientAct::ALL, rules::ClientAct::right)
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

mirror!(RegistrationKind => guichet_base::registration::Kind);

/// A registration number that its country checks.
#[derive(Debug, Clone, SimpleObject)]
pub struct Registration {
    /// The kind of number.
    kind: RegistrationKind,
    /// The number: digits and capital letters only.
    number: String,
    /// Whether the record of the client shows this number.
    is_primary: bool,
}

impl From<record::model::ClientRegistration> for Registration {
    fn from(row: record::model::ClientRegistration) -> Self {
        Self { kind: row.kind.into(), number: row.number, is_primary: row.is_primary }
    }
}

/// A fiscal year that does not follow the closing day of the client.
#[derive(Debug, Clone, SimpleObject)]
pub struct FiscalYear {
    /// The first day.
    starts_on: Date,
    /// The last day.
    ends_on: Date,
}

impl From<record::model::FiscalYear> for FiscalYear {
    fn from(row: record::model::FiscalYear) -> Self {
        Self { starts_on: Date(row.starts_on), ends_on: Date(row.ends_on) }
    }
}

/// The value that an attribute of a client has from a day on, until its next value. Without any value it is unknown.
#[derive(Debug, Clone, SimpleObject)]
pub struct ClientAttribute {
    /// The name of the attribute in due rules, for example `city`.
    key: String,
    /// The first day on which it has the value.
    valid_from: Date,
    /// The value, if it is a text.
    text: Option<String>,
    /// The value, if it is a number.
    number: Option<SafeInt>,
    /// The value, if it is yes or no.
    boolean: Option<bool>,
}

impl From<record::model::ClientAttribute> for ClientAttribute {
    fn from(row: record::model::ClientAttribute) -> Self {
        let value = row.value();
        let (mut text, mut number, mut boolean) = (None, None, None);
        match value {
            Some(Scalar::Text(value)) => text = Some(value),
            Some(Scalar::Number(value)) => number = Some(SafeInt(value)),
            Some(Scalar::Bool(value)) => boolean = Some(value),
            None => {}
        }
        Self { key: row.key, valid_from: Date(row.valid_from), text, number, boolean }
    }
}

/// The day on which something happened that due rules wait for.
#[derive(Debug, Clone, SimpleObject)]
pub struct ClientEvent {
    /// The name of the event in due rules, for example `accountsApproved`.
    name: String,
    /// The name of the period that it concerns.
    period: String,
    /// The day.
    happened_on: Date,
}

impl From<record::model::ClientEvent> for ClientEvent {
    fn from(row: record::model::ClientEvent) -> Self {
        Self { name: row.name, period: row.period, happened_on: Date(row.happened_on) }
    }
}

keyed! {
    /// The registration numbers of clients.
    RegistrationsOf(ClientId) => [record::model::ClientRegistration], |loads, conn, ids| async {
        let rows = record::queries::registrations(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.client_id))
    }
}

keyed! {
    /// The attributes of clients.
    AttributesOf(ClientId) => [record::model::ClientAttribute], |loads, conn, ids| async {
        let rows = record::queries::attributes(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.client_id))
    }
}

keyed! {
    /// The fiscal years of clients that do not follow their closing day.
    YearsOf(ClientId) => [record::model::FiscalYear], |loads, conn, ids| async {
        let rows = record::queries::years(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.client_id))
    }
}

keyed! {
    /// What happened to clients.
    EventsOf(ClientId) => [record::model::ClientEvent], |loads, conn, ids| async {
        let rows = record::queries::events(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.client_id))
    }
}

keyed! {
    /// The addresses for mails about tickets of clients.
    TicketEmailsOf(ClientId) => [String], |loads, conn, ids| async {
        let rows = queries::recipients(conn, &loads.scope(), model::Topic::Tickets, ids).await?;
        error::Result::Ok(addresses(rows))
    }
}

keyed! {
    /// The addresses for mails about documents of clients.
    DocumentEmailsOf(ClientId) => [String], |loads, conn, ids| async {
        let rows = queries::recipients(conn, &loads.scope(), model::Topic::Documents, ids).await?;
        error::Result::Ok(addresses(rows))
    }
}

/// The addresses of each client, in their order.
fn addresses(rows: Vec<(ClientId, String)>) -> HashMap<ClientId, Vec<String>> {
    let mut of: HashMap<ClientId, Vec<String>> = HashMap::new();
    for (client, email) in rows {
        of.entry(client).or_default().push(email);
    }
    of
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
