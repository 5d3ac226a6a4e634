//! Redis: whether hints get through.

use super::site::Site;
use super::{Finding, fails, ok};

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let Some(redis) = &site.settings.redis else {
        return vec![ok("REDIS_URL is not set: hints go through PostgreSQL")];
    };
    let place = redis.place();
    vec![match redis.echo().await {
        Ok(true) => ok(format!("hints get through at {place}")),
        Ok(false) => fails(format!("REDIS_URL: what is published at {place} does not arrive there")),
        Err(reason) => fails(format!("REDIS_URL: {reason} at {place}")),
    }]
}
