//! The settings of senders: the operator's own address, the domains that every firm may write from, the name servers.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use guichet_base::email::Email;
use guichet_mail::SmtpSettings;
use guichet_schema::shared::sender::rules::SenderPolicy;
use url::{Host, Url};

use super::variable::*;
use super::{SettingError, Values, values};

/// The port of name servers.
const DNS: u16 = 53;
/// The local part of an operator's address that is not set.
const OPERATOR: &str = "guichet";
/// The domain of such an address when nothing tells one: no mail from there leaves the machine.
const NOWHERE: &str = "localhost.localdomain";

/// The senders, and whether the operator has said its own address.
pub(super) fn policy<L: Fn(&str) -> Option<OsString>>(
    values: &Values<L>,
    smtp: Option<&SmtpSettings>,
    public_url: Option<&Url>,
) -> Result<(SenderPolicy, bool), SettingError> {
    let said = values.get(MAIL_FROM, address)?;
    let domains = values.get(MAIL_DOMAINS, domains)?.unwrap_or_default();
    let dkim = values.text(MAIL_DKIM_DOMAIN)?;
    let is_said = said.is_some();
    let login = || smtp.and_then(|smtp| smtp.user.as_deref()).and_then(Email::parse);
    let guess = || {
        let host = public_url.and_then(|url| match url.host() {
            Some(Host::Domain(name)) => Some(name),
            _ => None,
        });
        let first = domains.first().map(String::as_str);
        let known = [first, dkim.as_deref(), host, Some(NOWHERE)].into_iter().flatten();
        known.filter_map(|domain| Email::parse(&format!("{OPERATOR}@{domain}"))).next()
    };
    let from = said.or_else(login).or_else(guess).expect("the last of them is an address");
    Ok((SenderPolicy::new(from, domains), is_said))
}

fn address(text: &str) -> Result<Email, String> {
    Email::parse(text).ok_or_else(|| format!("is `{text}`, not an address such as guichet@firm.example"))
}

fn domains(text: &str) -> Result<Vec<String>, String> {
    let domain = |part: &str| {
        if part.contains('*') {
            return Err(format!("`{part}` has a `*`: list each domain itself; it does not stand for its subdomains"));
        }
        Email::parse_domain(part).ok_or_else(|| format!("`{part}` is no domain such as firm.example"))
    };
    values::parts(text).map(domain).collect()
}

/// The name servers.
pub(super) fn servers(text: &str) -> Result<Vec<SocketAddr>, String> {
    let server = |part: &str| {
        let alone = || part.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS));
        part.parse().or_else(|_| alone()).map_err(|_| format!("`{part}` is no IP address, with or without a port"))
    };
    values::parts(text).map(server).collect()
}
