//! `guichet` in separate processes: serving and working, killed, misconfigured, and as commands.

mod commands;
mod files;
mod killed;
mod restarted;
mod restore;
mod run;
mod service_manager;
mod settings;
mod site;
mod tls;
mod together;
mod trial;
