//! Numbers that are published, their neighbours, and texts around them.

use proptest::prelude::*;

use super::{Kind, Why, check, find_all};
use crate::country::Country;

/// Kind, the number as its country writes it, and other customary spellings. All are of public bodies and companies, or
/// published as examples by those who issue them.
const PUBLISHED: &[(Kind, &str, &[&str])] = &[
    (Kind::Cnpj, "00.000.000/0001-91", &["00000000000191", "CNPJ: 00.000.000/0001-91", "00.000.000/0001–91"]),
    (
        Kind::Cnpj,
        "11.222.333/0001-81",
        &["11222333/0001-81", "CNPJ/MF 11.222.333/0001-81", "11 222 333 0001 81"],
    ),
    (Kind::Cnpj, "12.ABC.345/01DE-35", &["12abc34501de35", "12.abc.345/01de-35"]),
    (
        Kind::Cpf,
        "529.982.247-25",
        &["52998224725", "529982247-25", "CPF nº 529.982.247-25", "529.982.247/25"],
    ),
    (Kind::Cpf, "111.444.777-35", &["11144477735", "\u{200b}111.444.777-35\u{a0}"]),
    (Kind::Caepf, "293.118.610/001-84", &["29311861000184", "293118610/001-84", "CAEPF: 293.118.610/001-84"]),
    (Kind::Cno, "11.583.00249/85", &["115830024985", "CEI 11.583.00249/85", "CNO: 11.583.00249-85"]),
    (
        Kind::Siren,
        "732 829 320",
        &["732829320", "732.829.320", "RCS : 732 829 320", "SIREN 732\u{202f}829\u{202f}320"],
    ),
    (Kind::Siret, "732 829 320 00074", &["73282932000074", "732829320 00074", "SIRET : 732 829 320 000 74"]),
    (Kind::Siret, "356 000 000 09075", &["35600000009075"]),
    (
        Kind::FrVat,
        "FR83 404 833 048",
        &["FR83404833048", "FR 83 404833048", "TVA FR 83 404 833 048", "fr83404833048"],
    ),
    (Kind::Dni, "12345678Z", &["12345678-Z", "12.345.678-Z", "12345678z", "DNI: 12345678 Z", "ES12345678Z"]),
    (Kind::Dni, "01234567L", &["1234567L", "1.234.567-L"]),
    (Kind::Nie, "X1234567L", &["X-1234567-L", "x1234567l", "NIE X1234567L"]),
    (Kind::Nie, "Y1234567X", &["Y-1234567-X"]),
    (Kind::Nie, "Z1234567R", &["Z 1234567 R"]),
    (Kind::EsNif, "K1234567L", &["K-1234567-L", "NIF K1234567L"]),
    (Kind::EsNif, "L1234567L", &["l1234567l", "ESL1234567L"]),
    (Kind::EsNif, "M1234567L", &["M-1234567-L", "M 1234567 L"]),
    (Kind::Cif, "B64717838", &["B-64717838", "ES-B64717838", "NIF B64717838", "C.I.F.: B-64.717.838"]),
    (Kind::Cif, "A58818501", &["A-58818501"]),
    (Kind::Cif, "Q2826000H", &["Q-2826000-H"]),
    (Kind::Cif, "P2807900B", &["P-2807900-B"]),
    (Kind::PtNif, "123 456 789", &["123456789", "PT123456789", "NIF 123456789"]),
    (Kind::Nipc, "500 697 256", &["500697256", "PT 500 697 256", "NIPC: 500.697.256"]),
];

#[test]
fn published_numbers_hold_in_every_spelling() {
    for (kind, shown, spellings) in PUBLISHED {
        let kept: String = shown.chars().filter(char::is_ascii_alphanumeric).collect();
        for spelling in spellings.iter().chain([shown]) {
            let number = check(kind.country(), spelling);
            let number = number.unwrap_or_else(|why| panic!("{spelling}: {why:?}"));
            assert_eq!((number.kind(), number.as_str()), (*kind, kept.as_str()), "{spelling}");
            assert_eq!(number.to_string(), *shown, "{spelling}");
        }
    }
}

