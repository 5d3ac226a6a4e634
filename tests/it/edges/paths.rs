//! The paths that a source names, read from its tokens: comments and strings do not count, groups, `super` and line
//! breaks do.

use std::collections::BTreeSet;
use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path from the crate's root: `["people", "staff", "queries"]`.
pub type Path = Vec<String>;

/// All paths within the crate that `source` names as the module `module`, except in its own tests.
pub fn named(source: &str, module: &[&str]) -> BTreeSet<Path> {
    let module: Path = module.iter().map(|name| (*name).to_owned()).collect();
    let mut found = BTreeSet::new();
    read(source.parse().expect("Rust"), &module, &mut found);
    found
}

type Tokens = Peekable<IntoIter>;

fn read(tokens: TokenStream, module: &Path, found: &mut BTreeSet<Path>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if tokens.next_if(is_of_tests).is_some() {
                    skip_item(&mut tokens);
                }
            }
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                if let Some(TokenTree::Group(body)) = tokens.next_if(is_braces) {
                    read(body.stream(), &[&module[..], &[name]].concat(), found);
                }
            }
            TokenTree::Ident(word) if word == "crate" => {
                path(Path::new(), module, &mut tokens, found);
            }
            TokenTree::Ident(word) if word == "self" || word == "super" => {
                let up = usize::from(word == "super");
                path(above(module, up), module, &mut tokens, found);
            }
            TokenTree::Group(group) => read(group.stream(), module, found),
            TokenTree::Ident(word) if word == "pub" => {
                // `pub(in crate::people)` depends on nothing.
                tokens.next_if(|token| matches!(token, TokenTree::Group(_)));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn is_of_tests(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.to_string().replace(' ', "") == "[cfg(test)]")
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn skip_item(tokens: &mut Tokens) {
    for token in tokens {
        let is_end = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        if is_end || is_braces(&token) {
            break;
        }
    }
}

fn above(module: &Path, levels: usize) -> Path {
    module[..module.len().saturating_sub(levels)].to_vec()
}

/// Reads on after the first word of a path; false when the word stands alone.
fn path(mut at: Path, module: &Path, tokens: &mut Tokens, found: &mut BTreeSet<Path>) -> bool {
    let mut is_longer = false;
    while separator(tokens) {
        is_longer = true;
        match tokens.next() {
            Some(TokenTree::Ident(word)) if word == "super" => at = above(&at, 1),
            Some(TokenTree::Ident(word)) if word == "self" => {}
            Some(TokenTree::Ident(word)) => at.push(word.to_string()),
            Some(TokenTree::Group(group)) => {
                group_of(&at, module, &group, found);
                return true;
            }
            // A glob or a type's parameters end a path.
            Some(TokenTree::Punct(_) | TokenTree::Literal(_)) | None => break,
        }
    }
    if is_longer {
        found.insert(at);
    }
    is_longer
}

/// Whether `::` is next, which is then read.
fn separator(tokens: &mut Tokens) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let mut ahead = tokens.clone();
    let is_next = ahead.next().is_some_and(|token| is_colon(&token))
        && ahead.next().is_some_and(|token| is_colon(&token));
    if is_next {
        *tokens = ahead;
    }
    is_next
}

/// `{staff, client::{self, model}}` behind a path.
fn group_of(at: &Path, module: &Path, group: &Group, found: &mut BTreeSet<Path>) {
    let mut tokens = group.stream().into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let TokenTree::Ident(word) = &token {
            let mut inner = at.clone();
            if word != "self" {
                inner.push(word.to_string());
            }
            if !path(inner.clone(), module, &mut tokens, found) {
                found.insert(inner);
            }
        } else if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '*') {
            found.insert(at.clone());
        }
        // What follows up to the comma is another name for it.
        tokens.by_ref().find(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    }
}
