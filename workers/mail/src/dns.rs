//! Asking the DNS for TXT records.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData};
use tokio::time::timeout;

/// How long one server may take to answer one question.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long all of it may take, repetitions and other servers included.
const LIMIT: Duration = Duration::from_secs(8);

/// Name servers. Clones share the sockets.
#[derive(Clone)]
pub struct Dns(Option<TokioResolver>);

/// No name server gave an answer that says whether there is a record: none was reached, or each one refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DNS did not answer: {0}")]
pub struct NoAnswer(String);

impl Dns {
    /// These name servers, or those of the system when there are none. A system that has none gives no answers.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let provider = TokioRuntimeProvider::default();
        let builder = if servers.is_empty() {
            TokioResolver::builder(provider)
        } else {
            let servers = servers.iter().map(|server| at(*server)).collect();
            Ok(TokioResolver::builder_with_config(ResolverConfig::from_name_servers(servers), provider))
        };
        let built = builder.and_then(|mut builder| {
            let options = builder.options_mut();
            // What was just published must be seen: only the name servers remember answers.
            options.cache_size = 0;
            options.timeout = PATIENCE;
            options.try_tcp_on_error = true;
            builder.build()
        });
        Self(built.inspect_err(|error| tracing::warn!(%error, "the system has no name servers")).ok())
    }

    /// The values of the TXT records with this name; none when there is no such record. The parts of a long value are
    /// joined.
    ///
    /// # Errors
    /// [`NoAnswer`]: nothing is known about the records. Retry later.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
        let Some(resolver) = &self.0 else { return Err(NoAnswer("there are no name servers".to_owned())) };
        // Longer than any name can be: nobody has published it.
        let Ok(mut name) = Name::from_ascii(name) else { return Ok(Vec::new()) };
        name.set_fqdn(true);
        let looked = timeout(LIMIT, resolver.txt_lookup(name)).await;
        match looked.map_err(|_| NoAnswer("no answer in time".to_owned()))? {
            Ok(found) => {
                let values = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(txt) => Some(txt.txt_data.concat()),
                    _ => None,
                });
                Ok(values.map(|value| String::from_utf8_lossy(&value).into_owned()).collect())
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
            {
                Ok(Vec::new())
            }
            Err(error) => Err(NoAnswer(error.to_string())),
        }
    }
}

fn at(server: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    NameServerConfig::new(server.ip(), true, connections.into())
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}
