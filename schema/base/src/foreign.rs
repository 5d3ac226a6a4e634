//! Text of other parties, as operators read it in logs and lists: replies of a relay, a store or a database, names that
//! clients choose, panics. Nobody else decides how many lines an entry has, or what a terminal does.

use std::iter::Peekable;
use std::str::Chars;

use crate::text::{is_blank, is_unseen};

/// Longest text in a log, or stored with a job or a mail, in characters.
pub const KEPT: usize = 500;
/// Longest text in a list with one line for each thing, in characters.
pub const LISTED: usize = 120;

/// The text on one line of at most [`KEPT`] characters.
pub fn kept(text: &str) -> String {
    one_line(text, KEPT)
}

/// The text on one line of at most [`LISTED`] characters.
pub fn listed(text: &str) -> String {
    one_line(text, LISTED)
}

/// The text on one line of at most `most` characters, the last of them `…` when it was longer. Line breaks and other
/// blanks become one blank; commands to a terminal and characters that nobody sees are left out.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let (mut length, mut blank) = (0, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_command(&mut rest),
            '\u{9b}' => skip_parameters(&mut rest),
            c if is_blank(c) => blank = true,
            c if is_unseen(c) => {}
            c => {
                let width = 1 + usize::from(blank && length > 0);
                if length + width > most {
                    return shortened(line, most);
                }
                if width == 2 {
                    line.push(' ');
                }
                line.push(c);
                (length, blank) = (length + width, false);
            }
        }
    }
    line
}

/// Puts `…` at the end, in place of the last character if there is no room.
fn shortened(mut line: String, most: usize) -> String {
    while line.chars().count() >= most && line.pop().is_some() {}
    line.push('…');
    line
}

/// Skips what follows an escape character (ECMA-48, 5.3).
fn skip_command(rest: &mut Peekable<Chars<'_>>) {
    match rest.next_if(|c| !c.is_whitespace()) {
        Some('[') => skip_parameters(rest),
        // A string, such as the title of a window; one without an end is only text.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let mut ahead = rest.clone();
            while let Some(c) = ahead.next() {
                match c {
                    '\u{7}' | '\u{9c}' => return *rest = ahead,
                    '\u{1b}' => {
                        return *rest = if ahead.next_if_eq(&'\\').is_some() { ahead } else { rest.clone() };
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Skips the parameters of a control sequence and its final character (ECMA-48, 5.4).
fn skip_parameters(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
    rest.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_line_of_what_is_seen() {
        for (text, line) in [
            ("550 5.1.1 unknown", "550 5.1.1 unknown"),
            ("550-first\r\n550 second\n", "550-first 550 second"),
            ("\n\n  a\t\u{b}b\u{2028}c\u{a0} d  ", "a b c d"),
            ("\u{1b}[31;1mred\u{1b}[0m \u{9b}2Jclear", "red clear"),
            ("\u{1b}]0;title\u{7}a \u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\ b", "a link b"),
            ("\u{1b}]0;no end", "0;no end"),
            ("\u{1b}cpanic\0\u{8}\u{7f}", "panic"),
            ("fdp.\u{202e}exe \u{2066}x\u{200b}y", "fdp.exe xy"),
            ("ação “d’œuvre” 👍", "ação “d’œuvre” 👍"),
            ("<Error>\n  <Code>NoSuchBucket</Code>\n</Error>", "<Error> <Code>NoSuchBucket</Code> </Error>"),
            ("", ""),
        ] {
            assert_eq!(kept(text), line, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcde fg", 6), "abcde…");
        assert_eq!(kept(&"é\n".repeat(1_000_000)).chars().count(), KEPT);
    }

    proptest! {
        #[test]
        fn no_text_makes_two_lines(text in "(\\PC|[\\p{C}\\p{Z}\u{1b}\u{9b}\\[\\]a;0]){0,60}", most in 1_usize..20) {
            let line = one_line(&text, most);
            prop_assert!(line.chars().count() <= most);
            prop_assert!(!line.chars().any(|c| c != ' ' && is_blank(c) || is_unseen(c)), "{line:?}");
            prop_assert_eq!(line.trim(), &line);
            prop_assert_eq!(one_line(&line, most), line);
        }
    }
}
