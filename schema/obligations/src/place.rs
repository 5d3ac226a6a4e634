//! What the official codes of cities say by themselves.

use guichet_base::country::Country;

use crate::holidays::Holidays;

/// The region in which a city lies, by its code: IBGE in Brazil, INSEE in France, INE in Spain, DICO in Portugal. None
/// where no city can have that code.
pub fn region_of_city(country: Country, city: &str) -> Option<&'static str> {
    let digits = |count: usize| city.len() == count && city.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        Country::Br if digits(7) => state(city.get(..2)?),
        Country::Fr => region(country, department(city)?),
        Country::Es if digits(5) => community(city.get(..2)?),
        Country::Pt if digits(4) => region(country, district(city.get(..2)?)?),
        Country::Br | Country::Es | Country::Pt => None,
    }
}

/// The code of the French department with this INSEE code of a city, as it is in codes of regions; none where no city can
/// have that code.
fn department(city: &str) -> Option<&str> {
    let (first, rest) = (city.get(..2)?, city.get(2..)?);
    let is_code = rest.len() == 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    match city.get(..3).filter(|_| is_code)? {
        "975" => Some("PM"),
        "977" => Some("BL"),
        "978" => Some("MF"),
        "984" => Some("TF"),
        "986" => Some("WF"),
        "987" => Some("PF"),
        "988" => Some("NC"),
        overseas if overseas.starts_with("97") => Some(overseas),
        _ => Some(first),
    }
}

/// A region of a country by the part of its code behind the hyphen.
fn region(country: Country, part: &str) -> Option<&'static str> {
    let is_this = |code: &str| code.split_once('-').is_some_and(|(_, of)| of == part);
    Holidays::shipped().regions(country).map(|(code, _)| code).find(|code| is_this(code))
}

/// IBGE, Tabela de códigos de municípios: the first two digits are the state.
fn state(number: &str) -> Option<&'static str> {
    Some(match number {
        "11" => "BR-RO",
        "12" => "BR-AC",
        "13" => "BR-AM",
        "14" => "BR-RR",
        "15" => "BR-PA",
        "16" => "BR-AP",
        "17" => "BR-TO",
        "21" => "BR-MA",
        "22" => "BR-PI",
        "23" => "BR-CE",
        "24" => "BR-RN",
        "25" => "BR-PB",
        "26" => "BR-PE",
        "27" => "BR-AL",
        "28" => "BR-SE",
        "29" => "BR-BA",
        "31" => "BR-MG",
        "32" => "BR-ES",
        "33" => "BR-RJ",
        "35" => "BR-SP",
        "41" => "BR-PR",
        "42" => "BR-SC",
        "43" => "BR-RS",
        "50" => "BR-MS",
        "51" => "BR-MT",
        "52" => "BR-GO",
        "53" => "BR-DF",
        _ => return None,
    })
}

/// INE, Relación de municipios: the first two digits are the province, which lies in one autonomous community.
fn community(province: &str) -> Option<&'static str> {
    Some(match province {
        "04" | "11" | "14" | "18" | "21" | "23" | "29" | "41" => "ES-AN",
        "22" | "44" | "50" => "ES-AR",
        "33" => "ES-AS",
        "39" => "ES-CB",
        "51" => "ES-CE",
        "05" | "09" | "24" | "34" | "37" | "40" | "42" | "47" | "49" => "ES-CL",
        "02" | "13" | "16" | "19" | "45" => "ES-CM",
        "35" | "38" => "ES-CN",
        "08" | "17" | "25" | "43" => "ES-CT",
        "06" | "10" => "ES-EX",
        "15" | "27" | "32" | "36" => "ES-GA",
        "07" => "ES-IB",
        "30" => "ES-MC",
        "28" => "ES-MD",
        "52" => "ES-ML",
        "31" => "ES-NC",
        "01" | "20" | "48" => "ES-PV",
        "26" => "ES-RI",
        "03" | "12" | "46" => "ES-VC",
        _ => return None,
    })
}

/// The Portuguese district or autonomous region with these first two digits of a DICO code: each island of the Azores and
/// of Madeira has a number of its own.
fn district(number: &str) -> Option<&str> {
    match number.parse().ok()? {
        31_u32 | 32 => Some("30"),
        41..=49 => Some("20"),
        1..=18 => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every region has a code of cities, and the cities that are shipped lie where their codes say.
    #[test]
    fn codes_say_the_region() {
        let known = Holidays::shipped();
        for country in Country::ALL {
            let first = (0..100).map(|number| format!("{number:02}")).chain(["2A", "2B"].map(str::to_owned));
            let first: Vec<String> = match country {
                Country::Fr => first.chain((970..990).map(|number| number.to_string())).collect(),
                _ => first.collect(),
            };
            let length = match country {
                Country::Br => 7,
                Country::Es | Country::Fr => 5,
                Country::Pt => 4,
            };
            let codes = first.iter().map(|first| format!("{first:0<length$}"));
            let reached: BTreeSet<&str> = codes.filter_map(|code| region_of_city(*country, &code)).collect();
            assert_eq!(reached, known.regions(*country).map(|(code, _)| code).collect(), "{country}");
            for place in known.places(*country) {
                if let Some(city) = &place.city {
                    assert_eq!(region_of_city(*country, city), place.region.as_deref(), "{city}");
                }
            }
        }
        for (country, city, region) in [
            (Country::Es, "28006", Some("ES-MD")),
            (Country::Es, "08279", Some("ES-CT")),
            (Country::Es, "53001", None),
            (Country::Es, "00001", None),
            (Country::Fr, "75056", Some("FR-75")),
            (Country::Fr, "2A004", Some("FR-2A")),
            (Country::Fr, "97411", Some("FR-974")),
            (Country::Fr, "97801", Some("FR-MF")),
            (Country::Fr, "20004", None),
            (Country::Fr, "7505A", None),
            (Country::Fr, "96001", None),
            (Country::Pt, "3103", Some("PT-30")),
            (Country::Pt, "4203", Some("PT-20")),
            (Country::Pt, "1901", None),
            (Country::Br, "355030", None),
            (Country::Br, "35É0000", None),
            (Country::Br, "9950308", None),
            (Country::Es, "3550308", None),
        ] {
            assert_eq!(region_of_city(country, city), region, "{city}");
        }
    }
}
