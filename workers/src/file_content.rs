//! Checks that the content of a file is of the declared kind.

use std::io::{self, Read, Seek};

use file_format::FileFormat;
use guichet_schema::shared::file::kind::FileKind;

use crate::zip_directory::{self, Archive};

/// How much of a text is inspected.
const HEAD: usize = 64 << 10;
/// How far into a PDF its signature may be.
const PDF_HEAD: u64 = 1024;
/// What makes a text something that a browser would execute.
const ACTIVE: [&str; 4] = ["<!doctype html", "<html", "<script", "<svg"];

/// Whether the content is of this kind. Formats are recognized by their signatures, formats within archives by the
/// entries; a text has no signature, so it must contain nothing but text, and be neither a script nor a web page.
///
/// # Errors
/// When it cannot be read.
pub fn agrees(kind: FileKind, mut file: impl Read + Seek) -> io::Result<bool> {
    match kind {
        FileKind::Pdf => is_pdf(file),
        FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp | FileKind::Tiff => {
            Ok(FileFormat::from_reader(file)?.media_type() == kind.as_str())
        }
        FileKind::Heic => Ok(FileFormat::from_reader(file)?.media_type().starts_with("image/hei")),
        // Not every program that writes these formats records which one it is.
        FileKind::Doc | FileKind::Xls => {
            let found = FileFormat::from_reader(file)?;
            Ok(found.media_type() == kind.as_str() || found == FileFormat::CompoundFileBinary)
        }
        FileKind::Docx => is_office(file, "word/"),
        FileKind::Xlsx => is_office(file, "xl/"),
        FileKind::Pptx => is_office(file, "ppt/"),
        FileKind::Odt | FileKind::Ods => {
            let archive = zip_directory::read(file)?;
            Ok(archive.and_then(|archive| archive.media_type).is_some_and(|found| found == kind.as_str()))
        }
        FileKind::Zip => Ok(zip_directory::read(file)?.is_some()),
        FileKind::Csv | FileKind::Txt | FileKind::Xml | FileKind::Ofx => {
            file.rewind()?;
            Ok(text_head(file)?.is_some_and(|head| is_text_of(kind, &head)))
        }
    }
}

/// As PDF readers do: other bytes may precede the signature (ISO 32000-1, annex H, note 13).
fn is_pdf(mut file: impl Read) -> io::Result<bool> {
    const SIGNATURE: &[u8] = b"%PDF-";
    let mut head = Vec::new();
    file.by_ref().take(PDF_HEAD).read_to_end(&mut head)?;
    Ok(head.windows(SIGNATURE.len()).any(|found| found == SIGNATURE))
}

/// Whether it is an Office document whose parts are in this folder, or one with a password, of which only the
/// encryption can be seen ([MS-OFFCRYPTO] 1.3.2).
fn is_office(mut file: impl Read + Seek, folder: &str) -> io::Result<bool> {
    if FileFormat::from_reader(&mut file)? == FileFormat::CompoundFileBinary {
        return Ok(true);
    }
    let archive = zip_directory::read(file)?;
    Ok(archive
        .is_some_and(|Archive { roots, .. }| roots.contains(folder) && roots.contains("[Content_Types].xml")))
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

/// The beginning of a text, with ASCII in lower case; none when it contains bytes that no text in a usual encoding
/// contains.
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
    use crate::zip_directory::tests::zip;

    fn is(kind: FileKind, content: impl AsRef<[u8]>) -> bool {
        agrees(kind, Cursor::new(content.as_ref())).unwrap()
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";

    #[test]
    fn signatures_tell() {
        assert!(is(FileKind::Pdf, "%PDF-1.7\n%…"));
        assert!(is(FileKind::Pdf, format!("{}%PDF-1.4", "\n".repeat(1000))));
        assert!(!is(FileKind::Pdf, format!("{}%PDF-1.4", "\n".repeat(1024))));
        assert!(is(FileKind::Png, PNG));
        assert!(is(FileKind::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0"));
        assert!(is(FileKind::Zip, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        for kind in FileKind::ALL {
            assert!(!is(*kind, EXE), "{kind}");
        }
        assert!(!is(FileKind::Pdf, PNG));
        assert!(!is(FileKind::Docx, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    }

    /// An archive is recognized by its entries, and is always a ZIP file too.
    #[test]
    fn archives_tell() {
        const TYPES: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
        let archives = [
            (FileKind::Docx, zip(&[TYPES, ("word/document.xml", b"<w:document/>")])),
            (FileKind::Xlsx, zip(&[("xl/workbook.xml", b"<workbook/>"), TYPES])),
            (FileKind::Pptx, zip(&[TYPES, ("ppt/presentation.xml", b"<p:presentation/>")])),
            (
                FileKind::Odt,
                zip(&[("mimetype", FileKind::Odt.as_str().as_bytes()), ("content.xml", b"<a/>")]),
            ),
            (
                FileKind::Ods,
                zip(&[("mimetype", FileKind::Ods.as_str().as_bytes()), ("content.xml", b"<a/>")]),
            ),
            (FileKind::Zip, zip(&[("word/document.xml", b"<w:document/>")])),
            (FileKind::Zip, zip(&[("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0")])),
        ];
        for (kind, archive) in &archives {
            for other in FileKind::ALL {
                let expected = other == kind || *other == FileKind::Zip;
                assert_eq!(is(*other, archive), expected, "{kind} as {other}");
            }
        }
    }

    /// Office stores documents with a password in the container of its older formats, which then does not name the
    /// format.
    #[test]
    fn behind_a_password() {
        let mut compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        compound.resize(2048, 0);
        compound[26] = 3;
        for kind in FileKind::ALL {
            use FileKind::{Doc, Docx, Pptx, Xls, Xlsx};
            let expected = matches!(kind, Doc | Docx | Pptx | Xls | Xlsx);
            assert_eq!(is(*kind, &compound), expected, "{kind}");
        }
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

    /// Nothing that a browser or a shell would execute passes as a text.
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
