//! What a fault run saw.

use std::fmt::Display;

/// Counts, and what went against the promise.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    counts: Vec<String>,
    broken: Vec<String>,
}

impl Findings {
    /// Keeps a figure to be printed, such as `kills 100`.
    pub fn count(&mut self, what: &str, figure: impl Display) {
        self.counts.push(format!("{what} {figure}"));
    }

    /// Notes that the promise is broken unless `kept`; `what` says how.
    pub fn expect(&mut self, kept: bool, what: impl Into<String>) {
        if !kept {
            self.broken.push(what.into());
        }
    }

    /// Notes that these two must be equal.
    pub fn expect_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, wanted: T) {
        self.expect(found == wanted, format!("{what}: {found:?} instead of {wanted:?}"));
    }

    /// Adds those of a part of the run.
    pub fn extend(&mut self, part: &str, findings: Self) {
        let name = |texts: Vec<String>| texts.into_iter().map(move |text| format!("{part}: {text}"));
        self.counts.extend(name(findings.counts));
        self.broken.extend(name(findings.broken));
    }

    /// The figures in one line.
    pub fn counts(&self) -> String {
        self.counts.join(", ")
    }

    /// What went against the promise; empty when it was kept.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }
}

/// A run that could not be carried out has kept no promise.
impl From<String> for Findings {
    fn from(reason: String) -> Self {
        Self { counts: Vec::new(), broken: vec![reason] }
    }
}
