//! The rows of departments.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::collation;
use guichet_base::id::{DepartmentId, FirmId, StaffId};
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::departments;

/// A team of a firm.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its name, unique in the firm.
    pub name: String,
    /// Who receives what is transferred to the department (D-09).
    pub lead_id: StaffId,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl Department {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }
}
