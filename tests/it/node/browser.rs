//! What a real browser does with files.

use std::path::Path;

use serde_json::json;

use super::run;
use crate::desk::ticket::desk::Desk;

/// D-08: a browser shows PDF documents and images in place, opened alone and in a frame of the same site. A script in an XML
/// file or a text is saved with it, and is not run even where the file is shown. An HTML file is not taken, whatever it is
/// called. Pictures of what was shown are in `target/tmp/browser`.
#[tokio::test(flavor = "multi_thread")]
async fn d_08_files_in_a_browser() {
    let desk = Desk::open().await;
    let files = json!({
        "pdf": desk.hand_in(&desk.owner, "red.pdf", include_bytes!("../../browser/files/red.pdf")).await,
        "png": desk.hand_in(&desk.owner, "green.png", include_bytes!("../../browser/files/green.png")).await,
        "xml": desk.hand_in(&desk.owner, "script.xml", include_bytes!("../../browser/files/script.xml")).await,
        "txt": desk.hand_in(&desk.owner, "script.txt", include_bytes!("../../browser/files/script.txt")).await,
    });
    let declared = json!({ "files": [{ "name": "page.html", "size": 9 }] });
    let refused = desk.done(&desk.owner, "fileUploadCreate", declared).await;
    assert_eq!(refused["uploads"][0]["userErrors"][0]["code"], "FILE_TYPE_NOT_ALLOWED");
    for name in ["page.txt", "page.xml", "page.pdf"] {
        let page = desk.hand_in(&desk.owner, name, include_bytes!("../../browser/files/page.html")).await;
        assert_eq!(desk.refusal(&desk.owner, &page).await, "FILE_TYPE_MISMATCH", "{name}");
    }
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let (files, pictures) = (files.to_string(), pictures.to_str().unwrap());
    let printed = run("browser", &[&desk.app.url, &desk.owner.token, &files, pictures]).await;
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 4, "{printed}");
    desk.finish().await;
}
