//! Tells the assignee of what the client does with its documents.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ActId, StaffId};
use guichet_engine::actor::Author;
use guichet_engine::store::Tx;
use guichet_engine::tables::{firms, staff_members};

use super::hand_in::{HandedIn, Refused};
use super::held::Held;
use super::model::Document;
use crate::shared::email_delivery::announce::Occasion;
use crate::shared::notification::announce::{self, Told};
use crate::shared::notification::model::NotificationKind;

/// Tells the assignees of late files that count now.
pub(super) async fn late(
    tx: &mut Tx,
    held: &Held,
    act: ActId,
    by: Author,
    account: Option<AccountId>,
    each: &[Result<HandedIn, Refused>],
) -> Result<()> {
    for made in each.iter().flatten() {
        let versions = held.versions.get(&made.document_id).map(Vec::as_slice).unwrap_or_default();
        let counts = versions
            .iter()
            .any(|version| version.number == made.number && version.is_late && version.is_current);
        if let Some(document) = held.documents.get(&made.document_id).filter(|_| counts) {
            assignee(tx, document, act, by, account, NotificationKind::LateFile).await?;
        }
    }
    Ok(())
}

/// Tells the assignee of a document, unless that is who acts.
pub(super) async fn assignee(
    tx: &mut Tx,
    document: &Document,
    act: ActId,
    by: Author,
    account: Option<AccountId>,
    kind: NotificationKind,
) -> Result<()> {
    let Some(id) = document.assignee_id else { return Ok(()) };
    let works = staff_members::table
        .find(id)
        .filter(staff_members::disabled_at.is_null())
        .select((staff_members::id, staff_members::account_id));
    let found: Option<(StaffId, AccountId)> = works.get_result(tx.conn()).await.optional()?;
    let Some((staff_id, _)) = found.filter(|(_, own)| account != Some(*own)) else { return Ok(()) };
    let mail_from: String =
        firms::table.find(document.firm_id).select(firms::mail_from).get_result(tx.conn()).await?;
    let occasion = Occasion {
        act,
        subject: document.id.into(),
        topic: &document.name,
        client_id: Some(document.client_id),
        firm_id: document.firm_id,
        mail_from: &mail_from,
        audience: document.audience(None),
    };
    let told = Told { staff_id, kind, message_id: None, by_mail: None };
    announce::tell(tx, by, &occasion, vec![told]).await
}
