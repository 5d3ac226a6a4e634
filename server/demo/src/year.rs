//! Carries out what [`crate::fate`] plans for the monthly work, day by day, by the commands of the business: what they refuse
//! does not happen.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::Date;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ClientId, DocumentId, FileId, TaskId};
use guichet_engine::actor::Actor;
use guichet_engine::sql;
use guichet_engine::tables::{documents, task_types, tasks};
use guichet_obligations::{Category, Direction};
use guichet_schema::month::document::hand_in::{HandIn, hand_in};
use guichet_schema::month::document::{open, settle};
use guichet_schema::month::task::bulk;
use guichet_schema::month::task::model::TaskStatus;
use guichet_schema::month::task::rules::MAX_AT_ONCE;
use guichet_schema::month::task::status::WishStatus;
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::rules::{Declaration, FileDisposition, Limits, MAX_FILES};
use guichet_schema::shared::file::{digest, upload};
use sha2::{Digest, Sha256};

use crate::fate::{DUE_AFTER, Deed, Move, Paper, REACH, Work};
use crate::house::Stage;
use crate::paper::About;
use crate::whole::allowed;

/// Which work is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    /// What is generated, and acted on in these days.
    Between(NaiveDate, NaiveDate),
    /// One task.
    Task(TaskId),
}

/// What one person does in one go.
type Turn = (NaiveDate, Deed, usize);

