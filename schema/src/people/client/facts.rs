//! What acts on work for a client need to know of it and of its firm, read in one statement.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FirmId, StaffId};
use guichet_engine::actor::Scope;
use guichet_engine::tables::{clients, firms};

use crate::people::firm::day::FirmClock;
use crate::people::firm::model::StoredZone;

use super::queries::visible;

/// What the firm's settings say about work for its clients.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = firms)]
pub(crate) struct FirmTerms {
    /// Its id.
    pub id: FirmId,
    /// The time zone of its due dates.
    #[diesel(deserialize_as = StoredZone)]
    pub zone: Tz,
    /// The currency of its prices, an ISO 4217 code.
    pub currency: String,
    /// The sender address of its mails.
    pub mail_from: String,
    /// For how many days a client may reopen a closed ticket; 0 for not at all.
    pub client_reopen_days: i32,
    /// Days until a charge is due.
    pub charge_due_days: i32,
    /// By how much the clock of a demo is ahead.
    pub clock_ahead_seconds: i64,
}

impl FirmTerms {
    /// The firm's day at this time.
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        FirmClock { zone: self.zone, ahead_seconds: self.clock_ahead_seconds }.day(now)
    }
}

/// What a client's record says about work for it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = clients)]
pub(crate) struct ClientFacts {
    /// Its id.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// In whose portfolio it is.
    pub accountant_id: Option<StaffId>,
}

/// Finds a client with its firm, as far as `scope` reaches.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    client: ClientId,
) -> Result<Option<(ClientFacts, FirmTerms)>> {
    Ok(clients::table
        .inner_join(firms::table.on(firms::id.eq(clients::firm_id)))
        .filter(visible(scope))
        .filter(clients::id.eq(client))
        .select((ClientFacts::as_select(), FirmTerms::as_select()))
        .get_result(conn)
        .await
        .optional()?)
}
