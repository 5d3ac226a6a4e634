//! Every cell of the permission table, asked of the running server.

mod cast;
mod cells;
