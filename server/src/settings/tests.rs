use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use guichet_base::email::Email;

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    let lookup = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| OsString::from(pair.1));
    Settings::read(lookup).map_err(|error| error.to_string())
}

#[test]
fn nothing_set_is_a_trial_on_this_machine() {
    let settings = read(&[("DATABASE_URL", "")]).unwrap();
    assert!(settings.trial && settings.graphiql && settings.introspection);
    assert_eq!(settings.public_url(settings.listen), "http://127.0.0.1:8080");
    assert!(read(&[("GUICHET_LISTEN", "[::1]:80")]).unwrap().trial);
    // Each part can be disabled separately.
    let settings = read(&[("GUICHET_GRAPHIQL", "off")]).unwrap();
    assert!(settings.trial && !settings.graphiql && settings.introspection);
}

/// Every sign that others use the server disables what is meant for trials.
#[test]
fn what_others_reach_is_no_trial() {
    for (name, value) in [
        ("DATABASE_URL", "postgres://guichet@db/guichet"),
        ("SMTP_URL", "smtp://relay.example"),
        ("PUBLIC_URL", "https://g.example"),
        ("GUICHET_LISTEN", "0.0.0.0:8080"),
        ("GUICHET_LISTEN", "[::]:8080"),
        ("GUICHET_LISTEN", "192.168.0.2:8080"),
    ] {
        let settings = read(&[(name, value)]).unwrap();
        assert!(!settings.trial && !settings.graphiql && !settings.introspection, "{name}={value}");
    }
}

#[test]
fn a_real_database_closes_what_is_for_trials() {
    let url = ("DATABASE_URL", "postgres://guichet@db/guichet");
    let settings =
        read(&[url, ("GUICHET_INTROSPECTION", "on"), ("PUBLIC_URL", "https://g.example")]).unwrap();
    assert!(!settings.graphiql && settings.introspection);
    assert_eq!(settings.public_url(settings.listen), "https://g.example");
}

#[test]
fn a_wrong_value_is_one_sentence_with_its_name() {
    for (name, value, sentence) in [
        (
            "GUICHET_LISTEN",
            "8080",
            "GUICHET_LISTEN: is `8080`, not an address and port such as 127.0.0.1:8080",
        ),
        ("DATABASE_POOL", "1", "DATABASE_POOL: is `1`, not a number from 2 to 500"),
        (
            "GUICHET_LOG",
            "guichet=loud",
            "GUICHET_LOG: is `guichet=loud`, not a filter such as info or warn,guichet=debug",
        ),
    ] {
        assert_eq!(read(&[(name, value)]).unwrap_err(), sentence);
    }
}

/// The limit per person is at least one file, and the limit per firm at least that of one person.
#[test]
fn limits_hold_each_other() {
    let limits = |values: &[(&str, &str)]| {
        let limits = read(values).unwrap().limits;
        [limits.file, limits.unsettled, limits.unsettled_of_firm].map(|bytes| bytes / 1_000_000)
    };
    assert_eq!(limits(&[]), [25, 250, 2500]);
    assert_eq!(limits(&[("FILE_MAX_MB", "2000")]), [2000, 2000, 2500]);
    assert_eq!(limits(&[("UPLOAD_MAX_MB", "5000")]), [25, 5000, 5000]);
    assert_eq!(limits(&[("UPLOAD_MAX_MB", "25"), ("UPLOAD_FIRM_MAX_MB", "25")]), [25, 25, 25]);
    let wrong = |values: &[(&str, &str)]| read(values).unwrap_err();
    assert_eq!(wrong(&[("UPLOAD_MAX_MB", "24")]), "UPLOAD_MAX_MB: is `24`, less than FILE_MAX_MB (25)");
    let firm = [("FILE_MAX_MB", "300"), ("UPLOAD_FIRM_MAX_MB", "299")];
    assert_eq!(wrong(&firm), "UPLOAD_FIRM_MAX_MB: is `299`, less than UPLOAD_MAX_MB (300)");
}

