//! Who sees what: one declaration a table, which gives both the condition on its rows ([`visible`]) and the audience
//! of its events ([`audience!`](crate::audience)).
//!
//! A viewer with a [`Scope`] sees a row when the row's firm is the scope's and
//! - the scope is all of the firm, or
//! - it is a member's own (B-15) and the row names the member in one of its `people`, or its client is in the
//!   member's portfolio, or its `department` is one of the member's, or a row that it belongs `with` is the
//!   member's own, or
//! - it is the clients' side (B-05) and the row's `client` and `area` are within it.
//!
//! A table of things that belong to other things (mails, files, messages) follows its subject: [`of_subject`].

mod audience;
mod declared;
#[cfg(test)]
mod tests;
mod within;

use std::marker::PhantomData;

use crate::actor::{Area, Scope};
use crate::condition::Condition;

pub use audience::Audience;
pub use declared::ALL;

use within::{OfSubjectWithin, Within};

/// How rows of a table are seen.
#[derive(Debug)]
pub struct Reach {
    /// The noun, as ids of its rows are prefixed and as subjects name it.
    pub noun: &'static str,
    /// The table.
    pub table: &'static str,
    /// The column of the client whose row it is.
    pub client: &'static str,
    /// Columns that name staff members in whose own reach a row lies.
    pub people: &'static [&'static str],
    /// The column of the department in whose reach a row lies.
    pub department: Option<&'static str>,
    /// The area that a user of the client must be shown.
    pub area: Option<Area>,
    /// Whether a member whose own a row is sees the row's client, too.
    pub is_work: bool,
    /// Whether other things can belong to a row: mails, files, messages.
    pub is_subject: bool,
    /// Columns that refer to rows of other tables: in whose own reach those are, this one is, too.
    pub with: &'static [(&'static str, &'static Self)],
}

impl Reach {
    /// Whether the rows are clients themselves.
    pub fn is_client(&self) -> bool {
        self.client == "id"
    }
}

/// A table whose rows have a declared reach.
pub trait Reached {
    /// The declaration.
    fn reach() -> &'static Reach;
}

/// A table whose rows belong to a subject, named by the columns `subject_noun` and `subject_id`.
pub trait OfSubject {
    /// The table.
    const TABLE: &'static str;
    /// Which of its rows the clients' side sees.
    const SHOWN: Shown;
}

/// Which rows of a table the clients' side sees, of those whose subject it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// None: they are internal.
    ToStaff,
    /// Those whose column `visibility` says so (D-07).
    ByVisibility,
    /// All.
    ToBoth,
}

/// The rows of a table inside a scope (B-14).
pub fn visible<T: Reached + 'static>(scope: &Scope) -> Condition<T> {
    Condition::new(Within::<T> { reach: T::reach(), scope: scope.clone(), table: PhantomData })
}

/// The rows of a table whose subject is inside a scope, without those that are internal on the clients' side
/// (B-14, D-07).
pub fn of_subject<T: OfSubject + 'static>(scope: &Scope) -> Condition<T> {
    Condition::new(OfSubjectWithin::<T> { scope: scope.clone(), table: PhantomData })
}
