//! `guichet` in separate processes: serving and working, killed, misconfigured, and as commands.

mod clocks;
mod commands;
mod connections;
mod files;
mod killed;
mod outages;
mod restore;
mod run;
mod settings;
mod site;
mod tls;
mod together;
mod trial;
