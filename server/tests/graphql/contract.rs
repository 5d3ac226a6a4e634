//! `schema/schema.graphql` is the schema that the server serves.

use std::fs;
use std::path::Path;

use guichet_server::graphql::sdl;

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
