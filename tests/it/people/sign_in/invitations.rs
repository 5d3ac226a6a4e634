//! B-02: staff create an access, and the person activates it with a secret link and chooses a password.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use serde_json::{Value, json};

use super::door::{Door, PASSWORD, code, text};

async fn open(door: &Door, secret: &str) -> Value {
    let query = "query ($secret: String!) { invitation(secret: $secret) { email firmName hasPassword } }";
    door.send(None, query, json!({ "secret": secret })).await.data("invitation").clone()
}

/// B-02: from `staffCreate` to the first sign-in: the invitation is accepted once, with a password that only the person
/// knows.
#[tokio::test]
async fn of_a_staff_member() {
    let door = Door::new().await;
    let input = json!({ "name": "Marta Reis", "email": "Marta@aurora.example", "role": "MANAGER" });
    let selection = "staffMember { id joinedAt } invitation { secret }";
    let created = door.owner("staffCreate", selection, input).await;
    assert_eq!(created["staffMember"]["joinedAt"], Value::Null);
    let secret = text(&created["invitation"]["secret"]);
    assert!(secret.len() >= 32);
    let shown =
        json!({ "email": "Marta@aurora.example", "firmName": "Contábil Aurora", "hasPassword": false });
    assert_eq!(open(&door, &secret).await, shown);
    assert_eq!(open(&door, "nonsense").await, Value::Null);

    assert_eq!(code(&door.accept(&secret, "short").await), "PASSWORD_TOO_SHORT");
    assert_eq!(code(&door.accept("nonsense", PASSWORD).await), "INVITATION_INVALID");
    let accepted = door.accept(&secret, PASSWORD).await;
    assert_eq!(accepted["userErrors"], json!([]));
    let membership = &accepted["session"]["membership"];
    assert_eq!(
        (&membership["membershipId"], &membership["staffRole"]),
        (&created["staffMember"]["id"], &json!("MANAGER"))
    );
    assert_eq!(open(&door, &secret).await, Value::Null);
    assert_eq!(code(&door.accept(&secret, PASSWORD).await), "INVITATION_INVALID");

    let token = door.enter("marta@AURORA.example").await;
    let me = "{ viewer { staffMember { id joinedAt } } }";
    let seen = door.bearer(&token, me, json!({})).await;
    assert_eq!(seen.data("viewer")["staffMember"]["joinedAt"], "2026-03-02T12:00:00+00:00");
    door.app.finish().await;
}

/// B-02, B-03: from `portalAccessCreate` to the client's area: the first user of a client is its admin, later ones are
/// collaborators. Accepting the invitation activates the access.
#[tokio::test]
async fn of_a_portal_user() {
    let door = Door::new().await;
    let client = door.firm.client("Padaria Estrela", None).await.encode();
    for (email, role) in [("ana@padaria.example", "ADMIN"), ("rui@padaria.example", "COLLABORATOR")] {
        let input = json!({ "clientId": client, "email": email, "name": "Ana", "locale": "FR" });
        let selection = "portalAccess { id status role } invitation { secret }";
        let created = door.owner("portalAccessCreate", selection, input).await;
        let access = &created["portalAccess"];
        assert_eq!((&access["status"], &access["role"]), (&json!("INVITED"), &json!(role)));
        let wrong = door.sign_in(email, PASSWORD).await;
        assert_eq!(code(wrong.data("signIn")), "WRONG_CREDENTIALS", "no password yet");
        let accepted = door.accept(&text(&created["invitation"]["secret"]), PASSWORD).await;
        assert_eq!(accepted["session"]["membership"]["accessRole"], role);
        let token = text(&accepted["token"]);
        let seen = door.bearer(&token, "{ viewer { client { id } account { locale } } }", json!({})).await;
        assert_eq!(
            seen.data("viewer"),
            &json!({ "client": { "id": client }, "account": { "locale": "FR" } })
        );
    }
    door.app.finish().await;
}

/// An invitation is valid for seven days; a new one makes earlier ones invalid.
#[tokio::test]
async fn that_are_over() {
    let door = Door::new().await;
    let input = json!({ "name": "Marta Reis", "email": "marta@aurora.example", "role": "MEMBER" });
    let created = door.owner("staffCreate", "staffMember { id } invitation { secret }", input).await;
    let renew = json!({ "id": created["staffMember"]["id"] });
    let renewed = door.owner("staffInvitationRenew", "invitation { secret }", renew).await;
    let [first, second] = [&created, &renewed].map(|payload| text(&payload["invitation"]["secret"]));
    assert_eq!(code(&door.accept(&first, PASSWORD).await), "INVITATION_INVALID");
    assert_ne!(open(&door, &second).await, Value::Null);
    door.app.pass(TimeDelta::days(7));
    assert_eq!(open(&door, &second).await, Value::Null);
    assert_eq!(code(&door.accept(&second, PASSWORD).await), "INVITATION_INVALID");
    door.app.finish().await;
}

/// An account that has a password must give it to accept an invitation. An invitation alone neither changes the
/// password nor gives another membership of that account.
#[tokio::test]
async fn of_somebody_known() {
    let door = Door::new().await;
    door.member("marta@aurora.example").await;
    let other = guichet_tests::world::Firm::new(&door.app.store, "other.example").await;
    let door = Door { firm: other, ..door };
    let secret = door.invite("marta@aurora.example", StaffRole::Owner).await;
    assert_eq!(open(&door, &secret).await["hasPassword"], true);
    assert_eq!(code(&door.accept(&secret, "another password").await), "WRONG_CREDENTIALS");
    let accepted = door.accept(&secret, PASSWORD).await;
    assert_eq!(accepted["session"]["membership"]["staffRole"], "OWNER");
    let wrong = door.sign_in("marta@aurora.example", "another password").await;
    assert_eq!(code(wrong.data("signIn")), "WRONG_CREDENTIALS");
    assert_eq!(door.sign_in("marta@aurora.example", PASSWORD).await.data("signIn")["userErrors"], json!([]));
    door.app.finish().await;
}
