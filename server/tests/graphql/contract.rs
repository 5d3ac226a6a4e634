//! `schema/schema.graphql` is the schema that the server serves.

use std::fs;
use std::path::Path;

use async_graphql::Request;
use guichet_server::graphql::sdl;

use crate::requests::anonymous;

/// Writes the file when `UPDATE_SDL=1` is set; otherwise tells how to.
#[test]
fn the_file_is_what_the_server_serves() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/schema.graphql");
    #[allow(clippy::disallowed_methods, reason = "tests have no settings")]
    if std::env::var_os("UPDATE_SDL").is_some() {
        fs::write(&file, sdl()).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == sdl(),
        "schema/schema.graphql is not the schema: run UPDATE_SDL=1 cargo test --test graphql"
    );
}

/// The first text in GraphiQL: all its operations are valid, and the first thing that is missing is a session.
#[tokio::test]
async fn the_welcome_is_valid() {
    const WELCOME: &str = include_str!("../../src/welcome.graphql");
    for operation in ["Tickets", "Month", "Home"] {
        let response = anonymous().execute(Request::new(WELCOME).operation_name(operation)).await;
        // What is not valid is refused as a whole, and has no path.
        assert!(!response.errors.is_empty(), "{operation} asks for a session");
        assert!(
            response.errors.iter().all(|error| !error.path.is_empty()),
            "{operation}: {:?}",
            response.errors
        );
    }
}
