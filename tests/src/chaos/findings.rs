//! The results of a fault run.

use std::fmt::Display;

/// Figures, and violations of what must hold.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    counts: Vec<String>,
    broken: Vec<String>,
}

impl Findings {
    /// Records a figure to print, for example `kills 100`.
    pub fn count(&mut self, what: &str, figure: impl Display) {
        self.counts.push(format!("{what} {figure}"));
    }

    /// Records a violation unless `kept`; `what` describes it.
    pub fn expect(&mut self, kept: bool, what: impl Into<String>) {
        if !kept {
            self.broken.push(what.into());
        }
    }

    /// Records a violation unless the two are equal.
    pub fn expect_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, wanted: T) {
        self.expect(found == wanted, format!("{what}: {found:?} instead of {wanted:?}"));
    }

    /// Adds the results of a part of the run.
    pub fn extend(&mut self, part: &str, findings: Self) {
        let name = |texts: Vec<String>| texts.into_iter().map(move |text| format!("{part}: {text}"));
        self.counts.extend(name(findings.counts));
        self.broken.extend(name(findings.broken));
    }

    /// The figures on one line.
    pub fn counts(&self) -> String {
        self.counts.join(", ")
    }

    /// The violations; empty when the run passed.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }
}

/// A run that could not be carried out has failed.
impl From<String> for Findings {
    fn from(reason: String) -> Self {
        Self { counts: Vec::new(), broken: vec![reason] }
    }
}
