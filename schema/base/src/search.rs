//! Search: stored text and queries are folded in the same way, so that two spellings that a person takes for the same
//! find each other: `oeuvre` and `Œuvre`, `11.222.333/0001-44` and `11222333000144`, `+33 1 23 45 67 89` and
//! `01 23 45 67 89`.

mod forms;

use deunicode::deunicode_with_tofu;
use unicode_normalization::UnicodeNormalization;

use crate::error::Result;
use crate::input::{MAX_NAME, too_long};
use crate::locale::Locale;
use crate::text::is_unseen;

/// The version of the folding, which is stored beside every folded text. Whoever changes [`fold`] increases it; a
/// reconciler then folds all rows anew.
pub const FOLD: i16 = 4;

/// The word between the parts of a name such as `Silva & Filhos`, in each language.
const AND: &str = "e et y and";
/// The longest number that is written in groups, in groups.
const MAX_GROUPS: usize = 12;
/// The shortest part of a telephone number that is searched for without its prefixes, in digits.
const MIN_SUBSCRIBER: usize = 8;

/// One text as a `search_text` column holds it, on one line: its words without case, accents and punctuation, and then
/// its numbers without blanks.
pub fn fold(text: &str) -> String {
    let words = words(text);
    let mut folded: Vec<String> = words.iter().map(Word::joined).collect();
    folded.extend(numbers(&words));
    if text.contains(['&', '＆']) {
        folded.push(AND.to_owned());
    }
    folded.join(" ")
}

/// The words of a text as [`fold`] spells them, in their order.
pub fn folded_words(text: &str) -> Vec<String> {
    words(text).iter().map(Word::joined).collect()
}

/// What a row must contain: for each word of the query, at least one of its spellings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<Vec<String>>);

impl Query {
    /// Reads what a person typed. When it is nothing but punctuation, every row matches.
    ///
    /// # Errors
    /// `TOO_LONG` about `filter.search` when the query is longer than any name: each word costs a condition.
    pub fn read(query: Option<&str>) -> Result<Self> {
        let query = query.unwrap_or_default();
        let count = query.chars().count();
        if count > MAX_NAME {
            return Err(too_long("filter.search", count, MAX_NAME).into());
        }
        let words = words(query);
        let mut spellings: Vec<Vec<String>> = words.iter().map(Word::spellings).collect();
        for (word, spellings) in spellings.iter_mut().enumerate() {
            // "01 23 45" is three words; each of them may also be found by the whole number.
            spellings.extend(subscribers(&words, word));
        }
        Ok(Self(spellings))
    }

    /// The same query, whose words are also found in their other forms in a language.
    #[must_use]
    pub fn with_forms(mut self, locale: Locale) -> Self {
        for spellings in &mut self.0 {
            let stems: Vec<String> = spellings.iter().filter_map(|word| forms::stem(locale, word)).collect();
            spellings.extend(stems);
        }
        self
    }

    /// Each word of the query on its own.
    pub fn words(&self) -> Vec<Self> {
        self.0.iter().map(|word| Self(vec![word.clone()])).collect()
    }

    /// Whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The spellings of each word as `LIKE` patterns.
    pub fn patterns(&self) -> Vec<Vec<String>> {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = |spelling: &String| format!("%{}%", escaped(spelling));
        self.0.iter().map(|word| word.iter().map(pattern).collect()).collect()
    }

    /// Whether a folded text matches.
    pub fn matches(&self, folded: &str) -> bool {
        self.0.iter().all(|word| word.iter().any(|spelling| folded.contains(spelling)))
    }
}

/// A word, split where it has punctuation: `l'échéance` is `l` and `echeance`.
struct Word(Vec<String>);

impl Word {
    fn joined(&self) -> String {
        self.0.concat()
    }

