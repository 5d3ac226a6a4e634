//! The rooms and their doors: which crate may know which.

use std::collections::BTreeSet;
use std::process::Command;

/// The names of all that `package` links, without what only its build or its tests use.
fn links(package: &str) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let output = tree.args(["--package", package]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

/// What of `links` is one of `families` or a member of it, as `apalis-core` is of `apalis`.
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

/// What knows no noun: each of these crates is compiled without the business.
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

/// Of the mechanisms each knows one framework at most.
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

/// No C library of a database or of TLS must be there to build or run (aws-lc is built from source).
#[test]
fn no_system_library_is_linked() {
    let links = links("guichet-server");
    assert_eq!(of(&["pq-sys", "openssl-sys", "native-tls"], &links), [""; 0]);
}
