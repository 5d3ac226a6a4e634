//! Tells staff of acts on tickets (D-11): who they are; [`news`] decides who of them is told.

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::shared::email_delivery::rules::Candidate;
use crate::shared::notification;
use crate::shared::notification::announce::Told;
use crate::shared::notification::model::NotificationKind;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ActId, StaffId};
use guichet_base::locale::Locale;
use guichet_engine::sql;
use guichet_engine::store::Tx;

use super::case::CaseView;
use super::news::{self, Acting, Duty, TicketNews};

/// A person with a duty in a ticket, who works for the firm now.
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
    /// Which kinds the person also wants by mail.
    #[diesel(sql_type = Array<Text>)]
    by_mail: Vec<NotificationKind>,
}

impl news::Colleague for Colleague {
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

/// Tells staff of an act on a ticket, in the act's own transaction.
pub(super) async fn tell(
    tx: &mut Tx,
    acting: Acting,
    case: CaseView<'_>,
    act: ActId,
    news: TicketNews,
) -> Result<()> {
    let colleagues = colleagues(tx, case).await?;
    let message_id = match news {
        TicketNews::Written(message) => Some(message),
        TicketNews::Arrived { .. } | TicketNews::HandedIn | TicketNews::Reopened => None,
    };
    let told = news::told(news, acting.account_id, colleagues).into_iter().map(|(colleague, kind)| {
        let Colleague { staff_id, email, account_id, locale, by_mail, .. } = colleague;
        let candidate = Candidate { address: Some(email), account_id: Some(account_id), locale };
        Told { staff_id, kind, message_id, by_mail: by_mail.contains(&kind).then_some(candidate) }
    });
    let facts = serde_json::json!({});
    notification::announce::tell(tx, acting.author, &case.occasion(act), facts, told.collect()).await
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
