//! Which values the attributes that rules know can have.

use chrono::NaiveDate;
use guichet_base::country::Country;

use crate::client::{CITY, LEGAL_FORMS, REGION, Scalar};
use crate::holidays::Holidays;
use crate::place::region_of_city;

/// Whether what has this key can ever have this value: a case that never holds is a slip of the pen.
pub fn can_be(key: &str, value: &Scalar) -> bool {
    let any = |is_there: &dyn Fn(Country) -> bool| Country::ALL.iter().any(|country| is_there(*country));
    match (key, value) {
        ("month", Scalar::Number(month)) => (1..=12).contains(month),
        ("quarter", Scalar::Number(quarter)) => (1..=4).contains(quarter),
        // The end of February is always its 28th.
        ("fiscalEnd", Scalar::Text(day)) => {
            NaiveDate::parse_from_str(&format!("2023-{day}"), "%Y-%m-%d").is_ok() && day.len() == 5
        }
        (REGION, Scalar::Text(code)) => any(&|country| Holidays::shipped().region(country, code).is_some()),
        (CITY, Scalar::Text(code)) => any(&|country| region_of_city(country, code).is_some()),
        ("legalForm", Scalar::Text(form)) => LEGAL_FORMS.contains(&form.as_str()),
        ("staff", Scalar::Number(count)) => *count >= 0,
        ("payrollDeferred" | "adhered", Scalar::Bool(_)) => true,
        ("month" | "quarter" | "fiscalEnd" | REGION | CITY | "legalForm" | "staff", _) => false,
        ("payrollDeferred" | "adhered", _) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::read::{Trouble, expression};

    /// A case that can never hold is refused where its value stands; others are taken.
    #[test]
    fn a_case_can_hold() {
        let day = json!({"at": "PERIOD_END", "go": [{"day": 20}], "shift": "KEEP"});
        let rule = |by: &str, case: Value| {
            let mut case = case;
            case["is"] = day.clone();
            json!({"by": by, "cases": [case], "else": day})
        };
        for (by, wrong) in [
            ("month", json!(13)),
            ("month", json!(0)),
            ("month", json!("01")),
            ("quarter", json!(5)),
            ("fiscalEnd", json!("13-40")),
            ("fiscalEnd", json!("02-29")),
            ("fiscalEnd", json!("6-30")),
            ("region", json!("BR-XX")),
            ("city", json!("0000000")),
            ("legalForm", json!("LLC")),
            ("staff", json!("ten")),
            ("staff", json!(-1)),
            ("payrollDeferred", json!("yes")),
        ] {
            for (case, path) in
                [(json!({"in": [wrong]}), "cases.0.in.0"), (json!({"from": wrong}), "cases.0.from")]
            {
                let rule = rule(by, case);
                let problem = expression(&rule).unwrap_err();
                assert_eq!(
                    (problem.path.join(".").as_str(), problem.trouble),
                    (path, Trouble::Value),
                    "{rule}"
                );
            }
        }
        for (by, right) in [
            ("month", json!(12)),
            ("quarter", json!(4)),
            ("fiscalEnd", json!("02-28")),
            ("region", json!("BR-SP")),
            ("city", json!("3550308")),
            ("legalForm", json!("SA")),
            ("staff", json!(0)),
            ("payrollDeferred", json!(true)),
            ("ownKey", json!("anything")),
        ] {
            let rule = rule(by, json!({"in": [right]}));
            assert!(expression(&rule).is_ok(), "{rule}");
        }
    }
}
