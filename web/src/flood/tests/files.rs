//! Files that arrive slowly.

use super::*;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower::ServiceExt;

/// A file that begins to arrive, and does not end.
fn begun(session: &str) -> Request {
    let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("--x\r\n")]);
    let never = futures_util::stream::pending();
    let body = Body::from_stream(futures_util::StreamExt::chain(begun, never));
    Request::post("/import")
        .header("content-type", "multipart/form-data; boundary=x")
        .header("cookie", format!("__Host-hersys-staff={session}"))
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn files_that_arrive_hold_none_of_the_places_of_pages() {
    let folder = tempfile::tempdir().unwrap();
    let (site, _app) = site(Kind::Console, folder.path()).await;
    let room = Room {
        places: 8,
        for_strangers: 4,
    };
    let door = Door::with_room(&site, 64 * 1024, room);
    let takes = post(|_: Bytes| async { "done" });
    let router = axum::Router::new()
        .route(
            "/import",
            takes.layer(from_fn_with_state(door.for_files(), guard)),
        )
        .route(
            "/",
            get(|| async { "done" }).layer(from_fn_with_state(door, guard)),
        );
    let mut slow = tokio::task::JoinSet::new();
    for session in 0..20 {
        slow.spawn(router.clone().oneshot(begun(&format!("s{session}"))));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (looked, _) = asks(&router, "GET", "/", "__Host-hersys-staff=abc", "").await;
    assert_eq!(looked.status(), StatusCode::OK);
    // Nobody sends several at once, which keeps a place for everybody.
    let second = router.clone().oneshot(begun("s1")).await.unwrap();
    assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(slow.try_join_next().is_none(), "the others have their time");
}
