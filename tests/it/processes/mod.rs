//! `guichet` in separate processes: serving and working, killed, misconfigured, and as commands.

mod check;
mod commands;
mod files;
mod killed;
mod restore;
mod run;
mod settings;
mod site;
mod tls;
mod together;
mod trial;
