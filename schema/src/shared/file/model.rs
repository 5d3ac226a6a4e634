//! The rows and enums of files.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::digest::Sha256;
use super::key::Key;
use super::kind::FileKind;
use crate::shared::visibility::Visibility;
use guichet_base::error::Code;
use guichet_base::id::{
    AccessId, AccountId, AttachmentId, ClientId, FileAccessId, FileId, FirmId, Id, MessageId, StaffId,
};
use guichet_base::text_enum;
use guichet_engine::actor::{Actor, Author, Membership};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::job::Payload;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{attachments, file_accesses, files};

text_enum! {
    /// The state of a file.
    pub enum FileState {
        /// The upload was announced. Send the bytes, then call `fileUploadComplete`.
        Pending = "PENDING",
        /// The bytes are uploaded and are being verified.
        Staged = "STAGED",
        /// The file is verified and can be downloaded. From now on others than the uploader can see it.
        Stored = "STORED",
        /// The file was refused; see `refusal`.
        Rejected = "REJECTED",
        /// The file contains malware; see `refusal`.
        Quarantined = "QUARANTINED",
    }
}

text_enum! {
    /// Why a file is not stored, or not any more.
    pub enum FileRefusal {
        /// Its bytes were gone when they were to be verified.
        Missing = "MISSING",
        /// It has another size than declared.
        WrongSize = "WRONG_SIZE",
        /// It has another content than declared.
        WrongChecksum = "WRONG_CHECKSUM",
        /// It is of another kind than declared.
        WrongType = "WRONG_TYPE",
        /// The scanner found something in it.
        Infected = "INFECTED",
        /// Looking at it failed for good.
        Unverifiable = "UNVERIFIABLE",
        /// It was stored, but nobody attached it in time.
        Unused = "UNUSED",
        /// It was an exported list, which is kept for some days only.
        Expired = "EXPIRED",
    }
}

impl FileRefusal {
    /// The code shown to the viewer.
    pub const fn code(self) -> Code {
        match self {
            Self::Missing => Code::FileNotUploaded,
            Self::WrongSize => Code::FileIncomplete,
            Self::WrongChecksum => Code::FileAltered,
            Self::WrongType => Code::FileTypeMismatch,
            Self::Infected => Code::FileInfected,
            Self::Unverifiable => Code::FileUnverifiable,
            Self::Unused => Code::FileUnused,
            Self::Expired => Code::FileExpired,
        }
    }

    /// Whether the file was stored before, so that people may have opened it.
    pub const fn was_stored(self) -> bool {
        matches!(self, Self::Unused | Self::Expired)
    }

    /// The state of a file that is refused for this reason.
    pub const fn state(self) -> FileState {
        match self {
            Self::Infected => FileState::Quarantined,
            Self::Missing
            | Self::WrongSize
            | Self::WrongChecksum
            | Self::WrongType
            | Self::Unverifiable
            | Self::Unused
            | Self::Expired => FileState::Rejected,
        }
    }
}

text_enum! {
    /// The channel through which a file was opened.
    pub enum Channel {
        /// The client area in a browser.
        Portal = "PORTAL",
        /// The client area in an app.
        Mobile = "MOBILE",
        /// The back office of the firm.
        Staff = "STAFF",
    }
}

impl Channel {
    /// The channel of this actor.
    pub const fn of(actor: &Actor) -> Self {
        match &actor.membership {
            Membership::Staff(_) => Self::Staff,
            Membership::Portal(_) if actor.origin.is_app => Self::Mobile,
            Membership::Portal(_) => Self::Portal,
        }
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = files)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Its firm.
    pub firm_id: FirmId,
    /// The client whose portal user uploaded it; none for staff.
    pub client_id: Option<ClientId>,
    uploader_staff: Option<StaffId>,
    uploader_access: Option<AccessId>,
    /// The name given by the uploader. Never part of a path.
    pub name: String,
    /// The kind of file: as declared, and in truth once it is stored.
    pub content_type: FileKind,
    /// Whether it can be opened with a password only; known once it is stored.
    pub is_protected: bool,
    /// The size in bytes.
    pub size: i64,
    /// The digest of its bytes; none until the file is stored, if it was not declared.
    pub sha256: Option<Sha256>,
    /// The state.
    pub state: FileState,
    /// Why it was refused.
    pub refusal: Option<FileRefusal>,
    /// When it expires, unless it is completed or attached before; see [`expiry`](super::rules::expiry).
    pub expires_at: Option<DateTime<Utc>>,
    /// When the upload was announced.
    pub created_at: DateTime<Utc>,
}

