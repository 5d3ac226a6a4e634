use std::fmt::Write;

use async_graphql::parser::parse_query;
use async_graphql::value;
use proptest::prelude::*;

use super::*;
use crate::types::{ASSUMED_LENGTH, MESSAGE_LENGTH};

const ANY: u64 = u64::MAX;

const SDL: &str = "
    type Query { hello: String items(first: Int, last: Int): [Item!] item: Item nodes(ids: [ID!]): [Item]
        page(first: Int): ItemConnection find: Found }
    type Item { id: ID name: String item: Item children(last: Int): [Item!]! tags: [[String]] found: [Found!] }
    type ItemConnection { edges: [ItemEdge!]! nodes: [Item] pageInfo: PageInfo! }
    type ItemEdge { node: Item }
    type PageInfo { hasNextPage: Boolean! }
    union Found = Item
    type Subscription { news: News! item: Item }
    type News { changed: [Item!]! removed: [ID!]! }
    schema { query: Query subscription: Subscription }
";

fn types() -> Types {
    Types::read(SDL, ["Query", "Mutation", "Subscription"])
}

fn unlimited() -> Limits {
    Limits {
        depth: ANY,
        nesting: ANY,
        selections: ANY,
        aliases: ANY,
        directives: ANY,
        acts: ANY,
        roots: ANY,
        input_bytes: ANY,
        fields: ANY,
        introspection_depth: ANY,
        introspection_fields: ANY,
        ..Limits::default()
    }
}

fn counted_with(document: &str, variables: ConstValue, limits: &Limits) -> Result<Cost, ServerError> {
    let document = parse_query(document).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    measure(&document, &operation.node, &Variables::from_value(variables), &types(), limits)
}

fn counted(document: &str) -> Cost {
    counted_with(document, value!({}), &unlimited()).unwrap()
}

#[test]
fn each_counter_counts() {
    let cost = counted(
        "query ($x: Boolean = true) { a: hello hello ...F ... @skip(if: $x) { one { two } } } fragment F on Query { hello }",
    );
    assert_eq!(cost.selections, 7);
    assert_eq!(cost.aliases, 1);
    assert_eq!(cost.directives, 1);
    assert_eq!(cost.roots, 4);
    assert_eq!(cost.depth, 2);
    assert_eq!(cost.nesting, 2);
    assert_eq!(cost.fields, 5);
    assert_eq!(cost.input_bytes, 64);
}

#[test]
fn lists_multiply_what_is_in_them() {
    let of = |document| counted(document).fields;
    assert_eq!(of("{ items(first: 20) { id } }"), 21);
    assert_eq!(of("{ items(first: 20) { children(last: 3) { id name } } }"), 1 + 20 * (1 + 3 * 2));
    assert_eq!(of("{ nodes(ids: [1, 2, 3]) { id } }"), 4);
    // An argument that is not a length says nothing.
    let assumed = 1 + ASSUMED_LENGTH;
    assert_eq!(
        of("{ items(first: -1) { id } b(first: 0) { id } items(first: \"9\") { id } }"),
        2 + 2 * assumed
    );
    let sent = "query ($n: Int, $m: Int = 7, $i: [ID!]) { a(first: $n) { id } b(last: $m) { id } nodes(ids: $i) { id } }";
    let variables = value!({ "n": 5, "i": ["x", "y"] });
    assert_eq!(counted_with(sent, variables, &unlimited()).unwrap().fields, 6 + 8 + 3);
    assert_eq!(counted_with(sent, value!({ "m": 1 }), &unlimited()).unwrap().fields, 2 + 2 + assumed);
}

/// A list without a length argument gets an assumed length; otherwise a cycle through it would cost next to
/// nothing.
#[test]
fn lists_without_a_length_are_assumed_to_have_one() {
    const TEN: u64 = ASSUMED_LENGTH;
    let of = |document| counted(document).fields;
    assert_eq!(of("{ items { id } }"), 1 + TEN);
    assert_eq!(of("{ item { children { children { id } } } }"), 2 + TEN * (1 + TEN));
    assert_eq!(of("{ item { item { tags } } }"), 3, "a leaf is one field");
    // A connection has the requested length.
    assert_eq!(
        of("{ page(first: 3) { edges { node { id } } pageInfo { hasNextPage } nodes { id } } }"),
        1 + 3 * 7
    );
    // Through fragments, interfaces and unions, and with an unknown type.
    assert_eq!(
        of("{ ...Q } fragment Q on Query { items { ...I } } fragment I on Item { id name }"),
        1 + TEN * 2
    );
    assert_eq!(of("{ find { ... on Item { children { ... { id } } } } }"), 2 + TEN);
    assert_eq!(of("{ item { found { ... on Item { id } } } }"), 2 + TEN);
    assert_eq!(of("{ nothing { children { id } } ... on Nothing { items { id } } }"), 3 + 2);
}

