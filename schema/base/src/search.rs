//! Search text: case and accents are folded in the same way for stored text and for queries.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::error::{Code, Refusal, Result};
use crate::input::MAX_NAME;

/// Folds case and accents and collapses blanks: `"  Ação  Ltda"` becomes `"acao ltda"`.
pub fn fold(text: &str) -> String {
    let folded: String =
        text.nfkd().filter(|c| !is_combining_mark(*c) && *c != '\0').flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The folded words of `parts`, as a `search_text` column holds them.
pub fn search_text(parts: &[&str]) -> String {
    fold(&parts.join(" "))
}

/// The words of a query, each as a `LIKE` pattern; a row must match all of them.
///
/// # Errors
/// `TOO_LONG` about `search` when the query is longer than any name: each word costs a condition.
pub fn patterns(query: Option<&str>) -> Result<Vec<String>> {
    let query = query.unwrap_or_default();
    if query.chars().count() > MAX_NAME {
        return Err(Refusal::of("search", Code::TooLong).with(MAX_NAME as i64).into());
    }
    let folded = fold(query);
    let words = folded.split(' ').filter(|word| !word.is_empty());
    let escaped = |word: &str| word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Ok(words.map(|word| format!("%{}%", escaped(word))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds() {
        assert_eq!(fold("  AÇÃO\tLtda. "), "acao ltda.");
        assert_eq!(fold("Œuvre ﬁscale Ñandú"), "œuvre fiscale nandu");
        assert_eq!(patterns(Some("50% off_")).unwrap(), ["%50\\%%", "%off\\_%"]);
        assert!(patterns(Some("  ")).unwrap().is_empty());
        assert_eq!(patterns(Some(&"a ".repeat(100))).unwrap().len(), 100);
        assert!(patterns(Some(&"a".repeat(201))).is_err());
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
