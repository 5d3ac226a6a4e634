//! The accepted kinds of files. All others are refused.

use std::iter;

use guichet_base::text_enum;

text_enum! {
    /// A kind of file, spelled as its media type (RFC 6838).
    pub enum FileKind {
        /// PDF.
        Pdf = "application/pdf",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
        /// GIF.
        Gif = "image/gif",
        /// WebP.
        Webp = "image/webp",
        /// TIFF.
        Tiff = "image/tiff",
        /// HEIC, the photo format of some telephones.
        Heic = "image/heic",
        /// BMP.
        Bmp = "image/bmp",
        /// Word.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// Excel.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// PowerPoint.
        Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        /// Word before 2007.
        Doc = "application/msword",
        /// Excel before 2007.
        Xls = "application/vnd.ms-excel",
        /// Rich text (RTF).
        Rtf = "application/rtf",
        /// OpenDocument text.
        Odt = "application/vnd.oasis.opendocument.text",
        /// OpenDocument spreadsheet.
        Ods = "application/vnd.oasis.opendocument.spreadsheet",
        /// Comma-separated values.
        Csv = "text/csv",
        /// Plain text, such as the files that banks and authorities exchange (CNAB, FEC, Norma 43).
        Txt = "text/plain",
        /// XML, such as a Brazilian NF-e.
        Xml = "application/xml",
        /// A bank statement (Open Financial Exchange).
        Ofx = "application/x-ofx",
        /// A ZIP archive.
        Zip = "application/zip",
        /// A 7-Zip archive.
        SevenZip = "application/x-7z-compressed",
        /// A RAR archive.
        Rar = "application/vnd.rar",
        /// An e-mail (RFC 5322).
        Eml = "message/rfc822",
        /// An e-mail, saved by Outlook.
        Msg = "application/vnd.ms-outlook",
        /// A signature in a file of its own (RFC 8551).
        P7s = "application/pkcs7-signature",
        /// A signed document (RFC 8551).
        P7m = "application/pkcs7-mime",
    }
}

impl FileKind {
    /// The kinds that a person takes for the same: programs and telephones give one the name of another.
    const ALIKE: [&[Self]; 6] = [
        &[Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Tiff, Self::Heic, Self::Bmp],
        &[Self::Docx, Self::Doc, Self::Odt, Self::Rtf],
        &[Self::Xlsx, Self::Xls, Self::Ods],
        &[Self::Zip, Self::SevenZip, Self::Rar],
        &[Self::Eml, Self::Msg],
        &[Self::P7s, Self::P7m],
    ];

    /// This kind, and then those that a person takes for the same.
    pub fn alike(self) -> impl Iterator<Item = Self> {
        let alike = Self::ALIKE.iter().find(|kinds| kinds.contains(&self)).copied().unwrap_or_default();
        iter::once(self).chain(alike.iter().copied().filter(move |kind| *kind != self))
    }

    /// Whether every browser shows this kind.
    pub const fn is_shown_by_browsers(self) -> bool {
        matches!(self, Self::Pdf | Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Bmp)
    }

