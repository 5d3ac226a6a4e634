//! What a real browser does with files.

use std::path::Path;

use serde_json::json;

use super::run;
use crate::desk::ticket::desk::Desk;

/// D-08: a browser shows PDF documents and images in place, opened alone and in a frame of the same site. A page with a
/// script, handed in as XML or as text, is saved, and is not run even where it is shown. Pictures of what was shown are
/// in `target/tmp/browser`.
#[tokio::test(flavor = "multi_thread")]
async fn d_08_files_in_a_browser() {
    let desk = Desk::open().await;
    let files = json!({
        "pdf": desk.hand_in(&desk.owner, "red.pdf", include_bytes!("../../browser/files/red.pdf")).await,
        "png": desk.hand_in(&desk.owner, "green.png", include_bytes!("../../browser/files/green.png")).await,
        "xml": desk.hand_in(&desk.owner, "page.xml", include_bytes!("../../browser/files/page.xml")).await,
        "txt": desk.hand_in(&desk.owner, "page.txt", include_bytes!("../../browser/files/page.txt")).await,
    });
    let declared = json!({ "files": [{ "name": "page.html", "size": 9 }] });
    let refused = desk.done(&desk.owner, "fileUploadCreate", declared).await;
    assert_eq!(refused["uploads"][0]["userErrors"][0]["code"], "FILE_TYPE_NOT_ALLOWED");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let (files, pictures) = (files.to_string(), pictures.to_str().unwrap());
    let printed = run("browser", &[&desk.app.url, &desk.owner.token, &files, pictures]).await;
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 4, "{printed}");
    desk.finish().await;
}
