//! The settings of files: the store, the scanner, the size limits.

use std::ffi::OsString;

use guichet_schema::shared::file::rules::{Limits, MEGABYTE};
use guichet_storage::S3Settings;
use guichet_workers::clamd::Clamd;

use super::variable::*;
use super::{SettingError, Values, values};

/// The bucket, if one is set.
pub(super) fn s3<L: Fn(&str) -> Option<OsString>>(
    values: &Values<L>,
) -> Result<Option<S3Settings>, SettingError> {
    let bucket = values.text(S3_BUCKET)?;
    let endpoint = values.get(S3_ENDPOINT, values::web_url)?;
    let public_endpoint = values.get(S3_PUBLIC_ENDPOINT, values::web_url)?;
    let region = values.text(S3_REGION)?;
    let access_key_id = values.text(S3_ACCESS_KEY_ID)?;
    let secret_access_key = values.text(S3_SECRET_ACCESS_KEY)?;
    let missing = |variable, because: Variable| {
        SettingError::new(variable, format!("is not set, but {} is", because.name))
    };
    let Some(bucket) = bucket else {
        let set = [
            (S3_ENDPOINT, endpoint.is_some()),
            (S3_PUBLIC_ENDPOINT, public_endpoint.is_some()),
            (S3_ACCESS_KEY_ID, access_key_id.is_some()),
            (S3_SECRET_ACCESS_KEY, secret_access_key.is_some()),
        ];
        return match set.into_iter().find(|(_, is_set)| *is_set) {
            Some((other, _)) => Err(missing(S3_BUCKET, other)),
            None => Ok(None),
        };
    };
    Ok(Some(S3Settings {
        endpoint,
        public_endpoint,
        bucket,
        region: region.unwrap_or_else(|| "us-east-1".to_owned()),
        access_key_id: access_key_id.ok_or_else(|| missing(S3_ACCESS_KEY_ID, S3_BUCKET))?,
        secret_access_key: secret_access_key.ok_or_else(|| missing(S3_SECRET_ACCESS_KEY, S3_BUCKET))?.into(),
    }))
}

/// The scanner's address.
pub(super) fn clamd(text: &str) -> Result<Clamd, String> {
    let wrong = || format!("is `{text}`, not an address such as clamd:3310 or /run/clamav/clamd.ctl");
    Clamd::parse(text).ok_or_else(wrong)
}

/// The size limits.
pub(super) fn limits<L: Fn(&str) -> Option<OsString>>(values: &Values<L>) -> Result<Limits, SettingError> {
    // Each limit is at least as large as the one before it.
    let megabytes = |variable: Variable, most, default: i64, (less, least): (Variable, i64)| match values
        .get(variable, values::number(1, most))?
        .map(|number| number as i64 * MEGABYTE)
    {
        Some(given) if given < least => {
            let reason = format!("is `{}`, less than {} ({})", given / MEGABYTE, less.name, least / MEGABYTE);
            Err(SettingError::new(variable, reason))
        }
        Some(given) => Ok(given),
        None => Ok(default.max(least)),
    };
    let Limits { file, unsettled, unsettled_of_firm } = Limits::default();
    let file = megabytes(FILE_MAX_MB, 2_000, file, (FILE_MAX_MB, 0))?;
    let unsettled = megabytes(UPLOAD_MAX_MB, 100_000, unsettled, (FILE_MAX_MB, file))?;
    let of_firm = (UPLOAD_MAX_MB, unsettled);
    let unsettled_of_firm = megabytes(UPLOAD_FIRM_MAX_MB, 1_000_000, unsettled_of_firm, of_firm)?;
    Ok(Limits { file, unsettled, unsettled_of_firm })
}
