//! The reasons for closing a websocket.

use std::borrow::Cow;

use axum::extract::ws::{CloseFrame, Utf8Bytes};

use crate::errors::{ApiError, Code};

/// Longest reason in bytes (RFC 6455, 5.5).
const REASON_BYTES: usize = 123;

/// A close code and reason for the client (RFC 6455, 7.4). Clients built on graphql-ws reconnect after some codes
/// and give up after others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    /// Every code that the server sends.
    pub(crate) const CODES: [u16; 15] =
        [1001, 1002, 1007, 1009, 1013, 4205, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4499, 4500];

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason: Cow::Borrowed(reason) }
    }

    /// 4403: the client is not admitted, or no longer: sign in.
    pub const fn forbidden(reason: &'static str) -> Self {
        Self::new(4403, reason)
    }

    /// 4205, after HTTP's 205: the client's rights have changed. Connect again and discard what was received.
    pub const fn reset(reason: &'static str) -> Self {
        Self::new(4205, reason)
    }

    /// 1001: the server is stopping; connect to another one.
    pub(super) const fn going_away() -> Self {
        Self::new(1001, "The server stops")
    }

    /// 1002: not a valid websocket frame.
    pub(super) const fn broken_frame() -> Self {
        Self::new(1002, "Not a valid frame")
    }

    /// 1007: text that is not UTF-8.
    pub(super) const fn broken_text() -> Self {
        Self::new(1007, "Not UTF-8")
    }

    /// 1009: a message that exceeds the limit.
    pub(super) fn too_big(limit: usize) -> Self {
        Self { code: 1009, reason: format!("Messages are limited to {limit} bytes").into() }
    }

    /// 1013: try again later.
    pub(super) const fn again_later(reason: &'static str) -> Self {
        Self::new(1013, reason)
    }

    /// 4400: not a message of the protocol.
    pub(super) fn bad_message(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code: 4400, reason: reason.into() }
    }

    /// 4401: an operation before the connection was acknowledged.
    pub(super) const fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    /// 4406: another subprotocol.
    pub(super) const fn subprotocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    /// 4408: no `connection_init` in time.
    pub(super) const fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    /// 4409: an operation with this id is already running.
    pub(super) fn exists_already(id: &str) -> Self {
        Self { code: 4409, reason: format!("Subscriber for {id} already exists").into() }
    }

    /// 4429: a second `connection_init`.
    pub(super) const fn too_many_inits() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// 4499: the client does not answer or does not receive; it may connect again.
    pub(super) const fn terminated(reason: &'static str) -> Self {
        Self::new(4499, reason)
    }

    /// 4500: an internal error; connecting again does not help.
    pub(super) const fn internal() -> Self {
        Self::new(4500, "Internal server error")
    }

    /// The code.
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The reason, truncated to the allowed length.
    pub fn reason(&self) -> &str {
        &self.reason[..self.reason.floor_char_boundary(REASON_BYTES)]
    }

    pub(super) fn frame(&self) -> CloseFrame {
        CloseFrame { code: self.code, reason: Utf8Bytes::from(self.reason()) }
    }
}

/// Why a client is not admitted.
impl From<&ApiError> for Close {
    fn from(error: &ApiError) -> Self {
        match error.code() {
            Code::Unavailable => Self::again_later("The service is not available at the moment"),
            Code::Internal => Self::internal(),
            Code::MembershipChanged => Self::reset("The session has another membership"),
            _ => Self::forbidden("Forbidden"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// RFC 6455, 5.5: a control frame has room for a code and 123 bytes.
        #[test]
        fn a_reason_has_room(id in "\\PC{0,300}") {
            let close = Close::exists_already(&id);
            prop_assert!(close.reason().len() <= 123);
            let whole = format!("Subscriber for {id} already exists");
            prop_assert!(whole.starts_with(close.reason()));
        }
    }
}
