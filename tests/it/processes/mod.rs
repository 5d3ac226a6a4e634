//! `guichet` as processes of its own: serving and working apart, killed, misconfigured, and asked to do
//! one thing.

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
