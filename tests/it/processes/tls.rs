//! TLS to PostgreSQL.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_tests::place::Place;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio::process::Command;

use super::run::guichet;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    // OpenSSL takes a certificate that names itself as its issuer for its own authority.
    params.distinguished_name.push(DnType::CommonName, "An authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a file for the user that runs PostgreSQL.
fn give(path: &Path, text: &str, database: &Path) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    let owner = fs::metadata(database).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// A PostgreSQL with TLS on 127.0.0.1 and this port.
async fn server(folder: &Path, port: u16, issuer: &CertifiedIssuer<'static, KeyPair>) -> Postgres {
    let options = PostgresOptions::new(folder.join("data")).without_fsync();
    Postgres::start(options.clone()).await.unwrap().stop().await;
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let file = |name: &str| folder.join("data").join(name);
    give(&file("tls.pem"), &certificate.pem(), &file("postgres"));
    give(&file("tls.key"), &key.serialize_pem(), &file("postgres"));
    let options = options.with("listen_addresses", "127.0.0.1").with("port", &port.to_string());
    let options = options.with("ssl", "on").with("ssl_cert_file", file("tls.pem").to_str().unwrap());
    Postgres::start(options.with("ssl_key_file", file("tls.key").to_str().unwrap())).await.unwrap()
}

/// Each TLS mode of libpq verifies the certificate and the name, with the given authority or with those of the system.
#[tokio::test]
async fn the_database_by_tls() {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
    let place = Place::new();
    let port = place.address().port();
    let issuer = authority();
    let mut postgres = server(folder.path(), port, &issuer).await;
    let authority = |name: &str, pem: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, pem).unwrap();
        path
    };
    let right = authority("right.pem", &issuer.pem());
    let wrong = authority("wrong.pem", &self::authority().pem());
    let url = |host: &str, options: &str| format!("postgres://guichet@{host}:{port}/guichet?{options}");
    let migrate = async |url: &str| guichet(&["migrate"], &[("DATABASE_URL", url)], "").await;

    for mode in ["require", "verify-ca", "verify-full"] {
        let by_right = url("127.0.0.1", &format!("sslmode={mode}&sslrootcert={}", right.display()));
        assert_eq!(migrate(&by_right).await.code, Some(0), "{mode}");
        // PostgreSQL's own programs take the same address.
        let psql =
            Command::new(postgres.bin_dir().join("psql")).args([&by_right, "-c", "SELECT 1"]).output().await;
        assert!(psql.as_ref().unwrap().status.success(), "{mode}: {psql:?}");
        for (host, options) in [
            ("127.0.0.1", format!("sslmode={mode}&sslrootcert={}", wrong.display())),
            ("127.0.0.1", format!("sslmode={mode}")),
            ("localhost", format!("sslmode={mode}&sslrootcert={}", right.display())),
        ] {
            let refused = migrate(&url(host, &options)).await;
            assert_eq!(
                (refused.code, refused.err.lines().count()),
                (Some(2), 1),
                "{mode} {host}: {refused:?}"
            );
            assert!(refused.err.starts_with("guichet: DATABASE_URL: "), "{refused:?}");
            assert!(refused.err.contains("certificate"), "{refused:?}");
        }
    }
    let missing = migrate(&url("127.0.0.1", "sslrootcert=/no/such.pem")).await;
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("DATABASE_URL: the `sslrootcert` /no/such.pem: "), "{missing:?}");
    postgres.stop().await;
}
