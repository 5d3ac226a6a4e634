//! What can be uploaded.

use async_graphql::{Context, Object, SimpleObject};
use guichet_edge::ApiError;
use guichet_schema::shared::file::kind::FileKind;
use guichet_schema::shared::file::rules::MAX_FILES;

use crate::files::Files;
use crate::graphql::caller::Caller;
use crate::graphql::scalars::SafeInt;

/// The limits of uploads, so that a frontend can refuse a file before it is read.
#[derive(Debug, SimpleObject)]
pub struct UploadRules {
    /// The largest size of a file, in bytes.
    max_bytes: SafeInt,
    /// The largest number of files per mutation.
    max_files: usize,
    /// The accepted file name extensions, in lower case and without a dot, for example `pdf`.
    extensions: Vec<&'static str>,
}

/// Queries about files.
#[derive(Debug, Default)]
pub struct FileQuery;

#[Object]
impl FileQuery {
    /// Returns the limits of uploads.
    async fn upload_rules(&self, ctx: &Context<'_>) -> Result<UploadRules, ApiError> {
        Caller::of(ctx).actor()?;
        let mut extensions: Vec<&str> =
            FileKind::ALL.iter().flat_map(|kind| kind.extensions()).copied().collect();
        extensions.sort_unstable();
        let max_bytes = SafeInt(ctx.data_unchecked::<Files>().limits.file);
        Ok(UploadRules { max_bytes, max_files: MAX_FILES, extensions })
    }
}
