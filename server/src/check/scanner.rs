//! The malware scanner: whether it finds what everybody calls malware, and takes the largest accepted file.

use bytes::Bytes;
use futures_util::stream;
use guichet_workers::clamd::{Clamd, ClamdError, Finding as Scanned};

use super::site::Site;
use super::{Finding, fails, ok};
use crate::settings::check_clamd;

/// The test file of EICAR, in two parts, because scanners find it in programs, too.
const EICAR: [&str; 2] = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];
/// Zeros are sent in pieces of this size.
const PIECE: usize = 1 << 16;

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let Some(clamd) = &site.settings.clamd else {
        return vec![ok("CLAMD_ADDRESS is not set: files are not scanned")];
    };
    if let Err(error) = check_clamd(clamd).await {
        return vec![fails(error)];
    }
    let megabytes = site.settings.limits.file / 1_000_000;
    let mut found = Vec::new();
    match clamd.scan(stream::iter([Ok(Bytes::from(EICAR.concat()))])).await {
        Ok(Scanned::Infected(name)) => found.push(ok(format!("finds the test file of EICAR ({name})"))),
        Ok(Scanned::Clean) => found.push(fails(
            "CLAMD_ADDRESS: clamd does not find the test file of EICAR: its signatures are missing (freshclam)",
        )),
        Err(error) => found.push(fails(format!("CLAMD_ADDRESS: {error}"))),
    }
    match largest(clamd, site.settings.limits.file.unsigned_abs()).await {
        Ok(Scanned::Clean) => {}
        Ok(Scanned::Infected(name)) => found.push(fails(format!(
            "CLAMD_ADDRESS: clamd takes {megabytes} MB of zeros for malware ({name}): raise MaxScanSize and MaxFileSize"
        ))),
        Err(error) => found.push(fails(format!(
            "CLAMD_ADDRESS: a file of {megabytes} MB (FILE_MAX_MB) is not scanned: {error}; StreamMaxLength must be \
             at least {megabytes}M"
        ))),
    }
    found
}

async fn largest(clamd: &Clamd, bytes: u64) -> Result<Scanned, ClamdError> {
    let piece = Bytes::from_static(&[0; PIECE]);
    let pieces = bytes / PIECE as u64 + 1;
    clamd.scan(stream::iter((0..pieces).map(move |_| Ok(piece.clone())))).await
}
