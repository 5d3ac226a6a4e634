//! `schema/engine/src/tables.rs` agrees with the migrations: it is generated from a migrated database and compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use diesel::sql_types::{Array, Bool, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_engine::db;
use guichet_tests::database::TestDatabase;

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Array<Text>)]
    key: Vec<String>,
}

const COLUMNS: &str = "
    SELECT c.relname::text AS table_name, a.attname::text AS column_name, t.typname::text AS type_name,
           NOT a.attnotnull AS nullable,
           ARRAY(SELECT k.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS o (attnum, n)
                 JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = o.attnum
                 WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY o.n) AS key
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname !~ '^__'
    ORDER BY c.relname, a.attnum";

fn diesel_type(name: &str) -> &str {
    match name {
        "uuid" => "Uuid",
        "text" => "Text",
        "int2" => "SmallInt",
        "int4" => "Integer",
        "int8" => "BigInt",
        "bool" => "Bool",
        "timestamptz" => "Timestamptz",
        "date" => "Date",
        "jsonb" => "Jsonb",
        "bytea" => "Binary",
        "_text" => "Array<Text>",
        "_int2" => "Array<SmallInt>",
        other => panic!("no diesel type is known for {other}"),
    }
}

fn write(columns: Vec<Column>) -> String {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in columns {
        tables.entry(column.table_name.clone()).or_default().push(column);
    }
    let mut text = "//! Diesel's view of the tables, as the migrations make them. Written by \
                    `UPDATE_TABLES=1 cargo test -p guichet-tests tables`.\n#![allow(missing_docs)]\n"
        .to_owned();
    for (table, columns) in &tables {
        writeln!(text, "\ndiesel::table! {{\n    {table} ({}) {{", columns[0].key.join(", ")).unwrap();
        for Column { column_name, type_name, nullable, .. } in columns {
            let of = diesel_type(type_name);
            let of = if *nullable { format!("Nullable<{of}>") } else { of.to_owned() };
            writeln!(text, "        {column_name} -> {of},").unwrap();
        }
        text.push_str("    }\n}\n");
    }
    text.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for table in tables.keys() {
        writeln!(text, "    {table},").unwrap();
    }
    text.push_str(");\n");
    text
}

#[allow(clippy::disallowed_methods, reason = "no setting of the program")]
#[tokio::test]
async fn tables_follow_the_migrations() {
    let database = TestDatabase::new().await;
    let mut conn = db::connect(&database.url).await.unwrap();
    let written = write(diesel::sql_query(COLUMNS).load(&mut conn).await.unwrap());
    drop(conn);
    database.drop().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/engine/src/tables.rs");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(path, written).unwrap();
    } else {
        let kept = std::fs::read_to_string(path).unwrap();
        assert!(kept == written, "schema/engine/src/tables.rs is not what the migrations make");
    }
}

/// Every migration can be reverted and run again.
#[tokio::test]
async fn migrations_go_down_and_up() {
    let database = TestDatabase::new().await;
    let mut conn = db::connect(&database.url).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders.iter().rev() {
        conn.batch_execute(&std::fs::read_to_string(folder.join("down.sql")).unwrap()).await.unwrap();
    }
    let left: Vec<Column> = diesel::sql_query(COLUMNS).load(&mut conn).await.unwrap();
    assert!(left.is_empty(), "{} is left", left[0].table_name);
    for folder in &folders {
        conn.batch_execute(&std::fs::read_to_string(folder.join("up.sql")).unwrap()).await.unwrap();
    }
    drop(conn);
    database.drop().await;
}
