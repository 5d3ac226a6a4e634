//! The owner of a file, which decides who can see it, what becomes visible when it is stored, and who is notified.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::BoxFuture;

use guichet_base::error::{Fault, Result};
use guichet_base::id::{FileId, Id};
use guichet_engine::actor::{Actor, Author, Membership};
use guichet_engine::condition::Condition;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{attachments, files};

use super::model::{Attachment, File, FileState};
use crate::shared::visibility::Visibility;

/// A noun whose things can have files, implemented in its area: what happens when a file is stored.
pub trait HasFiles: Send + Sync {
    /// The noun, as in its ids.
    fn noun(&self) -> &'static str;

    /// Makes a file visible that was just stored: history, thing, events and notifications. Its row must be
    /// locked.
    fn stored<'a>(
        &'a self,
        tx: &'a mut Tx,
        file: &'a File,
        attachment: &'a Attachment,
    ) -> BoxFuture<'a, Result<()>>;

    /// What comes of it that somebody opens a file of a thing, in the transaction that logs it.
    fn opened<'a>(&'a self, _: &'a mut Tx, _: &'a Actor, _: &'a Attachment) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// The nouns that can have files; listed in [`nouns`](crate::nouns).
pub type Nouns = &'static [&'static dyn HasFiles];

/// The owner of a file. A file has at most one.
#[derive(Debug)]
pub(super) enum Owner {
    /// A thing, or a message about one.
    Attachment(Attachment),
}

impl Owner {
    /// The owner of a file, visible or not. The file's row must be locked.
    pub async fn of(tx: &mut Tx, file: FileId) -> Result<Option<Self>> {
        let attached = attachments::table.filter(attachments::file_id.eq(file));
        let found = attached.select(Attachment::as_select()).get_result(tx.conn()).await.optional()?;
        Ok(found.map(Self::Attachment))
    }

    /// Makes a file visible that was just stored, and tells those who can now see it.
    pub async fn reveal(&self, tx: &mut Tx, nouns: Nouns, file: &File) -> Result<()> {
        let Self::Attachment(attachment) = self;
        let noun = nouns.iter().find(|noun| noun.noun() == attachment.subject.noun);
        let noun =
            noun.ok_or_else(|| Fault::Broken(format!("{} takes no files", attachment.subject.noun)))?;
        noun.stored(tx, file, attachment).await?;
        tell_others(tx, &[file], attachment.subject, attachment.visibility).await
    }

    /// What comes of it that somebody opens the file.
    pub async fn opened(&self, tx: &mut Tx, nouns: Nouns, actor: &Actor) -> Result<()> {
        let Self::Attachment(attachment) = self;
        match nouns.iter().find(|noun| noun.noun() == attachment.subject.noun) {
            Some(noun) => noun.opened(tx, actor, attachment).await,
            None => Ok(()),
        }
    }

    /// Writes an event for the uploader about the state of an attached file: until it is stored, nobody else can
    /// see it.
    pub fn tell_uploader(&self, tx: &mut Tx, file: &File) {
        let Self::Attachment(Attachment { subject, message_id, .. }) = self;
        let audience = Audience::only(file.uploaded_by().person());
        if let Some(message) = message_id {
            tx.event(file.firm_id, Event::changed(*message, audience.clone()));
        }
        tx.event(file.firm_id, Event::changed(*subject, audience));
    }

    /// Removes the link between the owner and the file, which is removed too.
    pub async fn remove(&self, tx: &mut Tx) -> Result<()> {
        let Self::Attachment(attachment) = self;
        diesel::delete(attachments::table.find(attachment.id)).execute(tx.conn()).await?;
        Ok(())
    }
}

/// Writes events for those who can see stored files since they were attached to this thing. The thing must be locked.
pub(crate) async fn tell_others(
    tx: &mut Tx,
    files: &[&File],
    subject: Subject,
    visibility: Visibility,
) -> Result<()> {
    let told: Vec<_> = files.iter().map(|file| (*file, subject, visibility)).collect();
    tell_each(tx, &told).await
}

/// The same for files of several things.
pub(crate) async fn tell_each(tx: &mut Tx, files: &[(&File, Subject, Visibility)]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let subjects: Vec<Subject> = files.iter().map(|(_, subject, _)| *subject).collect();
    let audiences = reach::audiences(tx.conn(), &subjects).await?;
    for (file, subject, visibility) in files {
        let Some(audience) = audiences.get(subject) else { continue };
        let after = Some(visibility.of(audience.clone()));
        tx.event(file.firm_id, Event { noun: FileId::NOUN, subject: file.id.uuid(), before: None, after });
    }
    Ok(())
}

/// The files uploaded by a membership.
pub(crate) fn own(membership: &Membership) -> Condition<files::table> {
    match membership.author() {
        Author::Staff(id) => Condition::new(files::uploader_staff.is_not_distinct_from(id)),
        Author::Portal(id) => Condition::new(files::uploader_access.is_not_distinct_from(id)),
    }
}

/// The attachments on things that a membership can see: clients never see those of notes (D-07). A filter without
/// an index: other conditions find the few rows, and their things are then looked up.
pub(crate) fn on_seen(membership: &Membership) -> Condition<attachments::table> {
    reach::of_subject(&membership.scope()).checked()
}

/// The files that a membership can see: stored files of something it can see, and its own files until both is
/// true. The only finder of files (B-14).
pub fn visible(membership: &Membership) -> Condition<files::table> {
    let owners = || attachments::table.filter(attachments::file_id.eq(files::id));
    let seen = owners().filter(on_seen(membership)).select(attachments::id);
    let stored = || files::state.eq(FileState::Stored);
    Condition::new(
        files::firm_id.eq(membership.firm_id()).and(
            own(membership)
                .and(diesel::dsl::not(stored()).or(diesel::dsl::not(diesel::dsl::exists(owners()))))
                .or(stored().and(diesel::dsl::exists(seen))),
        ),
    )
}

/// Which of these files have an owner.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn owned(conn: &mut AsyncPgConnection, ids: &[FileId]) -> Result<HashSet<FileId>> {
    let owned = attachments::table.filter(sql::among(attachments::file_id, ids)).select(attachments::file_id);
    Ok(owned.load(conn).await?.into_iter().collect())
}
