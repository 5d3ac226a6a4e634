//! Which addresses a firm's mails carry. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use guichet_base::email::Email;
use guichet_base::id::{FirmId, Id};
use sha2::{Digest, Sha256};

use super::model::{SenderFinding, SenderProof, SenderState};

/// In front of the domain, the name of the record that proves it.
const LABEL: &str = "_guichet";
/// In front of the digest in the record's value.
const PREFIX: &str = "guichet-sender=";

/// How long after a look the next one is due.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// The longest time between two looks for a record that was never there.
const SELDOM: TimeDelta = TimeDelta::days(1);
/// How long after a look without an answer.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// How often the record of a proved domain must be seen missing before the proof ends. A name server may be set up
/// wrongly for hours, and a domain moves to another one for a day or two.
const LOOKS: i32 = 7;
/// Each further look counts only this long after the one before would have: together three days.
const APART: TimeDelta = TimeDelta::hours(12);

/// What the operator decides about senders. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SenderPolicy {
    /// The operator's address, from which the mails of all other firms go out. None where no mails are sent and nobody
    /// has told it.
    pub from: Option<Email>,
    domains: Arc<BTreeSet<String>>,
}

impl SenderPolicy {
    /// With this address of the operator, and these domains, in ASCII, from which every firm may write. A domain
    /// stands for itself alone: its subdomains may be other people's.
    pub fn new(from: Option<Email>, domains: impl IntoIterator<Item = String>) -> Self {
        Self { from, domains: Arc::new(domains.into_iter().collect()) }
    }

    /// Whether every firm may write from this domain.
    pub fn allows(&self, domain: &str) -> bool {
        self.domains.contains(domain)
    }
}

/// A DNS record of the type TXT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxtRecord {
    /// The name, without a final dot.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The record by which a firm proves a domain. It is of this firm and this domain alone: it proves nothing when another
/// firm copies it, or under another domain. It is no secret.
pub fn record(firm: FirmId, domain: &str) -> TxtRecord {
    let digest = Sha256::new().chain_update(firm.uuid().as_bytes()).chain_update(domain).finalize();
    TxtRecord {
        name: format!("{LABEL}.{domain}"),
        value: format!("{PREFIX}{}", HEXLOWER.encode(&digest[..16])),
    }
}

/// What these values of the record's name say.
pub fn finding(values: &[String], expected: &TxtRecord) -> SenderFinding {
    let same = |value: &String| value.trim().trim_matches('"').trim().eq_ignore_ascii_case(&expected.value);
    match values {
        [] => SenderFinding::Missing,
        values if values.iter().any(same) => SenderFinding::Found,
        _ => SenderFinding::Different,
    }
}

impl SenderProof {
    /// What is known after a look. A record that is there proves the domain at once. One that is not there ends a proof
    /// only when it is seen missing again and again over three days; no answer says nothing.
    #[must_use]
    pub fn after(
        old: Option<&Self>,
        firm: FirmId,
        domain: &str,
        found: SenderFinding,
        now: DateTime<Utc>,
    ) -> Self {
        let old = old.filter(|old| old.domain == domain);
        let was_there = old.is_some_and(|old| old.proved_at.or(old.lost_at).is_some());
        let wait = match found {
            SenderFinding::NoAnswer => AGAIN,
            // What nobody has published yet is looked for less and less often.
            SenderFinding::Missing | SenderFinding::Different if !was_there => {
                old.map_or(EVERY, |old| ((now - old.checked_at) * 2).clamp(EVERY, SELDOM))
            }
            _ => EVERY,
        };
        let new = Self {
            firm_id: firm,
            domain: domain.to_owned(),
            found,
            checked_at: now,
            proved_at: old.and_then(|old| old.proved_at),
            missing_since: old.and_then(|old| old.missing_since),
            missing_times: old.map_or(0, |old| old.missing_times),
            lost_at: old.and_then(|old| old.lost_at),
            check_at: now + wait,
        };
        match (found, new.proved_at) {
            (SenderFinding::NoAnswer, _) => new,
            (SenderFinding::Found, proved_at) => Self {
                proved_at: proved_at.or(Some(now)),
                missing_since: None,
                missing_times: 0,
                lost_at: None,
                ..new
            },
            (SenderFinding::Missing | SenderFinding::Different, None) => new,
            (SenderFinding::Missing | SenderFinding::Different, Some(_)) => new.missing(now),
        }
    }

