//! What the demo says, in the language of each country: one checked-in file each.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;

use guichet_base::locale::Locale;
use guichet_base::search;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_obligations::Scalar;

/// The texts of one country.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    pub firm: FirmText,
    /// Those who are gone or have not come yet are last.
    pub staff: Vec<StaffText>,
    pub departments: Vec<DepartmentText>,
    pub services: Vec<ServiceText>,
    pub clients: Vec<ClientText>,
    months: Vec<String>,
    month: String,
    /// What a monthly charge is for.
    pub fee: String,
    /// Name and content.
    pub files: Vec<(String, String)>,
    pub phrases: Phrases,
    pub topics: Vec<Topic>,
    /// What clients have month after month.
    pub work: Vec<WorkText>,
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
    /// Where the clients are.
    pub region: String,
    #[serde(default)]
    pub city: Option<String>,
    /// What rules ask of them beside that.
    #[serde(default)]
    pub attributes: BTreeMap<String, Scalar>,
}

/// A kind of work of the shipped catalogue, and who has it: one client in so many, from this place on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WorkText {
    pub task_type: String,
    pub of: usize,
    #[serde(default)]
    pub rest: usize,
    /// What is expected and delivered of it; all else is switched off.
    pub documents: Vec<DocumentText>,
}

/// A document of a kind of work, and what the firm decides about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentText {
    /// As the catalogue has it.
    pub name: String,
    #[serde(default)]
    pub folder: Option<String>,
    #[serde(default)]
    pub publish: bool,
    #[serde(default)]
    pub approval: bool,
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

/// A client: the first one's users sign in to the demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientText {
    /// The last word is the legal form.
    pub name: String,
    /// With the right check digits.
    pub registration: String,
    /// One that nobody has.
    pub phone: String,
    /// An admin and a collaborator.
    pub users: [String; 2],
}

impl ClientText {
    /// The address of somebody there.
    pub fn address(&self, name: &str) -> String {
        let stem = self.name.rsplit_once(' ').map_or(self.name.as_str(), |(stem, _)| stem);
        address(name, &format!("{}.example", slug(stem)))
    }
}

/// The address of a person, such as `helena.vasconcelos@…`.
fn address(name: &str, domain: &str) -> String {
    let parts: Vec<String> = name.split(' ').map(slug).collect();
    format!("{}@{domain}", parts.join("."))
}

/// Words without accents, for the name of a file.
pub(crate) fn hyphened(text: &str) -> String {
    search::folded_words(text).join("-")
}

/// Letters and digits without accents.
fn slug(text: &str) -> String {
    search::fold(text).chars().filter(char::is_ascii_alphanumeric).collect()
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
        address(&self.staff[place].name, &self.firm.domain)
    }

    /// The month before `day`, as people here write it.
    pub fn month_before(&self, day: NaiveDate) -> String {
        self.month(day - Months::new(1))
    }

    /// The month of `day`, as people here write it.
    pub fn month(&self, month: NaiveDate) -> String {
        let name = &self.months[month.month0() as usize];
        self.month.replace("{name}", name).replace("{year}", &month.year().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_texts_hold_together() {
        for texts in all() {
            let works = texts.staff.iter().take_while(|member| member.state == StaffState::Works).count();
            assert!(texts.staff[works..].iter().all(|member| member.state != StaffState::Works));
            assert!(texts.departments.iter().all(|department| department.lead < works));
            for topic in &texts.topics {
                assert_ne!(topic.service.is_some(), topic.department.is_some(), "{}", topic.subject);
                assert!(topic.service.is_none_or(|index| texts.services[index].active), "{}", topic.subject);
            }
            let people =
                texts.clients.iter().flat_map(|client| client.users.iter().map(|name| client.address(name)));
            assert_eq!(people.collect::<HashSet<_>>().len(), 2 * texts.clients.len());
        }
        let january = "2026-01-31".parse().unwrap();
        let written: Vec<_> = all().iter().map(|texts| texts.month_before(january)).collect();
        assert_eq!(written, ["dezembro/2025", "décembre 2025", "diciembre de 2025"]);
    }
}
