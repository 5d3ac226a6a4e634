//! Short ways for tests about notifications.

use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, errors, text};

/// The fields of a notification that tests read.
pub const NOTIFICATION: &str = "id kind readAt ticket { id } message { body } author { __typename name }";

/// Somebody's notifications, newest first.
pub async fn told(desk: &Desk, person: &Person) -> Vec<Value> {
    let query = format!("{{ notifications(first: 100) {{ totalCount nodes {{ {NOTIFICATION} }} }} }}");
    let list = desk.app.ask(person, &query, json!({})).await["notifications"].take();
    let nodes = list["nodes"].as_array().unwrap().clone();
    assert_eq!(list["totalCount"], nodes.len());
    nodes
}

/// The kinds of somebody's notifications about a ticket, newest first.
pub async fn kinds(desk: &Desk, person: &Person, ticket: &str) -> Vec<String> {
    let all = told(desk, person).await;
    all.iter().filter(|one| one["ticket"]["id"] == ticket).map(|one| text(&one["kind"])).collect()
}

/// Sets the kinds of notifications that somebody also gets by mail.
pub async fn by_mail(desk: &Desk, person: &Person, kinds: Value) {
    let mutation = "mutation ($input: NotificationPreferencesSetInput!) {
        notificationPreferencesSet(input: $input) {
            notificationPreferences { byMail } userErrors { field code }
        }
    }";
    let set = desk.app.ask(person, mutation, json!({ "input": { "byMail": kinds } })).await;
    let payload = &set["notificationPreferencesSet"];
    assert!(errors(payload).is_empty());
    assert_eq!(payload["notificationPreferences"]["byMail"], kinds);
}

/// Changes the database directly, without the rules.
pub async fn sql(desk: &Desk, statement: &str) {
    let mut conn = desk.app.store.conn().await.unwrap();
    diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, statement).await.unwrap();
}
