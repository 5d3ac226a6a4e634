//! Carries out what is planned, in the order of time, by the commands of the business: what they refuse does not happen.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ChargeId, FileId, TicketId};
use guichet_base::input::Patch;
use guichet_engine::actor::{Actor, Membership};
use guichet_engine::tables::{charges, tickets};
use guichet_schema::desk::charge::commands::{self as charge, CreateCharge};
use guichet_schema::desk::charge::model::{Charge, ChargeStatus};
use guichet_schema::desk::ticket::attachment::{AttachFiles, AttachTo, attach};
use guichet_schema::desk::ticket::commands::{CreateTicket, EditTicket, create, edit};
use guichet_schema::desk::ticket::conversation::{PostMessage, mark_read, post};
use guichet_schema::desk::ticket::model::{Ticket, TicketStatus};
use guichet_schema::desk::ticket::status::{ChangeStatus, Reopen, change_status, reopen};
use guichet_schema::desk::ticket::transfer::{TransferTicket, TransferTo, transfer};
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::File;
use guichet_schema::shared::file::rules::{Declaration, FileDisposition, Limits};
use guichet_schema::shared::file::verdict::{self, Verdict};
use guichet_schema::shared::file::{digest, download, upload};
use guichet_schema::shared::visibility::Visibility;
use sha2::{Digest, Sha256};

use crate::house::Stage;
use crate::plot::{Act, Life, Opening, Who};
use crate::whole::allowed;

