//! Rules about recipients and outcomes, as pure functions.

use std::collections::HashSet;

use guichet_base::email::Email;
use guichet_base::error::Code;
use guichet_base::id::AccountId;
use guichet_base::locale::Locale;
use guichet_base::text_enum;

use super::model::{DeliveryReason, DeliveryStatus, EmailDelivery, MailState};

text_enum! {
    /// An action on a delivery.
    pub enum DeliveryAct {
        /// Send the mail again with `emailDeliveryRetry`.
        Retry = "RETRY",
    }
}

/// A possible recipient, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The address as entered; none when the record has none.
    pub address: Option<String>,
    /// The account of the person; none for an address in the client's record.
    pub account_id: Option<AccountId>,
    /// The language of the mail.
    pub locale: Locale,
}

impl Candidate {
    /// Whether this is the same address, whatever the spelling.
    pub fn is_at(&self, address: Option<&str>) -> bool {
        let of = |address: Option<&str>| address.and_then(Email::parse).map(|email| email.ci().to_owned());
        of(address).is_some_and(|ci| of(self.address.as_deref()) == Some(ci))
    }
}

/// A mail to be queued, or the reason why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The recipient.
    pub candidate: Candidate,
    /// The address, if it is valid.
    pub email: Option<Email>,
    /// The reason why the mail cannot be sent.
    pub reason: Option<DeliveryReason>,
}

impl Planned {
    /// The address as stored with the delivery: normalized, or as entered when it is not valid.
    pub fn written(&self) -> Option<String> {
        self.email.as_ref().map(|email| email.address().to_owned()).or_else(|| self.candidate.address.clone())
    }

    /// That address, as compared.
    pub fn written_ci(&self) -> Option<String> {
        let malformed = || self.candidate.address.as_ref().map(|address| address.trim().to_lowercase());
        self.email.as_ref().map(|email| email.ci().to_owned()).or_else(malformed)
    }
}

/// D-05: each address once, whatever its spelling, in the person's language rather than the client's; the acting
/// person only when nobody else would get the mail. D-04: a mail that cannot be sent gets a reason.
pub fn plan(
    client: Vec<Candidate>,
    opener: Option<Candidate>,
    acting: &str,
    suppressed: &HashSet<String>,
) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    // Persons come before the record, so that the same address gets the mail in the person's language.
    let persons_first = opener.into_iter().chain(client);
    for candidate in persons_first {
        let email = candidate.address.as_deref().and_then(Email::parse);
        let again = |other: &Planned| match (&email, &other.email) {
            (Some(one), Some(two)) => one.ci() == two.ci(),
            _ => other.email.is_none() && email.is_none() && other.candidate.address == candidate.address,
        };
        if planned.iter().any(again) {
            continue;
        }
        let reason = match (&candidate.address, &email) {
            (None, _) => Some(DeliveryReason::NoAddress),
            (Some(_), None) => Some(DeliveryReason::InvalidAddress),
            (_, Some(email)) if suppressed.contains(email.ci()) => {
                Some(DeliveryReason::SuppressedAfterBounce)
            }
            _ => None,
        };
        planned.push(Planned { candidate, email, reason });
    }
    let is_acting = |plan: &Planned| plan.email.as_ref().is_some_and(|email| email.ci() == acting);
    let others_get_it = planned.iter().any(|plan| plan.reason.is_none() && !is_acting(plan));
    if others_get_it {
        planned.retain(|plan| !is_acting(plan));
    }
    planned
}

/// D-04: the combined state of the mails about one action.
pub fn overall(deliveries: impl IntoIterator<Item = DeliveryStatus>) -> MailState {
    let (mut going, mut missing) = (false, false);
    for status in deliveries {
        match status {
            DeliveryStatus::Queued | DeliveryStatus::Sent => going = true,
            DeliveryStatus::Failed | DeliveryStatus::NotSent => missing = true,
        }
    }
    match (going, missing) {
        (true, false) => MailState::Queued,
        (true, true) => MailState::Partial,
        (false, _) => MailState::NotSent,
    }
}

