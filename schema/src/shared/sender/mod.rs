//! From which address a firm's mails go out. A firm writes from its own address if the operator allows the domain, or
//! if the firm has proved by DNS that the domain is its own. Until then its mails go out from the operator's address,
//! under the firm's name, and answers go to the firm.
//!
//! It is decided when a mail is sent, from the rows as they are then, so a change holds for queued mails, too.

pub mod model;
pub mod queries;
pub mod rules;
