//! From which addresses the mails of firms come.

use guichet_schema::shared::sender::queries;

use super::site::Site;
use super::{Finding, fails, ok, warning};
use crate::processes::operator;

/// So many firms are told by name.
const NAMED: usize = 20;

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let mut found = vec![match operator(site.settings) {
        Ok(from) => {
            ok(format!("MAIL_FROM: mails of firms without a proved domain come from {}", from.address()))
        }
        Err(_) if site.settings.smtp.is_none() => {
            warning("MAIL_FROM is not set: `guichet work` does not start without it")
        }
        Err(error) => fails(error),
    }];
    match unproved(site).await {
        Ok(unproved) => found.extend(unproved),
        Err(reason) => found.push(fails(reason)),
    }
    found
}

/// The firms whose mails come from the operator's address, though they have another one.
async fn unproved(site: &Site<'_>) -> Result<Vec<Finding>, String> {
    let Some(mut conn) = site.connect().await? else { return Ok(Vec::new()) };
    // Before the first start there are no firms, and nothing to tell.
    let Ok(firms) = queries::unproved(&mut conn, &site.settings.sender_policy).await else {
        return Ok(Vec::new());
    };
    if site.settings.trial {
        return Ok(Vec::new());
    }
    let mut found: Vec<Finding> = firms
        .iter()
        .take(NAMED)
        .map(|firm| {
            warning(format!(
                "{} does not write from {} ({}): it has to prove the domain, or MAIL_DOMAINS to name it",
                firm.name, firm.mail_from, firm.state
            ))
        })
        .collect();
    if let Some(more) = firms.len().checked_sub(NAMED).filter(|more| *more > 0) {
        found.push(warning(format!("so do {more} other firms")));
    }
    Ok(found)
}
