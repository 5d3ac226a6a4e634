//! The table of all environment variables that the program reads.

use std::fmt::Write as _;

/// An environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its default, when unset or empty.
    pub default: &'static str,
    /// Its description.
    pub about: &'static str,
}

macro_rules! variables {
    ($($name:ident = $default:literal, $about:literal;)*) => {
        $(#[doc = $about] pub const $name: Variable =
            Variable { name: stringify!($name), default: $default, about: $about };)*
        /// The table, from which the long help and the sample file are made.
        pub const VARIABLES: &[Variable] = &[$($name),*];
    };
}

variables! {
    DATABASE_URL = "a private PostgreSQL in the data folder",
        "PostgreSQL 15 or newer: postgres://user:password@host:5432/database; for TLS add ?sslmode=verify-full&sslrootcert= and the file of the authorities to trust, yours or /etc/ssl/certs/ca-certificates.crt";
    DATABASE_POOL = "16",
        "Connections to PostgreSQL for requests and jobs, 2 to 500; a process opens up to six more of its own";
    REDIS_URL = "hints are sent through PostgreSQL",
        "Redis that passes hints between processes: redis://user:password@host:6379, rediss:// for TLS, or unix:// and the path of a socket";
    SMTP_URL = "mails are stored in the data folder instead of being sent; a trial shows them on a page",
        "Mail relay: smtps://user:password@host:465, or smtp+starttls://user:password@host:587";
    MAIL_FROM = "none; it must be set where SMTP_URL is",
        "Your own address, from which the mails of a firm come whose sender is neither of MAIL_DOMAINS nor proved by DNS; the same for all processes";
    MAIL_DOMAINS = "none; each firm proves its domain by DNS",
        "Domains that every firm may write from, separated by commas, each without its subdomains; the same for all processes";
    DNS_SERVERS = "those of the system",
        "Name servers that are asked for the records of firms: IP addresses, with a port or without, separated by commas";
    MAIL_DKIM_DOMAIN = "mails are not signed",
        "Domain that signs the mails (DKIM); requires the two settings below";
    MAIL_DKIM_SELECTOR = "mails are not signed",
        "Selector of the public key in the DNS of the domain";
    MAIL_DKIM_KEY_FILE = "mails are not signed",
        "PEM file with the private key, RSA or Ed25519, without a passphrase";
    S3_BUCKET = "files are stored in the data folder",
        "S3 bucket for files; requires S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY";
    S3_ENDPOINT = "that of AWS for S3_REGION",
        "Address of the S3-compatible store";
    S3_PUBLIC_ENDPOINT = "S3_ENDPOINT",
        "Address at which browsers and apps reach the store";
    S3_REGION = "us-east-1",
        "Region in the signatures of requests";
    S3_ACCESS_KEY_ID = "none",
        "Access key of the store";
    S3_SECRET_ACCESS_KEY = "none",
        "Secret of the access key";
    CLAMD_ADDRESS = "files are not scanned",
        "Malware scanner clamd: host:3310, or the path of its socket; docs/OPERATIONS.md tells which limits it needs";
    FILE_MAX_MB = "25",
        "Largest accepted file, in megabytes, 1 to 2000";
    UPLOAD_MAX_MB = "250, or FILE_MAX_MB if that is more",
        "Most megabytes of uploads per person that are not yet verified or not attached, FILE_MAX_MB to 100000";
    UPLOAD_FIRM_MAX_MB = "2500, or UPLOAD_MAX_MB if that is more",
        "The same for all staff of a firm together, UPLOAD_MAX_MB to 1000000; the users of a client share 4 times UPLOAD_MAX_MB";
    GUICHET_DATA = "./data",
        "Folder for the data of the embedded defaults";
    PG_BIN_DIR = "PATH, then the distribution's folders",
        "Folder of `postgres` and `initdb` for the private PostgreSQL";
    GUICHET_LISTEN = "127.0.0.1:8080",
        "Address and port that the API listens on";
    PUBLIC_URL = "http:// and GUICHET_LISTEN",
        "Address at which people reach the API; with https, cookies are Secure";
    GUICHET_ALLOWED_ORIGINS = "the origin of PUBLIC_URL",
        "Origins of other web front ends that may use the API, separated by commas";
    GUICHET_TRUSTED_PROXIES = "none",
        "Addresses or networks of proxies whose X-Forwarded-For is trusted, separated by commas";
    GUICHET_PACE = "60",
        "Acts of one person that mail or notify others, at once and again in each minute, 1 to 1000000; a firm has 20 times as many";
    GUICHET_CLIENT_CONNECTIONS = "2000",
        "Concurrent connections of one client (an IPv4 address, or an IPv6 network of 64 bits), websockets included, 10 to 1000000; those of trusted proxies are not counted";
    GUICHET_GRAPHIQL = "on for a trial, else off",
        "Whether GraphiQL is served: on or off";
    GUICHET_GRAPHIQL_MODULES = "server/graphiql/node_modules of the sources",
        "Folder of the packages of GraphiQL, as `npm ci` fills it";
    GUICHET_INTROSPECTION = "on for a trial, else off",
        "Whether clients may introspect the schema: on or off";
    GUICHET_PROBES = "none; a process that serves the API answers them there",
        "Address and port on which `guichet work` answers /livez, /readyz and /metrics";
    WORK_CONCURRENCY = "8",
        "Concurrent jobs of one kind per process, 1 to 256";
    LOG_FORMAT = "text on a terminal, else json",
        "Format of logs: text or json";
    GUICHET_LOG = "info",
        "Filter of logs, for example warn or info,guichet_workers=debug";
}

/// The table as text, for the long help.
pub fn table() -> String {
    let head = "Settings from the environment. A process is a trial while none of DATABASE_URL, REDIS_URL, SMTP_URL\n\
                and PUBLIC_URL is set and GUICHET_LISTEN is a local address: then it has demo firms and a page of caught mails.\n";
    VARIABLES.iter().fold(head.to_owned(), |mut text, variable| {
        let Variable { name, default, about } = variable;
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {name}\n          {about}\n          [default: {default}]\n");
        text
    })
}
