//! What a firm does month after month: kinds of work out of the catalogue, who has which, and how the days go on.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ClientId, DocumentDefinitionId, TaskTypeId};
use guichet_base::input::Patch;
use guichet_engine::tables::{document_definitions, firms, task_types};
use guichet_obligations::{FiscalYears, Period, PeriodKind, Scalar};
use guichet_schema::month::catalogue::commands::{AdoptCatalogue, adopt};
use guichet_schema::month::generation::job::generate;
use guichet_schema::month::recurring_task::commands::{self as recurring_tasks, CreateRecurringTask};
use guichet_schema::month::recurring_task::job::GenerateTasks;
use guichet_schema::month::task_type::commands::{self as kinds, DocumentInput, UpdateTaskType};
use guichet_schema::month::task_type::model::DocumentDefinition;
use guichet_schema::people::client::record::commands::{SetAttribute, set_attribute};
use guichet_schema::people::firm::commands::{self as firm, UpdateFirm};

use crate::house::Stage;
use crate::texts::WorkText;

/// Since when the clients are where they are.
const SETTLED: NaiveDate = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a day of the calendar");
/// With the first client the firm began a year ago, with the others lately: the fill is on everybody's first start.
const BEGUN_WITH_FIRST: u64 = 366;
/// With the others.
const BEGUN: u64 = 45;
/// So many of the first clients exchange documents, if they have somebody who can; of the others there are tasks only.
pub(crate) const WITH_DOCUMENTS: usize = 2;

/// A kind of work as the firm has it.
pub(crate) struct Kind {
    id: TaskTypeId,
    period: PeriodKind,
    documents: HashMap<String, DocumentDefinitionId>,
}

