//! The check digits. Every function takes digits and capital letters only, of the length that its number has.

/// The value of a character in a number of Brazil: its ASCII code less 48, so that digits stay what they are and `A` is
/// 17 (Receita Federal, IN RFB 2.229/2024; SERPRO, "Cálculo dos dígitos verificadores de CNPJ alfanumérico").
fn value(byte: u8) -> u32 {
    u32::from(byte).saturating_sub(48)
}

fn weighted(text: &str, weights: impl IntoIterator<Item = u32>) -> u32 {
    text.bytes().zip(weights).map(|(byte, weight)| value(byte) * weight).sum()
}

/// 11 less the rest; a rest of 0 or 1 gives 0. This is why these digits miss a few errors: two rests share one digit.
fn mod_11(sum: u32) -> u32 {
    (11 - sum % 11) % 11 % 10
}

/// The last characters of a text as a number.
fn tail(text: &str, from: usize) -> Option<u32> {
    text.get(from..)?.parse().ok()
}

fn cnpj_digits(text: &str) -> u32 {
    let first = mod_11(weighted(&text[..12], [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = mod_11(weighted(&text[..12], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3]) + 2 * first);
    first * 10 + second
}

pub(super) fn cnpj(text: &str) -> bool {
    tail(text, 12) == Some(cnpj_digits(text))
}

/// A CAEPF has the digits of a CNPJ plus 12 (Receita Federal; agrees with the published routines of cadcobol.com.br).
pub(super) fn caepf(text: &str) -> bool {
    tail(text, 12) == Some((cnpj_digits(text) + 12) % 100)
}

pub(super) fn cpf(text: &str) -> bool {
    let first = mod_11(weighted(&text[..9], (2..=10).rev()));
    let second = mod_11(weighted(&text[..9], (3..=11).rev()) + 2 * first);
    tail(text, 9) == Some(first * 10 + second)
}

/// A CEI or CNO: the tens and units of the weighted sum are added; what lacks to the next ten is the digit.
pub(super) fn cno(text: &str) -> bool {
    let sum = weighted(&text[..11], [7, 4, 1, 8, 5, 2, 1, 6, 3, 7, 4]) % 100;
    tail(text, 11) == Some((10 - (sum / 10 + sum % 10) % 10) % 10)
}

/// The sum of ISO/IEC 7812-1, annex B (Luhn): every second digit from the right counts twice.
fn luhn_sum(digits: &str) -> u32 {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let digits = digits.bytes().rev().map(value).enumerate();
    digits.map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit }).sum()
}

pub(super) fn siren(digits: &str) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// The establishments of La Poste, except its headquarters, have a sum of digits that five divides, because there are
/// more of them than the usual digit allows (INSEE).
pub(super) fn siret(digits: &str) -> bool {
    const LA_POSTE: &str = "356000000";
    let poste = digits.starts_with(LA_POSTE) && digits.bytes().map(value).sum::<u32>().is_multiple_of(5);
    siren(&digits[..9]) && (poste || luhn_sum(digits).is_multiple_of(10))
}

/// The two characters after `FR`: the rest of the SIREN and `12` by 97, or the newer form with letters
/// (BOFiP, BOI-TVA-DECLA-20-10; the form with letters as in the European Commission's VIES).
pub(super) fn french_vat(text: &str) -> bool {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let (key, root) = (&text.as_bytes()[2..4], &text[4..]);
    let Ok(number) = root.parse::<u64>() else { return false };
    // Monaco's numbers begin with 000 and are no SIREN.
    if !root.starts_with("000") && !siren(root) {
        return false;
    }
    if let Ok(key) = text[2..4].parse::<u64>() {
        return key == (number * 100 + 12) % 97;
    }
    let place = |byte: u8| LETTERS.iter().position(|letter| *letter == byte).map(|place| place as u64);
    let (Some(first), Some(second)) = (place(key[0]), place(key[1])) else { return false };
    let sum = if first < 10 { first * 24 + second } else { first * 34 + second };
    let Some(sum) = sum.checked_sub(if first < 10 { 10 } else { 100 }) else { return false };
    (number + 1 + sum / 11) % 11 == sum % 11
}

/// The letter of a number of Spain (Real Decreto 1553/2005; Ministerio del Interior).
pub(super) fn spanish_letter(digits: &str) -> Option<u8> {
    let number: usize = digits.parse().ok()?;
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(number % 23).copied()
}

/// The control of a legal entity of Spain (Orden EHA/451/2008): a letter for public bodies, religious orders and foreign
/// entities, a digit for companies, either for the others; with `00` as province also a letter.
pub(super) fn cif(text: &str) -> bool {
    let digits = &text[1..8];
    let digit = (10 - luhn_sum(&format!("{digits}0")) % 10) % 10;
    let letter = b"JABCDEFGHI"[digit as usize];
    let control = text.as_bytes()[8];
    let by_letter = control == letter;
    let by_digit = u32::from(control) == u32::from(b'0') + digit;
    match text.as_bytes()[0] {
        b'P' | b'Q' | b'R' | b'S' | b'N' | b'W' => by_letter,
        b'A' | b'B' | b'E' | b'H' => by_digit || by_letter && digits.starts_with("00"),
        _ => by_digit || by_letter,
    }
}

pub(super) fn portuguese(digits: &str) -> bool {
    tail(digits, 8) == Some(mod_11(weighted(&digits[..8], (2..=9).rev())))
}
