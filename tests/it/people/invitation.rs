//! Invitations: who gets which membership, and who does not.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Error};
use guichet_engine::actor::{AccessRole, Membership, Origin, StaffRole};
use guichet_engine::tables::{accounts, idempotency_keys, invitations};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::invitation::model::{AcceptInvitation, LIFE};
use guichet_schema::people::invitation::queries;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::people::session::acceptance;
use guichet_schema::people::staff::commands::CreateStaff;
use guichet_schema::people::{founding, portal_access, staff};

use super::world::{PASSWORD, World, address, client_input, firm_input, key, refused};

const INVALID: [(Option<&str>, Code); 1] = [(Some("secret"), Code::InvitationInvalid)];

/// B-02: the person chooses the password; an invitation can be accepted once.
#[tokio::test]
async fn an_invitation_opens_once() {
    let world = World::new().await;
    let email = address();
    let secret = world.invite_staff(&email, StaffRole::Manager).await.unwrap().secret.unwrap();
    let shown = queries::find(&world.store, &secret).await.unwrap().unwrap();
    assert_eq!((shown.email, shown.has_password), (email.clone(), false));

    let short = AcceptInvitation {
        secret: secret.clone(),
        password: Password::new("short"),
        name: Some("a\u{202d}".into()),
    };
    let result = acceptance::accept(&world.store, short, Origin::default()).await;
    let told = [(Some("password"), Code::PasswordTooShort), (Some("name"), Code::InvalidText)];
    assert_eq!(refused(result), told);

    let good = AcceptInvitation {
        secret: secret.clone(),
        password: Password::new(PASSWORD),
        name: Some("  Marta Alves ".into()),
    };
    let signed_in = acceptance::accept(&world.store, good, Origin::default()).await.unwrap();
    assert_eq!(signed_in.viewer.account.name, "Marta Alves");
    assert!(
        matches!(signed_in.viewer.membership, Some(Membership::Staff(ref membership)) if membership.role == StaffRole::Manager)
    );
    assert_eq!(refused(world.accept(secret.clone(), PASSWORD).await), INVALID);
    assert_eq!(queries::find(&world.store, &secret).await.unwrap(), None);
    world.sign_in(&email, PASSWORD).await.unwrap();
}

/// An invitation is valid for seven days. When it is renewed, the old link becomes invalid and the new one is valid.
#[tokio::test]
async fn invitations_expire_and_are_renewed() {
    let world = World::new().await;
    let invited = world.invite_staff(&address(), StaffRole::Member).await.unwrap();
    let old = invited.secret.unwrap();
    world.clock.advance(LIFE);
    assert_eq!(refused(world.accept(old.clone(), PASSWORD).await), INVALID);
    let new = staff::commands::renew_invitation(&world.store, &world.owner, invited.id).await.unwrap().value;
    assert_eq!(refused(world.accept(old, PASSWORD).await), INVALID);
    world.accept(new, PASSWORD).await.unwrap();
    let again = staff::commands::renew_invitation(&world.store, &world.owner, invited.id).await;
    assert_eq!(refused(again), [(Some("id"), Code::NotFound)], "it was accepted already");

    let client = world.client(client_input("Padaria")).await;
    let invited = world.invite_portal(client, &address(), None).await.unwrap();
    let stranger = world.neighbour().await;
    let foreign =
        portal_access::commands::renew_invitation(&stranger.store, &stranger.owner, invited.id).await;
    assert_eq!(refused(foreign), [(Some("id"), Code::NotFound)]);
    let new =
        portal_access::commands::renew_invitation(&world.store, &world.owner, invited.id).await.unwrap();
    assert_eq!(refused(world.accept(invited.secret.unwrap(), PASSWORD).await), INVALID);
    world.accept(new.value, PASSWORD).await.unwrap();
}

/// Of several people who use a link at once, one succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_admits_one() {
    let world = World::new().await;
    let secret = world.invite_staff(&address(), StaffRole::Member).await.unwrap().secret.unwrap();
    let tries =
        (0..8).map(|n| world.accept(secret.clone(), if n % 2 == 0 { PASSWORD } else { "another password" }));
    let results = futures_util::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| !matches!(result, Err(Error::Fault(_)))));
}

/// B-13: an account keeps its password, which is required to accept another membership.
#[tokio::test]
async fn a_second_membership_needs_the_password() {
    let world = World::new().await;
    let other = world.neighbour().await;
    let email = address();
    let first = world.invite_staff(&email, StaffRole::Member).await.unwrap().secret.unwrap();
    world.accept(first, PASSWORD).await.unwrap();
    let second = other.invite_staff(&email.to_uppercase(), StaffRole::Owner).await.unwrap().secret.unwrap();
    assert!(queries::find(&world.store, &second).await.unwrap().unwrap().has_password);
    let wrong = world.accept(second.clone(), "chosen anew, long enough").await;
    assert_eq!(refused(wrong), [(None, Code::WrongCredentials)]);
    assert_eq!(world.sign_in(&email, PASSWORD).await.unwrap().memberships.len(), 1, "not entered yet");
    let actor = world.accept(second, PASSWORD).await.unwrap();
    assert_eq!(actor.firm_id(), other.firm);
    assert_eq!(world.sign_in(&email, PASSWORD).await.unwrap().memberships.len(), 2);
}

