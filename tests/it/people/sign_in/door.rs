//! Requests to the API with any headers.

use guichet_engine::actor::StaffRole;
use guichet_tests::app::TestApp;
use guichet_tests::http;
use guichet_tests::world::Firm;
use serde_json::{Value, json};
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";

pub const SIGN_IN: &str = "mutation ($input: SignInInput!) {
    signIn(input: $input) {
        token
        session { account { email } membership { membershipId kind } memberships { membershipId firmName clientName staffRole accessRole } expiresAt }
        userErrors { field code message }
    }
}";

pub const VIEWER: &str = "{ viewer { account { email name } membership { membershipId } sessionExpiresAt } }";

/// A running program with a firm.
pub struct Door {
    pub app: TestApp,
    pub firm: Firm,
    pub http: reqwest::Client,
}

/// An answer with its status and cookies.
pub struct Seen {
    pub status: u16,
    pub cookies: Vec<String>,
    pub body: Value,
}

impl Seen {
    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self, name: &str) -> &Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        &self.body["data"][name]
    }

    pub fn error(&self) -> &Value {
        &self.body["errors"][0]["extensions"]["code"]
    }
}

impl Door {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let firm = Firm::new(&app.store, "aurora.example").await;
        Self { app, firm, http: http::client() }
    }

    /// Sends a request with this header, or with none.
    pub async fn send(&self, header: Option<(&str, &str)>, query: &str, variables: Value) -> Seen {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.http.post(format!("{}/graphql", self.app.url)).json(&body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let cookies = response.headers().get_all("set-cookie");
        let cookies = cookies.iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        Seen { status: response.status().as_u16(), cookies, body: response.json().await.unwrap() }
    }

    /// Sends a request with a bearer token.
    pub async fn bearer(&self, token: &str, query: &str, variables: Value) -> Seen {
        self.send(Some(("authorization", &format!("Bearer {token}"))), query, variables).await
    }

    /// Tries to sign in; the token is in the payload.
    pub async fn sign_in(&self, email: &str, password: &str) -> Seen {
        let input = json!({ "email": email, "password": password, "transport": "BEARER" });
        self.send(None, SIGN_IN, json!({ "input": input })).await
    }

    /// The bearer token of a new session.
    pub async fn enter(&self, email: &str) -> String {
        let seen = self.sign_in(email, PASSWORD).await;
        text(&seen.data("signIn")["token"])
    }

    /// Sends a mutation as the owner; returns the payload.
    pub async fn owner(&self, mutation: &str, selection: &str, mut input: Value) -> Value {
        if mutation.ends_with("Create") {
            input["idempotencyKey"] = Uuid::new_v4().to_string().into();
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation ($input: {kind}!) {{
                {mutation}(input: $input) {{ {selection} userErrors {{ field code }} }}
            }}"
        );
        let mut data = self.app.ask(&self.firm.owner, &query, json!({ "input": input })).await;
        data[mutation].take()
    }

    /// Invites a staff member; returns the secret of the invitation.
    pub async fn invite(&self, email: &str, role: StaffRole) -> String {
        let input = json!({ "name": "Marta Reis", "email": email, "role": role.as_str() });
        text(&self.owner("staffCreate", "invitation { secret }", input).await["invitation"]["secret"])
    }

    /// Accepts an invitation; returns the payload.
    pub async fn accept(&self, secret: &str, password: &str) -> Value {
        let mutation = "mutation ($input: InvitationAcceptInput!) {
            invitationAccept(input: $input) {
                token session { account { email name } membership { membershipId kind staffRole accessRole } }
                userErrors { field code message }
            }
        }";
        let input = json!({ "secret": secret, "password": password, "transport": "BEARER" });
        self.send(None, mutation, json!({ "input": input })).await.data("invitationAccept").clone()
    }

    /// A staff member with [`PASSWORD`].
    pub async fn member(&self, email: &str) {
        let secret = self.invite(email, StaffRole::Member).await;
        assert_eq!(self.accept(&secret, PASSWORD).await["userErrors"], json!([]));
    }
}

/// The value as a string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).to_owned()
}

/// The code of the first user error of a payload.
pub fn code(payload: &Value) -> &Value {
    &payload["userErrors"][0]["code"]
}
