//! Names of people and companies, and the addresses that follow from them.

use crate::chance::Chance;
use crate::texts::{Companies, Names};
use guichet_base::search;

/// A company: its name, and what its domain is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Company {
    pub name: String,
    pub form: String,
    pub domain: String,
}

/// This many companies, no two alike; the cast's is the first.
pub(crate) fn companies(chance: &mut Chance, words: &Companies, count: usize) -> Vec<Company> {
    let mut picks: Vec<usize> = (0..words.kinds.len() * words.names.len()).collect();
    chance.shuffle(&mut picks);
    let (stem, form) = parts(&words.cast);
    let others = picks.into_iter().map(|pick| {
        let (kind, form) = &words.kinds[pick % words.kinds.len()];
        company(&format!("{kind} {}", words.names[pick / words.kinds.len()]), form)
    });
    std::iter::once(company(stem, form)).chain(others).take(count).collect()
}

fn company(stem: &str, form: &str) -> Company {
    let name = format!("{stem} {form}");
    Company { form: form.into(), domain: domain_of(&name), name }
}

/// The domain of a company: its name without the legal form.
pub(crate) fn domain_of(name: &str) -> String {
    format!("{}.example", slug(parts(name).0))
}

/// A company's name and its legal form.
fn parts(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or((name, ""))
}

/// A person's full name.
pub(crate) fn person(chance: &mut Chance, names: &Names) -> String {
    format!("{} {}", chance.pick(&names.first), chance.pick(&names.last))
}

/// The address of a person, such as `helena.vasconcelos@…`.
pub(crate) fn address(name: &str, domain: &str) -> String {
    let parts: Vec<String> = name.split(' ').map(slug).collect();
    format!("{}@{domain}", parts.join("."))
}

/// What people call somebody.
pub(crate) fn first(name: &str) -> &str {
    name.split(' ').next().unwrap_or(name)
}

/// Letters and digits without accents, for addresses.
fn slug(text: &str) -> String {
    search::fold(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::texts;
    use guichet_base::email::Email;

    #[test]
    fn companies_are_told_apart() {
        for texts in texts::all() {
            for count in [1, 40, 800] {
                let companies = companies(&mut Chance::seeded(3), &texts.companies, count);
                let names: HashSet<_> = companies.iter().map(|company| &company.name).collect();
                let domains: HashSet<_> = companies.iter().map(|company| &company.domain).collect();
                assert_eq!((companies.len(), names.len(), domains.len()), (count, count, count));
                assert_eq!(companies[0].name, texts.companies.cast);
            }
        }
    }

    #[test]
    fn addresses_are_valid() {
        assert_eq!(address("Élodie Castagnet", "rivoire.example"), "elodie.castagnet@rivoire.example");
        assert_eq!(address("Yann Le Goff", "x.example"), "yann.le.goff@x.example");
        let mut chance = Chance::seeded(5);
        for texts in texts::all() {
            for company in companies(&mut chance, &texts.companies, 200) {
                let address = address(&person(&mut chance, &texts.names), &company.domain);
                assert!(Email::parse(&address).is_some_and(|email| email.ci() == address), "{address}");
            }
        }
    }
}
