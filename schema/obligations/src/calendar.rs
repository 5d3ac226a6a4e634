//! Working calendars: which days are days off, for whom.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use guichet_base::country::Country;
use guichet_base::text_enum;

use crate::answer::{DayOff, Provisional};
use crate::client::{CITY, Place, REGION};
use crate::expression::Reach;
use crate::holidays::{Holiday, Holidays, Years};
use crate::place::region_of_city;

text_enum! {
    /// A working calendar. Every country has several.
    pub enum Calendar {
        /// Brazil: days on which banks serve the public.
        BrBank = "BR-BANK",
        /// Brazil: days on which declarations fall due.
        BrFiling = "BR-FILING",
        /// Brazil: working days of labour law; Saturday is one.
        BrLabour = "BR-LABOUR",
        /// France: days on which declarations and payments fall due.
        FrFiling = "FR-FILING",
        /// France: `jours ouvrables`; Saturday is one.
        FrOuvrable = "FR-OUVRABLE",
        /// France: working days of labour law; Saturday is one.
        FrLabour = "FR-LABOUR",
        /// France: days on which transfers between banks are settled.
        FrBank = "FR-BANK",
        /// Spain: working days of administrative law.
        EsFiling = "ES-FILING",
        /// Spain: working days of labour law; Saturday is one.
        EsLabour = "ES-LABOUR",
        /// Spain: days on which transfers between banks are settled.
        EsBank = "ES-BANK",
        /// Portugal: days on which declarations and payments fall due.
        PtFiling = "PT-FILING",
        /// Portugal: working days of labour law; Saturday is one.
        PtLabour = "PT-LABOUR",
        /// Portugal: days on which transfers between banks are settled.
        PtBank = "PT-BANK",
        /// The days on which the firm itself works.
        Office = "OFFICE",
    }
}

impl Calendar {
    /// Its country; none for the firm's own.
    pub const fn country(self) -> Option<Country> {
        Some(match self {
            Self::BrBank | Self::BrFiling | Self::BrLabour => Country::Br,
            Self::FrFiling | Self::FrOuvrable | Self::FrLabour | Self::FrBank => Country::Fr,
            Self::EsFiling | Self::EsLabour | Self::EsBank => Country::Es,
            Self::PtFiling | Self::PtLabour | Self::PtBank => Country::Pt,
            Self::Office => return None,
        })
    }

    /// The kinds of holidays that count: `B` bank, `F` filing, `L` labour, `O` the firm's own.
    const fn kinds(self) -> &'static [u8] {
        match self {
            Self::BrBank | Self::FrBank | Self::EsBank | Self::PtBank => b"B",
            Self::BrFiling | Self::FrFiling | Self::FrOuvrable | Self::EsFiling | Self::PtFiling => b"F",
            Self::BrLabour | Self::FrLabour | Self::EsLabour | Self::PtLabour => b"L",
            Self::Office => b"FLO",
        }
    }

    fn is_weekend(self, day: Weekday, office: &Office) -> bool {
        match self {
            Self::BrLabour | Self::FrOuvrable | Self::FrLabour | Self::EsLabour | Self::PtLabour => {
                day == Weekday::Sun
            }
            Self::Office => !office.days.contains(&day),
            _ => matches!(day, Weekday::Sat | Weekday::Sun),
        }
    }
}

/// The week and the place of a firm.
#[derive(Debug, Clone)]
pub struct Office {
    /// None where no holidays of its country are known.
    country: Option<Country>,
    place: Place,
    days: Vec<Weekday>,
}

impl Office {
    /// The office of a firm in this place that works on these days of the week; `None` if it never works, or has a city
    /// without its region.
    pub fn new(country: impl Into<Option<Country>>, place: Place, days: Vec<Weekday>) -> Option<Self> {
        let country = country.into();
        let is_whole = place.city.is_none() || place.region.is_some();
        (!days.is_empty() && is_whole).then_some(Self { country, place, days })
    }

