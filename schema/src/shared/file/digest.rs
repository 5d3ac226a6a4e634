//! The SHA-256 digest of a file's bytes.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;
use serde::{Deserialize, Serialize};

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, FromSqlRow, AsExpression)]
#[diesel(sql_type = Binary)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parses 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// In hexadecimal digits, as in the API and in the keys of objects.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// In base64, as in S3's `x-amz-checksum-sha256`.
    pub fn base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.hex()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a SHA-256 digest")
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl ToSql<Binary, Pg> for Sha256 {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <[u8] as ToSql<Binary, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<Binary, Pg> for Sha256 {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().try_into()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: [u8; 32]) {
            let digest = Sha256::new(bytes);
            prop_assert_eq!(Sha256::parse(&digest.hex()), Some(digest));
            prop_assert_eq!(Sha256::parse(&digest.hex().to_uppercase()), Some(digest));
        }

        #[test]
        fn other_text_is_none(text in ".{0,70}") {
            if let Some(digest) = Sha256::parse(&text) {
                prop_assert_eq!(digest.hex(), text.to_lowercase());
            }
        }
    }
}
