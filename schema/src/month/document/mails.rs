//! The mails about documents: what was delivered, and receipts for what was handed in. Each recipient is told only of
//! what that person may see.

use std::collections::{BTreeMap, HashMap};
use std::slice;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::email::Email;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{AccessId, ActId, ClientId, DocumentId, FirmId, Id, StaffId};
use guichet_engine::actor::{AccessRole, Area, Areas, Author, PortalMembership};
use guichet_engine::feed::Audience;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{
    accounts, attachments, clients, document_versions, documents, files, firms, portal_accesses,
};
use serde::{Deserialize, Serialize};

use super::hand_in::HandedIn;
use super::held::Held;
use super::letters::{Delivered, Line, NamedDocument, Receipt};
use super::model::Document;
use crate::people::client::model::Topic;
use crate::people::portal_access::model::AccessStatus;
use crate::people::recipients;
use crate::shared::email_delivery::announce::{self, Occasion, Threads};
use crate::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use crate::shared::email_delivery::letter::Letter;
use crate::shared::email_delivery::model::{DeliveryAbout, DeliveryReason, EmailDelivery};
use crate::shared::email_delivery::queries::suppressed;
use crate::shared::email_delivery::rules::{self, Candidate, Planned};

/// The mails about what was delivered, to the client's addresses for documents.
#[derive(Debug)]
pub struct DeliveredMail;

/// The receipts for what was handed in, to the person who did.
#[derive(Debug)]
pub struct ReceiptMail;

/// What a mail about delivered documents remembers of the act.
#[derive(Serialize, Deserialize)]
struct DeliveredFacts {
    documents: Vec<DocumentId>,
}

/// What a receipt remembers of the act.
#[derive(Serialize, Deserialize)]
struct ReceiptFacts {
    versions: Vec<HandedIn>,
}

impl MailKind for DeliveredMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::DocumentsDelivered;
    const NOUN: &'static str = DocumentId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        firm: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        let mut found = recipients::addressees(conn, firm, Topic::Documents, deliveries).await?;
        for delivery in deliveries {
            let Some(Ok(candidates)) = found.get(&delivery.id) else { continue };
            let of = told(conn, delivery).await?;
            let areas = areas(conn, firm, &delivery.client_id.into_iter().collect::<Vec<_>>()).await?;
            let may = |candidate: &Candidate| of.iter().any(|document| sees(&areas, candidate, document));
            let left: Vec<Candidate> = candidates.iter().filter(|one| may(one)).cloned().collect();
            let none = left.is_empty() && !candidates.is_empty();
            found.insert(delivery.id, if none { Err(DeliveryReason::NoAccess) } else { Ok(left) });
        }
        Ok(found)
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        let delivery = &mailing.delivery;
        let of = delivery.client_id.into_iter().collect::<Vec<_>>();
        let areas = areas(conn, delivery.firm_id, &of).await?;
        let to = Candidate {
            address: delivery.recipient.clone(),
            account_id: delivery.account_id,
            locale: delivery.locale,
        };
        let mut documents = told(conn, delivery).await?;
        documents.retain(|document| sees(&areas, &to, document));
        documents.sort_by(|a, b| {
            (a.due_on.is_none(), a.due_on, &a.name).cmp(&(b.due_on.is_none(), b.due_on, &b.name))
        });
        let named = |document: Document| {
            let Document { name, period, due_on, .. } = document;
            NamedDocument { name, period, due_on }
        };
        let documents = documents.into_iter().map(named).collect();
        let client = client_name(conn, delivery).await?;
        Ok(Delivered { client, documents }.letter(mailing))
    }
}

impl MailKind for ReceiptMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::DocumentReceipt;
    const NOUN: &'static str = DocumentId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        firm: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        recipients::addressees(conn, firm, Topic::Documents, deliveries).await
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        let delivery = &mailing.delivery;
        let broken = |_| Fault::Broken(format!("{} is a receipt of nothing", delivery.id));
        let facts: ReceiptFacts = serde_json::from_value(delivery.facts.clone()).map_err(broken)?;
        let lines = lines(conn, &facts.versions).await?;
        let client = client_name(conn, delivery).await?;
        // A receipt goes to the person who handed in.
        let by: Option<String> = match delivery.account_id {
            Some(id) => {
                accounts::table.find(id).select(accounts::name).get_result(&mut &*conn).await.optional()?
            }
            None => None,
        };
        Ok(Receipt { client, lines, by }.letter(mailing))
    }
}

