//! The two kinds of error, and who sees them.
//!
//! A [`Refusal`] is part of the API's answer: a code, a field, and a message in the viewer's language. A [`Fault`]
//! is a failure on our side: it is logged, masked, and retried where a retry helps.

use std::fmt;

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
        /// The text is longer than allowed.
        TooLong = "TOO_LONG",
        /// The number is too small or too large, the list has too few or too many items, or the name of a time
        /// zone is unknown.
        OutOfRange = "OUT_OF_RANGE",
        /// The cursor was not issued by this list in this order.
        InvalidCursor = "INVALID_CURSOR",
        /// The text contains characters that are not allowed, for example control characters.
        InvalidText = "INVALID_TEXT",
        /// The e-mail address is not valid.
        InvalidEmail = "INVALID_EMAIL",
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
        /// The account has no membership that can be used now: its access is not active yet, or was removed.
        AccessPending = "ACCESS_PENDING",
        /// The invitation is unknown, already used or expired.
        InvitationInvalid = "INVITATION_INVALID",
        /// The ticket is closed.
        TicketClosed = "TICKET_CLOSED",
        /// The ticket is open, so it cannot be reopened.
        TicketOpen = "TICKET_OPEN",
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
        /// The file is still being verified.
        FileNotReady = "FILE_NOT_READY",
        /// The file is already attached to something.
        FileAttached = "FILE_ATTACHED",
    }
}

/// The reason why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The input field that is at fault, as the API spells it.
    pub field: Option<&'static str>,
    /// A number that the message needs: a limit, or minutes to wait.
    pub number: Option<i64>,
}

impl Refusal {
    /// A refusal that concerns no particular field.
    pub const fn new(code: Code) -> Self {
        Self { code, field: None, number: None }
    }

    /// A refusal that concerns one input field.
    pub const fn of(field: &'static str, code: Code) -> Self {
        Self { code, field: Some(field), number: None }
    }

    /// Adds the number that the message needs.
    #[must_use]
    pub const fn with(mut self, number: i64) -> Self {
        self.number = Some(number);
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
                | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            // tokio-postgres reports a lost connection and a server in shutdown (57P0x) as unknown kinds.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info) if lost(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

fn lost(message: &str) -> bool {
    [
        "connection closed",
        "error communicating with the server",
        "terminating connection",
        "shutting down",
        "starting up",
        "deadlock detected",
        "too many clients",
        "remaining connection slots",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// Turns a missing row into `NOT_FOUND`, the same answer for "does not exist" and "not visible" (B-14).
pub trait OrNotFound<T> {
    /// The row, or `NOT_FOUND` about `field`.
    fn or_not_found(self, field: &'static str) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, field: &'static str) -> Result<T> {
        self.ok_or_else(|| Refusal::of(field, Code::NotFound).into())
    }
}
