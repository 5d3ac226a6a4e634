//! The mark of a document in the program and in the database.

use chrono::{NaiveDate, TimeDelta};
use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::text_enum::TextEnum;
use guichet_obligations::Direction;
use guichet_schema::month::document::model::DocumentState;
use guichet_schema::month::document::rules::{DocumentMark, Standing, mark, mark_sql};
use guichet_tests::app::TestApp;

#[derive(QueryableByName)]
struct Marked {
    #[diesel(sql_type = Text)]
    mark: DocumentMark,
}

/// for everything that a document can be, lists filter by the mark that is shown.
#[tokio::test]
async fn a_04_the_database_marks_alike() {
    let app = TestApp::start().await;
    let mut conn = app.store.conn().await.unwrap();
    conn.batch_execute(
        "CREATE TEMPORARY TABLE documents (n int, direction text, state text, published_at timestamptz,
             read_at timestamptz, due_on date)",
    )
    .await
    .unwrap();
    let (now, today) = (app.store.now(), NaiveDate::from_ymd_opt(2026, 3, 2).unwrap());
    let mut all = Vec::new();
    for (direction, ..) in Direction::VALUES {
        for state in DocumentState::ALL {
            for published_at in [None, Some(now)] {
                for read_at in [None, published_at] {
                    for days in [None, Some(-1), Some(0), Some(1)] {
                        let due_on = days.map(|days| today + TimeDelta::days(days));
                        let (direction, state) = (*direction, *state);
                        all.push(Standing { direction, state, published_at, read_at, due_on });
                    }
                }
            }
        }
    }
    let date = |value: Option<String>| value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
    for (n, of) in all.iter().enumerate() {
        let row = format!(
            "INSERT INTO documents VALUES ({n}, '{}', '{}', {}, {}, {})",
            of.direction,
            of.state,
            date(of.published_at.map(|at| at.to_rfc3339())),
            date(of.read_at.map(|at| at.to_rfc3339())),
            date(of.due_on.map(|due| due.to_string())),
        );
        conn.batch_execute(&row).await.unwrap();
    }
    let query = format!("SELECT {} AS mark FROM documents ORDER BY n", mark_sql(today));
    let marked: Vec<Marked> = sql_query(query).load(&mut conn).await.unwrap();
    let marked: Vec<DocumentMark> = marked.into_iter().map(|row| row.mark).collect();
    let expected: Vec<DocumentMark> = all.iter().map(|of| mark(*of, today)).collect();
    assert_eq!(marked, expected);
    assert!(DocumentMark::ALL.iter().all(|mark| expected.contains(mark)));
    conn.batch_execute("DROP TABLE documents").await.unwrap();
    drop(conn);
    app.finish().await;
}
