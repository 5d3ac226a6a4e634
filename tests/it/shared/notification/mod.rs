//! Notifications of staff (D-11): in a list, live, and by mail if wanted.

mod live;
mod mails;
mod marks;
pub mod office;
mod told;
