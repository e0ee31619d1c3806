//! Forms that arrive slowly, not at all, or while there is no place.

use super::*;
use http_body_util::BodyExt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_finds_no_place_comes_back_as_a_form() {
    let folder = tempfile::tempdir().unwrap();
    let (router, _) = small_house(Kind::Portal, folder.path()).await;
    let path = format!("/reports/new?member={MEMBER}");
    let crowd: Vec<_> = (0..1_200)
        .map(|_| {
            let (router, path) = (router.clone(), path.clone());
            tokio::spawn(async move {
                let body = "key=k&temperature=38.7&note=cough";
                asks(&router, "POST", &path, IN, body).await.0
            })
        })
        .collect();
    let mut kept = 0;
    for one in crowd {
        let response = one.await.unwrap();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let page = response.into_body().collect().await.unwrap().to_bytes();
            let page = text(&page);
            assert!(
                page.contains(r#"name="temperature" value="38.7""#),
                "{page}"
            );
            kept += 1;
        } else {
            assert_eq!(response.status(), StatusCode::OK);
        }
    }
    assert!(kept > 100, "{kept}");
}

#[tokio::test]
async fn forms_that_trickle_in_hold_no_place_whatever_they_call_themselves() {
    for kind in [Kind::Portal, Kind::Console] {
        let folder = tempfile::tempdir().unwrap();
        let (router, _app) = small_house(kind, folder.path()).await;
        let mut slow = tokio::task::JoinSet::new();
        for what in [
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
        ] {
            for cookie in ["lang=ja", IN, "__Host-hersys-staff=x"] {
                for _ in 0..40 {
                    let router = router.clone();
                    slow.spawn(async move {
                        use tower::ServiceExt;
                        let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("a=")]);
                        let never = futures_util::stream::pending();
                        let body = Body::from_stream(futures_util::StreamExt::chain(begun, never));
                        let request = Request::post("/reports/new")
                            .header("content-type", what)
                            .header("cookie", cookie)
                            .body(body)
                            .unwrap();
                        router.oneshot(request).await.unwrap().status()
                    });
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let cookie = match kind {
            Kind::Portal => IN,
            Kind::Console => "__Host-hersys-staff=abc",
        };
        let (looked, _) = asks(&router, "GET", "/", cookie, "").await;
        assert_eq!(looked.status(), StatusCode::OK, "{kind:?}");
        // A long note of somebody who reports comes in beside them.
        let note = format!("spo2=88&note={}", "%E7%97%9B".repeat(2_000));
        let path = format!("/reports/new?member={MEMBER}");
        let (sent, _) = asks(&router, "POST", &path, cookie, &note).await;
        assert_eq!(sent.status(), StatusCode::OK, "{kind:?}");
        assert_eq!(slow.len(), 360, "none of them was answered");
    }
}

/// A form that begins to arrive, and does not end.
fn begun(cookie: &str) -> Request {
    let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("a=")]);
    let never = futures_util::stream::pending();
    let body = Body::from_stream(futures_util::StreamExt::chain(begun, never));
    Request::post("/reports/new")
        .header("cookie", cookie)
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn only_so_many_forms_that_trickle_in_are_waited_for() {
    use tower::ServiceExt;
    for kind in [Kind::Portal, Kind::Console] {
        let folder = tempfile::tempdir().unwrap();
        let (router, _app) = small_house(kind, folder.path()).await;
        let mut slow = tokio::task::JoinSet::new();
        for cookie in ["lang=ja", IN, "__Host-hersys-staff=x"] {
            for _ in 0..1_000 {
                slow.spawn(router.clone().oneshot(begun(cookie)));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        // What is there at once comes in beside them.
        for cookie in ["lang=ja", IN, "__Host-hersys-staff=abc"] {
            let (sent, took) = asks(&router, "POST", "/reports/new", cookie, "spo2=97").await;
            assert_eq!(sent.status(), StatusCode::OK, "{kind:?}");
            assert!(took < Duration::from_millis(900), "{took:?}");
        }
        // Most of the others are asked to come back, with the page that says so.
        let (mut sent_away, until) = (0, Instant::now() + Duration::from_secs(5));
        while let Ok(Some(one)) = tokio::time::timeout_at(until.into(), slow.join_next()).await {
            let answer = one.unwrap().unwrap();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
            sent_away += 1;
            if sent_away == 2_488 {
                break;
            }
        }
        assert_eq!(sent_away, 2_488, "{kind:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(slow.try_join_next().is_none(), "the others have their time");
    }
}

#[tokio::test]
async fn what_is_packed_is_not_taken_for_what_it_is_not() {
    use tower::ServiceExt;
    let folder = tempfile::tempdir().unwrap();
    let (router, _app) = small_house(Kind::Portal, folder.path()).await;
    for (name, how, answer) in [
        (
            "content-encoding",
            "gzip",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        ("content-encoding", "identity", StatusCode::OK),
        (
            "transfer-encoding",
            "gzip, chunked",
            StatusCode::NOT_IMPLEMENTED,
        ),
        ("transfer-encoding", "Chunked", StatusCode::OK),
    ] {
        let request = Request::post("/reports/new")
            .header(name, how)
            .body(Body::from("spo2=88"))
            .unwrap();
        let answered = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answered.status(), answer, "{how}");
    }
}

/// A form that breaks off is told why: nobody waits for the rest of one that cannot be read.
#[tokio::test]
async fn a_form_that_takes_too_long_is_told_so_and_one_that_cannot_be_read_otherwise() {
    use futures_util::StreamExt;
    use tower::ServiceExt;
    let folder = tempfile::tempdir().unwrap();
    let (router, _app) = small_house(Kind::Portal, folder.path()).await;
    let deadline = tower_http::timeout::RequestBodyDeadlineLayer::new(Duration::from_millis(200));
    let router = router.layer(deadline);
    let asked = |body: Body| {
        let request = Request::post("/reports/new").body(body).unwrap();
        let router = router.clone();
        async move { router.oneshot(request).await.unwrap().status() }
    };
    let begun = || futures_util::stream::iter([Ok("spo2=9")]);
    let never = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    let late = asked(Body::from_stream(begun().chain(never))).await;
    assert_eq!(late, StatusCode::REQUEST_TIMEOUT);
    let broken = futures_util::stream::iter([Err(std::io::Error::other("no chunk"))]);
    let broken = asked(Body::from_stream(begun().chain(broken))).await;
    assert_eq!(broken, StatusCode::BAD_REQUEST);
}
