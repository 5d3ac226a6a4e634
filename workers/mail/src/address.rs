//! What is wrong with an `SMTP_URL`, in words without a secret; the library would quote it.

use guichet_base::spelling::{ENCODED, PORT};
use url::Url;

const SCHEMES: [&str; 3] = ["smtp+starttls", "smtps", "smtp"];

/// Splits the address, whose scheme is one of ours. The reason why it cannot be split contains no part of it behind
/// the scheme.
pub(super) fn split(text: &str) -> Result<Url, String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).filter(|scheme| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    match scheme {
        Some(scheme) if SCHEMES.contains(&&*scheme) => {}
        Some(scheme) => {
            return Err(format!(
                "begins with `{scheme}://`, not with `smtp+starttls://`, `smtps://` or `smtp://`"
            ));
        }
        None => {
            return Err(
                "is not an address such as smtp+starttls://user:password@relay.example:587".to_owned()
            );
        }
    }
    Url::parse(text).map_err(|error| match error {
        url::ParseError::EmptyHost => "names no host".to_owned(),
        url::ParseError::InvalidPort => PORT.to_owned(),
        _ => format!("names no valid host; {ENCODED}"),
    })
}
