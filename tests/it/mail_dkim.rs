//! DKIM signatures, verified as by a receiver (RFC 6376, RFC 8463).

use std::fs;

use data_encoding::BASE64;
use guichet_mail::Dkim;
use lettre::Message;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use rustls::{crypto::aws_lc_rs::default_provider, pki_types::SignatureVerificationAlgorithm};
use sha2::{Digest, Sha256};
use tempfile::tempdir;

fn mail() -> Message {
    Message::builder()
        .from("Escritório Contábil Almeida & Souza <no-reply@firm.example>".parse().unwrap())
        .to("José <jose@client.example>".parse().unwrap())
        .subject(
            "Atendimento nº 7: a rather long subject, which is folded over several lines for the wire, é à ü",
        )
        .message_id(Some("<first@guichet.example>".to_owned()))
        .body("Olá,  José \r\n\r\nfim\t\r\n\r\n\r\n".to_owned())
        .unwrap()
}

/// One header in the relaxed canonical form.
fn relaxed(name: &str, value: &str) -> String {
    let value = value.replace("\r\n", "");
    format!("{}:{}\r\n", name.to_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The headers as (name, value with line breaks), and the body.
fn split(raw: &str) -> (Vec<(&str, &str)>, &str) {
    let (mut head, body) = raw.split_once("\r\n\r\n").unwrap();
    let mut headers = Vec::new();
    while !head.is_empty() {
        let ends = head.match_indices("\r\n").map(|(at, _)| at);
        let end = ends.into_iter().find(|at| !head[at + 2..].starts_with([' ', '\t'])).unwrap_or(head.len());
        headers.push(head[..end].split_once(':').unwrap());
        head = head.get(end + 2..).unwrap_or_default();
    }
    (headers, body)
}

fn verifies(raw: &str, key: &KeyPair, algorithm: &dyn SignatureVerificationAlgorithm) -> bool {
    let (headers, body) = split(raw);
    let value = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|found| found.1)
    };
    let signature = value("DKIM-Signature").unwrap();
    let flat: String = signature.split_whitespace().collect();
    let tag = |wanted: &str| flat.split(';').find_map(|tag| tag.strip_prefix(&format!("{wanted}="))).unwrap();
    assert_eq!((tag("d"), tag("s"), tag("c")), ("firm.example", "guichet", "relaxed/relaxed"));

    let lines = body.split("\r\n").map(|line| {
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let indent = if line.starts_with([' ', '\t']) && !words.is_empty() { " " } else { "" };
        format!("{indent}{}", words.join(" "))
    });
    let body = lines.collect::<Vec<_>>().join("\r\n");
    let body = format!("{}\r\n", body.trim_end_matches("\r\n"));
    assert_eq!(tag("bh"), BASE64.encode(&Sha256::digest(body.as_bytes())), "the body");

    let signed: Vec<&str> = tag("h").split(':').collect();
    for needed in ["from", "to", "subject", "date", "message-id", "references", "content-type"] {
        assert!(signed.contains(&needed), "{needed} is not signed");
    }
    let mut data: String = signed.iter().filter_map(|name| Some(relaxed(name, value(name)?))).collect();
    let bare = signature[..signature.rfind("b=").unwrap() + 2].to_owned();
    data.push_str(relaxed("dkim-signature", &bare).trim_end());
    let data = match tag("a") {
        "ed25519-sha256" => Sha256::digest(data.as_bytes()).to_vec(),
        _ => data.into_bytes(),
    };
    let made = BASE64.decode(tag("b").as_bytes()).unwrap();
    algorithm.verify_signature(key.public_key_raw(), &data, &made).is_ok()
}

/// With both kinds of keys, as openssl writes them.
#[test]
fn a_receiver_can_check_the_signature() {
    let known = default_provider().signature_verification_algorithms;
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    for key in [rsa, ed25519] {
        let folder = tempdir().unwrap();
        let file = folder.path().join("dkim.pem");
        fs::write(&file, key.serialize_pem()).unwrap();
        let dkim = Dkim::load(Some("guichet"), Some("firm.example"), file.to_str()).unwrap().unwrap();
        let mut mail = mail();
        dkim.sign(&mut mail);
        let raw = String::from_utf8(mail.formatted()).unwrap();
        let checks = |raw: &str| known.all.iter().any(|algorithm| verifies(raw, &key, *algorithm));
        assert!(checks(&raw), "{raw}");
        assert!(!checks(&raw.replace("jose@client", "joao@client")), "a changed header is noticed");
    }
}

#[test]
fn the_settings_go_together_and_name_their_variable() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("dkim.pem");
    fs::write(&file, "no key").unwrap();
    let file = file.to_str();
    assert!(Dkim::load(None, None, None).unwrap().is_none());
    for (selector, domain, key_file, variable) in [
        (None, Some("firm.example"), file, "MAIL_DKIM_SELECTOR"),
        (Some("guichet"), None, file, "MAIL_DKIM_DOMAIN"),
        (Some("guichet"), Some("firm.example; x=y"), file, "MAIL_DKIM_DOMAIN"),
        (Some("guichet"), Some("firm.example"), None, "MAIL_DKIM_KEY_FILE"),
        (Some("guichet"), Some("firm.example"), Some("/no/such/file"), "MAIL_DKIM_KEY_FILE"),
        (Some("guichet"), Some("firm.example"), file, "MAIL_DKIM_KEY_FILE"),
    ] {
        let sentence = Dkim::load(selector, domain, key_file).unwrap_err().to_string();
        assert!(
            sentence.starts_with(&format!("{variable}: ")) && sentence.lines().count() == 1,
            "{sentence}"
        );
    }
}