impl Stage<'_> {
    /// Plays all that is planned.
    pub async fn play(&mut self) -> Result<()> {
        while let Some(((at, _), (ticket, act))) = self.cues.pop_first() {
            self.whole.at(at);
            self.act(ticket, act).await?;
        }
        Ok(())
    }

    /// Does something now, and what follows from it.
    pub async fn act(&mut self, ticket: usize, act: Act) -> Result<()> {
        match act {
            Act::Open(opening) => {
                if let Some(life) = self.open(opening).await? {
                    self.lives.insert(ticket, life);
                }
            }
            Act::Fee { customer, description, amount, due_on } => {
                let (client_id, amount) = (self.customers[customer].id, self.money(amount));
                let input = CreateCharge { client_id, description, amount, due_on: Some(due_on) };
                let key = self.key();
                charge::create(&self.whole.store, &self.manager(), &key, input).await?;
                return self.await_payment(customer).await;
            }
            Act::Pay(id) => return self.pay(id).await,
            Act::GiveUp(job) => return self.give_up(job).await,
            act => {
                // Nobody works on a ticket that was not opened.
                let Some(mut life) = self.lives.remove(&ticket) else { return Ok(()) };
                self.work(&mut life, act).await?;
                self.lives.insert(ticket, life);
            }
        }
        self.settle().await
    }

    async fn open(&mut self, opening: Opening) -> Result<Option<Life>> {
        let Opening { topic, customer, contact, by, subject, text, percent } = opening;
        let client = &self.customers[customer];
        let (by, is_staff) = match (by, contact) {
            (Who::Contact, Some(place)) => (client.users[place].actor.clone(), false),
            (Who::Staff(place), _) => (self.staff[place].actor.clone(), true),
            _ => (self.manager(), true),
        };
        let offer = topic.service.map(|place| self.offers[place]);
        let overdue = charges::table
            .filter(charges::client_id.eq(client.id))
            .filter(charges::status.eq(ChargeStatus::Open))
            .filter(charges::due_on.lt(self.hours.date(self.whole.time())))
            .select(charges::id);
        let collects = match topic.collects {
            true => overdue.load(&mut self.whole.store.conn().await?).await?,
            false => Vec::new(),
        };
        let input = CreateTicket {
            client_id: Some(client.id),
            subject,
            description: text,
            service_item_id: offer.map(|(id, _)| id),
            accountant_id: None,
            assignee_id: None,
            // Only staff name a department that the service does not.
            department_id: topic.department.filter(|_| is_staff).map(|place| self.teams[place]),
            price: percent.and_then(|percent| offer.map(|(_, price)| self.money(price * percent / 100))),
            collect_charge_ids: collects,
            file_ids: Vec::new(),
        };
        let key = self.key();
        let made = allowed(create(&self.whole.store, &by, &key, input).await)?;
        Ok(made.map(|made| Life { id: made.value, customer, contact, files: Vec::new() }))
    }

    pub async fn ticket(&self, id: TicketId) -> Result<Ticket> {
        let row = tickets::table.find(id).select(Ticket::as_select());
        Ok(row.get_result(&mut self.whole.store.conn().await?).await?)
    }

    /// Who acts now; nobody when the client has no user.
    fn who(&self, life: &Life, ticket: &Ticket, by: Who) -> Option<Actor> {
        let is_assignee = |actor: &Actor| matches!(&actor.membership, Membership::Staff(staff) if staff.id == ticket.assignee_id);
        let person = match by {
            Who::Assignee => self.staff.iter().find(|person| is_assignee(&person.actor)),
            Who::Contact => life.contact.map(|place| &self.customers[life.customer].users[place]),
            Who::Manager => Some(&self.staff[1]),
            Who::Staff(place) => Some(&self.staff[place]),
        };
        person.map(|person| person.actor.clone())
    }

    /// Does something with a ticket; what follows from it waits for [`Stage::settle`].
    pub async fn work(&mut self, life: &mut Life, act: Act) -> Result<()> {
        let (store, key) = (self.whole.store.clone(), self.key());
        let store = &store;
        let ticket = self.ticket(life.id).await?;
        let (id, version) = (life.id, ticket.version);
        let by = match &act {
            Act::Say { by, .. } | Act::Turn { by, .. } | Act::Read { by } => *by,
            Act::HandIn => Who::Contact,
            _ => Who::Assignee,
        };
        let Some(by) = self.who(life, &ticket, by) else { return Ok(()) };
        match act {
            Act::Say { visibility, body, .. } => {
                let is_closed = ticket.status.is_closed() && visibility == Visibility::Public;
                let file_ids = match !is_closed && self.chance.percent(12) {
                    true => vec![self.upload(&by).await?],
                    false => Vec::new(),
                };
                life.files.extend(&file_ids);
                allowed(
                    post(store, &by, &key, PostMessage { ticket_id: id, visibility, body, file_ids }).await,
                )?;
            }
            Act::Turn { to: TicketStatus::Reopened, reason, .. } => {
                allowed(reopen(store, &by, &key, Reopen { id, reason, expected_version: None }).await)?;
            }
            Act::Turn { to, reason, .. } => {
                let wish = ChangeStatus { id, status: to, reason, expected_version: Some(version) };
                let done = allowed(change_status(store, &by, &key, wish).await)?;
                if done.is_some() && to == TicketStatus::Finished {
                    self.await_payment(life.customer).await?;
                }
            }
            Act::Reprice { percent } => {
                let input = EditTicket {
                    id,
                    expected_version: version,
                    subject: None,
                    description: None,
                    price: Some(self.money(ticket.price_minor * percent / 100)),
                    service_item_id: Patch::Keep,
                    accountant_id: Patch::Keep,
                };
                allowed(edit(store, &by, input).await)?;
            }
            Act::Transfer { to, note } => {
                let to = match to {
                    Ok(place) => TransferTo::Staff(self.staff[place].actor.staff()?.id),
                    Err(place) => TransferTo::Department(self.teams[place]),
                };
                let input = TransferTicket { id, to, note, expected_version: Some(version) };
                allowed(transfer(store, &by, &key, input).await)?;
            }
            Act::Read { .. } => {
                allowed(mark_read(store, &by, id, None).await)?;
                if let Some(file) = life.files.last() {
                    allowed(
                        download::open(store, WITH_FILES, &by, *file, FileDisposition::Attachment).await,
                    )?;
                }
            }
            Act::HandIn => {
                let file_ids = vec![self.upload(&by).await?];
                life.files.extend(&file_ids);
                let to = AttachTo::Ticket(Visibility::Public);
                allowed(attach(store, &by, &key, AttachFiles { ticket_id: id, file_ids, to }).await)?;
            }
            Act::Open(_) | Act::Fee { .. } | Act::Pay(_) | Act::GiveUp(_) => {}
        }
        Ok(())
    }

    /// Plans when the newest charge of a client is paid: most pay about the due date, others weeks later or not at all.
    async fn await_payment(&mut self, customer: usize) -> Result<()> {
        let newest: Option<Charge> = charges::table
            .filter(charges::client_id.eq(self.customers[customer].id))
            .filter(charges::status.eq(ChargeStatus::Open))
            .order(charges::id.desc())
            .select(Charge::as_select())
            .first(&mut self.whole.store.conn().await?)
            .await
            .optional()?;
        // What costs nothing is not charged.
        let Some(charge) = newest else { return Ok(()) };
        let days = match (self.customers[customer].is_slow, self.chance.below(100)) {
            (false, 0..80) => self.chance.between(-6..=4),
            (false, 80..92) => self.chance.between(8..=25),
            (true, 0..40) => self.chance.between(25..=60),
            _ => return Ok(()),
        };
        let morning = self.hours.morning(charge.due_on + TimeDelta::days(days));
        let at = self.hours.office(morning.max(self.whole.time()), self.chance.minutes(5..=500));
        self.cue(at, usize::MAX, Act::Pay(charge.id));
        Ok(())
    }

    async fn pay(&self, id: ChargeId) -> Result<()> {
        let row = charges::table.find(id).select(charges::version);
        let version: i32 = row.get_result(&mut self.whole.store.conn().await?).await?;
        allowed(charge::mark_paid(&self.whole.store, &self.manager(), id, version).await)?;
        Ok(())
    }

    /// Uploads one of the files of the texts, which is found to be what it should.
    pub async fn upload(&mut self, by: &Actor) -> Result<FileId> {
        let (id, content) = self.send_file(by).await?;
        self.store_file(id).await?;
        self.objects.push((Key::Stored { firm_id: self.firm_id, file_id: id }, content));
        Ok(id)
    }

    /// The file is found to be what it should.
    pub async fn store_file(&self, id: FileId) -> Result<File> {
        let declared = self.file(id).await?;
        let verdict = Verdict::as_declared(&declared).expect("the demo declares digests");
        verdict::pass(&self.whole.store, WITH_FILES, id, verdict).await?;
        self.file(id).await
    }

    async fn file(&self, id: FileId) -> Result<File> {
        let file = verdict::find(&mut *self.whole.store.conn().await?, id).await?;
        Ok(file.ok_or_else(|| Fault::Broken(format!("{id} is gone")))?)
    }

    /// Uploads one of the files of the texts, so that it waits for its verdict.
    pub async fn send_file(&mut self, by: &Actor) -> Result<(FileId, Bytes)> {
        let (id, content) = self.declare_file(by).await?;
        let found = HashMap::from([(id, content.len() as i64)]);
        upload::complete(&self.whole.store, by, &[Some(id)], &found).await?;
        Ok((id, content))
    }

    /// Declares one of the files of the texts, so that its bytes are awaited.
    pub async fn declare_file(&mut self, by: &Actor) -> Result<(FileId, Bytes)> {
        let (name, content) = self.chance.pick(&self.texts.files).clone();
        let sha256 = digest::Sha256::new(Sha256::digest(&content).into()).hex();
        let declared = Declaration {
            name,
            content_type: String::new(),
            size: content.len() as i64,
            sha256: Some(sha256),
        };
        let key = self.key();
        let made = upload::create(&self.whole.store, by, &key, &Limits::default(), vec![declared]).await?;
        let id = made.value.into_iter().next().and_then(std::result::Result::ok);
        Ok((id.ok_or_else(|| Fault::Broken("a file of the demo is refused".into()))?, content.into()))
    }
}
