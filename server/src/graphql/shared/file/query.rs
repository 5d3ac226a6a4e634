//! What can be uploaded, and what was.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::{FileId, TicketId};
use guichet_edge::ApiError;
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::subject::Subject;
use guichet_schema::shared::file::kind::FileKind;
use guichet_schema::shared::file::rules::MAX_FILES;
use guichet_schema::shared::file::{model, queries};

use super::types::{File, FileState};
use crate::files::Files;
use crate::graphql::caller::Caller;
use crate::graphql::counts::counts;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::known_ids;
use crate::graphql::scalars::SafeInt;

/// The limits of uploads, so that a frontend can refuse a file before it is read.
#[derive(Debug, SimpleObject)]
pub struct UploadRules {
    /// The largest size of a file, in bytes.
    max_bytes: SafeInt,
    /// The largest number of files per mutation.
    max_files: usize,
    /// The accepted file name extensions, in lower case and without a dot, for example `pdf`.
    extensions: Vec<&'static str>,
}

/// A filter of files. A file must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct FileFilter {
    /// Files with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Files in one of these states.
    states: Option<Vec<FileState>>,
    /// Files attached to one of these tickets or to their messages, whoever uploaded them. Without it, files that the
    /// viewer uploaded.
    ticket_ids: Option<Vec<ID>>,
}

impl FilterInput for FileFilter {
    type Filter = queries::FileFilter;

    fn read(self, _: &Membership) -> error::Result<queries::FileFilter> {
        let states = |states: Vec<FileState>| states.into_iter().map(Into::into).collect();
        let subjects = |tickets: Vec<TicketId>| tickets.into_iter().map(Subject::of).collect();
        Ok(queries::FileFilter {
            ids: known_ids(self.ids),
            states: self.states.map(states),
            subjects: known_ids::<TicketId>(self.ticket_ids).map(subjects),
        })
    }
}

connection! {
    /// A page of the list of files.
    FileConnection, FileEdge of File, count FileCount;
    /// Returns the list of files that the viewer uploaded, newest first; with the filter `ticketIds`, of all files on
    /// these tickets that the viewer can see.
    query FilesQuery.files, filter FileFilter => queries::FileFilter;
    seen by membership, page queries::page, counted queries::count, position queries::position
}

counts! {
    /// The numbers of files by state.
    FileCounts, FileStateCount of state: FileState => model::FileState, all as by_state,
    told as FileCountsChanged;
    filter FileFilter => queries::FileFilter, ids FileId, with [];
    /// Returns the numbers of files by state, of the same files as the list `files`.
    query FileCountsQuery.file_counts;
    /// Sends the numbers of files by state, of the same files as the list `files`: in the first message without `after`,
    /// and whenever one of them changes.
    subscription FileCountsSubscription.file_counts_changed, "fileCountsChanged", FilesCounted;
    shared by |viewer| (viewer.scope(), viewer.author()) => (Scope, Author),
    counted |conn, viewer, filter| queries::counts(conn, viewer, filter)
}

/// Queries about files.
#[derive(Debug, Default)]
pub struct FileQuery;

#[Object]
impl FileQuery {
    /// Returns the limits of uploads.
    async fn upload_rules(&self, ctx: &Context<'_>) -> Result<UploadRules, ApiError> {
        Caller::of(ctx).actor()?;
        let mut extensions: Vec<&str> =
            FileKind::ALL.iter().flat_map(|kind| kind.extensions()).copied().collect();
        extensions.sort_unstable();
        let max_bytes = SafeInt(ctx.data_unchecked::<Files>().limits.file);
        Ok(UploadRules { max_bytes, max_files: MAX_FILES, extensions })
    }
}
