//! Adopting the catalogue: one act copies obligations and kinds of work into the firm. Copies stay as they are when the
//! program is upgraded, until the firm takes the changes over.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::country::Country;
use guichet_base::error::Result;
use guichet_base::id::{DocumentDefinitionId, Id, ObligationId, TaskTypeId};
use guichet_base::input::Check;
use guichet_engine::actor::Actor;
use guichet_engine::feed::Audience;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::task_types;
use guichet_obligations::{Direction, ShippedObligation, shipped};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::month::obligation::commands::{add_extension, add_version, codes, insert as insert_obligation};
use crate::month::obligation::model::Obligation;
use crate::month::obligation::rules::{extension_digest, version_digest};
use crate::month::task_type::commands::insert as insert_task_type;
use crate::month::task_type::model::{DocumentDefinition, Takes, TaskType};
use crate::people::firm;
use crate::people::rights::{self, FirmAct};

use super::rules;

/// Input for adopting the catalogue; everything for the firm's country without any codes.
#[derive(Debug, Clone, Serialize)]
pub struct AdoptCatalogue {
    /// The codes of kinds of work.
    pub task_type_codes: Option<Vec<String>>,
    /// The codes of obligations.
    pub obligation_codes: Option<Vec<String>>,
}

/// How much was adopted. What the firm had already is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Obligations.
    pub obligations: usize,
    /// Kinds of work.
    pub task_types: usize,
}

/// Adopts obligations and kinds of work of the shipped catalogue, in the firm's language. What the firm has already, by
/// its code, is left as it is. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about each unknown code; `REQUIRED` when there is nothing for the firm's country.
pub async fn adopt(store: &Store, actor: &Actor, key: &str, input: AdoptCatalogue) -> Result<Done<Adoption>> {
    rights::may(&actor.membership, FirmAct::CatalogueAdopt)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "catalogueAdopt", key, &input).await?);
    let firm = firm::queries::find(tx.conn(), &actor.scope()).await?;
    let catalogue = shipped();
    let mut check = Check::new();
    let adopted = rules::adopted(
        &mut check,
        catalogue,
        Country::parse(&firm.country),
        input.task_type_codes.as_deref(),
        input.obligation_codes.as_deref(),
    );
    check.done()?;

    let now = tx.now;
    let mut known: HashMap<String, ObligationId> = codes(tx.conn(), firm_id).await?.into_iter().collect();
    let shown: HashMap<&str, &ShippedObligation> =
        catalogue.obligations.iter().map(|shown| (shown.code.as_str(), shown)).collect();
    let mut adoption = Adoption { obligations: 0, task_types: 0 };
    for code in adopted.obligations {
        let (Some(rule), Some(shown)) = (catalogue.book.get(code), shown.get(code)) else { continue };
        if known.contains_key(code) {
            continue;
        }
        let obligation = Obligation {
            id: ObligationId::new(),
            firm_id,
            code: code.to_owned(),
            shipped_code: Some(code.to_owned()),
            category: shown.category,
            kind: rule.kind,
            jurisdiction: rule.jurisdiction.to_string(),
            name: shown.names.of(firm.locale).to_owned(),
            cutoff: shown.cutoff.clone(),
            version: 1,
            created_at: now,
            updated_at: now,
            is_edited: false,
        };
        insert_obligation(tx.conn(), &obligation).await?;
        for (version, note) in rule.versions.iter().zip(&shown.notes) {
            let note = note.as_ref().map(|note| note.of(firm.locale).to_owned());
            let digest = version_digest(version);
            add_version(&mut tx, &obligation, version, note, Some(digest)).await?;
        }
        for extension in &rule.extensions {
            let digest = extension_digest(extension);
            add_extension(&mut tx, &obligation, extension, Some(digest)).await?;
        }
        let after = Some(Audience::staff());
        tx.changed(firm_id, "catalogueAdopt", obligation.id, after.clone(), after);
        known.insert(code.to_owned(), obligation.id);
        adoption.obligations += 1;
    }

    let present: Vec<(Option<String>, String)> = task_types::table
        .filter(task_types::firm_id.eq(firm_id))
        .select((task_types::shipped_code, task_types::name))
        .load(tx.conn())
        .await?;
    for task in adopted.tasks {
        let name = task.names.of(firm.locale);
        // A kind of work that the firm made under this name is its own.
        if present.iter().any(|(code, taken)| code.as_ref() == Some(&task.code) || taken == name) {
            continue;
        }
        let task_type = TaskType {
            id: TaskTypeId::new(),
            firm_id,
            name: name.to_owned(),
            description: String::new(),
            shipped_code: Some(task.code.clone()),
            category: task.category,
            department_id: None,
            obligation_id: known.get(&task.obligation).copied(),
            target_rule: None,
            hand_in_rule: task.hand_in_by.as_ref().map(Value::from),
            period_kind: task.kind,
            every: 1,
            months: Vec::new(),
            generate_month: task.begin.0,
            generate_day: i16::try_from(task.begin.1).unwrap_or(1),
            assignee_id: None,
            assign_portfolio: true,
            is_requestable: false,
            expects_documents: true,
            active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let document = |(position, plan): (i32, &guichet_obligations::DocumentPlan)| DocumentDefinition {
            id: DocumentDefinitionId::new(),
            firm_id,
            task_type_id: task_type.id,
            position,
            name: plan.names.of(firm.locale).to_owned(),
            direction: plan.direction,
            category: plan.category,
            folder: None,
            obligation_id: plan.obligation.as_ref().and_then(|code| known.get(code)).copied(),
            takes: if plan.direction == Direction::Input { Takes::Add } else { Takes::Replace },
            publish_on_upload: false,
            wants_approval: false,
            is_required: true,
            retired_at: None,
            created_at: now,
            hand_in_rule: None,
        };
        let documents: Vec<_> = (0..).zip(&task.documents).map(document).collect();
        insert_task_type(tx.conn(), &task_type, &documents).await?;
        let after = Some(Audience::staff());
        tx.changed(firm_id, "catalogueAdopt", task_type.id, after.clone(), after);
        adoption.task_types += 1;
    }
    tx.audit(Some(firm_id), "catalogueAdopt", guichet_base::id::FirmId::NOUN, Some(firm_id.uuid()));
    tx.commit(adoption).await
}
