//! `guichet` in separate processes: serving and working, killed, misconfigured, and as commands.

mod answered;
mod check;
mod clocks;
mod commands;
mod connections;
mod files;
mod killed;
mod mail_test;
mod measures;
mod outages;
mod parts;
mod restarted;
mod restore;
pub mod run;
mod service_manager;
mod settings;
mod site;
mod stopping;
mod tls;
mod together;
mod trial;
