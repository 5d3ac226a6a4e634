//! The rows of the demo, and how many at once get into the tables.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use crate::desk::charge::model::ChargeStatus;
use crate::desk::ticket::model::{TicketField, TicketStatus};
use crate::people::client::model::Topic;
use crate::people::portal_access::model::AccessStatus;
use crate::shared::email_delivery::model::{DeliveryReason, DeliveryStatus};
use crate::shared::visibility::Visibility;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{
    AccessId, AccountId, ActId, ChangeId, ChargeId, ClientId, DeliveryId, DepartmentId, FirmId, InvitationId,
    MessageId, ServiceItemId, StaffId, TicketId, TransferId,
};
use guichet_base::locale::Locale;
use guichet_engine::actor::{AccessRole, MemberReach, StaffRole};

type At = DateTime<Utc>;

/// Declares a row of each table, and all rows in the order in which the tables refer to each other.
/// A column that is not named gets its default.
macro_rules! rows {
    ($($table:ident: $row:ident { $($column:ident: $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Debug, Clone, PartialEq, Serialize)]
            pub(super) struct $row { $(pub $column: $type),+ }
        )+

        /// Rows to be written.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(super) struct Rows { $(pub $table: Vec<$row>),+ }

        impl Rows {
            /// Writes them all.
            pub async fn write(&self, conn: &mut AsyncPgConnection) -> Result<()> {
                $(insert(conn, stringify!($table), &[$(stringify!($column)),+], &self.$table).await?;)+
                Ok(())
            }
        }
    };
}

