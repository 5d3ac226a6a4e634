//! `/metrics` of both processes: well-formed, told before anything happens, and in the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use guichet_tests::database::TestDatabase;
use guichet_tests::http::{self, absolute};
use guichet_tests::smtp::Step;
use guichet_tests::wait::{until, until_ok};
use guichet_tests::websocket::Websocket;
use serde_json::json;

use super::files::{PDF, declare, got, put, stored};
use super::site::Site;

/// What the text format (version 0.0.4) and the conventions of Prometheus say about one metric.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    /// The samples by name and labels.
    samples: BTreeMap<String, f64>,
}

/// Reads a page of metrics, which must obey every rule.
fn read(page: &str) -> BTreeMap<String, Family> {
    assert!(page.ends_with('\n'), "the last line ends");
    let mut families = BTreeMap::<String, Family>::new();
    let (mut helped, mut current) = (String::new(), String::new());
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').unwrap_or_else(|| panic!("no text: {line}"));
            assert!(!text.trim().is_empty() && !families.contains_key(name), "{line}");
            helped = name.to_owned();
        } else if let Some(told) = line.strip_prefix("# TYPE ") {
            let (name, kind) = told.split_once(' ').unwrap_or_else(|| panic!("no kind: {line}"));
            assert_eq!(helped, name, "HELP stands before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            current = name.to_owned();
            let before =
                families.insert(current.clone(), Family { kind: kind.to_owned(), ..Family::default() });
            assert!(before.is_none(), "{name} is told twice");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            check_labels(labels, line);
            let family = families.get_mut(&current).unwrap_or_else(|| panic!("no TYPE before {line}"));
            let suffix = name.strip_prefix(current.as_str()).unwrap_or_else(|| panic!("{line} in {current}"));
            let suffixes: &[&str] =
                if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line} of a {}", family.kind);
            assert!(value.is_finite() && (family.kind == "gauge" || value >= 0.0), "{line}");
            assert!(family.samples.insert(series.to_owned(), value).is_none(), "{series} is told twice");
        }
    }
    check_names(&families);
    families
}

/// `key="value",…}`: names of labels, and values whose quotes are escaped.
fn check_labels(labels: &str, line: &str) {
    let mut rest = labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"));
    while !rest.is_empty() {
        let (key, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(!key.is_empty() && key.chars().all(is_name), "{line}");
        let end = value.find('"').unwrap_or_else(|| panic!("no end of a value: {line}"));
        assert!(!value[..end].contains('\\'), "nothing of ours needs an escape: {line}");
        rest = value[end + 1..].strip_prefix(',').unwrap_or(&value[end + 1..]);
    }
}

/// Base units, `_total` of counters only, and no two metrics whose names differ only in what a format adds.
fn check_names(families: &BTreeMap<String, Family>) {
    let mut bases = BTreeSet::new();
    for (name, family) in families {
        assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name} is a {}", family.kind);
        for wrong in
            ["_bucket", "_sum", "_count", "_milliseconds", "_micros", "_ms", "_mb", "_kilobytes", "_percent"]
        {
            assert!(!name.ends_with(wrong), "{name}");
        }
        assert!(name.starts_with("guichet_") || name.starts_with("process_"), "{name}");
        let base = name.strip_suffix("_total").unwrap_or(name);
        assert!(bases.insert(base.to_owned()), "a counter and another metric share the name {base}");
        if family.kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
            check_histogram(name, family);
        }
    }
}

/// Buckets grow up to `+Inf`, which counts everything.
fn check_histogram(name: &str, family: &Family) {
    for (series, count) in &family.samples {
        let Some(labels) = series.strip_prefix(&format!("{name}_count")) else { continue };
        let inner = labels.trim_matches(['{', '}']);
        let of_bucket = |le: &str| match inner {
            "" => format!("{name}_bucket{{le=\"{le}\"}}"),
            inner => format!("{name}_bucket{{{inner},le=\"{le}\"}}"),
        };
        assert_eq!(family.samples.get(&of_bucket("+Inf")), Some(count), "{series}");
        assert!(family.samples.get(&of_bucket("0.002")).is_some_and(|least| least <= count), "{series}");
    }
}

/// The counters of a page.
fn counters(page: &str) -> BTreeMap<String, f64> {
    read(page)
        .into_values()
        .filter(|family| family.kind == "counter")
        .flat_map(|family| family.samples)
        .collect()
}

