//! `Message-ID`s of mails (RFC 5322, 3.6.4): the same on every attempt, and one thread per subject.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::email::Email;
use crate::id::{self, DeliveryId};

/// The `Message-ID` of a delivery, in angle brackets. It is the same on every attempt, so a mailbox that drops
/// duplicates keeps one copy.
pub fn of_delivery(delivery: DeliveryId, domain: &str) -> String {
    format!("<{delivery}@{domain}>")
}

/// The thread root that all mails about a thing to one recipient refer to (D-05), in angle brackets. No mail has it as its
/// own `Message-ID`, so the thread stays one for a recipient who was added later or deleted the first mail.
pub fn of_conversation(noun: &str, id: Uuid, recipient: &Email, domain: &str) -> String {
    let digest = Sha256::new().chain_update(id.as_bytes()).chain_update(recipient.ci()).finalize();
    format!("<{}.{}@{}>", id::encode(noun, id), HEXLOWER.encode(&digest[..8]), domain)
}

/// The domain of the ids of a firm's mails: that of its sender, also while mails go out from another address, so that a
/// conversation stays one. A name that nobody can have when the firm has no valid sender.
pub fn domain(mail_from: &str) -> String {
    Email::parse(mail_from).map_or_else(|| "guichet.invalid".to_owned(), |from| from.domain().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Id, TicketId};

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_delivery_keeps_its_message_id() {
        let delivery = DeliveryId::from_uuid(Uuid::from_u128(7));
        let id = of_delivery(delivery, &domain("avisos@münchen.example"));
        assert_eq!(id, "<delivery_00000000000000000000000000000007@xn--mnchen-3ya.example>");
    }

    /// D-05: one thread per ticket and recipient, whatever the spelling of the address.
    #[test]
    fn a_conversation_belongs_to_one_ticket_and_one_recipient() {
        let [ticket, other] = [1, 2].map(Uuid::from_u128);
        let from = domain("avisos@firma.example");
        assert_eq!(domain("no address"), "guichet.invalid");
        let root = |ticket, to| of_conversation(TicketId::NOUN, ticket, &email(to), &from);
        assert_eq!(root(ticket, "ana@cliente.example"), root(ticket, " ANA@Cliente.example"));
        assert_ne!(root(ticket, "ana@cliente.example"), root(ticket, "rui@cliente.example"));
        assert_ne!(root(ticket, "ana@cliente.example"), root(other, "ana@cliente.example"));
        assert!(root(ticket, "ana@cliente.example").ends_with("@firma.example>"));
        assert!(!root(ticket, "ana@cliente.example").contains("ana"));
    }
}