/// A message of a subscription may be as long as a page.
#[test]
fn the_lists_of_a_message_are_as_long_as_a_page() {
    let of = |document| counted(document).fields;
    assert_eq!(of("subscription { news { changed { id } removed } }"), 3 + MESSAGE_LENGTH as u64);
    assert_eq!(
        of("subscription { news { changed { children { id } } } }"),
        2 + MESSAGE_LENGTH as u64 * (1 + ASSUMED_LENGTH)
    );
    assert_eq!(
        of("subscription { news { ...N } } fragment N on News { changed { id } }"),
        2 + MESSAGE_LENGTH as u64
    );
    // A type that queries return too is not a message.
    assert_eq!(of("subscription { item { children { id } } }"), 2 + ASSUMED_LENGTH);
}

#[test]
fn a_variable_counts_wherever_it_is_used() {
    let document = "query ($t: [String]) { a: echo(t: $t) b: echo(t: [$t]) }";
    let cost = counted_with(document, value!({ "t": ["x".repeat(1000)] }), &unlimited()).unwrap();
    assert_eq!(cost.input_bytes, 2 * (3 * VALUE_BYTES + 1000) + VALUE_BYTES);
}

#[test]
fn introspection_is_counted_apart() {
    let cost =
        counted("{ __schema { types { ...T } } hello __typename } fragment T on __Type { fields { name } }");
    assert_eq!((cost.depth, cost.fields), (1, 3));
    assert_eq!(cost.introspection_depth, 3);
    assert_eq!(cost.introspection_fields, 1 + (1 + 200 * (1 + 10)));
    assert_eq!(counted("{ item { fields { name } } }").introspection_fields, 0);
}

#[test]
fn what_does_not_run_is_counted_for_validation() {
    let document = "query A { hello } query B { x: hello ...U } fragment U on Query { hello } fragment V on Query { hello @a }";
    let document = parse_query(document).unwrap();
    let (_, operation) = document.operations.iter().find(|(name, _)| name.unwrap() == "A").unwrap();
    let cost = measure(&document, &operation.node, &Variables::default(), &types(), &unlimited()).unwrap();
    assert_eq!((cost.selections, cost.aliases, cost.directives), (1 + 3 + 1, 1, 1));
    assert_eq!((cost.fields, cost.roots, cost.depth), (1, 1, 1));
}

/// A chain of fragments that each spread the next one twice.
fn doubling(length: usize, end: &str) -> String {
    let mut document = "{ ...F0 }".to_owned();
    for number in 0..length {
        let next = number + 1;
        write!(
            document,
            "fragment F{number} on Query {{ ...F{next} x(first: 9000000000000000000) {{ ...F{next} }} }}"
        )
        .unwrap();
    }
    write!(document, "fragment F{length} on Query {{ {end} }}").unwrap();
    document
}

#[test]
fn doubling_fragments_are_counted_once_each() {
    let limits = Limits { nesting: 200, ..unlimited() };
    let cost = counted_with(&doubling(20, "hello"), value!({}), &limits).unwrap();
    assert_eq!(cost.selections, 4 * (1 << 20) - 2);
    let cost = counted_with(&doubling(20, "...Missing"), value!({}), &limits).unwrap();
    assert_eq!(cost.selections, 4 * (1 << 20) - 2, "spreads count without a field at their end");
    let cost = counted_with(&doubling(90, "hello"), value!({}), &limits).unwrap();
    assert_eq!((cost.selections, cost.fields, cost.nesting), (u64::MAX, u64::MAX, 181));
}

#[test]
fn circles_and_depth_end_the_count() {
    let code =
        |document: &str| Code::of(&counted_with(document, value!({}), &Limits::default()).unwrap_err());
    for circle in [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { x { ... { ...B } } } fragment B on Query { ...A }",
        "{ hello } fragment A on Query { ...B } fragment B on Query { ...A }",
    ] {
        assert_eq!(code(circle), Some(Code::GraphqlValidationFailed), "{circle}");
    }
    let mut chain = "{ ...F0 }".to_owned();
    for number in 0..2_000 {
        write!(chain, "fragment F{number} on Query {{ ...F{} }}", number + 1).unwrap();
    }
    assert_eq!(code(&chain), Some(Code::CostExceeded));
}

/// The introspection query of graphql-js 16 and GraphiQL with every option on.
const INTROSPECTION: &str = include_str!("introspection.graphql");

#[test]
fn the_introspection_of_tools_is_allowed() {
    let limits = Limits::default();
    let cost = counted_with(INTROSPECTION, value!({}), &limits).unwrap();
    cost.check(OperationType::Query, &limits).unwrap();
    assert_eq!(cost.introspection_depth, 14);
    assert!(cost.introspection_fields * 3 / 2 < limits.introspection_fields, "{}", cost.introspection_fields);
}

