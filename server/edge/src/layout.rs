//! The order of fields in an answer.
//!
//! Fields are returned in the order in which they are requested (GraphQL specification, 7.2.2); people who read
//! answers, snapshots and some clients rely on it. async-graphql 7.2 returns them in the order in which they were
//! resolved, which depends on what had to be loaded.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Value};
use async_graphql_value::indexmap::IndexMap;

/// The keys of an answer's objects in the order of the operation's selections.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Layout(IndexMap<Name, Layout>);

impl Layout {
    /// The layout requested by a selection set of `document`. Only for a document within the limits, because
    /// spreads are expanded.
    pub(super) fn of(document: &ExecutableDocument, set: &SelectionSet) -> Self {
        let mut layout = Self::default();
        layout.add(document, set);
        layout
    }

    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.clone();
                    self.0.entry(key).or_default().add(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.add(document, &fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    // Validation reports an unknown fragment.
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Puts the fields of `value` and of everything in it into this order. Values without a selection stay as they
    /// are.
    pub fn arrange(&self, value: &mut Value) {
        match value {
            _ if self.0.is_empty() => {}
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Object(fields) => {
                let place = |key: &Name| self.0.get_index_of(key).unwrap_or(usize::MAX);
                if !fields.keys().is_sorted_by_key(place) {
                    fields.sort_by_cached_key(|key, _| place(key));
                }
                for (key, value) in fields {
                    if let Some(layout) = self.0.get(key) {
                        layout.arrange(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    use super::*;

    fn arranged(query: &str, answer: &str) -> String {
        let document = parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let layout = Layout::of(&document, &operation.node.selection_set.node);
        let mut value: Value = serde_json::from_str(answer).unwrap();
        layout.arrange(&mut value);
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn fields_come_as_asked_for() {
        let cases = [
            ("{ a b c }", r#"{"c":1,"a":2,"b":3}"#, r#"{"a":2,"b":3,"c":1}"#),
            ("{ a x: b c }", r#"{"c":1,"x":3,"a":2}"#, r#"{"a":2,"x":3,"c":1}"#),
            // Lists, lists with nulls, lists of lists.
            (
                "{ l { a b } }",
                r#"{"l":[{"b":1,"a":2},null,[{"b":1,"a":2}]]}"#,
                r#"{"l":[{"a":2,"b":1},null,[{"a":2,"b":1}]]}"#,
            ),
            // The first occurrence decides the order; the selections of the second are merged into it.
            ("{ a { x } b a { y } }", r#"{"b":1,"a":{"y":1,"x":2}}"#, r#"{"a":{"x":2,"y":1},"b":1}"#),
            (
                "{ ...F b } fragment F on Query { c ... { a } ...Missing }",
                r#"{"a":1,"b":2,"c":3}"#,
                r#"{"c":3,"a":1,"b":2}"#,
            ),
            // A field omitted by a directive or a type condition leaves no gap.
            ("{ a ... on Other { b } c }", r#"{"c":1,"a":2}"#, r#"{"a":2,"c":1}"#),
            // A scalar that is an object keeps its order.
            ("{ json a }", r#"{"a":1,"json":{"z":1,"a":2}}"#, r#"{"json":{"z":1,"a":2},"a":1}"#),
            ("{ a }", "null", "null"),
        ];
        for (query, answer, expected) in cases {
            assert_eq!(arranged(query, answer), expected, "{query}");
        }
    }

    proptest! {
        /// Whatever the order of an answer, it is rearranged as requested without losing anything.
        #[test]
        fn any_order_is_put_right(
            asked in Just(["a", "b", "c", "d", "e"]).prop_shuffle(),
            given in Just(["a", "b", "c", "d", "e"]).prop_shuffle(),
            left in 0..=5_usize,
        ) {
            let kept = &given[..left];
            let object = |keys: &[&str]| {
                let fields: Vec<String> = keys.iter().map(|key| format!("\"{key}\":\"{key}\"")).collect();
                format!("{{{}}}", fields.join(","))
            };
            let expected: Vec<&str> = asked.into_iter().filter(|key| kept.contains(key)).collect();
            let query = format!("{{ {} }}", asked.join(" "));
            prop_assert_eq!(arranged(&query, &object(kept)), object(&expected));
        }
    }
}
