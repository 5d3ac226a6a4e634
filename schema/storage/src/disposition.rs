//! The file name of a download.

use guichet_schema::shared::file::rules::FileDisposition;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except `attr-char` (RFC 8187, 3.2.1).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `Content-Disposition` of a file with this name (RFC 6266), with the full name and an ASCII fallback.
pub fn disposition(way: FileDisposition, name: &str) -> String {
    let way = match way {
        FileDisposition::Attachment => "attachment",
        FileDisposition::Inline => "inline",
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{way}; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_full() {
        let expected =
            "attachment; filename=\"Guia mar_o _2_.pdf\"; filename*=UTF-8''Guia%20mar%C3%A7o%20%282%29.pdf";
        assert_eq!(disposition(FileDisposition::Attachment, "Guia março (2).pdf"), expected);
        let tricky = "inline; filename=\"a__ b_.pdf\"; filename*=UTF-8''a%22%3B%20b%0A.pdf";
        assert_eq!(disposition(FileDisposition::Inline, "a\"; b\n.pdf"), tricky);
    }

    proptest! {
        /// For any name: one header of printable ASCII, with two quotes.
        #[test]
        fn no_name_breaks_the_header(name in ".{0,40}") {
            let value = disposition(FileDisposition::Inline, &name);
            prop_assert!(value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(value.matches('"').count(), 2);
            prop_assert_eq!(value.matches(';').count(), 2);
        }
    }
}
