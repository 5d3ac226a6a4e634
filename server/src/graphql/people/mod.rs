//! Who there is: accounts, firms, staff, clients and their users.

pub mod account;
pub mod client;
pub mod department;
pub mod firm;
pub mod invitation;
pub mod membership;
pub mod portal_access;
pub mod session;
pub mod staff;
pub mod viewer;