    fn is_number(&self) -> bool {
        self.0.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Whether this may be a group of a number that is written with blanks, such as an IBAN.
    fn is_group(&self) -> bool {
        let joined = self.joined();
        joined.len() <= 20 && !joined.starts_with('#') && joined.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// The ways in which others write it: joined, or with blanks in place of the punctuation.
    fn spellings(&self) -> Vec<String> {
        const MAX_PARTS: usize = 4;
        let Some((first, others)) = self.0.split_first() else { return Vec::new() };
        if self.is_number() {
            return vec![self.joined()];
        }
        if self.0.len() > MAX_PARTS {
            return vec![self.joined(), self.0.join(" ")];
        }
        others.iter().fold(vec![first.clone()], |written, part| {
            ["", " "].iter().flat_map(|by| written.iter().map(move |w| format!("{w}{by}{part}"))).collect()
        })
    }
}

fn words(text: &str) -> Vec<Word> {
    let seen = text.chars().filter(|c| !is_unseen(*c));
    let plainer = |c: char| match c {
        // "n° 5" as "nº 5", which is composed to "no 5"; after composing, because "℃" is "°C".
        '°' => 'o',
        // No part of the number or name beside them: "480€", "10 %", "Silva&Filhos".
        '&' | '€' | '$' | '£' | '%' | '‰' => ' ',
        c => c,
    };
    let composed: String = seen.nfkc().map(plainer).collect();
    let plain = deunicode_with_tofu(&in_letters(&composed), " ").to_ascii_lowercase();
    plain.split_whitespace().map(|word| Word(parts(word))).filter(|word| !word.0.is_empty()).collect()
}

/// Labels of internet domains in the letters that they stand for (RFC 5890): `xn--mnchen-3ya` is `münchen`.
fn in_letters(text: &str) -> String {
    const ENCODED: &str = "xn--";
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut letters = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_label(c)) {
        let (label, end) = piece.split_at(piece.trim_end_matches(|c| !is_label(c)).len());
        if label.get(..ENCODED.len()).is_some_and(|start| start.eq_ignore_ascii_case(ENCODED)) {
            letters.push_str(&idna::domain_to_unicode(label).0);
        } else {
            letters.push_str(label);
        }
        letters.push_str(end);
    }
    letters
}

/// A word, split at its punctuation. `#91` keeps its sign, which tells that it is the number of a record; signs such as
/// `=` are no punctuation.
fn parts(word: &str) -> Vec<String> {
    const PUNCTUATION: &str = "'\"`´.,;:-/()[]{}<>!?*+|~^#";
    let mut parts = vec![String::new()];
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let is_sign = c == '#' && rest.peek().is_some_and(char::is_ascii_digit);
        let is_kept = is_sign || !PUNCTUATION.contains(c);
        if is_sign || !is_kept {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| is_kept) {
            part.push(c);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The numbers that are written in groups, without their blanks: `(11) 98765-0001`, `FR 40 303 265 045`.
fn numbers(words: &[Word]) -> Vec<String> {
    const MIN_DIGITS: usize = 5;
    const MAX_PREFIX: usize = 2;
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let groups = words[at..].iter().take_while(|word| word.is_group()).count();
        let before = at.checked_sub(1).map(|before| words[before].joined());
        let prefix = before.filter(|word| word.len() <= MAX_PREFIX).unwrap_or_default();
        let number: String = words[at..at + groups].iter().map(Word::joined).collect();
        let is_split = groups > 1 || groups == 1 && !prefix.is_empty();
        if is_split && groups <= MAX_GROUPS && number.len() >= MIN_DIGITS {
            numbers.push(prefix + &number);
        }
        at += groups.max(1);
    }
    numbers
}

/// If the word at `at` is a group of a telephone number: its subscriber's number, which is a part of every way to
/// write it.
fn subscribers(words: &[Word], at: usize) -> Option<String> {
    let is_number = |word: &&Word| word.is_number();
    let before = words[..at].iter().rev().take_while(is_number).count();
    let after = words[at..].iter().take_while(is_number).count();
    if after == 0 || before + after > MAX_GROUPS {
        return None;
    }
    let number: String = words[at - before..at + after].iter().map(Word::joined).collect();
    let subscriber = subscriber(&number);
    (before + after > 1 || subscriber.len() < number.len()).then(|| subscriber.to_owned())
}

/// A telephone number without the prefixes that depend on where a call comes from: `00`, the country's code (ITU-T
/// E.164) and the `0` of calls within a country.
fn subscriber(number: &str) -> &str {
    const MAX_NATIONAL: usize = 10;
    fn cut(number: &str, prefix: usize) -> &str {
        number.get(prefix..).filter(|rest| rest.len() >= MIN_SUBSCRIBER).unwrap_or(number)
    }
    let mut rest = number;
    if rest.starts_with("00") {
        rest = cut(rest, 2);
    }
    if rest.len() > MAX_NATIONAL && !rest.starts_with('0') {
        rest = cut(rest, country_code(rest));
    }
    if rest.starts_with('0') { cut(rest, 1) } else { rest }
}

/// The length of the country's code at the start of an international number.
fn country_code(number: &str) -> usize {
    const OF_THREE: [&str; 23] = [
        "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69", "80",
        "85", "87", "88", "96", "97", "99",
    ];
    if number.starts_with(['1', '7']) {
        1
    } else if OF_THREE.iter().any(|start| number.starts_with(start)) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    fn finds(query: &str, text: &str) -> bool {
        Query::read(Some(query)).unwrap().matches(&fold(text))
    }

    /// Texts that a person takes for the same.
    const SAME: [&[&str]; 26] = [
        &["8 °C", "8 ℃"],
        &["Main d'œuvre", "Main d’œuvre", "MAIN D'OEUVRE", "main d oeuvre", "main-d'œuvre"],
        &["L’échéance", "l'echeance", "L´ÉCHÉANCE", "l`échéance", "l echeance"],
        &["fevereiro", "feve\u{ad}reiro", "FEVEREIRO", "feve\u{200b}reiro"],
        &["ação", "ac\u{327}a\u{303}o", "ACAO", "Ação"],
        &["11.222.333/0001-44", "11222333000144", "11 222 333 0001 44", "11.222.333.0001.44"],
        &["12.ABC.345/01DE-35", "12ABC34501DE35", "12abc345/01de-35"],
        &["(11) 98765-0001", "11987650001", "11 98765 0001", "+55 11 98765-0001", "+5511987650001"],
        &[
            "01 23 45 67 89",
            "0123456789",
            "01.23.45.67.89",
            "+33 1 23 45 67 89",
            "+33 (0)1 23 45 67 89",
            "0033123456789",
        ],
        &["912 345 678", "+34 912 345 678", "0034912345678", "912345678", "91 234 56 78"],
        &["732 829 320", "732829320", "732.829.320"],
        &["FR 40 303 265 045", "FR40303265045"],
        &["FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"],
        &["B-12345678", "B12345678", "b 12345678"],
        &["X-1234567-L", "x1234567l"],
        &["contato@padaria-são-joão.example", "contato@xn--padaria-so-joo-yhbe.example"],
        &["ana@münchen.example", "ANA@XN--MNCHEN-3YA.example"],
        &["S.A.", "S/A", "SA", "s.a"],
        &["Silva & Filhos", "Silva&Filhos", "silva e filhos", "SILVA ＆ FILHOS"],
        &["Dupont & Fils", "Dupont et Fils"],
        &["e-mail", "email", "e‑mail", "E–MAIL"],
        &["nº 91", "n° 91", "n.º 91"],
        &["1 234,56 €", "1234,56", "1\u{202f}234,56€", "1.234,56"],
        &["TVA 20 %", "TVA 20%", "tva 20\u{202f}%"],
        &["Straße", "STRASSE", "strasse"],
        &["ﬁscal ２０２６", "fiscal 2026"],
    ];

    /// Stored texts were folded by an older program, so another folding has another version. If this fails, increase [`FOLD`]
    /// and write what it tells.
    #[test]
    fn another_folding_has_another_version() {
        let characters = (' '..='\u{ffff}').map(|c| format!("1{c}a {c} a{c}{c}1"));
        let spellings = SAME.iter().flat_map(|same| same.iter().map(ToString::to_string));
        let folded = characters.chain(spellings).map(|text| fold(&text));
        let digest = folded.fold(Sha256::new(), |digest, text| digest.chain_update(text).chain_update("\n"));
        assert_eq!((FOLD, &HEXLOWER.encode(&digest.finalize())[..16]), (4, "1280ab330d39f7f1"));
    }

    #[test]
    fn spellings_find_each_other() {
        for spellings in SAME {
            for text in spellings {
                for query in spellings {
                    assert!(
                        finds(query, text),
                        "{query:?} in {text:?}: {:?}, {:?}",
                        Query::read(Some(query)),
                        fold(text)
                    );
                }
            }
        }
    }

    #[test]
    fn others_do_not() {
        for (query, text) in [
            ("oeuvre", "ouvre"),
            ("#91", "191 e 91"),
            ("0001-44", "0001-45"),
            ("01 23 45 67 89", "+33 1 23 45 67 88"),
            ("silva", "sylva"),
            ("e-mail", "mail"),
        ] {
            assert!(!finds(query, text), "{query:?} in {text:?}");
        }
    }

    #[test]
    fn what_is_typed_cannot_be_a_pattern() {
        assert_eq!(Query::read(Some("50% =_\\")).unwrap().patterns(), [["%50%"], ["%=\\_\\\\%"]]);
        assert!(Query::read(Some(" — !?")).unwrap().is_empty());
        assert!(Query::read(None).unwrap().is_empty());
        assert!(Query::read(Some(&"a".repeat(201))).is_err());
    }

    #[test]
    fn a_query_has_a_bounded_number_of_conditions() {
        for query in ["a-b-c-d ".repeat(25), "1 ".repeat(100), "a.b.c.d.e.f ".repeat(16), "&".repeat(200)] {
            let conditions: usize = Query::read(Some(&query)).unwrap().patterns().iter().map(Vec::len).sum();
            assert!(conditions <= 200, "{conditions}: {query}");
        }
    }

    proptest! {
        /// Whatever it contains, a text is on one line and finds itself, also in another form or other letters.
        #[test]
        fn a_text_finds_itself(text in "(\\PC|[a-zçãéœ'’.-]|[0-9 ]|&){0,40}") {
            let folded = fold(&text);
            prop_assert!(folded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_punctuation() || byte == b' '));
            for query in [text.clone(), text.nfd().collect(), text.nfkd().collect()] {
                let query: String = query.chars().take(MAX_NAME).collect();
                prop_assert!(Query::read(Some(&query)).unwrap().matches(&folded), "{query:?} in {folded:?}");
            }
        }
    }
}
