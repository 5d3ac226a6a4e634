//! Who can see what: one declaration per table, from which both the condition on its rows ([`visible`]) and the
//! audience of its events ([`audience!`](crate::audience)) follow.
//!
//! A viewer with a [`Scope`] can see a row of the same firm if
//! - the scope is the whole firm, or
//! - it is a member's own reach (B-15), and the row names the member in one of its `people`, or the member is the
//!   accountant of its client, or its `department` is one of the member's, or a row in `with` is within the member's
//!   reach, or
//! - it is that of a portal user (B-05), contains the row's `client`, and its `area` or the one that its `category` names,
//!   and the rows are not internal to the firm.
//!
//! The rows of a table about other things (mails, files, messages) are as visible as their subject:
//! [`of_subject`].

mod audience;
mod declared;
mod subjects;
#[cfg(test)]
mod tests;
mod within;

use std::marker::PhantomData;

use crate::actor::{Area, Scope};
use crate::condition::Condition;

pub use audience::Audience;
pub use declared::ALL;
pub use subjects::{audiences, held_audience};

use within::{OfSubjectWithin, Within};

/// Who can see the rows of a table.
#[derive(Debug)]
pub struct Reach {
    /// The noun, as in the ids of its rows and in subjects.
    pub noun: &'static str,
    /// The table.
    pub table: &'static str,
    /// The column of the row's client.
    pub client: &'static str,
    /// Columns of staff members within whose reach a row lies.
    pub people: &'static [&'static str],
    /// The column of the department within whose reach a row lies.
    pub department: Option<&'static str>,
    /// The area that a portal user must have access to.
    pub area: Option<Area>,
    /// The column that names this area for each row, such as the category of a document.
    pub category: Option<&'static str>,
    /// Whether only staff see the rows (C-01).
    pub internal: bool,
    /// Whether a member who can see a row can also see its client.
    pub is_work: bool,
    /// Whether a row can be the subject of mails, files and messages.
    pub is_subject: bool,
    /// Columns that refer to rows of other tables: a member within whose reach such a row lies has this row in reach,
    /// too.
    pub with: &'static [(&'static str, &'static Self)],
}

impl Reach {
    /// Whether the rows are clients themselves.
    pub fn is_client(&self) -> bool {
        self.client == "id"
    }
}

/// A table with a declaration.
pub trait Reached {
    /// The declaration.
    fn reach() -> &'static Reach;
}

/// A table whose rows belong to a subject, in the columns `subject_noun` and `subject_id`.
pub trait OfSubject {
    /// The table.
    const TABLE: &'static str;
    /// Which of its rows portal users can see.
    const SHOWN: Shown;
}

/// Which rows of a table portal users can see, if they can see the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// None: the rows are internal.
    ToStaff,
    /// Those whose column `visibility` is `PUBLIC` (D-07).
    ByVisibility,
    /// All.
    ToBoth,
}

/// The rows of a table within a scope (B-14).
pub fn visible<T: Reached + 'static>(scope: &Scope) -> Condition<T> {
    Condition::new(Within::<T> { reach: T::reach(), scope: scope.clone(), table: PhantomData })
}

/// The rows of a table whose subject is within a scope, for portal users without internal ones (B-14, D-07).
pub fn of_subject<T: OfSubject + 'static>(scope: &Scope) -> Condition<T> {
    Condition::new(OfSubjectWithin::<T> { scope: scope.clone(), shown: T::SHOWN, table: PhantomData })
}

/// The rows of a table whose subject is inside a scope, internal ones too: for what is told of them in sum.
pub fn with_subject<T: OfSubject + 'static>(scope: &Scope) -> Condition<T> {
    Condition::new(OfSubjectWithin::<T> { scope: scope.clone(), shown: Shown::ToBoth, table: PhantomData })
}
