//! What can go wrong, and who may hear of it.
//!
//! A [`Refusal`] is part of the conversation: a code, a field, and a message in the viewer's
//! language. A [`Fault`] is ours: it is logged, masked, and retried where retrying helps.

use std::fmt;

use crate::text_enum;

text_enum! {
    /// Why something was refused. The API speaks these codes; texts are in `i18n/`.
    pub enum Code {
        /// There is no such thing for this viewer (B-14).
        NotFound = "NOT_FOUND",
        /// The viewer's role does not allow the act (B-15).
        NotAllowed = "NOT_ALLOWED",
        /// The thing changed since the viewer read it.
        Conflict = "CONFLICT",
        /// A value is missing.
        Required = "REQUIRED",
        /// A text is longer than allowed.
        TooLong = "TOO_LONG",
        /// A number or list is outside of what is allowed.
        OutOfRange = "OUT_OF_RANGE",
        /// A cursor that this list, in this order, never gave.
        InvalidCursor = "INVALID_CURSOR",
        /// The text has characters that cannot be kept.
        InvalidText = "INVALID_TEXT",
        /// No mail server could take this address.
        InvalidEmail = "INVALID_EMAIL",
        /// Another record has this value already.
        Taken = "TAKEN",
        /// A password shorter than allowed.
        PasswordTooShort = "PASSWORD_TOO_SHORT",
        /// An idempotency key was used for another input.
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// E-mail or password is wrong (B-06: the same for an unknown e-mail).
        WrongCredentials = "WRONG_CREDENTIALS",
        /// Too many failed attempts; wait.
        TooManyAttempts = "TOO_MANY_ATTEMPTS",
        /// The access waits for activation (B-06).
        AccessPending = "ACCESS_PENDING",
        /// The invitation is unknown, used or expired.
        InvitationInvalid = "INVITATION_INVALID",
        /// The ticket is closed.
        TicketClosed = "TICKET_CLOSED",
        /// The ticket is open, so it cannot be reopened (D-02).
        TicketOpen = "TICKET_OPEN",
        /// The time in which a client may reopen is over (D-02).
        ReopenPeriodOver = "REOPEN_PERIOD_OVER",
        /// The firm does not let its clients reopen tickets (D-02).
        ReopenNotOffered = "REOPEN_NOT_OFFERED",
        /// A rejection or cancellation wants a reason (D-05).
        ReasonRequired = "REASON_REQUIRED",
        /// The client has no user who could read the message (D-07).
        NoLinkedUser = "NO_LINKED_USER",
        /// The staff member or department has it already.
        NothingToTransfer = "NOTHING_TO_TRANSFER",
        /// Nobody leads the department who works for the firm now (D-09).
        DepartmentWithoutLead = "DEPARTMENT_WITHOUT_LEAD",
        /// The service item is no longer offered.
        ServiceItemInactive = "SERVICE_ITEM_INACTIVE",
        /// Another currency than the firm's.
        WrongCurrency = "WRONG_CURRENCY",
        /// The charge is paid.
        ChargePaid = "CHARGE_PAID",
        /// The charge is canceled.
        ChargeCanceled = "CHARGE_CANCELED",
        /// The charge is not overdue (D-10).
        ChargeNotOverdue = "CHARGE_NOT_OVERDUE",
        /// Only a delivery that failed or could not be sent can be retried.
        DeliveryNotRetryable = "DELIVERY_NOT_RETRYABLE",
        /// Nobody is left to whom the delivery could be sent.
        NoRecipient = "NO_RECIPIENT",
        /// The address is suppressed after a bounce: correct it or lift the suppression first.
        AddressSuppressed = "ADDRESS_SUPPRESSED",
        /// The file has no bytes.
        FileEmpty = "FILE_EMPTY",
        /// The file is larger than allowed.
        FileTooLarge = "FILE_TOO_LARGE",
        /// Name or media type are none of a kind of file that is taken, or contradict each other.
        FileTypeNotAllowed = "FILE_TYPE_NOT_ALLOWED",
        /// The text is no SHA-256 digest in hexadecimal digits.
        InvalidChecksum = "INVALID_CHECKSUM",
        /// Too much was uploaded that is not verified and attached yet: finish with it, or wait.
        TooMuchUnsettled = "TOO_MUCH_UNSETTLED",
        /// The time in which the file could be uploaded is over.
        UploadExpired = "UPLOAD_EXPIRED",
        /// The bytes of the file are not there.
        FileNotUploaded = "FILE_NOT_UPLOADED",
        /// Other than the declared number of bytes came.
        FileIncomplete = "FILE_INCOMPLETE",
        /// Other bytes came than those that were declared.
        FileAltered = "FILE_ALTERED",
        /// The content is not of the declared kind.
        FileTypeMismatch = "FILE_TYPE_MISMATCH",
        /// The scanner found something in the file (F-07).
        FileInfected = "FILE_INFECTED",
        /// The file could not be looked at: send it again.
        FileUnverifiable = "FILE_UNVERIFIABLE",
        /// The file was never attached and is removed: send it again.
        FileUnused = "FILE_UNUSED",
        /// The file is still being verified.
        FileNotReady = "FILE_NOT_READY",
        /// The file is attached to something already.
        FileAttached = "FILE_ATTACHED",
    }
}

/// A refusal: nothing was changed, and this is why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The input field it is about, as the API spells it.
    pub field: Option<&'static str>,
    /// A number that belongs into the message: a limit, minutes to wait.
    pub number: Option<i64>,
}

impl Refusal {
    /// A refusal about no field in particular.
    pub const fn new(code: Code) -> Self {
        Self { code, field: None, number: None }
    }

    /// A refusal about one input field.
    pub const fn of(field: &'static str, code: Code) -> Self {
        Self { code, field: Some(field), number: None }
    }

    /// The same with the number that the message names.
    #[must_use]
    pub const fn with(mut self, number: i64) -> Self {
        self.number = Some(number);
        self
    }
}

/// Something of ours broke. Never shown; logged without contents.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database did not answer: retry helps.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The database refused a statement: retry does not help.
    #[error("database: {0}")]
    Database(diesel::result::Error),
    /// A stored value that the code cannot read, or an invariant that does not hold.
    #[error("broken invariant: {0}")]
    Broken(String),
}

impl Fault {
    /// Whether the same act may succeed when tried again.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// The two ways in which an act ends without effect.
#[derive(Debug)]
pub enum Error {
    /// Expected: told to the viewer as user errors.
    Refused(Vec<Refusal>),
    /// Ours: masked.
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

/// Turns a missing row into the one answer for "not there" and "not yours" (B-14).
pub trait OrNotFound<T> {
    /// The row, or `NOT_FOUND` about `field`.
    fn or_not_found(self, field: &'static str) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, field: &'static str) -> Result<T> {
        self.ok_or_else(|| Refusal::of(field, Code::NotFound).into())
    }
}
