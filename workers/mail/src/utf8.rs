//! Converts server replies to UTF-8: some servers reply in Latin-1, and lettre accepts only UTF-8.

use std::{mem, str};

/// Replaces every byte that is not UTF-8 by `?`: the relevant part of a reply is its code, which is ASCII.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose rest has not arrived yet.
    held: Vec<u8>,
}

impl Utf8 {
    /// Most bytes that are held back.
    pub const HELD: usize = 3;

    /// The next bytes as UTF-8. An incomplete character at their end is returned with the next ones.
    pub fn mend(&mut self, bytes: &[u8]) -> Vec<u8> {
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
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mended(parts: &[&[u8]]) -> String {
        let mut utf8 = Utf8::default();
        let bytes: Vec<u8> = parts.iter().flat_map(|part| utf8.mend(part)).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn latin_1_is_marked_and_utf_8_is_kept() {
        assert_eq!(mended(&[b"550 Usu\xe1rio desconhecido\r\n"]), "550 Usu?rio desconhecido\r\n");
        assert_eq!(mended(&["550 Usuário\r\n".as_bytes()]), "550 Usuário\r\n");
        assert_eq!(mended(&[b"550 Usu\xc3", b"\xa1rio\r\n"]), "550 Usuário\r\n");
        assert_eq!(mended(&[b"550 n\xe3", b"o\r\n"]), "550 n?o\r\n");
    }

    proptest! {
        /// Input in any pieces gives the same result as in one piece, keeps ASCII, and holds back a limited rest.
        #[test]
        fn pieces_make_no_difference(bytes: Vec<u8>, cut in 0..64_usize) {
            let bytes = [&bytes[..], b"\r\n"].concat();
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            let mut utf8 = Utf8::default();
            let first = utf8.mend(one);
            prop_assert!(utf8.held.len() <= Utf8::HELD && first.len() <= one.len());
            let text = [first, utf8.mend(two)].concat();
            prop_assert!(str::from_utf8(&text).is_ok() && utf8.held.is_empty());
            prop_assert_eq!(mended(&[&bytes]), String::from_utf8(text.clone()).unwrap());
            let ascii = |bytes: &[u8]| bytes.iter().copied().filter(|b| b.is_ascii() && *b != b'?').collect::<Vec<_>>();
            prop_assert_eq!(ascii(&text), ascii(&bytes));
        }
    }
}