impl File {
    /// Who uploaded it.
    pub fn uploaded_by(&self) -> Author {
        Author::from_columns(self.uploader_staff, self.uploader_access)
            .expect("a check of the table demands exactly one uploader")
    }

    /// Whether something keeps it that says itself when it is over: what it is attached to, or the export that it was
    /// written for. A stored file of nobody expires.
    pub fn is_kept(&self) -> bool {
        self.state == FileState::Stored && self.expires_at.is_none()
    }

    /// The key of the uploaded bytes.
    pub const fn staged(&self) -> Key {
        Key::Staged { firm_id: self.firm_id, file_id: self.id }
    }

    /// The key of the verified bytes.
    pub const fn stored(&self) -> Key {
        Key::Stored { firm_id: self.firm_id, file_id: self.id }
    }

    /// The key of infected bytes.
    pub const fn quarantined(&self) -> Key {
        Key::Quarantined { firm_id: self.firm_id, file_id: self.id }
    }

    /// All keys where its bytes may be: an interrupted job leaves them under an old key.
    pub const fn keys(&self) -> [Key; 3] {
        [self.staged(), self.stored(), self.quarantined()]
    }

    /// The event for its uploader. Others get events about what it is attached to.
    pub(crate) fn event(&self, is_new: bool) -> Event {
        let audience = Audience::only(self.uploaded_by().person());
        let before = (!is_new).then(|| audience.clone());
        Event { noun: FileId::NOUN, subject: self.id.uuid(), before, after: Some(audience) }
    }
}

/// A file on a thing, or on a message about one.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = attachments)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The file.
    pub file_id: FileId,
    /// The thing.
    #[diesel(
        select_expression = (attachments::subject_noun, attachments::subject_id),
        select_expression_type = (attachments::subject_noun, attachments::subject_id)
    )]
    pub subject: Subject,
    /// The message that it is on; none for one on the thing itself.
    pub message_id: Option<MessageId>,
    /// Whether it was posted with that message, which then tells of it (D-11).
    pub posted_with_message: bool,
    /// Who can see it (D-07); the same as for its message, if it has one.
    pub visibility: Visibility,
    /// When it was attached.
    pub created_at: DateTime<Utc>,
}

/// An entry of the access log (B-09).
#[derive(Debug, Clone, PartialEq, Eq, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = file_accesses, check_for_backend(diesel::pg::Pg))]
pub struct FileAccess {
    /// Its id.
    pub id: FileAccessId,
    /// The file.
    pub file_id: FileId,
    /// The time.
    pub at: DateTime<Utc>,
    /// The channel.
    pub channel: Channel,
    /// The account, when known.
    pub account_id: Option<AccountId>,
    staff_id: Option<StaffId>,
    access_id: Option<AccessId>,
    /// The IP address.
    pub address: Option<String>,
    /// The `User-Agent`.
    pub device: Option<String>,
}

impl FileAccess {
    /// Who opened it, if known.
    pub const fn by(&self) -> Option<Author> {
        Author::from_columns(self.staff_id, self.access_id)
    }
}

/// The job that verifies an uploaded file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct VerifyFile {
    /// The file.
    pub file_id: FileId,
}

impl Payload for VerifyFile {
    const KIND: &'static str = "file.verify";
    /// With the queue's backoff more than two days: a scanner or a store may be away for a weekend.
    const MAX_ATTEMPTS: i32 = 104;
}
