//! Who there is: accounts, firms, their staff and departments, their clients and the clients' users.

pub mod account;
pub mod client;
pub mod department;
pub mod firm;
pub mod invitation;
pub mod portal_access;
pub mod rights;
pub mod session;
pub mod staff;
