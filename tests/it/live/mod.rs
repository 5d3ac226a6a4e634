//! Live (F-01): what subscriptions send, to whom, and over interruptions.

mod counts;
mod desk;
mod hints;
mod lists;
mod order;
mod parts;
mod random;
mod resume;
mod sight;
