//! The history of a ticket (D-08) and its transfers (D-09).

use async_graphql::{Context, ID, Object};
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
use crate::graphql::mirror::mirror;
use crate::graphql::payload::api_id;
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};
use crate::graphql::shared::email_delivery::{MailOutcome, mail_of};

mirror!(TicketField => model::TicketField);

keyed! {
    /// The history of a ticket.
    HistoryOf(TicketId) => [Change], |loads, conn, ids| async {
        let rows = queries::of::<model::TicketField>(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |change| TicketId::from_uuid(change.subject.id)))
    }
}

keyed! {
    /// The transfers of a ticket.
    TransfersOf(TicketId) => [model::TicketTransfer], |loads, conn, ids| async {
        let rows = history::transfers(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |transfer| transfer.ticket_id))
    }
}

/// A change.
#[derive(Debug, Clone)]
pub struct TicketChange(pub Change);

by_ids!(ChangeId => TicketChange, queries::by_ids::<model::TicketField>);

/// A change of one field of a ticket.
#[Object]
impl TicketChange {
    /// The ID of the change, for example `change_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The ID of the action. All changes of one action have the same ID.
    async fn act_id(&self) -> ID {
        api_id(self.0.act_id)
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, self.ticket_id()).await?)
    }

    /// The field that changed.
    async fn field(&self) -> Result<TicketField, ApiError> {
        Ok(self.what()?.into())
    }

    /// The value before the change, for programs; null when there was none.
    async fn old_value(&self) -> Option<&str> {
        self.0.old_value.as_deref()
    }

    /// The value after the change, for programs; null when there is none.
    async fn new_value(&self) -> Option<&str> {
        self.0.new_value.as_deref()
    }

    /// The value before the change, for people: names instead of IDs, in the language of the viewer.
    async fn old_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.old_value.as_deref()).await
    }

    /// The value after the change, for people: names instead of IDs, in the language of the viewer.
    async fn new_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.new_value.as_deref()).await
    }

    /// The reason or note that was given with the change; null when there was none.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The person who made the change.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// The date and time of the change.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The outcome of the mails about the change; null when the change causes no mails.
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

/// A transfer.
#[derive(Debug, Clone)]
pub struct TicketTransfer(pub model::TicketTransfer);

by_ids!(TransferId => TicketTransfer, history::transfers_by_ids);

/// A transfer of a ticket to another staff member or department. Visible to staff only.
#[allow(clippy::wrong_self_convention, reason = "`from` is the giver's side of the transfer")]
#[Object]
impl TicketTransfer {
    /// The ID of the transfer, for example `transfer_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The ticket.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket, ApiError> {
        seen(load(ctx, self.0.ticket_id).await?)
    }

    /// The assignee before the transfer.
    async fn from_staff(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.from_staff).await?)
    }

    /// The assignee after the transfer.
    async fn to_staff(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.to_staff).await?)
    }

    /// The department before the transfer.
    async fn from_department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.from_department).await
    }

    /// The department after the transfer.
    async fn to_department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.to_department).await
    }

    /// The note for the new assignee; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// The staff member who transferred the ticket.
    async fn author(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.by_staff).await?)
    }

    /// The date and time of the transfer.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}
