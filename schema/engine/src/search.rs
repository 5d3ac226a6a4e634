//! Tables whose rows are found by a folded text: the columns `search_text` and `search_fold`, which is the version of
//! its folding. See [`guichet_base::search`].

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::store::{By, Store};
use guichet_base::error::Result;
use guichet_base::search::{FOLD, Query};

/// The columns of a folded text, for an insert or an update.
#[macro_export]
macro_rules! searchable {
    ($table:ident, $folded:expr) => {
        ($table::search_text.eq($folded), $table::search_fold.eq(guichet_base::search::FOLD))
    };
}

/// The rows of a table that match a query.
#[macro_export]
macro_rules! found_by {
    ($table:ident, $query:expr) => {
        $crate::condition::Condition::<$table::table>::new($crate::search::Contains::new(
            $table::search_text,
            $table::search_fold,
            $query,
        ))
    };
}

/// Whether a row contains each word of a query in one of its spellings. A row of an older folding is compared by a
/// likeness of its text in the new one.
#[derive(Debug)]
pub struct Contains<T, F> {
    text: T,
    fold: F,
    words: Vec<Vec<String>>,
}

impl<T, F> Contains<T, F> {
    /// The condition on the columns of a text and of the version of its folding.
    pub fn new(text: T, fold: F, query: &Query) -> Self {
        Self { text, fold, words: query.patterns() }
    }
}

impl<T: QueryFragment<Pg>, F> Contains<T, F> {
    fn words<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>, function: &str) -> QueryResult<()> {
        let mut before_word = "";
        for spellings in &self.words {
            out.push_sql(before_word);
            before_word = " AND ";
            let mut before = "(";
            for spelling in spellings {
                out.push_sql(before);
                before = " OR ";
                out.push_sql(function);
                out.push_sql("(");
                self.text.walk_ast(out.reborrow())?;
                out.push_sql(") LIKE ");
                out.push_bind_param::<Text, _>(spelling)?;
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

impl<T: QueryFragment<Pg>, F: QueryFragment<Pg>> QueryFragment<Pg> for Contains<T, F> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.words.is_empty() {
            out.push_sql("TRUE");
            return Ok(());
        }
        out.push_sql("((");
        self.words(out.reborrow(), "")?;
        out.push_sql(") OR (");
        self.fold.walk_ast(out.reborrow())?;
        out.push_sql(" < ");
        out.push_bind_param::<SmallInt, _>(&FOLD)?;
        out.push_sql(" AND ");
        self.words(out.reborrow(), "search_fold_1_as_2")?;
        out.push_sql("))");
        Ok(())
    }
}

impl<T, F> Expression for Contains<T, F> {
    type SqlType = Bool;
}

impl<T: AppearsOnTable<QS>, F: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Contains<T, F> {}

impl<T, F> ValidGrouping<()> for Contains<T, F> {
    type IsAggregate = is_aggregate::No;
}

// The prepared statement is found by its text, so the type needs no id.
impl<T, F> QueryId for Contains<T, F> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Declares how the rows of a table are folded anew: `$texts` is an async function of the connection and the locked
/// rows that returns their texts in the same order.
#[macro_export]
macro_rules! refolded {
    ($table:ident, $row:ty, $texts:expr) => {
        impl $crate::search::Refolded for $row {
            const TABLE: &'static str = stringify!($table);

            async fn outdated(conn: &mut AsyncPgConnection, limit: i64) -> Result<Vec<(uuid::Uuid, String)>> {
                use guichet_base::id::Id as _;
                let rows: Vec<$row> = $table::table
                    .filter($table::search_fold.lt(guichet_base::search::FOLD))
                    .limit(limit)
                    .select(<$row>::as_select())
                    .for_no_key_update()
                    .skip_locked()
                    .load(conn)
                    .await?;
                let texts: Vec<String> = $texts(conn, &rows).await?;
                Ok(rows.iter().map(|row| row.id.uuid()).zip(texts).collect())
            }
        }
    };
}

/// A row of a table whose texts are folded anew when the folding changes; see [`refolded!`](crate::refolded!).
pub trait Refolded {
    /// The table.
    const TABLE: &'static str;

    /// Locks up to `limit` rows of an older folding, and returns their texts folded anew. Rows that others have locked
    /// are left for the next turn.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    fn outdated(
        conn: &mut AsyncPgConnection,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<(Uuid, String)>>> + Send;
}

/// Folds all rows of a table anew whose folding is of an older version, in short transactions. Returns how many.
/// Several processes may do it at once.
///
/// # Errors
/// When the database does not answer: retry; what was done is kept.
pub async fn refold<R: Refolded>(store: &Store) -> Result<usize> {
    const BATCH: i64 = 500;
    let mut refolded = 0;
    loop {
        let mut tx = store.begin(By::system()).await?;
        let (ids, texts): (Vec<_>, Vec<_>) = R::outdated(tx.conn(), BATCH).await?.into_iter().unzip();
        if ids.is_empty() {
            return Ok(refolded);
        }
        refolded += ids.len();
        let update = format!(
            "UPDATE {table} SET search_text = new.text, search_fold = $3
             FROM unnest($1, $2) AS new (id, text) WHERE {table}.id = new.id",
            table = R::TABLE,
        );
        diesel::sql_query(update)
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<Text>, _>(texts)
            .bind::<SmallInt, _>(FOLD)
            .execute(tx.conn())
            .await?;
        tx.commit(()).await?;
    }
}
