//! The settings of files: the store, the scanner, the size limits.

use std::ffi::OsString;

use guichet_schema::shared::file::rules::{Limits, MEGABYTE};
use guichet_storage::S3Settings;
use guichet_workers::clamd::Clamd;

use super::variable::*;
use super::{SettingError, Values, values};

/// The bucket, if one is set.
pub(super) fn s3<L: Fn(&str) -> Option<OsString>>(values: &Values<L>) -> Option<S3Settings> {
    let bucket = values.text(S3_BUCKET);
    let endpoint = values.get(S3_ENDPOINT, values::web_url("https://s3.example:9000"));
    let public_endpoint = values.get(S3_PUBLIC_ENDPOINT, values::web_url("https://files.firm.example"));
    let region = values.text(S3_REGION);
    let access_key_id = values.text(S3_ACCESS_KEY_ID);
    let secret_access_key = values.text(S3_SECRET_ACCESS_KEY);
    let needed = |variable: Variable, value: Option<String>, because: Variable| {
        let missing = || SettingError::new(variable, format!("is not set, but {} is", because.name));
        // A value that is set and wrong is not missing.
        let value = value.or_else(|| values.is_wrong(variable).then(String::new));
        values.usable(value.ok_or_else(missing))
    };
    let set = [
        (S3_BUCKET, bucket.is_some()),
        (S3_ENDPOINT, endpoint.is_some()),
        (S3_PUBLIC_ENDPOINT, public_endpoint.is_some()),
        (S3_ACCESS_KEY_ID, access_key_id.is_some()),
        (S3_SECRET_ACCESS_KEY, secret_access_key.is_some()),
    ];
    let (because, _) = set.into_iter().find(|(_, is_set)| *is_set)?;
    let bucket = needed(S3_BUCKET, bucket, because);
    let access_key_id = needed(S3_ACCESS_KEY_ID, access_key_id, because);
    let secret_access_key = needed(S3_SECRET_ACCESS_KEY, secret_access_key, because);
    Some(S3Settings {
        endpoint,
        public_endpoint,
        bucket: bucket?,
        region: region.unwrap_or_else(|| "us-east-1".to_owned()),
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?.into(),
    })
}

/// The scanner's address.
pub(super) fn clamd(text: &str) -> Result<Clamd, String> {
    let wrong = || format!("is `{text}`, not an address such as clamd:3310 or /run/clamav/clamd.ctl");
    Clamd::parse(text).ok_or_else(wrong)
}

/// The size limits: each is at least as large as the one before it.
pub(super) fn limits<L: Fn(&str) -> Option<OsString>>(values: &Values<L>) -> Limits {
    let megabytes = |variable: Variable, most, default: i64, (less, least): (Variable, i64)| {
        let given = values.get(variable, values::number(1, most)).map(|number| number as i64 * MEGABYTE);
        // What is compared with a wrong value would be blamed for it.
        if let Some(given) = given.filter(|given| *given < least && !values.is_wrong(less)) {
            let reason = format!("is `{}`, less than {} ({})", given / MEGABYTE, less.name, least / MEGABYTE);
            let _: Option<()> = values.usable(Err(SettingError::new(variable, reason)));
        }
        given.unwrap_or(default).max(least)
    };
    let Limits { file, unsettled, unsettled_of_firm } = Limits::default();
    let file = megabytes(FILE_MAX_MB, 2_000, file, (FILE_MAX_MB, 0));
    let unsettled = megabytes(UPLOAD_MAX_MB, 100_000, unsettled, (FILE_MAX_MB, file));
    let of_firm = (UPLOAD_MAX_MB, unsettled);
    let unsettled_of_firm = megabytes(UPLOAD_FIRM_MAX_MB, 1_000_000, unsettled_of_firm, of_firm);
    Limits { file, unsettled, unsettled_of_firm }
}
