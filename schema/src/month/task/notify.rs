//! Tells staff of tasks that somebody else gave them (D-11).

use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ActId};
use guichet_base::locale::Locale;
use guichet_engine::actor::Actor;
use guichet_engine::sql;
use guichet_engine::store::Tx;

use crate::shared::email_delivery::rules::Candidate;
use crate::shared::notification;
use crate::shared::notification::announce::Told;
use crate::shared::notification::model::NotificationKind;

use super::case::Case;

/// An assignee who works for the firm now.
#[derive(Debug, QueryableByName)]
struct Assignee {
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    locale: Locale,
    /// Which kinds the person also wants by mail.
    #[diesel(sql_type = Array<Text>)]
    by_mail: Vec<NotificationKind>,
}

/// Tells their new assignee, the same for all, of the tasks that one act gave; of several by one notification, about the
/// first. Who takes tasks is not told.
pub(super) async fn assigned(tx: &mut Tx, actor: &Actor, act: ActId, given: &[&Case]) -> Result<()> {
    let Some(first) = given.first() else { return Ok(()) };
    let staff_id = first.task.assignee_id;
    let assignee: Option<Assignee> = sql::kept(
        "SELECT account.id AS account_id, account.email, account.locale,
             ARRAY(SELECT kind FROM notification_preferences WHERE staff_id = staff.id) AS by_mail
         FROM staff_members AS staff JOIN accounts AS account ON account.id = staff.account_id
         WHERE staff.id = ? AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL",
    )
    .bind::<SqlUuid, _>(staff_id)
    .get_result(tx.conn())
    .await
    .optional()?;
    let Some(Assignee { account_id, email, locale, by_mail }) = assignee else { return Ok(()) };
    if account_id == actor.account_id {
        return Ok(());
    }
    tx.keep_pace(actor)?;
    let kind =
        if given.len() == 1 { NotificationKind::TaskAssigned } else { NotificationKind::TasksAssigned };
    let candidate = Candidate { address: Some(email), account_id: Some(account_id), locale };
    let by_mail = by_mail.contains(&kind).then_some(candidate);
    let told = Told { staff_id, kind, message_id: None, by_mail };
    notification::announce::tell(tx, actor.membership.author(), &first.occasion(act), vec![told]).await
}
