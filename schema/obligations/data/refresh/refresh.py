"""Writes the holidays of four countries as data, and says what changed.

    python refresh.py [--check] [--today 2026-11-30]

Files written in the folder above: holidays.csv, holiday_names.csv, calendar_years.csv, regions.csv, cities.csv. The
same versions of the packages write the same bytes. The program writes nothing and ends with 1 when a day that is past
appears, disappears or changes without a line in notes.csv; with --check, also when anything would be written.
"""

import argparse
import csv
import io
import re
import sys
from datetime import date
from pathlib import Path

import pycountry

import calendars
from calendars import Day, YEARS, yes

HERE = Path(__file__).resolve().parent
DATA = HERE.parent
LOCALES = ("en", "fr", "es", "pt-BR")
# Spain moves days from a Sunday: the name says from which, and so does each translation.
MONDAY = "Lunes siguiente a "
MONDAY_IN = {
    "en": "Monday after {}",
    "fr": "Lundi suivant : {}",
    "es": "Lunes siguiente a {}",
    "pt-BR": "Segunda-feira seguinte: {}",
}
LEVELS = {
    "BR": {"State", "Federal district"},
    "ES": {"Autonomous community", "Autonomous city in north africa"},
    "PT": {"District", "Autonomous region"},
    "FR": {
        "Metropolitan department",
        "Overseas departmental collectivity",
        "Overseas unique territorial collectivity",
        "Overseas collectivity",
        "Overseas collectivity with special status",
        "Overseas territory",
    },
}
# Paris is FR-75C in the standard since 2021; people and forms write the number of the department.
PARIS = ("FR", "FR-75", "Paris")
# What the standard's list spells in its own way.
REGION_NAMES = {
    "ES-AS": "Principado de Asturias",
    "ES-CT": "Cataluña",
    "ES-GA": "Galicia",
    "ES-IB": "Illes Balears",
    "ES-MC": "Región de Murcia",
    "ES-MD": "Comunidad de Madrid",
    "ES-NC": "Comunidad Foral de Navarra",
    "ES-VC": "Comunitat Valenciana",
    "FR-973": "Guyane",
}
# Own labour law and own holidays that are not in the files.
NOT_KEPT = {"FR-NC", "FR-PF", "FR-WF", "FR-TF"}
# Length of the code of a municipality.
CITY_DIGITS = {"BR": 7, "ES": 5, "FR": 5, "PT": 4}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def regions():
    found = [PARIS]
    for country, types in LEVELS.items():
        for region in pycountry.subdivisions.get(country_code=country):
            if region.type in types:
                found.append((country, region.code, REGION_NAMES.get(region.code, region.name)))
    return sorted(found)


def places():
    """The municipalities of which something is known, and the years in which that is confirmed."""
    found = []
    for row in rows_of(HERE / "places.csv"):
        years = re.fullmatch(r"(\d{4})-(\d{4})", row["confirmed"])
        row["years"] = range(int(years[1]), int(years[2]) + 1) if years else range(0)
        found.append(row)
    return found


def calendar_years(regions, places):
    for country in sorted(LEVELS):
        for year in YEARS:
            yield (country, "", "", year, *nation_year(country, year))
    for country, region, _ in regions:
        for year in YEARS:
            official, source = nation_year(country, year)
            if region in NOT_KEPT:
                official, source = yes(False), "own holidays, which are not kept here"
            yield country, region, "", year, official, source
    for place in places:
        for year in YEARS:
            official = year in place["years"]
            source = place["source"] if official else "confirmed by nobody yet"
            yield place["country"], place["region"], place["city"], year, yes(official), source


def nation_year(country, year):
    if country == "ES":
        journal = calendars.SPAIN_PUBLISHED.get(year)
        return (yes(journal is not None), journal or "not published yet")
    return (yes(True), {"BR": "law", "FR": "Code du travail", "PT": "Código do Trabalho"}[country])


