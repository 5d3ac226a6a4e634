//! Live (F-01): what subscriptions tell, to whom, over what breaks.

mod desk;
mod hints;
mod lists;
mod parts;
mod random;
mod resume;
mod sight;
