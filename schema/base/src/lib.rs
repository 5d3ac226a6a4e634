//! What every crate uses: ids, errors, time, money, text, languages, pages, input and search. Nothing here depends
//! on a business noun, except the ids that name them.

pub mod clock;
pub mod collation;
pub mod country;
pub mod email;
pub mod error;
pub mod foreign;
pub mod i18n;
pub mod id;
pub mod input;
pub mod locale;
pub mod message_id;
pub mod money;
pub mod page;
pub mod registration;
pub mod search;
pub mod secret;
pub mod spelling;
pub mod text;
pub mod text_enum;
