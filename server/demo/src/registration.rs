//! Numbers of public registers with right check digits, and telephone numbers.

use std::fmt::Write;

use crate::chance::Chance;

/// The registration of a company of this country and legal form, as firms write it.
pub(crate) fn company(chance: &mut Chance, country: &str, form: &str) -> String {
    match country {
        "BR" => cnpj(chance.digits()),
        "FR" => siren(chance.digits()),
        _ => {
            let letter = match form {
                "SA" => 'A',
                "CB" => 'E',
                _ => 'B',
            };
            cif(letter, chance.digits())
        }
    }
}

/// A telephone number. France keeps 01 99 00 for fiction (ARCEP); the others begin like no number in use.
pub(crate) fn phone(chance: &mut Chance, country: &str) -> String {
    let [a, b, c, d] = chance.digits();
    match country {
        "BR" => format!("(11) 2000-{a}{b}{c}{d}"),
        "FR" => format!("01 99 00 {a}{b} {c}{d}"),
        _ => format!("910 00 {a}{b} {c}{d}"),
    }
}

/// A CNPJ of a head office: two check digits modulo 11 (Receita Federal, IN RFB 2119/2022).
fn cnpj(root: [u32; 8]) -> String {
    let mut digits = [root.as_slice(), &[0, 0, 0, 1]].concat();
    for _ in 0..2 {
        let weights = (2..=9).cycle();
        let sum: u32 = digits.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
        digits.push(if sum % 11 < 2 { 0 } else { 11 - sum % 11 });
    }
    let text = joined(&digits);
    format!("{}.{}.{}/{}-{}", &text[..2], &text[2..5], &text[5..8], &text[8..12], &text[12..])
}

/// A SIREN: eight digits and Luhn's check digit (INSEE, ISO/IEC 7812-1).
fn siren(root: [u32; 8]) -> String {
    let sum: u32 = root
        .iter()
        .enumerate()
        // Counted from the check digit at the ninth place, every second one is doubled.
        .map(|(place, digit)| if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    let text = joined(&root) + &((10 - sum % 10) % 10).to_string();
    format!("{} {} {}", &text[..3], &text[3..6], &text[6..])
}

/// A Spanish company's NIF: letter of the form, seven digits, check digit (Orden EHA/451/2008).
fn cif(letter: char, root: [u32; 7]) -> String {
    let sum: u32 = root
        .iter()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    format!("{letter}{}{}", joined(&root), (10 - sum % 10) % 10)
}

fn joined(digits: &[u32]) -> String {
    digits.iter().fold(String::new(), |mut text, digit| {
        let _ = write!(text, "{digit}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_known_numbers() {
        assert_eq!(cnpj([1, 1, 2, 2, 2, 3, 3, 3]), "11.222.333/0001-81");
        assert_eq!(cnpj([0, 0, 0, 0, 0, 0, 0, 0]), "00.000.000/0001-91");
        assert_eq!(siren([7, 3, 2, 8, 2, 9, 3, 2]), "732 829 320");
        assert_eq!(siren([5, 5, 2, 1, 0, 0, 5, 5]), "552 100 554");
        assert_eq!(cif('A', [5, 8, 8, 1, 8, 5, 0]), "A58818501");
        assert_eq!(cif('B', [1, 2, 3, 4, 5, 6, 7]), "B12345674");
    }

    /// Luhn over all nine digits of a SIREN is a multiple of ten, whatever the digits.
    #[test]
    fn every_siren_passes_luhn() {
        let mut chance = Chance::seeded(1);
        for _ in 0..500 {
            let number = company(&mut chance, "FR", "SARL");
            let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
            let sum: u32 = digits
                .iter()
                .rev()
                .enumerate()
                .map(|(place, digit)| match digit * (1 + place as u32 % 2) {
                    double if double > 9 => double - 9,
                    single => single,
                })
                .sum();
            assert_eq!((digits.len(), sum % 10), (9, 0), "{number}");
        }
    }

    #[test]
    fn forms_have_their_letter() {
        let mut chance = Chance::seeded(1);
        for (form, letter) in [("SA", 'A'), ("SL", 'B'), ("SLP", 'B'), ("CB", 'E')] {
            assert!(company(&mut chance, "ES", form).starts_with(letter));
        }
    }
}
