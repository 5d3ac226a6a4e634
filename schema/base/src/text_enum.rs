//! Enums that are stored as text and spelled in `SCREAMING_SNAKE` everywhere.

/// What [`text_enum!`](crate::text_enum!) declares, for code that works with any such enum.
pub trait TextEnum: Copy + Eq + Send + Sync + 'static {
    /// What it is, for people.
    const ABOUT: &'static str;
    /// Every value, its spelling, and what it means, in the order of declaration.
    const VALUES: &'static [(Self, &'static str, &'static str)];
}

/// Declares an enum stored as text, with one spelling for tables, API and logs. Its doc comments become the
/// descriptions of the API where it is shown there.
#[macro_export]
macro_rules! text_enum {
    ($(#[doc = $about:literal])+ $vis:vis enum $name:ident {
        $($(#[doc = $meaning:literal])+ $variant:ident = $text:literal),+ $(,)?
    }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize,
            diesel::deserialize::FromSqlRow, diesel::expression::AsExpression)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name {
            $($(#[doc = $meaning])+ #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spelling in tables, API and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value with this spelling, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::text_enum::TextEnum for $name {
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();
            const VALUES: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $text, concat!($($meaning),+).trim_ascii())),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.as_str().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = std::str::from_utf8(value.as_bytes())?;
                Self::parse(text).ok_or_else(|| {
                    format!(concat!("no ", stringify!($name), " is spelled {}"), text).into()
                })
            }
        }
    };
}
