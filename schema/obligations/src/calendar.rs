//! Working calendars: which days are days off, for whom.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use guichet_base::country::Country;
use guichet_base::text_enum;

use crate::answer::{DayOff, Provisional};
use crate::client::Place;
use crate::expression::Reach;
use crate::holidays::{Holiday, Holidays};

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
    /// Its country.
    pub country: Country,
    /// Its place.
    pub place: Place,
    /// The days of the week on which it works.
    pub days: Vec<Weekday>,
}

impl Office {
    /// An office that works from Monday to Friday and has only national holidays.
    pub fn of(country: Country) -> Self {
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
    confirmed: BTreeSet<(Country, Place, i32)>,
}

/// Longer holidays than this are a fault in the data.
pub(crate) const MAX_DAYS_OFF: usize = 30;

impl<'a> Calendars<'a> {
    /// The calendars without additions.
    pub const fn new(known: &'a Holidays, office: Office) -> Self {
        Self { known, office, added: BTreeMap::new(), confirmed: BTreeSet::new() }
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
        self.confirmed.insert((country, place, year));
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
        let (country, place, reach) = self.asked(calendar, reach, place);
        let counts = |holiday: &&Holiday| {
            holiday.kinds.bytes().any(|kind| calendar.kinds().contains(&kind))
                && holiday.reach() <= reach
                && holiday.is_at(place)
        };
        let known = self.known.on(country, date).iter().filter(counts);
        let added = self.added.get(&(country, date)).into_iter().flatten().filter(counts);
        // The widest explains it best.
        let holiday = known.chain(added).min_by_key(|holiday| holiday.reach())?;
        Some(DayOff {
            date,
            name: Some(holiday.name.clone()),
            level: Some(holiday.reach()),
            source: Some(holiday.source.clone()),
        })
    }

    /// What is not known for certain about the days off of this place and year.
    pub(crate) fn unknown(
        &self,
        calendar: Calendar,
        reach: Reach,
        place: &Place,
        year: i32,
    ) -> Vec<Provisional> {
        let (country, place, reach) = self.asked(calendar, reach, place);
        let levels = [
            (Reach::National, Place::default()),
            (Reach::Region, Place { region: place.region.clone(), city: None }),
            (Reach::City, place.clone()),
        ];
        let mut unknown = Vec::new();
        for (level, of) in
            levels.into_iter().filter(|(level, _)| *level <= reach && Holidays::has_level(country, *level))
        {
            let missing = match level {
                Reach::National => None,
                Reach::Region => of.region.is_none().then_some("region"),
                Reach::City => of.city.is_none().then_some("city"),
            };
            if let Some(key) = missing {
                unknown.push(Provisional::AttributeMissing { key: key.to_owned() });
            } else if !self.known.is_official(country, &of, year)
                && !self.confirmed.contains(&(country, of.clone(), year))
            {
                unknown.push(Provisional::CalendarYear { country, region: of.region, city: of.city, year });
            }
        }
        unknown
    }

    /// Whose days off a calendar means: those of the firm's seat, for its own calendar.
    fn asked<'b>(
        &'b self,
        calendar: Calendar,
        reach: Reach,
        place: &'b Place,
    ) -> (Country, &'b Place, Reach) {
        match calendar.country() {
            Some(country) => (country, place, reach),
            None => {
                let office = &self.office.place;
                let reach = match (&office.region, &office.city) {
                    (_, Some(_)) => Reach::City,
                    (Some(_), None) => Reach::Region,
                    (None, None) => Reach::National,
                };
                (self.office.country, office, reach)
            }
        }
    }
}