def names(days):
    """Each name in four languages; a name without translation ends the program."""
    known = {row["name"]: row for row in rows_of(HERE / "translations.csv")}
    missing, used = set(), set()

    def one(name, locale):
        base = name.removeprefix(MONDAY)
        if base not in known:
            missing.add(base)
            return ""
        used.add(base)
        translation = known[base][locale]
        return translation if base == name else MONDAY_IN[locale].format(translation)

    lines = []
    for name in sorted({day.name for day in days}):
        for locale in LOCALES:
            lines.append((name, locale, " / ".join(one(part, locale) for part in name.split(" / "))))
    if missing:
        raise SystemExit("translations.csv lacks: " + "; ".join(sorted(missing)))
    if unused := set(known) - used:
        raise SystemExit("translations.csv has names of no day: " + "; ".join(sorted(unused)))
    return lines


def check(days, regions, places):
    """What must hold for every row, whoever wrote it."""
    codes = {code for _, code, _ in regions}
    cities = {(p["country"], p["region"], p["city"]) for p in places}
    for day in days:
        date.fromisoformat(day.date)
        fine = (
            re.fullmatch("B?F?L?", day.kinds)
            and day.kinds
            and day.name
            and day.source
            and day.official in ("true", "false")
            and (not day.region or day.region in codes)
            and (not day.city or day.place in cities)
        )
        if not fine:
            raise SystemExit(f"not a row: {day}")
    for place in places:
        if not re.fullmatch(rf"\d{{{CITY_DIGITS[place['country']]}}}", place["city"]):
            raise SystemExit(f"not a municipality's code: {place}")


def difference(old, new, notes, today):
    """Prints what changed; returns the past days that changed without a note."""
    unexplained = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        sign = "+" if before is None else "-" if after is None else "~"
        shown = after if before is None else before
        print(sign, ",".join(shown), *(["→", ",".join(after)] if sign == "~" else []))
        if old and key[3] < today and key not in notes:
            unexplained.append(key)
    return unexplained


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--check", action="store_true", help="write nothing; end with 1 when something would change")
    options.add_argument("--today", default=date.today().isoformat(), help="days before it are past")
    options = options.parse_args()

    region_rows, place_rows = regions(), places()
    days = calendars.build([Day(**row) for row in rows_of(HERE / "cities.csv")])
    check(days, region_rows, place_rows)
    files = {
        "holidays.csv": text(Day._fields, days),
        "holiday_names.csv": text(("name", "locale", "translation"), names(days)),
        "calendar_years.csv": text(
            ("country", "region", "city", "year", "official", "source"),
            sorted(calendar_years(region_rows, place_rows)),
        ),
        "regions.csv": text(("country", "region", "name"), region_rows),
        "cities.csv": text(
            ("country", "region", "city", "name"),
            sorted((p["country"], p["region"], p["city"], p["name"]) for p in place_rows),
        ),
    }

    stored = DATA / "holidays.csv"
    old = {day.key: day for day in (Day(**row) for row in rows_of(stored))} if stored.exists() else {}
    notes = {(n["country"], n["region"], n["city"], n["date"]) for n in rows_of(HERE / "notes.csv")}
    unexplained = difference(old, {day.key: day for day in days}, notes, options.today)
    for (country, level), number in sorted(calendars.count(days).items()):
        print(f"{country} {level}: {number}")
    print(f"rows: {len(days)}")
    if unexplained:
        for key in unexplained:
            print("a past day changes without a note in notes.csv:", ",".join(key), file=sys.stderr)
        return 1

    changed = [n for n, t in files.items() if not (DATA / n).exists() or (DATA / n).read_text(encoding="utf-8") != t]
    if options.check:
        print("would change:" if changed else "up to date", *changed)
        return 1 if changed else 0
    for name in changed:
        (DATA / name).write_text(files[name], encoding="utf-8", newline="\n")
    print("written:" if changed else "up to date", *changed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
