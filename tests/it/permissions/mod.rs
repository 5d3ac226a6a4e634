//! Every cell of the permission table, checked against a server.

mod cast;
mod cells;
