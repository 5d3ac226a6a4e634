//! The forms of a word: `declarações` also finds `declaração`, in the language in which a firm writes.
//!
//! Words are folded, so what a person types without accents is the same word. What is left without its ending is searched for
//! as a part of words, as everything is; so an ending here may be shorter than grammar has it.

use crate::locale::Locale;

/// Endings of a language with what is left of them, longest first, and the shortest word that may be left, in letters.
struct Endings {
    shortest: usize,
    all: &'static [(&'static str, &'static str)],
}

const PORTUGUESE: Endings = Endings {
    shortest: 4,
    all: &[
        ("coes", "c"),
        ("soes", "s"),
        ("cao", "c"),
        ("sao", "s"),
        ("oes", ""),
        ("aes", ""),
        ("ais", "a"),
        ("eis", "e"),
        ("ois", "o"),
        ("ao", ""),
        ("al", "a"),
        ("el", "e"),
        ("ol", "o"),
        ("ns", ""),
        ("es", ""),
        ("os", ""),
        ("as", ""),
        ("m", ""),
        ("s", ""),
        ("a", ""),
        ("e", ""),
        ("o", ""),
    ],
};

const FRENCH: Endings = Endings {
    shortest: 4,
    all: &[
        ("elles", "el"),
        ("elle", "el"),
        ("ales", "a"),
        ("eaux", "eau"),
        ("ale", "a"),
        ("aux", "a"),
        ("ees", "e"),
        ("al", "a"),
        ("ee", "e"),
        ("es", ""),
        ("e", ""),
        ("s", ""),
        ("x", ""),
    ],
};

const SPANISH: Endings = Endings {
    shortest: 4,
    all: &[("ces", "z"), ("es", ""), ("os", ""), ("as", ""), ("s", ""), ("a", ""), ("e", ""), ("o", "")],
};

const ENGLISH: Endings = Endings {
    shortest: 3,
    all: &[("ies", ""), ("ings", ""), ("ing", ""), ("ed", ""), ("es", ""), ("y", ""), ("s", "")],
};

/// A folded word without its ending; none when it has none, or when too little would be left.
pub(super) fn stem(locale: Locale, word: &str) -> Option<String> {
    let Endings { shortest, all } = match locale {
        Locale::PtBr => PORTUGUESE,
        Locale::Fr => FRENCH,
        Locale::Es => SPANISH,
        Locale::En => ENGLISH,
    };
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let without = |(ending, rest): &(&str, &str)| Some(format!("{}{rest}", word.strip_suffix(ending)?));
    all.iter().filter_map(without).find(|stem| stem.len() >= shortest)
}

#[cfg(test)]
mod tests {
    use super::super::{Query, fold};
    use super::*;

    /// C-03: each form finds the other, typed with or without accents.
    #[test]
    fn c_03_forms_of_a_word() {
        for (locale, one, other) in [
            (Locale::PtBr, "declaração", "declarações"),
            (Locale::PtBr, "retencao", "Retenções"),
            (Locale::PtBr, "imposto mensal", "Impostos mensais"),
            (Locale::PtBr, "guia", "guias"),
            (Locale::PtBr, "balancete", "balancetes"),
            (Locale::Fr, "déclaration annuelle", "déclarations annuels"),
            (Locale::Fr, "bilan général", "bilans généraux"),
            (Locale::Es, "declaración", "declaraciones"),
            (Locale::Es, "liquidación trimestral", "liquidaciones trimestrales"),
            (Locale::En, "tax filing", "taxes filings"),
            (Locale::En, "company", "companies"),
        ] {
            for (query, text) in [(one, other), (other, one), (one, one)] {
                let query = Query::read(Some(query)).unwrap().with_forms(locale);
                assert!(query.matches(&fold(text)), "{query:?} {text}");
            }
        }
    }

    #[test]
    fn other_words_are_not_found() {
        for (locale, query, text) in [
            (Locale::PtBr, "declarações", "folha de pagamento"),
            (Locale::PtBr, "guias", "gui"),
            (Locale::Fr, "bilans", "bill"),
            (Locale::En, "yes", "year"),
        ] {
            let query = Query::read(Some(query)).unwrap().with_forms(locale);
            assert!(!query.matches(&fold(text)), "{query:?} {text}");
        }
        assert_eq!(stem(Locale::PtBr, "11222333"), None);
    }
}