/// A published document, with the accountant of its client.
pub(super) type Published = (Document, Option<StaffId>);

/// Queues the mails about what was published together: one for each client and recipient, whatever the number of
/// documents. Where nobody may see any of it, staff see mails that are not sent.
pub(super) async fn delivered(tx: &mut Tx, published: &[Published]) -> Result<()> {
    let mut by_client: BTreeMap<ClientId, Vec<&Published>> = BTreeMap::new();
    for one in published {
        by_client.entry(one.0.client_id).or_default().push(one);
    }
    for (client, documents) in by_client {
        let [(first, portfolio), ..] = documents.as_slice() else { continue };
        let firm = first.firm_id;
        let conn = tx.pipeline();
        let mut candidates = recipients::of_clients(conn, Topic::Documents, slice::from_ref(&client)).await?;
        let areas = areas(conn, firm, &[client]).await?;
        let facts = DeliveredFacts { documents: documents.iter().map(|(document, _)| document.id).collect() };
        let facts = serde_json::json!(facts);
        // A mail names what it is about in its headers, so each is about a document that its recipient may see.
        let mut by_subject: BTreeMap<Option<DocumentId>, Vec<Candidate>> = BTreeMap::new();
        for candidate in candidates.remove(&client).unwrap_or_default() {
            let seen = documents.iter().find(|(document, _)| sees(&areas, &candidate, document));
            by_subject.entry(seen.map(|(document, _)| document.id)).or_default().push(candidate);
        }
        let nobody = by_subject.remove(&None).filter(|_| by_subject.is_empty());
        let act = ActId::new();
        let of =
            |first: &Document| About { act, about: DeliveryAbout::DocumentsDelivered, first: first.clone() };
        for (subject, candidates) in by_subject {
            let found = documents.iter().find(|(document, _)| Some(document.id) == subject);
            let Some((document, portfolio)) = found else { continue };
            let audience = document.audience(*portfolio).internal_if(true);
            queue(tx, of(document), audience, facts.clone(), candidates, None).await?;
        }
        if let Some(candidates) = nobody {
            let audience = first.audience(*portfolio).internal_if(true);
            let none = Some(DeliveryReason::NoAccess);
            queue(tx, of(first), audience, facts, candidates, none).await?;
        }
    }
    Ok(())
}

/// Queues the receipt for what a person handed in: one mail an act.
pub(super) async fn receipt(tx: &mut Tx, held: &Held, by: Author, made: Vec<HandedIn>) -> Result<()> {
    let first = made.as_slice().first().and_then(|made| held.documents.get(&made.document_id));
    let Some(first) = first else { return Ok(()) };
    let person = recipients::person(tx.pipeline(), first.firm_id, first.client_id, by).await?;
    let facts = serde_json::json!(ReceiptFacts { versions: made });
    let candidates = person.into_iter().collect();
    let audience = first.audience(held.portfolio(first)).internal_if(true);
    let about = About { act: ActId::new(), about: DeliveryAbout::DocumentReceipt, first: first.clone() };
    queue(tx, about, audience, facts, candidates, None).await
}

/// What mails are about: the act that they tell of, and the document that they name.
struct About {
    act: ActId,
    about: DeliveryAbout,
    first: Document,
}

/// Queues mails to these candidates; with a reason against all of them they are kept as not sent.
async fn queue(
    tx: &mut Tx,
    About { act, about, first }: About,
    audience: Audience,
    facts: serde_json::Value,
    candidates: Vec<Candidate>,
    against: Option<DeliveryReason>,
) -> Result<()> {
    if candidates.is_empty() {
        return Ok(());
    }
    let mail_from: String =
        firms::table.find(first.firm_id).select(firms::mail_from).get_result(tx.conn()).await?;
    let addresses = candidates.iter().filter_map(|candidate| candidate.address.as_deref());
    let suppressed = suppressed(tx.pipeline(), first.firm_id, addresses).await?;
    let planned = rules::plan(candidates, None, "", &suppressed);
    let planned = planned.into_iter().map(|plan| (Planned { reason: plan.reason.or(against), ..plan }, None));
    let planned = planned.collect();
    let occasion = Occasion {
        act,
        subject: Subject::of(first.id),
        topic: &first.name,
        client_id: Some(first.client_id),
        firm_id: first.firm_id,
        mail_from: &mail_from,
        audience,
    };
    announce::queue(tx, &occasion, about, facts, &Threads::new(), planned).await
}