/// F-06: whether a permanent refusal means that the address is bad (hard bounce). An enhanced status code (RFC
/// 3463) decides if there is one: it must name the recipient's address or a disabled mailbox, because a full
/// mailbox, a policy or a blocklist says nothing about the address. Without one, only the codes for "no such
/// mailbox" (RFC 5321, 4.2.3) count, and only for RCPT: after DATA the content is refused.
pub fn is_hard_bounce(to_rcpt: bool, reply: &str) -> bool {
    match reply.split_whitespace().find_map(enhanced_status) {
        // 5.1.7 and 5.1.8 are about the sender's address, 5.1.9 about a relay on the way.
        Some((1, detail)) => !matches!(detail, 7..=9),
        Some(status) => status == (2, 1),
        None => to_rcpt && ["550", "551", "553"].iter().any(|code| reply.starts_with(code)),
    }
}

/// Subject and detail of a permanent enhanced status code, also in brackets or after a prefix, as some servers
/// write it.
fn enhanced_status(word: &str) -> Option<(u16, u16)> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let (subject, detail) = word.strip_prefix("5.")?.split_once('.')?;
    Some((subject.parse().ok()?, detail.parse().ok()?))
}

/// F-02: where a delivery would be sent now: to its previous address if that is still a candidate, else to the
/// first valid one; never to one of `taken`, the addresses of other deliveries about the same action.
///
/// # Errors
/// `DELIVERY_NOT_RETRYABLE` when it was sent or is queued, `NO_RECIPIENT` when there is no address,
/// `ADDRESS_SUPPRESSED`, `INVALID_EMAIL`.
pub fn retry(
    delivery: &EmailDelivery,
    candidates: Vec<Candidate>,
    taken: &HashSet<String>,
    suppressed: &HashSet<String>,
) -> Result<Planned, Code> {
    if !matches!(delivery.status, DeliveryStatus::Failed | DeliveryStatus::NotSent) {
        return Err(Code::DeliveryNotRetryable);
    }
    let mut plans = plan(candidates, None, "", suppressed);
    plans.retain(|plan| plan.written_ci().is_none_or(|ci| !taken.contains(&ci)));
    // The sort is stable: the previous address comes first, the others keep their order.
    plans.sort_by_key(|plan| plan.written() != delivery.recipient);
    let why_not = plans.first().and_then(|plan| plan.reason);
    plans.into_iter().find(|plan| plan.reason.is_none()).ok_or(match why_not {
        Some(DeliveryReason::SuppressedAfterBounce) => Code::AddressSuppressed,
        Some(DeliveryReason::InvalidAddress) => Code::InvalidEmail,
        _ => Code::NoRecipient,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(address: &str) -> Candidate {
        Candidate { address: Some(address.into()), account_id: None, locale: Locale::PtBr }
    }

    fn person(address: &str) -> Candidate {
        Candidate { address: Some(address.into()), account_id: Some(AccountId::new()), locale: Locale::Fr }
    }

    fn told(planned: &[Planned]) -> Vec<(&str, Option<DeliveryReason>)> {
        planned.iter().map(|plan| (plan.candidate.address.as_deref().unwrap_or("-"), plan.reason)).collect()
    }

    /// D-04, D-05: who gets a mail, case by case.
    #[test]
    fn d_05_recipients() {
        use DeliveryReason::{InvalidAddress, NoAddress, SuppressedAfterBounce};
        let none = HashSet::new();
        let client = || vec![record("nf@cliente.com.br")];
        let nobody = "staff@firma.com.br";
        assert_eq!(
            told(&plan(client(), Some(person("ana@cliente.com.br")), nobody, &none)),
            [("ana@cliente.com.br", None), ("nf@cliente.com.br", None)]
        );
        // Each address once, whatever the spelling, in the person's language.
        let twice = plan(client(), Some(person(" NF@Cliente.com.BR ")), nobody, &none);
        assert_eq!(told(&twice), [(" NF@Cliente.com.BR ", None)]);
        assert_eq!(twice[0].candidate.locale, Locale::Fr);
        // The acting person only when nobody else would get the mail.
        let acting = person("staff@firma.com.br");
        assert_eq!(told(&plan(client(), Some(acting.clone()), nobody, &none)), [("nf@cliente.com.br", None)]);
        let no_address = vec![Candidate { address: None, account_id: None, locale: Locale::Es }];
        assert_eq!(
            told(&plan(no_address.clone(), Some(acting.clone()), nobody, &none)),
            [("staff@firma.com.br", None), ("-", Some(NoAddress))]
        );
        assert_eq!(told(&plan(no_address, None, nobody, &none)), [("-", Some(NoAddress))]);
        assert_eq!(
            told(&plan(vec![record("cliente.com.br")], None, nobody, &none)),
            [("cliente.com.br", Some(InvalidAddress))]
        );
        let bounced: HashSet<String> = ["nf@cliente.com.br".to_owned()].into();
        assert_eq!(
            told(&plan(vec![record("NF@cliente.com.br")], Some(acting), nobody, &bounced)),
            [("staff@firma.com.br", None), ("NF@cliente.com.br", Some(SuppressedAfterBounce))]
        );
    }

    proptest! {
        /// D-05: no address twice; the acting person never beside other recipients; and if any address is valid,
        /// somebody gets the mail.
        #[test]
        fn d_05_plans(picks in proptest::collection::vec((0usize..6, any::<bool>()), 0..6), opener in proptest::option::of(0usize..6)) {
            let pool = ["a@x.com", "A@X.com", "b@x.com", "acting@x.com", "broken", "c@x.com"];
            let suppressed: HashSet<String> = ["c@x.com".to_owned()].into();
            let client: Vec<_> = picks.iter().map(|(pick, _)| record(pool[*pick])).collect();
            let opener = opener.map(|pick| person(pool[pick]));
            let sendable = client.iter().chain(&opener)
                .filter_map(|c| Email::parse(c.address.as_deref()?)).any(|e| e.ci() != "c@x.com");
            let planned = plan(client, opener, "acting@x.com", &suppressed);
            let mut seen = HashSet::new();
            for plan in &planned {
                if let Some(email) = &plan.email { prop_assert!(seen.insert(email.ci().to_owned())); }
            }
            let queued: Vec<_> = planned.iter().filter(|p| p.reason.is_none()).collect();
            prop_assert_eq!(!queued.is_empty(), sendable);
            if queued.len() > 1 { prop_assert!(!seen.contains("acting@x.com")); }
        }
    }

    fn delivery(status: DeliveryStatus, recipient: Option<&str>) -> EmailDelivery {
        use super::super::model::DeliveryAbout;
        use chrono::DateTime;
        use guichet_base::id::{ActId, DeliveryId, FirmId, TicketId};
        use guichet_engine::subject::Subject;
        EmailDelivery {
            id: DeliveryId::new(),
            firm_id: FirmId::new(),
            cause_id: ActId::new(),
            subject: Subject::of(TicketId::new()),
            client_id: None,
            account_id: None,
            recipient: recipient.map(str::to_owned),
            locale: Locale::PtBr,
            status,
            reason: None,
            message_id: String::new(),
            attempts: 0,
            smtp_reply: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            sent_at: None,
            round: 1,
            thread_subject: None,
            about: DeliveryAbout::StatusChange,
            staff_id: None,
            facts: serde_json::Value::Null,
        }
    }

    /// F-02: what can be sent again, and to which address.
    #[test]
    fn f_02_retries() {
        use DeliveryStatus::{Failed, NotSent, Queued, Sent};
        let set = |addresses: &[&str]| addresses.iter().map(|&address| address.to_owned()).collect();
        let address = |status, had, candidates: &[&str], taken: &[&str], suppressed: &[&str]| {
            let candidates = candidates.iter().map(|address| record(address)).collect();
            let delivery = delivery(status, had);
            retry(&delivery, candidates, &set(taken), &set(suppressed)).map(|plan| plan.written())
        };
        let to = |address: &str| Ok(Some(address.to_owned()));
        for status in [Queued, Sent] {
            assert_eq!(
                address(status, Some("a@x.com"), &["a@x.com"], &[], &[]),
                Err(Code::DeliveryNotRetryable)
            );
        }
        // The previous address while it is still one of the client's, else the corrected one.
        assert_eq!(address(Failed, Some("b@x.com"), &["a@x.com", "b@x.com"], &[], &[]), to("b@x.com"));
        assert_eq!(address(Failed, Some("old@x.com"), &["a@x.com", "b@x.com"], &[], &[]), to("a@x.com"));
        assert_eq!(address(NotSent, None, &["a@x.com"], &[], &[]), to("a@x.com"));
        assert_eq!(
            address(Failed, Some("b@x.com"), &["a@x.com", "b@x.com"], &[], &["b@x.com"]),
            to("a@x.com")
        );
        // Nobody gets two mails about one action.
        assert_eq!(
            address(Failed, Some("old@x.com"), &["a@x.com", "b@x.com"], &["a@x.com"], &[]),
            to("b@x.com")
        );
        assert_eq!(
            address(Failed, Some("old@x.com"), &["a@x.com"], &["a@x.com"], &[]),
            Err(Code::NoRecipient)
        );
        // No address.
        assert_eq!(address(NotSent, None, &[], &[], &[]), Err(Code::NoRecipient));
        assert_eq!(address(Failed, Some("broken"), &["broken"], &[], &[]), Err(Code::InvalidEmail));
        assert_eq!(
            address(Failed, Some("a@x.com"), &["a@x.com"], &[], &["a@x.com"]),
            Err(Code::AddressSuppressed)
        );
    }

    #[test]
    fn d_04_overall() {
        use DeliveryStatus::{Failed, NotSent, Queued, Sent};
        assert_eq!(overall([Queued, Sent]), MailState::Queued);
        assert_eq!(overall([Queued, NotSent]), MailState::Partial);
        assert_eq!(overall([Failed, NotSent]), MailState::NotSent);
        assert_eq!(overall([]), MailState::NotSent);
    }

    /// F-06: which replies mean a bad address, to RCPT and after DATA.
    #[test]
    fn f_06_hard_bounces() {
        let cases = [
            ("550 5.1.1 no such user", true, true),
            ("550 5.1.10 the domain takes no mail", true, true),
            ("550 #5.1.0 Address rejected.", true, true),
            ("550 Rejected (5.1.1): nobody here", true, true),
            ("550 5.2.1 mailbox disabled", true, true),
            ("550 no such user", true, false),
            ("551 not here", true, false),
            ("553 no such mailbox", true, false),
            // Replies of our relay, about a policy or about a full mailbox say nothing about the address.
            ("554 5.7.1 <a@x.com>: Relay access denied", false, false),
            ("550 5.7.1 listed at 5.1.1.1", false, false),
            ("552 5.2.2 mailbox full", false, false),
            ("552 5.3.4 too big", false, false),
            ("550 5.4.4 no route", false, false),
            ("501 5.5.4 bad parameter", false, false),
            ("553 5.1.8 your domain does not exist", false, false),
            ("554 no thanks", false, false),
            ("552 too much", false, false),
        ];
        for (reply, to_rcpt, after_data) in cases {
            let told = [is_hard_bounce(true, reply), is_hard_bounce(false, reply)];
            assert_eq!(told, [to_rcpt, after_data], "{reply}");
        }
    }
}
