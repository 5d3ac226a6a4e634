//! Tells staff of an act on a ticket, in the act's own transaction: no crash between them (D-11).

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::desk::ticket::case::CaseView;
use crate::shared::email_delivery;
use crate::shared::email_delivery::rules::Candidate;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ActId, Id, NotificationId, StaffId};
use guichet_base::locale::Locale;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::notifications;

use super::model::NotificationKind;
use super::rules::{self, Acting, Duty, News};

/// Somebody who has to do with a ticket, and works for the firm now.
#[derive(Debug, QueryableByName)]
struct Colleague {
    #[diesel(sql_type = SqlUuid)]
    staff_id: StaffId,
    #[diesel(sql_type = SqlUuid)]
    account_id: AccountId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    locale: Locale,
    #[diesel(sql_type = Bool)]
    is_assignee: bool,
    #[diesel(sql_type = Bool)]
    is_of_department: bool,
    #[diesel(sql_type = Bool)]
    is_accountant: bool,
    /// What it is told by mail too.
    #[diesel(sql_type = Array<Text>)]
    by_mail: Vec<NotificationKind>,
}

impl rules::Colleague for Colleague {
    fn account_id(&self) -> AccountId {
        self.account_id
    }

    fn duty(&self) -> Duty {
        match self {
            Self { is_assignee: true, .. } => Duty::Assignee,
            Self { is_of_department: true, .. } => Duty::Department,
            Self { is_accountant: true, .. } => Duty::Accountant,
            Self { .. } => Duty::Owner,
        }
    }
}

/// Tells staff of an act: writes a notification for each with its event, and queues the mails of those who
/// want one.
pub(crate) async fn tell(
    tx: &mut Tx,
    acting: Acting,
    case: CaseView<'_>,
    act: ActId,
    news: News,
) -> Result<()> {
    let colleagues = colleagues(tx, case).await?;
    let told = rules::told(news, acting.account_id, colleagues);
    let message = match news {
        News::Written(message) => Some(message),
        News::Arrived { .. } | News::HandedIn | News::Reopened => None,
    };
    let (author, now) = (acting.author, tx.now);
    let (mut rows, mut wanted) = (Vec::new(), Vec::new());
    for (colleague, kind) in told {
        let id = NotificationId::new();
        rows.push((
            notifications::id.eq(id),
            notifications::firm_id.eq(case.firm.id),
            notifications::staff_id.eq(colleague.staff_id),
            notifications::act_id.eq(act),
            notifications::kind.eq(kind),
            notifications::ticket_id.eq(case.ticket.id),
            notifications::message_id.eq(message),
            notifications::author_staff.eq(author.staff()),
            notifications::author_access.eq(author.access()),
            notifications::at.eq(now),
        ));
        let after = Some(Audience::only(colleague.staff_id.uuid()));
        tx.event(case.firm.id, Event { noun: NotificationId::NOUN, subject: id.uuid(), before: None, after });
        if colleague.by_mail.contains(&kind) {
            let Colleague { staff_id, email, account_id, locale, .. } = colleague;
            let candidate = Candidate { address: Some(email), account_id: Some(account_id), locale };
            wanted.push((id, staff_id, candidate));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let count = rows.len();
    sql::keep(count, diesel::insert_into(notifications::table).values(rows)).execute(tx.conn()).await?;
    email_delivery::announce::notifications(tx, case, act, wanted).await
}

async fn colleagues(tx: &Tx, case: CaseView<'_>) -> Result<Vec<Colleague>> {
    Ok(sql::kept(
        "SELECT staff.id AS staff_id, account.id AS account_id, account.email, account.locale,
             near.is_assignee, near.is_of_department, near.is_accountant,
             ARRAY(SELECT kind FROM notification_preferences WHERE staff_id = staff.id) AS by_mail
         FROM (
             SELECT staff_id, bool_or(duty = 1) AS is_assignee, bool_or(duty = 2) AS is_of_department,
                 bool_or(duty = 3) AS is_accountant
             FROM (
                 SELECT ? AS staff_id, 1 AS duty
                 UNION ALL SELECT staff_id, 2 FROM department_members WHERE department_id = ?
                 UNION ALL SELECT ?, 3
                 UNION ALL SELECT id, 4 FROM staff_members WHERE firm_id = ? AND role = 'OWNER'
             ) AS duties GROUP BY staff_id
         ) AS near
         JOIN staff_members AS staff ON staff.id = near.staff_id
         JOIN accounts AS account ON account.id = staff.account_id
         WHERE staff.firm_id = ? AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL
         ORDER BY staff.id",
    )
    .bind::<SqlUuid, _>(case.ticket.assignee_id)
    .bind::<Nullable<SqlUuid>, _>(case.ticket.department_id)
    .bind::<Nullable<SqlUuid>, _>(case.client.accountant_id)
    .bind::<SqlUuid, _>(case.firm.id)
    .bind::<SqlUuid, _>(case.firm.id)
    .load(&mut tx.pipeline())
    .await?)
}
