//! Tells staff of an act, in the act's own transaction: no crash between them (D-11).

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::shared::email_delivery;
use crate::shared::email_delivery::announce::Occasion;
use crate::shared::email_delivery::model::DeliveryAbout;
use crate::shared::email_delivery::rules::Candidate;
use guichet_base::error::Result;
use guichet_base::id::{ActId, FirmId, Id, MessageId, NotificationId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::feed::Event;
use guichet_engine::reach::Audience;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::notifications;
use uuid::Uuid;

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
/// want one. `facts` is what these mails remember of the act.
pub(crate) async fn tell(
    tx: &mut Tx,
    author: Author,
    occasion: &Occasion<'_>,
    facts: serde_json::Value,
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
    email_delivery::announce::tell(tx, occasion, DeliveryAbout::Notification, facts, wanted).await
}

/// How many things of an act concern one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    /// The staff member.
    pub staff_id: StaffId,
    /// One of the things, or what they belong to.
    pub subject: Subject,
    /// How many things.
    pub count: i32,
}

/// Tells staff how many things an act was about. Told again of the same act, which is done in parts, the number grows and
/// the notification is unread again: nobody gets two. Never mailed. `author` is none when the system acts by itself.
pub(crate) async fn tally(
    tx: &mut Tx,
    firm: FirmId,
    act: ActId,
    author: Option<StaffId>,
    kind: NotificationKind,
    told: &[Tally],
) -> Result<()> {
    #[derive(QueryableByName)]
    struct Written {
        #[diesel(sql_type = SqlUuid)]
        id: NotificationId,
        #[diesel(sql_type = SqlUuid)]
        staff_id: StaffId,
        #[diesel(sql_type = Bool)]
        is_new: bool,
    }
    if told.is_empty() {
        return Ok(());
    }
    let now = tx.now;
    let each = |value: fn(&Tally) -> Uuid| told.iter().map(value).collect::<Vec<Uuid>>();
    let written: Vec<Written> = diesel::sql_query(TALLY)
        .bind::<Array<SqlUuid>, _>(told.iter().map(|_| NotificationId::new().uuid()).collect::<Vec<Uuid>>())
        .bind::<Array<SqlUuid>, _>(each(|one| one.staff_id.uuid()))
        .bind::<Array<Text>, _>(told.iter().map(|one| one.subject.noun).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(each(|one| one.subject.id))
        .bind::<Array<Integer>, _>(told.iter().map(|one| one.count).collect::<Vec<_>>())
        .bind::<SqlUuid, _>(firm)
        .bind::<SqlUuid, _>(act)
        .bind::<Text, _>(kind.as_str())
        .bind::<Nullable<SqlUuid>, _>(author)
        .bind::<Timestamptz, _>(now)
        .load(tx.conn())
        .await?;
    for Written { id, staff_id, is_new } in written {
        let audience = Audience::only(staff_id.uuid());
        let before = (!is_new).then(|| audience.clone());
        tx.event(
            firm,
            Event { noun: NotificationId::NOUN, subject: id.uuid(), before, after: Some(audience) },
        );
    }
    Ok(())
}

/// `$1` to `$5` the ids of notifications, their staff, the nouns and ids of their subjects, their numbers; `$6` to `$10`
/// firm, act, kind, author and time.
const TALLY: &str = "
    INSERT INTO notifications (id, staff_id, subject_noun, subject_id, count, firm_id, act_id, kind, author_staff, at)
    SELECT told.*, $6, $7, $8, $9, $10
    FROM unnest($1, $2, $3, $4, $5) AS told (id, staff_id, noun, subject, count)
    ORDER BY told.staff_id
    ON CONFLICT (act_id, staff_id) DO UPDATE
        SET count = coalesce(notifications.count, 0) + excluded.count, at = excluded.at, read_at = NULL
    RETURNING id, staff_id, (xmax = 0) AS is_new";
