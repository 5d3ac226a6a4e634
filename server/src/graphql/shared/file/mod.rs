//! Files: uploads, downloads, and who opened them (A-09, B-09, D-08, F-07).

mod address;
mod mutation;
mod query;
mod subscription;
mod types;

pub use address::FileAddress;
pub use mutation::FileMutation;
pub use query::{FileCountsQuery, FileCountsSubscription, FileQuery, FilesCounted, FilesQuery};
pub use subscription::{FileSubscription, FilesListed};
pub use types::{File, FileDisposition};
