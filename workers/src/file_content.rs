//! Whether a file is of the kind that was declared, by what is in it.

use std::io::{self, Read, Seek};

use file_format::FileFormat;
use guichet_schema::file::kind::FileKind;

/// How much of a text is looked at for what it is.
const HEAD: usize = 64 << 10;
/// What makes a text something that a browser would run.
const ACTIVE: [&str; 4] = ["<!doctype html", "<html", "<script", "<svg"];

/// Whether the content is of this kind. Formats are found by their signatures; a text has none, so it is one
/// when it holds nothing but text, and neither a script nor a page.
///
/// # Errors
/// When it cannot be read.
pub fn agrees(kind: FileKind, mut file: impl Read + Seek) -> io::Result<bool> {
    let format = |file| FileFormat::from_reader(file);
    match kind {
        FileKind::Pdf
        | FileKind::Jpeg
        | FileKind::Png
        | FileKind::Gif
        | FileKind::Webp
        | FileKind::Tiff
        | FileKind::Docx
        | FileKind::Xlsx
        | FileKind::Pptx
        | FileKind::Odt
        | FileKind::Ods
        | FileKind::Zip => Ok(format(file)?.media_type() == kind.as_str()),
        FileKind::Heic => Ok(format(file)?.media_type().starts_with("image/hei")),
        // Not every program that writes them says which of them it is.
        FileKind::Doc | FileKind::Xls => {
            let found = format(file)?;
            Ok(found.media_type() == kind.as_str() || found == FileFormat::CompoundFileBinary)
        }
        FileKind::Csv | FileKind::Txt | FileKind::Xml | FileKind::Ofx => {
            file.rewind()?;
            Ok(text_head(file)?.is_some_and(|head| is_text_of(kind, &head)))
        }
    }
}

fn is_text_of(kind: FileKind, head: &str) -> bool {
    let begin = head.trim_start();
    let inert = !begin.starts_with("#!") && !ACTIVE.iter().any(|active| head.contains(active));
    inert
        && match kind {
            FileKind::Xml => begin.starts_with('<'),
            FileKind::Ofx => {
                begin.starts_with("ofxheader") || head.contains("<ofx") || head.contains("<?ofx")
            }
            _ => true,
        }
}

/// The beginning of a text, in lower case as far as it is ASCII; none for what has other bytes than text has, in
/// whichever of the usual encodings.
fn text_head(mut file: impl Read) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let wide = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let is_text = |bytes: &[u8]| {
        bytes.iter().all(|byte| match byte {
            0 => wide,
            b'\t' | b'\n' | b'\r' | 0x0c | 0x1a => true,
            byte => *byte >= 0x20 && *byte != 0x7f || wide,
        })
    };
    if !is_text(&head) {
        return Ok(None);
    }
    let mut rest = vec![0; HEAD];
    loop {
        match file.read(&mut rest)? {
            0 => break,
            read if !is_text(&rest[..read]) => return Ok(None),
            _ => {}
        }
    }
    let narrow = head.iter().filter(|byte| byte.is_ascii() && **byte != 0).map(|byte| char::from(*byte));
    Ok(Some(narrow.collect::<String>().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn is(kind: FileKind, content: impl AsRef<[u8]>) -> bool {
        agrees(kind, Cursor::new(content.as_ref())).unwrap()
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";

    #[test]
    fn signatures_tell() {
        assert!(is(FileKind::Pdf, "%PDF-1.7\n%…"));
        assert!(is(FileKind::Png, PNG));
        assert!(is(FileKind::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0"));
        assert!(is(FileKind::Zip, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        for kind in FileKind::ALL {
            assert!(!is(*kind, EXE), "{kind}");
        }
        assert!(!is(FileKind::Pdf, PNG));
        assert!(!is(FileKind::Docx, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    }

    #[test]
    fn texts_are_texts() {
        assert!(is(FileKind::Csv, "conta;valor\r\nágua;10,00\r\n"));
        assert!(is(FileKind::Csv, b"conta;valor\n\xe1gua;10,00\n"), "ISO 8859-1");
        assert!(is(FileKind::Txt, b"\xff\xfea\0b\0\n\0"), "UTF-16");
        assert!(is(FileKind::Xml, "\u{feff}<?xml version=\"1.0\"?><nfeProc/>"));
        assert!(is(FileKind::Ofx, "OFXHEADER:100\nDATA:OFXSGML\n<OFX></OFX>"));
        assert!(!is(FileKind::Ofx, "conta;valor"));
        assert!(!is(FileKind::Xml, "nothing of the kind"));
        let late = format!("{}\0", "a".repeat(3 * HEAD));
        assert!(!is(FileKind::Txt, late));
    }

    /// Nothing that a browser or a shell would run passes as a text.
    #[test]
    fn scripts_are_none() {
        for active in [
            "<!DOCTYPE html><p>",
            "  <HTML><body>",
            "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>x</script></svg>",
            "a,b\n<script>x</script>",
            "#!/bin/sh\nrm -rf /",
        ] {
            for kind in [FileKind::Csv, FileKind::Txt, FileKind::Xml, FileKind::Ofx] {
                assert!(!is(kind, active), "{kind} {active}");
            }
        }
    }
}
