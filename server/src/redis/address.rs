//! What is wrong with a `REDIS_URL`, in words without a secret; the library only says that something is.

use guichet_base::spelling;
use url::Url;

pub(super) const UNREADABLE: &str = "is not an address such as redis://user:password@host:6379";
const OPTIONS: [&str; 1] = ["protocol"];
const SOCKET_OPTIONS: [&str; 4] = ["db", "user", "pass", "protocol"];

/// Checks the parts of an address that Redis' own library would refuse without a word, or ignore.
///
/// # Errors
/// The reason, after "REDIS_URL: ".
pub(super) fn check(text: &str) -> Result<(), String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_socket = match scheme.as_deref() {
        Some("redis" | "rediss" | "valkey" | "valkeys") => false,
        Some("unix" | "redis+unix" | "valkey+unix") => true,
        Some(other)
            if !other.is_empty()
                && other.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+') =>
        {
            return Err(format!(
                "begins with `{other}://`, not with `redis://`, `rediss://` (TLS) or `unix://`"
            ));
        }
        _ => return Err(UNREADABLE.to_owned()),
    };
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::InvalidPort => spelling::PORT.to_owned(),
        url::ParseError::EmptyHost => "names no host".to_owned(),
        _ => UNREADABLE.to_owned(),
    })?;
    let options: &[&str] = if is_socket { &SOCKET_OPTIONS } else { &OPTIONS };
    let is_unknown = |name: &str| !options.contains(&name);
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| is_unknown(name)) {
        // Text after a `?` in a password looks like an option.
        let name =
            if text.rsplit_once('?').is_some_and(|(_, rest)| rest.contains('@')) { "" } else { &*name };
        return Err(spelling::unknown_option(name, options.iter().copied()));
    }
    if is_socket {
        let is_path = url.path().len() > 1 && url.host_str().is_none_or(str::is_empty);
        return if is_path {
            Ok(())
        } else {
            Err("names no socket, such as unix:///run/redis/redis.sock".into())
        };
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host".to_owned());
    }
    if !url.username().is_empty() && url.password().is_none() {
        return Err(
            "has a user but no password: write user:password@ before the host, or neither; a password \
                    without a user is written :password@"
                .to_owned(),
        );
    }
    if url.fragment().is_some() {
        return Err("has a `#`; in a password it is written %23".to_owned());
    }
    match url.path().trim_matches('/') {
        "" => Ok(()),
        number if number.parse::<u16>().is_ok() => Ok(()),
        _ => Err("has something else than the number of a database after the host; in a password, `/` is written %2F"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is() {
        let scheme =
            |other| format!("begins with `{other}://`, not with `redis://`, `rediss://` (TLS) or `unix://`");
        for (text, told) in [
            ("redis", UNREADABLE.to_owned()),
            ("redis.example:6379", UNREADABLE.to_owned()),
            ("http://me:secret@redis:6379", scheme("http")),
            ("reddis://me:secret@redis", scheme("reddis")),
            ("redis://:secret@redis:99999", spelling::PORT.to_owned()),
            ("redis://:sec/ret@redis", "names no host".to_owned()),
            ("redis://me:sec/ret@redis", spelling::PORT.to_owned()),
            ("redis://", "names no host".to_owned()),
            (
                "redis://:secret@redis/main",
                "has something else than the number of a database after the host; in a \
                password, `/` is written %2F"
                    .to_owned(),
            ),
            (
                "redis://:secret@redis/0?protocl=resp3",
                "has the option `protocl`, which is not supported; did you mean \
                `protocol`?"
                    .to_owned(),
            ),
            ("rediss://:secret@redis#insecure", "has a `#`; in a password it is written %23".to_owned()),
            ("unix://run/redis.sock", "names no socket, such as unix:///run/redis/redis.sock".to_owned()),
        ] {
            assert_eq!(check(text).unwrap_err(), told, "{text}");
        }
        assert!(check("redis://me@redis").unwrap_err().starts_with("has a user but no password"));
        for text in [
            "redis://redis.example:6379",
            "rediss://me:p%40ss@redis.example/3",
            "redis://:secret@[::1]:6379",
            "unix:///run/redis.sock?db=2",
            "redis://redis?protocol=resp3",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
