//! People and organizations: accounts, firms, staff and departments, clients and their users.

pub mod account;
pub mod client;
pub mod department;
pub mod firm;
pub mod founding;
pub mod invitation;
pub mod portal_access;
pub mod recipients;
pub mod rights;
pub mod session;
pub mod staff;
pub mod suppression;
