//! Staff are told (D-11): in lists, live, and by mail as they prefer.

mod live;
mod mails;
mod marks;
pub mod office;
mod told;
