//! Registration numbers of companies and people, checked as their country does it: read from any customary spelling,
//! kept in one form, shown as the country writes them, and found in texts.
//!
//! A number that passes is well-formed. Whether it was ever issued only the register knows.

mod digits;
mod find;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;

pub use find::{Found, find_all};
pub use read::{Why, check};

use crate::country::Country;
use crate::text_enum;

text_enum! {
    /// A kind of registration number.
    pub enum Kind {
        /// Brazil: a legal entity's establishment; since July 2026 also with letters.
        Cnpj = "CNPJ",
        /// Brazil: a person.
        Cpf = "CPF",
        /// Brazil: a person's economic activity, for example of a farmer or a notary.
        Caepf = "CAEPF",
        /// Brazil: a construction site; the numbers of its predecessor CEI are alike.
        Cno = "CNO",
        /// France: a company or a sole trader.
        Siren = "SIREN",
        /// France: an establishment.
        Siret = "SIRET",
        /// France: a number for VAT within the European Union.
        FrVat = "FR_VAT",
        /// Spain: a citizen.
        Dni = "DNI",
        /// Spain: a foreigner.
        Nie = "NIE",
        /// Spain: a person with neither a DNI nor an NIE (K, L, M).
        EsNif = "ES_NIF",
        /// Spain: a legal entity. The law says NIF since 2008; people still say CIF.
        Cif = "CIF",
        /// Portugal: a person.
        PtNif = "PT_NIF",
        /// Portugal: a legal entity.
        Nipc = "NIPC",
    }
}

impl Kind {
    /// The country that issues it.
    pub const fn country(self) -> Country {
        match self {
            Self::Cnpj | Self::Cpf | Self::Caepf | Self::Cno => Country::Br,
            Self::Siren | Self::Siret | Self::FrVat => Country::Fr,
            Self::Dni | Self::Nie | Self::EsNif | Self::Cif => Country::Es,
            Self::PtNif | Self::Nipc => Country::Pt,
        }
    }

    /// What people of that country call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FrVat => "TVA",
            Self::EsNif | Self::PtNif => "NIF",
            other => other.as_str(),
        }
    }
}

/// A registration number whose check digits hold. Two of them are equal when they are the same number, however they
/// were spelled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Registration {
    kind: Kind,
    /// Digits and capital letters only.
    text: String,
}

impl Registration {
    /// What kind of number it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The number as it is kept: digits and capital letters, nothing between them. The number for VAT keeps its `FR`;
    /// numbers of Spain and Portugal never have their country in front.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What all establishments of one owner have in common: the first eight characters of a CNPJ, the SIREN of a SIRET
    /// and of a number for VAT, the person's nine digits in a CAEPF. Other numbers are their own root.
    pub fn root(&self) -> &str {
        match self.kind {
            Kind::Cnpj => &self.text[..8],
            Kind::Caepf | Kind::Siret => &self.text[..9],
            Kind::FrVat => &self.text[4..],
            _ => &self.text,
        }
    }

    /// Whether it is the number of the headquarters, where the number says it: only a CNPJ does, whose first
    /// establishment is `0001`. What a branch with letters is, is not written in its number.
    pub fn is_headquarters(&self) -> Option<bool> {
        let order = (self.kind == Kind::Cnpj).then(|| &self.text[8..12])?;
        match order {
            "0001" => Some(true),
            _ if order.bytes().all(|byte| byte.is_ascii_digit()) => Some(false),
            _ => None,
        }
    }

    /// The first two digits of the SIREN, by which the French administration spreads due dates.
    pub fn prefix(&self) -> Option<u8> {
        match self.kind {
            Kind::Siren | Kind::Siret | Kind::FrVat => self.root()[..2].parse().ok(),
            _ => None,
        }
    }
}

/// The number as its country writes it: `11.222.333/0001-81`, `732 829 320 00074`, `B-64717838` without the hyphen.
impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = match self.kind {
            Kind::Cnpj => "##.###.###/####-##",
            Kind::Cpf => "###.###.###-##",
            Kind::Caepf => "###.###.###/###-##",
            Kind::Cno => "##.###.#####/##",
            Kind::Siren | Kind::PtNif | Kind::Nipc => "### ### ###",
            Kind::Siret => "### ### ### #####",
            Kind::FrVat => "#### ### ### ###",
            Kind::Dni | Kind::Nie | Kind::EsNif | Kind::Cif => "#########",
        };
        let mut characters = self.text.chars();
        for place in pattern.chars() {
            let shown = if place == '#' { characters.next() } else { Some(place) };
            shown.map_or(Ok(()), |shown| fmt::Write::write_char(f, shown))?;
        }
        Ok(())
    }
}
