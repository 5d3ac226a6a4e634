//! Counting rows by an enum in one scan.

use diesel::expression::SqlLiteral;
use diesel::sql_types::{Array, BigInt};
use guichet_base::text_enum::TextEnum;

/// What to select from a query to count its rows for each value of an enum, which `column` holds; [`each`] reads it.
pub fn by<E: TextEnum>(column: &str) -> SqlLiteral<Array<BigInt>> {
    let count = |(_, text, _): &(E, &str, &str)| format!("count(*) FILTER (WHERE {column} = '{text}')");
    let counts: Vec<String> = E::VALUES.iter().map(count).collect();
    diesel::dsl::sql(&format!("ARRAY[{}]", counts.join(", ")))
}

/// The numbers of [`by`] with their values, in the order of declaration.
pub fn each<E: TextEnum>(counts: Vec<i64>) -> Vec<(E, i64)> {
    E::VALUES.iter().map(|(value, ..)| *value).zip(counts).collect()
}
