//! Search text: case and accents folded once, here, for what is stored and what is asked.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds case and accents and joins blanks: `"  Ação  Ltda"` becomes `"acao ltda"`.
pub fn fold(text: &str) -> String {
    let folded: String =
        text.nfkd().filter(|c| !is_combining_mark(*c) && *c != '\0').flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The folded words of `parts`, as a `search_text` column holds them.
pub fn search_text(parts: &[&str]) -> String {
    fold(&parts.join(" "))
}

/// The words of a query, each as a `LIKE` pattern for any part of the text; all must be found.
pub fn patterns(query: &str) -> Vec<String> {
    fold(query)
        .split(' ')
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("%{}%", word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds() {
        assert_eq!(fold("  AÇÃO\tLtda. "), "acao ltda.");
        assert_eq!(fold("Œuvre ﬁscale Ñandú"), "œuvre fiscale nandu");
        assert_eq!(patterns("50% off_"), ["%50\\%%", "%off\\_%"]);
        assert!(patterns("  ").is_empty());
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
