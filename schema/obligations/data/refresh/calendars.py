"""The working calendars of four countries as rows, from python-holidays and the lists that are kept by hand.

One function per country. Each says which days of the package are taken, for which calendars (B bank, F filing of
declarations, L labour), and which are dropped and why. The rules are described in the README beside this file.
"""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

import holidays

YEARS = range(2023, 2033)
PACKAGE = "python-holidays 0.109"
# The official journal publishes Spain's days every autumn for one year; later ones are the package's guess.
SPAIN_PUBLISHED = {
    2023: "BOE-A-2022-16755",
    2024: "BOE-A-2023-22014",
    2025: "BOE-A-2024-21316",
    2026: "BOE-A-2025-21667",
}
TARGET = "TARGET (BCE, ECB)"


class Day(NamedTuple):
    """One day off of one place; an empty region or city means the whole level above."""

    country: str
    region: str
    city: str
    date: str
    kinds: str
    name: str
    source: str
    official: str

    @property
    def place(self):
        return (self.country, self.region, self.city)

    @property
    def key(self):
        return (self.country, self.region, self.city, self.date)


class Calendar:
    """Collects days; several names of one day at one place become one row."""

    def __init__(self):
        self.days = {}

    def add(self, place, day, kinds, name, source, official=True):
        """Adds a day, or further kinds and a further name to a day that is there."""
        country, region, city = place
        row = Day(country, region, city, day.isoformat(), kinds, name, source, yes(official))
        known = self.days.get(row.key)
        if known:
            row = row._replace(
                kinds="".join(k for k in "BFL" if k in known.kinds + kinds),
                name=merged(known.name, name, " / "),
                source=merged(known.source, source, "; "),
                official=yes(known.official == yes(True) and official),
            )
        self.days[row.key] = row

    def off(self, country, day, kind):
        """Whether the whole country has that day off on that calendar."""
        row = self.days.get((country, "", "", day.isoformat()))
        return row is not None and kind in row.kinds


def yes(flag):
    return "true" if flag else "false"


def merged(old, new, between):
    parts = old.split(between)
    return old if new in parts else between.join([*parts, new])


def listed(calendar):
    """The days of a list of the package with each of their names."""
    for day in sorted(calendar):
        for name in calendar.get_list(day):
            yield day, name


def country(code, language, **more):
    # The language is always given: without it the package follows the machine's locale.
    return holidays.country_holidays(code, years=YEARS, language=language, **more)


def target_days(calendar, code, names):
    """The European bank days that are not already national holidays of the country."""
    for day, name in listed(holidays.financial_holidays("ECB", years=YEARS, language="en_US")):
        if day.year in YEARS and not calendar.off(code, day, "B"):
            calendar.add((code, "", ""), day, "B", names[name], TARGET)


# ---------------------------------------------------------------------------------------------------------- Brazil

BRAZIL_LAWS = {
    "Sexta-feira Santa": "Lei 9.093/1995, art. 2",
    "Nossa Senhora Aparecida": "Lei 6.802/1980",
    "Dia Nacional de Zumbi e da Consciência Negra": "Lei 14.759/2023",
}
BRAZIL_STATE_LAWS = {
    ("RJ", "Carnaval"): "Lei estadual 5.243/2008",
    ("RJ", "São Jorge"): "Lei estadual 5.198/2008",
    ("SP", "Revolução Constitucionalista"): "Lei estadual 9.497/1997",
    ("PE", "Revolução Pernambucana de 1817"): "Lei estadual 16.059/2017",
}
# Days of capitals that the package gives to their whole state; `cities.csv` has them.
BRAZIL_OF_CITIES = {("CE", "Nossa Senhora da Assunção")}
# Of the optional days only these close banks and offices; Ash Wednesday, 28 October, 24 and 31 December do not.
BRAZIL_OPTIONAL = {"Carnaval", "Corpus Christi"}
CMN = "Resolução CMN 4.880/2020"


