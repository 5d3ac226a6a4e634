//! `guichet mail …`

use std::time::{Duration, SystemTime};

use guichet_base::clock;
use guichet_base::email::Email;
use guichet_base::foreign;
use guichet_base::id::DeliveryId;
use guichet_base::message_id;
use guichet_mail::{Cause, Passed, Plain, Security, SendError, SmtpSettings};

use super::{restored, with_store};
use crate::cli::Mail;
use crate::console::say;
use crate::lifecycle::Failure;
use crate::processes::operator;
use crate::settings::{SMTP_URL, SettingError, Settings};

/// How long each step may take: a person waits.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most characters of a relay's words.
const WORDS: usize = 200;
/// The name beside the operator's address.
const NAME: &str = "Guichet";

/// `guichet mail …`
///
/// # Errors
/// When the relay refuses the mail; when the database does not answer; when mails would be discarded without `--yes`.
pub async fn run(settings: &Settings, command: Mail) -> Result<(), Failure> {
    match command {
        Mail::Test { address } => test(settings, &address).await,
        Mail::Held(which) => with_store(settings, async |store| restored::list(store, which).await).await,
        Mail::Release(some) => with_store(settings, async |store| restored::release(store, some).await).await,
        Mail::Discard(some) => with_store(settings, async |store| restored::discard(store, some).await).await,
    }
}

/// `guichet mail test`: sends a mail from the operator's address through the relay, and tells each step.
///
/// # Errors
/// A setting that is missing, or why the relay did not take the mail.
async fn test(settings: &Settings, to: &Email) -> Result<(), Failure> {
    let Some(relay) = &settings.smtp else {
        return Err(SettingError::new(SMTP_URL, "is not set, so there is no relay to try").into());
    };
    let from = operator(settings)?;
    let relay = SmtpSettings { limits: relay.limits.at_most(PATIENCE), ..relay.clone() };
    let at = clock::machine_time();
    let mail = Plain {
        from: (NAME, from.address()),
        to: to.address(),
        message_id: message_id::of_delivery(DeliveryId::new(), from.domain()),
        at: SystemTime::from(at),
        subject: "A test mail of Guichet",
        text: format!(
            "This mail was sent with `guichet mail test` on {}.\n\n\
             It arrived, so the relay takes mails from {}. In its headers you see whether SPF, DKIM and DMARC passed.\n",
            at.format("%Y-%m-%d at %H:%M UTC"),
            from.address()
        ),
    };
    let mail = mail.build(settings.dkim.as_ref()).map_err(SendError::from).map_err(|error| told(&error))?;
    say(format!("From        {}", from.address()));
    say(format!("To          {}", to.address()));
    let signed = if settings.dkim.is_some() { "with DKIM" } else { "no: MAIL_DKIM_DOMAIN is not set" };
    say(format!("Signed      {signed}"));
    let accepted = relay.send_watched(&mail, |step| say(passed(&relay, step))).await;
    let reply = accepted.map_err(|error| told(&error))?.reply;
    say(format!("Accepted    {}", short(&reply.to_string())));
    say("The relay has the mail. Whether it arrives you see in the mailbox, and in the log of the relay.");
    Ok(())
}

/// One line about a step that worked.
fn passed(relay: &SmtpSettings, step: Passed) -> String {
    match step {
        Passed::Connected if matches!(relay.security, Security::Clear) => {
            format!("Connected   to {}, not encrypted", relay.place())
        }
        Passed::Connected => format!("Connected   to {}", relay.place()),
        Passed::Encrypted => "Encrypted   with TLS; the certificate of the relay is valid".to_owned(),
        Passed::SignedIn => "Signed in   with the user and the password of SMTP_URL".to_owned(),
    }
}

/// Why it was not sent, in one sentence.
fn told(error: &SendError) -> String {
    match error {
        SendError::Refused { phase, reply } => {
            format!("the relay refused at {phase}: {}", short(&reply.to_string()))
        }
        SendError::Later(trouble) | SendError::Sick(trouble) => match &trouble.cause {
            Cause::Reply(reply) | Cause::OutOfTurn(reply) => {
                let did = if reply.code() < 500 { "asks to try again later" } else { "refused" };
                format!("the relay {did} at {}: {}", trouble.phase, short(&reply.to_string()))
            }
            _ => format!("the mail was not sent: {}", short(&trouble.to_string())),
        },
        SendError::Invalid(why) => format!("the mail was not sent: {}", short(&why.to_string())),
    }
}

/// Words of others: one short line.
fn short(text: &str) -> String {
    foreign::one_line(text, WORDS)
}

#[cfg(test)]
mod tests {
    use guichet_mail::{Phase, Reply, Trouble};

    use super::*;

    #[test]
    fn what_went_wrong_is_one_short_line() {
        let words = format!("5.7.1 no\u{2028}\u{202e}\u{1b}[31m {}", "x".repeat(1000));
        let reply = Reply::new(554, &words);
        let causes = [Cause::Reply(reply.clone()), Cause::OutOfTurn(reply.clone()), Cause::TimedOut];
        let errors = causes.map(|cause| SendError::Later(Trouble::new(Phase::Data, cause)));
        let refused = SendError::Refused { phase: Phase::RcptTo, reply };
        for error in errors.into_iter().chain([refused]) {
            let sentence = told(&error);
            assert!(sentence.chars().count() < 300, "{sentence}");
            assert!(
                !sentence.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}')),
                "{sentence:?}"
            );
            assert!(sentence.contains(" at "), "{sentence}");
        }
    }
}
