//! The metrics of mails and files.

use metrics::{counter, describe_counter};

const MAILS: &str = "guichet_mails_total";
const FILES: &str = "guichet_files_total";

/// What became of an attempt to send a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mail {
    Sent,
    Refused,
    Invalid,
    Deferred,
    RelaySick,
    Exhausted,
    Withheld,
}

impl Mail {
    const ALL: [Self; 7] = [
        Self::Sent,
        Self::Refused,
        Self::Invalid,
        Self::Deferred,
        Self::RelaySick,
        Self::Exhausted,
        Self::Withheld,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Deferred => "deferred",
            Self::RelaySick => "relay_sick",
            Self::Exhausted => "exhausted",
            Self::Withheld => "withheld",
        }
    }
}

/// What became of an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Stored,
    Rejected,
    Infected,
}

impl File {
    const ALL: [Self; 3] = [Self::Stored, Self::Rejected, Self::Infected];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Rejected => "rejected",
            Self::Infected => "infected",
        }
    }
}

/// Describes the metrics to the recorder, and begins every counter at 0.
pub(crate) fn begin() {
    describe_counter!(MAILS, "Attempts to send a mail, by outcome; `withheld` ones were not attempted");
    describe_counter!(FILES, "Verified files, by verdict");
    Mail::ALL.into_iter().for_each(|outcome| mails(outcome).increment(0));
    File::ALL.into_iter().for_each(|outcome| files(outcome).increment(0));
}

/// Counts a mail.
pub(crate) fn mail(outcome: Mail) {
    mails(outcome).increment(1);
}

/// Counts a file.
pub(crate) fn file(outcome: File) {
    files(outcome).increment(1);
}

fn mails(outcome: Mail) -> metrics::Counter {
    counter!(MAILS, "outcome" => outcome.as_str())
}

fn files(outcome: File) -> metrics::Counter {
    counter!(FILES, "outcome" => outcome.as_str())
}
