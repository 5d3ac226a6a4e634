//! Pure decisions about files. Commands obey them, `viewerCan` shows them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::digest::Sha256;
use super::kind::FileKind;
use super::model::{File, FileState};
use guichet_base::error::{Code, Error, Refusal};
use guichet_base::input::{Check, MAX_NAME};
use guichet_base::text_enum;
use guichet_engine::actor::Author;

/// How many files one act takes.
pub const MAX_FILES: usize = 20;
/// For how long the bytes of a file are awaited.
pub const AWAITED: TimeDelta = TimeDelta::hours(2);
/// For how long after that they stay all the same: longer than any act takes, for one that began just before the end
/// may commit after it, and what it acknowledged must be there.
pub const GRACE: TimeDelta = TimeDelta::minutes(5);
/// For how long a stored file is kept that is not attached to anything.
pub const UNUSED_KEPT: TimeDelta = TimeDelta::days(7);
/// For how long a refused file is kept: for its uploader to see why, and for the operator to look at what was
/// quarantined.
pub const REFUSED_KEPT: TimeDelta = TimeDelta::days(30);
/// For how long an address takes an upload; a repeated call gives a new one.
pub const UPLOAD_ADDRESS: TimeDelta = TimeDelta::minutes(15);
/// For how long an address gives a download.
pub const DOWNLOAD_ADDRESS: TimeDelta = TimeDelta::minutes(5);

/// What a file counts at least towards the limits, in bytes: rows and objects are not free either.
pub const LEAST_COUNTED: i64 = 64 << 10;

/// A megabyte, as limits are told in.
pub const MEGABYTE: i64 = 1_000_000;

/// What the operator allows, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one file.
    pub file: i64,
    /// Of all files of one person that are not verified and attached yet.
    pub unsettled: i64,
    /// Of all files of one firm's staff that are not verified and attached yet. Its clients' people count elsewhere;
    /// see [`Limits::unsettled_of_client`].
    pub unsettled_of_firm: i64,
}

impl Limits {
    /// Of all files of one client's people that are not verified and attached yet: as much as four of them may
    /// have, and never more than the staff of a firm.
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

/// What an uploader says of a file.
#[derive(Debug, Clone, Serialize)]
pub struct Declaration {
    /// Its name.
    pub name: String,
    /// Its media type; may be empty.
    pub content_type: String,
    /// How many bytes it has.
    pub size: i64,
    /// Its SHA-256 digest, in hexadecimal digits.
    pub sha256: String,
}

/// A declaration that nothing speaks against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The name, of one line and without a path.
    pub name: String,
    /// The kind that name and media type say.
    pub kind: FileKind,
    /// How many bytes.
    pub size: i64,
    /// The digest.
    pub sha256: Sha256,
}

