//! The order of texts that people read: that of a dictionary, as CLDR's root collation defines it.
//!
//! A key is stored beside its text, and lists are sorted by the key, bytewise. So the order is made in one place: whoever
//! has two keys compares them as the list does, and neither the database's version of ICU nor a change of it matters.

use std::sync::LazyLock;

use icu_collator::CollatorBorrowed;
use icu_collator::options::{CollatorOptions, Strength};

/// The longest key in bytes, because an index takes no longer entries. Texts whose keys begin with the same so many bytes
/// count as equal.
pub const LONGEST: usize = 1_000;

static ROOT: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    CollatorBorrowed::try_new(Default::default(), options).expect("the root collation is compiled in")
});

/// The key of a text: letters decide first, then accents, then case. Never empty.
///
/// When an update of the library changes the keys, the test below fails. A migration then adds new columns, in which they
/// are made (`guichet_engine::collation`): programs of the former version go on with theirs.
pub fn key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(3 * text.len() + 4);
    let Ok(()) = ROOT.write_sort_key_to(text, &mut key);
    key.truncate(LONGEST);
    if key.is_empty() {
        key.push(0);
    }
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    fn sorted(mut texts: Vec<&str>) -> Vec<&str> {
        texts.sort_by_key(|text| key(text));
        texts
    }

    #[test]
    fn as_in_a_dictionary() {
        let order = [
            "",
            "- traço",
            "«Guia»",
            "(guia)",
            "#12",
            "1",
            "10",
            "2",
            "aço",
            "acordo",
            "Acordo",
            "Água",
            "cote",
            "coté",
            "côte",
            "côté",
            "guia",
            "Guia",
            "maçã",
            "macaco",
            "Ñandú",
            "nota",
            "Œuvre",
            "œuvres",
            "straße",
            "strata",
            "zebra",
            "Ωμέγα",
            "Договор",
            "合同",
        ];
        assert_eq!(sorted(order.iter().rev().copied().collect()), order);
    }

    #[test]
    fn keys_fit_into_an_index() {
        // The character with the longest decomposition.
        for text in ["\u{fdfa}".repeat(200), "😀".repeat(200), "é".repeat(200)] {
            assert!((1..=LONGEST).contains(&key(&text).len()));
        }
    }

    /// If this fails after an update, the stored keys must be made anew: see [`key`].
    #[test]
    fn stored_keys_stay_valid() {
        let mut all = Sha256::new();
        for c in (0..0x3_0000).filter_map(char::from_u32) {
            all.update(key(&format!("a{c}b")));
        }
        assert_eq!(data_encoding::HEXLOWER.encode(&all.finalize()[..8]), "bafc915d0442be97");
    }

    proptest! {
        #[test]
        fn keys_agree_with_the_collator(one in ".{0,20}", other in ".{0,20}") {
            prop_assert_eq!(key(&one).cmp(&key(&other)), ROOT.compare(&one, &other));
        }
    }
}
