//! Live (F-01): what subscriptions send, to whom, and over interruptions.

mod desk;
mod hints;
mod lists;
mod parts;
mod random;
mod resume;
mod sight;