#[test]
fn the_reason_is_told() {
    let cases: &[(Country, &str, Why)] = &[
        (Country::Br, "", Why::Empty),
        (Country::Br, " .-/ ", Why::Empty),
        (Country::Br, "CNPJ: ", Why::Empty),
        (Country::Br, "1122233300018", Why::Length { expected: &[11, 12, 14], found: 13 }),
        (Country::Br, "11.222.333/0001-8A", Why::Character { found: 'A' }),
        (Country::Br, "11.222.333/0001-82", Why::CheckDigits { kind: Kind::Cnpj }),
        (Country::Br, "529.982.247-26", Why::CheckDigits { kind: Kind::Cpf }),
        (Country::Br, "000.000.000-00", Why::Placeholder { kind: Kind::Cpf }),
        (Country::Br, "777.777.777-77", Why::Placeholder { kind: Kind::Cpf }),
        (Country::Br, "00.000.000/0000-00", Why::Placeholder { kind: Kind::Cnpj }),
        (Country::Br, "１１.222.333/0001-82", Why::CheckDigits { kind: Kind::Cnpj }),
        // As it was typed: only letters of ASCII have a capital that numbers use.
        (Country::Br, "11.222.333/0001-8é", Why::Character { found: 'é' }),
        (Country::Fr, "732 829 321", Why::CheckDigits { kind: Kind::Siren }),
        (Country::Fr, "000 000 000", Why::Placeholder { kind: Kind::Siren }),
        (Country::Fr, "73282932O", Why::Character { found: 'O' }),
        (Country::Fr, "FR84404833048", Why::CheckDigits { kind: Kind::FrVat }),
        (Country::Fr, "DE83404833048", Why::Length { expected: &[9, 14], found: 13 }),
        (Country::Es, "12345678A", Why::CheckDigits { kind: Kind::Dni }),
        (Country::Br, "293.118.610/001-85", Why::CheckDigits { kind: Kind::Cnpj }),
        (Country::Br, "11.583.00249/84", Why::CheckDigits { kind: Kind::Cno }),
        (Country::Es, "K1234567A", Why::CheckDigits { kind: Kind::EsNif }),
        (Country::Es, "M12345671", Why::Character { found: '1' }),
        (Country::Es, "123456789", Why::Character { found: '9' }),
        (Country::Es, "I1234567A", Why::Character { found: 'I' }),
        // A company's control is a digit, a public body's a letter.
        (Country::Es, "B6471783H", Why::CheckDigits { kind: Kind::Cif }),
        (Country::Es, "Q28260008", Why::CheckDigits { kind: Kind::Cif }),
        (Country::Pt, "123456780", Why::CheckDigits { kind: Kind::PtNif }),
        (Country::Pt, "412345678", Why::Character { found: '1' }),
        (Country::Pt, "999 999 990", Why::Placeholder { kind: Kind::Nipc }),
        (Country::Pt, "12345", Why::Length { expected: &[9], found: 5 }),
    ];
    for (country, text, why) in cases {
        assert_eq!(check(*country, text).as_ref(), Err(why), "{text}");
    }
}

#[test]
fn establishments_of_one_owner_share_a_root() {
    let read = |country, text| check(country, text).unwrap();
    let head = read(Country::Br, "11.222.333/0001-81");
    assert_eq!((head.root(), head.is_headquarters(), head.prefix()), ("11222333", Some(true), None));
    let lettered = read(Country::Br, "12.ABC.345/01DE-35");
    assert_eq!((lettered.root(), lettered.is_headquarters()), ("12ABC345", None));
    for (text, root) in
        [("732 829 320", "732829320"), ("732 829 320 00074", "732829320"), ("FR83 404 833 048", "404833048")]
    {
        let number = read(Country::Fr, text);
        assert_eq!(number.root(), root);
        assert_eq!(number.prefix(), root[..2].parse().ok());
    }
}

