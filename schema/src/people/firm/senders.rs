//! Proving that the domain of a firm's sender is its own: an owner asks for a check, and proofs are checked again from
//! time to time. The DNS is asked by the callers, outside of any transaction.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;

use guichet_base::email::Email;
use guichet_base::error::{Code, Refusal, Result, Told};
use guichet_base::id::FirmId;
use guichet_base::locale::Locale;
use guichet_engine::actor::Actor;
use guichet_engine::reach::Audience;
use guichet_engine::store::{By, Done, Store};
use guichet_engine::tables::{firms, sender_proofs};

use crate::people::rights::{self, FirmAct};
use crate::shared::sender::model::{SenderFinding, SenderProof};
use crate::shared::sender::rules::{SenderPolicy, TxtRecord, record};

use super::mails::{self, Loss};

/// How long a check that was begun may take before it counts as interrupted.
const CHECKING: TimeDelta = TimeDelta::minutes(10);
/// Most checks begun at once.
const BATCH: i64 = 50;

/// What is to be asked of the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whose proof it is about.
    pub firm_id: FirmId,
    /// Which domain.
    pub domain: String,
    /// The record that must be there.
    pub record: TxtRecord,
}

impl Question {
    /// About this firm and domain.
    pub fn of(firm_id: FirmId, domain: &str) -> Self {
        Self { firm_id, domain: domain.to_owned(), record: record(firm_id, domain) }
    }
}

/// What an owner's check of this domain asks; nothing when the operator allows the domain anyway. For owners (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `TOO_FAST`; `CONFLICT` when it is not the domain of the firm's sender, or is so no more.
pub async fn question(
    store: &Store,
    actor: &Actor,
    policy: &SenderPolicy,
    domain: &str,
) -> Result<Option<Question>> {
    rights::may(&actor.membership, FirmAct::FirmUpdate)?;
    let mut tx = store.begin(actor).await?;
    // Each check asks servers of others.
    tx.keep_pace(actor)?;
    let mail_from: String =
        firms::table.find(actor.firm_id()).select(firms::mail_from).get_result(tx.conn()).await?;
    let own = Email::parse(&mail_from).map(|from| from.domain().to_owned());
    let domain = Email::parse_domain(domain)
        .filter(|domain| own.as_ref() == Some(domain))
        .ok_or_else(|| Refusal::of("domain", Code::Conflict))?;
    Ok((!policy.allows(&domain)).then(|| Question::of(actor.firm_id(), &domain)))
}

/// Records an owner's check, and tells what was wrong. A proof does not end by it: see [`SenderProof::after`].
///
/// # Errors
/// `SENDER_RECORD_MISSING`, `SENDER_RECORD_DIFFERENT`, `DNS_UNAVAILABLE`; `CONFLICT` when the firm has another sender by
/// now.
pub async fn check(
    store: &Store,
    actor: &Actor,
    policy: &SenderPolicy,
    question: &Question,
    finding: SenderFinding,
) -> Result<Done<()>> {
    let done = write(store, actor, policy, question, finding).await?;
    let done = done.ok_or_else(|| Refusal::of("domain", Code::Conflict))?;
    let code = match finding {
        SenderFinding::Found => return Ok(done),
        SenderFinding::Missing => Code::SenderRecordMissing,
        SenderFinding::Different => Code::SenderRecordDifferent,
        SenderFinding::NoAnswer => Code::DnsUnavailable,
    };
    Err(Refusal::new(code).telling("name", Told::Text(question.record.name.clone())).into())
}

/// Begins the checks that are due, of the domains that firms wish to write from now; an interrupted one is due again
/// later.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn due(store: &Store) -> Result<Vec<Question>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        firm_id: FirmId,
        #[diesel(sql_type = diesel::sql_types::Text)]
        domain: String,
    }
    let now = store.now();
    let due: Vec<Due> = diesel::sql_query(
        "UPDATE sender_proofs SET check_at = $1 WHERE firm_id IN (
             SELECT firm_id FROM sender_proofs WHERE check_at <= $2
             ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED
         ) RETURNING firm_id, domain",
    )
    .bind::<Timestamptz, _>(now + CHECKING)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(BATCH)
    .load(&mut *store.conn().await?)
    .await?;
    Ok(due.into_iter().map(|due| Question::of(due.firm_id, &due.domain)).collect())
}

/// Records what a check by the system found.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn checked(
    store: &Store,
    policy: &SenderPolicy,
    question: &Question,
    finding: SenderFinding,
) -> Result<()> {
    write(store, By::system(), policy, question, finding).await.map(drop)
}

/// Writes what a check found, and tells the owners when a proof has ended. Nothing, and none is returned, of a domain that
/// is the firm's sender no more.
async fn write(
    store: &Store,
    by: impl Into<By>,
    policy: &SenderPolicy,
    question: &Question,
    found: SenderFinding,
) -> Result<Option<Done<()>>> {
    let Question { firm_id, domain, .. } = question;
    let mut tx = store.begin(by).await?;
    let firm = firms::table.find(firm_id).select((firms::mail_from, firms::locale));
    let (mail_from, locale): (String, Locale) = firm.for_no_key_update().get_result(tx.conn()).await?;
    if Email::parse(&mail_from).is_none_or(|from| from.domain() != domain) {
        return Ok(None);
    }
    let old: Option<SenderProof> = sender_proofs::table
        .find(firm_id)
        .select(SenderProof::as_select())
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?;
    let new = SenderProof::after(old.as_ref(), *firm_id, domain, found, tx.now);
    diesel::insert_into(sender_proofs::table)
        .values(&new)
        .on_conflict(sender_proofs::firm_id)
        .do_update()
        .set(&new)
        .execute(tx.conn())
        .await?;
    let was_proved = old.is_some_and(|old| old.domain == new.domain && old.proved_at.is_some());
    if was_proved != new.proved_at.is_some() {
        let audience = Some(Audience::staff());
        let act = if was_proved { "senderLost" } else { "senderProved" };
        tx.changed(*firm_id, act, *firm_id, audience.clone(), audience);
    }
    if was_proved && new.proved_at.is_none() && !policy.allows(domain) {
        let loss = Loss { sender: mail_from.clone(), domain: domain.clone() };
        mails::sender_lost(&mut tx, *firm_id, (&mail_from, locale), &loss).await?;
    }
    tx.commit(()).await.map(Some)
}

/// Forgets a proof when the firm wishes to write from another domain: it proves that domain anew if it comes back.
pub(super) async fn forget(
    conn: &mut diesel_async::AsyncPgConnection,
    firm: FirmId,
    domain: &str,
) -> Result<()> {
    let others = sender_proofs::table.find(firm).filter(sender_proofs::domain.ne(domain));
    diesel::delete(others).execute(conn).await?;
    Ok(())
}
