//! Rules of clients, as pure functions.

use guichet_base::country::Country;
use guichet_base::email::Email;
use guichet_base::error::{Code, InputPath, Refusal, Told};
use guichet_base::input::Check;
use guichet_base::registration::Registration;
use guichet_base::search;
use guichet_base::text_enum;

use guichet_obligations::MonthDay;

use crate::people::firm;
use crate::people::rights::FirmAct;

use super::record;

/// Most recipients per client and topic.
pub const MAX_RECIPIENTS: usize = 20;
/// Longest registration or telephone number, in characters.
pub const MAX_NUMBER: usize = 40;

text_enum! {
    /// An action on a client.
    pub enum ClientAct {
        /// Change the record of the client with `clientUpdate`.
        Update = "UPDATE",
        /// Give a person access to the client area with `portalAccessCreate`, or invite the person again with
        /// `portalAccessInvitationRenew`.
        PortalAccessCreate = "PORTAL_ACCESS_CREATE",
    }
}

impl ClientAct {
    /// The right that the action requires.
    pub const fn right(self) -> FirmAct {
        match self {
            Self::Update => FirmAct::ClientUpdate,
            Self::PortalAccessCreate => FirmAct::PortalAccessCreate,
        }
    }
}

/// The day on which calendar years end.
pub const CALENDAR_YEAR: &str = "12-31";
/// Most registration numbers of a client, beside the one that its record shows.
pub const MAX_OTHER_NUMBERS: usize = 50;

/// The registration numbers of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The one that its record shows, as its country writes it.
    pub shown: Option<String>,
    /// Those that were checked, the shown one first; none where the country's numbers are not known.
    pub checked: Vec<Registration>,
}

/// Reads the registration numbers of a client as its country checks them. Of a country whose numbers are not known they
/// are lines of text, and only the one that the record shows is kept.
pub fn numbers(check: &mut Check, country: &str, primary: Option<&str>, others: &[String]) -> Numbers {
    check.count("otherRegistrations", others.len(), &(0..=MAX_OTHER_NUMBERS));
    let shown = check.optional_line("registration", primary, MAX_NUMBER);
    let Some(country) = Country::parse(country) else {
        return Numbers { shown, checked: Vec::new() };
    };
    let mut read = |path: InputPath, text: &str| record::rules::registration(check, path, country, text);
    let first = shown.as_deref().and_then(|text| read("registration".into(), text));
    let others = others.iter().take(MAX_OTHER_NUMBERS).enumerate();
    let others: Vec<Registration> = others
        .filter_map(|(index, text)| read(InputPath::from("otherRegistrations").item(index), text))
        .collect();
    Numbers {
        shown: first.as_ref().map(ToString::to_string),
        checked: first.into_iter().chain(others).collect(),
    }
}

/// The IANA name of a time zone; none for that of the firm.
pub fn zone(check: &mut Check, text: Option<&str>) -> Option<String> {
    let zone = firm::rules::zone(check, "timeZone", text?)?;
    Some(zone.name().to_owned())
}

/// The day on which fiscal years end, as `MM-DD`.
pub fn closing(check: &mut Check, text: &str) -> String {
    let day = MonthDay::parse(text.trim());
    check.require(
        day.is_some(),
        Refusal::of("fiscalYearEnd", Code::OutOfRange)
            .asked(Told::Text(text.chars().take(MAX_NUMBER).collect())),
    );
    day.map_or_else(|| CALENDAR_YEAR.to_owned(), |day| day.to_string())
}

/// The search text of a client.
pub fn search_text(
    name: &str,
    registration: Option<&str>,
    email: Option<&str>,
    phone: Option<&str>,
) -> String {
    let all = [Some(name), registration, email, phone].into_iter().flatten();
    all.map(search::fold).collect::<Vec<_>>().join(" ")
}

/// Checks a list of recipients; other spellings of the same address are dropped (D-05).
pub fn recipients(check: &mut Check, field: &'static str, given: &[String]) -> Vec<Email> {
    check.count(field, given.len(), &(0..=MAX_RECIPIENTS));
    let mut recipients: Vec<Email> = Vec::new();
    for (index, text) in given.iter().take(MAX_RECIPIENTS).enumerate() {
        if let Some(email) = check.email(InputPath::from(field).item(index), text)
            && recipients.iter().all(|other| other.ci() != email.ci())
        {
            recipients.push(email);
        }
    }
    recipients
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_base::error::{Code, Error, Refusal};
    use proptest::prelude::*;

    #[test]
    fn numbers_are_found_with_and_without_punctuation() {
        let text = search_text(
            "Padaria São João Ltda",
            Some("12.345.678/0001-95"),
            Some("Contato@Padaria.example"),
            Some("+55 (11) 98765-4321"),
        );
        for query in
            ["sao joao", "12345678000195", "12.345.678/0001", "contato@padaria", "5511987654321", "98765-43"]
        {
            assert!(search::Query::read(Some(query)).unwrap().matches(&text), "{query} in {text}");
        }
    }

    /// D-05: each address once, whatever the spelling.
    #[test]
    fn one_mailbox_is_one_recipient() {
        let given = ["ana@x.example", " ANA@X.example", "bia@x.example"].map(String::from);
        let mut check = Check::new();
        let addresses: Vec<_> =
            recipients(&mut check, "ticketEmails", &given).iter().map(|e| e.address().to_owned()).collect();
        assert_eq!(addresses, ["ana@x.example", "bia@x.example"]);
        assert!(check.done().is_ok());
    }

    #[test]
    fn every_bad_recipient_is_told() {
        let mut check = Check::new();
        recipients(&mut check, "ticketEmails", &["nobody", "ana@x.example", ""].map(String::from));
        let Err(Error::Refused(refusals)) = check.done() else { panic!("accepted") };
        let at = |index, code| Refusal::of(InputPath::from("ticketEmails").item(index), code);
        let expected = [at(0, Code::InvalidEmail), at(2, Code::Required)];
        assert_eq!(refusals, expected);
    }

    proptest! {
        #[test]
        fn recipients_are_bounded(len in 0_usize..60) {
            let given: Vec<String> = (0..len).map(|n| format!("a{n}@x.example")).collect();
            let mut check = Check::new();
            let count = recipients(&mut check, "ticketEmails", &given).len();
            prop_assert_eq!(check.done().is_ok(), len <= MAX_RECIPIENTS);
            prop_assert_eq!(count, len.min(MAX_RECIPIENTS));
        }
    }
}
