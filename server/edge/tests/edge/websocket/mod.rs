//! Websockets with the small schema, on a real socket.

mod closes;
mod door;
mod limits;
mod measures;
mod operations;
mod peer;
mod stop;