def brazil(calendar):
    nation = ("BR", "", "")
    for day, name in listed(country("BR", "pt_BR")):
        calendar.add(nation, day, "BFL", name, BRAZIL_LAWS.get(name, "Lei 662/1949"))
    for day, name in listed(country("BR", "pt_BR", categories="optional")):
        if name in BRAZIL_OPTIONAL:
            calendar.add(nation, day, "BF", name, CMN)
    # The exchange's list has the last weekday of the year, but also 24 December, when banks open.
    for day, name in listed(holidays.financial_holidays("BVMF", years=YEARS, language="pt_BR")):
        if name == "Último dia útil do ano":
            calendar.add(nation, day, "B", name, CMN)
    for state in country("BR", "pt_BR").subdivisions:
        if len(state) != 2:
            continue
        for day, name in listed(country("BR", "pt_BR", subdiv=state)):
            # A state's second name for a national day adds nothing.
            if not calendar.off("BR", day, "L") and (state, name) not in BRAZIL_OF_CITIES:
                law = BRAZIL_STATE_LAWS.get((state, name), "Lei estadual (Lei 9.093/1995, art. 1, II)")
                calendar.add(("BR", f"BR-{state}", ""), day, "BL", name, f"{law}; {PACKAGE}")
    city = ("BR", "BR-SP", "3550308")
    known = {(d, n) for d, n in listed(country("BR", "pt_BR", subdiv="SP"))}
    for day, name in listed(country("BR", "pt_BR", subdiv="São Paulo Capital")):
        if (day, name) not in known:
            law = "Lei municipal 13.707/2004" if name == "Consciência Negra" else "Lei municipal 7.008/1967"
            calendar.add(city, day, "BL", name, f"{law}; {PACKAGE}")


# ---------------------------------------------------------------------------------------------------------- France

FRANCE_TARGET = {
    "New Year's Day": "Jour de l'an",
    "Good Friday": "Vendredi saint",
    "Easter Monday": "Lundi de Pâques",
    "1 May (Labour Day)": "Fête du Travail",
    "Labor Day": "Fête du Travail",
    "Christmas Day": "Noël",
    "26 December": "Saint-Étienne",
    "Christmas Holiday": "Saint-Étienne",
}
FRANCE_BANK = {"Jour de l'an", "Lundi de Pâques", "Fête du Travail", "Noël"}
# Moselle, and the two departments that the package knows as one code (6AE).
ALSACE_MOSELLE = {"57": "57", "67": "6AE", "68": "6AE"}
OVERSEAS = ("971", "972", "973", "974", "976", "BL", "MF")


def france(calendar):
    nation = ("FR", "", "")
    for day, name in listed(country("FR", "fr")):
        kinds = "BFL" if name in FRANCE_BANK else "FL"
        calendar.add(nation, day, kinds, name, "Code du travail, art. L3133-1")
    target_days(calendar, "FR", FRANCE_TARGET)
    for department, subdivision in ALSACE_MOSELLE.items():
        for day, name in listed(country("FR", "fr", subdiv=subdivision)):
            if not calendar.off("FR", day, "L"):
                law = "Code du travail, art. L3134-13"
                calendar.add(("FR", f"FR-{department}", ""), day, "L", name, law)
    # The package mixes custom with law overseas (Mi-Carême, Schœlcher): only the day of the abolition is law.
    for territory in OVERSEAS:
        for day, name in listed(country("FR", "fr", subdiv=territory)):
            if name == "Abolition de l'esclavage" and not calendar.off("FR", day, "L"):
                law = "Code du travail, art. L3422-2"
                calendar.add(("FR", f"FR-{territory}", ""), day, "L", name, law)


# ----------------------------------------------------------------------------------------------------------- Spain

SPAIN_TARGET = {
    "New Year's Day": "Año Nuevo",
    "Good Friday": "Viernes Santo",
    "Easter Monday": "Lunes de Pascua",
    "1 May (Labour Day)": "Fiesta del Trabajo",
    "Labor Day": "Fiesta del Trabajo",
    "Christmas Day": "Natividad del Señor",
    "26 December": "San Esteban",
    "Christmas Holiday": "San Esteban",
}
SPAIN_BANK = {"Año Nuevo", "Viernes Santo", "Fiesta del Trabajo", "Natividad del Señor"}


