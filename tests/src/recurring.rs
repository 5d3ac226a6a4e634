//! Firms with a lot of recurring work, made at once and not client by client.

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_engine::store::Store;
use guichet_schema::month::catalogue::commands::{AdoptCatalogue, adopt};
use uuid::Uuid;

use crate::world::Firm;

/// The clients of a firm and their recurring work.
#[derive(Debug, Clone, Copy)]
pub struct Recurring<'a> {
    /// How many clients.
    pub clients: i64,
    /// The kinds of work that each of them has, by their codes in the catalogue.
    pub kinds: &'a [&'a str],
    /// The first period and the last one: `2026-03`.
    pub periods: [&'a str; 2],
}

impl Recurring<'_> {
    /// Writes them for a firm without clients. The clients are in four cities and have up to sixty employees, so that rules
    /// ask for all that they can ask for. Their tasks are made by whoever generates them.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn fill(self, store: &Store, firm: &Firm) {
        let input = AdoptCatalogue {
            task_type_codes: Some(self.kinds.iter().map(|&code| code.to_owned()).collect()),
            obligation_codes: Some(Vec::new()),
        };
        let adopted = adopt(store, &firm.owner.actor(), &Uuid::new_v4().to_string(), input).await;
        adopted.expect("the catalogue has them");
        firm.client("Padaria São João", None).await;
        let mut conn = store.conn().await.expect("the database answers");
        for statement in [CLIENTS, ATTRIBUTES, WORK] {
            diesel::sql_query(statement)
                .bind::<SqlUuid, _>(firm.id)
                .bind::<BigInt, _>(self.clients)
                .bind::<Text, _>(self.periods[0])
                .bind::<Text, _>(self.periods[1])
                .execute(&mut conn)
                .await
                .expect("rows are written");
        }
    }
}

/// All but the first client, as copies of it. Each statement has the same arguments: `$1` the firm, `$2` the number of clients,
/// `$3` and `$4` the periods.
const CLIENTS: &str = "
    INSERT INTO clients SELECT copy.*
    FROM clients AS c CROSS JOIN generate_series(2, $2) AS no CROSS JOIN LATERAL jsonb_populate_record(
        c, jsonb_build_object('id', gen_random_uuid(), 'name', c.name || ' ' || no)) AS copy
    WHERE c.firm_id = $1 AND $3 <= $4";

const ATTRIBUTES: &str = "
    INSERT INTO client_attributes (client_id, firm_id, key, valid_from, value)
    SELECT c.id, c.firm_id, a.key, '2020-01-01', a.value
    FROM (SELECT id, firm_id, row_number() OVER (ORDER BY id) AS no FROM clients WHERE firm_id = $1 AND $2 > 0 AND $3 <= $4) AS c,
        LATERAL (VALUES
            ('region', to_jsonb('BR-SP'::text)),
            ('city', to_jsonb((ARRAY['3550308', '3509502', '3518800', '3543402'])[1 + no % 4])),
            ('staff', to_jsonb(no % 60))
        ) AS a (key, value)";

const WORK: &str = "
    INSERT INTO recurring_tasks (id, firm_id, client_id, task_type_id, first_period, last_period, created_at, updated_at)
    SELECT gen_random_uuid(), c.firm_id, c.id, t.id, $3, $4, now(), now()
    FROM clients AS c JOIN task_types AS t USING (firm_id) WHERE c.firm_id = $1 AND $2 > 0";
