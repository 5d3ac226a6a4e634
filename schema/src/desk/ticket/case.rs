//! A locked ticket, with the relevant data of its client and firm.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join;

use crate::people::client::facts::{ClientFacts, FirmTerms};
use crate::shared::email_delivery::announce::Occasion;
use guichet_base::collation;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::id::{ActId, TicketId};
use guichet_engine::actor::{Actor, Author, Scope};
use guichet_engine::feed::Audience;
use guichet_engine::searchable;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{clients, firms, tickets};

use super::model::Ticket;
use super::queries::{linked_clients, visible};
use super::rules::{self, Circumstances, Facts, TicketAct};
use super::search::search_text;
use crate::shared::visibility::Visibility;

/// What an action changed in a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    /// Its fields: the version is increased, so that concurrent edits are detected.
    Fields,
    /// Its conversation.
    Message,
    /// Its internal notes: nothing that the client could notice (D-07).
    Note,
}

impl Saved {
    /// What a message or file with this visibility changes.
    pub const fn seen_by(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Message,
            Visibility::Internal => Self::Note,
        }
    }
}

/// A ticket with its client and firm, locked until the transaction ends.
#[derive(Debug)]
pub(crate) struct Case {
    pub ticket: Ticket,
    pub client: ClientFacts,
    pub firm: FirmTerms,
    before: Audience,
}

/// A ticket with its client and firm, for reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaseView<'a> {
    pub ticket: &'a Ticket,
    pub client: &'a ClientFacts,
    pub firm: &'a FirmTerms,
}

impl<'a> CaseView<'a> {
    /// An act on it, for those who are told.
    pub fn occasion(&self, act: ActId) -> Occasion<'a> {
        Occasion {
            act,
            subject: Subject::of(self.ticket.id),
            topic: &self.ticket.subject,
            client_id: Some(self.client.id),
            firm_id: self.firm.id,
            mail_from: &self.firm.mail_from,
            audience: self.ticket.audience(self.client.accountant_id),
        }
    }
}

impl Case {
    /// Locks the ticket with this id that `actor` can see, and checks that the actor may do `act`.
    pub async fn lock(tx: &mut Tx, actor: &Actor, id: TicketId, act: TicketAct) -> Result<Self> {
        let scope = actor.scope();
        let case = Self::find(tx, &scope, id).await?;
        let needs_reader = act == TicketAct::PostMessage;
        let has_linked_user =
            !needs_reader || !linked_clients(tx.conn(), &[case.client.id]).await?.is_empty();
        let facts = Facts {
            status: case.ticket.status,
            closed_at: case.ticket.closed_at,
            around: Circumstances { client_reopen_days: case.firm.client_reopen_days, has_linked_user },
        };
        rules::may(act, &scope, &facts, tx.now)?;
        if act.tells_others() {
            tx.keep_pace(actor)?;
        }
        Ok(case)
    }

    /// Locks the ticket with this id that `scope` can see.
    pub async fn find(tx: &mut Tx, scope: &Scope, id: TicketId) -> Result<Self> {
        let mut conn = tx.pipeline();
        let seen = || tickets::table.filter(visible(scope)).filter(tickets::id.eq(id));
        let locked = seen().select(Ticket::as_select()).for_update().get_result(&mut conn);
        // Read after locking, so that commits of the transaction we waited for are visible.
        let around = clients::table
            .inner_join(firms::table.on(firms::id.eq(clients::firm_id)))
            .filter(clients::id.eq_any(seen().select(tickets::client_id)))
            .select((ClientFacts::as_select(), FirmTerms::as_select()))
            .get_result::<(ClientFacts, FirmTerms)>(&mut conn);
        let (ticket, around) = join(locked, around).await;
        let ticket: Ticket = ticket.optional()?.or_not_found("id")?;
        // The lock does not cover the clients and departments on which reach depends.
        let (client, firm) = around.optional()?.or_not_found("id")?;
        // An action that waited for the lock is later than the one before, whatever the clocks say.
        tx.now = tx.now.max(ticket.updated_at);
        let before = ticket.audience(client.accountant_id);
        Ok(Self { ticket, client, firm, before })
    }

    /// Who can see a part of it with this visibility.
    pub fn audience(&self, visibility: Visibility) -> Audience {
        visibility.of(self.ticket.audience(self.client.accountant_id))
    }

    /// The ticket, for reading.
    pub const fn view(&self) -> CaseView<'_> {
        CaseView { ticket: &self.ticket, client: &self.client, firm: &self.firm }
    }

    /// Refuses when the ticket is no longer at the version that the viewer read.
    pub fn expect(&self, version: Option<i32>) -> Result<()> {
        match version {
            Some(expected) if expected != self.ticket.version => Err(Code::Conflict.into()),
            _ => Ok(()),
        }
    }

    /// Writes back what an action changed. An action of staff clears "untouched" (D-06).
    pub async fn save(&mut self, tx: &mut Tx, by: Author, act: &'static str, what: Saved) -> Result<()> {
        self.mark(tx, by, act, what);
        self.write(tx).await
    }

    /// The first half of [`Case::save`]: what every action changes, its event and its audit row.
    pub fn mark(&mut self, tx: &mut Tx, by: Author, act: &'static str, what: Saved) {
        let ticket = &mut self.ticket;
        if what == Saved::Fields {
            ticket.version += 1;
        }
        if what != Saved::Note {
            ticket.updated_at = tx.now;
        }
        ticket.is_untouched &= by.staff().is_none();
        ticket.closed_at = if ticket.status.is_closed() { ticket.closed_at.or(Some(tx.now)) } else { None };
        let internal = what == Saved::Note;
        let [before, after] = [self.before.clone(), ticket.audience(self.client.accountant_id)]
            .map(|audience| Some(audience.internal_if(internal)));
        tx.changed(self.firm.id, act, ticket.id, before, after);
    }

    /// The second half of [`Case::save`]: the row.
    pub async fn write(&self, tx: &Tx) -> Result<()> {
        let ticket = &self.ticket;
        let update = diesel::update(tickets::table.find(ticket.id)).set((
            tickets::service_item_id.eq(ticket.service_item_id),
            tickets::accountant_id.eq(ticket.accountant_id),
            tickets::assignee_id.eq(ticket.assignee_id),
            tickets::department_id.eq(ticket.department_id),
            (tickets::subject.eq(&ticket.subject), tickets::subject_key.eq(collation::key(&ticket.subject))),
            tickets::description.eq(&ticket.description),
            tickets::price_minor.eq(ticket.price_minor),
            tickets::status.eq(ticket.status),
            tickets::is_untouched.eq(ticket.is_untouched),
            tickets::last_message_seq.eq(ticket.last_message_seq),
            searchable!(tickets, search_text(ticket, &self.client.name)),
            tickets::version.eq(ticket.version),
            tickets::updated_at.eq(ticket.updated_at),
            tickets::closed_at.eq(ticket.closed_at),
        ));
        sql::keep(1, update).execute(&mut tx.pipeline()).await?;
        Ok(())
    }
}
