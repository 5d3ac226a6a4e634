//! Signing in, sessions and memberships.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Error, Refusal};
use guichet_base::id::Id;
use guichet_base::secret::Secret;
use guichet_engine::actor::{Membership, Origin, StaffRole};
use guichet_engine::tables::{audit, portal_accesses, sessions, sign_in_failures, staff_members};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::people::session::commands::{self, SignIn};
use guichet_schema::people::session::model::MembershipId;
use guichet_schema::people::session::{queries, rules};

use super::world::{PASSWORD, World, address, client_input, from, refused, staff_id};

/// Creates a member of the firm; returns the address.
async fn member(world: &World) -> String {
    let email = address();
    let invited = world.invite_staff(&email, StaffRole::Member).await.unwrap();
    world.accept(invited.secret.unwrap(), PASSWORD).await.unwrap();
    email
}

/// B-13: the only membership is selected at once. F-03: signing in and out is audited.
#[tokio::test]
async fn a_session_from_beginning_to_end() {
    let world = World::new().await;
    let email = member(&world).await;
    let signed_in = world.sign_in(&email.to_uppercase(), PASSWORD).await.unwrap();
    let found = queries::find(&world.store, &signed_in.token).await.unwrap().unwrap();
    assert_eq!(found, signed_in.viewer);
    assert!(
        matches!(&found.membership, Some(Membership::Staff(membership)) if membership.role == StaffRole::Member && membership.firm_id == world.firm)
    );
    assert_eq!(signed_in.memberships.len(), 1);
    assert_eq!(queries::find(&world.store, &Secret::from("nonsense".to_owned())).await.unwrap(), None);

    commands::sign_out(&world.store, &found, Origin::default()).await.unwrap();
    assert_eq!(queries::find(&world.store, &signed_in.token).await.unwrap(), None);
    let acts: Vec<String> = audit::table
        .filter(audit::subject_id.eq(found.session_id.uuid()))
        .order(audit::id)
        .select(audit::act)
        .load(&mut world.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(acts, ["signIn", "signOut"]);
}

/// Sessions expire and are deleted; only hashes of their tokens are stored.
#[tokio::test]
async fn sessions_end_and_are_forgotten() {
    let world = World::new().await;
    let email = member(&world).await;
    let token = world.sign_in(&email, PASSWORD).await.unwrap().token;
    world.clock.advance(rules::LIFE - TimeDelta::seconds(1));
    assert!(queries::find(&world.store, &token).await.unwrap().is_some());
    world.clock.advance(TimeDelta::seconds(1));
    assert!(queries::find(&world.store, &token).await.unwrap().is_none());
    let mut conn = world.store.conn().await.unwrap();
    let kept: Vec<Vec<u8>> = sessions::table.select(sessions::token_hash).load(&mut conn).await.unwrap();
    assert!(kept.iter().all(|hash| hash.len() == 32 && hash != token.expose().as_bytes()));
    commands::forget_old(&mut conn, world.store.now() + TimeDelta::seconds(1)).await.unwrap();
    assert_eq!(sessions::table.count().get_result::<i64>(&mut conn).await.unwrap(), 0);
}

/// B-06: a wrong password, an unknown address and an account without a password get the same answer.
#[tokio::test]
async fn wrong_is_wrong() {
    let world = World::new().await;
    let email = member(&world).await;
    let invited = address();
    world.invite_staff(&invited, StaffRole::Member).await.unwrap();
    let wrong = [(None, Code::WrongCredentials)];
    for (email, password) in [
        (email.as_str(), "not the password"),
        (email.as_str(), ""),
        ("nobody@people.example", PASSWORD),
        ("not an address\0", PASSWORD),
        ("", ""),
        (invited.as_str(), PASSWORD),
    ] {
        assert_eq!(refused(world.sign_in(email, password).await), wrong, "{email:?}");
    }
}

/// B-06: with the right password, an account whose access is pending or removed gets `ACCESS_PENDING`; with a wrong one
/// it gets the same answer as everybody.
#[tokio::test]
async fn pending_is_told() {
    let world = World::new().await;
    let client = world.client(client_input("Padaria")).await;
    let email = address();
    let invited = world.invite_portal(client, &email, None).await.unwrap();
    world.accept(invited.secret.unwrap(), PASSWORD).await.unwrap();
    for status in [AccessStatus::Pending, AccessStatus::Disabled] {
        diesel::update(portal_accesses::table.find(invited.id))
            .set(portal_accesses::status.eq(status))
            .execute(&mut world.store.conn().await.unwrap())
            .await
            .unwrap();
        assert_eq!(refused(world.sign_in(&email, PASSWORD).await), [(None, Code::AccessPending)]);
        assert_eq!(refused(world.sign_in(&email, "wrong").await), [(None, Code::WrongCredentials)]);
    }
}

/// After ten failures an address, known or not, is blocked for a quarter of an hour, even for the right password.
#[tokio::test]
async fn addresses_are_throttled() {
    let world = World::new().await;
    let email = member(&world).await;
    for email in [email.as_str(), "nobody@people.example"] {
        for _ in 0..rules::MAX_PER_EMAIL {
            assert_eq!(refused(world.sign_in(email, "wrong").await), [(None, Code::WrongCredentials)]);
            world.clock.advance(TimeDelta::seconds(6));
        }
        let told = Refusal::new(Code::TooManyAttempts).with(14);
        match world.sign_in(&email.to_uppercase(), PASSWORD).await {
            Err(Error::Refused(refusals)) => assert_eq!(refusals, [told]),
            other => panic!("{other:?}"),
        }
    }
    world.clock.advance(TimeDelta::minutes(14));
    world.sign_in(&email, PASSWORD).await.unwrap();
    let kept: i64 = sign_in_failures::table
        .filter(sign_in_failures::email_ci.eq(&email))
        .count()
        .get_result(&mut world.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, 0, "a success clears the address");
}

/// After fifty failures a network is blocked, whatever addresses were tried; other networks are not.
#[tokio::test]
async fn networks_are_throttled() {
    let world = World::new().await;
    let email = member(&world).await;
    let attempt = |email: String, password: &str, network: &str| {
        let input = SignIn { email, password: Password::new(password) };
        commands::sign_in(&world.store, input, from(network))
    };
    for n in 0..rules::MAX_PER_NETWORK {
        let address = format!("2001:db8:0:1::{n:x}");
        let result = attempt(format!("a{n}@people.example"), PASSWORD, &address).await;
        assert_eq!(refused(result), [(None, Code::WrongCredentials)]);
    }
    let closed = attempt(email.clone(), PASSWORD, "2001:db8:0:1:ffff::1").await;
    assert_eq!(refused(closed), [(None, Code::TooManyAttempts)]);
    attempt(email, PASSWORD, "2001:db8:0:2::1").await.unwrap();
}

/// A burst of attempts cannot pass the throttle before the first failure is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bursts_are_throttled() {
    let world = World::new().await;
    let email = member(&world).await;
    let attempts = (0..40).map(|_| world.sign_in(&email, "wrong"));
    let results = futures_util::future::join_all(attempts).await;
    let tried = results
        .into_iter()
        .filter(|result| matches!(result, Err(Error::Refused(r)) if r[0].code == Code::WrongCredentials));
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let tried = tried.count();
    assert!((10..10 + at_once).contains(&tried), "{tried} passwords were tried");
}

