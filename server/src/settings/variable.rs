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
        "PostgreSQL 15 or newer: postgres://user:password@host:5432/database; add ?sslmode=verify-full for TLS, and sslrootcert=file.pem for an authority of your own";
    DATABASE_POOL = "16",
        "Connections to PostgreSQL for requests and jobs, 2 to 500; a process opens up to six more of its own";
    REDIS_URL = "hints go through PostgreSQL",
        "Redis that passes hints between processes: redis://user:password@host:6379, rediss:// for TLS, or unix:// and the path of a socket";
    SMTP_URL = "mails are kept in the data folder, and on a trial shown on a page",
        "Mail relay: smtps://user:password@host:465, or smtp+starttls://user:password@host:587";
    MAIL_DKIM_DOMAIN = "mails are not signed",
        "Domain in whose name mails are signed; goes with the two below";
    MAIL_DKIM_SELECTOR = "mails are not signed",
        "Selector under which the public key is in the domain's DNS";
    MAIL_DKIM_KEY_FILE = "mails are not signed",
        "PEM file with the private key, RSA or Ed25519, without a passphrase";
    S3_BUCKET = "files lie in the data folder",
        "Bucket for files; it wants the two keys below";
    S3_ENDPOINT = "that of AWS for S3_REGION",
        "Address of the S3-compatible store";
    S3_PUBLIC_ENDPOINT = "S3_ENDPOINT",
        "Address under which browsers and apps reach that store";
    S3_REGION = "us-east-1",
        "Region that the store's signatures name";
    S3_ACCESS_KEY_ID = "none",
        "Who signs requests to the store";
    S3_SECRET_ACCESS_KEY = "none",
        "The secret that belongs to S3_ACCESS_KEY_ID";
    CLAMD_ADDRESS = "files are not scanned",
        "Malware scanner clamd: host:3310, or the path of its socket; see docs/OPERATIONS.md for its limits";
    FILE_MAX_MB = "25",
        "Largest file that is taken, in megabytes, 1 to 2000";
    UPLOAD_MAX_MB = "250, or FILE_MAX_MB if that is more",
        "Megabytes that one person may have uploaded and not yet verified and attached, FILE_MAX_MB to 100000";
    UPLOAD_FIRM_MAX_MB = "2500, or UPLOAD_MAX_MB if that is more",
        "The same for a firm's staff together, UPLOAD_MAX_MB to 1000000; a client's people share 4 UPLOAD_MAX_MB at most";
    GUICHET_DATA = "./data",
        "Folder of everything that an embedded default keeps";
    PG_BIN_DIR = "PATH, then the distribution's folders",
        "Folder of `postgres` and `initdb` for the private PostgreSQL";
    GUICHET_LISTEN = "127.0.0.1:8080",
        "Address and port that the API listens on";
    PUBLIC_URL = "http:// and GUICHET_LISTEN",
        "Address under which people reach the API; https makes cookies secure";
    GUICHET_ALLOWED_ORIGINS = "the origin of PUBLIC_URL",
        "Origins of other web front ends that may use the API, separated by commas";
    GUICHET_TRUSTED_PROXIES = "none",
        "Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas";
    GUICHET_GRAPHIQL = "on for a trial, else off",
        "Whether the page to try queries is served: on or off";
    GUICHET_GRAPHIQL_MODULES = "server/graphiql/node_modules of the sources",
        "Folder of the packages that the page is made of, as `npm ci` fills it";
    GUICHET_INTROSPECTION = "on for a trial, else off",
        "Whether the API describes itself to anybody: on or off";
    GUICHET_PROBES = "nowhere; a process that serves answers them with the API",
        "Address and port on which `guichet work` answers /livez, /readyz and /metrics";
    WORK_CONCURRENCY = "8",
        "Jobs of one kind that a process runs at once, 1 to 256";
    LOG_FORMAT = "text on a terminal, else json",
        "How logs are written: text or json";
    GUICHET_LOG = "info",
        "Which logs are written, such as warn or info,guichet_workers=debug";
}

/// The table as text, for the long help.
pub fn table() -> String {
    let head = "Settings from the environment. It is a trial while none of DATABASE_URL, REDIS_URL, SMTP_URL and\n\
                PUBLIC_URL is set and GUICHET_LISTEN is of this machine alone: then there are demo firms and a page of caught mails.\n";
    VARIABLES.iter().fold(head.to_owned(), |mut text, variable| {
        let Variable { name, default, about } = variable;
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {name}\n          {about}\n          [default: {default}]\n");
        text
    })
}
