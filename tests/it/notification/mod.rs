//! Staff are told (D-11): in lists, live, and by mail as they prefer.

mod live;
mod mails;
mod marks;
mod office;
mod random;
mod told;
