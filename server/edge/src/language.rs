//! The language of error messages.
//!
//! Messages for people (sign in, try again, contact support) are in the language of the account, otherwise in that of
//! the `Accept-Language` header, otherwise in English. Messages for developers of clients are always in English.

use guichet_base::i18n::{self, Failure};
use guichet_base::locale::Locale;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use super::errors::Code;
use super::layers::RequestId;

/// The language that the `Accept-Language` header asks for.
pub fn wanted(headers: &HeaderMap) -> Option<Locale> {
    headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Locale::negotiate)
}

/// The language to use while the account is unknown.
pub(super) fn of(headers: &HeaderMap) -> Locale {
    wanted(headers).unwrap_or(Locale::En)
}

/// The message for people about an error with this code; none when only a developer can correct the error.
pub(super) fn sentence(code: Code, locale: Locale, request: &RequestId) -> Option<String> {
    let failure = match code {
        Code::Unauthenticated => Failure::Unauthenticated,
        Code::MembershipRequired => Failure::MembershipRequired,
        Code::MembershipChanged => Failure::MembershipChanged,
        Code::Unavailable => Failure::Unavailable,
        Code::Internal => Failure::Internal { request: Some(request.as_str()) },
        Code::BadRequest
        | Code::Forbidden
        | Code::MethodNotAllowed
        | Code::NotAcceptable
        | Code::RequestTimeout
        | Code::PayloadTooLarge
        | Code::UnsupportedMediaType
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::BadUserInput
        | Code::CostExceeded => return None,
    };
    Some(i18n::failure(locale, failure))
}
