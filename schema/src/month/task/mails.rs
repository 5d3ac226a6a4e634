//! The mails about tasks that staff are given (D-11).

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{FirmId, Id, TaskId};
use guichet_engine::tables::{changes, clients, notifications, staff_members, tasks};

use crate::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use crate::shared::email_delivery::letter::Letter;
use crate::shared::email_delivery::model::{DeliveryAbout, EmailDelivery};
use crate::shared::notification;

use super::history::TaskField;
use super::letters::{MOST_NAMED, NamedTask, TasksAssigned};

/// The mails about what staff are told of tasks.
#[derive(Debug)]
pub struct TaskMail;

impl MailKind for TaskMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::Notification;
    const NOUN: &'static str = TaskId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        _: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        notification::queries::addressees(conn, deliveries).await
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        Ok(assigned(conn, &mailing.delivery).await?.letter(mailing))
    }
}

/// The tasks that the act of a delivery gave. The history knows them: one act, one change of each.
async fn assigned(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<TasksAssigned> {
    let acted_by: Option<String> = notifications::table
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(notifications::author_staff)))
        .filter(notifications::act_id.eq(delivery.cause_id))
        .filter(notifications::staff_id.nullable().eq(delivery.staff_id))
        .select(staff_members::name.nullable())
        .get_result(&mut conn)
        .await?;
    let given = || {
        changes::table
            .filter(changes::act_id.eq(delivery.cause_id))
            .filter(changes::subject_noun.eq(TaskId::NOUN))
            .filter(changes::field.eq_any([TaskField::Created, TaskField::Assignee]))
    };
    let count: i64 = given().count().get_result(&mut conn).await?;
    type Row = (String, String, Option<NaiveDate>, Option<String>);
    let rows: Vec<Row> = given()
        .inner_join(tasks::table.on(tasks::id.eq(changes::subject_id)))
        .inner_join(clients::table.on(clients::id.eq(tasks::client_id)))
        .order(changes::seq)
        .limit(MOST_NAMED as i64)
        .select((tasks::title, clients::name, tasks::legal_due_on, changes::reason))
        .load(&mut conn)
        .await?;
    let note = rows.iter().find_map(|(.., note)| note.clone());
    let named = rows.into_iter().map(|(title, client, due_on, _)| NamedTask { title, client, due_on });
    Ok(TasksAssigned {
        named: named.collect(),
        count: usize::try_from(count).unwrap_or_default(),
        note,
        acted_by: acted_by.unwrap_or_default(),
    })
}
