//! What is shown of a notification.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use guichet_base::id::{NotificationId, TicketId};
use guichet_engine::actor::StaffMembership;
use guichet_schema::shared::notification::{model, preferences, queries};

use crate::edge::ApiError;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::{Ticket, TicketMessage};
use crate::graphql::loaders::{Loads, fault, load_optional};
use crate::graphql::node::{self, Node};
use crate::graphql::payload::{api_id, queried};
use crate::graphql::shared::author::{Author, author};

/// What staff are told of (D-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::NotificationKind")]
pub enum NotificationKind {
    /// A ticket came to the person: assigned or handed over.
    TicketAssigned,
    /// A ticket came to a department of the person: opened there, or handed over to it.
    DepartmentTicket,
    /// The client wrote.
    ClientMessage,
    /// The client handed in a file without a message, or after it.
    ClientFile,
    /// The client reopened a ticket.
    TicketReopened,
}

/// A notification.
#[derive(Debug, Clone)]
pub struct Notification(pub model::Notification);

impl Loader<NotificationId> for Loads {
    type Value = Notification;
    type Error = ApiError;

    async fn load(&self, ids: &[NotificationId]) -> Result<HashMap<NotificationId, Notification>, ApiError> {
        let found = queries::by_ids(&mut *self.conn().await?, &self.membership, ids).await.map_err(fault)?;
        Ok(found.into_iter().map(|row| (row.id, Notification(row))).collect())
    }
}

/// What one staff member is told of one act. Each sees its own, while it sees the thing.
#[Object]
impl Notification {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Of what it tells.
    async fn kind(&self) -> NotificationKind {
        self.0.kind.into()
    }

    /// The thing that it is about; null when the viewer does not see it any more.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>, ApiError> {
        node::find(ctx, &self.0.subject.encode()).await
    }

    /// The ticket that it is about; null when it is about something else.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>, ApiError> {
        load_optional(ctx, self.0.subject.id::<TicketId>()).await
    }

    /// What the client wrote; null for other kinds.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<TicketMessage>, ApiError> {
        load_optional(ctx, self.0.message_id).await
    }

    /// Who did it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// When the viewer marked it as read; null before.
    async fn read_at(&self) -> Option<DateTime<Utc>> {
        self.0.read_at
    }
}

/// How a staff member wants to be told. Its own affair: no other one sees or sets it.
#[derive(Debug, SimpleObject)]
pub struct NotificationPreferences {
    /// What it is told by mail too; at first nothing. Live it is told everything.
    by_mail: Vec<NotificationKind>,
}

impl NotificationPreferences {
    /// Those of the staff member as which the caller acts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(caller: &Caller, staff: &StaffMembership) -> Result<Self, ApiError> {
        let kinds = preferences::by_mail(&mut *caller.conn().await?, staff).await;
        Ok(Self { by_mail: queried(caller, kinds)?.into_iter().map(Into::into).collect() })
    }
}
