//! Making, renaming and moving folders, and the folders that documents go to by themselves.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, FirmId, FolderId, Id, StaffId};
use guichet_base::input::{Check, MAX_NAME, OrTaken};
use guichet_engine::actor::{Actor, Area};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{clients, folders};
use serde::Serialize;

use super::around::{Around, seen};
use super::model::Folder;
use super::queries::{audiences, visible};
use crate::people::client;

/// Most folders of a client.
const MAX_FOLDERS: usize = 5_000;
/// Deepest place of a folder: so many folders lie around it.
const MAX_DEPTH: usize = 10;

/// Input for making a folder.
#[derive(Debug, Clone, Serialize)]
pub struct CreateFolder {
    /// The client.
    pub client_id: ClientId,
    /// The folder in which it lies; none at the top.
    pub parent_id: Option<FolderId>,
    /// Its name.
    pub name: String,
}

/// Makes a folder. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `clientId` and `parentId`, `TAKEN`, `OUT_OF_RANGE`, refusals of the name.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateFolder) -> Result<Done<FolderId>> {
    check_staff(actor)?;
    let mut tx = first!(store.begin_once(actor, "folderCreate", key, &input).await?);
    let of =
        client::commands::lock(tx.conn(), &actor.scope(), input.client_id).await?.or_not_found("clientId")?;
    let tree = Tree::lock(&mut tx, of.id).await?;
    let mut check = Check::new();
    let name = check.line("name", &input.name, 1..=MAX_NAME);
    tree.check_place(&mut check, None, input.parent_id);
    check.require(tree.parents.len() < MAX_FOLDERS, Refusal::of("clientId", Code::OutOfRange));
    check.done()?;
    let folder = new(&tx, of.firm_id, of.id, input.parent_id, name, None);
    diesel::insert_into(folders::table).values(&folder).execute(tx.conn()).await.or_taken("name")?;
    let after = Some(folder.audience(of.accountant_id));
    tx.changed(folder.firm_id, "folderCreate", folder.id, None, after);
    tx.commit(folder.id).await
}

