//! The job after something that makes dates final; `generation` runs it.

use guichet_base::error::Result;
use guichet_base::id::{ActId, FirmId};
use guichet_engine::job::{NewJob, Payload};
use guichet_obligations::Provisional;
use serde::{Deserialize, Serialize};

/// Looks which dates of a firm are final now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettleDueDates {
    /// The firm.
    pub firm_id: FirmId,
    /// What assignees are told of.
    pub act_id: ActId,
    /// What owners are told of, about dates that would move.
    pub told_id: ActId,
    /// What owners are told of, about the catalogue.
    pub catalogue_id: ActId,
    /// The rules and holidays of the program, when it was upgraded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// The year of a place that was confirmed, as the dates have it that waited for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Provisional>,
}

impl Payload for SettleDueDates {
    const KIND: &'static str = "settle_due_dates";
    const MAX_ATTEMPTS: i32 = 50;
}

impl SettleDueDates {
    /// After an upgrade to these rules.
    pub fn upgraded(firm_id: FirmId, rules: String) -> Self {
        Self { rules: Some(rules), ..Self::new(firm_id) }
    }

    fn new(firm_id: FirmId) -> Self {
        Self {
            firm_id,
            act_id: ActId::new(),
            told_id: ActId::new(),
            catalogue_id: ActId::new(),
            rules: None,
            confirmed: None,
        }
    }
}

/// The job after a person confirmed a year. It has no key: one that runs already may have read what was before.
pub(super) fn settling(firm: FirmId, confirmed: Provisional) -> Result<NewJob> {
    let job = SettleDueDates { confirmed: Some(confirmed), ..SettleDueDates::new(firm) };
    Ok(NewJob::new(&job)?.firm(firm))
}
