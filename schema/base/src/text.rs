//! Text that people type or paste, brought to one form before anything is done with it: composed (Unicode NFC),
//! trimmed, and without characters that nobody sees.

use icu_properties::props::{DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, Script};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The text would be shown as something else than it is: it reverses the order of its characters, or has several
/// lines where one is expected, which could forge the header of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deceptive;

/// A text on one line: every run of blanks is one blank.
///
/// # Errors
/// [`Deceptive`]: it overrides the direction of writing, or has a line break inside.
pub fn line(text: &str) -> Result<String, Deceptive> {
    let clean = printable(text)?;
    if clean.contains('\n') {
        return Err(Deceptive);
    }
    Ok(clean.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// A text that may have several lines, each ended by `\n`.
///
/// # Errors
/// [`Deceptive`]: it overrides the direction of writing.
pub fn lines(text: &str) -> Result<String, Deceptive> {
    printable(&text.replace(['\u{b}', '\u{c}', '\u{85}'], "\n"))
}

/// Whether nobody sees this character, neither alone nor as a blank.
pub(crate) fn is_unseen(c: char) -> bool {
    let annotation = matches!(c, '\u{fff9}'..='\u{fffc}');
    let is_no_character = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    // Bullets of Word's symbol fonts, for example: without that font they are empty boxes.
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let control = c.is_control() && !c.is_whitespace();
    control
        || annotation
        || private
        || is_no_character
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether this character is a blank of any width.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == BRAILLE_BLANK
}

/// An empty cell of Braille: not white space by its properties, but as empty.
const BRAILLE_BLANK: char = '\u{2800}';

/// The characters that a person sees, composed and trimmed, with `\n` for every line break; empty when there are only
/// blanks.
fn printable(text: &str) -> Result<String, Deceptive> {
    let mut seen = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{202d}' | '\u{202e}' => return Err(Deceptive),
            '\r' => {
                rest.next_if_eq(&'\n');
                seen.push('\n');
            }
            '\u{2028}' | '\u{2029}' => seen.push('\n'),
            c if !is_unseen(c) || has_effect(c, seen.chars().next_back(), rest.peek().copied()) => {
                seen.push(c)
            }
            _ => {}
        }
    }
    if !seen.chars().any(|c| !is_blank(c) && !is_unseen(c) && !is_combining_mark(c)) {
        return Ok(String::new());
    }
    Ok(seen.trim_matches(is_blank).nfc().collect())
}

/// Whether an unseen character changes what is shown: it joins or varies emoji, or letters of a script that has
/// such forms.
fn has_effect(c: char, before: Option<char>, after: Option<char>) -> bool {
    const BLACK_FLAG: char = '\u{1f3f4}';
    const KEYCAP: char = '\u{20e3}';
    let Some(before) = before else { return false };
    let is_tag = |c| matches!(c, '\u{e0020}'..='\u{e007f}');
    let is_picture = |c| {
        matches!(c, '\u{fe0e}' | '\u{fe0f}')
            || CodePointSetData::new::<ExtendedPictographic>().contains(c)
            || CodePointSetData::new::<EmojiModifier>().contains(c)
    };
    let has_forms = |c| {
        let script = CodePointMapData::<Script>::new().get(c);
        ![Script::Latin, Script::Greek, Script::Cyrillic, Script::Common, Script::Inherited, Script::Unknown]
            .contains(&script)
    };
    match c {
        // Flags of regions.
        c if is_tag(c) => before == BLACK_FLAG || is_tag(before),
        '\u{200c}' | '\u{200d}' => {
            after.is_some_and(|c| !is_blank(c)) && (is_picture(before) || has_forms(before))
        }
        '\u{fe0e}' | '\u{fe0f}' => is_picture(before) || after == Some(KEYCAP),
        '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => has_forms(before),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn both(text: &str) -> [Result<String, Deceptive>; 2] {
        [line(text), lines(text)]
    }

    #[test]
    fn two_spellings_are_one() {
        for (text, one) in [
            ("Sa\u{303}o Joa\u{303}o", "São João"),
            ("  Padaria\u{a0}\u{2009} Sol \t", "Padaria Sol"),
            ("feve\u{ad}reiro", "fevereiro"),
            ("\u{feff}Folha\u{200b}", "Folha"),
            ("de\u{200d}parta\u{200c}mento\u{fe0f}", "departamento"),
            ("\u{202a}+55 11 98765-0001\u{202c}", "+55 11 98765-0001"),
            ("e\u{200b}\u{301}", "é"),
            ("no\u{7}ta\u{1b}[0m", "nota[0m"),
            ("a\u{b}b", "a b"),
            ("\u{f0b7} Guia de novembro", "Guia de novembro"),
            ("x\u{e0041}\u{e0042}", "x"),
        ] {
            assert_eq!(line(text).as_deref(), Ok(one), "{text:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_nothing() {
        for c in [
            ' ',
            '\n',
            '\t',
            '\0',
            '\u{7}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{e000}',
            '\u{f8ff}',
            '\u{10ffff}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2060}',
            '\u{2063}',
            '\u{2066}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fffc}',
            '\u{ffff}',
            '\u{1d173}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{301}',
        ] {
            for text in [c.to_string(), format!(" {c}{c} \u{200b}")] {
                assert_eq!(both(&text), [Ok(String::new()), Ok(String::new())], "{text:?}");
            }
        }
    }

    #[test]
    fn what_deceives_is_refused() {
        assert_eq!(both("fdp.\u{202e}exe"), [Err(Deceptive), Err(Deceptive)]);
        assert_eq!(both("\u{202d}abc"), [Err(Deceptive), Err(Deceptive)]);
        for text in ["a\r\nBcc: x", "a\nb", "a\rb", "a\u{2028}b", "a\u{2029}b"] {
            assert_eq!(line(text), Err(Deceptive), "{text:?}");
            assert!(lines(text).is_ok_and(|text| text.matches('\n').count() == 1), "{text:?}");
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("a\r\nb\tc\rd\u{b}e\u{c}f\u{85}g\n").as_deref(), Ok("a\nb\tc\nd\ne\nf\ng"));
        assert_eq!(lines("1  2\n\n  3").as_deref(), Ok("1  2\n\n  3"));
    }

    #[test]
    fn what_is_seen_stays() {
        for text in [
            "Nº 1 — ½ ação “d’œuvre” … 12 €",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 1\u{fe0f}\u{20e3} 👍🏽",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "葛\u{e0100}飾",
            "שלום عربي",
        ] {
            assert_eq!(both(text), [Ok(text.to_owned()), Ok(text.to_owned())], "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "(.|[ \\n\\r\u{200b}-\u{200f}\u{202a}-\u{202c}\u{300}\u{fe0f}\u{1f600}a]){0,12}") {
            for once in both(&text).into_iter().flatten() {
                prop_assert_eq!(lines(&once), Ok(once));
            }
            if let Ok(once) = line(&text) {
                prop_assert_eq!(line(&once), Ok(once));
            }
        }
    }
}
