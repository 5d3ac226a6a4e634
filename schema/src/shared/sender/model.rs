//! The row of a proof.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::id::FirmId;
use guichet_base::text_enum;
use guichet_engine::tables::sender_proofs;

text_enum! {
    /// Whether the mails of a firm may come from its sender address.
    pub enum SenderState {
        /// The domain of the address is one that the operator of this server allows to every firm.
        Allowed = "ALLOWED",
        /// The firm has proved by DNS that the domain is its own.
        Proved = "PROVED",
        /// Neither: mails come from the address of the operator, under the name of the firm.
        NotProved = "NOT_PROVED",
        /// The firm had proved it, and the record has been gone for days: mails come from the address of the operator
        /// again.
        Lost = "LOST",
    }
}

text_enum! {
    /// What a check of the DNS record of a firm found.
    pub enum SenderFinding {
        /// The record with its value.
        Found = "FOUND",
        /// No record with this name.
        Missing = "MISSING",
        /// Only records with other values.
        Different = "DIFFERENT",
        /// No name server answered, which says nothing about the record.
        NoAnswer = "NO_ANSWER",
    }
}

/// What is known of a firm's proof of its domain.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sender_proofs, primary_key(firm_id), treat_none_as_null = true)]
pub struct SenderProof {
    /// The firm.
    pub firm_id: FirmId,
    /// The domain, in ASCII.
    pub domain: String,
    /// What the last check found.
    pub found: SenderFinding,
    /// When that was.
    pub checked_at: DateTime<Utc>,
    /// Since when the domain is proved; none while it is not.
    pub proved_at: Option<DateTime<Utc>>,
    /// Since when the record of a proved domain is gone; none while it is there.
    pub missing_since: Option<DateTime<Utc>>,
    /// How often that was seen in a row.
    pub missing_times: i32,
    /// When a proof ended because its record stayed away.
    pub lost_at: Option<DateTime<Utc>>,
    /// When the record is looked at again.
    pub check_at: DateTime<Utc>,
}
