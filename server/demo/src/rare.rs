//! What is rare, so that the demo shows every state that there is: the last hours of a firm's story.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_engine::sql;
use guichet_engine::tables::{notifications, portal_accesses};
use guichet_schema::desk::ticket::attachment::{AttachFiles, AttachTo, attach};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::month::task::assign::AssignTo;
use guichet_schema::month::task::bulk;
use guichet_schema::month::task::commands::{CreateTask, create};
use guichet_schema::month::task::dates::SetDates;
use guichet_schema::month::task::model::TaskStatus;
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::shared::email_delivery::model::DeliveryReason;
use guichet_schema::shared::email_delivery::outcome::{DeliveryOutcome, record};
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::FileRefusal;
use guichet_schema::shared::file::rules::FileDisposition;
use guichet_schema::shared::file::verdict::{self, Verdict};
use guichet_schema::shared::file::{download, expiry};
use guichet_schema::shared::notification::commands::{Mark, mark_read};
use guichet_schema::shared::notification::model::NotificationKind;
use guichet_schema::shared::notification::preferences;
use guichet_schema::shared::visibility::Visibility;

use crate::house::{Stage, UNREACHABLE};
use crate::plot::{Act, Opening, Who, fill};
use crate::texts::StaffState;
use crate::whole::allowed;
use crate::worker::job;

/// The places of these tickets; those that chance tells of come before.
const FIRST: usize = 1_000;

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Jsonb)]
    payload: serde_json::Value,
}

