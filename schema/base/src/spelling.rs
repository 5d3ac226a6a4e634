//! What is wrong with the addresses of services, and what somebody probably meant.

/// What to do about characters that mean something in an address.
pub const ENCODED: &str =
    "in a user or password, `:`, `/`, `?`, `#` and `@` are written %3A, %2F, %3F, %23 and %40";
/// What is wrong with a port, after "NAME: ".
pub const PORT: &str = "has a port that is no number from 1 to 65535; in a user or password, `:`, `/`, `?`, `#` and `@` are written %3A, %2F, %3F, %23 and %40";

/// The known name that was probably meant, if any: one or two letters are wrong, missing, doubled or swapped.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Short names resemble each other by chance.
    let most = if written.chars().count() < 10 { 1 } else { 2 };
    let measured = known.into_iter().map(|name| (strsim::osa_distance(written, name), name));
    measured.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// The reason why an address of a service is refused that has an unknown option, after "NAME: ". `name` is shown only
/// where it is certainly the name of an option, and no part of a password.
pub fn unknown_option<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let listed = || known.clone().into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match nearest(name, known.clone()) {
        _ if !is_word => format!("has an unknown option after `?`; there are {}", listed()),
        Some(meant) => format!("has the option `{name}`, which is not supported; did you mean `{meant}`?"),
        None => format!("has the option `{name}`, which is not supported; there are {}", listed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_recognized() {
        let known = ["SMTP_URL", "DATABASE_URL", "S3_BUCKET", "GUICHET_LISTEN"];
        for (written, meant) in [
            ("SMPT_URL", Some("SMTP_URL")),
            ("DATABASE_URI", Some("DATABASE_URL")),
            ("DATBASE_ULR", Some("DATABASE_URL")),
            ("S3_BUKET", Some("S3_BUCKET")),
            ("GUICHET_LISTNE", Some("GUICHET_LISTEN")),
            ("HTTP_URL", None),
            ("DATABASE_HOST", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }

    #[test]
    fn a_port_says_what_to_do() {
        assert!(PORT.ends_with(ENCODED));
    }

    #[test]
    fn options_are_named_unless_they_may_be_secret() {
        let known = ["sessions", "ca"];
        let near = "has the option `session`, which is not supported; did you mean `sessions`?";
        assert_eq!(unknown_option("session", known), near);
        let far = "has the option `tls`, which is not supported; there are `sessions`, `ca`";
        assert_eq!(unknown_option("tls", known), far);
        assert_eq!(
            unknown_option("Pa55@", known),
            "has an unknown option after `?`; there are `sessions`, `ca`"
        );
    }
}