rows! {
    accounts: AccountRow {
        id: AccountId, email: String, email_ci: String, name: String, locale: Locale,
        password_hash: Option<String>, verified_at: Option<At>, created_at: At,
    }
    firms: FirmRow {
        id: FirmId, name: String, locale: Locale, zone: String, country: String, currency: String,
        mail_from: String, mail_reply_to: Option<String>, member_reach: MemberReach,
        client_reopen_days: i32, charge_due_days: i32, created_at: At,
    }
    firm_feed: FeedRow { firm_id: FirmId, epoch: Uuid }
    ticket_numbers: NumberRow { firm_id: FirmId, last: i64 }
    staff_members: StaffRow {
        id: StaffId, firm_id: FirmId, account_id: AccountId, name: String, role: StaffRole,
        joined_at: Option<At>, disabled_at: Option<At>, created_at: At,
    }
    departments: DepartmentRow {
        id: DepartmentId, firm_id: FirmId, name: String, lead_id: StaffId, created_at: At,
    }
    department_members: MembershipRow { department_id: DepartmentId, staff_id: StaffId, firm_id: FirmId }
    clients: ClientRow {
        id: ClientId, firm_id: FirmId, name: String, registration: Option<String>, email: Option<String>,
        phone: Option<String>, locale: Locale, accountant_id: Option<StaffId>, search_text: String,
        created_at: At, updated_at: At,
    }
    client_recipients: RecipientRow {
        client_id: ClientId, firm_id: FirmId, topic: Topic, position: i32, email: String,
    }
    portal_accesses: AccessRow {
        id: AccessId, firm_id: FirmId, client_id: ClientId, account_id: AccountId, role: AccessRole,
        status: AccessStatus, created_at: At,
    }
    invitations: InvitationRow {
        id: InvitationId, account_id: AccountId, firm_id: FirmId, staff_id: Option<StaffId>,
        access_id: Option<AccessId>, secret_hash: String, created_at: At, expires_at: At,
    }
    service_items: ServiceRow {
        id: ServiceItemId, firm_id: FirmId, name: String, description: String, price_minor: i64,
        department_id: Option<DepartmentId>, active: bool, search_text: String, created_at: At,
        updated_at: At,
    }
    tickets: TicketRow {
        id: TicketId, firm_id: FirmId, number: i64, client_id: ClientId,
        opened_by_staff: Option<StaffId>, opened_by_access: Option<AccessId>,
        service_item_id: Option<ServiceItemId>, accountant_id: Option<StaffId>, assignee_id: StaffId,
        department_id: Option<DepartmentId>, subject: String, description: String, price_minor: i64,
        currency: String, status: TicketStatus, is_untouched: bool, last_message_seq: i32,
        search_text: String, version: i32, created_at: At, updated_at: At, closed_at: Option<At>,
    }
    messages: MessageRow {
        id: MessageId, firm_id: FirmId, subject_noun: &'static str, subject_id: TicketId, seq: i32, visibility: Visibility,
        author_staff: Option<StaffId>, author_access: Option<AccessId>, body: String, created_at: At,
    }
    read_marks: ReadRow {
        subject_noun: &'static str, subject_id: TicketId, reader_id: Uuid, firm_id: FirmId, seq: i32, at: At,
    }
    changes: ChangeRow {
        id: ChangeId, firm_id: FirmId, subject_noun: &'static str, subject_id: TicketId, act_id: ActId, field: TicketField,
        old_value: Option<String>, new_value: Option<String>, reason: Option<String>,
        author_staff: Option<StaffId>, author_access: Option<AccessId>, at: At,
    }
    ticket_transfers: TransferRow {
        id: TransferId, firm_id: FirmId, ticket_id: TicketId, from_staff: StaffId, to_staff: StaffId,
        from_department: Option<DepartmentId>, to_department: Option<DepartmentId>, note: String,
        by_staff: StaffId, at: At,
    }
    charges: ChargeRow {
        id: ChargeId, firm_id: FirmId, client_id: ClientId, ticket_id: Option<TicketId>,
        description: String, amount_minor: i64, currency: String, due_on: NaiveDate,
        status: ChargeStatus, paid_at: Option<At>, version: i32, created_at: At, updated_at: At,
    }
    ticket_collected_charges: CollectedRow { ticket_id: TicketId, charge_id: ChargeId, firm_id: FirmId }
    email_deliveries: DeliveryRow {
        id: DeliveryId, firm_id: FirmId, cause_id: ActId, subject_noun: &'static str, subject_id: TicketId,
        client_id: ClientId,
        account_id: Option<AccountId>, recipient: Option<String>, recipient_ci: Option<String>,
        locale: Locale, status: DeliveryStatus, reason: Option<DeliveryReason>, message_id: String,
        attempts: i32, smtp_reply: Option<String>, version: i32, created_at: At, updated_at: At,
        sent_at: Option<At>,
    }
    email_suppressions: SuppressionRow {
        firm_id: FirmId, email_ci: String, smtp_reply: String, delivery_id: Option<DeliveryId>, at: At,
    }
    audit: AuditRow {
        id: Uuid, firm_id: Option<FirmId>, at: At, account_id: Option<AccountId>,
        staff_id: Option<StaffId>, access_id: Option<AccessId>, act: &'static str,
        noun: &'static str, subject_id: Option<Uuid>,
    }
}

/// Rows a statement: a few megabytes of JSON.
const CHUNK: usize = 5_000;

/// A whole chunk travels as one value, so that neither the number of parameters of a statement nor
/// the planning of each bounds the speed.
async fn insert<T: Serialize>(
    conn: &mut AsyncPgConnection,
    table: &str,
    columns: &[&str],
    rows: &[T],
) -> Result<()> {
    let columns = columns.join(", ");
    let statement = format!(
        "INSERT INTO {table} ({columns})
         SELECT {columns} FROM json_populate_recordset(NULL::{table}, $1::json)"
    );
    for chunk in rows.chunks(CHUNK) {
        let json = serde_json::to_string(chunk).map_err(|error| Fault::Broken(error.to_string()))?;
        diesel::sql_query(&statement).bind::<Text, _>(json).execute(conn).await?;
    }
    Ok(())
}
