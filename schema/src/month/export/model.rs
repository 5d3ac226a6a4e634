//! The rows of exports.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use guichet_base::id::{ExportId, FileId, FirmId, Id, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use guichet_engine::actor::Membership;
use guichet_engine::feed::Audience;
use guichet_engine::job::Payload;
use guichet_engine::tables::exports;
use serde::{Deserialize, Serialize};

use crate::shared::file::kind::FileKind;

text_enum! {
    /// A list that can be exported, and whose filters can be saved.
    pub enum ListName {
        /// The list `tickets`.
        Tickets = "TICKETS",
        /// The list `tasks`.
        Tasks = "TASKS",
    }
}

text_enum! {
    /// The format of an exported list.
    pub enum ExportFormat {
        /// Comma-separated values (RFC 4180), in UTF-8; with semicolons where the comma is the decimal sign.
        Csv = "CSV",
        /// An Excel workbook with one sheet.
        Xlsx = "XLSX",
    }
}

impl ExportFormat {
    /// The ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The kind of file.
    pub const fn kind(self) -> FileKind {
        match self {
            Self::Csv => FileKind::Csv,
            Self::Xlsx => FileKind::Xlsx,
        }
    }
}

text_enum! {
    /// The state of an export.
    pub enum ExportState {
        /// The file is being written.
        Queued = "QUEUED",
        /// The file can be downloaded with `fileDownload`.
        Ready = "READY",
        /// The file could not be written.
        Failed = "FAILED",
        /// The file is no longer kept.
        Expired = "EXPIRED",
    }
}

/// A list as a file, for one person.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = exports)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// The firm.
    pub firm_id: FirmId,
    /// Who asked for it; nobody else sees it.
    pub requested_by: StaffId,
    /// The list.
    pub list: ListName,
    /// The format.
    pub format: ExportFormat,
    /// The filter, as the list takes it.
    pub filter: serde_json::Value,
    /// The order, as the list takes it; the list's own without one.
    pub order_by: Option<serde_json::Value>,
    /// The language of titles and statuses.
    pub locale: Locale,
    /// Its state.
    pub state: ExportState,
    /// How many rows the file has; none until it is written.
    pub rows: Option<i32>,
    /// The file, once it is written.
    pub file_id: Option<FileId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was written, or given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when the file is kept.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Export {
    /// Who can see it: the person who asked for it.
    pub fn audience(&self) -> Audience {
        Audience::only(self.requested_by.uuid())
    }

    /// The id of its file. It is known before there is a file, so that whoever writes it again writes the same object.
    pub fn file(&self) -> FileId {
        FileId::from_uuid(self.id.uuid())
    }
}

/// What is to be written for an export.
#[derive(Debug, Clone)]
pub struct WriteOrder {
    /// The list.
    pub list: ListName,
    /// The format.
    pub format: ExportFormat,
    /// The filter, as the list takes it.
    pub filter: serde_json::Value,
    /// The order, as the list takes it; the list's own without one.
    pub order_by: Option<serde_json::Value>,
    /// Whose list it is, with the rights that the person has now.
    pub membership: Membership,
    /// The language.
    pub locale: Locale,
    /// The firm's time zone.
    pub zone: Tz,
}

/// The job that writes the file of an export.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct WriteExport {
    /// The export.
    pub export_id: ExportId,
}

impl Payload for WriteExport {
    const KIND: &'static str = "export.write";
    /// With the queue's backoff some hours: whoever waits longer has asked again.
    const MAX_ATTEMPTS: i32 = 20;
}