/// No counter appears only when it first counts, because then its first increase is not seen: whatever is done, the
/// series are those of the start.
#[tokio::test]
async fn counters_exist_from_the_start() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    let before = (counters(&server.metrics().await), counters(&worker.metrics().await));

    let url = format!("{}/graphql", server.url().await);
    let token = &site.firm.owner.token;
    for query in [
        "{ tickets(first: 1) { totalCount } }",
        "{ tickets(first: 1000) { totalCount } }",
        "{ ticketsOfMars }",
        "{ tickets(",
        "mutation { ticketCreate(input: { idempotencyKey: \"k\", subject: \"x\" }) { userErrors { code } } }",
        "mutation { ticketCreate(input: {}) { userErrors { code } } }",
        "subscription { ticketsChanged { reload } }",
    ] {
        for request in [http::client().post(&url).bearer_auth(token), http::client().post(&url)] {
            request.json(&json!({ "query": query })).send().await.unwrap();
        }
    }
    http::client().get(format!("{url}?query=mutation%7BsignOut%7B__typename%7D%7D")).send().await.unwrap();
    http::client().post(&url).body("no JSON").send().await.unwrap();
    http::client().post(&url).header("accept", "text/plain").json(&json!({})).send().await.unwrap();
    http::client().delete(&url).send().await.unwrap();
    http::client().post(&url).json(&json!({ "query": " ".repeat(2 << 20) })).send().await.unwrap();
    let mut socket = Websocket::bearer(&server.url().await, token).await;
    socket.subscribe("live", "subscription { ticketsChanged { reload } }", json!({})).await;
    assert_eq!(socket.hear().await["type"], "next");
    socket.say(json!({})).await;
    assert_eq!(socket.closed().await.0, 4400);
    drop(Websocket::bearer(&server.url().await, token).await);

    let (id, address) = declare(&site, &server, "one", PDF).await;
    for body in [&b"another"[..], PDF] {
        put(&server, &address, body).await.send().await.unwrap();
    }
    stored(&site, &server, &id).await;
    got(&site, &server, &id).await;
    http::client().get(absolute(&server.url().await, "/files/forged")).send().await.unwrap();
    http::client().get(format!("{}/export/tickets.csv", server.url().await)).send().await.unwrap();
    site.mail(&server).await;
    site.sent(&server, 1).await;
    site.sink.reply(Step::Rcpt, 550, "5.1.1 unknown");
    let ticket = site.ticket(&server, "another").await.unwrap();
    site.change(&server, &ticket, "IN_ANALYSIS", "another change").await.unwrap();
    until_ok("the mail is refused", async || {
        let refused = worker.metric("guichet_mails_total{outcome=\"refused\"}").await;
        if refused < 1.0 { Err(worker.output()) } else { Ok(()) }
    })
    .await;

    let after = (counters(&server.metrics().await), counters(&worker.metrics().await));
    for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
        let (known, found): (BTreeSet<_>, BTreeSet<_>) = (before.keys().collect(), after.keys().collect());
        assert_eq!(found.difference(&known).collect::<Vec<_>>(), Vec::<&&String>::new());
    }
    for (counters, series) in [
        (
            &after.0,
            "guichet_graphql_requests_total{operation_type=\"query\",operation=\"tickets\",outcome=\"BAD_USER_INPUT\"}",
        ),
        (
            &after.0,
            "guichet_graphql_requests_total{operation_type=\"none\",operation=\"none\",outcome=\"METHOD_NOT_ALLOWED\"}",
        ),
        (&after.0, "guichet_websocket_closes_total{code=\"4400\"}"),
        (&after.0, "guichet_transfers_total{direction=\"upload\",outcome=\"ok\"}"),
        (&after.0, "guichet_transfers_total{direction=\"download\",outcome=\"ok\"}"),
        (&after.0, "guichet_transfers_total{direction=\"upload\",outcome=\"refused\"}"),
        (&after.0, "guichet_transfers_total{direction=\"download\",outcome=\"refused\"}"),
        (&after.1, "guichet_files_total{outcome=\"stored\"}"),
        (&after.1, "guichet_mails_total{outcome=\"sent\"}"),
    ] {
        assert_eq!(counters.get(series), Some(&1.0), "{series}");
    }
    let received = after.0["guichet_transfer_bytes_total{direction=\"download\"}"];
    assert_eq!(received, PDF.len() as f64);
    assert!(server.stop().await.success() && worker.stop().await.success());
    database.drop().await;
}

/// Every metric of both processes is in the documents, with its labels; and the documents name no other.
#[tokio::test]
async fn the_documents_tell_every_metric() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    // Histograms exist once something was measured.
    let (id, address) = declare(&site, &server, "one", PDF).await;
    put(&server, &address, PDF).await.send().await.unwrap();
    stored(&site, &server, &id).await;
    let mut families = read(&server.metrics().await);
    for process in
        ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"]
    {
        assert!(families[process].samples.values().all(|value| value.is_finite()), "{process}");
    }
    assert!(families["process_open_fds"].samples["process_open_fds"] > 0.0);
    let build: Vec<&String> = families["guichet_build_info"].samples.keys().collect();
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        matches!(&build[..], [one] if one.contains(&format!("version=\"{version}\"")) && one.contains("migration=\"2"))
    );
    // The queue is measured soon after the start.
    let measured = until("the queue is measured", async || {
        Some(read(&worker.metrics().await)).filter(|families| families.contains_key("guichet_jobs"))
    });
    families.extend(measured.await);

    let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md");
    let documents = fs::read_to_string(documents).unwrap();
    let mut told = BTreeMap::new();
    for row in documents.lines().filter(|line| line.starts_with("| `guichet_")) {
        let cell = row.split('|').nth(1).unwrap_or_default();
        for metric in cell.split('`').skip(1).step_by(2) {
            let (name, labels) = metric.split_once('{').unwrap_or((metric, "}"));
            let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
            told.insert(name.to_owned(), labels.map(str::to_owned).collect::<BTreeSet<_>>());
        }
    }
    families.retain(|name, _| name.starts_with("guichet_"));
    assert_eq!(families.keys().collect::<BTreeSet<_>>(), told.keys().collect::<BTreeSet<_>>());
    for (name, family) in &families {
        for series in family.samples.keys() {
            let labels = series.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
            let labels = labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            let labels: BTreeSet<String> = labels.filter(|label| label != "le").collect();
            assert_eq!(labels, told[name], "{series}");
        }
    }
    // Also where alerts are advised.
    let named = documents.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    // Parts of the program have such names, too, in the log and in its filter.
    let is_part = |name: &str| ["::", "=debug"].iter().any(|end| documents.contains(&format!("{name}{end}")));
    let named = named.filter(|word| word.starts_with("guichet_") && word.len() > "guichet_".len());
    for name in named.filter(|name| !is_part(name)) {
        assert!(families.contains_key(name), "{name} is no metric");
    }
    assert!(server.stop().await.success() && worker.stop().await.success());
    database.drop().await;
}
