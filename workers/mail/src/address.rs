//! What is wrong with an `SMTP_URL`, in words without a secret; the library would quote it.

use url::Url;

const SCHEMES: [&str; 3] = ["smtp+starttls", "smtps", "smtp"];
/// What to do about a `/` in a password.
pub(super) const ENCODED: &str =
    "in a user or password, `:`, `/`, `?`, `#` and `@` are written %3A, %2F, %3F, %23 and %40";

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
        url::ParseError::InvalidPort => format!("has a port that is no number from 1 to 65535; {ENCODED}"),
        _ => format!("names no valid host; {ENCODED}"),
    })
}

/// Names an unknown option, unless it may be part of a password.
pub(super) fn unknown_option(name: &str, may_be_secret: bool) -> String {
    const OPTIONS: [&str; 4] = ["sessions", "ca", "hello", "timeout"];
    let list = "there are `sessions`, `ca`, `hello` and `timeout`";
    if may_be_secret || name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        return format!("has an unknown option after `?`; {list}");
    }
    let near = OPTIONS.into_iter().find(|option| strsim::osa_distance(option, name) <= 1);
    let hint = near.map_or_else(|| list.to_owned(), |meant| format!("did you mean `{meant}`?"));
    format!("has the option `{name}`, which is not supported; {hint}")
}
