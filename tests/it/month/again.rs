//! Work that somebody undid, when a person looks at what a run would make again.

use guichet_base::id::Id;
use serde_json::{Value, json};

use crate::desk::ticket::desk::Desk;

/// C-11: years whose tasks were undone are told as such in the preview, also when the client's years have other names since.
#[tokio::test]
async fn c_11_undone_years_of_another_closing_day() {
    let desk = Desk::open().await;
    let yearly = desk.yearly_work().await;
    let input =
        json!({ "clientId": desk.client.encode(), "taskTypeId": yearly, "firstPeriod": "FY2023-12-31" });
    let made = desk.done(&desk.owner, "recurringTaskCreate", input).await;
    desk.app.jobs_done().await;
    let undo = json!({ "ids": [made["recurringTask"]["id"]] });
    desk.done(&desk.manager, "recurringTaskUndo", undo).await;
    desk.app.jobs_done().await;
    let preview = async || {
        let query = "{ taskGenerationPreview(upTo: \"2026-03-02\") {
            taskCount againCount lines { againCount tasks { period isAgain } }
        } }";
        desk.app.ask(&desk.owner, query, json!({})).await["taskGenerationPreview"].clone()
    };
    let again = |periods: &[&str]| {
        let (count, tasks) =
            (periods.len(), periods.iter().map(|period| json!({ "period": period, "isAgain": true })));
        let line = json!({ "againCount": count, "tasks": tasks.collect::<Vec<Value>>() });
        json!({ "taskCount": count, "againCount": count, "lines": [line] })
    };
    assert_eq!(preview().await, again(&["FY2023-12-31", "FY2024-12-31", "FY2025-12-31"]));

    let query = "query ($id: ID!) { client(id: $id) { version } }";
    let seen = desk.app.ask(&desk.owner, query, json!({ "id": desk.client.encode() })).await;
    let update = json!({
        "id": desk.client.encode(), "expectedVersion": seen["client"]["version"], "fiscalYearEnd": "06-30"
    });
    desk.done(&desk.owner, "clientUpdate", update).await;
    assert_eq!(preview().await, again(&["FY2024-06-30", "FY2025-06-30"]));
    desk.finish().await;
}
