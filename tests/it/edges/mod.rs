//! Which crates and which nouns may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod paths;

/// The names of all packages that `package` links, without those of its build and its tests.
fn links(package: &str) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let output = tree.args(["--package", package]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

/// Those of `links` that are one of `families` or belong to one, as `apalis-core` to `apalis`.
fn of(families: &[&str], links: &BTreeSet<String>) -> Vec<String> {
    let belongs = |name: &String| {
        families.iter().any(|family| {
            name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    links.iter().filter(|name| belongs(name)).cloned().collect()
}

#[test]
fn the_business_knows_no_framework() {
    let links = links("guichet-schema");
    let framework = [
        "axum",
        "async-graphql",
        "lettre",
        "apalis",
        "redis",
        "object_store",
        "reqwest",
        "guichet-edge",
        "guichet-embedded",
        "guichet-mail",
        "guichet-queue",
        "guichet-server",
        "guichet-storage",
        "guichet-workers",
    ];
    assert_eq!(of(&framework, &links), [""; 0]);
    assert_eq!(of(&["diesel-async"], &links), ["diesel-async"]);
}

#[test]
fn the_workers_know_no_web() {
    let links = links("guichet-workers");
    assert_eq!(of(&["axum", "async-graphql", "guichet-server"], &links), [""; 0]);
    let rooms = ["base", "engine", "mail", "obligations", "queue", "schema", "storage", "workers"];
    assert_eq!(of(&["guichet"], &links), rooms.map(|room| format!("guichet-{room}")));
}

#[test]
fn the_store_knows_no_web_and_no_queue() {
    let links = links("guichet-storage");
    assert_eq!(of(&["axum", "async-graphql", "apalis", "lettre"], &links), [""; 0]);
    let rooms = ["base", "engine", "obligations", "schema", "storage"];
    assert_eq!(of(&["guichet"], &links), rooms.map(|room| format!("guichet-{room}")));
}

/// Crates without nouns do not depend on the business.
#[test]
fn mechanisms_know_no_business() {
    for (package, knows) in [
        ("base", &[][..]),
        ("engine", &["base"]),
        ("edge", &["base"]),
        ("embedded", &[]),
        ("mail", &["base"]),
        ("obligations", &["base"]),
        ("queue", &["base", "engine"]),
    ] {
        let package = format!("guichet-{package}");
        let mut known: Vec<String> = knows.iter().map(|room| format!("guichet-{room}")).collect();
        known.push(package.clone());
        known.sort();
        assert_eq!(of(&["guichet"], &links(&package)), known, "{package}");
    }
}

/// Each of these crates uses only its own frameworks.
#[test]
fn a_mechanism_knows_its_own_framework() {
    let frameworks = ["apalis", "async-graphql", "axum", "diesel-async", "lettre", "object_store", "redis"];
    for (package, knows) in [
        ("base", &[][..]),
        ("engine", &["diesel-async"]),
        ("edge", &["async-graphql", "axum"]),
        ("embedded", &[]),
        ("mail", &["lettre"]),
        ("obligations", &[]),
        ("queue", &["apalis", "diesel-async"]),
    ] {
        let strangers: Vec<&str> = frameworks.into_iter().filter(|name| !knows.contains(name)).collect();
        let links = links(&format!("guichet-{package}"));
        assert_eq!(of(&strangers, &links), [""; 0], "guichet-{package}");
    }
}

/// No system library of a database or of TLS is needed to build or run (aws-lc is built from source).
#[test]
fn no_system_library_is_linked() {
    let links = links("guichet-server");
    assert_eq!(of(&["pq-sys", "openssl-sys", "native-tls"], &links), [""; 0]);
}

#[test]
fn the_business_does_not_know_the_demo() {
    let links_of_demo = links("guichet-demo");
    assert_eq!(of(&["async-graphql", "apalis", "axum", "lettre"], &links_of_demo), [""; 0]);
    let rooms = ["base", "demo", "engine", "obligations", "schema", "storage"];
    assert_eq!(of(&["guichet"], &links_of_demo), rooms.map(|room| format!("guichet-{room}")));
    for package in ["guichet-schema", "guichet-storage", "guichet-workers"] {
        assert_eq!(of(&["guichet-demo"], &links(package)), [""; 0]);
    }
}

/// The areas of the business: each may depend on those before it and on itself.
const AREAS: [&str; 7] = ["shared", "people", "desk", "month", "requests", "sites", "dashboards"];

/// What a source names in areas: the area, and the noun; none when it names a whole area.
type Named = (String, Option<String>);

fn named(path: &Path, source: &str) -> BTreeSet<Named> {
    let end = path.with_extension("");
    let module: Vec<&str> =
        end.iter().filter_map(|part| part.to_str()).filter(|part| *part != "mod" && *part != "lib").collect();
    let paths = paths::named(source, &module).into_iter().filter_map(|path| {
        let mut path = path.into_iter();
        let area = path.next().filter(|area| AREAS.contains(&area.as_str()))?;
        Some((area, path.next()))
    });
    paths.collect()
}

/// What a source of an area names in later areas, which is not allowed.
fn backward(path: &Path, source: &str) -> Vec<String> {
    let height = |area: &str| AREAS.iter().position(|known| *known == area);
    let Some((own, _)) = owner(path) else { return Vec::new() };
    let above = named(path, source).into_iter().filter(|(area, _)| height(area) > height(&own));
    above.map(|(area, noun)| format!("{area}/{}", noun.unwrap_or_default())).collect()
}

/// The other nouns that a source names. To name a whole area would hide which.
fn others(path: &Path, source: &str) -> BTreeSet<String> {
    let own = owner(path);
    let named = named(path, source).into_iter().map(|(area, noun)| {
        let noun = noun.unwrap_or_else(|| panic!("{} names a whole area, {area}", path.display()));
        (area, noun)
    });
    let others = named.filter(|named| own.as_ref() != Some(named));
    others.map(|(area, noun)| format!("{area}/{noun}")).collect()
}

/// A circle of dependencies between nouns, if there is one.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        at: &str,
        arrows: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(begin) = way.iter().position(|noun| noun == at) {
            return Some(way[begin..].to_vec());
        }
        if done.contains(at) {
            return None;
        }
        way.push(at.to_owned());
        let found = arrows.get(at).into_iter().flatten().find_map(|next| walk(next, arrows, way, done));
        way.pop();
        done.insert(at.to_owned());
        found
    }
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|noun| walk(noun, arrows, &mut Vec::new(), &mut done))
}

/// The sources in a folder, with their paths relative to it.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), text));
            }
        }
    }
    found
}

