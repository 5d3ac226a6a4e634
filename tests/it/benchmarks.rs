//! The SQL of the benchmarks keeps up with the tables; nobody runs them at every change.

use std::fs;
use std::path::Path;

use diesel_async::SimpleAsyncConnection;
use guichet_engine::db;
use guichet_tests::database::TestDatabase;

/// The statements of a script for `pgbench`, each with `$1`, `$2`, … where it names a variable, as `-M prepared`
/// has them.
fn statements(script: &str) -> Vec<String> {
    let lines = script.lines().filter(|line| !line.starts_with("--") && !line.starts_with('\\'));
    let text = lines.collect::<Vec<_>>().join("\n").replace(" \\gset", ";\\gset");
    let statements = text.split(';').map(|text| match text.strip_prefix("\\gset") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest).trim(),
        None => text.trim(),
    });
    let queries = statements.filter(|text| !["", "BEGIN", "COMMIT"].contains(text));
    queries.map(|text| numbered(&without_lists(text))).collect()
}

/// Empties the arrays that the program fills in: `'{TICKET_IDS}'`.
fn without_lists(text: &str) -> String {
    let mut parts = text.split("'{").enumerate();
    parts.by_ref().fold(String::new(), |so_far, (at, part)| match part.split_once("}'") {
        Some((name, rest)) if at > 0 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
            format!("{so_far}'{{}}'{rest}")
        }
        _ if at > 0 => format!("{so_far}'{{{part}"),
        _ => part.to_owned(),
    })
}

fn numbered(text: &str) -> String {
    let (mut done, mut rest, mut count) = (String::new(), text, 0);
    while let Some((before, after)) = rest.split_once(':') {
        done.push_str(before);
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !done.ends_with(':');
        if is_variable {
            count += 1;
            done.push_str(&format!("${count}"));
            rest = &after[name.len()..];
        } else {
            done.push(':');
            rest = after;
        }
    }
    done + rest
}

#[tokio::test]
async fn their_statements_fit_the_tables() {
    let database = TestDatabase::new().await;
    let mut conn = db::connect(&database.url).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bench");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let scripts = files.filter(|path| path.extension().is_some_and(|end| end == "sql"));
    let mut count = 0;
    for path in scripts {
        for statement in statements(&fs::read_to_string(&path).unwrap()) {
            let prepared =
                conn.batch_execute(&format!("PREPARE tried AS {statement}; DEALLOCATE tried")).await;
            assert!(prepared.is_ok(), "{}: {prepared:?}\n{statement}", path.display());
            count += 1;
        }
    }
    assert!(count > 20, "{count} statements were found");
    drop(conn);
    database.drop().await;
}

#[test]
fn a_script_is_read_as_pgbench_reads_it() {
    let script = "-- a comment\n\\set n random(1, 2)\nSELECT a::text FROM t\nWHERE id = ('{IDS}'::uuid[])[:n] \\gset x_\nBEGIN;\n\
        UPDATE t SET a = :x_a, b = '{\"c\": 1}' WHERE a = :x_a AND n = :n;\nCOMMIT;\nSELECT 1";
    assert_eq!(
        statements(script),
        [
            "SELECT a::text FROM t\nWHERE id = ('{}'::uuid[])[$1]",
            "UPDATE t SET a = $1, b = '{\"c\": 1}' WHERE a = $2 AND n = $3",
            "SELECT 1",
        ]
    );
}
