//! The certificate authorities that we trust.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use super::wire::Tls;

/// TLS to `host`, whose certificate must be issued by the authority in the PEM file `ca`, or by default by one
/// that the system trusts.
pub(super) fn tls(host: &str, ca: Option<&str>) -> Result<Tls, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("`{host}` is no host name"))?;
    let roots = match ca {
        Some(file) => authority(file)?,
        None => system()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Tls { config: Arc::new(config), name })
}

fn authority(file: &str) -> Result<RootCertStore, String> {
    let unusable = |error: &dyn std::fmt::Display| format!("the file of `ca` cannot be used: {error}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() { Err(unusable(&"it holds no certificate")) } else { Ok(roots) }
}

fn system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(
            "this system trusts no authority: install ca-certificates or name a file with `ca`".to_owned()
        );
    }
    Ok(roots)
}
