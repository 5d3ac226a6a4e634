//! The history of a ticket (D-08) and its hand-overs (D-09).

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::i18n;
use guichet_base::id::{ChangeId, DepartmentId, FileId, Id, ServiceItemId, StaffId, TicketId, TransferId};
use guichet_base::money::Money;
use guichet_edge::ApiError;
use guichet_schema::desk::ticket::{history, model};
use guichet_schema::shared::history::{model::Change, queries};

use super::types::Ticket;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_optional, seen};
use crate::graphql::payload::api_id;
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::shared::author::{Author, author};
use crate::graphql::shared::email_delivery::{MailOutcome, mail_of};

/// What a change in a ticket's history tells of (D-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::TicketField")]
pub enum TicketField {
    /// The ticket was opened. The value is its status.
    Created,
    /// Its status.
    Status,
    /// Its subject.
    Subject,
    /// Its description.
    Description,
    /// Its price. The value is in minor units of the ticket's currency.
    Price,
    /// Its service. The value is the id of a `ServiceItem`.
    ServiceItem,
    /// The accountant. The value is the id of a `StaffMember`.
    Accountant,
    /// Who does the work. The value is the id of a `StaffMember`.
    Assignee,
    /// The department. The value is the id of a `Department`.
    Department,
    /// A file was attached. The value is the id of a `File`.
    File,
    /// A file was attached that is for staff only. The value is the id of a `File`.
    InternalFile,
}

keyed! {
    /// The history of a ticket.
    HistoryOf(TicketId) => [Change], |loads, conn, ids| async {
        let rows = queries::of::<model::TicketField>(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |change| TicketId::from_uuid(change.subject.id)))
    }
}

keyed! {
    /// The hand-overs of a ticket.
    TransfersOf(TicketId) => [model::TicketTransfer], |loads, conn, ids| async {
        let rows = history::transfers(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |transfer| transfer.ticket_id))
    }
}

/// A change.
#[derive(Debug, Clone)]
pub struct TicketChange(pub Change);

by_ids!(ChangeId => TicketChange, queries::by_ids::<model::TicketField>);

/// A changed field of a ticket: who changed it from what to what, and when (D-08).
#[Object]
impl TicketChange {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The act that changed it: the same in all fields that were changed at once.
    async fn act_id(&self) -> ID {
        api_id(self.0.act_id)
    }

    /// Its ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, self.ticket_id()).await?)
    }

    /// What changed.
    async fn field(&self) -> Result<TicketField, ApiError> {
        Ok(self.what()?.into())
    }

    /// The value before, for programs; null when there was none.
    async fn old_value(&self) -> Option<&str> {
        self.0.old_value.as_deref()
    }

    /// The value after, for programs; null when there is none.
    async fn new_value(&self) -> Option<&str> {
        self.0.new_value.as_deref()
    }

    /// The value before, for people: names in place of ids, in the viewer's language.
    async fn old_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.old_value.as_deref()).await
    }

    /// The value after, for people: names in place of ids, in the viewer's language.
    async fn new_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.new_value.as_deref()).await
    }

    /// Why, where a reason or note was given.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Who changed it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What became of the mails about it (D-04); null for what mails nobody.
    async fn mail(&self, ctx: &Context<'_>) -> Result<Option<MailOutcome>, ApiError> {
        match self.what()? {
            model::TicketField::Status => mail_of(ctx, self.0.act_id).await,
            _ => Ok(None),
        }
    }
}

impl TicketChange {
    fn ticket_id(&self) -> TicketId {
        TicketId::from_uuid(self.0.subject.id)
    }

    fn what(&self) -> Result<model::TicketField, ApiError> {
        let field = model::TicketField::parse(&self.0.field);
        field.ok_or_else(|| ApiError::internal(format!("a ticket has no field {}", self.0.field)))
    }

    async fn text(&self, ctx: &Context<'_>, value: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(value) = value else { return Ok(None) };
        let locale = Caller::of(ctx).locale;
        let text = match self.what()? {
            model::TicketField::Created | model::TicketField::Status => model::TicketStatus::parse(value)
                .map(|status| i18n::named(locale, "ticket-status", status, &i18n::Args::new())),
            model::TicketField::Price => {
                let ticket = load(ctx, self.ticket_id()).await?;
                ticket.zip(value.parse().ok()).map(|(ticket, amount_minor)| {
                    Money { amount_minor, currency: ticket.0.currency }.display(locale)
                })
            }
            model::TicketField::Subject | model::TicketField::Description => None,
            model::TicketField::Accountant | model::TicketField::Assignee => {
                load_optional(ctx, StaffId::decode(value)).await?.map(|staff| staff.0.name)
            }
            model::TicketField::ServiceItem => {
                load_optional(ctx, ServiceItemId::decode(value)).await?.map(|item| item.0.name)
            }
            model::TicketField::Department => {
                load_optional(ctx, DepartmentId::decode(value)).await?.map(|department| department.0.name)
            }
            model::TicketField::File | model::TicketField::InternalFile => {
                load_optional(ctx, FileId::decode(value)).await?.map(|file| file.0.name)
            }
        };
        Ok(Some(text.unwrap_or_else(|| value.to_owned())))
    }
}

/// A hand-over.
#[derive(Debug, Clone)]
pub struct TicketTransfer(pub model::TicketTransfer);

by_ids!(TransferId => TicketTransfer, history::transfers_by_ids);

/// A hand-over of a ticket to another person or department (D-09). Staff only.
#[allow(clippy::wrong_self_convention, reason = "`from` is the giver's side of the hand-over")]
#[Object]
impl TicketTransfer {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, self.0.ticket_id).await?)
    }

    /// Who had it.
    async fn from_staff(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.from_staff).await?)
    }

    /// Who got it.
    async fn to_staff(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.to_staff).await?)
    }

    /// The department that had it.
    async fn from_department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.from_department).await
    }

    /// The department that got it.
    async fn to_department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.to_department).await
    }

    /// What the giver wrote along; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// Who handed it over.
    async fn author(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.by_staff).await?)
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}