/// Who claims somebody else's address at one firm gets no membership that another firm created for it.
#[tokio::test]
async fn a_claimed_address_opens_nothing_else() {
    let world = World::new().await;
    let attacker = world.neighbour().await;
    let victim = address();
    let meant = world.invite_staff(&victim, StaffRole::Owner).await.unwrap().secret.unwrap();
    let bait = attacker.invite_staff(&victim, StaffRole::Member).await.unwrap().secret.unwrap();
    attacker.accept(bait, "password of the attacker").await.unwrap();
    let memberships = attacker.sign_in(&victim, "password of the attacker").await.unwrap().memberships;
    assert_eq!(
        memberships.iter().map(|membership| membership.membership.firm_id()).collect::<Vec<_>>(),
        [attacker.firm]
    );
    let client = world.client(client_input("Padaria")).await;
    let access = world.invite_portal(client, &victim, None).await.unwrap();
    assert!(access.secret.is_some(), "without a proved address there is an invitation, and no access yet");
    // The victim does not know the attacker's password, so the link does not give the attacker the membership.
    assert_eq!(refused(world.accept(meant, PASSWORD).await), [(None, Code::WrongCredentials)]);
    assert_eq!(attacker.sign_in(&victim, "password of the attacker").await.unwrap().memberships.len(), 1);
}

/// A person with a proved address gets a new membership at once; a second one in the same client or firm is refused.
#[tokio::test]
async fn the_proved_enter_at_once() {
    let world = World::new().await;
    let email = address();
    founding::create(&world.store, firm_input(&email)).await.unwrap();
    let client = world.client(client_input("Padaria")).await;
    let access = world.invite_portal(client, &email, None).await.unwrap();
    assert_eq!(access.secret, None);
    assert_eq!(world.sign_in(&email, PASSWORD).await.unwrap().memberships.len(), 2);
    let again = world.invite_portal(client, &format!(" {} ", email.to_uppercase()), None).await;
    assert_eq!(refused(again), [(Some("email"), Code::Taken)]);
    world.invite_staff(&email, StaffRole::Member).await.unwrap();
    let again = world.invite_staff(&email, StaffRole::Owner).await;
    assert_eq!(refused(again), [(Some("email"), Code::Taken)]);
}

/// B-14: a firm does not see a person's name at other firms: until the person accepts, it sees the name that it
/// entered.
#[tokio::test]
async fn a_name_stays_in_its_firm() {
    let world = World::new().await;
    let other = world.neighbour().await;
    let email = address();
    let elsewhere = other.invite_staff(&email, StaffRole::Member).await.unwrap().secret.unwrap();
    let client = world.client(client_input("Padaria")).await;
    let invited = world.invite_portal(client, &email, None).await.unwrap();
    let named = async |id| {
        let mut conn = world.store.conn().await.unwrap();
        let found = portal_access::queries::by_ids(&mut conn, &world.owner.scope(), &[id]).await.unwrap();
        found.into_iter().next().unwrap().name
    };
    assert_eq!(named(invited.id).await, "Paula", "the other firm calls it Marta");
    other.accept(elsewhere, PASSWORD).await.unwrap();
    assert_eq!(named(invited.id).await, "Paula");
    world.accept(invited.secret.unwrap(), PASSWORD).await.unwrap();
    assert_eq!(named(invited.id).await, "Marta");
}

/// B-03: of several first accesses of a client at once, exactly one becomes admin; each is `INVITED` until it is
/// accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_first_admin() {
    let world = World::new().await;
    let client = world.client(client_input("Padaria")).await;
    let addresses: Vec<String> = (0..6).map(|_| address()).collect();
    let invited = addresses.iter().map(|email| world.invite_portal(client, email, None));
    let invited = futures_util::future::join_all(invited).await;
    let mut conn = world.store.conn().await.unwrap();
    let scope = world.owner.scope();
    let all = portal_access::queries::by_clients(&mut conn, &scope, &[client]).await.unwrap();
    assert_eq!(all.len(), 6);
    assert_eq!(all.iter().filter(|access| access.role == AccessRole::Admin).count(), 1);
    assert!(all.iter().all(|access| access.status == AccessStatus::Invited));
    let one = invited.into_iter().next().unwrap().unwrap();
    world.accept(one.secret.unwrap(), PASSWORD).await.unwrap();
    let one = portal_access::queries::by_ids(&mut conn, &scope, &[one.id]).await.unwrap().pop().unwrap();
    assert_eq!((one.status, one.email), (AccessStatus::Active, addresses[0].clone()));
}

/// No secret is stored, not even in the stored results for repeated calls.
#[tokio::test]
async fn secrets_are_not_kept() {
    let world = World::new().await;
    let input = CreateStaff {
        name: "Marta".into(),
        email: address(),
        role: StaffRole::Member,
        locale: None,
        department_ids: Vec::new(),
    };
    let key = key();
    let first = staff::commands::create(&world.store, &world.owner, &key, input.clone()).await.unwrap();
    let again = staff::commands::create(&world.store, &world.owner, &key, input).await.unwrap();
    assert_eq!((again.value.id, again.revision), (first.value.id, first.revision));
    assert_eq!(again.value.secret, None);
    let secret = first.value.secret.unwrap();
    let mut conn = world.store.conn().await.unwrap();
    let outcomes: Vec<serde_json::Value> =
        idempotency_keys::table.select(idempotency_keys::outcome).load(&mut conn).await.unwrap();
    assert!(outcomes.iter().all(|outcome| !outcome.to_string().contains(secret.expose())));
    let hashes: Vec<Vec<u8>> =
        invitations::table.select(invitations::secret_hash).load(&mut conn).await.unwrap();
    assert!(hashes.iter().all(|hash| hash.len() == 32));
    world.accept(secret, PASSWORD).await.unwrap();
    let hashes: Vec<Option<String>> =
        accounts::table.select(accounts::password_hash).load(&mut conn).await.unwrap();
    assert!(hashes.into_iter().flatten().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")));
}
