//! Files, live: the viewer's uploads, and those on a ticket (A-09, D-08).

use guichet_base::id::{AccessId, AttachmentId, FileId, Id, StaffId};
use guichet_engine::actor::{Author, Scope};
use guichet_schema::shared::file::{model, queries};

use super::query::{FileEdge, FileFilter};
use super::types::File;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;

listed! {
    /// A change of a list of files.
    FilesChanged of FileEdge, File(model::File), FileId;
    filter FileFilter => queries::FileFilter;
    /// Sends changes of the files that the viewer uploaded: when one is verified, refused, attached or deleted; with the
    /// filter `ticketIds`, of the files on these tickets. Applied in order to the result of the query `files` after the
    /// first message, they keep that result up to date.
    subscription FileSubscription.files_changed, FilesListed;
    shows Shows {
        elsewhere: &[AttachmentId::NOUN, StaffId::NOUN, AccessId::NOUN],
        ..Shows::of("filesChanged")
    };
    shared by |viewer| (viewer.scope(), viewer.author()) => (Scope, Author),
    found |conn, viewer, filter, ids| queries::among(conn, viewer, filter, ids),
    position queries::position,
    // An attached file comes into sight and goes out of it with what it is attached to.
    moved by |news| news.moves_subjects()
}
