//! What a list shows of other things is told when these change: each subscription declares all that its rows refer to.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::types::{BaseType, Type};
use guichet_server::graphql::{KINDS, SHOWS, Shows, sdl};

use crate::reading::{Contract, fields, implements};

/// The type in a list; none for what is no list.
fn listed(of: &Type) -> Option<&str> {
    match &of.base {
        BaseType::List(inner) => named(inner),
        BaseType::Named(_) => None,
    }
}

/// The type of a single thing; none for a list.
fn named(of: &Type) -> Option<&str> {
    match &of.base {
        BaseType::Named(name) => Some(name),
        BaseType::List(_) => None,
    }
}

/// The kinds of node that a row shows by its fields that are no lists, by theirs, and so on, up to the kinds of which
/// other subscriptions tell.
fn shown(contract: &Contract, row: &str, elsewhere: &BTreeSet<&str>) -> BTreeSet<String> {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![row.to_owned()]);
    while let Some(of) = waiting.pop() {
        let Some(definition) = contract.types.get(&of) else { continue };
        let types = fields(definition).iter().filter_map(|field| named(&field.node.ty.node));
        // What a row is about (`subject`) may be of any kind; each kind has its own subscription.
        for name in types.filter(|name| *name != "Node") {
            // Of an interface it may be any type.
            let of_interface =
                contract.types.iter().filter(|(_, of)| is(of, name)).map(|(kind, _)| kind.as_str());
            for kind in of_interface.chain([name]) {
                if !elsewhere.contains(kind) && seen.insert(kind.to_owned()) {
                    waiting.push(kind.to_owned());
                }
            }
        }
    }
    seen.retain(|kind| contract.types.get(kind).is_some_and(|of| is(of, "Node")));
    seen
}

fn is(of: &async_graphql::parser::types::TypeDefinition, interface: &str) -> bool {
    implements(of).iter().any(|implemented| implemented.node == interface)
}

#[test]
fn every_subscription_declares_what_it_shows() {
    let contract = Contract::read(&sdl());
    let kinds: BTreeMap<_, _> = KINDS.iter().copied().collect();
    let of = |nouns: &[&'static str]| nouns.iter().map(|noun| kinds[noun]).collect::<BTreeSet<_>>();
    let declared: BTreeMap<_, Shows> = SHOWS.iter().map(|shows| (shows.field, *shows)).collect();
    let subscriptions = fields(&contract.types["Subscription"]);
    let names: Vec<_> = subscriptions.iter().map(|field| field.node.name.node.as_str()).collect();
    assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), declared.keys().copied().collect());
    for field in subscriptions {
        let shows = declared[field.node.name.node.as_str()];
        let message = &contract.types[named(&field.node.ty.node).unwrap()];
        let rows = fields(message).iter().filter_map(|field| listed(&field.node.ty.node));
        let (embeds, elsewhere) = (of(&[shows.embeds, shows.counts].concat()), of(shows.elsewhere));
        // The edge of a row shows what the row shows.
        let of_edge =
            |row: &str| contract.field(row, "node").and_then(|node| named(&node.ty.node).map(str::to_owned));
        let rows: Vec<String> = rows.map(|row| of_edge(row).unwrap_or_else(|| row.to_owned())).collect();
        // Numbers of a day refer to nothing.
        for row in rows.iter().filter(|row| contract.field(row, "id").is_some()) {
            let mut shown = shown(&contract, row, &elsewhere);
            shown.remove(row);
            let shown: BTreeSet<_> = shown.iter().map(String::as_str).collect();
            assert_eq!(shown, embeds, "{}: what a {row} shows, and what is declared", shows.field);
        }
    }
}
