//! GraphiQL, served without any external host.

use std::path::Path;

use guichet_edge::{EdgeSettings, Graphiql};
use http::StatusCode;

use crate::client::{Client, settings};

fn client(modules: &Path) -> Client {
    let graphiql = Graphiql { modules: modules.to_owned(), welcome: "# \"a\" & <b>\n{ hello }".to_owned() };
    Client::with(&EdgeSettings { graphiql: Some(graphiql), ..settings() })
}

/// A folder with the files that npm would install.
fn modules() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("guichet-graphiql-{}", std::process::id()));
    for file in [
        "react/umd/react.production.min.js",
        "react-dom/umd/react-dom.production.min.js",
        "graphiql/graphiql.min.js",
        "graphiql/graphiql.min.css",
        "graphql-ws/umd/graphql-ws.min.js",
    ] {
        let file = folder.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "/* stand-in */").unwrap();
    }
    std::fs::write(folder.join("secret"), "SECRET").unwrap();
    folder
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let folder = modules();
    let client = client(&folder);
    let page = client.get("/graphiql").await;
    assert_eq!(page.status, StatusCode::OK);
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert!(html.contains("data-welcome=\"# &quot;a&quot; &amp; &lt;b>\n{ hello }\""), "{html}");
    assert!(!html.contains("//"), "no address of another host: {html}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");

    for linked in html.split('"').filter(|part| part.starts_with("/graphiql/")) {
        let file = client.get(linked).await;
        assert_eq!(file.status, StatusCode::OK, "{linked}");
        let kind = if linked.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(file.header("content-type").starts_with(kind), "{linked}: {}", file.header("content-type"));
    }
    for closed in [
        "/graphiql/secret",
        "/graphiql/../secret",
        "/graphiql/%2e%2e/secret",
        "/graphiql/graphiql/graphiql.min.js",
    ] {
        assert_eq!(client.get(closed).await.status, StatusCode::NOT_FOUND, "{closed}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_missing_folder_names_the_command() {
    let page = client(Path::new("/nowhere")).get("/graphiql").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8(page.bytes).unwrap().contains("`make graphiql`"));
}

#[tokio::test]
async fn it_can_be_switched_off() {
    assert_eq!(Client::new().get("/graphiql").await.status, StatusCode::NOT_FOUND);
}