#[test]
fn mail_speaks_for_its_own_settings() {
    for (name, value) in
        [("SMTP_URL", "relay:25"), ("MAIL_DKIM_SELECTOR", "a"), ("MAIL_DKIM_KEY_FILE", "/no/key")]
    {
        let sentence = read(&[(name, value)]).unwrap_err();
        assert!(sentence.starts_with(&name[..4]), "{sentence}");
    }
}

/// The operator's own address is needed outside of a trial; domains have one spelling, and none stands for others.
#[test]
fn senders() {
    let policy = |pairs: &[(&str, &str)]| read(pairs).unwrap().sender_policy;
    assert!(policy(&[]).from.is_some());
    assert!(policy(&[("SMTP_URL", "smtp://relay.example")]).from.is_none());
    let open = policy(&[
        ("MAIL_DOMAINS", " Firm.example. ,MÜNCHEN.example,,xn--mnchen-3ya.example"),
        ("MAIL_FROM", "a@GUICHET.example"),
    ]);
    assert_eq!(open.from.as_ref().map(Email::address), Some("a@guichet.example"));
    for (domain, allowed) in [
        ("firm.example", true),
        ("xn--mnchen-3ya.example", true),
        ("sub.firm.example", false),
        ("guichet.example", false),
        ("example", false),
        ("", false),
    ] {
        assert_eq!(open.allows(domain), allowed, "{domain}");
    }
    let wrong = |name: &str, value: &str| read(&[(name, value)]).unwrap_err();
    for bad in ["Guichet <a@b.example>", "a@b", "b.example", "a@[127.0.0.1]", "a@b.example, c@d.example"] {
        let sentence = format!("MAIL_FROM: is `{bad}`, not an address alone such as notices@guichet.example");
        assert_eq!(wrong("MAIL_FROM", bad), sentence);
    }
    for bad in ["*", "*.firm.example", "firm.example,*.example"] {
        assert!(
            wrong("MAIL_DOMAINS", bad).ends_with("has a `*`: name each domain and each subdomain itself"),
            "{bad}"
        );
    }
    for bad in [
        "com",
        "@firm.example",
        "a@firm.example",
        ".firm.example",
        "firm.example other.example",
        "firm..example",
        "https://firm.example",
    ] {
        let sentence = format!("MAIL_DOMAINS: `{bad}` is not a domain such as firm.example");
        assert_eq!(wrong("MAIL_DOMAINS", bad), sentence);
    }
    let servers =
        read(&[("DNS_SERVERS", "192.0.2.53, [2001:db8::53]:5353,2001:db8::1")]).unwrap().dns_servers;
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["192.0.2.53:53", "[2001:db8::53]:5353", "[2001:db8::1]:53"]);
    for bad in ["ns.example", "192.0.2.53:port", "192.0.2", "192.0.2.53:0"] {
        assert!(wrong("DNS_SERVERS", bad).starts_with(&format!("DNS_SERVERS: `{bad}` ")), "{bad}");
    }
}

/// The sample file contains exactly the variables of the table, with their descriptions.
#[test]
fn the_sample_follows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/env.sample");
    let sample = fs::read_to_string(path).unwrap();
    let named: BTreeSet<&str> = sample
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('=').map(|(name, _)| name))
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(named, VARIABLES.iter().map(|variable| variable.name).collect());
    for variable in VARIABLES {
        assert!(sample.contains(variable.about), "{} is explained otherwise", variable.name);
    }
}

/// `Settings` reads every variable of the table, and no other.
#[test]
fn every_variable_is_read() {
    let asked = RefCell::new(BTreeSet::new());
    let lookup = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    Settings::read(lookup).unwrap();
    let table: BTreeSet<String> = VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    assert_eq!(asked.into_inner(), table);
}

/// The long help contains the table.
#[test]
fn the_table_tells_all() {
    let table = table();
    assert!(VARIABLES.iter().all(|variable| table.contains(variable.name) && table.contains(variable.about)));
}
