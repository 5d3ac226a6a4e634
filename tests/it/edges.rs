//! Which crates and which nouns may depend on which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let rooms = ["base", "engine", "mail", "queue", "schema", "storage", "workers"];
    assert_eq!(of(&["guichet"], &links), rooms.map(|room| format!("guichet-{room}")));
}

#[test]
fn the_store_knows_no_web_and_no_queue() {
    let links = links("guichet-storage");
    assert_eq!(of(&["axum", "async-graphql", "apalis", "lettre"], &links), [""; 0]);
    let rooms = ["base", "engine", "schema", "storage"];
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
        ("mail", &[]),
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
    let rooms = ["base", "demo", "engine", "schema", "storage"];
    assert_eq!(of(&["guichet"], &links_of_demo), rooms.map(|room| format!("guichet-{room}")));
    for package in ["guichet-schema", "guichet-storage", "guichet-workers"] {
        assert_eq!(of(&["guichet-demo"], &links(package)), [""; 0]);
    }
}

/// The areas of the business: each may depend on those before it and on itself.
const AREAS: [&str; 7] = ["shared", "people", "desk", "month", "requests", "sites", "dashboards"];

/// The nouns that a source names, as (area, noun), without those in its unit tests.
fn named(source: &str) -> BTreeSet<(String, String)> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    // Comments may name any noun.
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let source = code.join("\n");
    let paths = source.split("crate::").skip(1).filter_map(|path| {
        let (area, rest) = path.split_once("::")?;
        let noun = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        AREAS.contains(&area).then(|| (area.to_owned(), noun.to_owned()))
    });
    // Names in a group: `use crate::people::{staff, session}`.
    let groups = source.split("crate::").skip(1).filter_map(|path| {
        let (area, rest) = path.split_once("::{")?;
        let (names, _) = rest.split_once('}')?;
        AREAS.contains(&area).then_some((area, names))
    });
    let grouped = groups.flat_map(|(area, names)| {
        let nouns = names.split(',').map(|name| name.split("::").next().unwrap_or_default().trim());
        nouns.map(|noun| (area.to_owned(), noun.to_owned())).collect::<Vec<_>>()
    });
    paths.chain(grouped).filter(|(_, noun)| !noun.is_empty() && noun != "self").collect()
}

/// The nouns of later areas that a source of this area names, which are not allowed.
fn backward(area: &str, source: &str) -> Vec<String> {
    let height = |area: &str| AREAS.iter().position(|known| *known == area);
    let above = named(source).into_iter().filter(|(named, _)| height(named) > height(area));
    above.map(|(area, noun)| format!("{area}/{noun}")).collect()
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
            let Some((area, _)) = owner(&path) else { continue };
            assert_eq!(backward(&area, &text), [""; 0], "{room}/{} depends on a later area", path.display());
        }
    }
}

#[test]
fn nouns_know_each_other_one_way() {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/src")) {
        let Some((area, noun)) = owner(&path) else { continue };
        let own = format!("{area}/{noun}");
        let others = named(&text).into_iter().map(|(area, noun)| format!("{area}/{noun}"));
        arrows.entry(own.clone()).or_default().extend(others.filter(|other| *other != own));
    }
    assert_eq!(circle(&arrows), None);
}

/// The tests of the areas find dependencies that are not allowed.
#[test]
fn planted_arrows_are_found() {
    let lines = [
        "use crate::desk::ticket::model::Ticket;",
        "    let seen = crate::desk::ticket::queries::visible(scope);",
        "use crate::desk::{charge, ticket};",
    ];
    for line in lines {
        assert!(backward("people", line).contains(&"desk/ticket".to_owned()), "{line}");
        assert_eq!(backward("desk", line), [""; 0], "{line}");
    }
    assert_eq!(backward("shared", "use crate::people::staff;"), ["people/staff"]);
    assert_eq!(backward("people", "use crate::shared::file;\nuse guichet_engine::store::Store;"), [""; 0]);
    let arrow = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect());
    let straight = BTreeMap::from([arrow("a", &["b", "c"]), arrow("b", &["c"]), arrow("c", &[])]);
    assert_eq!(circle(&straight), None);
    let round = BTreeMap::from([arrow("a", &["b"]), arrow("b", &["c"]), arrow("c", &["b"])]);
    assert_eq!(circle(&round), Some(vec!["b".to_owned(), "c".to_owned()]));
}
