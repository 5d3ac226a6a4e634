//! B-13: one account with several memberships; a session has exactly one of them.

use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

use super::door::{Door, PASSWORD, VIEWER, code, text};

const EMAIL: &str = "marta@aurora.example";
const CHOOSE: &str = "mutation ($id: ID!) {
    membershipSelect(input: { membershipId: $id }) { membership { membershipId kind } userErrors { field code } }
}";
const SEEN: &str = "{ clients(first: 100) { nodes { name } } departments(first: 1) { totalCount } }";

/// B-13: an account that is staff and also a client's user selects a membership, sees what it allows, and switches
/// without signing in again; memberships of others cannot be selected.
#[tokio::test]
async fn one_at_a_time() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    door.firm.client("Padaria Estrela", None).await;
    door.firm.client("Bistrô", None).await;
    let own = door.firm.client("Marta & filhos", None).await;
    let input = json!({ "clientId": own.encode(), "email": EMAIL, "name": "ignored", "role": "ADMIN" });
    let invited = door.owner("portalAccessCreate", "invitation { secret }", input).await;
    let accepted = door.accept(&text(&invited["invitation"]["secret"]), PASSWORD).await;
    assert_eq!(accepted["session"]["membership"]["kind"], "PORTAL", "an invitation opens its own membership");

    let seen = door.sign_in(EMAIL, PASSWORD).await;
    let session = &seen.data("signIn")["session"];
    assert_eq!(session["membership"], Value::Null, "of several, one must be chosen");
    let memberships = session["memberships"].as_array().unwrap();
    let told = |membership: &Value| {
        json!([
            membership["firmName"],
            membership["clientName"],
            membership["staffRole"],
            membership["accessRole"]
        ])
    };
    assert_eq!(told(&memberships[0]), json!(["Contábil Aurora", null, "MEMBER", null]));
    assert_eq!(told(&memberships[1]), json!(["Contábil Aurora", "Marta & filhos", null, "ADMIN"]));

    let token = text(&seen.data("signIn")["token"]);
    assert_eq!(
        door.bearer(&token, SEEN, json!({})).await.error(),
        "MEMBERSHIP_REQUIRED",
        "no membership, no rights"
    );
    let staff = json!(["Bistrô", "Marta & filhos", "Padaria Estrela"]);
    let portal = json!(["Marta & filhos"]);
    for (membership, expected) in
        [(&memberships[1], &portal), (&memberships[0], &staff), (&memberships[1], &portal)]
    {
        let chosen = door.bearer(&token, CHOOSE, json!({ "id": membership["membershipId"] })).await;
        assert_eq!(chosen.data("membershipSelect")["membership"]["membershipId"], membership["membershipId"]);
        let viewer = door.bearer(&token, VIEWER, json!({})).await;
        assert_eq!(viewer.data("viewer")["membership"]["membershipId"], membership["membershipId"]);
        let seen = door.bearer(&token, SEEN, json!({})).await;
        let names = seen.data("clients")["nodes"].as_array().unwrap().iter().map(|node| &node["name"]);
        assert_eq!(&json!(names.collect::<Vec<_>>()), expected);
    }
    for foreign in [door.firm.owner.id(), "staff_0".to_owned(), own.encode(), String::new()] {
        let refused = door.bearer(&token, CHOOSE, json!({ "id": foreign })).await;
        let payload = refused.data("membershipSelect");
        assert_eq!((code(payload), &payload["membership"]), (&json!("NOT_FOUND"), &Value::Null), "{foreign}");
    }
    let nobody = door.send(None, CHOOSE, json!({ "id": memberships[0]["membershipId"] })).await;
    assert_eq!(nobody.error(), "UNAUTHENTICATED");
    door.app.finish().await;
}

/// B-13: with memberships in two firms, the selected one shows nothing of the other firm.
#[tokio::test]
async fn in_two_firms() {
    let door = Door::new().await;
    door.member(EMAIL).await;
    door.firm.client("Padaria Estrela", None).await;
    let other = Firm::new(&door.app.store, "other.example").await;
    other.client("Boulangerie", None).await;
    let door = Door { firm: other, ..door };
    let secret = door.invite(EMAIL, StaffRole::Manager).await;
    let token = text(&door.accept(&secret, PASSWORD).await["token"]);
    let names = async || {
        let seen = door.bearer(&token, "{ clients(first: 9) { nodes { name } } }", json!({})).await;
        seen.data("clients")["nodes"].clone()
    };
    assert_eq!(names().await, json!([{ "name": "Boulangerie" }]));
    let memberships =
        door.bearer(&token, "{ viewer { memberships { membershipId staffRole } } }", json!({})).await;
    let memberships = memberships.data("viewer")["memberships"].as_array().unwrap().clone();
    let member = memberships.iter().find(|membership| membership["staffRole"] == "MEMBER").unwrap();
    door.bearer(&token, CHOOSE, json!({ "id": member["membershipId"] })).await;
    assert_eq!(names().await, json!([{ "name": "Padaria Estrela" }]));
    door.app.finish().await;
}
