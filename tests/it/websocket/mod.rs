//! GraphQL over websockets, with sessions.

mod ended;
mod sign_in;
mod stop;
