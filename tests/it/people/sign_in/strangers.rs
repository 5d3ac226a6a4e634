//! B-06: what those who cannot sign in cannot find out.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_schema::people::portal_access::model::AccessStatus;
use serde_json::{Value, json};

use super::door::{Door, PASSWORD, VIEWER, code};

const EMAIL: &str = "marta@aurora.example";

/// B-06: a wrong password, an unknown address, an address without a password and an invalid one get exactly the same
/// answer.
#[tokio::test]
async fn wrong_and_unknown_look_the_same() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    door.invite("invited@aurora.example", StaffRole::Member).await;
    let wrong = door.sign_in(EMAIL, "wrong").await;
    assert_eq!(wrong.status, 200);
    let told = json!({ "token": null, "session": null, "userErrors": [{
        "field": null, "code": "WRONG_CREDENTIALS", "message": "The e-mail address or the password is incorrect. Check both and try again."
    }] });
    assert_eq!(wrong.data("signIn"), &told);
    let others =
        [("nobody@aurora.example", PASSWORD), ("invited@aurora.example", ""), ("nonsense", PASSWORD)];
    for (email, password) in others {
        let seen = door.sign_in(email, password).await;
        assert_eq!((seen.status, &seen.body, seen.cookies), (200, &wrong.body, Vec::new()), "{email}");
    }
    door.app.finish().await;
}

/// B-06: and after the same time: for an unknown address a password is computed, too, which takes nearly all of the
/// time.
#[tokio::test]
async fn wrong_and_unknown_take_the_same_time() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..9 {
        // Each round uses another unknown address, because one alone would soon be throttled.
        door.app.pass(TimeDelta::minutes(15));
        for (which, email) in [EMAIL, &format!("nobody{round}@aurora.example")].into_iter().enumerate() {
            let begun = Instant::now();
            assert_eq!(code(door.sign_in(email, "wrong").await.data("signIn")), "WRONG_CREDENTIALS");
            times[which].push(begun.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    assert!(unknown > known / 3, "unknown {unknown:?}, known {known:?}");
    door.app.finish().await;
}

/// After ten wrong passwords an address, known or not, is blocked for the reported time; the right password gets the
/// same answer as a wrong one.
#[tokio::test]
async fn too_many_attempts() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    for email in [EMAIL, "nobody@aurora.example"] {
        for _ in 0..10 {
            assert_eq!(code(door.sign_in(email, "wrong").await.data("signIn")), "WRONG_CREDENTIALS");
        }
        for password in ["wrong", PASSWORD] {
            let seen = door.sign_in(email, password).await;
            let told = json!([{
                "field": null, "code": "TOO_MANY_ATTEMPTS",
                "message": "Too many attempts. Wait 15 minutes and try again."
            }]);
            assert_eq!(seen.data("signIn")["userErrors"], told, "{email}");
        }
    }
    // Another address is not blocked.
    door.member("bruno@aurora.example").await;
    door.enter("bruno@aurora.example").await;
    door.app.pass(TimeDelta::minutes(14));
    assert_eq!(code(door.sign_in(EMAIL, PASSWORD).await.data("signIn")), "TOO_MANY_ATTEMPTS");
    door.app.pass(TimeDelta::minutes(1));
    door.enter(EMAIL).await;
    door.app.finish().await;
}

/// B-06: only with the right password, a user whose access is pending gets `ACCESS_PENDING`; there is no session.
#[tokio::test]
async fn pending() {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use guichet_engine::tables::portal_accesses;

    let door = Door::new().await;
    let client = door.firm.client("Padaria Estrela", None).await;
    let input = json!({ "clientId": client.encode(), "email": "ana@padaria.example", "name": "Ana" });
    let invited = door.owner("portalAccessCreate", "portalAccess { id } invitation { secret }", input).await;
    let secret = invited["invitation"]["secret"].as_str().unwrap();
    let token = door.accept(secret, PASSWORD).await["token"].as_str().unwrap().to_owned();
    diesel::update(portal_accesses::table.filter(portal_accesses::client_id.eq(client)))
        .set(portal_accesses::status.eq(AccessStatus::Pending))
        .execute(&mut door.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let seen = door.sign_in("ana@padaria.example", PASSWORD).await;
    assert_eq!(
        (code(seen.data("signIn")), &seen.data("signIn")["token"]),
        (&json!("ACCESS_PENDING"), &Value::Null)
    );
    assert_eq!(code(door.sign_in("ana@padaria.example", "wrong").await.data("signIn")), "WRONG_CREDENTIALS");
    let viewer = door.bearer(&token, VIEWER, json!({})).await;
    assert_eq!(viewer.data("viewer")["membership"], Value::Null);
    let tickets = door.bearer(&token, "{ tickets(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(tickets.error(), "MEMBERSHIP_REQUIRED");

    // With another, active access the user can sign in.
    let bistro = door.firm.client("Bistrô", None).await;
    let input = json!({ "clientId": bistro.encode(), "email": "ana@padaria.example", "name": "Ana" });
    let invited = door.owner("portalAccessCreate", "invitation { secret }", input).await;
    let accepted = door.accept(invited["invitation"]["secret"].as_str().unwrap(), PASSWORD).await;
    assert_eq!(accepted["session"]["membership"]["accessRole"], "ADMIN");
    let seen = door.sign_in("ana@padaria.example", PASSWORD).await;
    assert_eq!(seen.data("signIn")["session"]["memberships"].as_array().unwrap().len(), 1);
    door.app.finish().await;
}
