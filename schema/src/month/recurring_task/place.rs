//! Whether work is for the place of its client: it follows the law of that place (C-09).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::country::Country;
use guichet_base::error::{Code, Refusal, Result, Told};
use guichet_base::id::{ClientId, FirmId, ObligationId, RecurringTaskId, TaskTypeId};
use guichet_engine::actor::Scope;
use guichet_engine::sql;
use guichet_engine::tables::{obligations, task_types};
use guichet_obligations::{Holidays, Jurisdiction, Period, PeriodKind};

use crate::people::client::record::queries::{Record, records};
use crate::people::firm::day::today;

use super::queries::by_ids;

/// What says of an obligation whose work it is.
#[derive(Queryable, Selectable)]
#[diesel(table_name = obligations)]
struct Law {
    id: ObligationId,
    code: String,
    name: String,
    kind: PeriodKind,
    jurisdiction: String,
}

impl Law {
    fn jurisdiction(&self) -> Jurisdiction {
        Jurisdiction::parse(&self.jurisdiction).unwrap_or(Jurisdiction::ANY)
    }
}

/// The obligations of a firm, as far as they say for which places work is.
pub(super) struct Laws(Vec<Law>);

impl Laws {
    /// Reads those of a firm.
    pub(super) async fn read(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Self> {
        let of_firm = obligations::table.filter(obligations::firm_id.eq(firm));
        Ok(Self(of_firm.select(Law::as_select()).load(conn).await?))
    }

    /// Why work for an obligation is not for a client: it is not one of the client's place, on none of these days; or a
    /// narrower one of the same name holds there.
    pub(super) fn refusal(&self, of: ObligationId, record: &Record, days: &[NaiveDate]) -> Option<Refusal> {
        let law = self.0.iter().find(|law| law.id == of)?;
        let country = Country::parse(&record.country);
        let includes = |of: &Jurisdiction| match country {
            Some(country) => days.iter().any(|day| of.includes(country, &record.facts.place(*day))),
            None => of.country().is_none(),
        };
        let refusal = |why: &str, name: String| {
            let refusal = Refusal::of("taskTypeId", Code::NotForPlace).telling("name", Told::Text(name));
            refusal.telling("why", Told::Text(why.to_owned()))
        };
        let own = law.jurisdiction();
        if !includes(&own) {
            return Some(refusal("elsewhere", place_name(&own)));
        }
        let namesakes = self.0.iter().filter(|other| other.name == law.name && other.kind == law.kind);
        let narrower = namesakes
            .map(|other| (other, other.jurisdiction()))
            .filter(|(_, other)| other.narrowness() > own.narrowness() && includes(other))
            .max_by_key(|(_, other)| other.narrowness());
        narrower.map(|(other, _)| refusal("narrower", other.code.clone()))
    }
}

/// Why the work of recurring tasks is not for their clients now, as it was checked when it was given to them: of those of
/// which that is so, and which go on.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn misplaced(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    now: DateTime<Utc>,
    ids: &[RecurringTaskId],
) -> Result<Vec<(RecurringTaskId, Refusal)>> {
    let firm = scope.firm_id();
    let rows = by_ids(conn, scope, ids).await?;
    let types: Vec<TaskTypeId> = rows.iter().map(|row| row.task_type_id).collect();
    let due_for: Vec<(TaskTypeId, Option<ObligationId>)> = task_types::table
        .filter(sql::among(task_types::id, &types))
        .select((task_types::id, task_types::obligation_id))
        .load(&mut *conn)
        .await?;
    let due_for: HashMap<TaskTypeId, Option<ObligationId>> = due_for.into_iter().collect();
    let clients: Vec<ClientId> = rows.iter().map(|row| row.client_id).collect();
    let records = records(conn, firm, Some(&clients)).await?;
    let laws = Laws::read(conn, firm).await?;
    let today = today(conn, firm, now).await?;
    let is_over = |last: Option<NaiveDate>| last.is_some_and(|last| last < today);
    let found = rows.into_iter().filter_map(|row| {
        let obligation = due_for.get(&row.task_type_id).copied().flatten()?;
        let record = records.get(&row.client_id)?;
        let last = row.last_period.as_deref().and_then(Period::last_day);
        if is_over(last) || is_over(record.ended_on) {
            return None;
        }
        // What begins later is for the place of then.
        let day = Period::last_day(&row.first_period).map_or(today, |first| first.max(today));
        Some((row.id, laws.refusal(obligation, record, &[day])?))
    });
    Ok(found.collect())
}

/// What people call the place of a jurisdiction, where its name is known.
fn place_name(of: &Jurisdiction) -> String {
    let (known, code) = (Holidays::shipped(), of.to_string());
    let Some(country) = of.country() else { return code };
    let part = code.split_once('-').map_or("", |(_, part)| part);
    let city = known.city(country, part).map(|(name, _)| name);
    city.or_else(|| known.region(country, &code)).unwrap_or(&code).to_owned()
}
