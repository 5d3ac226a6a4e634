//! Escapes of the GraphQL specification of September 2025 (2.9.4) that async-graphql's parser does not read yet:
//! `\u{1F600}`, and the surrogate pair `\uD83D\uDE00`, as which encoders of JSON write the same character.

use std::borrow::Cow;

use super::scan;

/// The document with each of these escapes replaced by its character. Blanks behind the string keep the columns of what
/// follows. An escape that means no character stays, and the parser refuses it.
pub(super) fn replaced(document: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut copied = 0;
    for string in scan::strings(document) {
        let text = &document[string.clone()];
        if text.contains("\\u") {
            plain.push_str(&document[copied..string.start]);
            plain.push_str(&in_string(text));
            copied = string.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(document);
    }
    plain.push_str(&document[copied..]);
    Cow::Owned(plain)
}

/// A string with its quotes.
fn in_string(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut missing = 0;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let (written, length) = match character(escape) {
            Some((c, length)) => (spelled(c), length),
            // Another escape: the backslash and the character that it escapes.
            None => {
                let length = escape.char_indices().nth(2).map_or(escape.len(), |(length, _)| length);
                (escape[..length].to_owned(), length)
            }
        };
        missing += length.saturating_sub(written.chars().count());
        plain.push_str(&written);
        rest = &escape[length..];
    }
    plain.push_str(rest);
    plain.extend(std::iter::repeat_n(' ', missing));
    plain
}

/// The character of one of the escapes at the start of `text`, and the length of the escape in bytes.
fn character(text: &str) -> Option<(char, usize)> {
    if let Some(text) = text.strip_prefix("\\u{") {
        let (digits, _) = text.split_once('}')?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let significant = digits.trim_start_matches('0');
        let number = if significant.is_empty() { 0 } else { u32::from_str_radix(significant, 16).ok()? };
        return char::from_u32(number).filter(|_| is_number).map(|c| (c, digits.len() + "\\u{}".len()));
    }
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    const UNIT: usize = "\\uD83D".len();
    let pair = [unit(0)?, unit(UNIT)?];
    let mut decoded = char::decode_utf16(pair);
    match (decoded.next(), decoded.next()) {
        (Some(Ok(c)), None) => Some((c, 2 * UNIT)),
        _ => None,
    }
}

/// A character in a string: as it is, or in the one escape that every parser reads.
fn spelled(c: char) -> String {
    if c.is_control() || matches!(c, '"' | '\\') { format!("\\u{:04X}", u32::from(c)) } else { c.to_string() }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::{DocumentOperations, Selection};
    use proptest::prelude::*;

    use super::*;

    /// The value of the first argument of the first field.
    fn value(document: &str) -> Option<String> {
        let document = parse_query(replaced(document)).ok()?;
        let DocumentOperations::Single(operation) = document.operations else { return None };
        let Selection::Field(field) = &operation.node.selection_set.node.items.first()?.node else {
            return None;
        };
        match field.node.arguments.first()?.1.node.clone().into_const()? {
            async_graphql::Value::String(text) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn both_escapes_are_characters() {
        for (written, expected) in [
            (r"\uD83D\uDE00", "😀"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\u{1F600}", "😀"),
            (r"\u{00001f600}", "😀"),
            (r"a\u{e9}b\u00E9c", "aébéc"),
            (r"\u{22}\u{5c}\u{a}\u{0}", "\"\\\n\0"),
            (r"\\u{1F600}", r"\u{1F600}"),
            (r"\\\u{1F600}\n", "\\😀\n"),
            (r"\u{10FFFF}", "\u{10ffff}"),
        ] {
            assert_eq!(value(&format!("{{ a(b: \"{written}\") }}")).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_no_character_is_refused() {
        for written in [
            r"\uD83D",
            r"\uDE00",
            r"\uDE00\uD83D",
            r"\uD83D\u0041",
            r"\uD83Dx",
            r"\u{D83D}",
            r"\u{110000}",
            r"\u{}",
            r"\u{1F600",
            r"\u{1G}",
            r"\u{ 41}",
            r"\u{+41}",
            r"\u{FFFFFFFFFF}",
            r"\u12",
            r"\u",
        ] {
            assert_eq!(value(&format!("{{ a(b: \"{written}\") }}")), None, "{written}");
        }
    }

    #[test]
    fn only_strings_have_escapes_and_columns_stay() {
        let document = "{ # \\u{41}\n a(b: \"\"\"\\u{41}\"\"\", c: \"\\u{41}\", d: \"é\\uD83D\\uDE00\") }";
        let plain = replaced(document);
        assert_eq!(plain, "{ # \\u{41}\n a(b: \"\"\"\\u{41}\"\"\", c: \"A\"     , d: \"é😀\"           ) }");
        assert_eq!(plain.chars().count(), document.chars().count());
        assert!(matches!(replaced("{ a(b: \"x\") }"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_text_survives_its_escapes(text in "(.|[\\n\\t\"\\\\]){0,12}") {
            let braces: String = text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
            prop_assert_eq!(value(&format!("{{ a(b: \"{braces}\") }}")), Some(text.clone()));
            let mut units = [0; 2];
            let pairs: String = text
                .chars()
                .flat_map(|c| c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>())
                .collect();
            prop_assert_eq!(value(&format!("{{ a(b: \"{pairs}\") }}")), Some(text));
        }

        #[test]
        fn nothing_is_changed_outside_of_strings(document in "[\\PC\n]{0,40}") {
            if scan::document(&document).is_some() && !document.contains("\\u") {
                prop_assert_eq!(replaced(&document), document.as_str());
            }
        }
    }
}
