//! Paths and versions in the documents are right.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of the repository, relative to its root.
fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "target" | "node_modules" | ".git" | "data") {
            files(&path, found);
        } else {
            found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// The texts in backquotes, outside of code blocks.
fn quoted(text: &str) -> Vec<String> {
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    prose.join(" ").split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// Whether a word looks like a path in the repository: it ends like one of our files, or begins with one of our
/// folders.
fn is_path(word: &str) -> bool {
    const ROOMS: [&str; 8] =
        ["schema/", "server/", "workers/", "migrations/", "tests/", "deploy/", "docs/", ".ci/"];
    const KINDS: [&str; 7] = [".rs", ".md", ".toml", ".graphql", ".sample", ".service", ".ftl"];
    let plain = !word.contains([' ', '$', '<', '…']) && !word.starts_with(['/', '~']);
    plain
        && (ROOMS.iter().any(|room| word.starts_with(room)) || KINDS.iter().any(|kind| word.ends_with(kind)))
}

/// Whether a file or folder has this path: the whole path if it begins with one of our folders, else the end of it.
fn exists(path: &str, files: &[String]) -> bool {
    let path = path.split("::").next().unwrap().trim_end_matches('/');
    if root().join(path).exists() {
        return true;
    }
    let below_a_room = path.split('/').next().is_some_and(|first| root().join(first).is_dir());
    let matches = |file: &String| match path.split_once('*') {
        Some((before, after)) => file.starts_with(before) && file.ends_with(after),
        None => !below_a_room && file.ends_with(&format!("/{path}")),
    };
    files.iter().any(matches)
}

/// README, packages and CI name the same oldest version of Node.js.
#[test]
fn one_oldest_node() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let setup = read(".ci/setup");
    let oldest = setup.lines().find_map(|line| line.strip_prefix("oldest_node=")).unwrap();
    for folder in ["tests/audits", "tests/browser", "tests/clients", "tests/example", "tests/peer"] {
        let engines = format!("\"engines\": {{ \"node\": \">={oldest}\" }}");
        assert!(read(&format!("{folder}/package.json")).contains(&engines), "{folder}");
    }
    assert!(read("README.md").contains(&format!("Node.js from {oldest} on")));
}

/// Every path in README.md and docs/ exists.
#[test]
fn paths_in_documents_exist() {
    let mut all = Vec::new();
    files(&root(), &mut all);
    let documents = all
        .iter()
        .filter(|file| file.as_str() == "README.md" || file.starts_with("docs/") && file.ends_with(".md"));
    let mut count = 0;
    let mut missing = Vec::new();
    for document in documents {
        for word in
            quoted(&fs::read_to_string(root().join(document)).unwrap()).iter().filter(|word| is_path(word))
        {
            count += 1;
            if !exists(word, &all) {
                missing.push(format!("{document}: {word}"));
            }
        }
    }
    assert!(count > 50, "{count} paths were found");
    assert!(missing.is_empty(), "{missing:#?}");
}
