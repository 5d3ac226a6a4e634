//! Why a date moves, as pure functions.

use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use guichet_obligations::{DayOff, Due, Op, Provisional};

text_enum! {
    /// The reason why a due date moves.
    pub enum MoveReason {
        /// The rule of the law changed.
        Rule = "RULE",
        /// An authority extended the date, or no longer does.
        Extension = "EXTENSION",
        /// The firm set another rule or date for the client, or no longer does.
        Override = "OVERRIDE",
        /// The days off on the way to the date changed.
        Calendar = "CALENDAR",
        /// Something that the rule waits for happened, or on another day.
        Event = "EVENT",
        /// The record of the client changed: a place, an attribute, a fiscal year.
        Client = "CLIENT",
        /// The rules of the firm's own for its date, or for handing in, changed.
        OwnRule = "OWN_RULE",
        /// The date stays, but is final now, or is not final any more.
        Certainty = "CERTAINTY",
    }
}

/// Why the date of the law is another one than it was: by what the two ways to it differ in.
pub fn why(before: Option<&Due>, after: Option<&Due>) -> MoveReason {
    let (Some(before), Some(after)) = (before, after) else { return MoveReason::Rule };
    let has = |due: &Due, op: Op| due.steps.iter().any(|step| step.op == op);
    let sources = |due: &Due, op: Op| -> Vec<Option<String>> {
        due.steps.iter().filter(|step| step.op == op).map(|step| step.source.clone()).collect()
    };
    for (op, reason) in [(Op::Override, MoveReason::Override), (Op::Extension, MoveReason::Extension)] {
        if has(before, op) != has(after, op)
            || sources(before, op) != sources(after, op)
            || has(after, op) && before.date != after.date
        {
            return reason;
        }
    }
    if before.source != after.source || before.obligation != after.obligation {
        return MoveReason::Rule;
    }
    let days_off = |due: &Due| -> Vec<DayOff> {
        due.steps.iter().flat_map(|step| step.days_off.iter().cloned()).collect()
    };
    let waits = |due: &Due| due.provisional.iter().any(|why| matches!(why, Provisional::EventUnknown { .. }));
    let events = |due: &Due| {
        due.steps.iter().filter(|step| step.op == Op::Event).map(|step| step.to).collect::<Vec<_>>()
    };
    let choices = |due: &Due| {
        let chosen = due.steps.iter().filter(|step| step.op == Op::Choose);
        chosen.map(|step| (step.key.clone(), step.value.clone())).collect::<Vec<_>>()
    };
    let ways = |due: &Due| due.steps.iter().map(|step| (step.op, step.number)).collect::<Vec<_>>();
    let bounds = |due: &Due| {
        let anchors = due.steps.iter().filter(|step| matches!(step.op, Op::PeriodStart | Op::PeriodEnd));
        anchors.map(|step| step.to).collect::<Vec<_>>()
    };
    // What was found before places were kept tells nothing of them.
    let is_elsewhere = before.place.is_some() && after.place.is_some() && before.place != after.place;
    if waits(before) != waits(after) || events(before) != events(after) {
        MoveReason::Event
    } else if choices(before) != choices(after) || bounds(before) != bounds(after) || is_elsewhere {
        MoveReason::Client
    } else if before.date == after.date {
        MoveReason::Certainty
    } else if ways(before) == ways(after) && days_off(before) != days_off(after) || passes_more(before, after)
    {
        MoveReason::Calendar
    } else if before.provisional == after.provisional {
        MoveReason::Rule
    } else {
        MoveReason::Client
    }
}

/// Whether the two ways differ only in that one of them steps over days off.
fn passes_more(before: &Due, after: &Due) -> bool {
    let ways = |due: &Due| {
        let steps = due.steps.iter().filter(|step| step.days_off.is_empty());
        steps.map(|step| (step.op, step.number)).collect::<Vec<_>>()
    };
    ways(before) == ways(after)
}

/// The reason as a sentence; `source` is where the new date is written.
pub fn sentence(locale: Locale, reason: MoveReason, source: Option<&str>) -> String {
    let mut args = Args::new();
    args.set("source", source.unwrap_or_default().to_owned());
    let key = match reason {
        MoveReason::Rule if source.is_none_or(str::is_empty) => "move-rule-none",
        MoveReason::Rule => "move-rule",
        MoveReason::Extension => "move-extension",
        MoveReason::Override => "move-override",
        MoveReason::Calendar => "move-calendar",
        MoveReason::Event => "move-event",
        MoveReason::Client => "move-client",
        MoveReason::OwnRule => "move-own-rule",
        MoveReason::Certainty => "move-certainty",
    };
    i18n::text(locale, key, &args)
}

#[cfg(test)]
mod tests {
    use guichet_base::country::Country;
    use guichet_obligations::{
        Answer, Calendars, Client, FiscalYears, Holidays, Office, Override, Period, Question, expression,
        shipped,
    };
    use serde_json::json;

    use super::*;

    fn due(client: &Client, instead: Option<Override<'_>>, calendars: &Calendars<'_>) -> Due {
        let period = Period::parse("2025-03", 1, &FiscalYears::calendar()).unwrap();
        let question = Question { code: "BR-DAS", period: &period, client, instead };
        match shipped().book.due(calendars, question) {
            Answer::Due(due) => *due,
            other => panic!("{other:?}"),
        }
    }

    /// C-11: the reason is found in the two ways to the date.
    #[test]
    fn c_11_why_a_date_moves() {
        let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
        let somewhere = Client::default().always("region", "BR-SP").always("city", "3550308");
        let before = due(&somewhere, None, &calendars);
        assert_eq!(why(None, Some(&before)), MoveReason::Rule);
        let fixed = expression(&json!({ "dates": { "2025-03": "2025-04-10" } })).unwrap();
        let instead = Override { due: &fixed, reason: "agreed" };
        let agreed = due(&somewhere, Some(instead), &calendars);
        assert_eq!(why(Some(&before), Some(&agreed)), MoveReason::Override);
        assert_eq!(why(Some(&agreed), Some(&before)), MoveReason::Override);
        let other = Due { source: "Lei 2".into(), ..before.clone() };
        assert_eq!(why(Some(&before), Some(&other)), MoveReason::Rule);
        // The same day off as another client's seat has it: the record changed, not the calendar.
        let rio = Client::default().always("region", "BR-RJ").always("city", "3304557");
        assert_eq!(why(Some(&before), Some(&due(&rio, None, &calendars))), MoveReason::Client);
        let old = Due { place: None, ..before.clone() };
        assert_eq!(why(Some(&old), Some(&before)), MoveReason::Certainty);
        let mut moved = Due { date: before.date.succ_opt().unwrap(), ..before.clone() };
        moved.steps[0].to = before.steps[0].to.and_then(|day| day.pred_opt());
        assert_eq!(why(Some(&before), Some(&moved)), MoveReason::Client, "the year closes on another day");
        let unsure = Due { provisional: vec![Provisional::NoWorkingDay], ..before.clone() };
        assert_eq!(why(Some(&unsure), Some(&before)), MoveReason::Certainty);
    }

    /// Each reason has a sentence of its own in every language.
    #[test]
    fn every_reason_has_a_sentence() {
        for locale in Locale::ALL {
            let texts: std::collections::BTreeSet<String> =
                MoveReason::ALL.iter().map(|reason| sentence(*locale, *reason, Some("Lei 1"))).collect();
            assert_eq!(texts.len(), MoveReason::ALL.len(), "{locale}");
            assert!(texts.iter().all(|text| text.ends_with('.')), "{locale}: {texts:?}");
        }
    }
}
