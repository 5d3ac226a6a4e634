//! Makes every reply readable for lettre, which accepts only UTF-8 and lines of at most 1,000 bytes: some servers
//! reply in Latin-1, or longer than RFC 5321 (4.5.3.1.5) allows.

use std::{mem, str};

/// Replaces every byte that is not UTF-8 by `?`, and leaves out the end of a long line: the relevant part of a reply
/// is its code, which stands at the beginning and is ASCII.
#[derive(Debug, Default)]
pub(super) struct Readable {
    /// The beginning of a character whose rest has not arrived yet.
    held: Vec<u8>,
    /// How long the current line is so far.
    line: usize,
}

impl Readable {
    /// Most bytes that are held back.
    pub const HELD: usize = 3;
    /// Most bytes of a line, without its end.
    const LINE: usize = 900;

    /// The next bytes, readable. An incomplete character at their end is returned with the next ones.
    pub fn mend(&mut self, bytes: &[u8]) -> String {
        let mut text = self.utf8(bytes);
        text.retain(|c| {
            match c {
                '\r' => return true,
                '\n' => self.line = 0,
                c => self.line = self.line.saturating_add(c.len_utf8()),
            }
            self.line <= Self::LINE
        });
        text
    }

    fn utf8(&mut self, bytes: &[u8]) -> String {
        let mut text = mem::take(&mut self.held);
        text.extend_from_slice(bytes);
        let mut at = 0;
        while let Err(error) = str::from_utf8(&text[at..]) {
            at += error.valid_up_to();
            match error.error_len() {
                Some(length) => text[at..at + length].fill(b'?'),
                None => self.held = text.split_off(at),
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mended(parts: &[&[u8]]) -> String {
        let mut readable = Readable::default();
        parts.iter().map(|part| readable.mend(part)).collect()
    }

    #[test]
    fn latin_1_is_marked_and_utf_8_is_kept() {
        assert_eq!(mended(&[b"550 Usu\xe1rio desconhecido\r\n"]), "550 Usu?rio desconhecido\r\n");
        assert_eq!(mended(&["550 Usuário\r\n".as_bytes()]), "550 Usuário\r\n");
        assert_eq!(mended(&[b"550 Usu\xc3", b"\xa1rio\r\n"]), "550 Usuário\r\n");
        assert_eq!(mended(&[b"550 n\xe3", b"o\r\n"]), "550 n?o\r\n");
    }

    #[test]
    fn long_lines_are_cut_and_the_next_one_is_not() {
        let long = format!("250-2.0.0 {}\r\n250 ok\r\n", "ç".repeat(5_000));
        let told = mended(&[long.as_bytes()]);
        assert_eq!(told, format!("250-2.0.0 {}\r\n250 ok\r\n", "ç".repeat(445)));
    }

    proptest! {
        /// Input in any pieces gives the same result as in one piece, keeps ASCII, and holds back a limited rest.
        #[test]
        fn pieces_make_no_difference(bytes: Vec<u8>, cut in 0..64_usize) {
            let bytes = [&bytes[..], b"\r\n"].concat();
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            let mut readable = Readable::default();
            let first = readable.mend(one);
            prop_assert!(readable.held.len() <= Readable::HELD && first.len() <= one.len());
            let text = first + &readable.mend(two);
            prop_assert!(readable.held.is_empty());
            prop_assert_eq!(mended(&[&bytes]), text.clone());
            let ascii = |bytes: &[u8]| bytes.iter().copied().filter(|b| b.is_ascii() && *b != b'?').collect::<Vec<_>>();
            prop_assert_eq!(ascii(text.as_bytes()), ascii(&bytes));
        }
    }
}
