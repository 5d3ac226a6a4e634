//! The results of mutations: the object, the user errors, the revision.

use async_graphql::{Context, ID, InputValueResult, MaybeUndefined, Scalar, ScalarType, SimpleObject, Value};
use guichet_base::error::{self, Error, InputPath, OrNotFound, Refusal, Result, Told};
use guichet_base::i18n;
use guichet_base::id::Id;
use guichet_base::input::{Check, Patch, items};
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};

use crate::graphql::caller::Caller;
use crate::graphql::mirror::mirror;

/// An error that the user can correct. Nothing was changed.
#[derive(Debug, SimpleObject)]
pub struct UserError {
    /// The path to the part of the input that caused the error, from the outside inwards: names of fields, and
    /// positions in lists counted from 0, for example `["ticketEmails", "1"]`. Null when the error concerns the whole
    /// input.
    field: Option<Vec<String>>,
    /// The error code, for programs.
    code: UserErrorCode,
    /// The error message, in the language of the viewer.
    message: String,
    /// The number of seconds after which the same mutation can succeed; null when waiting does not help.
    retry_after: Option<i64>,
}

impl UserError {
    /// Splits the result for one object of several.
    pub fn split<T>(each: std::result::Result<T, Vec<Refusal>>, locale: Locale) -> (Option<T>, Vec<Self>) {
        match each {
            Ok(value) => (Some(value), Vec::new()),
            Err(refusals) => (None, refusals.iter().map(|refusal| Self::new(refusal, locale)).collect()),
        }
    }

    /// The error shown to the viewer for a refusal.
    pub fn new(refusal: &Refusal, locale: Locale) -> Self {
        let field = (!refusal.path.is_empty()).then(|| refusal.path.steps().collect());
        let seconds = match refusal.code {
            error::Code::TooFast => Some(1),
            error::Code::TooManyAttempts => Some(60),
            _ => None,
        };
        let number = refusal.values.iter().find_map(|(name, value)| match value {
            Told::Number(number) if *name == "number" => Some(*number),
            _ => None,
        });
        let retry_after = seconds.zip(number).map(|(seconds, number)| seconds * number);
        Self { retry_after, field, code: refusal.code.into(), message: i18n::refusal(locale, refusal) }
    }
}

mirror!(UserErrorCode => error::Code);

/// A revision of a firm's feed: a change is visible to every read at this revision or a later one.
#[derive(Debug, Clone, Copy)]
pub struct Revision(i64);

impl Revision {
    /// This revision.
    pub const fn new(revision: i64) -> Self {
        Self(revision)
    }
}