def spain(calendar):
    def add(place, day, kinds, name, journal=None):
        published = day.year in SPAIN_PUBLISHED
        source = journal or SPAIN_PUBLISHED.get(day.year) or f"{PACKAGE}, sin publicar"
        calendar.add(place, day, kinds, name, source if published else f"{PACKAGE}, sin publicar", published)

    for day, name in listed(country("ES", "es")):
        add(("ES", "", ""), day, "BFL" if name in SPAIN_BANK else "FL", name)
    target_days(calendar, "ES", SPAIN_TARGET)
    quiet = {"islamic_show_estimated": False}
    for region in country("ES", "es").subdivisions:
        if len(region) != 2:
            continue
        days = holidays.ES(years=YEARS, language="es", subdiv=region, **quiet)
        for day, name in listed(days):
            if not calendar.off("ES", day, "F"):
                add(("ES", f"ES-{region}", ""), day, "FL", name)
    # Barcelona's list contains Catalonia's: what is left are the two local days of each year.
    catalonia = set(country("ES", "es", subdiv="CT"))
    for day, name in listed(country("ES", "es", subdiv="Barcelona")):
        if day not in catalonia:
            add(("ES", "ES-CT", "08019"), day, "FL", name, f"DOGC, festes locals; {PACKAGE}")


# -------------------------------------------------------------------------------------------------------- Portugal

PORTUGAL_TARGET = {
    "New Year's Day": "Ano Novo",
    "Good Friday": "Sexta-feira Santa",
    "Easter Monday": "Segunda-feira de Páscoa",
    "1 May (Labour Day)": "Dia do Trabalhador",
    "Labor Day": "Dia do Trabalhador",
    "Christmas Day": "Dia de Natal",
    "26 December": "26 de Dezembro",
    "Christmas Holiday": "26 de Dezembro",
}
PORTUGAL_BANK = {"Ano Novo", "Sexta-feira Santa", "Dia do Trabalhador", "Dia de Natal"}
# A district's code gives the day of its capital, which is a municipality (DICO).
PORTUGAL_CAPITALS = {
    "01": "0105", "02": "0205", "03": "0303", "04": "0402", "05": "0502", "06": "0603",
    "07": "0705", "08": "0805", "09": "0907", "10": "1009", "11": "1106", "12": "1214",
    "13": "1312", "14": "1416", "15": "1512", "16": "1609", "17": "1714", "18": "1823",
}  # fmt: skip
# Madeira's second day, since 2025; the package lacks it.
MADEIRA_AUTONOMY = ("Dia da Autonomia", "DLR 17/2024/M")
PORTUGAL_REGIONS = {"20": "Decreto Regional 13/80/A", "30": "DR 27/79/M; DLR 18/2002/M"}


def portugal(calendar):
    for day, name in listed(country("PT", "pt_PT")):
        kinds = "BFL" if name in PORTUGAL_BANK else "FL"
        calendar.add(("PT", "", ""), day, kinds, name, "Código do Trabalho, art. 234")
    target_days(calendar, "PT", PORTUGAL_TARGET)
    # Regional and municipal days stop no deadline of the tax authority: labour only.
    for region, law in PORTUGAL_REGIONS.items():
        for day, name in listed(country("PT", "pt_PT", subdiv=region)):
            if not calendar.off("PT", day, "L"):
                calendar.add(("PT", f"PT-{region}", ""), day, "L", name, law)
    for year in YEARS:
        if year >= 2025:
            calendar.add(("PT", "PT-30", ""), date(year, 4, 2), "L", *MADEIRA_AUTONOMY)
    for district, city in PORTUGAL_CAPITALS.items():
        for day, name in listed(country("PT", "pt_PT", subdiv=district)):
            if not calendar.off("PT", day, "L"):
                place = ("PT", f"PT-{district}", city)
                calendar.add(place, day, "L", name, f"Feriado municipal (CT, art. 235); {PACKAGE}")


def build(by_hand):
    """All rows: those of the package, and those of `cities.csv`, of which the latter win."""
    calendar = Calendar()
    for write in (brazil, france, spain, portugal):
        write(calendar)
    first = {}
    for row in by_hand:
        if int(row.date[:4]) not in YEARS:
            continue
        if row.key in first:
            raise SystemExit(f"cities.csv says twice what {row.date} is in {row.city}")
        first[row.key] = row
    calendar.days.update(first)
    return sorted(calendar.days.values())


def count(rows):
    totals = defaultdict(int)
    for row in rows:
        level = "city" if row.city else "region" if row.region else "country"
        totals[row.country, level] += 1
    return totals