/// What the portal users of a client may see, by the addresses of their accounts, as compared. Whom the firm has invited is told
/// what the role allows; whose access waits or was taken away is told nothing, though the firm wrote the address down.
async fn areas(
    mut conn: &AsyncPgConnection,
    firm: FirmId,
    of: &[ClientId],
) -> Result<HashMap<String, Areas>> {
    type Row = (String, AccessId, ClientId, AccessRole, AccessStatus);
    let found: Vec<Row> = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(sql::among(portal_accesses::client_id, of))
        .select((
            accounts::email_ci,
            portal_accesses::id,
            portal_accesses::client_id,
            portal_accesses::role,
            portal_accesses::status,
        ))
        .load(&mut conn)
        .await?;
    let areas = |(email, id, client, role, status): Row| match status {
        AccessStatus::Active | AccessStatus::Invited => {
            (email, PortalMembership::new(id, firm, client, role).reach.areas())
        }
        AccessStatus::Pending | AccessStatus::Disabled => (email, Areas::NONE),
    };
    Ok(found.into_iter().map(areas).collect())
}

/// Whether a recipient may know of a document: a portal user as in the portal; any other address is the company's own.
fn sees(areas: &HashMap<String, Areas>, to: &Candidate, document: &Document) -> bool {
    let email = to.address.as_deref().and_then(Email::parse);
    let areas = email.and_then(|email| areas.get(email.ci()));
    let area = Area::parse(document.category.as_str());
    areas.zip(area).is_none_or(|(areas, area)| areas.has(area))
}

/// The documents of which a delivery tells.
async fn told(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<Vec<Document>> {
    let broken = |_| Fault::Broken(format!("{} tells of no documents", delivery.id));
    let facts: DeliveredFacts = serde_json::from_value(delivery.facts.clone()).map_err(broken)?;
    Ok(documents::table
        .filter(documents::firm_id.eq(delivery.firm_id))
        // What was taken back meanwhile is not told.
        .filter(documents::published_at.is_not_null())
        .filter(sql::among(documents::id, &facts.documents))
        .select(Document::as_select())
        .load(&mut conn)
        .await?)
}

/// What was handed in, as mails name it, in the same order.
pub(super) async fn lines(mut conn: &AsyncPgConnection, handed_in: &[HandedIn]) -> Result<Vec<Line>> {
    let ids: Vec<DocumentId> = handed_in.iter().map(|made| made.document_id).collect();
    type Row = ((DocumentId, i32), (String, Option<String>, String));
    let rows: Vec<Row> = document_versions::table
        .inner_join(documents::table.on(documents::id.eq(document_versions::document_id)))
        .inner_join(attachments::table.on(attachments::id.eq(document_versions::attachment_id)))
        .inner_join(files::table.on(files::id.eq(attachments::file_id)))
        .filter(sql::among(document_versions::document_id, &ids))
        .select((
            (document_versions::document_id, document_versions::number),
            (documents::name, documents::period, files::name),
        ))
        .load(&mut conn)
        .await?;
    let mut rows: HashMap<_, _> = rows.into_iter().collect();
    let line = |made: &HandedIn| {
        let (name, period, file) = rows.remove(&(made.document_id, made.number))?;
        Some(Line { name, period, file })
    };
    Ok(handed_in.iter().filter_map(line).collect())
}

async fn client_name(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<String> {
    let of = delivery.client_id.ok_or_else(|| Fault::Broken(format!("{} has no client", delivery.id)))?;
    Ok(clients::table.find(of).select(clients::name).get_result(&mut conn).await?)
}
