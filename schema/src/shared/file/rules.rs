//! Rules of files, as pure functions. Commands apply them, `viewerCan` shows them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::digest::Sha256;
use super::kind::FileKind;
use super::model::{File, FileState};
use guichet_base::error::{Code, Error, Refusal, Told};
use guichet_base::input::{Check, MAX_NAME};
use guichet_base::text_enum;
use guichet_engine::actor::Author;

/// Most files per action.
pub const MAX_FILES: usize = 20;
/// How long an upload can be completed.
pub const AWAITED: TimeDelta = TimeDelta::hours(2);
/// How long a pending file is kept after that: longer than any action takes, because one that began just before
/// may commit after it, and the file it acknowledged must exist.
pub const GRACE: TimeDelta = TimeDelta::minutes(5);
/// How long a stored file is kept without being attached.
pub const UNUSED_KEPT: TimeDelta = TimeDelta::days(7);
/// How long a refused file is kept: the uploader can see the reason, and the operator can inspect a quarantined
/// file.
pub const REFUSED_KEPT: TimeDelta = TimeDelta::days(30);
/// How long an address accepts an upload; a repeated call returns a new address.
pub const UPLOAD_ADDRESS: TimeDelta = TimeDelta::minutes(15);
/// How long an address allows a download.
pub const DOWNLOAD_ADDRESS: TimeDelta = TimeDelta::minutes(5);

/// The least size that a file counts towards the limits, in bytes: rows and objects have costs too.
pub const LEAST_COUNTED: i64 = 64 << 10;

/// A megabyte, the unit of limits.
pub const MEGABYTE: i64 = 1_000_000;

/// The operator's limits, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The size of one file.
    pub file: i64,
    /// All files of one person that are not verified or not attached yet.
    pub unsettled: i64,
    /// All files of one firm's staff that are not verified or not attached yet. Portal users are counted
    /// separately; see [`Limits::unsettled_of_client`].
    pub unsettled_of_firm: i64,
}

impl Limits {
    /// All files of one client's portal users that are not verified or not attached yet: four times the limit of
    /// one person, and never more than that of a firm's staff.
    pub fn unsettled_of_client(&self) -> i64 {
        const PEOPLE: i64 = 4;
        self.unsettled.saturating_mul(PEOPLE).min(self.unsettled_of_firm)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 25 * MEGABYTE, unsettled: 250 * MEGABYTE, unsettled_of_firm: 2_500 * MEGABYTE }
    }
}

/// The declaration of a file to upload.
#[derive(Debug, Clone, Serialize)]
pub struct Declaration {
    /// Its name.
    pub name: String,
    /// Its media type; may be empty.
    pub content_type: String,
    /// The size in bytes.
    pub size: i64,
    /// Its SHA-256 digest, in hexadecimal digits; may be left to us.
    pub sha256: Option<String>,
}

/// A valid declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The name, on one line and without a path.
    pub name: String,
    /// The kind, from name and media type.
    pub kind: FileKind,
    /// How many bytes.
    pub size: i64,
    /// The digest, if it was declared.
    pub sha256: Option<Sha256>,
}

