"""What is known to go wrong with the lists, one test each: python -m unittest (in this folder)."""

import unittest
from datetime import date

import calendars
from calendars import Day
from refresh import HERE, difference, rows_of

DAYS = {day.key: day for day in calendars.build([Day(**row) for row in rows_of(HERE / "cities.csv")])}


def kinds(country, day, region="", city=""):
    row = DAYS.get((country, region, city, day))
    return row.kinds if row else ""


class Traps(unittest.TestCase):
    def test_banks_of_brazil_open_on_24_december_and_close_on_the_last_weekday(self):
        for year in calendars.YEARS:
            self.assertEqual(kinds("BR", f"{year}-12-24"), "")
        self.assertEqual(kinds("BR", "2023-12-29"), "B")
        self.assertEqual(kinds("BR", "2024-12-31"), "B")
        self.assertEqual(kinds("BR", "2028-12-29"), "B")

    def test_of_the_optional_days_only_carnival_and_corpus_christi_count_and_not_for_labour(self):
        self.assertEqual([kinds("BR", d) for d in ("2026-02-16", "2026-02-17", "2026-06-04")], ["BF"] * 3)
        self.assertEqual([kinds("BR", d) for d in ("2026-02-18", "2026-10-28")], ["", ""])

    def test_20_november_is_national_from_2024(self):
        self.assertEqual(kinds("BR", "2023-11-20"), "")
        self.assertEqual(kinds("BR", "2024-11-20"), "BFL")
        self.assertEqual(kinds("BR", "2023-11-20", "BR-RJ"), "BL")
        self.assertEqual(kinds("BR", "2024-11-20", "BR-RJ"), "")
        self.assertEqual(kinds("BR", "2023-11-20", "BR-SP", "3550308"), "BL")

    def test_carnival_is_a_labour_holiday_in_the_state_of_rio(self):
        self.assertEqual(kinds("BR", "2025-03-04", "BR-RJ"), "BL")

    def test_acre_moves_days_to_friday_and_santa_catarina_to_sunday(self):
        acre = [d.date for d in DAYS.values() if d.region == "BR-AC" and d.name == "Dia do Evangélico"]
        self.assertIn("2024-01-26", acre)
        self.assertNotIn("2024-01-23", acre)
        days = [d for d in DAYS.values() if d.region == "BR-SC"]
        self.assertTrue(days and all(date.fromisoformat(d.date).weekday() == 6 for d in days))

    def test_decrees_and_cities(self):
        self.assertEqual(kinds("BR", "2024-11-18", "BR-RJ", "3304557"), "BL")
        self.assertEqual(kinds("BR", "2025-01-25", "BR-SP", "3550308"), "BL")
        self.assertEqual(kinds("BR", "2025-06-24", "BR-PE", "2611606"), "BL")

    def test_15_august_is_of_fortaleza_and_not_of_its_state(self):
        self.assertEqual(kinds("BR", "2025-08-15", "BR-CE"), "")
        self.assertEqual(kinds("BR", "2025-08-15", "BR-CE", "2304400"), "BL")
        self.assertEqual(kinds("BR", "2025-03-25", "BR-CE"), "BL")

    def test_both_departments_of_alsace_are_there_and_overseas_only_the_law(self):
        for department in ("FR-57", "FR-67", "FR-68"):
            self.assertEqual(kinds("FR", "2025-04-18", department), "L")
            self.assertEqual(kinds("FR", "2025-12-26", department), "L")
        self.assertEqual(kinds("FR", "2025-04-18"), "B")
        self.assertEqual(kinds("FR", "2025-05-27", "FR-971"), "L")
        self.assertEqual(kinds("FR", "2025-07-21", "FR-971"), "")

    def test_spain_is_official_only_where_the_journal_has_published(self):
        for day in DAYS.values():
            if day.country == "ES" and not day.city and day.source != calendars.TARGET:
                self.assertEqual(day.official, calendars.yes(day.date < "2027"), day)
        self.assertEqual(kinds("ES", "2026-03-02", "ES-IB"), "FL")
        self.assertEqual(kinds("ES", "2025-07-25", "ES-MD"), "FL")
        self.assertEqual(kinds("ES", "2026-07-25", "ES-MD"), "")

    def test_barcelona_has_two_days_a_year_of_its_own(self):
        for year in calendars.YEARS:
            own = [d for d in DAYS.values() if d.city == "08019" and d.date.startswith(str(year))]
            self.assertEqual(len(own), 2)

    def test_a_district_of_portugal_is_the_municipality_of_its_capital(self):
        self.assertEqual(kinds("PT", "2025-06-13", "PT-11", "1106"), "L")
        self.assertEqual(kinds("PT", "2025-06-24", "PT-13", "1312"), "L")
        self.assertFalse([d for d in DAYS.values() if d.country == "PT" and d.region < "PT-20" and d.region and not d.city])
        self.assertEqual([kinds("PT", f"{year}-04-02", "PT-30") for year in (2024, 2025, 2026)], ["", "L", "L"])
        self.assertEqual([kinds("PT", d) for d in ("2025-03-04", "2025-12-24", "2025-12-31")], ["", "", ""])

    def test_a_past_day_changes_only_with_a_note(self):
        day = Day("BR", "", "", "2024-01-01", "BFL", "Ano Novo", "Lei", "true")
        later = day._replace(date="2030-01-01")
        changed = {d.key: d._replace(kinds="B") for d in (day, later)}
        old = {d.key: d for d in (day, later)}
        self.assertEqual(difference(old, changed, set(), "2026-11-30"), [day.key])
        self.assertEqual(difference(old, {}, set(), "2026-11-30"), [day.key])
        self.assertEqual(difference(old, changed, {day.key}, "2026-11-30"), [])
        self.assertEqual(difference({}, old, set(), "2026-11-30"), [], "the first writing has no past")


if __name__ == "__main__":
    unittest.main(buffer=True)
