//! Detects changes that would break clients of an older contract.
//!
//! The contract of the last release is `schema/released.graphql`; to cut a release, copy `schema/schema.graphql`
//! there. Before the first release the file does not exist, and anything may change. What is marked `@deprecated`
//! in one release may be removed in the next.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
};
use async_graphql::{Name, Positioned};
use guichet_server::graphql::sdl;

use crate::reading::{Contract, fields, implements, is_deprecated, is_required};

/// What clients of `old` may use and `new` no longer offers.
pub fn breaking(old: &Contract, new: &Contract) -> Vec<String> {
    let mut found = Vec::new();
    for name in promised(old) {
        match (old.types.get(&name), new.types.get(&name)) {
            (Some(before), Some(after)) => changed(before, after, &mut found),
            (Some(_), None) => found.push(format!("{name} is gone")),
            // A scalar of the specification.
            (None, _) => {}
        }
    }
    found
}

/// The types that a client can reach without deprecated fields; other types may be removed together with these
/// fields.
fn promised(contract: &Contract) -> BTreeSet<String> {
    let mut promised = BTreeSet::new();
    let mut open = contract.roots.clone();
    while let Some(name) = open.pop() {
        let Some(definition) = contract.types.get(&name) else { continue };
        if !promised.insert(name.clone()) {
            continue;
        }
        for field in fields(definition)
            .iter()
            .map(|field| &field.node)
            .filter(|field| !is_deprecated(&field.directives))
        {
            open.push(named(&field.ty.node));
            open.extend(inputs(&field.arguments));
        }
        match &definition.kind {
            TypeKind::InputObject(object) => open.extend(inputs(&object.fields)),
            TypeKind::Union(union) => open.extend(union.members.iter().map(|member| member.node.to_string())),
            TypeKind::Interface(_) => {
                let is_one =
                    |of: &TypeDefinition| implements(of).iter().any(|interface| interface.node == name);
                open.extend(contract.types.iter().filter(|(_, of)| is_one(of)).map(|(name, _)| name.clone()));
            }
            TypeKind::Scalar | TypeKind::Object(_) | TypeKind::Enum(_) => {}
        }
    }
    promised
}

fn inputs(values: &[Positioned<InputValueDefinition>]) -> impl Iterator<Item = String> {
    let kept = values.iter().filter(|value| !is_deprecated(&value.node.directives));
    kept.map(|value| named(&value.node.ty.node))
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(item) => named(item),
    }
}

fn changed(before: &TypeDefinition, after: &TypeDefinition, found: &mut Vec<String>) {
    let name = &before.name.node;
    match (&before.kind, &after.kind) {
        (TypeKind::Scalar, TypeKind::Scalar) => {}
        (TypeKind::Object(_), TypeKind::Object(_)) | (TypeKind::Interface(_), TypeKind::Interface(_)) => {
            names_stay(name, implements(before).iter(), implements(after).iter(), found);
            for old in fields(before).iter().map(|field| &field.node) {
                let new = fields(after).iter().find(|new| new.node.name.node == old.name.node);
                field_changed(&format!("{name}.{}", old.name.node), old, new.map(|new| &new.node), found);
            }
        }
        (TypeKind::Union(old), TypeKind::Union(new)) => {
            names_stay(name, old.members.iter(), new.members.iter(), found);
        }
        (TypeKind::Enum(old), TypeKind::Enum(new)) => {
            let kept = old.values.iter().filter(|value| !is_deprecated(&value.node.directives));
            names_stay(
                name,
                kept.map(|old| &old.node.value),
                new.values.iter().map(|new| &new.node.value),
                found,
            );
        }
        (TypeKind::InputObject(old), TypeKind::InputObject(new)) => {
            inputs_changed(&format!("{name}."), &old.fields, &new.fields, found);
        }
        _ => found.push(format!("{name} is another kind of type")),
    }
}

fn names_stay<'a>(
    of: &Name,
    before: impl Iterator<Item = &'a Positioned<Name>>,
    after: impl Iterator<Item = &'a Positioned<Name>>,
    found: &mut Vec<String>,
) {
    let after: BTreeSet<&str> = after.map(|name| name.node.as_str()).collect();
    let gone = before.filter(|name| !after.contains(name.node.as_str()));
    found.extend(gone.map(|name| format!("{of} is no longer {}", name.node)));
}

fn field_changed(place: &str, old: &FieldDefinition, new: Option<&FieldDefinition>, found: &mut Vec<String>) {
    let Some(new) = new else {
        if !is_deprecated(&old.directives) {
            found.push(format!("{place} is gone"));
        }
        return;
    };
    if !fits(&new.ty.node, &old.ty.node) {
        found.push(format!("{place} was {}, is {}", old.ty.node, new.ty.node));
    }
    inputs_changed(&format!("{place}:"), &old.arguments, &new.arguments, found);
}