/// A revision of a firm's event feed, as a decimal number in a string, for example `"48211"`. A change is
/// visible to every read at its revision or a later one.
#[Scalar(name = "Revision")]
impl ScalarType for Revision {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(guichet_edge::invalid_input("A revision is a decimal number in a string."));
        };
        let revision = text.parse().ok().filter(|revision: &i64| revision.to_string() == *text);
        revision
            .map(Self)
            .ok_or_else(|| guichet_edge::invalid_input("A revision is a decimal number in a string."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A command's result for a payload: the value, or the refusals.
#[derive(Debug)]
pub struct MutationOutcome<T> {
    /// The value; none when it was refused.
    pub done: Option<T>,
    /// The refusals; empty on success.
    pub user_errors: Vec<UserError>,
    /// The revision that contains it.
    pub revision: Option<Revision>,
}

/// Declares the payload of a mutation: the object, the user errors, the revision.
macro_rules! payload {
    ($(#[$doc:meta])* $payload:ident { $($(#[$about:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            $($(#[$about])* pub $field: $type,)+
            /// The list of errors; empty on success.
            pub user_errors: Vec<$crate::graphql::payload::UserError>,
            /// The revision of the firm's event feed that contains the change; null when nothing visible changed,
            /// and for clients.
            pub revision: Option<$crate::graphql::payload::Revision>,
        }
    };
}
pub(crate) use payload;

/// Does one act of the viewer, and sorts what came of it.
///
/// # Errors
/// `UNAUTHENTICATED` without a membership; faults of ours.
pub async fn act<T>(
    ctx: &Context<'_>,
    act: impl AsyncFnOnce(&Store, &Actor) -> Result<Done<T>>,
) -> Result<MutationOutcome<T>, ApiError> {
    let caller = Caller::of(ctx);
    outcome(caller, act(&caller.store, caller.actor()?).await)
}

/// Converts a command's result.
///
/// # Errors
/// Internal errors.
pub fn outcome<T>(caller: &Caller, result: Result<Done<T>>) -> Result<MutationOutcome<T>, ApiError> {
    match result {
        Ok(Done { value, revision }) => {
            // Plain revisions would reveal the firm's activity to its clients (B-14).
            let staff = caller.scope().is_ok_and(|scope| scope.is_staff());
            let revision = revision.filter(|_| staff).map(Revision);
            Ok(MutationOutcome { done: Some(value), user_errors: Vec::new(), revision })
        }
        Err(Error::Refused(refusals)) => Ok(MutationOutcome {
            done: None,
            user_errors: refusals.iter().map(|refusal| UserError::new(refusal, caller.locale)).collect(),
            revision: None,
        }),
        Err(Error::Fault(fault)) => Err(fault.into()),
    }
}

/// The result of a query: a refusal becomes an error of the request, because there is no payload.
///
/// # Errors
/// `BAD_USER_INPUT` with the message, code and path of the refusal, or an internal error.
pub fn queried<T>(caller: &Caller, result: Result<T>) -> Result<T, ApiError> {
    result.map_err(|error| unanswered(caller.locale, error))
}

/// The error of a query, in this language.
pub fn unanswered(locale: Locale, error: Error) -> ApiError {
    match error {
        Error::Refused(refusals) => {
            let texts: Vec<String> = refusals.iter().map(|refusal| i18n::refusal(locale, refusal)).collect();
            let error = ApiError::new(guichet_edge::Code::BadUserInput, texts.join(" "));
            match refusals.first() {
                Some(first) => error.about(first.code.as_str(), first.path.steps()),
                None => error,
            }
        }
        Error::Fault(fault) => fault.into(),
    }
}

/// Parses an id of an input; an id of another noun does not exist.
///
/// # Errors
/// `NOT_FOUND` about `path`.
pub fn id<T: Id>(path: impl Into<InputPath>, id: &ID) -> Result<T> {
    T::decode(id).or_not_found(path)
}

/// Parses an optional id.
///
/// # Errors
/// `NOT_FOUND` about `field`.
pub fn optional_id<T: Id>(field: &'static str, given: Option<&ID>) -> Result<Option<T>> {
    given.map(|given| id(field, given)).transpose()
}

/// Parses the ids of an input.
///
/// # Errors
/// `NOT_FOUND` about each bad one.
pub fn ids<T: Id>(field: &'static str, given: &[ID]) -> Result<Vec<T>> {
    let mut check = Check::new();
    let ids: Vec<Option<T>> = given.iter().map(|id| T::decode(id)).collect();
    check.found(&items(field, &ids), Option::is_some);
    check.done()?;
    Ok(ids.into_iter().flatten().collect())
}

/// Parses the ids of a filter: ids of other nouns match nothing.
pub fn known_ids<T: Id>(given: Option<Vec<ID>>) -> Option<Vec<T>> {
    given.map(|given| given.iter().filter_map(|id| T::decode(id)).collect())
}

/// The edit of a value: an omitted one is kept, null removes it.
pub fn patch<T>(given: MaybeUndefined<T>) -> Patch<T> {
    match given {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

/// The edit of a reference.
///
/// # Errors
/// `NOT_FOUND` about `field`.
pub fn id_patch<T: Id>(field: &'static str, given: MaybeUndefined<ID>) -> Result<Patch<T>> {
    Ok(match patch(given) {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(given) => Patch::Set(id(field, &given)?),
    })
}

/// The id as shown in the API.
pub fn api_id(id: impl Id) -> ID {
    ID(id.encode())
}
