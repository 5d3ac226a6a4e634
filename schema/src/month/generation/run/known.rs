//! What dates are computed with: the kinds of work of a firm, its obligations and its calendars.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{DocumentDefinitionId, FirmId, StaffId, TaskTypeId};
use guichet_base::locale::Locale;
use guichet_engine::actor::StaffRole;
use guichet_engine::tables::{document_definitions, firms, staff_members, task_types};
use guichet_obligations::{Book, Calendars, Expr, expression};
use serde_json::Value;

use crate::month::generation::plan::Computed;
use crate::month::task_type::model::{DocumentDefinition, TaskType};
use crate::month::{calendar, obligation};
use crate::people::firm::queries::works_here;

/// What dates are computed with.
pub(crate) struct Known {
    pub(crate) firm: Firm,
    book: Book,
    calendars: Calendars<'static>,
}

impl Known {
    /// Reads what a firm has.
    pub(crate) async fn read(conn: &mut AsyncPgConnection, firm_id: FirmId) -> Result<Self> {
        Ok(Self {
            firm: firm(conn, firm_id).await?,
            book: obligation::queries::book(conn, firm_id).await?,
            calendars: calendar::queries::calendars(conn, firm_id).await?,
        })
    }

    /// The same with other rules.
    pub(crate) fn with(self, book: Book) -> Self {
        Self { book, ..self }
    }

    /// Dates, none of them computed yet.
    pub(crate) fn computed(&self) -> Computed<'_> {
        Computed::new(&self.book, &self.calendars)
    }
}

/// What all chunks need to know of a firm.
pub(crate) struct Firm {
    pub(crate) locale: Locale,
    pub(super) owner: StaffId,
    pub(crate) types: HashMap<TaskTypeId, Kind>,
}

/// A kind of work with its rules read.
pub(crate) struct Kind {
    pub(crate) row: TaskType,
    pub(super) obligation: Option<String>,
    pub(super) target: Option<Expr>,
    pub(super) hand_in: Option<Expr>,
    pub(super) documents: Vec<(DocumentDefinition, Option<String>)>,
    /// Until when the client hands in those that have a rule of their own.
    pub(super) hand_ins: HashMap<DocumentDefinitionId, Expr>,
}

/// What the firm's kinds of work are, and who does what nobody else does.
async fn firm(conn: &mut AsyncPgConnection, id: FirmId) -> Result<Firm> {
    let locale: Locale = firms::table.find(id).select(firms::locale).get_result(&mut *conn).await?;
    let owner: Option<StaffId> = staff_members::table
        .filter(works_here(id))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .order(staff_members::id)
        .select(staff_members::id)
        .first(&mut *conn)
        .await
        .optional()?;
    let rows: Vec<TaskType> = task_types::table
        .filter(task_types::firm_id.eq(id))
        .select(TaskType::as_select())
        .load(&mut *conn)
        .await?;
    let codes: HashMap<_, String> =
        obligation::commands::codes(conn, id).await?.into_iter().map(|(code, id)| (id, code)).collect();
    let documents: Vec<DocumentDefinition> = document_definitions::table
        .filter(document_definitions::firm_id.eq(id))
        .filter(document_definitions::retired_at.is_null())
        .order((document_definitions::task_type_id, document_definitions::position))
        .select(DocumentDefinition::as_select())
        .load(conn)
        .await?;
    // What was checked when it was written can be read.
    let rule = |rule: &Option<Value>| rule.as_ref().and_then(|rule| expression(rule).ok());
    let code = |id| codes.get(&id).cloned();
    let kind = |row: TaskType| {
        let of_type = documents.iter().filter(|document| document.task_type_id == row.id);
        let kind = Kind {
            obligation: row.obligation_id.and_then(code),
            target: rule(&row.target_rule),
            hand_in: rule(&row.hand_in_rule),
            hand_ins: of_type
                .clone()
                .filter_map(|document| Some((document.id, rule(&document.hand_in_rule)?)))
                .collect(),
            documents: of_type
                .map(|document| (document.clone(), document.obligation_id.and_then(code)))
                .collect(),
            row,
        };
        (kind.row.id, kind)
    };
    Ok(Firm { locale, owner: owner.or_not_found("firmId")?, types: rows.into_iter().map(kind).collect() })
}