/// B-13: of several memberships one is selected, and only one of the account's own can be.
#[tokio::test]
async fn one_of_many_memberships() {
    let world = World::new().await;
    let client = world.client(client_input("Padaria")).await;
    let email = address();
    let staff = world.invite_staff(&email, StaffRole::Manager).await.unwrap();
    let staff_membership = MembershipId::Staff(staff.id);
    world.accept(staff.secret.unwrap(), PASSWORD).await.unwrap();
    let portal = world.invite_portal(client, &email, None).await.unwrap();
    let portal_membership = MembershipId::Portal(portal.id);
    world.accept(portal.secret.unwrap(), PASSWORD).await.unwrap();

    let signed_in = world.sign_in(&email, PASSWORD).await.unwrap();
    assert_eq!(signed_in.viewer.membership, None);
    assert!(signed_in.viewer.actor(Origin::default(), signed_in.viewer.account.locale).is_none());
    let offered: Vec<_> = signed_in.memberships.iter().map(|option| option.id()).collect();
    assert_eq!(offered, [staff_membership, portal_membership]);
    assert_eq!(signed_in.memberships[1].client, Some((client, "Padaria".to_owned())));

    for membership in [portal_membership, staff_membership] {
        commands::select_membership(&world.store, &signed_in.viewer, membership, Origin::default())
            .await
            .unwrap();
        let found = queries::find(&world.store, &signed_in.token).await.unwrap().unwrap();
        assert_eq!(found.membership.map(|membership| membership.author()), Some(membership));
    }
    let foreign = MembershipId::Staff(staff_id(&world.owner));
    let result =
        commands::select_membership(&world.store, &signed_in.viewer, foreign, Origin::default()).await;
    assert_eq!(refused(result), [(Some("membershipId"), Code::NotFound)]);
}

/// A membership that is taken away is gone with the next request; the session itself stays.
#[tokio::test]
async fn memberships_vanish_at_once() {
    let world = World::new().await;
    let email = address();
    let invited = world.invite_staff(&email, StaffRole::Member).await.unwrap();
    world.accept(invited.secret.unwrap(), PASSWORD).await.unwrap();
    let signed_in = world.sign_in(&email, PASSWORD).await.unwrap();
    diesel::update(staff_members::table.find(invited.id))
        .set(staff_members::disabled_at.eq(world.store.now()))
        .execute(&mut world.store.conn().await.unwrap())
        .await
        .unwrap();
    let found = queries::find(&world.store, &signed_in.token).await.unwrap().unwrap();
    assert_eq!(found.membership, None);
    let membership = MembershipId::Staff(invited.id);
    let result = commands::select_membership(&world.store, &found, membership, Origin::default()).await;
    assert_eq!(refused(result), [(Some("membershipId"), Code::NotFound)]);
    assert_eq!(refused(world.sign_in(&email, PASSWORD).await), [(None, Code::AccessPending)]);

    let client = world.client(client_input("Padaria")).await;
    let email = address();
    let invited = world.invite_portal(client, &email, None).await.unwrap();
    world.accept(invited.secret.unwrap(), PASSWORD).await.unwrap();
    let signed_in = world.sign_in(&email, PASSWORD).await.unwrap();
    diesel::update(portal_accesses::table.find(invited.id))
        .set(portal_accesses::status.eq(AccessStatus::Disabled))
        .execute(&mut world.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(queries::find(&world.store, &signed_in.token).await.unwrap().unwrap().membership, None);
}
