//! Rules of adopting the catalogue, as pure functions.

use std::collections::BTreeSet;

use guichet_base::country::Country;
use guichet_base::error::{Code, Refusal};
use guichet_base::input::{Check, items};
use guichet_obligations::{Catalogue, Jurisdiction, Obligation, TaskPlan};

/// What a firm adopts: the codes of obligations, and kinds of work.
#[derive(Debug, Default)]
pub struct Adopted<'a> {
    /// The obligations, those included on which others depend.
    pub obligations: BTreeSet<&'a str>,
    /// The kinds of work.
    pub tasks: Vec<&'a TaskPlan>,
}

/// Whether an obligation is of a country, one of its regions or cities, or of every country.
pub fn is_of(obligation: &Obligation, country: Option<Country>) -> bool {
    match obligation.jurisdiction.country() {
        None => obligation.jurisdiction == Jurisdiction::ANY,
        of => of == country,
    }
}

/// Whether a kind of work is for this country: all that it is due for is.
pub fn is_for(catalogue: &Catalogue, task: &TaskPlan, country: Option<Country>) -> bool {
    task.obligations()
        .all(|code| catalogue.book.get(code).is_some_and(|obligation| is_of(obligation, country)))
}

/// What is adopted with these kinds of work and obligations, or everything for the firm's country without any. Obligations
/// come with those on which they depend, and kinds of work with what they are due for.
pub fn adopted<'a>(
    check: &mut Check,
    catalogue: &'a Catalogue,
    country: Option<Country>,
    task_codes: Option<&[String]>,
    obligation_codes: Option<&[String]>,
) -> Adopted<'a> {
    let mut adopted = Adopted::default();
    let is_whole = task_codes.is_none() && obligation_codes.is_none();
    let texts = |codes: Option<&'_ [String]>| codes.unwrap_or_default().to_vec();
    let (task_codes, obligation_codes) = (texts(task_codes), texts(obligation_codes));
    let known = |code: &str| catalogue.tasks.iter().find(|task| task.code == code);
    let asked: Vec<&str> = task_codes.iter().map(String::as_str).collect();
    check.found(&items("taskTypeCodes", &asked), |code| known(code).is_some());
    let asked: Vec<&str> = obligation_codes.iter().map(String::as_str).collect();
    check.found(&items("obligationCodes", &asked), |code| catalogue.book.get(code).is_some());
    adopted.tasks = match is_whole {
        true => catalogue.tasks.iter().filter(|task| is_for(catalogue, task, country)).collect(),
        false => task_codes.iter().filter_map(|code| known(code)).collect(),
    };
    let of_tasks = adopted.tasks.iter().flat_map(|task| task.obligations());
    let of_hand_ins = adopted.tasks.iter().filter_map(|task| task.hand_in_by.as_ref());
    let of_hand_ins = of_hand_ins.flat_map(|rule| catalogue.book.depends(rule));
    let named = catalogue.book.iter().map(|obligation| obligation.code.as_str());
    let named = named.filter(|code| {
        obligation_codes.iter().any(|asked| asked == code)
            || is_whole && catalogue.book.get(code).is_some_and(|obligation| is_of(obligation, country))
    });
    let mut waiting: Vec<&'a str> = of_tasks.chain(of_hand_ins).chain(named).collect();
    while let Some(code) = waiting.pop() {
        let Some(obligation) = catalogue.book.get(code) else { continue };
        if adopted.obligations.insert(obligation.code.as_str()) {
            let rules = obligation.versions.iter().map(|version| &version.due);
            waiting.extend(rules.flat_map(|rule| catalogue.book.depends(rule)));
        }
    }
    check.require(!adopted.obligations.is_empty() || !is_whole, Refusal::of("taskTypeCodes", Code::Required));
    adopted
}