impl Declaration {
    /// Checks the declaration.
    ///
    /// # Errors
    /// All refusals: of the name, `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_TYPE_NOT_ALLOWED`, `INVALID_CHECKSUM`.
    pub fn check(&self, limits: &Limits) -> Result<Declared, Vec<Refusal>> {
        let mut check = Check::new();
        let name = check.line("name", &self.name, 1..=MAX_NAME);
        // The name must not be a path when it is saved, and must be displayed in the order in which it is written.
        let tricks = |c: char| matches!(c, '/' | '\\' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        // A name that was refused is empty: nothing more can be said of it.
        let is_name = name.is_empty() || !name.contains(tricks) && name.chars().any(|c| c != '.');
        check.require(is_name, Refusal::of("name", Code::InvalidText));
        check.require(self.size > 0, Refusal::of("size", Code::FileEmpty));
        let megabytes = self.size / MEGABYTE + i64::from(self.size % MEGABYTE > 0);
        let most = Refusal::of("size", Code::FileTooLarge)
            .asked(Told::Number(megabytes))
            .with(limits.file / MEGABYTE);
        check.require(self.size <= limits.file, most);
        let kind = FileKind::declared(&name, &self.content_type);
        check
            .require(name.is_empty() || kind.is_some(), Refusal::of("contentType", Code::FileTypeNotAllowed));
        let sha256 = self.sha256.as_deref().map(Sha256::parse);
        check.require(sha256 != Some(None), Refusal::of("sha256", Code::InvalidChecksum));
        match (check.done(), kind) {
            (Ok(()), Some(kind)) => Ok(Declared { name, kind, size: self.size, sha256: sha256.flatten() }),
            (Err(Error::Refused(refusals)), ..) => Err(refusals),
            (Ok(()) | Err(Error::Fault(_)), ..) => unreachable!("what is missing was refused"),
        }
    }
}

/// When a file that enters this state now expires: every file without an owner does. None: never, or not before it
/// is verified.
pub fn expiry(state: FileState, is_attached: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let kept = match state {
        FileState::Pending => AWAITED,
        FileState::Staged => return None,
        FileState::Stored if is_attached => return None,
        FileState::Stored => UNUSED_KEPT,
        // It was attached before it was refused: only its uploader ever saw that.
        FileState::Rejected | FileState::Quarantined => REFUSED_KEPT,
    };
    Some(now + kept)
}

text_enum! {
    /// What a browser does with a file.
    pub enum FileDisposition {
        /// It saves the file.
        Attachment = "ATTACHMENT",
        /// It shows the file in place: only PDF documents without a password and common kinds of images.
        Inline = "INLINE",
    }
}

text_enum! {
    /// An action on a file.
    pub enum FileAct {
        /// Complete the upload with `fileUploadComplete`.
        Complete = "COMPLETE",
        /// Download the file with `fileDownload`.
        Download = "DOWNLOAD",
        /// View the file in place, with `fileDownload` and the disposition `INLINE`.
        Preview = "PREVIEW",
        /// Attach the file with `ticketFileAttach`, or with a new ticket or message.
        Attach = "ATTACH",
    }
}

/// Whether a person who can see a file may do `act` now, or why not. `is_attached`: to anything.
///
/// # Errors
/// The code that the command would return.
pub fn may(act: FileAct, by: Author, file: &File, is_attached: bool, now: DateTime<Utc>) -> Result<(), Code> {
    let is_read = matches!(act, FileAct::Download | FileAct::Preview);
    if !is_read && file.uploaded_by() != by {
        return Err(Code::NotAllowed);
    }
    if let Some(refusal) = file.refusal {
        // Completing it again does nothing.
        return if act == FileAct::Complete { Ok(()) } else { Err(refusal.code()) };
    }
    match (act, file.state) {
        (FileAct::Complete, FileState::Pending) if file.expires_at.is_some_and(|end| now >= end) => {
            Err(Code::UploadExpired)
        }
        (FileAct::Attach, _) if is_attached || file.is_kept() => Err(Code::FileAttached),
        (FileAct::Attach | FileAct::Download | FileAct::Preview, FileState::Pending) => {
            Err(Code::FileNotUploaded)
        }
        (FileAct::Download | FileAct::Preview, FileState::Staged) => Err(Code::FileNotReady),
        (FileAct::Preview, _) if file.is_protected || !file.content_type.is_shown_by_browsers() => {
            Err(Code::FileNotPreviewable)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn declaration() -> Declaration {
        Declaration {
            name: "nota.pdf".into(),
            content_type: "application/pdf".into(),
            size: 10,
            sha256: Some("ab".repeat(32)),
        }
    }

    fn codes(declaration: &Declaration) -> Vec<Code> {
        let refusals = declaration.check(&Limits::default()).err().unwrap_or_default();
        refusals.iter().map(|refusal| refusal.code).collect()
    }

    #[test]
    fn what_is_declared_is_checked_at_once() {
        assert_eq!(codes(&declaration()), []);
        assert_eq!(codes(&Declaration { sha256: None, ..declaration() }), []);
        assert_eq!(
            codes(&Declaration { sha256: Some(String::new()), ..declaration() }),
            [Code::InvalidChecksum]
        );
        let bad = Declaration {
            name: "a/b.exe".into(),
            content_type: String::new(),
            size: 0,
            sha256: Some("x".into()),
        };
        let all = [Code::InvalidText, Code::FileEmpty, Code::FileTypeNotAllowed, Code::InvalidChecksum];
        assert_eq!(codes(&bad), all);
        for (name, code) in [("fdp.\u{202e}exe.pdf", Code::InvalidText), ("\u{200b}", Code::Required)] {
            assert_eq!(codes(&Declaration { name: name.into(), ..declaration() }), [code]);
        }
        let large = Declaration { size: 25 * MEGABYTE + 1, ..declaration() };
        let values = &large.check(&Limits::default()).unwrap_err()[0].values;
        assert_eq!(values[..], [("asked", Told::Number(26)), ("number", Told::Number(25))]);
    }

    /// The users of a client share at most as much as a firm's staff; one person's limit fits into both.
    #[test]
    fn sums_hold_one_person() {
        assert_eq!(Limits::default().unsettled_of_client(), 1_000 * MEGABYTE);
        let tight = Limits { unsettled: MEGABYTE, unsettled_of_firm: MEGABYTE, ..Limits::default() };
        assert_eq!(tight.unsettled_of_client(), MEGABYTE);
    }

    /// Names are never paths, and never displayed in another order than written.
    #[test]
    fn tricks_in_names() {
        for name in [
            "../nota.pdf",
            "..\\nota.pdf",
            "/etc/passwd.pdf",
            "C:\\nota.pdf",
            "a\r\nX: y.pdf",
            "fdp.\u{202e}exe.pdf",
            "..",
            "",
        ] {
            assert!(!codes(&Declaration { name: name.into(), ..declaration() }).is_empty(), "{name:?}");
        }
        for name in ["Guia — março (2ª via).pdf", "..nota.pdf", "facture d'été.pdf", "a;b\"c.pdf"] {
            assert_eq!(codes(&Declaration { name: name.into(), ..declaration() }), [], "{name:?}");
        }
    }

    proptest! {
        /// Attached files are kept, files in verification wait, and all others expire.
        #[test]
        fn what_has_no_owner_goes(
            state in proptest::sample::select(FileState::ALL),
            is_attached: bool,
            seconds in 0i64..4_000_000_000,
        ) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let expiry = expiry(state, is_attached, now);
            let stays = state == FileState::Staged || state == FileState::Stored && is_attached;
            prop_assert_eq!(expiry.is_none(), stays);
            prop_assert!(expiry.is_none_or(|end| end > now));
        }

        /// Whatever is declared, an accepted name has no path and the size is within the limit.
        #[test]
        fn what_is_taken_is_harmless(name in ".{0,40}", size: i64, of in "[a-z/]{0,20}") {
            let declaration = Declaration { name: format!("{name}.pdf"), size, content_type: of, ..declaration() };
            if let Ok(declared) = declaration.check(&Limits::default()) {
                prop_assert!(!declared.name.contains(['/', '\\', '\0', '\r', '\n']));
                prop_assert!(declared.size > 0 && declared.size <= Limits::default().file);
            }
        }
    }
}
