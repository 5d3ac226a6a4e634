//! The shape of a text, computed before any parser recurses over it.

use std::ops::Range;

/// The nesting and the length of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// The most brackets of any kind that are open at once.
    pub depth: u64,
    /// GraphQL: the number of tokens. JSON: an upper bound of the number of values.
    pub length: u64,
    open: u64,
}

impl Shape {
    fn opened(&mut self) {
        self.open += 1;
        self.depth = self.depth.max(self.open);
        self.length += 1;
    }

    fn closed(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}

/// The shape of a GraphQL document; `None` when a string is not terminated.
pub(super) fn document(text: &str) -> Option<Shape> {
    let text = text.as_bytes();
    let mut shape = Shape::default();
    let mut at = 0;
    while let Some(token) = token(text, at).ok()? {
        match text[token.start] {
            b'{' | b'[' | b'(' => shape.opened(),
            b'}' | b']' | b')' => shape.closed(),
            _ => shape.length += 1,
        }
        at = token.end;
    }
    Some(shape)
}

/// The strings of a GraphQL document with their quotes, except block strings, which have no escapes.
pub(super) fn strings(text: &str) -> impl Iterator<Item = Range<usize>> {
    let text = text.as_bytes();
    let mut at = 0;
    let tokens = std::iter::from_fn(move || {
        let token = token(text, at).ok()??;
        at = token.end;
        Some(token)
    });
    tokens.filter(|token| text[token.start] == b'"' && !text[token.clone()].starts_with(BLOCK))
}

/// A string is not terminated.
struct Endless;

/// The first token at or behind `at`. Strings and comments are read as the parser reads them, otherwise a bracket could
/// be hidden from one of the two.
fn token(text: &[u8], mut at: usize) -> Result<Option<Range<usize>>, Endless> {
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        let length = match byte {
            b' ' | b',' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += run(rest, |byte| !matches!(byte, b'\n' | b'\r'));
                continue;
            }
            b'"' => string(rest).ok_or(Endless)?,
            _ => run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_').max(1),
        };
        return Ok(Some(at..at + length));
    }
    Ok(None)
}

/// The shape of a JSON text, which may be malformed.
pub(super) fn json(text: &[u8]) -> Shape {
    let mut shape = Shape { length: 1, ..Shape::default() };
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += match byte {
            b'"' => quoted(&text[at..], false).unwrap_or(text.len()),
            b'{' | b'[' => {
                shape.opened();
                1
            }
            b'}' | b']' => {
                shape.closed();
                1
            }
            b',' => {
                shape.length += 1;
                1
            }
            _ => 1,
        };
    }
    shape
}

/// The quotes of a block string.
const BLOCK: &[u8] = b"\"\"\"";

/// The number of bytes at the start of `text` for which `part` holds.
fn run(text: &[u8], part: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| part(byte)).count()
}

/// The length in bytes of the GraphQL string, plain or block, at the start of `text`.
fn string(text: &[u8]) -> Option<usize> {
    if !text.starts_with(BLOCK) {
        return quoted(text, true);
    }
    let mut at = BLOCK.len();
    while at < text.len() {
        match &text[at..] {
            rest if rest.starts_with(BLOCK) => return Some(at + BLOCK.len()),
            rest if rest.starts_with(b"\\\"\"\"") => at += 1 + BLOCK.len(),
            _ => at += 1,
        }
    }
    None
}

/// The length in bytes of the quoted string at the start of `text`; `None` when it is not terminated, or not on
/// its line where it must be.
fn quoted(text: &[u8], one_line: bool) -> Option<usize> {
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b'\n' | b'\r' if one_line => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> (u64, u64) {
        let shape = document(text).expect("terminated");
        (shape.depth, shape.length)
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert_eq!(seen("{ a }"), (1, 2));
        assert_eq!(seen("{ a(b: {c: [1]}) } # {{{{\n"), (4, 10));
        assert_eq!(seen(r#"{ a(b: "{{{\"{{{") }"#), (2, 6));
        assert_eq!(seen("{ a(b: \"\"\"{{ \" \"\" \\\"\"\" {{\n{{\"\"\") }"), (2, 6));
        assert_eq!(seen("{ a(b: \"\") { c } }"), (2, 8));
    }

    #[test]
    fn a_string_without_an_end_hides_nothing() {
        assert_eq!(document("{ a(b: \"x\n{{{{\") }"), None);
        assert_eq!(document("{ a(b: [\"\"\" x\" {{{{ ]) }"), None);
        assert_eq!(document("{ a(b: \"x\\"), None);
    }

    #[test]
    fn json_is_counted_without_its_strings() {
        let shape = json(br#"{"a":[1,2,{"b":"[[[,,,\"[["}],"c":[]}"#);
        assert_eq!(shape.depth, 3);
        assert!(shape.length >= 7, "{shape:?}");
        assert_eq!(json(b"[\"unterminated, [[[").depth, 1);
        assert_eq!(json("[".repeat(10_000).as_bytes()).depth, 10_000);
    }
}
