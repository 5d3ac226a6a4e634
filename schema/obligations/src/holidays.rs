//! The known holidays: data beside the script that refreshes it (`data/refresh`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use chrono::NaiveDate;
use guichet_base::country::Country;
use guichet_base::locale::Locale;

use crate::client::Place;
use crate::expression::Reach;
use crate::period::exact_date;

/// A day off of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// Its country.
    pub country: Country,
    /// Where; everywhere without a region, in all of the region without a city.
    pub place: Place,
    /// The day.
    pub date: NaiveDate,
    /// For whom: `B` banks, `F` filing, `L` labour, `O` the firm's office.
    pub kinds: String,
    /// Its name in the language of the country.
    pub name: String,
    /// The law or decree.
    pub source: String,
}

impl Holiday {
    /// How far it reaches.
    pub const fn reach(&self) -> Reach {
        match (&self.place.region, &self.place.city) {
            (_, Some(_)) => Reach::City,
            (Some(_), None) => Reach::Region,
            (None, None) => Reach::National,
        }
    }

    /// Whether it is a day off of somebody there.
    pub fn is_at(&self, place: &Place) -> bool {
        match &self.place.city {
            // A city's code says its region.
            Some(city) => place.city.as_ref() == Some(city),
            None => self.place.region.is_none() || self.place.region == place.region,
        }
    }
}

/// All that is known of holidays.
#[derive(Debug, Default)]
pub struct Holidays {
    days: BTreeMap<(Country, NaiveDate), Vec<Holiday>>,
    /// The places that have days of their own.
    places: BTreeMap<Country, BTreeSet<Place>>,
    /// Of which the days are known for certain.
    years: Years,
    names: HashMap<Locale, HashMap<String, String>>,
    regions: BTreeMap<Country, BTreeMap<String, String>>,
    /// Name and region by code.
    cities: BTreeMap<Country, BTreeMap<String, (String, String)>>,
}

/// Years of places. A place is named by its narrowest code: codes of regions have a hyphen, those of cities have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Years(HashMap<(Country, i32), HashSet<String>>);

impl Years {
    pub(crate) fn insert(&mut self, country: Country, place: Place, year: i32) {
        let code = place.city.or(place.region).unwrap_or_default();
        self.0.entry((country, year)).or_default().insert(code);
    }

    /// Whether it has the year of exactly this place, without wider ones; the whole country without a code.
    pub(crate) fn contains(&self, country: Country, code: Option<&str>, year: i32) -> bool {
        self.0.get(&(country, year)).is_some_and(|codes| codes.contains(code.unwrap_or_default()))
    }
}

static SHIPPED: LazyLock<Holidays> = LazyLock::new(|| read().expect("the holidays are checked by a test"));

impl Holidays {
    /// Those that come with the program.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The holidays of all places of a country on a day.
    pub(crate) fn on(&self, country: Country, date: NaiveDate) -> &[Holiday] {
        self.days.get(&(country, date)).map(Vec::as_slice).unwrap_or_default()
    }

    /// All known holidays of a country from a day to a day.
    pub fn between(
        &self,
        country: Country,
        from: NaiveDate,
        to: NaiveDate,
    ) -> impl Iterator<Item = &Holiday> {
        self.days.range((country, from)..=(country, to)).flat_map(|(_, holidays)| holidays)
    }

    /// Whether all holidays of exactly this place, without those of wider ones, are known for a year.
    pub(crate) fn is_official(&self, country: Country, code: Option<&str>, year: i32) -> bool {
        self.years.contains(country, code, year)
    }

    /// The places of a country that have holidays of their own.
    pub(crate) fn places(&self, country: Country) -> impl Iterator<Item = &Place> {
        self.places.get(&country).into_iter().flatten()
    }

    /// Whether a country has holidays of this level. France has none of municipalities.
    pub(crate) const fn has_level(country: Country, level: Reach) -> bool {
        !matches!((country, level), (Country::Fr, Reach::City))
    }

    /// The name of a holiday in another language, where it is known.
    pub fn translated<'a>(&'a self, name: &'a str, locale: Locale) -> &'a str {
        self.names.get(&locale).and_then(|names| names.get(name)).map_or(name, String::as_str)
    }

