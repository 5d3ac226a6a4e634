//! What a firm does month after month: kinds of work out of the catalogue, who has which, and their tasks.

use chrono::{DateTime, Months, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ClientId, TaskTypeId};
use guichet_engine::tables::task_types;
use guichet_obligations::{FiscalYears, Period, PeriodKind, Scalar};
use guichet_schema::month::catalogue::commands::{AdoptCatalogue, adopt};
use guichet_schema::month::generation::job::generate;
use guichet_schema::month::recurring_task::commands::{self as recurring_tasks, CreateRecurringTask};
use guichet_schema::month::recurring_task::job::GenerateTasks;
use guichet_schema::people::client::record::commands::{SetAttribute, set_attribute};

use crate::house::Stage;

/// Since when the clients are where they are.
const SETTLED: NaiveDate = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a day of the calendar");

impl Stage<'_> {
    /// Adopts what the firm needs of the catalogue.
    pub async fn adopt_catalogue(&mut self) -> Result<()> {
        let codes = self.texts.work.iter().map(|work| work.task_type.clone()).collect();
        let input = AdoptCatalogue { task_type_codes: Some(codes), obligation_codes: Some(Vec::new()) };
        let key = self.key();
        adopt(&self.whole.store, &self.owner(), &key, input).await?;
        self.kinds = task_types::table
            .filter(task_types::firm_id.eq(self.firm_id))
            .select((task_types::shipped_code.assume_not_null(), (task_types::id, task_types::period_kind)))
            .load::<(String, (TaskTypeId, PeriodKind))>(&mut self.whole.store.conn().await?)
            .await?
            .into_iter()
            .collect();
        Ok(())
    }

    /// Enters what rules ask of the client at this place, and gives it its work from this month on.
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
        let texts = self.texts;
        for work in texts.work.iter().filter(|work| place % work.of == work.rest) {
            let Some((task_type_id, kind)) = self.kinds.get(&work.task_type).copied() else {
                return Err(Fault::Broken(format!("{} is not in the catalogue", work.task_type)).into());
            };
            let Some(first) = Period::containing(kind, today, &years) else { continue };
            let input = CreateRecurringTask {
                client_id,
                task_type_id,
                assignee_id: None,
                first_period: first.to_string(),
                last_period: None,
                expects_documents: None,
                unexpected: Vec::new(),
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

    /// Generates the tasks of all months, each at its time.
    pub async fn generate_months(&mut self, since: DateTime<Utc>) -> Result<()> {
        self.settle().await?;
        let order = GenerateTasks { firm_id: self.firm_id, recurring: None, generation_id: None };
        let mut day = self.hours.date(since);
        let today = self.hours.date(self.whole.now);
        while day < today {
            self.whole.at(self.hours.morning(day));
            generate(&self.whole.store, &order).await?;
            day = day + Months::new(1);
        }
        self.whole.at(self.whole.now);
        generate(&self.whole.store, &order).await?;
        Ok(())
    }
}