    /// An office that works from Monday to Friday and has only national holidays.
    pub fn of(country: impl Into<Option<Country>>) -> Self {
        let country = country.into();
        let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        Self { country, place: Place::default(), days }
    }
}

/// The calendars as one firm sees them: the known holidays, and what it added.
#[derive(Debug, Clone)]
pub struct Calendars<'a> {
    known: &'a Holidays,
    office: Office,
    added: BTreeMap<(Country, NaiveDate), Vec<Holiday>>,
    confirmed: Years,
}

/// Longer holidays than this are a fault in the data.
pub(crate) const MAX_DAYS_OFF: usize = 30;

impl<'a> Calendars<'a> {
    /// The calendars without additions.
    pub fn new(known: &'a Holidays, office: Office) -> Self {
        Self { known, office, added: BTreeMap::new(), confirmed: Years::default() }
    }

    /// Adds a day off.
    #[must_use]
    pub fn with(mut self, holiday: Holiday) -> Self {
        self.added.entry((holiday.country, holiday.date)).or_default().push(holiday);
        self
    }

    /// Says that all holidays of a place and year are known.
    #[must_use]
    pub fn confirmed(mut self, country: Country, place: Place, year: i32) -> Self {
        self.confirmed.insert(country, place, year);
        self
    }

    /// Why a day is a day off for somebody of this place; none on a working day.
    pub fn day_off(
        &self,
        calendar: Calendar,
        reach: Reach,
        place: &Place,
        date: NaiveDate,
    ) -> Option<DayOff> {
        if calendar.is_weekend(date.weekday(), &self.office) {
            return Some(DayOff { date, name: None, level: None, source: None });
        }
        let (country, place, reach) = self.asked(calendar, reach, place)?;
        // The widest explains it best.
        let holidays = self.holidays(calendar, country, reach, date);
        holidays
            .filter(|holiday| holiday.is_at(place))
            .min_by_key(|holiday| holiday.reach())
            .map(DayOff::from)
    }

    /// The holidays that count on a day, of all places of a country.
    pub(crate) fn holidays(
        &self,
        calendar: Calendar,
        country: Country,
        reach: Reach,
        date: NaiveDate,
    ) -> impl Iterator<Item = &Holiday> {
        let known = self.known.on(country, date).iter();
        let added = self.added.get(&(country, date)).into_iter().flatten();
        known.chain(added).filter(move |holiday| {
            holiday.kinds.bytes().any(|kind| calendar.kinds().contains(&kind)) && holiday.reach() <= reach
        })
    }

