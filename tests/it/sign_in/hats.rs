//! B-13: one account, many hats; a session acts as exactly one.

use guichet_schema::actor::StaffRole;
use guichet_schema::id::Id;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

use super::door::{Door, PASSWORD, VIEWER, code, text};

const EMAIL: &str = "marta@aurora.example";
const CHOOSE: &str = "mutation ($id: ID!) {
    hatChoose(input: { hatId: $id }) { hat { hatId kind } userErrors { field code } }
}";
const SEEN: &str = "{ clients(first: 100) { nodes { name } } departments(first: 1) { totalCount } }";

/// B-13: somebody who is staff here and a client's user there chooses, sees what that hat sees, and
/// changes without signing in again; what belongs to somebody else cannot be put on.
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
    assert_eq!(accepted["session"]["hat"]["kind"], "PORTAL", "an invitation opens its own hat");

    let seen = door.sign_in(EMAIL, PASSWORD).await;
    let session = &seen.data("signIn")["session"];
    assert_eq!(session["hat"], Value::Null, "of several, one must be chosen");
    let hats = session["hats"].as_array().unwrap();
    let told = |hat: &Value| json!([hat["firmName"], hat["clientName"], hat["staffRole"], hat["accessRole"]]);
    assert_eq!(told(&hats[0]), json!(["Contábil Aurora", null, "MEMBER", null]));
    assert_eq!(told(&hats[1]), json!(["Contábil Aurora", "Marta & filhos", null, "ADMIN"]));

    let token = text(&seen.data("signIn")["token"]);
    assert_eq!(door.bearer(&token, SEEN, json!({})).await.error(), "UNAUTHENTICATED", "no hat, no rights");
    let staff = json!(["Bistrô", "Marta & filhos", "Padaria Estrela"]);
    let portal = json!(["Marta & filhos"]);
    for (hat, expected) in [(&hats[1], &portal), (&hats[0], &staff), (&hats[1], &portal)] {
        let chosen = door.bearer(&token, CHOOSE, json!({ "id": hat["hatId"] })).await;
        assert_eq!(chosen.data("hatChoose")["hat"]["hatId"], hat["hatId"]);
        let viewer = door.bearer(&token, VIEWER, json!({})).await;
        assert_eq!(viewer.data("viewer")["hat"]["hatId"], hat["hatId"]);
        let seen = door.bearer(&token, SEEN, json!({})).await;
        let names = seen.data("clients")["nodes"].as_array().unwrap().iter().map(|node| &node["name"]);
        assert_eq!(&json!(names.collect::<Vec<_>>()), expected);
    }
    for foreign in [door.firm.owner.id(), "staff_0".to_owned(), own.encode(), String::new()] {
        let refused = door.bearer(&token, CHOOSE, json!({ "id": foreign })).await;
        let payload = refused.data("hatChoose");
        assert_eq!((code(payload), &payload["hat"]), (&json!("NOT_FOUND"), &Value::Null), "{foreign}");
    }
    let nobody = door.send(None, CHOOSE, json!({ "id": hats[0]["hatId"] })).await;
    assert_eq!(nobody.error(), "UNAUTHENTICATED");
    door.app.finish().await;
}

/// B-13: hats in two firms; none of the one is seen with the other on.
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
    let hats = door.bearer(&token, "{ viewer { hats { hatId staffRole } } }", json!({})).await;
    let hats = hats.data("viewer")["hats"].as_array().unwrap().clone();
    let member = hats.iter().find(|hat| hat["staffRole"] == "MEMBER").unwrap();
    door.bearer(&token, CHOOSE, json!({ "id": member["hatId"] })).await;
    assert_eq!(names().await, json!([{ "name": "Padaria Estrela" }]));
    door.app.finish().await;
}
