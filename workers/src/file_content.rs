//! Checks that the content of a file is of the declared kind.

use std::io::{self, Read, Seek};

use file_format::FileFormat;
use guichet_schema::shared::file::kind::FileKind;
use memchr::memmem;

use crate::zip_directory::{self, Archive};

/// What a file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Its kind.
    pub kind: FileKind,
    /// Whether it can be opened with a password only.
    pub is_protected: bool,
}

/// The signature of the container of Office's older formats.
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// How much of a text is inspected.
const HEAD: usize = 64 << 10;
/// How far into a PDF its signature may be.
const PDF_HEAD: u64 = 1024;
/// What makes a text something that a browser would execute.
const ACTIVE: [&str; 4] = ["<!doctype html", "<html", "<script", "<svg"];

/// The kind of a content that was declared as `declared`: that kind, or another one that a person takes for the same;
/// none when it is something else.
///
/// # Errors
/// When it cannot be read.
pub fn recognize(declared: FileKind, mut file: impl Read + Seek) -> io::Result<Option<Content>> {
    for kind in declared.alike() {
        file.rewind()?;
        if is_of(kind, &mut file)? {
            file.rewind()?;
            return Ok(Some(Content { kind, is_protected: is_protected(kind, file)? }));
        }
    }
    Ok(None)
}

