//! The two kinds of error, and who sees them.
//!
//! A [`Refusal`] is part of the API's answer: a code, a field, and a message in the viewer's language. A [`Fault`]
//! is a failure on our side: it is logged, masked, and retried where a retry helps.

use std::fmt;

use crate::money::Money;
use crate::text_enum;

text_enum! {
    /// The code of an error that the user can correct.
    pub enum Code {
        /// The record does not exist, or the viewer may not see it.
        NotFound = "NOT_FOUND",
        /// The viewer's role does not allow this action.
        NotAllowed = "NOT_ALLOWED",
        /// The record was changed after the viewer read it. Read it again and repeat the change.
        Conflict = "CONFLICT",
        /// A required value is missing.
        Required = "REQUIRED",
        /// Only one of these arguments may be given.
        MutuallyExclusive = "MUTUALLY_EXCLUSIVE",
        /// The text is longer than allowed.
        TooLong = "TOO_LONG",
        /// The value is too small, too large or unknown, or the list has too few or too many items.
        OutOfRange = "OUT_OF_RANGE",
        /// The cursor was not issued by this list in this order.
        InvalidCursor = "INVALID_CURSOR",
        /// The text contains characters that are not allowed, for example control characters.
        InvalidText = "INVALID_TEXT",
        /// The e-mail address is not valid.
        InvalidEmail = "INVALID_EMAIL",
        /// The registration number is none of this country: its length, a character or its check digits are wrong.
        InvalidRegistration = "INVALID_REGISTRATION",
        /// It cannot be changed while something uses it.
        InUse = "IN_USE",
        /// The due rule is not valid. `field` leads to the place that is wrong.
        InvalidRule = "INVALID_RULE",
        /// The rule is not one of the place of the client, or a narrower one holds there.
        NotForPlace = "NOT_FOR_PLACE",
        /// Tasks are still being generated. Wait until the run has ended.
        GenerationRunning = "GENERATION_RUNNING",
        /// The filter is none of this list: a field is unknown, or has a value that it does not take.
        InvalidFilter = "INVALID_FILTER",
        /// The order is not one that the list takes.
        InvalidOrder = "INVALID_ORDER",
        /// The list has too many rows to be sent at once. Ask for the file with `exportCreate`, or narrow the filter.
        ListTooLong = "LIST_TOO_LONG",
        /// Too many files are being written for the viewer. Wait until one is ready.
        TooManyExports = "TOO_MANY_EXPORTS",
        /// Another record already has this value.
        Taken = "TAKEN",
        /// The password is shorter than allowed.
        PasswordTooShort = "PASSWORD_TOO_SHORT",
        /// The idempotency key was already used with a different input.
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// The e-mail address or the password is wrong. An unknown address gets the same answer.
        WrongCredentials = "WRONG_CREDENTIALS",
        /// There were too many failed attempts. Wait and try again.
        TooManyAttempts = "TOO_MANY_ATTEMPTS",
        /// The viewer, or the firm, has mailed or notified others too often. Wait and try again.
        TooFast = "TOO_FAST",
        /// The account has no membership that can be used now: its access is not active yet, or was removed.
        AccessPending = "ACCESS_PENDING",
        /// The invitation is unknown, already used or expired.
        InvitationInvalid = "INVITATION_INVALID",
        /// The ticket is closed.
        TicketClosed = "TICKET_CLOSED",
        /// The ticket is open, so it cannot be reopened.
        TicketOpen = "TICKET_OPEN",
        /// The task is done or canceled. Reopen it first.
        TaskClosed = "TASK_CLOSED",
        /// Somebody has acted on the task, or it was not generated, so it is not taken back.
        TaskTouched = "TASK_TOUCHED",
        /// Documents that the task requires are missing. Confirm that it is done without them.
        DocumentsMissing = "DOCUMENTS_MISSING",
        /// The status is set by the program, not by hand.
        StatusNotSettable = "STATUS_NOT_SETTABLE",
        /// The period in which a client may reopen the ticket is over.
        ReopenPeriodOver = "REOPEN_PERIOD_OVER",
        /// The firm does not let its clients reopen tickets.
        ReopenNotOffered = "REOPEN_NOT_OFFERED",
        /// A rejection or cancellation needs a reason.
        ReasonRequired = "REASON_REQUIRED",
        /// The client has no user who could read the message.
        NoLinkedUser = "NO_LINKED_USER",
        /// The staff member or department already has the ticket.
        NothingToTransfer = "NOTHING_TO_TRANSFER",
        /// The department has no lead who currently works for the firm.
        DepartmentWithoutLead = "DEPARTMENT_WITHOUT_LEAD",
        /// The service item is no longer offered.
        ServiceItemInactive = "SERVICE_ITEM_INACTIVE",
        /// The amount is not in the firm's currency.
        WrongCurrency = "WRONG_CURRENCY",
        /// The charge is already paid.
        ChargePaid = "CHARGE_PAID",
        /// The charge is canceled.
        ChargeCanceled = "CHARGE_CANCELED",
        /// The charge is not overdue.
        ChargeNotOverdue = "CHARGE_NOT_OVERDUE",
        /// Only a delivery that failed or could not be sent can be retried.
        DeliveryNotRetryable = "DELIVERY_NOT_RETRYABLE",
        /// There is no address to which the delivery could be sent now.
        NoRecipient = "NO_RECIPIENT",
        /// Mails to the address are suppressed after a bounce. Correct the address or lift the suppression first.
        AddressSuppressed = "ADDRESS_SUPPRESSED",
        /// The DNS record that proves the domain of the sender is not there. A new record may take a while to be seen.
        SenderRecordMissing = "SENDER_RECORD_MISSING",
        /// The DNS record that proves the domain of the sender has another value.
        SenderRecordDifferent = "SENDER_RECORD_DIFFERENT",
        /// No name server answered, so it is not known whether the DNS record is there. Try again later.
        DnsUnavailable = "DNS_UNAVAILABLE",
        /// The file is empty.
        FileEmpty = "FILE_EMPTY",
        /// The file is larger than allowed.
        FileTooLarge = "FILE_TOO_LARGE",
        /// The file name or media type is not of an accepted kind, or the two contradict each other.
        FileTypeNotAllowed = "FILE_TYPE_NOT_ALLOWED",
        /// The text is not a SHA-256 digest in hexadecimal digits.
        InvalidChecksum = "INVALID_CHECKSUM",
        /// Too many uploaded bytes are not verified or not attached yet. Attach the files, or try again later.
        TooMuchUnsettled = "TOO_MUCH_UNSETTLED",
        /// The period in which the file could be uploaded is over.
        UploadExpired = "UPLOAD_EXPIRED",
        /// The bytes of the file have not been uploaded.
        FileNotUploaded = "FILE_NOT_UPLOADED",
        /// The number of uploaded bytes differs from the declared size.
        FileIncomplete = "FILE_INCOMPLETE",
        /// The uploaded bytes differ from the declared SHA-256 digest.
        FileAltered = "FILE_ALTERED",
        /// The content of the file is not of the declared kind.
        FileTypeMismatch = "FILE_TYPE_MISMATCH",
        /// The virus scanner found malware in the file.
        FileInfected = "FILE_INFECTED",
        /// The file could not be verified. Upload it again.
        FileUnverifiable = "FILE_UNVERIFIABLE",
        /// The file was not attached in time and has been removed. Upload it again.
        FileUnused = "FILE_UNUSED",
        /// The exported file is no longer kept. Export the list again.
        FileExpired = "FILE_EXPIRED",
        /// The file is still being verified.
        FileNotReady = "FILE_NOT_READY",
        /// Browsers cannot show the file in place: it has a password, or is of a kind that they do not know. Download it.
        FileNotPreviewable = "FILE_NOT_PREVIEWABLE",
        /// The file is already attached to something.
        FileAttached = "FILE_ATTACHED",
        /// The document goes the other way: what the firm delivers is not handed in, and the other way round.
        WrongDirection = "WRONG_DIRECTION",
        /// The document is not expected any more. Ask the firm with a ticket.
        DocumentNotExpected = "DOCUMENT_NOT_EXPECTED",
        /// The firm has finished the work and takes no files any more. Send the file with a ticket.
        DocumentTooLate = "DOCUMENT_TOO_LATE",
        /// The same content was handed in already.
        AlreadyHandedIn = "ALREADY_HANDED_IN",
        /// A file was handed in already.
        DocumentFiled = "DOCUMENT_FILED",
        /// No file counts that could be rejected.
        NothingToReject = "NOTHING_TO_REJECT",
        /// No file waits to be published. Upload one first.
        NothingToPublish = "NOTHING_TO_PUBLISH",
        /// Nothing is published that could be taken back.
        NothingToUnpublish = "NOTHING_TO_UNPUBLISH",
        /// Somebody of the client has opened it, so it cannot be taken back. Deliver a new version.
        DocumentRead = "DOCUMENT_READ",
        /// The document does not wait for an approval.
        ApprovalNotAsked = "APPROVAL_NOT_ASKED",
    }
}

