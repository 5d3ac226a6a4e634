//! Above the areas: which nouns have which of the shared features. The shared code knows no nouns; these lists are
//! passed to it.

use crate::desk::ticket::attachment::TicketFiles;
use crate::desk::ticket::mails::{StaffMail, StatusMail};
use crate::month::document::files::DocumentFiles;
use crate::month::document::mails::{DeliveredMail, ReceiptMail};
use crate::month::document::news::DocumentNewsMail;
use crate::month::task::attachment::TaskFiles;
use crate::month::task::mails::TaskMail;
use crate::people::firm::mails::SenderMail;
use crate::shared::email_delivery::kind::Mails;
use crate::shared::file::owner::Nouns;

/// The nouns that can have files.
pub const WITH_FILES: Nouns = &[&TicketFiles, &TaskFiles, &DocumentFiles];

/// Every kind of mail: each noun's, by what it is about.
pub static MAILS: Mails =
    &[&StatusMail, &StaffMail, &TaskMail, &SenderMail, &DeliveredMail, &ReceiptMail, &DocumentNewsMail];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::shared::email_delivery::model::DeliveryAbout;

    /// Each kind is listed once, and each that the database knows is a mail of some noun.
    #[test]
    fn every_kind_is_listed_once() {
        let kinds: Vec<_> = MAILS.iter().map(|mail| (mail.about(), mail.noun())).collect();
        assert_eq!(kinds.iter().collect::<HashSet<_>>().len(), kinds.len());
        let about: HashSet<DeliveryAbout> = kinds.iter().map(|(about, _)| *about).collect();
        assert_eq!(about.len(), DeliveryAbout::ALL.len());
    }
}