impl Declaration {
    /// Checks it against what is taken.
    ///
    /// # Errors
    /// All refusals: of the name, `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_TYPE_NOT_ALLOWED`, `INVALID_CHECKSUM`.
    pub fn check(&self, limits: &Limits) -> Result<Declared, Vec<Refusal>> {
        let mut check = Check::new();
        let name = check.line("name", &self.name, 1..=MAX_NAME);
        // Whoever saves it must get a name, not a path, and one that reads in the order in which it is written.
        let tricks = |c: char| matches!(c, '/' | '\\' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        check.require(
            !name.contains(tricks) && name.chars().any(|c| c != '.'),
            Refusal::of("name", Code::InvalidText),
        );
        check.require(self.size > 0, Refusal::of("size", Code::FileEmpty));
        let most = Refusal::of("size", Code::FileTooLarge).with(limits.file / MEGABYTE);
        check.require(self.size <= limits.file, most);
        let kind = FileKind::declared(&name, &self.content_type);
        check.require(kind.is_some(), Refusal::of("contentType", Code::FileTypeNotAllowed));
        let sha256 = Sha256::parse(&self.sha256);
        check.require(sha256.is_some(), Refusal::of("sha256", Code::InvalidChecksum));
        match (check.done(), kind, sha256) {
            (Ok(()), Some(kind), Some(sha256)) => Ok(Declared { name, kind, size: self.size, sha256 }),
            (Err(Error::Refused(refusals)), ..) => Err(refusals),
            (Ok(()) | Err(Error::Fault(_)), ..) => unreachable!("what is missing was refused"),
        }
    }
}

/// When a file goes that comes to this state now: whatever has no owner does. None: never, or not before
/// it was looked at.
pub fn expiry(state: FileState, is_attached: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let kept = match state {
        FileState::Pending => AWAITED,
        FileState::Staged => return None,
        FileState::Stored if is_attached => return None,
        FileState::Stored => UNUSED_KEPT,
        // Attached before it was refused: only its uploader ever saw that.
        FileState::Rejected | FileState::Quarantined => REFUSED_KEPT,
    };
    Some(now + kept)
}

text_enum! {
    /// What somebody may want to do with a file.
    pub enum FileAct {
        /// Say that its bytes are there.
        Complete = "COMPLETE",
        /// Open it.
        Download = "DOWNLOAD",
        /// Attach it to something.
        Attach = "ATTACH",
    }
}

/// Whether somebody who sees a file may do `act` with it now, or why not. `is_attached`: to anything.
///
/// # Errors
/// The code that the command would refuse with.
pub fn may(act: FileAct, by: Author, file: &File, is_attached: bool, now: DateTime<Utc>) -> Result<(), Code> {
    if act != FileAct::Download && file.uploaded_by() != by {
        return Err(Code::NotAllowed);
    }
    if let Some(refusal) = file.refusal {
        // To say once more that its bytes are there does nothing, and harms nobody.
        return if act == FileAct::Complete { Ok(()) } else { Err(refusal.code()) };
    }
    match (act, file.state) {
        (FileAct::Complete, FileState::Pending) if file.expires_at.is_some_and(|end| now >= end) => {
            Err(Code::UploadExpired)
        }
        (FileAct::Attach, _) if is_attached => Err(Code::FileAttached),
        (FileAct::Attach | FileAct::Download, FileState::Pending) => Err(Code::FileNotUploaded),
        (FileAct::Download, FileState::Staged) => Err(Code::FileNotReady),
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
            sha256: "ab".repeat(32),
        }
    }

    fn codes(declaration: &Declaration) -> Vec<Code> {
        let refusals = declaration.check(&Limits::default()).err().unwrap_or_default();
        refusals.iter().map(|refusal| refusal.code).collect()
    }

    #[test]
    fn what_is_declared_is_checked_at_once() {
        assert_eq!(codes(&declaration()), []);
        let bad =
            Declaration { name: "a/b.exe".into(), content_type: String::new(), size: 0, sha256: "x".into() };
        let all = [Code::InvalidText, Code::FileEmpty, Code::FileTypeNotAllowed, Code::InvalidChecksum];
        assert_eq!(codes(&bad), all);
        let large = Declaration { size: 25 * MEGABYTE + 1, ..declaration() };
        assert_eq!(large.check(&Limits::default()).unwrap_err()[0].number, Some(25));
    }

    /// A client's people share less than a firm's staff, or as much; one person fits into either.
    #[test]
    fn sums_hold_one_person() {
        assert_eq!(Limits::default().unsettled_of_client(), 1_000 * MEGABYTE);
        let tight = Limits { unsettled: MEGABYTE, unsettled_of_firm: MEGABYTE, ..Limits::default() };
        assert_eq!(tight.unsettled_of_client(), MEGABYTE);
    }

    /// Names are never paths, and never read otherwise than they are written.
    #[test]
    fn tricks_in_names() {
        for name in [
            "../nota.pdf",
            "..\\nota.pdf",
            "/etc/passwd.pdf",
            "C:\\nota.pdf",
            "a\0.pdf",
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
        /// What is attached stays, what is being looked at waits, and all else goes at a time to come.
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

        /// Whatever is declared: what is taken has a name without a path and a size within the limit.
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