/// The part of an input that a refusal is about: the names of fields, from the outside inwards, and positions in lists.
/// Empty for the input as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct InputPath(Vec<Step>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Field(&'static str),
    Item(usize),
}

impl InputPath {
    /// An item of the list at this path, counted from 0.
    #[must_use]
    pub fn item(mut self, index: usize) -> Self {
        self.0.push(Step::Item(index));
        self
    }

    /// A field of the object at this path.
    #[must_use]
    pub fn field(mut self, name: &'static str) -> Self {
        self.0.push(Step::Field(name));
        self
    }

    /// Whether it is the input as a whole.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names and positions, as the API spells them.
    pub fn steps(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

/// Names of fields as the API spells them, separated by dots: `to.staffId`.
impl From<&'static str> for InputPath {
    fn from(names: &'static str) -> Self {
        Self(names.split('.').map(Step::Field).collect())
    }
}

impl fmt::Display for InputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps().collect::<Vec<_>>().join("."))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Item(index) => index.fmt(f),
        }
    }
}

/// A value in the sentence about a refusal, shown as people of its language write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A number.
    Number(i64),
    /// An amount with its currency.
    Money(Money),
    /// A text, such as a code.
    Text(String),
}

/// The reason why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The part of the input that is at fault.
    pub path: InputPath,
    /// What was asked and what is allowed: the values of the sentence, by their names in it.
    pub values: Vec<(&'static str, Told)>,
}

