//! What the demo says, in the language of each country: one checked-in file each.

use std::sync::LazyLock;

use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;

use guichet_base::locale::Locale;
use guichet_engine::actor::{MemberReach, StaffRole};

use crate::names;

/// The texts of one country.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    pub firm: FirmText,
    /// Those who are gone or have not come yet are last.
    pub staff: Vec<StaffText>,
    pub departments: Vec<DepartmentText>,
    pub services: Vec<ServiceText>,
    pub names: Names,
    pub companies: Companies,
    months: Vec<String>,
    month: String,
    /// What a monthly charge is for.
    pub fee: String,
    /// Name and content.
    pub files: Vec<(String, String)>,
    pub phrases: Phrases,
    pub topics: Vec<Topic>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirmText {
    pub name: String,
    pub domain: String,
    pub locale: Locale,
    pub zone: Tz,
    pub country: String,
    pub currency: String,
    pub reach: MemberReach,
    pub reopen_days: i32,
    pub due_days: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffText {
    pub name: String,
    pub role: StaffRole,
    pub departments: Vec<usize>,
    #[serde(default)]
    pub state: StaffState,
}

/// Whether somebody works here yet, and still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StaffState {
    #[default]
    Works,
    Invited,
    Disabled,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DepartmentText {
    pub name: String,
    /// Its lead's place among the staff.
    pub lead: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceText {
    pub name: String,
    pub description: String,
    /// Minor units.
    pub price: i64,
    pub department: usize,
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub first: Vec<String>,
    pub last: Vec<String>,
}

/// What the names of companies are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Companies {
    /// The client whose users sign in to the demo.
    pub cast: String,
    pub admin: String,
    pub collaborator: String,
    /// Trade and legal form.
    pub kinds: Vec<(String, String)>,
    pub names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phrases {
    pub transfer: Vec<String>,
    pub reject: Vec<String>,
    pub cancel: Vec<String>,
    pub reopen: Vec<String>,
}

/// What a ticket is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    /// Its place in the price list.
    pub service: Option<usize>,
    /// The department where no service names it.
    pub department: Option<usize>,
    pub by: Side,
    /// Whether it collects overdue charges (D-10).
    #[serde(default)]
    pub collects: bool,
    pub subject: String,
    pub text: String,
    pub talk: Vec<(Voice, String)>,
}

/// Who opens a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Side {
    Client,
    Staff,
}

/// Who says something, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Voice {
    Client,
    Staff,
    Note,
}

static ALL: LazyLock<[Texts; 3]> = LazyLock::new(|| {
    [include_str!("../texts/br.json"), include_str!("../texts/fr.json"), include_str!("../texts/es.json")]
        .map(|text| serde_json::from_str(text).expect("the texts are checked in, and a test reads them"))
});

/// The texts of Brazil, France and Spain.
pub(crate) fn all() -> &'static [Texts; 3] {
    &ALL
}

impl Texts {
    /// The address of the staff member at this place.
    pub fn staff_email(&self, place: usize) -> String {
        names::address(&self.staff[place].name, &self.firm.domain)
    }

    /// The month before `day`, as people here write it.
    pub fn month_before(&self, day: NaiveDate) -> String {
        let month = day - Months::new(1);
        let name = &self.months[month.month0() as usize];
        self.month.replace("{name}", name).replace("{year}", &month.year().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use guichet_base::input::{Check, MAX_NAME, MAX_TEXT};

    #[test]
    fn the_texts_hold_together() {
        for texts in all() {
            let country = texts.firm.country.as_str();
            assert_eq!(texts.months.len(), 12, "{country}");
            let works = texts.staff.iter().take_while(|member| member.state == StaffState::Works).count();
            assert!(texts.staff[works..].iter().all(|member| member.state != StaffState::Works));
            assert!(texts.departments.iter().all(|department| department.lead < works), "{country}");
            let departments = |index: &usize| *index < texts.departments.len();
            assert!(texts.staff.iter().flat_map(|member| &member.departments).all(departments));
            assert!(texts.services.iter().map(|service| &service.department).all(departments));
            for topic in &texts.topics {
                assert_ne!(topic.service.is_some(), topic.department.is_some(), "{}", topic.subject);
                assert!(topic.service.is_none_or(|index| texts.services[index].active), "{}", topic.subject);
                assert!(topic.department.iter().all(departments));
                // Only staff collect, and the texts of a topic serve clients without users too.
                assert!(!topic.collects || topic.by == Side::Staff);
                let mut check = Check::new();
                check.line("subject", &topic.subject, 1..=MAX_NAME);
                check.text("text", &topic.text, 1..=MAX_TEXT);
                topic.talk.iter().for_each(|(_, text)| drop(check.text("talk", text, 1..=MAX_TEXT)));
                assert!(check.done().is_ok(), "{}", topic.subject);
            }
            let subjects: HashSet<_> = texts.topics.iter().map(|topic| &topic.subject).collect();
            assert_eq!(subjects.len(), texts.topics.len());
        }
    }

    #[test]
    fn months_are_written_as_people_do() {
        let january = "2026-01-31".parse().unwrap();
        let written: Vec<_> = all().iter().map(|texts| texts.month_before(january)).collect();
        assert_eq!(written, ["dezembro/2025", "décembre 2025", "diciembre de 2025"]);
    }
}
