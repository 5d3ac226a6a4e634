//! The mail relay: connecting, encryption and sign-in. No mail is sent.

use guichet_mail::Survey;

use super::site::Site;
use super::{Finding, fails, ok, warning};
use crate::processes::TELLS_PASSWORD;
use crate::settings::look_at_relay;

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let Some(smtp) = &site.settings.smtp else {
        return vec![match site.settings.trial {
            true => ok("SMTP_URL is not set: mails are caught, and shown on a page"),
            false => warning(
                "SMTP_URL is not set: `guichet serve` needs none, but `guichet work` and `guichet` do not start",
            ),
        }];
    };
    let mut found = match look_at_relay(smtp).await {
        Ok(survey) => judge(survey, &smtp.place()),
        Err(error) => vec![fails(error)],
    };
    if site.settings.dkim.is_none() {
        found.push(ok("MAIL_DKIM_DOMAIN is not set: mails are not signed here; the relay may do that"));
    }
    found
}

fn judge(survey: Survey, place: &str) -> Vec<Finding> {
    let encrypted = if survey.is_encrypted { "encrypted" } else { "not encrypted" };
    let signed_in = if survey.is_signed_in { "signed in" } else { "without a sign-in" };
    let mut found = vec![ok(format!("{place} is ready, {encrypted}, {signed_in}"))];
    if survey.tells_password {
        found.push(warning(TELLS_PASSWORD));
    }
    if survey.offers_sign_in && !survey.is_signed_in {
        found.push(warning(
            "the relay lets clients sign in, and SMTP_URL has no user: it may refuse mails to other servers",
        ));
    }
    found
}