/// Renames a folder. What goes into it by itself goes on doing so. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `TAKEN`, refusals of the name.
pub async fn rename(
    store: &Store,
    actor: &Actor,
    id: FolderId,
    version: i32,
    name: &str,
) -> Result<Done<FolderId>> {
    check_staff(actor)?;
    let mut tx = store.begin(actor).await?;
    let (folder, audiences) = lock(&mut tx, actor, id, version).await?;
    let mut check = Check::new();
    let name = check.line("name", name, 1..=MAX_NAME);
    check.done()?;
    diesel::update(folders::table.find(id))
        .set((
            folders::name.eq(name),
            folders::version.eq(folder.version + 1),
            folders::updated_at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await
        .or_taken("name")?;
    tell(&mut tx, &folder, "folderRename", audiences);
    tx.commit(id).await
}

/// Moves a folder with all that lies in it. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `TAKEN`; `OUT_OF_RANGE` about `parentId` for a place inside of itself, or too
/// deep.
pub async fn relocate(
    store: &Store,
    actor: &Actor,
    id: FolderId,
    version: i32,
    parent_id: Option<FolderId>,
) -> Result<Done<FolderId>> {
    check_staff(actor)?;
    let mut tx = store.begin(actor).await?;
    let (folder, audiences) = lock(&mut tx, actor, id, version).await?;
    let tree = Tree::lock(&mut tx, folder.client_id).await?;
    let mut check = Check::new();
    tree.check_place(&mut check, Some(id), parent_id);
    check.done()?;
    let places: Vec<FolderId> = folder.parent_id.into_iter().chain(parent_id).collect();
    let around = Around::read(&mut tx, &places).await?;
    diesel::update(folders::table.find(id))
        .set((
            folders::parent_id.eq(parent_id),
            folders::version.eq(folder.version + 1),
            folders::updated_at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await
        .or_taken("parentId")?;
    around.tell(&mut tx).await?;
    // Who sees it sees the folders around it, which are others now.
    for audience in &audiences {
        tx.event(folder.firm_id, seen(id, audience.clone()));
    }
    tell(&mut tx, &folder, "folderMove", audiences);
    tx.commit(id).await
}

fn check_staff(actor: &Actor) -> Result<(), Code> {
    actor.membership.author().staff().map(|_| ()).ok_or(Code::NotAllowed)
}

async fn lock(tx: &mut Tx, actor: &Actor, id: FolderId, version: i32) -> Result<(Folder, Vec<Audience>)> {
    let folder: Folder = folders::table
        .filter(visible(&actor.scope()).checked())
        .filter(folders::id.eq(id))
        .select(Folder::as_select())
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    if folder.version != version {
        return Err(Code::Conflict.into());
    }
    let portfolio: Option<StaffId> =
        clients::table.find(folder.client_id).select(clients::accountant_id).get_result(tx.conn()).await?;
    let audiences = audiences(tx.pipeline(), &folder, portfolio).await?;
    Ok((folder, audiences))
}

/// Tells everybody who may know of a folder what changed of it.
fn tell(tx: &mut Tx, folder: &Folder, act: &'static str, audiences: Vec<Audience>) {
    tx.audit(Some(folder.firm_id), act, FolderId::NOUN, Some(folder.id.uuid()));
    for audience in audiences {
        tx.event(folder.firm_id, Event::changed(folder.id, audience));
    }
}

/// The folders of a client, by their parents.
struct Tree {
    parents: HashMap<FolderId, Option<FolderId>>,
}

impl Tree {
    /// Locks them, so that no two moves make a ring.
    async fn lock(tx: &mut Tx, client: ClientId) -> Result<Self> {
        let parents: Vec<(FolderId, Option<FolderId>)> = folders::table
            .filter(folders::client_id.eq(client))
            .order(folders::id)
            .select((folders::id, folders::parent_id))
            .for_update()
            .load(tx.conn())
            .await?;
        Ok(Self { parents: parents.into_iter().collect() })
    }

    /// Refuses a place that is not there, lies within the folder itself, or is too deep.
    fn check_place(&self, check: &mut Check, folder: Option<FolderId>, parent: Option<FolderId>) {
        let refusal = |code| Refusal::of("parentId", code);
        let Some(parent) = parent else { return };
        if !self.parents.contains_key(&parent) {
            check.refuse(refusal(Code::NotFound));
            return;
        }
        let above = self.above(parent);
        let inside = folder.map_or(0, |folder| {
            let depths = self.parents.keys().map(|id| self.above(*id));
            depths.filter_map(|above| above.iter().position(|id| *id == folder)).max().unwrap_or(0)
        });
        let is_free = folder.is_none_or(|folder| !above.contains(&folder));
        check.require(is_free && above.len() + inside < MAX_DEPTH, refusal(Code::OutOfRange));
    }

    /// A folder and all around it, from the inside outwards.
    fn above(&self, folder: FolderId) -> Vec<FolderId> {
        let next = |id: &FolderId| self.parents.get(id).copied().flatten();
        std::iter::successors(Some(folder), next).take(self.parents.len() + 1).collect()
    }
}

fn new(
    tx: &Tx,
    firm_id: FirmId,
    client_id: ClientId,
    parent_id: Option<FolderId>,
    name: String,
    key: Option<String>,
) -> Folder {
    let (created_at, updated_at) = (tx.now, tx.now);
    Folder {
        id: FolderId::new(),
        firm_id,
        client_id,
        parent_id,
        name,
        key,
        version: 1,
        created_at,
        updated_at,
    }
}

/// A step of the way to the folder of a document: the key by which it is found again, and its name when it is made.
pub(crate) struct Step {
    /// The key, unique for the client.
    pub key: String,
    /// The name.
    pub name: String,
}

/// The folder at the end of a way, whose folders are made where they are missing. One that was renamed or moved is found by
/// its key; one that staff made under the same name is taken. `area` is what the document is about.
pub(crate) async fn ensure(
    tx: &mut Tx,
    firm: FirmId,
    client: ClientId,
    portfolio: Option<StaffId>,
    area: Option<Area>,
    way: Vec<Step>,
) -> Result<Option<FolderId>> {
    let mut parent: Option<FolderId> = None;
    for Step { key, name } in way {
        let by_key = folders::table.filter(folders::client_id.eq(client)).filter(folders::key.eq(&key));
        let found: Option<FolderId> = by_key.select(folders::id).get_result(tx.conn()).await.optional()?;
        if let Some(id) = found {
            parent = Some(id);
            continue;
        }
        let folder = new(tx, firm, client, parent, name, Some(key.clone()));
        let made = diesel::insert_into(folders::table)
            .values(&folder)
            .on_conflict_do_nothing()
            .execute(tx.conn())
            .await?;
        if made == 1 {
            // Part of the act on the document, under whose name it is recorded.
            let after = Some(Audience { area, ..folder.audience(portfolio) });
            tx.event(firm, Event { noun: FolderId::NOUN, subject: folder.id.uuid(), before: None, after });
            parent = Some(folder.id);
            continue;
        }
        // Somebody else made it meanwhile, or staff made one of this name before.
        let there = folders::table
            .filter(folders::client_id.eq(client))
            .filter(
                folders::key
                    .assume_not_null()
                    .eq(&key)
                    .or(folders::name.eq(&folder.name).and(folders::parent_id.is_not_distinct_from(parent))),
            )
            .order((folders::key.is_null(), folders::id))
            .select(folders::id);
        parent = Some(there.first(tx.conn()).await?);
    }
    Ok(parent)
}