impl Stage<'_> {
    /// What people do from `from` up to `until` about the work that is there.
    pub async fn work_on(&mut self, from: NaiveDate, until: NaiveDate) -> Result<()> {
        let works = self.works(Which::Between(from, until)).await?;
        // Of what is long done, only that it was done.
        let told_since = self.hours.date(self.whole.now) - TimeDelta::days(REACH);
        let mut turns: BTreeMap<Turn, Vec<(usize, Move)>> = BTreeMap::new();
        for (place, work) in works.iter().enumerate() {
            let customer = &self.customers[work.client];
            for step in work.plan() {
                let is_old = step.deed == Deed::Start && step.day < told_since;
                if step.day < from || step.day >= until || is_old {
                    continue;
                }
                let who = match step.deed {
                    Deed::Bring | Deed::Settle | Deed::Read | Deed::Approve | Deed::Contest => work.client,
                    Deed::Start | Deed::Reject | Deed::Deliver | Deed::Finish | Deed::Cancel => {
                        customer.accountant
                    }
                };
                turns.entry((step.day, step.deed, who)).or_default().push((place, step));
            }
        }
        for ((day, deed, who), steps) in turns {
            self.on(day, deed as i64).await?;
            let steps: Vec<(&Work, Move)> =
                steps.into_iter().map(|(place, step)| (&works[place], step)).collect();
            self.do_together(deed, who, &steps).await?;
            self.settle().await?;
        }
        Ok(())
    }

    async fn do_together(&mut self, deed: Deed, who: usize, steps: &[(&Work, Move)]) -> Result<()> {
        match deed {
            Deed::Start => self.turn_tasks(who, steps, TaskStatus::InProgress).await,
            Deed::Finish => self.turn_tasks(who, steps, TaskStatus::Done).await,
            Deed::Cancel => self.turn_tasks(who, steps, TaskStatus::Canceled).await,
            Deed::Bring => {
                let Some(user) = self.customers[who].users.as_slice().first() else { return Ok(()) };
                let by = user.actor.clone();
                let papers =
                    steps.iter().filter_map(|(work, step)| Some((*work, paper(work, step)?, step.version)));
                self.hand_in(&by, papers.collect()).await.map(drop)
            }
            Deed::Deliver => {
                let by = self.staff[who].actor.clone();
                let papers =
                    steps.iter().filter_map(|(work, step)| Some((*work, paper(work, step)?, step.version)));
                let ids = self.hand_in(&by, papers.collect()).await?;
                self.publish(&by, ids).await
            }
            Deed::Settle | Deed::Reject | Deed::Read | Deed::Approve | Deed::Contest => {
                for (work, step) in steps {
                    if let Some(paper) = paper(work, step) {
                        self.treat(deed, who, work, paper, step.version).await?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Does something about one document.
    async fn treat(&self, deed: Deed, who: usize, work: &Work, paper: &Paper, version: usize) -> Result<()> {
        let (store, phrases) = (&self.whole.store, &self.month.phrases);
        let mut chance = work.chance("what is said");
        if deed == Deed::Reject {
            let (by, reason) = (&self.staff[who].actor, chance.pick(&phrases.reject));
            let version = self.version_of(paper.id).await?;
            allowed(settle::reject(store, by, paper.id, version, None, reason).await)?;
            return Ok(());
        }
        // The admin sees everything; a second user what is no payroll.
        let place = usize::from(!paper.is_payroll && chance.percent(40));
        let users = self.customers[who].users.as_slice();
        let Some(user) = users.get(place).or(users.first()) else { return Ok(()) };
        let by = &user.actor;
        match deed {
            Deed::Settle => allowed(settle::nothing_to_submit(store, by, paper.id, true).await)?.map(drop),
            Deed::Approve | Deed::Contest => {
                let wrong = (deed == Deed::Contest).then(|| chance.pick(&phrases.contest).as_str());
                let read = self.version_of(paper.id).await?;
                allowed(settle::answer(store, by, paper.id, read, wrong).await)?.map(drop)
            }
            _ => {
                let number = i32::try_from(version).ok();
                let opened =
                    open::open(store, WITH_FILES, by, paper.id, number, FileDisposition::Attachment).await;
                allowed(opened)?.map(drop)
            }
        };
        Ok(())
    }

    /// What a document is counted by, for acts on what somebody has read.
    pub async fn version_of(&self, id: DocumentId) -> Result<i32> {
        let version = documents::table.find(id).select(documents::version);
        Ok(version.get_result(&mut self.whole.store.conn().await?).await?)
    }

    async fn turn_tasks(&mut self, who: usize, steps: &[(&Work, Move)], status: TaskStatus) -> Result<()> {
        let by = self.staff[who].actor.clone();
        let reason = (status == TaskStatus::Canceled).then(|| self.month.phrases.canceled.clone());
        let ids: Vec<TaskId> = steps.iter().map(|(work, _)| work.task).collect();
        for ids in ids.chunks(MAX_AT_ONCE) {
            let ids = ids.iter().copied().map(Some).collect();
            let wish = WishStatus { status, reason: reason.clone(), confirm_missing: true };
            let key = self.key();
            allowed(bulk::change_status(&self.whole.store, &by, &key, ids, wish).await)?;
        }
        Ok(())
    }

    /// Hands files in, or brings them for delivery: those of several documents at once.
    pub async fn hand_in(
        &mut self,
        by: &Actor,
        papers: Vec<(&Work, &Paper, usize)>,
    ) -> Result<Vec<DocumentId>> {
        let (texts, is_client) = (self.texts, by.staff().is_err());
        let mut handed = Vec::new();
        for papers in papers.chunks(MAX_FILES) {
            let mut files = Vec::new();
            for (work, paper, version) in papers {
                let about = About {
                    document: &paper.name,
                    client: work.client,
                    period: &work.period,
                    days: work.days,
                    due_on: work.legal_due_on,
                    is_delivered: !is_client,
                    version: *version,
                };
                files.push(self.month.file(texts, &about));
            }
            let ids = self.send_files(by, files).await?;
            let items =
                papers.iter().zip(ids).map(|((_, paper, _), id)| (Some(paper.id), Some(id))).collect();
            let mut chance = papers[0].0.chance("what is handed in");
            let note = (is_client && chance.percent(20)).then(|| self.month.phrases.note.clone());
            let input = HandIn { items, note, wants_receipt: is_client && chance.percent(30) };
            let key = self.key();
            let done = allowed(hand_in(&self.whole.store, by, &key, input).await)?;
            let made = done.into_iter().flat_map(|done| done.value).flatten();
            handed.extend(made.map(|made| made.document_id));
        }
        Ok(handed)
    }

    /// Publishes what was brought for delivery; what was published on its upload is so already.
    pub async fn publish(&mut self, by: &Actor, ids: Vec<DocumentId>) -> Result<()> {
        for ids in ids.chunks(MAX_FILES) {
            let key = self.key();
            let ids = ids.iter().copied().map(Some).collect();
            allowed(settle::publish(&self.whole.store, by, &key, ids).await)?;
        }
        Ok(())
    }

    /// Uploads files, which are found to be what they should.
    async fn send_files(&mut self, by: &Actor, files: Vec<(String, Vec<u8>)>) -> Result<Vec<FileId>> {
        let declare = |(name, content): &(String, Vec<u8>)| Declaration {
            name: name.clone(),
            content_type: String::new(),
            size: content.len() as i64,
            sha256: Some(digest::Sha256::new(Sha256::digest(content).into()).hex()),
        };
        let declared = files.iter().map(declare).collect();
        let key = self.key();
        let made = upload::create(&self.whole.store, by, &key, &Limits::default(), declared).await?.value;
        let ids: std::result::Result<Vec<FileId>, _> = made.into_iter().collect();
        let ids =
            ids.map_err(|refused| Fault::Broken(format!("files of the demo are refused: {refused:?}")))?;
        let found: HashMap<FileId, i64> =
            ids.iter().copied().zip(files.iter().map(|(_, content)| content.len() as i64)).collect();
        let all: Vec<Option<FileId>> = ids.iter().copied().map(Some).collect();
        upload::complete(&self.whole.store, by, &all, &found).await?;
        for (id, (_, content)) in ids.iter().zip(files) {
            self.store_file(*id).await?;
            self.objects.push((Key::Stored { firm_id: self.firm_id, file_id: *id }, Bytes::from(content)));
        }
        Ok(ids)
    }

    /// Work with a kind and a period, in an order that is the same on every run.
    pub async fn works(&self, which: Which) -> Result<Vec<Work>> {
        type Row = (TaskId, ClientId, String, String, (NaiveDate, NaiveDate), Option<NaiveDate>, (i32, i16));
        let mut conn = self.whole.store.conn().await?;
        let due = diesel::dsl::sql::<Date>(&format!(
            "coalesce(tasks.legal_due_on, tasks.period_ends_on + {DUE_AFTER})"
        ));
        let mut query = tasks::table
            .inner_join(task_types::table.on(task_types::id.nullable().eq(tasks::task_type_id)))
            .filter(tasks::firm_id.eq(self.firm_id))
            .filter(tasks::period.is_not_null())
            .filter(task_types::shipped_code.is_not_null())
            .into_boxed();
        query = match which {
            Which::Task(id) => query.filter(tasks::id.eq(id)),
            Which::Between(from, until) => query
                .filter(tasks::recurring_task_id.is_not_null())
                .filter(due.between(from - TimeDelta::days(REACH), until + TimeDelta::days(REACH))),
        };
        let rows: Vec<Row> = query
            .select((
                tasks::id,
                tasks::client_id,
                task_types::shipped_code.assume_not_null(),
                tasks::period.assume_not_null(),
                (tasks::period_starts_on.assume_not_null(), tasks::period_ends_on.assume_not_null()),
                tasks::legal_due_on,
                (task_types::generate_month, task_types::generate_day),
            ))
            .load(&mut conn)
            .await?;
        let places: HashMap<ClientId, usize> =
            self.customers.iter().enumerate().map(|(place, customer)| (customer.id, place)).collect();
        let work = |(task, client, code, period, days, legal_due_on, begins): Row| {
            let client = *places.get(&client)?;
            let begins = begins_on(days.1, begins);
            let (inputs, outputs) = Default::default();
            Some((task, Work { task, client, code, period, days, begins, legal_due_on, inputs, outputs }))
        };
        let mut works: HashMap<TaskId, Work> = rows.into_iter().filter_map(work).collect();
        let ids: Vec<TaskId> = works.keys().copied().collect();
        type Document = (TaskId, Direction, Category, (DocumentId, String, Option<NaiveDate>, bool));
        let rows: Vec<Document> = documents::table
            .filter(sql::among(documents::task_id, &ids))
            .select((
                documents::task_id.assume_not_null(),
                documents::direction,
                documents::category,
                (documents::id, documents::name, documents::due_on, documents::wants_approval),
            ))
            .order(documents::name)
            .load(&mut conn)
            .await?;
        for (task, direction, category, (id, name, due_on, wants_approval)) in rows {
            let Some(work) = works.get_mut(&task) else { continue };
            let is_payroll = category == Category::Payroll;
            let paper = Paper { id, name, due_on, wants_approval, is_payroll };
            match direction {
                Direction::Input => work.inputs.push(paper),
                Direction::Output => work.outputs.push(paper),
            }
        }
        let mut works: Vec<Work> = works.into_values().collect();
        works.sort_by(|a, b| (a.client, &a.code, &a.period).cmp(&(b.client, &b.code, &b.period)));
        Ok(works)
    }
}

/// The document of a step.
fn paper<'a>(work: &'a Work, step: &Move) -> Option<&'a Paper> {
    let of = match step.deed {
        Deed::Bring | Deed::Settle | Deed::Reject => &work.inputs,
        _ => &work.outputs,
    };
    of.get(step.paper?)
}

/// On which day work on a period that ends on `end` begins, as its kind says it.
fn begins_on(end: NaiveDate, (month, day): (i32, i16)) -> NaiveDate {
    let by = Months::new(month.unsigned_abs());
    let month = if month < 0 { end - by } else { end + by };
    let days = u32::from(day.unsigned_abs());
    // In a shorter month the last day.
    (1..=days).rev().find_map(|day| month.with_day(day)).unwrap_or(month)
}
