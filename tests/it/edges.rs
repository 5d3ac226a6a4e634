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
    assert_eq!(of(&["guichet"], &links), ["guichet-schema", "guichet-storage", "guichet-workers"]);
}

#[test]
fn the_store_knows_no_web_and_no_queue() {
    let links = links("guichet-storage");
    assert_eq!(of(&["axum", "async-graphql", "apalis", "lettre"], &links), [""; 0]);
    assert_eq!(of(&["guichet"], &links), ["guichet-schema", "guichet-storage"]);
}

/// No C library of a database or of TLS must be there to build or run (aws-lc is built from source).
#[test]
fn no_system_library_is_linked() {
    let links = links("guichet-server");
    assert_eq!(of(&["pq-sys", "openssl-sys", "native-tls"], &links), [""; 0]);
}

#[test]
fn the_business_does_not_know_the_demo() {
    assert_eq!(of(&["async-graphql", "apalis", "lettre"], &links("guichet-demo")), [""; 0]);
    for package in ["guichet-schema", "guichet-storage", "guichet-workers"] {
        assert_eq!(of(&["guichet-demo"], &links(package)), [""; 0]);
    }
}
