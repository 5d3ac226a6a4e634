//! Tells the assignee of what the client does with its documents (D-11).

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ActId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::store::Tx;
use guichet_engine::tables::firms;

use super::hand_in::{HandedIn, Refused};
use super::held::Held;
use super::letters::named;
use super::model::{Document, DocumentVersion};
use super::news::NewsFacts;
use crate::people::recipients;
use crate::shared::email_delivery::announce::Occasion;
use crate::shared::notification::announce;
use crate::shared::notification::model::NotificationKind;

/// Tells assignees of what their clients handed in and counts now, and of late files whoever handed them in:
/// each once, whatever the number of documents.
pub(super) async fn handed_in(
    tx: &mut Tx,
    held: &Held,
    act: ActId,
    by: Author,
    account: Option<AccountId>,
    each: &[Result<HandedIn, Refused>],
) -> Result<()> {
    let mut by_assignee: BTreeMap<StaffId, Vec<(&Document, &DocumentVersion)>> = BTreeMap::new();
    for made in each.iter().flatten() {
        let versions = held.versions.get(&made.document_id).map(Vec::as_slice).unwrap_or_default();
        let counts = |version: &&DocumentVersion| version.number == made.number && version.is_current;
        let version = versions.iter().find(counts).filter(|one| one.is_late || by.access().is_some());
        let document = held.documents.get(&made.document_id);
        if let Some((document, version)) = document.zip(version)
            && let Some(assignee) = document.assignee_id
        {
            by_assignee.entry(assignee).or_default().push((document, version));
        }
    }
    for handed_in in by_assignee.into_values() {
        let late = handed_in.iter().find(|(_, version)| version.is_late);
        let kind =
            if late.is_some() { NotificationKind::LateFile } else { NotificationKind::DocumentHandedIn };
        let Some((document, version)) = late.or(handed_in.as_slice().first()) else { continue };
        let made = |(of, version): &(&Document, &DocumentVersion)| HandedIn {
            document_id: of.id,
            number: version.number,
        };
        let facts = NewsFacts { versions: handed_in.iter().map(made).collect(), text: version.note.clone() };
        assignee(tx, document, (act, by, account), kind, facts).await?;
    }
    Ok(())
}

/// Tells the assignee of a document of an act of somebody, unless that is who acts.
pub(super) async fn assignee(
    tx: &mut Tx,
    document: &Document,
    (act, by, account): (ActId, Author, Option<AccountId>),
    kind: NotificationKind,
    facts: NewsFacts,
) -> Result<()> {
    let Some(id) = document.assignee_id else { return Ok(()) };
    let colleague = recipients::colleague(tx.conn(), id).await?;
    let Some(colleague) = colleague.filter(|one| account != Some(one.account_id)) else { return Ok(()) };
    let mail_from: String =
        firms::table.find(document.firm_id).select(firms::mail_from).get_result(tx.conn()).await?;
    let occasion = Occasion {
        act,
        subject: document.id.into(),
        topic: &named(&document.name, document.period.as_deref()),
        client_id: Some(document.client_id),
        firm_id: document.firm_id,
        mail_from: &mail_from,
        audience: document.audience(None),
    };
    announce::tell(tx, by, &occasion, serde_json::json!(facts), vec![colleague.told(kind)]).await
}
