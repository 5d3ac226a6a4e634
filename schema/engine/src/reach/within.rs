//! The declarations as SQL conditions.

use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Uuid};
use guichet_base::id::StaffId;

use super::{ALL, OfSubject, Reach, Shown};
use crate::actor::{Scope, Sight};

/// The condition that a row of the table `T` is within a scope.
pub(super) struct Within<T> {
    pub(super) reach: &'static Reach,
    pub(super) scope: Scope,
    pub(super) table: PhantomData<fn() -> T>,
}

/// The condition that the subject of a row of the table `T` is within a scope.
pub(super) struct OfSubjectWithin<T> {
    pub(super) scope: Scope,
    pub(super) shown: Shown,
    pub(super) table: PhantomData<fn() -> T>,
}

macro_rules! condition {
    ($($name:ident),+) => {$(
        impl<T> Expression for $name<T> {
            type SqlType = Bool;
        }

        impl<T> AppearsOnTable<T> for $name<T> {}

        impl<T> ValidGrouping<()> for $name<T> {
            type IsAggregate = is_aggregate::No;
        }

        impl<T> QueryId for $name<T> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    )+};
}
condition!(Within, OfSubjectWithin);

impl<T> QueryFragment<Pg> for Within<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        rows(self.reach, &self.scope, out)
    }
}

impl<T: OfSubject> QueryFragment<Pg> for OfSubjectWithin<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        of_firm(T::TABLE, &self.scope, out.reborrow())?;
        match self.shown {
            Shown::ToStaff if !self.scope.is_staff() => {
                out.push_sql(" AND false");
                return Ok(());
            }
            Shown::ByVisibility if !self.scope.is_staff() => {
                out.push_sql(" AND ");
                column(T::TABLE, "visibility", out.reborrow())?;
                out.push_sql(" = 'PUBLIC'");
            }
            Shown::ToStaff | Shown::ByVisibility | Shown::ToBoth => {}
        }
        // All subjects of a firm's rows belong to the firm.
        if self.scope.is_firm() {
            return Ok(());
        }
        let subjects = ALL.iter().filter(|reach| reach.is_subject);
        for (at, reach) in subjects.enumerate() {
            out.push_sql(if at == 0 { " AND (" } else { " OR " });
            column(T::TABLE, "subject_noun", out.reborrow())?;
            out.push_sql(" = '");
            out.push_sql(reach.noun);
            // By its id: of many rows that a scope holds, few are asked for.
            out.push_sql("' AND EXISTS (SELECT FROM ");
            out.push_identifier(reach.table)?;
            out.push_sql(" WHERE ");
            column(reach.table, "id", out.reborrow())?;
            out.push_sql(" = ");
            column(T::TABLE, "subject_id", out.reborrow())?;
            out.push_sql(" AND (");
            rows(reach, &self.scope, out.reborrow())?;
            out.push_sql(") IS TRUE)");
        }
        out.push_sql(")");
        Ok(())
    }
}

fn rows<'b>(reach: &'static Reach, scope: &'b Scope, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    of_firm(reach.table, scope, out.reborrow())?;
    match &scope.sight {
        Sight::Firm => {}
        Sight::Own(staff) => {
            out.push_sql(" AND (");
            own(reach, scope, staff, out.reborrow())?;
            out.push_sql(")");
        }
        Sight::Portal(portal) => {
            if reach.internal || reach.area.is_some_and(|area| !portal.areas().has(area)) {
                out.push_sql(" AND false");
                return Ok(());
            }
            if let Some(category) = reach.category {
                out.push_sql(" AND ");
                column(reach.table, category, out.reborrow())?;
                // Spelled as in the table, and none of them comes from outside.
                let mut before = " IN ('";
                for area in portal.areas().iter() {
                    out.push_sql(before);
                    out.push_sql(area.as_str());
                    before = "', '";
                }
                out.push_sql(if before == " IN ('" { " IN ('')" } else { "')" });
            }
            out.push_sql(" AND ");
            column(reach.table, reach.client, out.reborrow())?;
            match portal.clients() {
                // For one client, an index has the right order.
                [client] => {
                    out.push_sql(" = ");
                    out.push_bind_param::<Uuid, _>(client)?;
                }
                clients => {
                    out.push_sql(" = ANY (");
                    out.push_bind_param::<Array<Uuid>, [_]>(clients)?;
                    out.push_sql(")");
                }
            }
        }
    }
    Ok(())
}

/// The condition that a row is within a member's own reach.
fn own<'b>(
    reach: &'static Reach,
    scope: &'b Scope,
    staff: &'b StaffId,
    mut out: AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    for person in reach.people {
        column(reach.table, person, out.reborrow())?;
        out.push_sql(" = ");
        out.push_bind_param::<Uuid, _>(staff)?;
        out.push_sql(" OR ");
    }
    if let Some(department) = reach.department {
        column(reach.table, department, out.reborrow())?;
        out.push_sql(" = ANY (SELECT department_id FROM department_members WHERE staff_id = ");
        out.push_bind_param::<Uuid, _>(staff)?;
        out.push_sql(") OR ");
    }
    for (with, other) in reach.with {
        column(reach.table, with, out.reborrow())?;
        out.push_sql(" = ANY (");
        own_rows("id", other, scope, staff, out.reborrow())?;
        out.push_sql(") OR ");
    }
    column(reach.table, reach.client, out.reborrow())?;
    if reach.is_client() {
        // The clients of the member's work.
        for (at, work) in ALL.iter().filter(|reach| reach.is_work).enumerate() {
            if at > 0 {
                out.push_sql(" OR ");
                column(reach.table, reach.client, out.reborrow())?;
            }
            out.push_sql(" = ANY (");
            own_rows(work.client, work, scope, staff, out.reborrow())?;
            out.push_sql(")");
        }
    } else {
        out.push_sql(" = ANY (SELECT id FROM clients WHERE accountant_id = ");
        out.push_bind_param::<Uuid, _>(staff)?;
        out.push_sql(")");
    }
    Ok(())
}

/// A column of the rows of another table that are within a member's reach.
fn own_rows<'b>(
    what: &'static str,
    of: &'static Reach,
    scope: &'b Scope,
    staff: &'b StaffId,
    mut out: AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    out.push_sql("SELECT ");
    column(of.table, what, out.reborrow())?;
    out.push_sql(" FROM ");
    out.push_identifier(of.table)?;
    out.push_sql(" WHERE ");
    of_firm(of.table, scope, out.reborrow())?;
    out.push_sql(" AND (");
    own(of, scope, staff, out.reborrow())?;
    out.push_sql(")");
    Ok(())
}

fn of_firm<'b>(table: &str, scope: &'b Scope, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    column(table, "firm_id", out.reborrow())?;
    out.push_sql(" = ");
    out.push_bind_param::<Uuid, _>(&scope.firm_id)
}

fn column(table: &str, column: &str, mut out: AstPass<'_, '_, Pg>) -> QueryResult<()> {
    out.push_identifier(table)?;
    out.push_sql(".");
    out.push_identifier(column)
}