    /// The name of a region; none if there is no such region.
    pub fn region(&self, country: Country, code: &str) -> Option<&str> {
        self.regions.get(&country)?.get(code).map(String::as_str)
    }

    /// All regions of a country with their names, by their codes.
    pub fn regions(&self, country: Country) -> impl Iterator<Item = (&str, &str)> {
        let of = self.regions.get(&country).into_iter().flatten();
        of.map(|(code, name)| (code.as_str(), name.as_str()))
    }

    /// The name of a city and its region, where holidays of it are known.
    pub fn city(&self, country: Country, code: &str) -> Option<(&str, &str)> {
        let (name, region) = self.cities.get(&country)?.get(code)?;
        Some((name, region))
    }
}

macro_rules! data {
    ($file:literal) => {
        include_str!(concat!("../data/", $file, ".csv"))
    };
}

/// The data by which dates are found.
pub(crate) const TEXTS: [&str; 2] = [data!("holidays"), data!("calendar_years")];

fn read() -> Result<Holidays, String> {
    let mut holidays = Holidays::default();
    for row in rows::<7>(data!("holidays"), "country,region,city,date,kinds,name,source,official")? {
        let [country, region, city, date, kinds, name, source] = row;
        let country = parse_country(&country)?;
        let date = exact_date(&date).ok_or(date)?;
        let place = place(region, city);
        if place != Place::default() {
            holidays.places.entry(country).or_default().insert(place.clone());
        }
        holidays.days.entry((country, date)).or_default().push(Holiday {
            country,
            place,
            date,
            kinds,
            name,
            source,
        });
    }
    for [country, region, city, year, official] in
        rows::<5>(data!("calendar_years"), "country,region,city,year,official,source")?
    {
        let year = year.parse().map_err(|_| year)?;
        if official == "true" {
            holidays.years.insert(parse_country(&country)?, place(region, city), year);
        }
    }
    for [name, locale, translation] in rows::<3>(data!("holiday_names"), "name,locale,translation")? {
        let locale = Locale::parse(&locale).ok_or(locale)?;
        holidays.names.entry(locale).or_default().insert(name, translation);
    }
    for [country, code, name] in rows::<3>(data!("regions"), "country,region,name")? {
        holidays.regions.entry(parse_country(&country)?).or_default().insert(code, name);
    }
    for [country, region, code, name] in rows::<4>(data!("cities"), "country,region,city,name")? {
        holidays.cities.entry(parse_country(&country)?).or_default().insert(code, (name, region));
    }
    Ok(holidays)
}

/// The first columns of each row of a file with these headers.
fn rows<const N: usize>(text: &str, headers: &str) -> Result<Vec<[String; N]>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found = reader.headers().map_err(|error| error.to_string())?;
    if found.iter().ne(headers.split(',')) {
        return Err(format!("expected the columns {headers}"));
    }
    let rows = reader.records().map(|row| {
        let row = row.map_err(|error| error.to_string())?;
        Ok(std::array::from_fn(|column| row.get(column).unwrap_or_default().to_owned()))
    });
    rows.collect()
}

fn parse_country(text: &str) -> Result<Country, String> {
    Country::parse(text).ok_or_else(|| format!("no country {text}"))
}

fn place(region: String, city: String) -> Place {
    let given = |text: String| (!text.is_empty()).then_some(text);
    Place { region: given(region), city: given(city) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_can_be_read_and_agrees_with_itself() {
        let holidays = read().unwrap();
        for holiday in holidays.days.values().flatten() {
            let country = holiday.country;
            assert!(holiday.kinds.bytes().all(|kind| b"BFL".contains(&kind)), "{holiday:?}");
            assert!(!holiday.name.is_empty() && !holiday.source.is_empty(), "{holiday:?}");
            assert!(
                holiday.place.region.as_ref().is_none_or(|code| holidays.region(country, code).is_some()),
                "{holiday:?}"
            );
            if let Some(code) = &holiday.place.city {
                let (_, region) = holidays.city(country, code).unwrap();
                assert_eq!(holiday.place.region.as_deref(), Some(region), "{holiday:?}");
            }
            for locale in Locale::ALL {
                assert!(holidays.names[locale].contains_key(&holiday.name), "{holiday:?} {locale}");
            }
        }
    }
}