impl Refusal {
    /// A refusal that concerns no particular field.
    pub const fn new(code: Code) -> Self {
        Self { code, path: InputPath(Vec::new()), values: Vec::new() }
    }

    /// A refusal that concerns one part of the input.
    pub fn of(path: impl Into<InputPath>, code: Code) -> Self {
        Self { path: path.into(), ..Self::new(code) }
    }

    /// Adds the number that the sentence is about: a limit, or minutes to wait.
    #[must_use]
    pub fn with(self, number: i64) -> Self {
        self.telling("number", Told::Number(number))
    }

    /// Adds what was asked.
    #[must_use]
    pub fn asked(self, asked: Told) -> Self {
        self.telling("asked", asked)
    }

    /// Adds the least and the most that is allowed.
    #[must_use]
    pub fn between(self, least: Told, most: Told) -> Self {
        self.telling("least", least).telling("most", most)
    }

    /// Adds a value of the sentence.
    #[must_use]
    pub fn telling(mut self, name: &'static str, value: Told) -> Self {
        self.values.push((name, value));
        self
    }
}

/// A failure on our side. Never shown to users; logged without contents.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database did not answer. A retry may help.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The database rejected a statement. A retry does not help.
    #[error("database: {0}")]
    Database(diesel::result::Error),
    /// A stored value that cannot be read, or a broken invariant.
    #[error("broken invariant: {0}")]
    Broken(String),
}

impl Fault {
    /// Whether the same action may succeed when tried again.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// The two ways in which an action can fail.
#[derive(Debug)]
pub enum Error {
    /// Expected; shown to the viewer as user errors.
    Refused(Vec<Refusal>),
    /// Unexpected; masked.
    Fault(Fault),
}

/// The result of every command and query.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusals) => {
                let codes: Vec<_> = refusals.iter().map(|refusal| refusal.code.as_str()).collect();
                write!(f, "refused: {}", codes.join(", "))
            }
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Refusal::new(code).into()
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Fault::from(error).into()
    }
}

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match &error {
            Diesel::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            Diesel::DatabaseError(_, info) if sqlstate(info.message()).is_some_and(is_outage) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

const SQLSTATE: &str = "SQLSTATE ";

/// The message of an error of the database with its code, as [`sqlstate`] reads it.
pub fn with_sqlstate(code: &str, message: &str) -> String {
    format!("{SQLSTATE}{code}: {message}")
}

/// The code in the message of an error of the database (PostgreSQL manual, appendix A).
pub fn sqlstate(message: &str) -> Option<&str> {
    message.strip_prefix(SQLSTATE)?.split_once(": ").map(|(code, _)| code).filter(|code| code.len() == 5)
}

/// The message of an error of the database without its code, for a sentence to the operator.
pub fn without_sqlstate(message: &str) -> &str {
    let end = sqlstate(message).map_or(0, |code| SQLSTATE.len() + code.len() + ": ".len());
    &message[end..]
}

/// Whether an error with this code says nothing against the statement, so that it can succeed later: no connection (08),
/// a conflict of transactions (40), no room on disk or in memory or for connections (53), a lock that is taken (55P03),
/// a shutdown or a cancelled statement (57), the operating system (58), a server that only reads (25006), a
/// transaction that took too long (25P03, 25P04).
fn is_outage(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "40" | "53" | "57" | "58"))
        || matches!(code, "25006" | "25P03" | "25P04" | "55P03")
}

/// Turns a missing row into `NOT_FOUND`, the same answer for "does not exist" and "not visible" (B-14).
pub trait OrNotFound<T> {
    /// The row, or `NOT_FOUND` about this part of the input.
    fn or_not_found(self, path: impl Into<InputPath>) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, path: impl Into<InputPath>) -> Result<T> {
        self.ok_or_else(|| Refusal::of(path, Code::NotFound).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_are_told_by_their_code() {
        let fault = |message: String| {
            let kind = diesel::result::DatabaseErrorKind::Unknown;
            Fault::from(diesel::result::Error::DatabaseError(kind, Box::new(message)))
        };
        for code in [
            "08006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P03",
            "25006", "25P03", "25P04", "58030",
        ] {
            assert!(fault(with_sqlstate(code, "plus de place")).is_retryable(), "{code}");
        }
        for code in ["22P02", "23505", "42601", "42P01", "0A000", "XX000", "25P02"] {
            assert!(!fault(with_sqlstate(code, "terminating connection")).is_retryable(), "{code}");
        }
        assert!(!fault("terminating connection".to_owned()).is_retryable());
    }
}