impl Stage<'_> {
    /// Plays the last hours, after all tickets that chance tells of are opened.
    pub async fn show_what_is_rare(&mut self) -> Result<()> {
        self.whole.at(self.whole.now - TimeDelta::minutes(225));
        // What happened to the first of these is read, what happens to the second is not.
        self.mails_to_staff().await?;
        self.tasks_to_staff().await?;
        self.go_on();
        self.read_notifications().await?;
        self.newcomers().await?;
        self.every_status().await?;
        self.every_refusal_of_a_file().await?;
        self.mails_to_staff().await?;
        self.tasks_to_staff().await?;
        self.every_mark().await?;
        self.lists().await?;
        self.mail_that_waits().await?;
        self.files_in_hand().await?;
        self.ask_for_list().await
    }

    pub fn go_on(&self) {
        self.whole.at(self.whole.time() + TimeDelta::minutes(2));
    }

    /// A ticket in the place after those before; what it is about is by chance.
    async fn begin(&mut self, customer: usize, contact: Option<usize>, by: Who) -> Result<usize> {
        self.go_on();
        let topics: Vec<_> = self.texts.topics.iter().filter(|topic| topic.service.is_some()).collect();
        let topic = *self.chance.pick(&topics);
        let words = self.words(customer, contact, self.whole.time());
        let (subject, text) = (fill(&topic.subject, &words), fill(&topic.text, &words));
        let opening = Opening { topic, customer, contact, by, subject, text, percent: None };
        let ticket = FIRST + self.lives.len();
        self.act(ticket, Act::Open(opening)).await?;
        Ok(ticket)
    }

    async fn turn(&mut self, ticket: usize, by: Who, to: TicketStatus) -> Result<()> {
        self.go_on();
        let reason = matches!(to, TicketStatus::Rejected | TicketStatus::Canceled)
            .then(|| self.texts.phrases.cancel[0].clone());
        self.act(ticket, Act::Turn { by, to, reason }).await
    }

    /// A ticket in each status, of clients that mails do not reach and of one whose mail the relay refused.
    async fn every_status(&mut self) -> Result<()> {
        for (place, status) in TicketStatus::ALL.iter().enumerate() {
            let customer = UNREACHABLE[place % UNREACHABLE.len()];
            let ticket = self.begin(customer, None, Who::Manager).await?;
            if *status == TicketStatus::Reopened {
                // The charge of a finished ticket goes with the reopening.
                self.turn(ticket, Who::Manager, TicketStatus::Finished).await?;
            }
            if *status != TicketStatus::Open {
                self.turn(ticket, Who::Manager, *status).await?;
            }
        }
        let ticket = self.begin(0, Some(0), Who::Contact).await?;
        self.next_fate =
            Some(DeliveryOutcome::SenderFault { reply: "550 5.7.1 Sender address not allowed".into() });
        self.turn(ticket, Who::Assignee, TicketStatus::InAnalysis).await
    }

    async fn every_refusal_of_a_file(&mut self) -> Result<()> {
        let users = self.customers[..2].iter().map(|customer| customer.users[0].actor.clone());
        for by in users.chain([self.manager()]).collect::<Vec<_>>() {
            let id = self.upload(&by).await?;
            download::open(&self.whole.store, WITH_FILES, &by, id, FileDisposition::Attachment).await?;
        }
        let by = self.customers[0].users[0].actor.clone();
        for refusal in FileRefusal::ALL {
            self.go_on();
            let (id, _) = self.send_file(&by).await?;
            match refusal {
                FileRefusal::Unused => {
                    let file = self.store_file(id).await?;
                    expiry::refuse_unused(&self.whole.store, &file).await?;
                }
                other => verdict::pass(&self.whole.store, WITH_FILES, id, Verdict::Refused(*other)).await?,
            }
        }
        self.settle().await
    }

    /// Staff have read what they were told so far.
    async fn read_notifications(&mut self) -> Result<()> {
        for person in &self.staff {
            let mut conn = self.whole.store.conn().await?;
            let newest = notifications::table
                .filter(notifications::staff_id.eq(person.actor.staff()?.id))
                .filter(notifications::at.lt(self.whole.time()))
                .order((notifications::at.desc(), notifications::id.desc()))
                .select(notifications::id)
                .first(&mut conn)
                .await
                .optional()?;
            drop(conn);
            if let Some(id) = newest {
                // Of a ticket that the person does not see any more nothing is shown.
                allowed(mark_read(&self.whole.store, &person.actor, Mark::UpTo(id)).await)?;
            }
        }
        Ok(())
    }

    /// Somebody is invited on each side, and has not come yet.
    async fn newcomers(&mut self) -> Result<()> {
        for (place, text) in self.texts.staff.iter().enumerate() {
            if text.state == StaffState::Invited {
                self.invite_staff(place).await?;
            }
        }
        self.give_access(11, 0, AccessStatus::Invited, None).await
    }

    /// What the client did today is told to staff who have not looked yet, to some of them by mail too; that mail is
    /// withheld from those who may not have it any more, or do not want it,
    /// and one was discarded after a restore.
    async fn mails_to_staff(&mut self) -> Result<()> {
        let all: BTreeSet<NotificationKind> =
            NotificationKind::ALL.iter().copied().filter(|kind| kind.is_mailed()).collect();
        for person in &self.staff[1..] {
            preferences::set(&self.whole.store, &person.actor, all.clone()).await?;
        }
        let ticket = self.begin(0, Some(0), Who::Contact).await?;
        for reason in [
            None,
            Some(DeliveryReason::NoAccess),
            Some(DeliveryReason::NotWanted),
            Some(DeliveryReason::Discarded),
        ] {
            self.go_on();
            self.next_fate = reason.map(|reason| DeliveryOutcome::Withheld { reason });
            let (visibility, body) = (Visibility::Public, self.texts.phrases.reopen[0].clone());
            self.act(ticket, Act::Say { by: Who::Contact, visibility, body }).await?;
        }
        self.go_on();
        self.act(ticket, Act::HandIn).await?;
        self.act(ticket, Act::Reprice { percent: 110 }).await?;
        self.turn(ticket, Who::Assignee, TicketStatus::Finished).await?;
        self.turn(ticket, Who::Contact, TicketStatus::Reopened).await?;
        for team in 0..2 {
            self.go_on();
            let note = self.texts.phrases.transfer[team].clone();
            self.act(ticket, Act::Transfer { to: Err(team), note }).await?;
        }
        Ok(())
    }

    /// Tasks that were entered by hand for a colleague: one at once, and two that were given together.
    async fn tasks_to_staff(&mut self) -> Result<()> {
        let colleague = self.staff[2].actor.staff()?.id;
        let by = self.manager();
        let mut together = Vec::new();
        for (place, assignee_id) in [Some(colleague), None, None].into_iter().enumerate() {
            self.go_on();
            let words = self.words(place, None, self.whole.time());
            let input = CreateTask {
                client_id: self.customers[place].id,
                title: fill(&self.texts.topics[place].subject, &words),
                description: String::new(),
                assignee_id,
                task_type_id: None,
                period: None,
                dates: SetDates::default(),
                unexpected: Vec::new(),
                documents: Vec::new(),
            };
            let key = self.key();
            let task = create(&self.whole.store, &by, &key, input).await?.value;
            together.extend(assignee_id.is_none().then_some(Some(task)));
        }
        let given_up = together.iter().copied().flatten().next();
        let to = AssignTo { assignee_id: colleague, note: String::new() };
        let key = self.key();
        bulk::assign(&self.whole.store, &by, &key, together, to).await?;
        self.settle().await?;
        match given_up {
            Some(task) => self.turn_task(&by, task, TaskStatus::Canceled).await,
            None => Ok(()),
        }
    }

    /// A mail that was tried once and waits, to somebody who lost access since: when its time comes it is withheld, so no
    /// mail leaves.
    async fn mail_that_waits(&mut self) -> Result<()> {
        let place = 16;
        let ticket = self.begin(place, Some(1), Who::Contact).await?;
        let person = self.customers[place].users[1].clone();
        let Some(mut life) = self.lives.get(&ticket).cloned() else { return Ok(()) };
        self.go_on();
        let turn = Act::Turn { by: Who::Manager, to: TicketStatus::InAnalysis, reason: None };
        self.work(&mut life, turn).await?;
        let held: Vec<Held> = sql::kept(
            "UPDATE jobs SET attempts = 1, run_at = ?, last_error = 'greylisted' FROM email_deliveries AS delivery
             WHERE jobs.firm_id = ? AND delivery.id = (jobs.payload ->> 'delivery_id')::uuid AND delivery.recipient = ?
             RETURNING jobs.payload",
        )
        .bind::<Timestamptz, _>(self.whole.now + TimeDelta::hours(1))
        .bind::<SqlUuid, _>(self.firm_id)
        .bind::<Text, _>(&person.email)
        .load(&mut *self.whole.store.conn().await?)
        .await?;
        for Held { payload } in held {
            let later = DeliveryOutcome::Later { reply: "451 4.7.1 Greylisted".into() };
            record(&self.whole.store, job(payload)?, later).await?;
        }
        self.settle().await?;
        // No command does that yet.
        let access = portal_accesses::table.filter(portal_accesses::account_id.eq(person.actor.account_id));
        diesel::update(access)
            .set(portal_accesses::status.eq(AccessStatus::Disabled))
            .execute(&mut self.whole.store.conn().await?)
            .await?;
        self.customers[place].users.truncate(1);
        Ok(())
    }

    /// A file that is awaited, and one on a ticket that the workers are about to look at.
    async fn files_in_hand(&mut self) -> Result<()> {
        self.whole.at(self.whole.now);
        let by = self.manager();
        self.declare_file(&by).await?;
        let stored = self.upload(&by).await?;
        self.settle().await?;
        let (id, content) = self.send_file(&by).await?;
        self.objects.push((Key::Staged { firm_id: self.firm_id, file_id: id }, content));
        let (key, to) = (self.key(), AttachTo::Ticket(Visibility::Internal));
        let Some(ticket) = self.lives.values().next_back() else { return Ok(()) };
        let input = AttachFiles { ticket_id: ticket.id, file_ids: vec![stored, id], to };
        attach(&self.whole.store, &by, &key, input).await?;
        Ok(())
    }
}