impl Stage<'_> {
    /// The firm takes files after the work is done, too.
    pub async fn take_late_files(&self) -> Result<()> {
        let store = &self.whole.store;
        let version = firms::table.find(self.firm_id).select(firms::version);
        let input = UpdateFirm {
            expected_version: version.get_result(&mut store.conn().await?).await?,
            name: None,
            locale: None,
            zone: None,
            mail_from: None,
            mail_reply_to: Patch::Keep,
            member_reach: None,
            client_reopen_days: None,
            charge_due_days: None,
            late_files: Some(true),
        };
        firm::update(store, &self.owner(), input).await?;
        Ok(())
    }

    /// Adopts what the firm needs of the catalogue, and decides what becomes of its documents.
    pub async fn adopt_catalogue(&mut self) -> Result<()> {
        let texts = self.texts;
        let codes = texts.work.iter().map(|work| work.task_type.clone()).collect();
        let input = AdoptCatalogue { task_type_codes: Some(codes), obligation_codes: Some(Vec::new()) };
        let key = self.key();
        adopt(&self.whole.store, &self.owner(), &key, input).await?;
        self.kinds = self.read_kinds().await?;
        for work in &texts.work {
            self.decide(work).await?;
        }
        Ok(())
    }

    /// The kinds of work by their codes.
    pub async fn read_kinds(&self) -> Result<HashMap<String, Kind>> {
        let mut conn = self.whole.store.conn().await?;
        let rows: Vec<(String, TaskTypeId, PeriodKind)> = task_types::table
            .filter(task_types::firm_id.eq(self.firm_id))
            .filter(task_types::shipped_code.is_not_null())
            .select((task_types::shipped_code.assume_not_null(), task_types::id, task_types::period_kind))
            .load(&mut conn)
            .await?;
        let documents: Vec<(TaskTypeId, String, DocumentDefinitionId)> = document_definitions::table
            .filter(document_definitions::firm_id.eq(self.firm_id))
            .filter(document_definitions::retired_at.is_null())
            .select((
                document_definitions::task_type_id,
                document_definitions::name,
                document_definitions::id,
            ))
            .load(&mut conn)
            .await?;
        let kind = |(code, id, period)| {
            let own = documents.iter().filter(|(of, ..)| *of == id);
            let documents = own.map(|(_, name, document)| (name.clone(), *document)).collect();
            (code, Kind { id, period, documents })
        };
        Ok(rows.into_iter().map(kind).collect())
    }

    fn kind(&self, code: &str) -> Result<&Kind> {
        let found = self.kinds.get(code);
        Ok(found.ok_or_else(|| Fault::Broken(format!("{code} is not in the catalogue")))?)
    }

    /// The kind of work that is done once more by hand.
    pub fn kind_done_again(&self) -> Result<(TaskTypeId, PeriodKind)> {
        let kind = self.kind(&self.month.again.task_type)?;
        Ok((kind.id, kind.period))
    }

    /// Decides where documents lie, what is published at once, and what the client approves.
    async fn decide(&self, work: &WorkText) -> Result<()> {
        let kind = self.kind(&work.task_type)?;
        let decided = |name: &str| work.documents.iter().find(|document| document.name == name);
        let unknown = work.documents.iter().find(|document| !kind.documents.contains_key(&document.name));
        if let Some(unknown) = unknown {
            return Err(Fault::Broken(format!("{} is no document of the catalogue", unknown.name)).into());
        }
        let rows: Vec<DocumentDefinition> = document_definitions::table
            .filter(document_definitions::task_type_id.eq(kind.id))
            .order(document_definitions::position)
            .select(DocumentDefinition::as_select())
            .load(&mut *self.whole.store.conn().await?)
            .await?;
        let document = |row: DocumentDefinition| {
            let text = decided(&row.name);
            DocumentInput {
                id: Some(row.id),
                direction: row.direction,
                category: row.category,
                folder: text.and_then(|text| text.folder.clone()),
                obligation_id: row.obligation_id,
                hand_in_rule: row.hand_in_rule,
                takes: row.takes,
                publish_on_upload: text.is_some_and(|text| text.publish),
                wants_approval: text.is_some_and(|text| text.approval),
                is_required: row.is_required,
                name: row.name,
            }
        };
        let input = UpdateTaskType {
            id: kind.id,
            expected_version: 1,
            name: None,
            description: None,
            category: None,
            department_id: Patch::Keep,
            obligation_id: Patch::Keep,
            target_rule: Patch::Keep,
            hand_in_rule: Patch::Keep,
            recurrence: None,
            months: None,
            assignee_id: Patch::Keep,
            assign_portfolio: None,
            is_requestable: None,
            expects_documents: None,
            active: None,
            documents: Some(rows.into_iter().map(document).collect()),
        };
        kinds::update(&self.whole.store, &self.manager(), input).await?;
        Ok(())
    }

    /// Enters what rules ask of the client at this place, and gives it its work.
    pub async fn engage(&mut self, place: usize) -> Result<()> {
        let client_id = self.customers[place].id;
        let here = &self.texts.firm;
        self.describe(client_id, "region", Scalar::Text(here.region.clone())).await?;
        if let Some(city) = &here.city {
            self.describe(client_id, "city", Scalar::Text(city.clone())).await?;
        }
        for (key, value) in &here.attributes {
            self.describe(client_id, key, value.clone()).await?;
        }
        self.describe(client_id, "staff", Scalar::Number(2 + 5 * (place as i64 % 5))).await?;
        let (today, years) = (self.hours.date(self.whole.time()), FiscalYears::calendar());
        let ago = if place == 0 { BEGUN_WITH_FIRST } else { BEGUN };
        let begins = today.max(self.hours.date(self.whole.now) - Days::new(ago));
        let has_documents = place < WITH_DOCUMENTS && !self.customers[place].users.is_empty();
        let texts = self.texts;
        for work in texts.work.iter().filter(|work| place % work.of == work.rest) {
            let kind = self.kind(&work.task_type)?;
            let Some(first) = Period::containing(kind.period, begins, &years) else { continue };
            let expected: HashSet<&str> = work.documents.iter().map(|text| text.name.as_str()).collect();
            let of_kind = kind.documents.iter().filter(|(name, _)| !expected.contains(name.as_str()));
            let input = CreateRecurringTask {
                client_id,
                task_type_id: kind.id,
                assignee_id: None,
                first_period: first.to_string(),
                last_period: None,
                expects_documents: (!has_documents).then_some(false),
                unexpected: of_kind.map(|(_, id)| *id).collect(),
            };
            let key = self.key();
            recurring_tasks::create(&self.whole.store, &self.manager(), &key, input).await?;
        }
        Ok(())
    }

    async fn describe(&self, client_id: ClientId, key: &str, value: Scalar) -> Result<()> {
        let input = SetAttribute { client_id, key: key.to_owned(), valid_from: SETTLED, value: Some(value) };
        set_attribute(&self.whole.store, &self.manager(), input).await?;
        Ok(())
    }

    /// The days from `from` up to `until`, which itself only begins: work is generated when it begins, and people do it.
    pub async fn live(&mut self, from: NaiveDate, until: NaiveDate) -> Result<()> {
        self.settle().await?;
        let beginnings = self.beginnings().await?;
        let mut day = from;
        while day < until {
            let is_next = |next: &NaiveDate| *next >= until || beginnings.contains(&next.day());
            let next = day.iter_days().skip(1).find(is_next).unwrap_or(until);
            self.on(day, 0).await?;
            self.generate().await?;
            self.work_on(day, next).await?;
            day = next;
        }
        self.on(until, 0).await?;
        self.generate().await
    }

    /// On which days of a month work begins.
    async fn beginnings(&self) -> Result<HashSet<u32>> {
        let own = task_types::table.filter(task_types::firm_id.eq(self.firm_id));
        let days = own.select(task_types::generate_day).distinct();
        let days: Vec<i16> = days.load(&mut self.whole.store.conn().await?).await?;
        Ok(days.into_iter().map(|day| day.unsigned_abs().into()).collect())
    }

    async fn generate(&self) -> Result<()> {
        let order = GenerateTasks { firm_id: self.firm_id, recurring: None, generation_id: None };
        generate(&self.whole.store, &order).await?;
        Ok(())
    }

    /// From now on it is this day for the firm, so many hours after work began: in its past by the clock of the story, in
    /// its future by moving its own clock.
    pub async fn on(&mut self, day: NaiveDate, hours: i64) -> Result<()> {
        match self.ahead {
            None => {
                let at = self.hours.morning(day) + TimeDelta::hours(hours);
                self.whole.at(at.max(self.whole.time()));
            }
            Some(on) if on == day => {}
            Some(_) => {
                let seconds = (self.hours.same_time_on(day, self.whole.now) - self.whole.now).num_seconds();
                let own = firms::table.filter(firms::id.eq(self.firm_id)).filter(firms::is_demo);
                diesel::update(own)
                    .set(firms::clock_ahead_seconds.eq(seconds))
                    .execute(&mut self.whole.store.conn().await?)
                    .await?;
                self.ahead = Some(day);
            }
        }
        Ok(())
    }

    /// The months since the firm was founded.
    pub async fn live_until_now(&mut self, since: DateTime<Utc>) -> Result<()> {
        let until = self.hours.date(self.whole.now);
        let from = self.hours.date(since).max(until - Days::new(BEGUN_WITH_FIRST));
        // Back to the beginning: the last client was entered long after.
        self.whole.at(since);
        self.live(from, until).await?;
        self.whole.at(self.whole.now);
        Ok(())
    }
}
