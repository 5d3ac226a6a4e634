//! Names of variables that look like settings and are none.

use std::env;

use guichet_base::spelling::nearest;

use super::VARIABLES;

/// One sentence for each variable of this process that was probably meant as a setting. They are not refused: what
/// begins like ours may belong to others, as the variables that Kubernetes sets for a service called `guichet`.
pub fn unknown() -> Vec<String> {
    #[allow(clippy::disallowed_methods, reason = "names that are not in the table are only told")]
    let all = env::vars_os();
    let mut told: Vec<String> =
        all.filter_map(|(name, value)| meant(&name.to_string_lossy(), &value.to_string_lossy())).collect();
    told.sort();
    told
}

fn known() -> impl Iterator<Item = &'static str> + Clone {
    VARIABLES.iter().map(|variable| variable.name)
}

/// The sentence about a variable, unless it is a setting or somebody else's.
fn meant(name: &str, value: &str) -> Option<String> {
    let is_known = |name: &str| known().any(|known| known == name);
    if is_known(name) || is_of_kubernetes(name, value) {
        return None;
    }
    let written = name.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    let written = written.to_ascii_uppercase().replace(['-', '.'], "_");
    let bare = written.strip_prefix("GUICHET_");
    // With our prefix too much, as it is, or too little.
    let prefixed = written.contains('_').then(|| format!("GUICHET_{written}"));
    let ways = [bare, Some(&*written), prefixed.as_deref()];
    let words = |way: &str| known().find(|known| has_words_of(known, way));
    let ways = ways.into_iter().flatten();
    match ways.clone().find_map(words).or_else(|| ways.clone().find_map(|way| nearest(way, known()))) {
        Some(near) => Some(format!("{name} is no setting and is ignored; did you mean {near}?")),
        None if bare.is_some() => {
            Some(format!("{name} is no setting and is ignored; `guichet --help` lists all of them"))
        }
        None => None,
    }
}

/// Whether the words of `written` are some of those of `known`, in their order and with the first one.
fn has_words_of(known: &str, written: &str) -> bool {
    let (mut rest, words): (_, Vec<&str>) = (known.split('_'), written.split('_').collect());
    let shares_first = known.split('_').next() == words.first().copied();
    shares_first && words.len() > 1 && words.iter().all(|word| rest.any(|other| other == *word))
}

fn is_of_kubernetes(name: &str, value: &str) -> bool {
    name.starts_with("GUICHET_SERVICE_")
        || value.starts_with("tcp://")
        || value.starts_with("udp://")
        || name
            .strip_prefix("GUICHET_PORT_")
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_were_meant_as_settings() {
        for (name, near) in [
            ("SMPT_URL", "SMTP_URL"),
            ("DATABASE_URI", "DATABASE_URL"),
            ("PUBLIC_URI", "PUBLIC_URL"),
            ("S3_BUKET", "S3_BUCKET"),
            ("S3_ACCESS_KEY", "S3_ACCESS_KEY_ID"),
            ("S3_SECRET_KEY", "S3_SECRET_ACCESS_KEY"),
            ("MAIL_DKIM_KEY", "MAIL_DKIM_KEY_FILE"),
            ("database_url", "DATABASE_URL"),
            ("\u{feff}DATABASE_URL", "DATABASE_URL"),
            ("REDIS-URL", "REDIS_URL"),
            ("GUICHET_LISTN", "GUICHET_LISTEN"),
            ("GUICHET_DATABASE_URL", "DATABASE_URL"),
            ("GUICHET_SMTP_URI", "SMTP_URL"),
            ("GUICHET_PROXIES", "GUICHET_TRUSTED_PROXIES"),
            ("TRUSTED_PROXIES", "GUICHET_TRUSTED_PROXIES"),
            ("ALLOWED_ORIGINS", "GUICHET_ALLOWED_ORIGINS"),
            ("FILE_MAX", "FILE_MAX_MB"),
        ] {
            let told = format!("{name} is no setting and is ignored; did you mean {near}?");
            assert_eq!(meant(name, "x").as_deref(), Some(&*told));
        }
        let far = "GUICHET_TLS_CERTIFICATE is no setting and is ignored; `guichet --help` lists all of them";
        assert_eq!(meant("GUICHET_TLS_CERTIFICATE", "x").as_deref(), Some(far));
    }

    #[test]
    fn names_of_others_are_left_alone() {
        for name in
            ["PATH", "HTTP_URL", "FTP_URL", "DATABASE_HOST", "AWS_REGION", "LISTEN", "DATA", "LOG", "PORT"]
        {
            assert_eq!(meant(name, "x"), None, "{name}");
        }
        for variable in VARIABLES {
            assert_eq!(meant(variable.name, "x"), None, "{}", variable.name);
        }
        for name in ["GUICHET_SERVICE_HOST", "GUICHET_PORT_8080_TCP_PROTO", "GUICHET_SERVICE_PORT_HTTP"] {
            assert_eq!(meant(name, "10.0.0.1"), None, "{name}");
        }
        assert_eq!(meant("GUICHET_PORT", "tcp://10.0.0.1:8080"), None);
        assert!(meant("GUICHET_PORT", "8080").is_some());
    }
}
