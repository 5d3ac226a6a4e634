//! Two candidates measured in alternation, so that other load on the machine affects both.

use std::fmt;

/// How often each is measured.
pub const ROUNDS: usize = 5;

/// The measurement of one candidate in one round.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The number of operations.
    pub operations: f64,
    /// The duration in seconds.
    pub seconds: f64,
    /// The CPU time in seconds.
    pub cpu: f64,
}

impl Measured {
    /// The difference between two readings, each of operations, seconds and CPU time so far.
    pub fn between(before: Self, after: Self) -> Self {
        Self {
            operations: after.operations - before.operations,
            seconds: after.seconds - before.seconds,
            cpu: after.cpu - before.cpu,
        }
    }

    /// Operations per second.
    pub fn rate(&self) -> f64 {
        self.operations / self.seconds
    }

    fn per_cpu_second(&self) -> f64 {
        self.operations / self.cpu
    }

    /// CPU seconds per thousand operations.
    pub fn cpu_per_thousand(&self) -> f64 {
        self.cpu / self.operations * 1000.0
    }
}

/// All rounds of our program and of the baseline.
#[derive(Debug, Clone, Default)]
pub struct Rounds(Vec<(Measured, Measured)>);

impl Rounds {
    /// Adds a round: ours, the baseline.
    pub fn add(&mut self, ours: Measured, other: Measured) {
        self.0.push((ours, other));
    }

    /// How many times the CPU time and the time of the baseline ours takes: median and range.
    pub fn times(&self) -> String {
        let times = |figure: fn(&Measured) -> f64| {
            range(self.0.iter().map(|(ours, other)| figure(other) / figure(ours)), 2)
        };
        format!(
            "**{} ×** its CPU seconds, {} × its time",
            times(Measured::per_cpu_second),
            times(Measured::rate)
        )
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = range(self.0.iter().map(|(a, b)| a.per_cpu_second() / b.per_cpu_second() * 100.0), 1);
        let both = |figure: fn(&Measured) -> f64, digits| {
            let [ours, other] = [
                range(self.0.iter().map(|(ours, _)| figure(ours)), digits),
                range(self.0.iter().map(|(_, other)| figure(other)), digits),
            ];
            format!("{ours} against {other}")
        };
        write!(f, "**{ratio} %** of its rate per CPU second; ")?;
        write!(f, "{} a second; ", both(Measured::rate, 0))?;
        write!(f, "CPU seconds a thousand: {}", both(Measured::cpu_per_thousand, 3))
    }
}

/// Median and range.
pub fn range(figures: impl Iterator<Item = f64>, digits: usize) -> String {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    match (sorted.first(), sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(least), Some(median), Some(most)) => {
            format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
        }
        _ => "nothing measured".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_and_a_range() {
        assert_eq!(range([3.0, 1.0, 2.0].into_iter(), 1), "2.0 (1.0 to 3.0)");
        assert_eq!(range([].into_iter(), 1), "nothing measured");
    }

    #[test]
    fn rates_are_compared_by_the_cpu_they_take() {
        let mut rounds = Rounds::default();
        let ours = Measured { operations: 500.0, seconds: 1.0, cpu: 1.0 };
        rounds.add(ours, Measured { operations: 1000.0, seconds: 1.0, cpu: 1.0 });
        let text = rounds.to_string();
        assert!(text.starts_with("**50.0 (50.0 to 50.0) %**"), "{text}");
        assert!(text.ends_with("2.000 (2.000 to 2.000) against 1.000 (1.000 to 1.000)"), "{text}");
        assert!(rounds.times().starts_with("**2.00 (2.00 to 2.00) ×**"), "{}", rounds.times());
    }
}
