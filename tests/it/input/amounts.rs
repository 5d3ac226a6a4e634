//! Amounts that are refused.

use guichet_tests::vocabulary;
use serde_json::{Value, json};

use super::drafts::{draft, put};
use crate::desk::ticket::desk::{Desk, errors, text};

/// D-03, D-10: wherever money is taken, an amount is refused with what was asked and what is allowed, in the firm's
/// currency. Nobody owes nothing; a price may be nothing.
#[tokio::test]
async fn amounts_tell_both_ends() {
    let desk = Desk::open().await;
    let mut tried = Vec::new();
    for mutation in vocabulary::mutations() {
        for path in vocabulary::inputs(mutation, "MoneyInput") {
            let give = async |amount_minor: i64, currency: &str| -> Value {
                let (by, mut input) = draft(&desk, mutation).await;
                put(&mut input, &path, json!({ "amountMinor": amount_minor, "currency": currency }));
                desk.act(by, mutation, input).await
            };
            let least = i64::from(mutation == "chargeCreate");
            let end = format!("R$\u{a0}0,0{least}");
            for (amount_minor, currency, code, parts) in [
                (-5, "BRL", "OUT_OF_RANGE", ["-R$\u{a0}0,05", &end]),
                (5, "USD", "WRONG_CURRENCY", ["USD", "BRL"]),
                (-5, "USD", "WRONG_CURRENCY", ["USD", "BRL"]),
                (least - 1, "BRL", "OUT_OF_RANGE", ["R$\u{a0}0,0", &end]),
            ] {
                let payload = give(amount_minor, currency).await;
                let error = &payload["userErrors"][0];
                assert_eq!(
                    (error["code"].as_str(), &error["field"]),
                    (Some(code), &json!(path)),
                    "{mutation}"
                );
                let message = text(&error["message"]);
                assert!(parts.iter().all(|part| message.contains(part)), "{mutation}: {message}");
            }
            assert_eq!(errors(&give(least, "BRL").await), [""; 0], "{mutation}");
            tried.push(mutation);
        }
    }
    let expected = ["chargeCreate", "serviceItemCreate", "serviceItemUpdate", "ticketCreate", "ticketEdit"];
    tried.sort_unstable();
    assert_eq!(tried, expected);
    desk.finish().await;
}
