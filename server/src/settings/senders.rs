//! The settings of senders: the operator's own address, the domains that every firm may write from, the name servers.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use guichet_base::email::Email;
use guichet_schema::shared::sender::rules::SenderPolicy;

use super::variable::*;
use super::{Values, values};

/// The port of name servers.
const DNS: u16 = 53;
/// The operator's address in a trial: no mail from there leaves the machine.
const OF_A_TRIAL: &str = "guichet@localhost.localdomain";

/// What the operator says about senders; in a trial nothing needs to be said.
pub(super) fn policy<L: Fn(&str) -> Option<OsString>>(values: &Values<L>, trial: bool) -> SenderPolicy {
    let said = values.get(MAIL_FROM, operator);
    let from = said.or_else(|| Email::parse(OF_A_TRIAL).filter(|_| trial));
    SenderPolicy::new(from, values.get(MAIL_DOMAINS, domains).unwrap_or_default())
}

fn operator(text: &str) -> Result<Email, String> {
    Email::parse(text)
        .ok_or_else(|| format!("is `{text}`, not an address alone such as notices@guichet.example"))
}

fn domains(text: &str) -> Result<Vec<String>, String> {
    let domain = |part: &str| {
        if part.contains('*') {
            return Err(format!("`{part}` has a `*`: name each domain and each subdomain itself"));
        }
        Email::parse_domain(part).ok_or_else(|| format!("`{part}` is not a domain such as firm.example"))
    };
    values::parts(text).map(domain).collect()
}

/// The name servers.
pub(super) fn servers(text: &str) -> Result<Vec<SocketAddr>, String> {
    let server = |part: &str| {
        let alone = || part.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS));
        let server: SocketAddr = part
            .parse()
            .or_else(|_| alone())
            .map_err(|_| format!("`{part}` is not an IP address, with or without a port"))?;
        if server.port() == 0 { Err(format!("`{part}` has no port that can be asked")) } else { Ok(server) }
    };
    values::parts(text).map(server).collect()
}
