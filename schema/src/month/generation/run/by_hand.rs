//! The dates and documents of tasks that a person enters or dates: found and made as generation does.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DocumentDefinitionId, FirmId, RecurringTaskId, TaskId, TaskTypeId};
use guichet_engine::store::Tx;
use guichet_engine::tables::{recurring_task_overrides, recurring_tasks};
use guichet_obligations::Period;

use crate::month::generation::plan::{Computed, Dates, Outcome};
use crate::month::recurring_task::model::{DueOverride, RecurringTask};
use crate::month::task_type::rules::recurrence;
use crate::people::client::record::queries::{Record, records};

use super::chunk::{Chunk, Planned, of_each};
use super::known::Known;
use super::write::{Dues, Made, areas, label, tell, write_documents};
use super::{Only, Order};

/// What decides about dates, for some clients of a firm.
pub(crate) struct Rules {
    firm_id: FirmId,
    known: Known,
    records: HashMap<ClientId, Record>,
    overrides: HashMap<RecurringTaskId, Vec<DueOverride>>,
}

/// The documents of some work, by their definitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Documents {
    /// These have the dates of the task.
    pub following: Vec<DocumentDefinitionId>,
    /// These have its legal date, and a rule of their own for handing in: that day.
    pub apart: Vec<(DocumentDefinitionId, Option<NaiveDate>)>,
    /// These have an obligation or dates of their own.
    pub own: Vec<DocumentDefinitionId>,
}

/// The work whose dates are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    /// For whom.
    pub client: ClientId,
    /// The kind of work.
    pub task_type: TaskTypeId,
    /// The recurring task that it comes from, with what the firm wrote for it.
    pub recurring: Option<RecurringTaskId>,
    /// The period.
    pub period: Period,
    /// The legal date that a person set in place of the rule's, and who.
    pub legal: Option<(NaiveDate, &'a str)>,
}

impl Rules {
    /// Reads what these clients and their firm say.
    pub async fn read(conn: &mut AsyncPgConnection, firm_id: FirmId, clients: &[ClientId]) -> Result<Self> {
        let of_clients = recurring_tasks::table
            .filter(recurring_tasks::firm_id.eq(firm_id))
            .filter(recurring_tasks::client_id.eq_any(clients.to_vec()));
        let written: Vec<DueOverride> = recurring_task_overrides::table
            .filter(
                recurring_task_overrides::recurring_task_id.eq_any(of_clients.select(recurring_tasks::id)),
            )
            .select(DueOverride::as_select())
            .load(&mut *conn)
            .await?;
        Ok(Self {
            firm_id,
            known: Known::read(conn, firm_id).await?,
            records: records(conn, firm_id, Some(clients)).await?,
            overrides: of_each(written.into_iter().map(|one| (one.recurring_task_id, one))),
        })
    }

    /// Whether the firm offers a kind of work.
    pub fn offers(&self, task_type: TaskTypeId) -> bool {
        self.known.firm.types.contains_key(&task_type)
    }

    /// A period of a client by its name: one that the kind of work has, if there is one.
    pub fn period(&self, client: ClientId, task_type: Option<TaskTypeId>, name: &str) -> Option<Period> {
        let record = self.records.get(&client)?;
        let Some(task_type) = task_type else { return Period::parse(name, 1, &record.years) };
        let recurrence = recurrence(&self.known.firm.types.get(&task_type)?.row);
        let period = Period::parse(name, recurrence.every, &record.years);
        period.filter(|period| period.kind() == recurrence.kind)
    }

    /// The dates of some work, and the documents that have them too: by their definitions, with the others of the kind of work;
    /// none when nothing is due for the period.
    pub fn dates(&self, work: Work<'_>) -> Option<(Dates, Documents)> {
        let mut computed = self.known.computed();
        let planned = self.plan(work, TaskId::new(), &mut computed)?;
        let Outcome::Due(dates) = computed.outcome(planned.dates)? else { return None };
        let mut documents = Documents::default();
        for (id, number) in &planned.documents {
            match computed.outcome(*number) {
                _ if planned.is_followed(*number) => documents.following.push(*id),
                Some(Outcome::Due(own)) if own.legal == dates.legal => {
                    documents.apart.push((*id, own.hand_in))
                }
                _ => documents.own.push(*id),
            }
        }
        Some(((**dates).clone(), documents))
    }

    /// Whether a kind of work has a document.
    pub fn has_document(&self, task_type: TaskTypeId, document: DocumentDefinitionId) -> bool {
        let kind = self.known.firm.types.get(&task_type);
        kind.is_some_and(|kind| kind.documents.iter().any(|(one, _)| one.id == document))
    }

    /// The text by which a document of a task is found.
    pub fn document_text(
        &self,
        name: &str,
        task_type: Option<TaskTypeId>,
        period: Option<&Period>,
    ) -> String {
        let firm = &self.known.firm;
        let kind = task_type.and_then(|id| firm.types.get(&id));
        let period = period.map(|period| label(firm.locale, period)).unwrap_or_default();
        super::document_text(name, kind.map_or("", |kind| kind.row.name.as_str()), &period)
    }

    /// Makes the documents of a task that is there but for those that are `unexpected`; none when nothing is due for its
    /// period. What the client brings is due by `hand_in`, the task's day for that, unless it has an obligation of its own.
    pub async fn make_documents(
        &self,
        tx: &mut Tx,
        work: Work<'_>,
        task: &Made,
        hand_in: Option<NaiveDate>,
        unexpected: &[DocumentDefinitionId],
    ) -> Result<()> {
        let mut computed = self.known.computed();
        let Some(mut planned) = self.plan(work, task.id, &mut computed) else { return Ok(()) };
        planned.documents.retain(|(id, _)| !unexpected.contains(id));
        let mut dues = Dues::with(hand_in);
        write_documents(tx, &self.known.firm, &computed, &mut dues, &[&planned]).await?;
        if planned.documents.is_empty() {
            return Ok(());
        }
        let areas = HashMap::from([(task.id, areas(&self.known.firm, &planned))]);
        tell(tx, self.firm_id, std::slice::from_ref(task), &areas).await
    }

    /// The work as generation plans it: for a series of this one period.
    fn plan(&self, work: Work<'_>, id: TaskId, computed: &mut Computed<'_>) -> Option<Planned> {
        let kind = self.known.firm.types.get(&work.task_type)?;
        let record = self.records.get(&work.client)?;
        let name = work.period.to_string();
        let series = work.recurring.unwrap_or_else(RecurringTaskId::new);
        let written = self.overrides.get(&series).cloned();
        let row = RecurringTask {
            id: series,
            firm_id: self.firm_id,
            client_id: work.client,
            task_type_id: work.task_type,
            assignee_id: None,
            first_period: name.clone(),
            last_period: Some(name),
            // Those of a task that is there are found, whatever is expected of new ones.
            expects_documents: work.recurring.map(|_| true),
            version: 1,
            created_at: kind.row.created_at,
            updated_at: kind.row.created_at,
        };
        let chunk = Chunk::with(written.into_iter().map(|written| (series, written)).collect());
        let order = Order {
            firm_id: self.firm_id,
            up_to: NaiveDate::MIN,
            today: NaiveDate::MIN,
            only: Only::default(),
            again: true,
            generation_id: None,
        };
        let planned = chunk.task(&order, (kind, &row, record), &work.period, work.legal, computed)?;
        Some(Planned { id, ..planned })
    }
}
