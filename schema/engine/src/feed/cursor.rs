//! The position in a firm's feed from which a frontend resumes (F-01). Cursors of lists: `guichet_base::page::Cursor`.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::actor::Membership;
use guichet_base::id::{FirmId, Id};

/// Length of the nonce (RFC 8439, 2.3), which precedes the ciphertext.
const NONCE: usize = 12;

/// A position in a firm's feed. It is valid for one membership with the rights it had, because other memberships
/// receive other events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedCursor {
    /// The firm.
    pub firm_id: FirmId,
    /// The epoch of the feed. A new one begins when the database is restored from a backup.
    pub epoch: Uuid,
    /// The membership: its staff member or portal access.
    membership: Uuid,
    /// A digest of what the membership can see.
    sight: [u8; 32],
    /// Everything up to this revision has been delivered.
    pub revision: i64,
}

impl FeedCursor {
    /// The position in the feed of the membership's firm.
    pub fn of(membership: &Membership, epoch: Uuid, revision: i64) -> Self {
        let scope = membership.scope();
        let mut sight = scope.fingerprint();
        // Owners and managers also see the mails to colleagues.
        sight.push(membership.oversees().into());
        let sight = Sha256::digest(sight).0;
        Self { firm_id: scope.firm_id(), epoch, membership: membership.person(), sight, revision }
    }

    /// The opaque cursor of the API. It is encrypted: plain revisions would reveal the firm's activity to its
    /// clients (B-14).
    pub fn encode(&self) -> String {
        let nonce: [u8; NONCE] = rand::random();
        let (revision, about) = (self.revision.to_be_bytes(), self.about());
        let sealed = Payload { msg: &revision, aad: &about };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), sealed).expect("eight bytes can be sealed");
        BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())
    }

    /// Decodes a text of [`FeedCursor::encode`]; none when it is for another membership, firm, epoch or other
    /// rights, or not a cursor at all.
    #[must_use]
    pub fn resumed(self, text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let sealed = Payload { msg: sealed, aad: &self.about() };
        let revision = self.cipher().decrypt(&Nonce::from(*nonce), sealed).ok()?;
        Some(Self { revision: i64::from_be_bytes(revision.try_into().ok()?), ..self })
    }

    /// The key is derived from the epoch, which is random and secret.
    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Sha256::digest(self.epoch.as_bytes()).0.into())
    }

    fn about(&self) -> [u8; 64] {
        let mut about = [0; 64];
        about[..16].copy_from_slice(self.firm_id.uuid().as_bytes());
        about[16..32].copy_from_slice(self.membership.as_bytes());
        about[32..].copy_from_slice(&self.sight);
        about
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::actor::{MemberReach, StaffMembership, StaffRole};
    use guichet_base::id::StaffId;

    fn place(firm: u128, epoch: u128, membership: u128, revision: i64) -> FeedCursor {
        let [firm, epoch, membership] = [firm, epoch, membership].map(Uuid::from_u128);
        FeedCursor { firm_id: FirmId::from_uuid(firm), epoch, membership, sight: [0; 32], revision }
    }

    proptest! {
        #[test]
        fn cursors_round_trip(firm: u128, epoch: u128, membership: u128, revision: i64) {
            let cursor = place(firm, epoch, membership, revision);
            let now = place(firm, epoch, membership, 7);
            prop_assert_eq!(now.resumed(&cursor.encode()), Some(cursor));
        }

        /// F-01: a cursor is bound to one membership with its rights, one firm and one epoch.
        #[test]
        fn of_others_it_is_none(firm: u128, epoch: u128, membership: u128, other: u128) {
            let text = place(firm, epoch, membership, 5).encode();
            for elsewhere in [place(other, epoch, membership, 5), place(firm, other, membership, 5), place(firm, epoch, other, 5)] {
                prop_assume!(elsewhere != place(firm, epoch, membership, 5));
                prop_assert_eq!(elsewhere.resumed(&text), None);
            }
            let with_other_rights = FeedCursor { sight: [1; 32], ..place(firm, epoch, membership, 5) };
            prop_assert_eq!(with_other_rights.resumed(&text), None);
        }

        #[test]
        fn nothing_else_is_one(text in "\\PC{0,100}") {
            prop_assert_eq!(place(1, 2, 3, 4).resumed(&text), None);
        }
    }

    /// F-01, D-11: two roles that see the same tickets but not the same mails do not share cursors.
    #[test]
    fn who_looks_after_the_firm_sees_more() {
        let (id, firm_id) = (StaffId::new(), FirmId::new());
        let of = |role| {
            let membership =
                Membership::Staff(StaffMembership { id, firm_id, role, reach: MemberReach::All });
            FeedCursor::of(&membership, Uuid::from_u128(7), 5)
        };
        let [owner, manager, member] = [StaffRole::Owner, StaffRole::Manager, StaffRole::Member].map(of);
        assert_eq!(manager.resumed(&owner.encode()), Some(manager));
        assert_eq!(member.resumed(&member.encode()), Some(member));
        assert_eq!(manager.resumed(&member.encode()), None);
        assert_eq!(member.resumed(&manager.encode()), None);
    }

    /// B-14: the text reveals nothing about the revision, not even whether two are equal.
    #[test]
    fn a_revision_is_not_told() {
        let texts = [1, 1, 2, i64::MAX].map(|revision| place(1, 2, 3, revision).encode());
        let lengths = texts.each_ref().map(String::len);
        assert_eq!(lengths, [lengths[0]; 4]);
        assert_ne!(texts[0], texts[1]);
    }
}
