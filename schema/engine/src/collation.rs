//! Columns of keys by which lists are sorted as in a dictionary; see [`guichet_base::collation`]. A key is written with its
//! text. An empty one waits to be made: after the migration that adds the column, and where a statement wrote a text that
//! knows no keys (a trigger empties the key whose text it changes).

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::collation::key;
use guichet_base::error::Result;

/// A text and the column of its key.
struct Keyed {
    table: &'static str,
    text: &'static str,
    key: &'static str,
}

/// All of them.
const KEYED: [Keyed; 8] = [
    Keyed { table: "clients", text: "name", key: "name_key" },
    Keyed { table: "departments", text: "name", key: "name_key" },
    Keyed { table: "obligations", text: "name", key: "name_key" },
    Keyed { table: "service_items", text: "name", key: "name_key" },
    Keyed { table: "staff_members", text: "name", key: "name_key" },
    Keyed { table: "task_types", text: "name", key: "name_key" },
    Keyed { table: "tasks", text: "title", key: "title_key" },
    Keyed { table: "tickets", text: "subject", key: "subject_key" },
];

#[derive(QueryableByName)]
struct Unkeyed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    text: String,
}

/// Makes the keys that are missing, in short statements. Returns how many. Several processes may do it at once.
///
/// # Errors
/// When the database does not answer: retry; what was done is kept.
pub async fn fill(conn: &mut AsyncPgConnection) -> Result<usize> {
    const BATCH: i64 = 500;
    let mut filled = 0;
    for Keyed { table, text, key: column } in KEYED {
        let waiting = format!("SELECT id, {text} AS text FROM {table} WHERE {column} = '' LIMIT $1");
        // A key that was written meanwhile belongs to a newer text.
        let update = format!(
            "UPDATE {table} SET {column} = new.key FROM unnest($1, $2) AS new (id, key)
             WHERE {table}.id = new.id AND {column} = ''"
        );
        loop {
            let rows: Vec<Unkeyed> =
                diesel::sql_query(&waiting).bind::<BigInt, _>(BATCH).load(&mut *conn).await?;
            if rows.is_empty() {
                break;
            }
            filled += rows.len();
            diesel::sql_query(&update)
                .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.id).collect::<Vec<_>>())
                .bind::<Array<Binary>, _>(rows.iter().map(|row| key(&row.text)).collect::<Vec<_>>())
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(filled)
}
