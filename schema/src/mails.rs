//! Every kind of mail that there is. The workers and the lists of deliveries know them by this list alone; a new kind
//! is listed here.

use crate::desk::ticket::mails::{StaffMail, StatusMail};
use crate::shared::email_delivery::kind::Mails;

/// All of them.
pub static ALL: Mails = &[&StatusMail, &StaffMail];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::shared::email_delivery::model::DeliveryAbout;

    /// F-02: nothing is queued that could not be written, and each kind is listed once.
    #[test]
    fn every_kind_is_listed_once() {
        let kinds: Vec<_> = ALL.iter().map(|mail| (mail.about(), mail.noun())).collect();
        assert_eq!(kinds.iter().collect::<HashSet<_>>().len(), kinds.len());
        let about: HashSet<DeliveryAbout> = kinds.iter().map(|(about, _)| *about).collect();
        assert_eq!(about.len(), DeliveryAbout::ALL.len());
    }
}
