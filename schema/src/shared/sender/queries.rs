//! Finders of senders, for the program itself: to whom they are shown is the business of the firm's noun.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::FirmId;
use guichet_engine::tables::{firms, sender_proofs};

use super::model::{SenderProof, SenderState};
use super::rules::{SenderPolicy, Wish};

/// What is known of a firm's proof.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_firm(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Option<SenderProof>> {
    let found = sender_proofs::table.find(firm).select(SenderProof::as_select()).get_result(conn).await;
    Ok(found.optional()?)
}

/// A firm whose mails go out from the operator's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproved {
    /// The firm.
    pub firm_id: FirmId,
    /// Its name.
    pub name: String,
    /// The address from which it wishes to write.
    pub mail_from: String,
    /// `NOT_PROVED` or `LOST`.
    pub state: SenderState,
}

/// All firms whose sender is neither allowed nor proved, by name.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn unproved(conn: &mut AsyncPgConnection, policy: &SenderPolicy) -> Result<Vec<Unproved>> {
    type Row = (FirmId, String, String, Option<SenderProof>);
    let firms: Vec<Row> = firms::table
        .left_join(sender_proofs::table.on(sender_proofs::firm_id.eq(firms::id)))
        .order((firms::name, firms::id))
        .select((firms::id, firms::name, firms::mail_from, Option::<SenderProof>::as_select()))
        .load(conn)
        .await?;
    let unproved = firms.into_iter().filter_map(|(firm_id, name, mail_from, proof)| {
        let state = Wish { mail_from: &mail_from, reply_to: None, proof: proof.as_ref() }.state(policy);
        let is_own = matches!(state, SenderState::Allowed | SenderState::Proved);
        (!is_own).then_some(Unproved { firm_id, name, mail_from, state })
    });
    Ok(unproved.collect())
}
