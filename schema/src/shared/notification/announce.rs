//! Tells staff of an act, in the act's own transaction: no crash between them (D-11).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::shared::email_delivery;
use crate::shared::email_delivery::announce::Occasion;
use crate::shared::email_delivery::model::DeliveryAbout;
use crate::shared::email_delivery::rules::Candidate;
use guichet_base::error::Result;
use guichet_base::id::{Id, MessageId, NotificationId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::feed::Event;
use guichet_engine::reach::Audience;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::notifications;

use super::model::NotificationKind;

/// One who is told.
#[derive(Debug)]
pub(crate) struct Told {
    /// The staff member.
    pub staff_id: StaffId,
    /// Of what.
    pub kind: NotificationKind,
    /// The message that it tells of.
    pub message_id: Option<MessageId>,
    /// Where to mail it too, to one who wants that.
    pub by_mail: Option<Candidate>,
}

/// Tells staff of an act of `author`: writes a notification for each with its event, and queues the mails of those who
/// want one.
pub(crate) async fn tell(
    tx: &mut Tx,
    author: Author,
    occasion: &Occasion<'_>,
    told: Vec<Told>,
) -> Result<()> {
    let now = tx.now;
    let (mut rows, mut wanted) = (Vec::new(), Vec::new());
    for Told { staff_id, kind, message_id, by_mail } in told {
        let id = NotificationId::new();
        rows.push((
            notifications::id.eq(id),
            notifications::firm_id.eq(occasion.firm_id),
            notifications::staff_id.eq(staff_id),
            notifications::act_id.eq(occasion.act),
            notifications::kind.eq(kind),
            notifications::subject_noun.eq(occasion.subject.noun),
            notifications::subject_id.eq(occasion.subject.id),
            notifications::message_id.eq(message_id),
            notifications::author_staff.eq(author.staff()),
            notifications::author_access.eq(author.access()),
            notifications::at.eq(now),
        ));
        let after = Some(Audience::only(staff_id.uuid()));
        tx.event(
            occasion.firm_id,
            Event { noun: NotificationId::NOUN, subject: id.uuid(), before: None, after },
        );
        wanted.extend(by_mail.map(|candidate| (staff_id, candidate)));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let count = rows.len();
    sql::keep(count, diesel::insert_into(notifications::table).values(rows)).execute(tx.conn()).await?;
    email_delivery::announce::tell(tx, occasion, DeliveryAbout::Notification, serde_json::json!({}), wanted)
        .await
}