/// The area and noun that a source belongs to; none for sources outside the areas.
fn owner(path: &Path) -> Option<(String, String)> {
    let mut parts = path.iter().filter_map(|part| part.to_str());
    let (area, noun) = (parts.next()?, parts.next()?);
    AREAS.contains(&area).then(|| (area.to_owned(), noun.trim_end_matches(".rs").to_owned()))
}

#[test]
fn arrows_between_areas_go_one_way() {
    for room in ["../schema/src", "../workers/src"] {
        for (path, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(room)) {
            assert_eq!(backward(&path, &text), [""; 0], "{room}/{} depends on a later area", path.display());
        }
    }
}

#[test]
fn nouns_know_each_other_one_way() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/src")) {
        // `people/mod.rs` belongs to no noun and only lists them.
        let Some((area, noun)) = owner(&path).filter(|(_, noun)| noun != "mod") else { continue };
        arrows.entry(format!("{area}/{noun}")).or_default().extend(others(&path, &text));
    }
    assert_eq!(circle(&arrows), None);
}

/// The tests of the areas find dependencies that are not allowed, however they are written.
#[test]
fn planted_arrows_are_found() {
    let staff = Path::new("people/staff/queries.rs");
    for line in [
        "use crate::desk::ticket::model::Ticket;",
        "fn f() { let seen = crate::desk::ticket::queries::visible(scope); }",
        "use crate::desk::{charge, ticket};",
        "use crate::{desk::ticket, people};",
        "use crate::{\n    people::{staff::{self, model}, session},\n    desk::{charge::{self}, ticket as other},\n};",
        "use super::super::super::desk::ticket;",
        "mod inner { use super::super::super::super::desk::ticket; }",
        "macro_rules! m { () => { $crate::desk::ticket::model::Ticket }; }",
        "use crate /* far */ :: desk\n    ::ticket;",
        "type T = Vec<crate::desk::ticket::Ticket>;",
        "#[derive(Debug)]\n#[cfg(test)]\nmod tests { use crate::shared::file; }\nuse crate::desk::ticket;",
    ] {
        assert!(backward(staff, line).contains(&"desk/ticket".to_owned()), "{line}");
        assert_eq!(backward(Path::new("desk/charge/rules/late.rs"), line), [""; 0], "{line}");
    }
    for whole in
        ["use crate::desk;", "use crate::desk as d;", "use crate::desk::*;", "use crate::{desk::{self}};"]
    {
        assert_eq!(backward(staff, whole), ["desk/"], "{whole}");
    }
    assert_eq!(backward(Path::new("shared/file.rs"), "use crate::people::staff;"), ["people/staff"]);
    for allowed in [
        "use crate::shared::file;\nuse guichet_engine::store::Store;",
        "//! See [`crate::desk::ticket`].\n/* crate::desk::ticket */",
        "const TEXT: &str = \"crate::desk::ticket\";",
        "#[cfg(test)]\nmod tests { use crate::desk::ticket; }",
        "pub(in crate::people) fn f() {}",
        "pub(crate) fn desk() {}",
    ] {
        assert_eq!(backward(staff, allowed), [""; 0], "{allowed}");
    }
    let nouns = others(
        Path::new("desk/charge/mod.rs"),
        "use super::ticket; use super::rules; use crate::people::staff;",
    );
    assert_eq!(nouns.into_iter().collect::<Vec<_>>(), ["desk/rules", "desk/ticket", "people/staff"]);
    let arrow = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect());
    let straight = BTreeMap::from([arrow("a", &["b", "c"]), arrow("b", &["c"]), arrow("c", &[])]);
    assert_eq!(circle(&straight), None);
    let round = BTreeMap::from([arrow("a", &["b"]), arrow("b", &["c"]), arrow("c", &["b"])]);
    assert_eq!(circle(&round), Some(vec!["b".to_owned(), "c".to_owned()]));
}

/// A test file that no module names is not compiled, and its tests are never run.
#[test]
fn every_test_file_is_compiled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it");
    let sources: BTreeMap<PathBuf, String> = sources(&folder).into_iter().collect();
    for path in sources.keys().filter(|path| *path != Path::new("main.rs")) {
        let of = if path.ends_with("mod.rs") { path.parent().unwrap() } else { path };
        let above = of.parent().unwrap();
        let names = [above.join("mod.rs"), above.join("main.rs"), above.with_extension("rs")];
        let line = format!("mod {};", of.file_stem().unwrap().display());
        let is_named = |name| {
            sources.get(name).is_some_and(|text| {
                text.lines().any(|text| text.trim() == line || text.trim() == format!("pub {line}"))
            })
        };
        assert!(names.iter().any(is_named), "no module names {}", path.display());
    }
}
