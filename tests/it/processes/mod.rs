//! `guichet` in separate processes: serving and working, killed, misconfigured, and as commands.

mod commands;
mod files;
mod killed;
mod mail_test;
mod restore;
mod run;
mod settings;
mod site;
mod stopping;
mod tls;
mod together;
mod trial;
