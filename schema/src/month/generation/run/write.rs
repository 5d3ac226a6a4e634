//! Writing planned tasks with their documents, and telling of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::collation;
use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::id::{
    ClientId, DepartmentId, DocumentDefinitionId, DocumentId, FirmId, Id, StaffId, TaskId, TaskTypeId,
};
use guichet_base::locale::Locale;
use guichet_base::search::{self, FOLD};
use guichet_engine::actor::{Area, Areas};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::clients;
use guichet_obligations::{Period, PeriodKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::month::generation::plan::{Computed, Outcome};
use crate::month::generation::progress;

use super::chunk::Planned;
use super::known::Firm;
use super::{MONTH, Order};

/// Writes planned tasks with their documents; returns how many were not there yet.
pub(super) async fn write(
    tx: &mut Tx,
    order: &Order,
    requested_by: Option<StaffId>,
    firm: &Firm,
    computed: &Computed<'_>,
    planned: &[Planned],
) -> Result<usize> {
    if planned.is_empty() {
        return Ok(0);
    }
    let now = tx.now;
    let mut dues = Dues::default();
    let rows: Vec<i32> = planned.iter().map(|task| dues.of_task(firm, computed, task)).collect();
    let made: Vec<Made> = diesel::sql_query(TASKS)
        .bind::<Jsonb, _>(Value::Array(std::mem::take(&mut dues.tasks)))
        .bind::<Array<SqlUuid>, _>(planned.iter().map(|task| task.id.uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<SqlUuid>, _>(planned.iter().map(|task| task.recurring.uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<Integer>, _>(rows)
        .bind::<Nullable<SqlUuid>, _>(order.generation_id)
        .bind::<SqlUuid, _>(firm.owner)
        .bind::<SmallInt, _>(FOLD)
        .bind::<Timestamptz, _>(now)
        .load(tx.conn())
        .await?;
    if made.is_empty() {
        return Ok(0);
    }
    let is_made: HashSet<TaskId> = made.iter().map(|task| task.id).collect();

    let of_made: Vec<&Planned> = planned.iter().filter(|task| is_made.contains(&task.id)).collect();
    write_documents(tx, firm, computed, &mut dues, &of_made).await?;
    if order.again {
        diesel::sql_query(AGAIN)
            .bind::<Array<SqlUuid>, _>(made.iter().map(|task| task.id.uuid()).collect::<Vec<Uuid>>())
            .execute(tx.conn())
            .await?;
    }
    let areas = of_made.iter().map(|task| (task.id, areas(firm, task))).collect();
    tell(tx, order.firm_id, &made, &areas).await?;
    progress::made(tx, order, requested_by, &made).await?;
    Ok(made.len())
}

/// Writes the documents of tasks that are there.
pub(super) async fn write_documents(
    tx: &mut Tx,
    firm: &Firm,
    computed: &Computed<'_>,
    dues: &mut Dues,
    planned: &[&Planned],
) -> Result<()> {
    let names: HashMap<DocumentDefinitionId, (&str, &str)> = firm
        .types
        .values()
        .flat_map(|kind| {
            let of_type = kind.row.name.as_str();
            kind.documents.iter().map(move |(document, _)| (document.id, (document.name.as_str(), of_type)))
        })
        .collect();
    let mut folded: HashMap<(DocumentDefinitionId, Period), String> = HashMap::new();
    let (mut ids, mut of, mut definitions, mut numbers, mut texts) = (vec![], vec![], vec![], vec![], vec![]);
    for task in planned {
        for (definition, number) in &task.documents {
            let text = || {
                let (name, task_type) = names.get(definition).copied().unwrap_or_default();
                document_text(name, task_type, &label(firm.locale, &task.period))
            };
            texts.push(folded.entry((*definition, task.period)).or_insert_with(text).clone());
            ids.push(DocumentId::new().uuid());
            of.push(task.id.uuid());
            definitions.push(definition.uuid());
            let hand_in = dues.hand_in.filter(|_| task.is_followed(*number));
            numbers.push(dues.of_document(computed, *number, hand_in));
        }
    }
    if !ids.is_empty() {
        let now = tx.now;
        diesel::sql_query(DOCUMENTS)
            .bind::<Jsonb, _>(Value::Array(std::mem::take(&mut dues.documents)))
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(of)
            .bind::<Array<SqlUuid>, _>(definitions)
            .bind::<Array<Integer>, _>(numbers)
            .bind::<Array<Text>, _>(texts)
            .bind::<SmallInt, _>(FOLD)
            .bind::<Timestamptz, _>(now)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// A task that came or went, and who may know of it.
#[derive(Debug, QueryableByName)]
pub(crate) struct Made {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) id: TaskId,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) client_id: ClientId,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) assignee_id: StaffId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(crate) department_id: Option<DepartmentId>,
}

/// What the documents of a planned task are about.
pub(super) fn areas(firm: &Firm, task: &Planned) -> Areas {
    let kind = firm.types.get(&task.task_type);
    let definitions = kind.into_iter().flat_map(|kind| &kind.documents).map(|(definition, _)| definition);
    let planned = definitions.filter(|one| task.documents.iter().any(|(id, _)| *id == one.id));
    planned.filter_map(|one| Area::parse(one.category.as_str())).fold(Areas::NONE, Areas::with)
}

/// One event for each client, department and area of documents: lists and panels are then read anew, once for all that came
/// or went. `areas` are what the documents of each task are about: of a task without documents a client learns nothing
/// (C-01), and of documents who may see them (B-05).
pub(crate) async fn tell(
    tx: &mut Tx,
    firm: FirmId,
    of: &[Made],
    areas: &HashMap<TaskId, Areas>,
) -> Result<()> {
    type Told = (BTreeSet<StaffId>, Areas);
    let mut people: BTreeMap<(ClientId, Option<DepartmentId>), Told> = BTreeMap::new();
    for task in of {
        let told = people.entry((task.client_id, task.department_id));
        let (assignees, all) = told.or_insert((BTreeSet::new(), Areas::NONE));
        assignees.insert(task.assignee_id);
        *all = areas.get(&task.id).into_iter().flat_map(|areas| areas.iter()).fold(*all, Areas::with);
    }
    let ids: Vec<ClientId> =
        people.keys().map(|(client, _)| *client).collect::<BTreeSet<_>>().into_iter().collect();
    let portfolio: Vec<(ClientId, Option<StaffId>)> = clients::table
        .filter(sql::among(clients::id, &ids))
        .select((clients::id, clients::accountant_id))
        .load(tx.conn())
        .await?;
    let portfolio: HashMap<ClientId, Option<StaffId>> = portfolio.into_iter().collect();
    for ((client, department), (assignees, areas)) in people {
        let accountant = portfolio.get(&client).copied().flatten();
        let audience =
            Audience::of_row(client, assignees.into_iter().map(Some), accountant, department, None);
        let mut audiences: Vec<Audience> =
            areas.iter().map(|area| Audience { area: Some(area), ..audience.clone() }).collect();
        if audiences.is_empty() {
            audiences.push(audience.internal_if(true));
        }
        for audience in audiences {
            let (before, after) = (Some(audience.clone()), Some(audience));
            tx.event(firm, Event { noun: MONTH, subject: client.uuid(), before, after });
        }
    }
    Ok(())
}

/// The dates of tasks and documents, each once.
#[derive(Default)]
pub(super) struct Dues {
    tasks: Vec<Value>,
    documents: Vec<Value>,
    known: HashMap<(TaskTypeId, Period, usize, bool), i32>,
    of_documents: HashMap<usize, i32>,
    /// The day of the one task for what the client brings.
    hand_in: Option<NaiveDate>,
}

impl Dues {
    /// Those of one task with this day for what the client brings.
    pub(super) fn with(hand_in: Option<NaiveDate>) -> Self {
        Self { hand_in, ..Self::default() }
    }

    fn of_task(&mut self, firm: &Firm, computed: &Computed<'_>, task: &Planned) -> i32 {
        let key = (task.task_type, task.period, task.dates, task.is_late);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let number = i32::try_from(self.tasks.len()).unwrap_or(i32::MAX);
        let name = firm.types.get(&task.task_type).map_or("", |kind| kind.row.name.as_str());
        let title = format!("{name} {}", label(firm.locale, &task.period));
        let Some(Outcome::Due(dates)) = computed.outcome(task.dates) else { return number };
        let legal = dates.legal.as_ref();
        self.tasks.push(json!({
            "no": number,
            "period": task.period.to_string(),
            "starts": task.period.start(),
            "ends": task.period.end(),
            "search": search::fold(&title),
            "key": collation::key(&title).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "title": title,
            "legal": legal.map(|due| due.date),
            "target": dates.target,
            "hand_in": dates.hand_in,
            "provisional": legal.map(|due| &due.provisional),
            "facts": dates.facts(),
            "late": task.is_late,
        }));
        self.known.insert(key, number);
        number
    }

    fn of_document(&mut self, computed: &Computed<'_>, dates: usize, hand_in: Option<NaiveDate>) -> i32 {
        if let Some(known) = self.of_documents.get(&dates) {
            return *known;
        }
        let number = i32::try_from(self.documents.len()).unwrap_or(i32::MAX);
        let Some(Outcome::Due(found)) = computed.outcome(dates) else { return number };
        let legal = found.legal.as_ref();
        self.documents.push(json!({
            "no": number,
            "legal": legal.map(|due| due.date),
            // Never the firm's own date, which no client learns (C-09).
            "hand_in": hand_in.or(found.hand_in).or(legal.map(|due| due.date)),
            "provisional": legal.map(|due| &due.provisional),
            "facts": legal,
        }));
        self.of_documents.insert(dates, number);
        number
    }
}

/// The text by which a document is found: its name, its kind of work and its period. Nothing of its task: what people write
/// of that is no client's to search (C-01).
pub(crate) fn document_text(name: &str, task_type: &str, period: &str) -> String {
    search::fold(&format!("{name} {task_type} {period}"))
}

/// A period as people of a language write it in a title: `04/2019`.
pub fn label(locale: Locale, period: &Period) -> String {
    let mut args = Args::new();
    let (start, end) = (period.start(), period.end());
    args.set("from", start.format("%m").to_string());
    args.set("month", end.format("%m").to_string());
    args.set("year", end.format("%Y").to_string());
    args.set(
        "quarter",
        end.format("%m").to_string().parse::<u32>().map_or(0, |month| month.div_ceil(3)).to_string(),
    );
    let key = match period.kind() {
        PeriodKind::Month if period.length() > 1 => "period-months",
        PeriodKind::Month => "period-month",
        PeriodKind::Quarter => "period-quarter",
        PeriodKind::Year => "period-year",
        PeriodKind::FiscalYear if end.format("%m-%d").to_string() == "12-31" => "period-year",
        PeriodKind::FiscalYear => "period-fiscal-year",
    };
    i18n::text(locale, key, &args)
}

/// Tasks that are not there yet: `$1` their dates, each once; `$2` to `$4` their ids, recurring tasks and dates.
const TASKS: &str = "
    WITH due AS (
        SELECT * FROM jsonb_to_recordset($1) AS due (no int, period text, starts date, ends date, search text, title text,
            key text, legal date, target date, hand_in date, provisional jsonb, facts jsonb, late boolean)
    ), planned AS (
        SELECT * FROM unnest($2, $3, $4) AS planned (id, recurring, no)
    )
    INSERT INTO tasks (id, firm_id, client_id, recurring_task_id, task_type_id, generation_id, origin, period,
        period_starts_on, period_ends_on, title, title_key, assignee_id, department_id, status, legal_due_on, target_on,
        hand_in_by, provisional, due_facts, was_generated_late, search_text, search_fold, created_at, updated_at)
    SELECT planned.id, r.firm_id, r.client_id, r.id, r.task_type_id, $5, 'RECURRING', due.period,
        due.starts, due.ends, due.title, decode(due.key, 'hex'),
        coalesce(fixed.id, CASE WHEN t.assign_portfolio THEN accountant.id END, usual.id, $6), t.department_id, 'TODO',
        due.legal, due.target, due.hand_in, coalesce(due.provisional, '[]'), due.facts, due.late, due.search, $7, $8, $8
    FROM planned JOIN due USING (no)
    JOIN recurring_tasks AS r ON r.id = planned.recurring
    JOIN task_types AS t ON t.id = r.task_type_id
    JOIN clients AS c ON c.id = r.client_id
    LEFT JOIN staff_members AS fixed ON fixed.id = r.assignee_id AND fixed.disabled_at IS NULL
    LEFT JOIN staff_members AS accountant ON accountant.id = c.accountant_id AND accountant.disabled_at IS NULL
    LEFT JOIN staff_members AS usual ON usual.id = t.assignee_id AND usual.disabled_at IS NULL
    -- Several runs at once wait for each other in one order.
    ORDER BY r.id, due.period
    ON CONFLICT (recurring_task_id, period) DO NOTHING
    RETURNING id, client_id, assignee_id, department_id";

/// What was undone and is made again (C-11): `$1` the new tasks.
const AGAIN: &str = "
    DELETE FROM undone_periods USING tasks
    WHERE tasks.id = ANY ($1) AND undone_periods.recurring_task_id = tasks.recurring_task_id
        AND undone_periods.period = tasks.period";

/// The documents of new tasks: `$1` their dates, each once; `$2` to `$6` their ids, tasks, definitions, dates and the folded
/// texts by which they are found.
const DOCUMENTS: &str = "
    WITH due AS (
        SELECT * FROM jsonb_to_recordset($1) AS due (no int, legal date, hand_in date, provisional jsonb, facts jsonb)
    ), planned AS (
        SELECT * FROM unnest($2, $3, $4, $5, $6) AS planned (id, task, definition, no, search)
    )
    INSERT INTO documents (id, firm_id, client_id, task_id, definition_id, task_type_id, assignee_id, department_id, direction,
        category, name, period, period_starts_on, takes, wants_approval, is_required, legal_due_on, due_on, provisional,
        due_facts, search_text, search_fold, created_at, updated_at)
    SELECT planned.id, k.firm_id, k.client_id, k.id, d.id, k.task_type_id, k.assignee_id, k.department_id, d.direction,
        d.category, d.name, k.period, k.period_starts_on, d.takes, d.wants_approval, d.is_required, due.legal,
        CASE WHEN d.direction = 'INPUT' THEN due.hand_in ELSE due.legal END, coalesce(due.provisional, '[]'), due.facts,
        planned.search, $7, $8, $8
    FROM planned JOIN due USING (no)
    JOIN tasks AS k ON k.id = planned.task
    JOIN document_definitions AS d ON d.id = planned.definition";