/// The numbers that a text contains, as their countries write them.
fn found(text: &str) -> Vec<String> {
    find_all(text)
        .iter()
        .map(|found| format!("{} {}", found.registration.kind().as_str(), found.registration))
        .collect()
}

#[test]
fn numbers_are_found_in_texts() {
    let slip = "Documento de Arrecadação\nRazão Social: Padaria Sol Ltda  CNPJ: 11.222.333/0001-81\n\
        Sócio: 529.982.247-25. Valor R$ 1.234,56 Código de barras 85810000012-3 45670123456-1";
    assert_eq!(found(slip), ["CNPJ 11.222.333/0001-81", "CPF 529.982.247-25"]);
    assert_eq!(
        found("SIRET 732 829 320 00074 - TVA FR83 404 833 048"),
        ["SIRET 732 829 320 00074", "FR_VAT FR83 404 833 048"]
    );
    assert_eq!(found("Cliente: B-64717838, representante X1234567L"), ["CIF B64717838", "NIE X1234567L"]);
    // Parts of longer numbers are none.
    for text in
        ["2911222333000181", "1.529.982.247-25", "529.982.247-25-3", "IBAN FR76 3000 6000 0112 3456 7890 189"]
    {
        assert!(found(text).is_empty(), "{text}: {:?}", found(text));
    }
    let at = &find_all(slip)[0];
    assert_eq!(&slip[at.span.clone()], "11.222.333/0001-81");
}

/// A hundred thousand characters of what looks like the beginning of a number everywhere. If the time grew with the square of the length,
/// this would not end.
#[test]
fn a_long_text_is_searched_once() {
    for part in ["12.345.678/", "111 111 111 ", "1", "1.", "1\u{200b}", "A-", "FR 11 "] {
        let text = part.repeat((1 << 17) / part.len());
        let ended = format!("{text}; 11.222.333/0001-81");
        assert_eq!(found(&ended).last().map(String::as_str), Some("CNPJ 11.222.333/0001-81"), "{part}");
    }
}

fn published() -> impl Strategy<Value = (Kind, String)> {
    (0..PUBLISHED.len()).prop_map(|row| {
        let (kind, shown, _) = PUBLISHED[row];
        (kind, shown.chars().filter(char::is_ascii_alphanumeric).collect())
    })
}

proptest! {
    /// Foreign text is never a reason to panic, and what is found reads as itself.
    #[test]
    fn any_text_is_answered(text in "\\PC*", country in 0..4_usize) {
        let _answer = check(Country::ALL[country], &text);
        for found in find_all(&text) {
            let again = check(found.registration.kind().country(), &text[found.span.clone()]);
            prop_assert_eq!(again, Ok(found.registration));
        }
    }

    /// The same with what numbers are made of.
    #[test]
    fn any_number_is_answered(text in "[0-9A-Z]{7,14}([ ./-][0-9]{2,5})?", country in 0..4_usize) {
        let country = Country::ALL[country];
        if let Ok(number) = check(country, &text) {
            prop_assert_eq!(check(country, &number.to_string()), Ok(number.clone()));
            prop_assert!(!number.root().is_empty());
        }
        let _found = find_all(&text);
    }

    /// One mistyped digit in the numbers whose check digits tell each, is told.
    #[test]
    fn a_mistyped_digit_is_told((kind, kept) in published(), place in 0..14_usize, by in 1..10_u8) {
        // A rest of 0 and of 1 give the same digit, so numbers modulo 11 miss a few; a CNO adds tens to units.
        let misses = matches!(kind, Kind::Cno | Kind::Caepf | Kind::Cnpj | Kind::Cpf | Kind::PtNif | Kind::Nipc | Kind::Siret);
        let place = place % kept.len();
        let mut bytes = kept.clone().into_bytes();
        prop_assume!(bytes[place].is_ascii_digit());
        bytes[place] = (bytes[place] - b'0' + by) % 10 + b'0';
        let typed = String::from_utf8(bytes).unwrap();
        match check(kind.country(), &typed) {
            Err(_) => {}
            Ok(number) => prop_assert!(misses || number.kind() != kind, "{kept} {typed} {number:?}"),
        }
    }
}