    /// The places with holidays of their own that a place can be of which only this is known.
    pub(crate) fn places<'b>(&'b self, country: Country, known: &Place) -> impl Iterator<Item = &'b Place> {
        let added = self.added.range((country, NaiveDate::MIN)..=(country, NaiveDate::MAX));
        let added = added.flat_map(|(_, holidays)| holidays).map(|holiday| &holiday.place);
        self.known.places(country).chain(added).filter(move |place| match (&known.region, &known.city) {
            (_, Some(_)) => place.city.is_none(),
            (Some(region), None) => place.region.as_ref() == Some(region),
            (None, None) => true,
        })
    }

    /// The region of a city: as this calendar knows it, or as its code says it.
    pub(crate) fn region_of(&self, country: Country, city: &str) -> Option<String> {
        let known = || self.known.city(country, city).map(|(_, region)| region.to_owned());
        let added = || {
            let days = self.added.range((country, NaiveDate::MIN)..=(country, NaiveDate::MAX));
            let mut places = days.flat_map(|(_, holidays)| holidays).map(|holiday| &holiday.place);
            places.find(|place| place.city.as_deref() == Some(city))?.region.clone()
        };
        region_of_city(country, city).map(str::to_owned).or_else(known).or_else(added)
    }

    /// Which parts of a place have to be known for its days off, and are not.
    fn missing(country: Country, reach: Reach, place: &Place) -> impl Iterator<Item = &'static str> {
        let needs = move |level| level <= reach && Holidays::has_level(country, level);
        let region = (needs(Reach::Region) && place.region.is_none()).then_some(REGION);
        let city = (needs(Reach::City) && place.city.is_none()).then_some(CITY);
        region.into_iter().chain(city)
    }

    /// The country of which a place has to be known better, if there is one.
    pub(crate) fn is_open(calendar: Calendar, reach: Reach, place: &Place) -> Option<Country> {
        calendar.country().filter(|country| Self::missing(*country, reach, place).next().is_some())
    }

    /// What is not known for certain about the days off of this place and year. The place is the client's, or else that
    /// of whose rule it is.
    pub(crate) fn unknown(
        &self,
        calendar: Calendar,
        reach: Reach,
        place: &Place,
        is_of_client: bool,
        year: i32,
    ) -> Vec<Provisional> {
        let Some((country, place, reach)) = self.asked(calendar, reach, place) else { return Vec::new() };
        let mut unknown: Vec<Provisional> = Self::missing(country, reach, place)
            .map(|key| match &place.city {
                Some(city) if !is_of_client => Provisional::RegionUnknown { country, city: city.clone() },
                _ => Provisional::PlaceMissing { key: key.to_owned() },
            })
            .collect();
        let (region, city) = (place.region.as_deref(), place.city.as_deref());
        let levels = [
            (Reach::National, true, None),
            (Reach::Region, region.is_some(), region),
            (Reach::City, city.is_some(), city),
        ];
        for (level, is_known, code) in levels {
            let counts = level <= reach && Holidays::has_level(country, level) && is_known;
            let is_certain = || {
                self.known.is_official(country, code, year) || self.confirmed.contains(country, code, year)
            };
            if counts && !is_certain() {
                let region = place.region.clone().filter(|_| level != Reach::National);
                let city = place.city.clone().filter(|_| level == Reach::City);
                unknown.push(Provisional::CalendarYear { country, region, city, year });
            }
        }
        unknown
    }

    /// Whose days off a calendar means: those of the firm's seat, for its own calendar; none in a country of which no
    /// holidays are known.
    fn asked<'b>(
        &'b self,
        calendar: Calendar,
        reach: Reach,
        place: &'b Place,
    ) -> Option<(Country, &'b Place, Reach)> {
        match calendar.country() {
            Some(country) => Some((country, place, reach)),
            None => {
                let office = &self.office.place;
                let reach = match (&office.region, &office.city) {
                    (_, Some(_)) => Reach::City,
                    (Some(_), None) => Reach::Region,
                    (None, None) => Reach::National,
                };
                Some((self.office.country?, office, reach))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The office of a firm in another country rests on its weekend, and its dates are not said to be provisional.
    #[test]
    fn an_office_in_a_country_without_known_holidays() {
        let calendars = Calendars::new(Holidays::shipped(), Office::of(None));
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let off =
            |text| calendars.day_off(Calendar::Office, Reach::City, &Place::default(), day(text)).is_some();
        assert_eq!(["2026-12-25", "2026-12-26"].map(off), [false, true]);
        assert_eq!(calendars.unknown(Calendar::Office, Reach::City, &Place::default(), true, 2026), []);
        let sao_paulo = Place { region: Some("BR-SP".into()), city: Some("3550308".into()) };
        let bank = calendars.day_off(Calendar::BrBank, Reach::City, &sao_paulo, day("2026-12-25"));
        assert!(bank.is_some(), "a client's calendar is its country's");
    }

    #[test]
    fn an_office_works_on_some_day_in_a_whole_place() {
        let place = |region: Option<&str>, city: Option<&str>| Place {
            region: region.map(str::to_owned),
            city: city.map(str::to_owned),
        };
        let saturday = || vec![Weekday::Sat];
        for (place, days, is_office) in [
            (place(None, None), Vec::new(), false),
            (place(None, None), saturday(), true),
            (place(Some("BR-SP"), None), saturday(), true),
            (place(Some("BR-SP"), Some("3550308")), saturday(), true),
            (place(None, Some("3550308")), saturday(), false),
        ] {
            assert_eq!(Office::new(Country::Br, place.clone(), days).is_some(), is_office, "{place:?}");
        }
    }
}