#[derive(Clone, Debug)]
enum Picked {
    Field {
        name: &'static str,
        alias: bool,
        first: Option<u64>,
        text: Option<u8>,
        directives: u8,
        inner: Vec<Picked>,
    },
    Inline {
        on: Option<&'static str>,
        directives: u8,
        inner: Vec<Picked>,
    },
    Spread {
        fragment: usize,
        directives: u8,
    },
}

#[derive(Clone, Debug)]
struct Fragment {
    on: &'static str,
    directives: u8,
    inner: Vec<Picked>,
}

const FRAGMENTS: usize = 4;

fn on() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("Query"), 1 => Just("__Type")]
}

/// Selections that spread only fragments from `lowest` on, so there is no cycle.
fn selections(lowest: usize) -> impl Strategy<Value = Vec<Picked>> {
    let names = prop_oneof![
        6 => Just("one"), 1 => Just("fields"), 1 => Just("__schema"), 1 => Just("__typename"),
    ];
    let field = move |inner: BoxedStrategy<Vec<Picked>>| {
        (
            names.clone(),
            any::<bool>(),
            prop::option::of(any::<u64>()),
            prop::option::of(any::<u8>()),
            0..3_u8,
            inner,
        )
            .prop_map(|(name, alias, first, text, directives, inner)| Picked::Field {
                name,
                alias,
                first,
                text,
                directives,
                inner,
            })
    };
    let leaf = field(Just(Vec::new()).boxed());
    let leaf = if lowest < FRAGMENTS {
        let spread = (lowest..FRAGMENTS, 0..3_u8)
            .prop_map(|(fragment, directives)| Picked::Spread { fragment, directives });
        prop_oneof![leaf, spread].boxed()
    } else {
        leaf.boxed()
    };
    let tree = leaf.prop_recursive(3, 12, 3, move |inner| {
        let inner = prop::collection::vec(inner, 1..3).boxed();
        let inline = (prop::option::of(on()), 0..3_u8, inner.clone())
            .prop_map(|(on, directives, inner)| Picked::Inline { on, directives, inner });
        prop_oneof![field(inner), inline]
    });
    prop::collection::vec(tree, 1..4)
}

fn fragment(number: usize) -> impl Strategy<Value = Fragment> {
    (on(), 0..3_u8, selections(number + 1)).prop_map(|(on, directives, inner)| Fragment {
        on,
        directives,
        inner,
    })
}

/// Prints selections, with fragments spread by name or expanded in place.
fn write_selections(text: &mut String, inner: &[Picked], written_out: Option<&[Fragment]>) {
    text.push('{');
    for picked in inner {
        match picked {
            Picked::Field { name, alias, first, text: argument, directives, inner } => {
                text.push_str(if *alias { " x: " } else { " " });
                text.push_str(name);
                if let Some(first) = first {
                    write!(text, "(first: {first})").unwrap();
                }
                if let Some(length) = argument.filter(|_| first.is_none()) {
                    write!(text, "(text: \"{}\")", "x".repeat(length.into())).unwrap();
                }
                text.push_str(&"@d(a: 1)".repeat((*directives).into()));
                if !inner.is_empty() {
                    write_selections(text, inner, written_out);
                }
            }
            Picked::Inline { on, directives, inner } => {
                text.push_str(" ... ");
                if let Some(on) = on {
                    write!(text, "on {on} ").unwrap();
                }
                text.push_str(&"@d".repeat((*directives).into()));
                write_selections(text, inner, written_out);
            }
            Picked::Spread { fragment, directives } => match written_out {
                None => write!(text, " ...F{fragment} {}", "@d".repeat((*directives).into())).unwrap(),
                Some(fragments) => {
                    let Fragment { on, directives: own, inner } = &fragments[*fragment];
                    write!(text, " ... on {on} {}", "@d".repeat((directives + own).into())).unwrap();
                    write_selections(text, inner, written_out);
                }
            },
        }
    }
    text.push('}');
}

proptest! {
    /// Measuring each fragment once gives the same cost as measuring every expanded copy.
    #[test]
    fn fragments_cost_what_they_stand_for(
        mut operation in selections(0),
        fragments in (fragment(0), fragment(1), fragment(2), fragment(3)),
    ) {
        let fragments = [fragments.0, fragments.1, fragments.2, fragments.3];
        // An unused fragment has no place where it could be expanded.
        operation.extend((0..FRAGMENTS).map(|fragment| Picked::Spread { fragment, directives: 0 }));
        let mut by_name = String::new();
        write_selections(&mut by_name, &operation, None);
        for (number, Fragment { on, directives, inner }) in fragments.iter().enumerate() {
            write!(by_name, "fragment F{number} on {on} {}", "@d".repeat((*directives).into())).unwrap();
            write_selections(&mut by_name, inner, None);
        }
        let mut written_out = String::new();
        write_selections(&mut written_out, &operation, Some(&fragments));
        prop_assert_eq!(counted(&by_name), counted(&written_out));
    }
}
