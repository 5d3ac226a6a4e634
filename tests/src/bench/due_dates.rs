//! Computing the due dates of a firm's month by itself, without the database: how often a date is asked for, how many dates
//! that are, and the time that it takes.

use std::error::Error;
use std::time::Instant;

use guichet_base::country::Country;
use guichet_engine::store::Store;
use guichet_obligations::{Calendars, Holidays, Office, Period, TaskPlan, shipped};
use guichet_schema::month::generation::plan::{Computed, Terms};
use guichet_schema::people::client::record::queries::{Record, records};

use crate::world::Firm;

/// What was asked for, and what that took.
#[derive(Debug, Clone, Copy)]
pub struct DueDates {
    /// How many dates were asked for: one for each task, and one for each of its documents.
    pub asked: usize,
    /// How many were computed: one for each rule, period, place and attributes that differ.
    pub computed: usize,
    /// The seconds for all of them.
    pub seconds: f64,
}

/// Asks for the dates of all tasks of a period and their documents, as the generation does.
///
/// # Errors
/// When the database does not answer; when a date that is known is computed again.
pub async fn ask(
    store: &Store,
    firm: &Firm,
    kinds: &[&str],
    period: &str,
) -> Result<DueDates, Box<dyn Error + Send + Sync>> {
    let clients = records(&mut *store.conn().await?, firm.id, None).await?;
    let plans = shipped().tasks.iter().filter(|plan| kinds.contains(&plan.code.as_str()));
    let plans: Vec<&TaskPlan> = plans.collect();
    let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
    let begun = Instant::now();
    let mut computed = Computed::new(&shipped().book, &calendars);
    let asked: usize = clients.values().map(|client| of_client(&plans, period, client, &mut computed)).sum();
    let (seconds, count) = (begun.elapsed().as_secs_f64(), computed.len());
    for client in clients.values() {
        of_client(&plans, period, client, &mut computed);
    }
    if computed.len() != count {
        return Err(format!("{} dates were computed twice", computed.len() - count).into());
    }
    Ok(DueDates { asked, computed: count, seconds })
}

/// Asks for the dates of one client; returns how many.
fn of_client(plans: &[&TaskPlan], period: &str, client: &Record, computed: &mut Computed<'_>) -> usize {
    let mut asked = 0;
    for plan in plans {
        let Some(period) = Period::parse(period, 1, &client.years) else { continue };
        let own = plan.documents.iter().map(|document| document.obligation.as_ref());
        for obligation in std::iter::once(None).chain(own) {
            let terms = Terms {
                obligation: Some(obligation.map_or(plan.obligation.as_str(), String::as_str)),
                target: None,
                hand_in: plan.hand_in_by.as_ref(),
                instead: None,
                set: None,
            };
            computed.dates(terms, &period, &client.facts);
            asked += 1;
        }
    }
    asked
}
