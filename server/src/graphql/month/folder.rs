//! Folders of a client's library.

use async_graphql::{Context, ID, InputObject, Object, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DocumentId, FolderId, Id, StaffId};
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::month::folder::commands::{self, CreateFolder};
use guichet_schema::month::folder::{model, queries};

use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, Onlooker, Shows, follow};
use crate::graphql::listed::{Listed, changes};
use crate::graphql::loaders::{by_ids, load, load_optional, seen};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, known_ids, optional_id, payload, queried};
use crate::graphql::people::client::Client;
use crate::graphql::scalars::DateTime;

/// A folder.
#[derive(Debug, Clone)]
pub struct Folder(pub model::Folder);

by_ids!(FolderId => Folder, queries::by_ids);

/// A folder of a client's library. Documents go to the folder of their kind, its year and its period by themselves. Where a
/// document lies changes nothing about who can see it.
#[Object]
impl Folder {
    /// The ID of the folder, for example `folder_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The folder in which it lies; null at the top of the library.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Folder>, ApiError> {
        load_optional(ctx, self.0.parent_id).await
    }

    /// The name, unique within its parent.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The version of the folder. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the folder was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the folder was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// A filter of folders. A folder must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct FolderFilter {
    /// Folders with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Folders of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Folders that lie in one of these folders.
    parent_ids: Option<Vec<ID>>,
    /// Folders at the top of the library (true), or within others (false).
    is_top: Option<bool>,
}

impl FilterInput for FolderFilter {
    type Filter = queries::FolderFilter;

    fn read(self, _: &Membership) -> error::Result<queries::FolderFilter> {
        Ok(queries::FolderFilter {
            ids: known_ids(self.ids),
            clients: known_ids(self.client_ids),
            parents: known_ids(self.parent_ids),
            is_top: self.is_top,
        })
    }
}

connection! {
    /// A page of the list of folders.
    FolderConnection, FolderEdge of Folder, count FolderCount;
    /// Returns the list of folders that the viewer can see, oldest first.
    query FolderQuery.folders, filter FolderFilter => queries::FolderFilter;
    seen by scope, page queries::page, counted queries::count, position queries::position
}

changes! {
    /// A change of a list of folders.
    FoldersChanged of FolderEdge, Folder(model::Folder), FolderId
}

/// The folders of a filter.
pub struct FoldersListed(queries::FolderFilter);

impl Listed for FoldersListed {
    type Message = FoldersChanged;
    type Key = (Scope, queries::FolderFilter);

    const SHOWS: Shows = Shows { embeds: &[ClientId::NOUN, StaffId::NOUN], ..Shows::of("foldersChanged") };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[FolderId],
    ) -> error::Result<Vec<model::Folder>> {
        queries::among(conn, &onlooker.scope(), &self.0, ids).await
    }

    fn position(&self, folder: &model::Folder) -> Position {
        queries::position(folder)
    }

    /// Which folders a user of a client sees depends on what lies in them and in those within.
    fn is_moved(&self, news: &FeedNews) -> bool {
        let is_client = !news.onlooker.scope().is_staff();
        is_client && !(news.added::<FolderId>().is_empty() && news.touched::<DocumentId>().is_empty())
    }
}

/// Folders, live.
#[derive(Debug, Default)]
pub struct FolderSubscription;

#[Subscription]
impl FolderSubscription {
    /// Sends changes of the folders that the viewer can see. Applied in order to the result of the query `folders` after the
    /// first message, they keep that result up to date. What lies in a folder is told by `documentsChanged`; users of a
    /// client, who see folders by what lies in them, are then told to read the list again.
    async fn folders_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<FolderFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<FoldersChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, FoldersListed(filter)).await
    }
}

/// Input for `folderCreate`: the folder to make.
#[derive(Debug, InputObject)]
pub struct FolderCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client.
    client_id: ID,
    /// The ID of the folder in which it lies; omit it for the top of the library.
    parent_id: Option<ID>,
    /// The name; 1 to 200 characters.
    name: String,
}

/// Input for `folderRename`: the folder, its new name, and the version that was read.
#[derive(Debug, InputObject)]
pub struct FolderRenameInput {
    /// The ID of the folder.
    id: ID,
    /// The version that was read. If the folder has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name; 1 to 200 characters.
    name: String,
}

/// Input for `folderMove`: the folder, its new place, and the version that was read.
#[derive(Debug, InputObject)]
pub struct FolderMoveInput {
    /// The ID of the folder.
    id: ID,
    /// The version that was read. If the folder has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The ID of the folder in which it lies from now on; omit it for the top of the library.
    parent_id: Option<ID>,
}

payload! {
    /// The result of `folderCreate`.
    FolderCreatePayload {
        /// The new folder; null when there are errors.
        folder: Option<Folder>,
    }
}

payload! {
    /// The result of `folderRename`.
    FolderRenamePayload {
        /// The folder in its current state, also when there are errors.
        folder: Option<Folder>,
    }
}

payload! {
    /// The result of `folderMove`.
    FolderMovePayload {
        /// The folder in its current state, also when there are errors.
        folder: Option<Folder>,
    }
}

/// Acts on folders.
#[derive(Debug, Default)]
pub struct FolderMutation;

#[Object]
impl FolderMutation {
    /// Makes a folder in the library of a client.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `TAKEN`, `OUT_OF_RANGE`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn folder_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FolderCreateInput,
    ) -> Result<FolderCreatePayload, ApiError> {
        let key = &input.idempotency_key;
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let folder = CreateFolder {
                client_id: id("clientId", &input.client_id)?,
                parent_id: optional_id("parentId", input.parent_id.as_ref())?,
                name: input.name.clone(),
            };
            commands::create(store, actor, key, folder).await
        })
        .await?;
        Ok(FolderCreatePayload { folder: load_optional(ctx, done).await?, user_errors, revision })
    }

    /// Renames a folder. Documents that go into it by themselves go on doing so.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `TAKEN`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`.
    async fn folder_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FolderRenameInput,
    ) -> Result<FolderRenamePayload, ApiError> {
        let FolderRenameInput { id: given, expected_version, name } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::rename(store, actor, id("id", &given)?, expected_version, &name).await
        })
        .await?;
        Ok(FolderRenamePayload { folder: now(ctx, &given).await?, user_errors, revision })
    }

    /// Moves a folder with all that lies in it.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `TAKEN`, `OUT_OF_RANGE`.
    async fn folder_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FolderMoveInput,
    ) -> Result<FolderMovePayload, ApiError> {
        let FolderMoveInput { id: given, expected_version, parent_id } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let parent = optional_id("parentId", parent_id.as_ref())?;
            commands::relocate(store, actor, id("id", &given)?, expected_version, parent).await
        })
        .await?;
        Ok(FolderMovePayload { folder: now(ctx, &given).await?, user_errors, revision })
    }
}

/// The folder as it stands now.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Folder>, ApiError> {
    load_optional(ctx, FolderId::decode(id)).await
}