    /// The record of a proved domain was seen missing.
    fn missing(self, now: DateTime<Utc>) -> Self {
        let since = self.missing_since.unwrap_or(now);
        let counts = now >= since + APART * self.missing_times;
        let times = self.missing_times + i32::from(counts);
        if times < LOOKS {
            return Self { missing_since: Some(since), missing_times: times, ..self };
        }
        Self { proved_at: None, missing_since: None, missing_times: 0, lost_at: Some(now), ..self }
    }
}

/// A firm's sender as its settings and its proof say.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The address from which the firm wishes to write.
    pub mail_from: &'a str,
    /// The address for replies, if the firm reads any.
    pub reply_to: Option<&'a str>,
    /// Its proof, of whatever domain.
    pub proof: Option<&'a SenderProof>,
}

/// The addresses that a firm's mails carry: `From`, which is also the envelope's sender, so that SPF, DKIM and DMARC look
/// at one domain, and `Reply-To`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The sender; none when it is the operator's and nobody has told it.
    pub from: Option<Email>,
    /// The address for replies, if it is not the sender.
    pub reply_to: Option<Email>,
}

impl Wish<'_> {
    /// Whether mails may come from the firm's address.
    pub fn state(&self, policy: &SenderPolicy) -> SenderState {
        let Some(from) = Email::parse(self.mail_from) else { return SenderState::NotProved };
        match self.proof.filter(|proof| proof.domain == from.domain()) {
            _ if policy.allows(from.domain()) => SenderState::Allowed,
            Some(proof) if proof.proved_at.is_some() => SenderState::Proved,
            Some(proof) if proof.lost_at.is_some() => SenderState::Lost,
            _ => SenderState::NotProved,
        }
    }

    /// The addresses that mails carry. A firm that may not write from its address is answered there.
    pub fn addresses(&self, policy: &SenderPolicy) -> Addresses {
        let own = Email::parse(self.mail_from);
        let reply_to = self.reply_to.and_then(Email::parse);
        match (own, self.state(policy)) {
            (Some(own), SenderState::Allowed | SenderState::Proved) => {
                Addresses { from: Some(own), reply_to }
            }
            (own, _) => Addresses { from: policy.from.clone(), reply_to: reply_to.or(own) },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(domains: &[&str]) -> SenderPolicy {
        let from = Email::parse("guichet@operator.example");
        SenderPolicy::new(from, domains.iter().map(|domain| Email::parse_domain(domain).unwrap()))
    }

    fn proof(domain: &str, proved: bool, lost: bool) -> SenderProof {
        let at = DateTime::UNIX_EPOCH;
        SenderProof {
            firm_id: FirmId::new(),
            domain: domain.to_owned(),
            found: SenderFinding::Found,
            checked_at: at,
            proved_at: proved.then_some(at),
            missing_since: None,
            missing_times: 0,
            lost_at: (lost && !proved).then_some(at),
            check_at: at,
        }
    }

    fn of(
        mail_from: &str,
        reply_to: Option<&str>,
        proof: Option<&SenderProof>,
        policy: &SenderPolicy,
    ) -> String {
        let wish = Wish { mail_from, reply_to, proof };
        let Addresses { from, reply_to } = wish.addresses(policy);
        let reply_to = reply_to.as_ref().map_or("-", Email::address);
        format!("{} {} {reply_to}", wish.state(policy), from.as_ref().map_or("-", Email::address))
    }

    /// F-06: who writes from where, and where answers go.
    #[test]
    fn f_06_senders() {
        let open = policy(&["firma.example", "münchen.example"]);
        let (own, reply) = ("avisos@firma.example", Some("oi@firma.example"));
        assert_eq!(of(own, None, None, &open), "ALLOWED avisos@firma.example -");
        assert_eq!(
            of("Avisos@FIRMA.example", reply, None, &open),
            "ALLOWED Avisos@firma.example oi@firma.example"
        );
        // Both spellings of a domain.
        for text in ["a@münchen.example", "a@MÜNCHEN.example", "a@xn--mnchen-3ya.example"] {
            assert_eq!(of(text, None, None, &open), "ALLOWED a@xn--mnchen-3ya.example -");
        }
        // A domain is neither its subdomains, nor what ends alike, nor what it is below.
        for other in
            ["sub.firma.example", "outrafirma.example", "firma.example.evil.example", "example.example"]
        {
            let from = format!("a@{other}");
            assert_eq!(
                of(&from, None, None, &open),
                format!("NOT_PROVED guichet@operator.example a@{other}")
            );
        }
        let closed = policy(&[]);
        let (proved, lost) = (proof("firma.example", true, false), proof("firma.example", false, true));
        let waiting = proof("firma.example", false, false);
        assert_eq!(of(own, reply, Some(&proved), &closed), "PROVED avisos@firma.example oi@firma.example");
        assert_eq!(of(own, None, Some(&lost), &closed), "LOST guichet@operator.example avisos@firma.example");
        assert_eq!(
            of(own, reply, Some(&waiting), &closed),
            "NOT_PROVED guichet@operator.example oi@firma.example"
        );
        // A proof is of its domain alone.
        let other = "a@sub.firma.example";
        assert_eq!(
            of(other, None, Some(&proved), &closed),
            format!("NOT_PROVED guichet@operator.example {other}")
        );
        assert_eq!(of("no address", None, Some(&proved), &closed), "NOT_PROVED guichet@operator.example -");
    }

    /// F-06: a record belongs to one firm and one domain.
    #[test]
    fn f_06_records_are_not_copied() {
        let [one, two] = [(); 2].map(|()| FirmId::new());
        let own = record(one, "firma.example");
        assert_eq!(own.name, "_guichet.firma.example");
        assert_eq!(own, record(one, "firma.example"));
        assert_ne!(own.value, record(two, "firma.example").value);
        assert_ne!(own.value, record(one, "outra.example").value);
        let found = |values: &[&str]| {
            finding(&values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>(), &own)
        };
        assert_eq!(found(&[]), SenderFinding::Missing);
        assert_eq!(found(&["v=spf1 -all", &own.value]), SenderFinding::Found);
        assert_eq!(found(&[&format!(" \"{}\" ", own.value.to_uppercase())]), SenderFinding::Found);
        let copied = record(two, "firma.example").value;
        for wrong in [copied.as_str(), "", &own.value[..20], &format!("{}0", own.value)] {
            assert_eq!(found(&[wrong]), SenderFinding::Different, "{wrong}");
        }
    }

    /// Looks at a domain that was proved at the beginning, at these hours.
    fn looked(looks: &[(i64, SenderFinding)]) -> SenderProof {
        let firm = FirmId::new();
        let look = |old: Option<SenderProof>, (hour, found): (i64, SenderFinding)| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
            Some(SenderProof::after(old.as_ref(), firm, "firma.example", found, now))
        };
        let begun = look(None, (0, SenderFinding::Found));
        looks.iter().copied().fold(begun, look).unwrap()
    }

    /// F-06: only a record that stays away ends a proof.
    #[test]
    fn f_06_a_proof_does_not_end_at_once() {
        use SenderFinding::{Different, Found, Missing, NoAnswer};
        let hours = |hours: std::ops::RangeInclusive<i64>, found| hours.map(move |hour| (hour, found));
        let is_proved = |looks: &[(i64, SenderFinding)]| looked(looks).proved_at.is_some();
        // Each hour, for three days but one look, and for three days.
        let away: Vec<_> = hours(1..=73, Missing).collect();
        assert!(is_proved(&away[..72]), "{:?}", looked(&away[..72]));
        let lost = looked(&away);
        assert_eq!((lost.proved_at, lost.lost_at, lost.missing_since), (None, Some(lost.checked_at), None));
        assert!(!is_proved(&hours(1..=73, Different).collect::<Vec<_>>()));
        // It comes back in between, or once it is lost.
        let back: Vec<_> =
            hours(1..=72, Missing).chain([(73, Found)]).chain(hours(74..=145, Missing)).collect();
        assert!(is_proved(&back));
        let again = looked(&[away, vec![(90, Found)]].concat());
        assert_eq!((again.proved_at, again.lost_at), (Some(again.checked_at), None));
        // No answers say nothing, however many.
        assert!(is_proved(&hours(1..=1000, NoAnswer).collect::<Vec<_>>()));
        assert!(is_proved(&[(1, Missing)].into_iter().chain(hours(2..=1000, NoAnswer)).collect::<Vec<_>>()));
        // Many looks within an hour count once, and one after a long silence does not end it.
        assert!(is_proved(&[(1, Missing); 100]));
        assert!(is_proved(&[(1, Missing), (500, Missing)]));
    }

    /// F-06: a record that was there is looked for every hour, also when its proof is lost; one that never was, every hour
    /// at first and in the end once a day.
    #[test]
    fn f_06_when_the_next_look_is_due() {
        use SenderFinding::{Different, Found, Missing, NoAnswer};
        let minutes = |proof: &SenderProof| (proof.check_at - proof.checked_at).num_minutes();
        for found in [Found, Missing, Different] {
            assert_eq!(minutes(&looked(&[(1, found)])), 60, "{found:?}");
        }
        let lost: Vec<_> = (1..=73).map(|hour| (hour, Missing)).collect();
        for hour in [74, 90, 1_000] {
            let lost = looked(&[lost.clone(), vec![(hour, Missing)]].concat());
            assert_eq!((lost.proved_at, minutes(&lost)), (None, 60), "{hour}");
        }
        assert_eq!(minutes(&looked(&[(1, NoAnswer)])), 10);
        let (firm, mut now, mut proof, mut waits) = (FirmId::new(), DateTime::UNIX_EPOCH, None, Vec::new());
        for found in [Missing, Different, Missing, Missing, Missing, Missing, Missing, Found] {
            let next = SenderProof::after(proof.as_ref(), firm, "firma.example", found, now);
            waits.push((next.check_at - now).num_hours());
            now = next.check_at;
            proof = Some(next);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 1]);
    }

    proptest! {
        /// While the record was there within the last three days, the domain stays proved.
        #[test]
        fn a_proof_outlives_three_days(looks in proptest::collection::vec((1..20_i64, 0..4_usize), 0..60)) {
            const FINDINGS: [SenderFinding; 4] =
                [SenderFinding::Found, SenderFinding::Missing, SenderFinding::Different, SenderFinding::NoAnswer];
            let mut hour = 0;
            let mut seen = 0;
            let mut all = Vec::new();
            for (later, finding) in looks {
                hour += later;
                all.push((hour, FINDINGS[finding]));
                if finding == 0 {
                    seen = hour;
                }
                let proof = looked(&all);
                prop_assert!(proof.proved_at.is_some() || hour > seen + 72);
                prop_assert!(finding != 0 || proof.proved_at.is_some());
                prop_assert!(proof.proved_at.is_none() || proof.lost_at.is_none());
                prop_assert_eq!(proof.missing_since.is_none(), proof.missing_times == 0);
                prop_assert!(proof.missing_since.is_none() || proof.proved_at.is_some());
            }
        }

        /// Whatever is in the rows, a firm writes from its own address only if its domain is allowed or proved, and else
        /// from the operator's.
        #[test]
        fn nobody_writes_in_anothers_name(from in 0..4_usize, allowed in 0..4_usize, of_proof in 0..4_usize, proved: bool, lost: bool) {
            let domains = ["a.example", "b.example", "x.a.example", "a.example.b.example"];
            let (policy, proof) = (policy(&[domains[allowed]]), proof(domains[of_proof], proved, lost));
            let mail_from = format!("me@{}", domains[from]);
            let wish = Wish { mail_from: &mail_from, reply_to: None, proof: Some(&proof) };
            let own = wish.addresses(&policy).from.unwrap().address() == mail_from;
            prop_assert_eq!(own, from == allowed || from == of_proof && proved);
            let replies = wish.addresses(&policy).reply_to;
            prop_assert_eq!(replies.is_some(), !own);
        }
    }
}
