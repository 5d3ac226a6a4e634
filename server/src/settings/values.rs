//! Parsers of setting values, with the reason why a value is invalid.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use guichet_edge::Origin;
use guichet_engine::db::Address;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

/// A value that is never displayed, because it contains a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for connecting or signing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The format of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// For a log collector, one object per line.
    Json,
}

// Each parser returns a reason that completes "NAME: …" and contains no secret.

/// A value as it was meant, none when it is empty: service managers and containers hand on what their files contain,
/// each with other rules for blanks, quotes and line ends.
pub(super) fn unwrapped(text: &str) -> Result<Option<&str>, String> {
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    if text.starts_with(['"', '\'', '`', '“', '”', '‘', '’', '«']) {
        return Err(
            "begins with a quote, which was handed on as a part of the value: write it without quotes".into(),
        );
    }
    if text.contains(char::is_control) {
        return Err("has a line end or another control character inside".into());
    }
    if text.contains("${") {
        return Err("contains `${`, and nothing replaces variables here: write the value itself".into());
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    Address::parse(text).map(|_| Secret::new(text))
}

/// A URL without a path, whose origin a browser can send.
pub(super) fn web_url(example: &'static str) -> impl Fn(&str) -> Result<Url, String> {
    move |text| {
        let shape = || format!("is not an address such as {example}");
        let (scheme, _) = text.split_once("://").ok_or_else(shape)?;
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            return Err(match is_scheme && !scheme.is_empty() {
                true => format!("begins with `{scheme}://`, not with `https://` or `http://`"),
                false => shape(),
            });
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::InvalidPort => "has a port that is no number from 1 to 65535".to_owned(),
            url::ParseError::InvalidIpv6Address => "has an IPv6 address that is none".to_owned(),
            _ => "does not contain a valid host name".to_owned(),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user or a password, which do not belong here".to_owned());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(
                "has more than scheme, host and port; it is the root of a host, without a path".to_owned()
            );
        }
        origin(&url).map(|_| url)
    }
}

fn origin(url: &Url) -> Result<Origin, String> {
    let origin = url.origin().ascii_serialization().parse();
    origin.map_err(|_| "does not contain a valid host name".to_owned())
}

pub(super) fn origins(text: &str) -> Result<Vec<Origin>, String> {
    let origin = |part| web_url("https://app.firm.example")(part).and_then(|url| origin(&url));
    parts(text).map(|part| origin(part).map_err(|reason| format!("`{part}` {reason}"))).collect()
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    let told = |part| format!("`{part}` is no address such as 10.0.0.5 and no network such as 10.0.0.0/8");
    parts(text).map(|part| network(part).map_err(|_| told(part))).collect()
}

/// An address to listen on.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let hint = match text.rsplit_once(':') {
            _ if text.parse::<Ipv6Addr>().is_ok() || text.contains("::") => {
                "; an IPv6 address is written [::1]:8080"
            }
            Some((host, port)) if host.parse::<Ipv4Addr>().is_ok() && port.parse::<u16>().is_err() => {
                "; the port is a number from 0 to 65535"
            }
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
                "; names are not looked up here"
            }
            _ => "",
        };
        format!("is `{text}`, not an address and port such as 127.0.0.1:8080{hint}")
    })
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err(format!("is `{text}`, not `on` or `off`")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text.to_ascii_lowercase().as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("is `{text}`, not `text` or `json`")),
    }
}

/// Filter directives. A word alone would be taken for a part of the program whose logs are wanted, and all others
/// for unwanted: a misspelt level would turn all logs off.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let wrong = || format!("is `{text}`, not a filter such as info or warn,guichet=debug");
    for part in parts(text) {
        let is_word = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_word && part.parse::<LevelFilter>().is_err() && !part.starts_with("guichet") {
            return Err(format!(
                "{}; `{part}` is none of the levels error, warn, info, debug and trace",
                wrong()
            ));
        }
    }
    EnvFilter::builder().parse(text).map(|_| text.to_owned()).map_err(|_| wrong())
}

pub(super) fn number(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("is `{text}`, not a number from {least} to {most}"))
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let url = database_url("postgres://me:hunter2@db/guichet").unwrap();
        assert_eq!(format!("{url:?}"), "***");
        assert!(!database_url("postgres://me:hunter2@db:x/guichet").unwrap_err().contains("hunter2"));
    }

    #[test]
    fn databases_have_host_and_user() {
        assert!(database_url("host=/run/postgresql user=guichet dbname=guichet").is_ok());
        assert_eq!(database_url("postgres://db/guichet").unwrap_err(), "names no user");
        assert!(database_url("guichet").is_err());
    }

    #[test]
    fn origins_are_written_as_browsers_send_them() {
        let read = origins("https://App.example:443/, http://localhost:5173").unwrap();
        let expected = ["https://app.example", "http://localhost:5173"];
        assert_eq!(read, expected.map(|origin| origin.parse().unwrap()));
        assert!(
            origins("https://a.example/x").unwrap_err().starts_with("`https://a.example/x` has more than")
        );
        assert!(origins("*").is_err());
        let no_host = "`https://a\"b.example` does not contain a valid host name";
        assert_eq!(origins("https://a\"b.example").unwrap_err(), no_host);
    }

    #[test]
    fn networks_may_be_single_addresses() {
        let read = networks("10.0.0.0/8,::1").unwrap();
        assert!(read[0].contains(&"10.2.3.4".parse::<IpAddr>().unwrap()));
        assert!(read[1].contains(&"::1".parse::<IpAddr>().unwrap()));
        assert!(networks("proxy").is_err());
    }

    #[test]
    fn switches_and_numbers() {
        assert_eq!((switch("ON"), switch("0")), (Ok(true), Ok(false)));
        assert_eq!(switch("maybe").unwrap_err(), "is `maybe`, not `on` or `off`");
        assert_eq!(number(2, 9)("9"), Ok(9));
        assert_eq!(number(2, 9)("10").unwrap_err(), "is `10`, not a number from 2 to 9");
    }
}
