//! The accepted kinds of files. All others are refused.

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
        /// OpenDocument text.
        Odt = "application/vnd.oasis.opendocument.text",
        /// OpenDocument spreadsheet.
        Ods = "application/vnd.oasis.opendocument.spreadsheet",
        /// Comma-separated values.
        Csv = "text/csv",
        /// Plain text.
        Txt = "text/plain",
        /// XML, such as a Brazilian NF-e.
        Xml = "application/xml",
        /// A bank statement (Open Financial Exchange).
        Ofx = "application/x-ofx",
        /// A ZIP archive.
        Zip = "application/zip",
    }
}

impl FileKind {
    /// The file name extensions of this kind, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Tiff => &["tif", "tiff"],
            Self::Heic => &["heic", "heif"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Doc => &["doc"],
            Self::Xls => &["xls"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Csv => &["csv"],
            Self::Txt => &["txt"],
            Self::Xml => &["xml"],
            Self::Ofx => &["ofx"],
            Self::Zip => &["zip"],
        }
    }

    /// Other media types that browsers and telephones use for it.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Heic => &["image/heif"],
            // Windows uses the type of whatever program opens the file.
            Self::Csv => &["application/vnd.ms-excel", "application/csv", "text/plain"],
            Self::Xml => &["text/xml"],
            Self::Ofx => &["application/ofx", "text/plain", "application/xml", "text/xml"],
            Self::Zip => &["application/x-zip-compressed"],
            _ => &[],
        }
    }

    /// The kind of a file with this name and declared media type. The extension decides; the media type must not
    /// contradict it, and the generic one is accepted.
    pub fn declared(name: &str, content_type: &str) -> Option<Self> {
        const UNKNOWN: [&str; 2] = ["", "application/octet-stream"];
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_lowercase();
        let kind = Self::ALL.iter().copied().find(|kind| kind.extensions().contains(&extension.as_str()))?;
        let bare = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let agrees =
            bare == kind.as_str() || UNKNOWN.contains(&bare.as_str()) || kind.aliases().contains(&&*bare);
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
            ("nota.pdf", "image/png", None),
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
    fn no_extension_has_two_kinds() {
        let mut all: Vec<_> = FileKind::ALL.iter().flat_map(|kind| kind.extensions()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