fn inputs_changed(
    place: &str,
    old: &[Positioned<InputValueDefinition>],
    new: &[Positioned<InputValueDefinition>],
    found: &mut Vec<String>,
) {
    let of = |values: &[Positioned<InputValueDefinition>], name: &Name| {
        values.iter().map(|value| &value.node).find(|value| value.name.node == *name).cloned()
    };
    for before in old.iter().map(|value| &value.node) {
        let name = &before.name.node;
        match of(new, name) {
            None if is_deprecated(&before.directives) => {}
            None => found.push(format!("{place}{name} is gone")),
            Some(after) if !fits(&before.ty.node, &after.ty.node) => {
                found.push(format!("{place}{name} took {}, takes {}", before.ty.node, after.ty.node));
            }
            Some(after) if is_required(&after) && !is_required(before) => {
                found.push(format!("{place}{name} is now required"));
            }
            Some(_) => {}
        }
    }
    for after in new.iter().map(|value| &value.node) {
        if is_required(after) && of(old, &after.name.node).is_none() {
            found.push(format!("{place}{} is new and required", after.name.node));
        }
    }
}

/// Whether every value of type `given` is valid for type `taken`.
fn fits(given: &Type, taken: &Type) -> bool {
    let same = match (&given.base, &taken.base) {
        (BaseType::Named(given), BaseType::Named(taken)) => given == taken,
        (BaseType::List(given), BaseType::List(taken)) => fits(given, taken),
        _ => false,
    };
    same && (taken.nullable || !given.nullable)
}

/// Clients written for the last release work with this one.
#[test]
fn the_last_release_is_honoured() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/released.graphql");
    let released = fs::read_to_string(file).unwrap_or_else(|_| sdl());
    assert_eq!(breaking(&Contract::read(&released), &Contract::read(&sdl())), [""; 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "
        schema { query: Query }
        type Query { a(x: Int, y: Int! = 1): String  b: B!  go: Gone @deprecated  list(in: In): [Int!] }
        interface Named { name: String }
        type B implements Named { name: String  state: State  old: Int @deprecated  any: U }
        type C { c: Int }  type D { d: Int }
        union U = B | C
        enum State { ON OFF LATER @deprecated }
        input In { p: Int!  q: String  r: Int @deprecated }
        type Gone { only: Int }";

    fn after(changes: &[(&str, &str)]) -> Vec<String> {
        let new = changes.iter().fold(OLD.to_owned(), |sdl, (from, to)| {
            assert!(sdl.contains(from), "{from}");
            sdl.replace(from, to)
        });
        breaking(&Contract::read(OLD), &Contract::read(&new))
    }

    #[test]
    fn what_breaks() {
        for (from, to, told) in [
            ("b: B!", "b: B", "Query.b was B!, is B"),
            ("b: B!", "", "Query.b is gone"),
            ("x: Int,", "x: Int!,", "Query.a:x took Int, takes Int!"),
            ("x: Int,", "x: String,", "Query.a:x took Int, takes String"),
            ("x: Int,", "", "Query.a:x is gone"),
            ("x: Int,", "x: Int, z: Int!,", "Query.a:z is new and required"),
            ("y: Int! = 1", "y: Int!", "Query.a:y is now required"),
            ("[Int!]", "[Int]", "Query.list was [Int!], is [Int]"),
            ("[Int!]", "Int", "Query.list was [Int!], is Int"),
            (" ON ", " ", "State is no longer ON"),
            ("= B | C", "= B", "U is no longer C"),
            ("B implements Named", "B", "B is no longer Named"),
            ("q: String", "", "In.q is gone"),
            ("q: String", "q: String!", "In.q took String, takes String!"),
            ("q: String", "q: String s: Int!", "In.s is new and required"),
            ("enum State { ON OFF LATER @deprecated }", "scalar State", "State is another kind of type"),
            ("type C { c: Int }", "", "C is gone"),
        ] {
            assert_eq!(after(&[(from, to)]), [told], "{from} → {to}");
        }
    }

    #[test]
    fn what_does_not() {
        for (from, to) in [
            ("a(x: Int", "a(n: Int, x: Int"),
            ("a(x: Int, y: Int! = 1): String ", "a(x: Int, y: Int): String! "),
            ("[Int!]", "[Int!]!"),
            (" ON ", " ON AUTO "),
            ("LATER @deprecated", ""),
            ("old: Int @deprecated", ""),
            ("r: Int @deprecated", ""),
            ("p: Int!", "p: Int"),
            ("q: String", "q: String s: Int! = 3"),
            ("type D { d: Int }", ""),
        ] {
            assert_eq!(after(&[(from, to)]), [""; 0], "{from} → {to}");
        }
        let together = [("go: Gone @deprecated", ""), ("type Gone { only: Int }", "")];
        assert_eq!(after(&together), [""; 0], "what only a deprecated field led to goes with it");
    }
}
