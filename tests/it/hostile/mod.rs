//! Attacks, against the whole program.

mod costs;
mod crowd;
mod faults;
mod forgery;
mod logs;
mod words;
