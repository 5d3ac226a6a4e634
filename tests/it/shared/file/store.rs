//! The access log of files is append-only.

use diesel_async::SimpleAsyncConnection;

use super::hand::PDF;
use crate::desk::ticket::desk::Desk;

/// B-09, F-03: the log of who opened which file cannot be changed.
#[tokio::test]
async fn b_09_the_access_log_is_append_only() {
    let desk = Desk::open().await;
    let id = desk.hand_in(&desk.member, "a.pdf", PDF).await;
    desk.download(&desk.member, &id).await;
    let mut conn = desk.app.store.conn().await.unwrap();
    for statement in
        ["UPDATE file_accesses SET device = ''", "DELETE FROM file_accesses", "TRUNCATE file_accesses"]
    {
        let refused = conn.batch_execute(statement).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    drop(conn);
    desk.finish().await;
}
