//! Files, live: the viewer's uploads, and those on a ticket (A-09, D-08).

use async_graphql::{Context, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{AccessId, AttachmentId, FileId, Id, StaffId};
use guichet_engine::actor::{Author, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::shared::file::{model, queries};

use super::query::{FileEdge, FileFilter};
use super::types::File;
use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, Listed, Onlooker, Shows, changes, follow};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::queried;
use guichet_edge::ApiError;

changes! {
    /// A change of a list of files.
    FilesChanged of FileEdge, File(model::File), FileId
}

/// Files, live.
#[derive(Debug, Default)]
pub struct FileSubscription;

#[Subscription]
impl FileSubscription {
    /// Sends changes of the files that the viewer uploaded: when one is verified, refused, attached or deleted; with the
    /// filter `ticketIds`, of the files on these tickets. Applied in order to the result of the query `files` after the
    /// first message, they keep that result up to date.
    async fn files_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<FileFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<FilesChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, FilesListed(filter)).await
    }
}

/// The files of a filter.
pub struct FilesListed(queries::FileFilter);

impl Listed for FilesListed {
    type Message = FilesChanged;
    type Key = (Scope, Author, queries::FileFilter);

    const SHOWS: Shows = Shows {
        elsewhere: &[AttachmentId::NOUN, StaffId::NOUN, AccessId::NOUN],
        ..Shows::of("filesChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), onlooker.membership.author(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[FileId],
    ) -> error::Result<Vec<model::File>> {
        queries::among(conn, &onlooker.membership, &self.0, ids).await
    }

    fn position(&self, file: &model::File) -> Position {
        queries::position(file)
    }

    /// An attached file comes into sight and goes out of it with what it is attached to.
    fn is_moved(&self, news: &FeedNews) -> bool {
        news.moves_subjects()
    }
}
