//! What a firm removed of the catalogue, and takes over again.

use guichet_schema::month::generation::moves::certain;
use serde_json::{Value, json};

use super::office::{day, version};
use crate::desk::ticket::desk::{Desk, each};

/// What the catalogue would change.
async fn updates(desk: &Desk) -> Value {
    let query = "{ catalogueUpdates {
        obligation { code } addedRules { validFrom validTo } hiddenRules { validFrom validTo } replacedSources
    } }";
    desk.app.ask(&desk.manager, query, json!({})).await["catalogueUpdates"].clone()
}

/// Takes over what the catalogue has, of all obligations: those that changed.
async fn take_over(desk: &Desk) -> Value {
    desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await["obligationIds"].clone()
}

/// The bounds of the versions of an obligation.
async fn bounds(desk: &Desk, obligation: &str) -> Vec<Value> {
    let rules = desk.rules(obligation).await["rules"].clone();
    each(&rules, "validFrom").into_iter().zip(each(&rules, "validTo")).map(|of| json!(of)).collect()
}

/// Removes a version of an obligation.
async fn remove(desk: &Desk, obligation: &str, number: usize) {
    let version = desk.rules(obligation).await["rules"][number]["versionId"].clone();
    desk.done(&desk.owner, "ruleVersionDelete", json!({ "versionId": version })).await;
}

/// C-11: a version of the catalogue that the firm removed is shown as an update and comes back, also where the one before it
/// went on instead, and where it held beside a version of the firm's own.
#[tokio::test]
async fn c_11_a_removed_version_comes_back() {
    let desk = Desk::open().await;
    let (last, middle) = (desk.adopted("BR-DIRBI").await, desk.adopted("BR-DCTFWEB").await);
    let part = desk.adopted("BR-ECD").await;
    let before = [bounds(&desk, &last).await, bounds(&desk, &middle).await];
    let own = json!({ "obligationId": part, "version": version(Some("2030"), Some("2030"), day(3)) });
    desk.done(&desk.owner, "ruleVersionCreate", own).await;
    let parts = bounds(&desk, &part).await;
    assert_eq!((parts.len(), updates(&desk).await), (4, json!([])));

    remove(&desk, &last, 1).await;
    assert_eq!(bounds(&desk, &last).await, [json!(["2024-01", null])], "the one before it goes on");
    remove(&desk, &middle, 1).await;
    remove(&desk, &part, 1).await;
    let seen = updates(&desk).await;
    let added = |from: &str, to: Option<&str>| json!({ "validFrom": from, "validTo": to });
    let codes = ["BR-DCTFWEB", "BR-DIRBI", "BR-ECD"];
    assert_eq!(each(&seen, "obligation"), codes.map(|code| json!({ "code": code })));
    assert_eq!(
        each(&seen, "addedRules"),
        [
            json!([added("2023-09", Some("2024-12"))]),
            json!([added("2024-01", Some("2024-05")), added("2024-06", None)]),
            json!([added("2022", Some("2029-12-31"))])
        ]
    );
    let replaced: Vec<usize> =
        each(&seen, "replacedSources").iter().map(|sources| sources.as_array().unwrap().len()).collect();
    assert_eq!(replaced, [0, 1, 0]);

    assert_eq!(take_over(&desk).await.as_array().unwrap().len(), 3);
    assert_eq!([bounds(&desk, &last).await, bounds(&desk, &middle).await], before);
    assert_eq!(bounds(&desk, &part).await, parts);
    assert_eq!(updates(&desk).await, json!([]));
    assert_eq!(take_over(&desk).await, json!([]));
    desk.finish().await;
}

/// C-11: where a version that the firm corrected goes on into the periods of a removed one, that is told and changes nothing:
/// owners do not hear of it.
#[tokio::test]
async fn c_11_a_removed_version_behind_a_corrected_one() {
    let desk = Desk::open().await;
    let dirbi = desk.adopted("BR-DIRBI").await;
    let seen = desk.rules(&dirbi).await;
    let correct = json!({
        "versionId": seen["rules"][0]["versionId"], "expectedVersion": seen["version"],
        "version": version(Some("2024-01"), Some("2024-05"), day(3))
    });
    desk.done(&desk.owner, "ruleVersionUpdate", correct).await;
    remove(&desk, &dirbi, 1).await;
    let seen = updates(&desk).await;
    assert_eq!(each(&seen, "hiddenRules"), [json!([{ "validFrom": "2024-06", "validTo": null }])]);
    assert_eq!(each(&seen, "addedRules"), [json!([])]);
    assert_eq!(take_over(&desk).await, json!([]));
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(desk.numbers(&desk.owner, "CATALOGUE_CHANGED").await, [0; 0]);
    desk.finish().await;
}
