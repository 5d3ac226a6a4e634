//! The supported languages.

use crate::text_enum;

text_enum! {
    /// A supported language.
    pub enum Locale {
        /// Brazilian Portuguese (BCP 47: `pt-BR`).
        PtBr = "pt-BR",
        /// French (BCP 47: `fr`).
        Fr = "fr",
        /// Spanish (BCP 47: `es`).
        Es = "es",
        /// English (BCP 47: `en`).
        En = "en",
    }
}

impl Locale {
    /// Picks the best supported language for an `Accept-Language` header (RFC 9110, 12.5.4).
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, &str)> = header
            .split(',')
            .map(|part| {
                let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
                (quality.trim().parse().unwrap_or(0.0), tag.trim())
            })
            .filter(|(quality, _)| *quality > 0.0)
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.iter().find_map(|(_, tag)| {
            let language = tag.split('-').next()?.to_ascii_lowercase();
            match language.as_str() {
                "pt" => Some(Self::PtBr),
                "fr" => Some(Self::Fr),
                "es" => Some(Self::Es),
                "en" => Some(Self::En),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation_follows_quality_then_order() {
        let cases = [
            ("fr-CA,fr;q=0.9,en;q=0.8", Some(Locale::Fr)),
            ("de, es;q=0.5, pt;q=0.7", Some(Locale::PtBr)),
            ("en;q=0, de", None),
            ("", None),
            ("*", None),
            ("EN-gb", Some(Locale::En)),
        ];
        for (header, expected) in cases {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
    }
}
