use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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
