//! How a session begins, how its token is sent, and how it ends.

use axum::body::Body;
use chrono::TimeDelta;
use guichet_server::settings::Settings;
use guichet_tests::app::gateway;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::door::{Door, PASSWORD, SIGN_IN, VIEWER, text};

const EMAIL: &str = "marta@aurora.example";
const SIGN_OUT: &str = "mutation { signOut { account { email } userErrors { code } } }";

fn input(transport: &str) -> Value {
    json!({ "input": { "email": "Marta@Aurora.example", "password": PASSWORD, "transport": transport } })
}

/// A web page gets its token only in a cookie, which scripts cannot read and other sites do not send.
#[tokio::test]
async fn in_a_cookie() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    let seen = door.send(None, SIGN_IN, input("COOKIE")).await;
    let payload = seen.data("signIn");
    assert_eq!((&payload["token"], &payload["userErrors"]), (&Value::Null, &json!([])));
    assert_eq!(payload["session"]["account"]["email"], EMAIL);
    let [cookie] = &seen.cookies[..] else { panic!("{:?}", seen.cookies) };
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
    let token = pair.strip_prefix("guichet=").unwrap();
    assert!(token.len() >= 32 && !seen.body.to_string().contains(token));

    let cookie = format!("theme=dark; {pair}");
    let seen = door.send(Some(("cookie", &cookie)), VIEWER, json!({})).await;
    assert_eq!(seen.data("viewer")["account"]["email"], EMAIL);

    let seen = door.send(Some(("cookie", &cookie)), SIGN_OUT, json!({})).await;
    assert_eq!(seen.data("signOut"), &json!({ "account": { "email": EMAIL }, "userErrors": [] }));
    assert_eq!(seen.cookies, ["guichet=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
    // An invalid cookie is no error, because otherwise nobody could sign in again.
    let seen = door.send(Some(("cookie", &cookie)), VIEWER, json!({})).await;
    assert_eq!((seen.status, seen.data("viewer")), (200, &Value::Null));
    let seen = door.send(Some(("cookie", &cookie)), SIGN_IN, input("COOKIE")).await;
    assert_eq!(seen.data("signIn")["userErrors"], json!([]));
    door.app.finish().await;
}

/// Under HTTPS the cookie is bound to this host and is never sent unencrypted.
#[tokio::test]
async fn in_a_secure_cookie() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    let settings = Settings::read(|name| (name == "PUBLIC_URL").then(|| "https://guichet.example".into()));
    let router = gateway(&door.app.store, door.app.files.clone()).router(&settings.unwrap());
    let body = json!({ "query": SIGN_IN, "variables": input("COOKIE") }).to_string();
    let request = Request::post("/graphql").header("content-type", "application/json").body(Body::from(body));
    let answer = router.oneshot(request.unwrap()).await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-guichet="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    door.app.finish().await;
}

/// An app gets its token in the payload, and no cookie.
#[tokio::test]
async fn as_a_bearer() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    let seen = door.send(None, SIGN_IN, input("BEARER")).await;
    assert_eq!(seen.cookies, Vec::<String>::new());
    let token = text(&seen.data("signIn")["token"]);
    let other = door.enter(EMAIL).await;
    assert_ne!(token, other);
    let seen = door.bearer(&token, VIEWER, json!({})).await;
    assert_eq!(seen.data("viewer")["account"]["email"], EMAIL);
    assert_eq!(seen.data("viewer")["sessionExpiresAt"], "2026-04-01T12:00:00+00:00");

    let seen = door.bearer(&token, SIGN_OUT, json!({})).await;
    assert_eq!(seen.data("signOut")["account"]["email"], EMAIL);
    let seen = door.bearer(&token, VIEWER, json!({})).await;
    assert_eq!((seen.status, seen.error()), (401, &json!("UNAUTHENTICATED")), "an app must learn of it");
    assert_eq!(door.bearer(&other, VIEWER, json!({})).await.data("viewer")["account"]["email"], EMAIL);
    let seen = door.send(None, SIGN_OUT, json!({})).await;
    assert_eq!(seen.data("signOut"), &json!({ "account": null, "userErrors": [] }));
    door.app.finish().await;
}

/// A token that is invalid, has another scheme or is in another place does not sign in.
#[tokio::test]
async fn tokens_that_are_none() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    let token = door.enter(EMAIL).await;
    for wrong in ["Bearer", "Bearer  ", "Bearer nonsense", &format!("Bearer {token}x"), "Bearer \u{0}"] {
        let Ok(value) = http::HeaderValue::from_str(wrong) else { continue };
        let seen = door.send(Some(("authorization", value.to_str().unwrap())), VIEWER, json!({})).await;
        assert_eq!(seen.error(), "UNAUTHENTICATED", "{wrong}");
    }
    for (name, value) in [("authorization", format!("Basic {token}")), ("cookie", format!("session={token}"))]
    {
        let seen = door.send(Some((name, &value)), VIEWER, json!({})).await;
        assert_eq!(seen.data("viewer"), &Value::Null, "{name}");
    }
    let url = format!("{}/graphql?query=%7Bviewer%7Baccount%7Bemail%7D%7D%7D&token={token}", door.app.url);
    let seen: Value = guichet_tests::http::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(seen["data"]["viewer"], Value::Null);
    door.app.finish().await;
}

/// A session ends by itself after thirty days, and at once for a staff member who leaves.
#[tokio::test]
async fn sessions_that_are_over() {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use guichet_engine::tables::{accounts, sessions, staff_members};

    let door = Door::new().await;
    let tickets = "{ tickets(first: 1) { totalCount } }";
    let emails = ["marta@aurora.example", "bruno@aurora.example", "carla@aurora.example"];
    let mut tokens = Vec::new();
    for email in emails {
        door.member(email).await;
        tokens.push(door.enter(email).await);
        assert_eq!(
            door.bearer(tokens.last().unwrap(), tickets, json!({})).await.data("tickets")["totalCount"],
            0
        );
    }
    let account =
        |email: &'static str| accounts::table.filter(accounts::email.eq(email)).select(accounts::id);
    let mut conn = door.app.store.conn().await.unwrap();
    diesel::update(sessions::table.filter(sessions::account_id.eq_any(account(emails[0]))))
        .set(sessions::revoked_at.eq(door.app.store.now()))
        .execute(&mut conn)
        .await
        .unwrap();
    diesel::update(staff_members::table.filter(staff_members::account_id.eq_any(account(emails[1]))))
        .set(staff_members::disabled_at.eq(door.app.store.now()))
        .execute(&mut conn)
        .await
        .unwrap();
    drop(conn);
    let revoked = door.bearer(&tokens[0], tickets, json!({})).await;
    assert_eq!(revoked.error(), "UNAUTHENTICATED");
    let removed = door.bearer(&tokens[1], tickets, json!({})).await;
    assert_eq!(removed.error(), "MEMBERSHIP_REQUIRED");
    let viewer = door.bearer(&tokens[1], VIEWER, json!({})).await;
    assert_eq!(
        viewer.data("viewer")["membership"],
        Value::Null,
        "the account is still known, its membership is gone"
    );

    door.app.pass(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert!(door.bearer(&tokens[2], tickets, json!({})).await.body.get("errors").is_none());
    door.app.pass(TimeDelta::seconds(1));
    assert_eq!(door.bearer(&tokens[2], tickets, json!({})).await.error(), "UNAUTHENTICATED");
    door.app.finish().await;
}
