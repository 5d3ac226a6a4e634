//! E-mail addresses: validity and identity.

use std::str::FromStr;

use crate::text;

/// A syntactically valid address (RFC 5321 as far as mail servers take it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    address: String,
    ci: String,
}

impl Email {
    /// Longest address that SMTP carries (RFC 5321, 4.5.3.1.3), in octets.
    pub const MAX: usize = 254;

    /// Parses an address, in the form of [`text::line`]. `None` when no mail server would accept it.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = text::line(typed).ok()?;
        if text.len() > Self::MAX || text.contains(' ') {
            return None;
        }
        let (local, domain) = text.rsplit_once('@')?;
        let domain = idna::domain_to_ascii(domain).ok()?;
        let address = format!("{local}@{domain}");
        let dotted = domain.contains('.') && !domain.ends_with('.');
        let options = email_address::Options::default().without_domain_literal().without_display_text();
        if !dotted
            || email_address::EmailAddress::from_str(&address).is_err()
            || !email_address::EmailAddress::is_valid(&address)
            || email_address::EmailAddress::parse_with_options(&address, options).is_err()
        {
            return None;
        }
        let ci = address.to_lowercase();
        Some(Self { address, ci })
    }

    /// Parses a domain that may have addresses, in either spelling, and writes it in ASCII as in [`Email::domain`]; a
    /// final dot is dropped. `None` when no address can be of it.
    pub fn parse_domain(typed: &str) -> Option<String> {
        let text = text::line(typed).ok()?;
        let text = text.strip_suffix('.').unwrap_or(&text);
        let email = Self::parse(&format!("a@{text}"))?;
        let domain = email.domain();
        // What an address can carry, but DNS has no name for.
        let is_name = |label: &str| {
            let inner = !label.starts_with('-') && !label.ends_with('-') && label.len() <= 63;
            inner && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        domain.split('.').all(is_name).then(|| domain.to_owned())
    }

    /// The domain, in ASCII and lower case.
    pub fn domain(&self) -> &str {
        self.ci.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address to write to: the local part as entered, the domain in ASCII.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The key for comparing addresses: two spellings of one mailbox have the same `ci` (D-05).
    pub fn ci(&self) -> &str {
        &self.ci
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn validity() {
        for good in ["ana@exemplo.com.br", " Ana.Souza+nf@Exemplo.com.br ", "josé@münchen.example"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "ana",
            "ana@",
            "@exemplo.com",
            "ana@exemplo",
            "a b@exemplo.com",
            "ana@exemplo..com",
            "ana@exemplo.com\r\nBcc: x@y.z",
            "Ana <ana@exemplo.com>",
            "ana@[127.0.0.1]",
            "a@b@c.com",
            "ana@exemplo.com.",
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn spelling_does_not_make_another_address() {
        let ci = |text| Email::parse(text).map(|email| email.ci().to_owned());
        assert_eq!(ci("ANA@Exemplo.com"), ci(" ana@exemplo.COM"));
        assert_eq!(ci("jose\u{301}@exemplo.com"), ci("jos\u{200b}é@exemplo.com"));
        assert_eq!(ci("a@MÜNCHEN.example"), ci("A@xn--mnchen-3ya.example"));
    }

    #[test]
    fn domains_have_one_spelling() {
        let domain = |text| Email::parse_domain(text);
        assert_eq!(domain(" München.example. ").as_deref(), Some("xn--mnchen-3ya.example"));
        assert_eq!(domain("XN--mnchen-3ya.Example").as_deref(), Some("xn--mnchen-3ya.example"));
        let email = Email::parse("a@MÜNCHEN.example").unwrap();
        assert_eq!(email.domain(), "xn--mnchen-3ya.example");
        for bad in [
            "",
            "com",
            "*.example.com",
            "@example.com",
            "a@example.com",
            "-a.example",
            "exa mple.com",
            "example.com/x",
            "127.0.0.1:25",
            "a..example",
            ".example.com",
        ] {
            assert_eq!(domain(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_twice_changes_nothing(text in "[a-zA-Z.]{1,8}@[a-zA-Z]{1,8}\\.[a-z]{2,3}") {
            if let Some(once) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(once.address()), Some(once));
            }
        }
    }
}
