//! Parsers of setting values, with the reason why a value is invalid.

use std::fmt;
use std::net::IpAddr;

use guichet_edge::Origin;
use guichet_engine::db::Address;
use ipnet::IpNet;
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

pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    Address::parse(text).map(|_| Secret::new(text))
}

/// A URL without a path, whose origin a browser can send.
pub(super) fn web_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or("is not an address such as https://guichet.example")?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.path() != "/" {
        return Err("has more than scheme, host and port".to_owned());
    }
    origin(&url).map(|_| url)
}

fn origin(url: &Url) -> Result<Origin, String> {
    let origin = url.origin().ascii_serialization().parse();
    origin.map_err(|_| "does not contain a valid host name".to_owned())
}

pub(super) fn origins(text: &str) -> Result<Vec<Origin>, String> {
    let origin = |part| web_url(part).and_then(|url| origin(&url));
    parts(text).map(|part| origin(part).map_err(|reason| format!("`{part}` {reason}"))).collect()
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    parts(text).map(|part| network(part).map_err(|_| format!("`{part}` is no address or network"))).collect()
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err(format!("is `{text}`, not `on` or `off`")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("is `{text}`, not `text` or `json`")),
    }
}

pub(super) fn number(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("is `{text}`, not a number from {least} to {most}"))
    }
}

pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
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
        assert_eq!(
            origins("https://a.example/x").unwrap_err(),
            "`https://a.example/x` has more than scheme, host and port"
        );
        assert!(origins("*").is_err());
        let no_host = "`https://a\"b.example` does not contain a valid host name";
        assert_eq!(origins("https://a\"b.example").unwrap_err(), no_host);
        assert!(web_url("https://a\"b.example").is_err());
    }

    #[test]
    fn networks_may_be_single_addresses() {
        let read = networks("10.0.0.0/8,::1").unwrap();
        assert!(read[0].contains(&"10.2.3.4".parse::<IpAddr>().unwrap()));
        assert!(read[1].contains(&"::1".parse::<IpAddr>().unwrap()));
        assert_eq!(networks("proxy").unwrap_err(), "`proxy` is no address or network");
    }

    #[test]
    fn switches_and_numbers() {
        assert_eq!((switch("ON"), switch("0")), (Ok(true), Ok(false)));
        assert_eq!(switch("maybe").unwrap_err(), "is `maybe`, not `on` or `off`");
        assert_eq!(number(2, 9)("9"), Ok(9));
        assert_eq!(number(2, 9)("10").unwrap_err(), "is `10`, not a number from 2 to 9");
    }
}