    /// The file name extensions of this kind, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp"],
            Self::Png => &["png"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Tiff => &["tif", "tiff"],
            Self::Heic => &["heic", "heif", "hif"],
            Self::Bmp => &["bmp", "dib"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Doc => &["doc"],
            Self::Xls => &["xls"],
            Self::Rtf => &["rtf"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Csv => &["csv", "tsv"],
            Self::Txt => &["txt", "text", "ret", "rem", "fec", "dsn", "n43", "c43", "aeb"],
            Self::Xml => &["xml"],
            Self::Ofx => &["ofx", "qfx"],
            Self::Zip => &["zip"],
            Self::SevenZip => &["7z"],
            Self::Rar => &["rar"],
            Self::Eml => &["eml"],
            Self::Msg => &["msg"],
            Self::P7s => &["p7s"],
            Self::P7m => &["p7m"],
        }
    }

    /// Other media types that browsers and telephones use for it.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["application/x-pdf", "application/acrobat", "application/vnd.pdf", "text/pdf"],
            Self::Jpeg => &["image/jpg", "image/pjpeg", "image/jfif"],
            Self::Png => &["image/x-png", "image/apng"],
            Self::Tiff => &["image/tif", "image/x-tiff"],
            Self::Heic => &["image/heif", "image/heic-sequence", "image/heif-sequence"],
            Self::Bmp => &["image/x-bmp", "image/x-ms-bmp"],
            Self::Doc => &["application/vnd.ms-word", "application/x-msword"],
            Self::Xls => &["application/excel", "application/x-excel", "application/x-msexcel"],
            Self::Rtf => &["text/rtf", "application/x-rtf", "text/richtext"],
            // Windows uses the type of whatever program opens the file.
            Self::Csv => &[
                "application/vnd.ms-excel",
                "application/csv",
                "text/x-csv",
                "text/comma-separated-values",
                "text/tab-separated-values",
                "text/plain",
            ],
            Self::Txt => &["text/csv"],
            Self::Xml => &["text/xml", "text/plain"],
            Self::Ofx => {
                &["application/ofx", "application/vnd.intu.qfx", "text/plain", "application/xml", "text/xml"]
            }
            Self::Zip => &["application/x-zip-compressed", "application/x-zip", "multipart/x-zip"],
            Self::SevenZip => &["application/x-7z", "application/7z"],
            Self::Rar => &["application/x-rar-compressed", "application/x-rar", "application/rar"],
            Self::Eml => &["text/plain", "application/eml"],
            Self::Msg => &["application/msoutlook", "application/x-msg"],
            Self::P7s => &["application/x-pkcs7-signature"],
            Self::P7m => &["application/x-pkcs7-mime"],
            Self::Gif | Self::Webp | Self::Docx | Self::Xlsx | Self::Pptx | Self::Odt | Self::Ods => &[],
        }
    }

    fn has_type(self, media_type: &str) -> bool {
        self.as_str() == media_type || self.aliases().contains(&media_type)
    }

    /// The kind of a file with this name and declared media type. The extension decides, because browsers know few
    /// media types; a known one must not contradict it. What the file is in truth is seen when it is verified.
    pub fn declared(name: &str, content_type: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_lowercase();
        let kind = Self::ALL.iter().copied().find(|kind| kind.extensions().contains(&extension.as_str()))?;
        let given = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_known = Self::ALL.iter().any(|kind| kind.has_type(&given));
        let agrees = !is_known || kind.alike().any(|kind| kind.has_type(&given));
        agrees.then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_type_must_agree() {
        let cases = [
            ("nota.pdf", "application/pdf", Some(FileKind::Pdf)),
            ("NOTA.PDF", "Application/PDF; x=y", Some(FileKind::Pdf)),
            ("extrato.csv", "application/vnd.ms-excel", Some(FileKind::Csv)),
            ("extrato.ofx", "", Some(FileKind::Ofx)),
            ("nfe.xml", "text/xml", Some(FileKind::Xml)),
            ("foto.jpg", "image/jpg", Some(FileKind::Jpeg)),
            ("foto.JFIF", "image/jpeg", Some(FileKind::Jpeg)),
            ("foto.jpg", "image/heic", Some(FileKind::Jpeg)),
            ("nota.pdf", "application/x-pdf", Some(FileKind::Pdf)),
            ("nota.pdf", "binary/octet-stream", Some(FileKind::Pdf)),
            ("retorno.RET", "", Some(FileKind::Txt)),
            ("contrato.pdf.p7m", "application/x-pkcs7-mime", Some(FileKind::P7m)),
            ("mensagem.eml", "message/rfc822", Some(FileKind::Eml)),
            ("notas.rar", "application/x-rar-compressed", Some(FileKind::Rar)),
            ("carta.doc", "application/rtf", Some(FileKind::Doc)),
            ("nota.pdf", "image/png", None),
            ("foto.jpg", "application/pdf", None),
            ("nota.pdf.exe", "application/pdf", None),
            ("nota", "application/pdf", None),
            ("page.html", "text/html", None),
            ("logo.svg", "image/svg+xml", None),
            ("run.js", "application/octet-stream", None),
            ("macro.docm", "application/vnd.ms-word.document.macroenabled.12", None),
            ("pdf", "application/pdf", None),
        ];
        for (name, content_type, expected) in cases {
            assert_eq!(FileKind::declared(name, content_type), expected, "{name} {content_type}");
        }
    }

    #[test]
    fn a_kind_is_first_among_those_alike() {
        for kind in FileKind::ALL {
            let alike: Vec<_> = kind.alike().collect();
            assert_eq!(alike[0], *kind);
            assert!(alike.iter().all(|other| other.alike().any(|back| back == *kind)), "{kind}");
            assert_eq!(
                FileKind::declared(&format!("a.{}", kind.extensions()[0]), kind.as_str()),
                Some(*kind)
            );
        }
    }

    #[test]
    fn no_extension_has_two_kinds() {
        let mut all: Vec<_> = FileKind::ALL.iter().flat_map(|kind| kind.extensions()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