/// Whether the content is of this kind. Formats are recognized by their signatures, formats within archives by the
/// entries; a text has no signature, so it must contain nothing but text, and be neither a script nor a web page.
fn is_of(kind: FileKind, mut file: impl Read + Seek) -> io::Result<bool> {
    match kind {
        FileKind::Pdf => is_pdf(file),
        FileKind::Jpeg
        | FileKind::Png
        | FileKind::Gif
        | FileKind::Webp
        | FileKind::Tiff
        | FileKind::Bmp
        | FileKind::Rtf
        | FileKind::SevenZip
        | FileKind::Rar => Ok(FileFormat::from_reader(file)?.media_type() == kind.as_str()),
        FileKind::Heic => Ok(FileFormat::from_reader(file)?.media_type().starts_with("image/hei")),
        // Not every program that writes these formats records which one it is.
        FileKind::Doc | FileKind::Xls | FileKind::Msg => {
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
        FileKind::P7s | FileKind::P7m => is_signed(file),
        FileKind::Csv | FileKind::Txt | FileKind::Xml | FileKind::Ofx | FileKind::Eml => {
            file.rewind()?;
            Ok(text_head(file)?.is_some_and(|head| is_text_of(kind, &head)))
        }
    }
}

/// Whether a content of this kind can be opened with a password only.
fn is_protected(kind: FileKind, mut file: impl Read) -> io::Result<bool> {
    match kind {
        FileKind::Pdf => contains(file, b"/Encrypt"),
        // The container of the older formats holds a newer document only if that has a password.
        FileKind::Docx | FileKind::Xlsx | FileKind::Pptx => {
            let mut head = [0; COMPOUND.len()];
            Ok(file.read(&mut head)? == head.len() && head == COMPOUND)
        }
        _ => Ok(false),
    }
}

/// Whether these bytes are anywhere in a file.
fn contains(mut file: impl Read, wanted: &[u8]) -> io::Result<bool> {
    let mut window = Vec::with_capacity(HEAD + wanted.len());
    while file.by_ref().take(HEAD as u64).read_to_end(&mut window)? > 0 {
        if memmem::find(&window, wanted).is_some() {
            return Ok(true);
        }
        window.drain(..window.len().saturating_sub(wanted.len() - 1));
    }
    Ok(false)
}

/// Whether it is a signature or a signed document (RFC 5652): binary, in base64 with or without the lines of PEM, or
/// in the form of an e-mail (RFC 8551, 3.5.3).
fn is_signed(mut file: impl Read + Seek) -> io::Result<bool> {
    const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    const SEQUENCE: u8 = 0x30;
    const BASE64_SEQUENCE: &str = "mi";
    let mut head = [0; 64];
    let mut read = 0;
    while let more @ 1.. = file.read(&mut head[read..])? {
        read += more;
    }
    if head[0] == SEQUENCE {
        return Ok(memmem::find(&head, PKCS7).is_some());
    }
    file.rewind()?;
    Ok(text_head(file)?.is_some_and(|head| {
        let begin = head.trim_start();
        begin.starts_with("-----begin pkcs7")
            || begin.starts_with("-----begin cms")
            || begin.starts_with(BASE64_SEQUENCE) && !begin.lines().next().unwrap_or_default().contains(' ')
            || is_mail(&head) && head.contains("pkcs7")
    }))
}

/// Whether a text begins with the header of an e-mail (RFC 5322).
fn is_mail(head: &str) -> bool {
    const USUAL: [&str; 6] = ["from", "date", "received", "return-path", "mime-version", "message-id"];
    let head = head.trim_start();
    let header = head.split("\n\n").next().unwrap_or_default().split("\r\n\r\n").next().unwrap_or_default();
    let fields = header.lines().filter(|line| !line.starts_with([' ', '\t']));
    let names: Vec<_> = fields.map(|line| line.split_once(':').map(|(name, _)| name.trim_end())).collect();
    // Mailboxes of Unix begin with a line of their own.
    let names = names.strip_prefix(&[None][..]).filter(|_| head.starts_with("from ")).unwrap_or(&names);
    names.iter().all(Option::is_some) && names.iter().flatten().any(|name| USUAL.contains(name))
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
    if kind == FileKind::Eml {
        // The message may be a web page; mail programs know how to show it.
        return is_mail(head);
    }
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
            // Also the end of a file of DOS, and what begins another alphabet in mails (ISO 2022).
            b'\t' | b'\n' | b'\r' | 0x0c | 0x1a | 0x1b => true,
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
        is_of(kind, Cursor::new(content.as_ref())).unwrap()
    }

    fn recognized(kind: FileKind, content: impl AsRef<[u8]>) -> Option<(FileKind, bool)> {
        let content = recognize(kind, Cursor::new(content.as_ref())).unwrap()?;
        Some((content.kind, content.is_protected))
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
        let mut compound = COMPOUND.to_vec();
        compound.resize(2048, 0);
        compound[26] = 3;
        for kind in FileKind::ALL {
            use FileKind::{Doc, Docx, Msg, Pptx, Xls, Xlsx};
            let expected = matches!(kind, Doc | Docx | Msg | Pptx | Xls | Xlsx);
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

    /// What a person takes for the same is taken, and called by its true name.
    #[test]
    fn another_name_of_the_same() {
        const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
        const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        const RTF: &[u8] = b"{\\rtf1\\ansi Ol\\'e1}";
        const RAR: &[u8] = b"Rar!\x1a\x07\x01\0";
        const SEVEN: &[u8] = b"7z\xbc\xaf\x27\x1c\0\x04";
        let empty_zip = zip(&[]);
        let cases: [(FileKind, &[u8], Option<FileKind>); 15] = [
            (FileKind::Jpeg, HEIC, Some(FileKind::Heic)),
            (FileKind::Heic, JPEG, Some(FileKind::Jpeg)),
            (FileKind::Jpeg, PNG, Some(FileKind::Png)),
            (FileKind::Doc, RTF, Some(FileKind::Rtf)),
            (FileKind::Rtf, RTF, Some(FileKind::Rtf)),
            (FileKind::Rar, RAR, Some(FileKind::Rar)),
            (FileKind::Zip, RAR, Some(FileKind::Rar)),
            (FileKind::Rar, &empty_zip, Some(FileKind::Zip)),
            (FileKind::SevenZip, SEVEN, Some(FileKind::SevenZip)),
            (FileKind::Xls, b"conta;valor\n", None),
            (FileKind::Xlsx, b"%PDF-1.7", None),
            (FileKind::Pdf, JPEG, None),
            (FileKind::Jpeg, b"%PDF-1.7", None),
            (FileKind::Zip, EXE, None),
            (FileKind::Xls, b"<html><table>", None),
        ];
        for (declared, content, expected) in cases {
            assert_eq!(recognized(declared, content).map(|(kind, _)| kind), expected, "{declared}");
        }
    }

    #[test]
    fn passwords_are_noticed() {
        let pdf = |middle: &str| format!("%PDF-1.7\n{middle}\ntrailer << /Root 1 0 R >>");
        assert_eq!(recognized(FileKind::Pdf, pdf("")), Some((FileKind::Pdf, false)));
        assert_eq!(
            recognized(FileKind::Pdf, pdf("/Type /Sig /Filter /Adobe.PPKLite")),
            Some((FileKind::Pdf, false))
        );
        // Wherever the word is, also across the border of two reads.
        for before in (HEAD - 20..HEAD).chain([0, 5 * HEAD]) {
            let content = pdf(&format!("{}/Encrypt 5 0 R", " ".repeat(before)));
            assert_eq!(recognized(FileKind::Pdf, content), Some((FileKind::Pdf, true)), "{before}");
        }
        let mut compound = COMPOUND.to_vec();
        compound.resize(2048, 0);
        compound[26] = 3;
        assert_eq!(recognized(FileKind::Docx, &compound), Some((FileKind::Docx, true)));
        assert_eq!(recognized(FileKind::Doc, &compound), Some((FileKind::Doc, false)));
    }

    #[test]
    fn mails_and_signatures() {
        let mail =
            "Return-Path: <a@x.example>\r\nSubject: Nota\r\n <dobrada>\r\nFrom: a@x.example\r\n\r\n<html>Olá";
        assert!(is(FileKind::Eml, mail));
        assert!(is(FileKind::Eml, "From a@x Mon Nov 30\nDate: today\n\nx"));
        for other in
            ["nothing of the kind", "Nota: 5\nValor: 6\n", "<html>From: a@x", "From: a@x\nno field\n\n"]
        {
            assert!(!is(FileKind::Eml, other), "{other}");
        }
        let binary = b"\x30\x82\x0a\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82";
        let mime = "MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nMIIK";
        for kind in [FileKind::P7s, FileKind::P7m] {
            assert!(is(kind, binary));
            assert!(is(kind, "-----BEGIN PKCS7-----\nMIIK"));
            assert!(is(kind, "MIIKAwYJKoZIhvcNAQcCoIIJ9DCCCfACAQExDzANBglghkgBZQMEAgEFADCCBq\n"));
            assert!(is(kind, mime));
            for other in [&b"\x30\x82\x0a\x00\x02\x01"[..], b"Mi casa", PNG, mail.as_bytes(), b""] {
                assert!(!is(kind, other), "{kind}");
            }
        }
    }
}
