//! Where the bytes of files are stored: an S3-compatible store, or a folder.
//!
//! One interface over both: [`Storage`] reads and writes objects by their
//! [`Key`](guichet_schema::shared::file::key::Key), [`Addresses`] signs the short-lived addresses at which clients
//! upload and download them. With a folder, the server itself answers at those addresses, according to the
//! [`Grant`] in them.

mod address;
mod disposition;
mod folder;
mod grant;
mod health;
mod s3;
mod store;
mod trial;

pub use address::{Address, Addresses, CHECKSUM, Own};
pub use disposition::disposition;
pub use folder::{Folder, Seal};
pub use grant::{Grant, NoGrant};
pub use health::Health;
pub use object_store::GetRange as Range;
pub use s3::{S3, S3Fault, S3Settings};
pub use store::{Opened, Storage, StorageError, WriteError};
pub use trial::rights;
