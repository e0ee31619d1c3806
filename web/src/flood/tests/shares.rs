//! Everybody gets a share: no session, no account and no crowd takes the places of all others.

use super::*;

#[tokio::test]
async fn a_session_that_asks_without_end_lets_others_in() {
    for kind in [Kind::Console, Kind::Portal] {
        lets_others_in(kind).await;
    }
}

async fn lets_others_in(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let (site, _) = site(kind, folder.path()).await;
    let room = Room {
        places: 64,
        for_strangers: 32,
    };
    let done = Arc::new(AtomicUsize::new(0));
    let pages = done.clone();
    // A page that waits for nothing.
    let page = move || {
        pages.fetch_add(1, Ordering::Relaxed);
        async { "done" }
    };
    let router = axum::Router::new()
        .route("/", axum::routing::get(page))
        .layer(axum::middleware::from_fn_with_state(
            Door::with_room(&site, 64 * 1024, room),
            guard,
        ));
    let asks_for_ever = |session: &'static str, times: u32| {
        let router = router.clone();
        let cookie = format!("{}={session}", cookie_of(kind));
        tokio::spawn(async move {
            let mut last = StatusCode::OK;
            for _ in 0..times {
                last = asks(&router, "GET", "/", &cookie, "").await.0.status();
            }
            last
        })
    };
    let crowd: Vec<_> = (0..60).map(|_| asks_for_ever("one", 50)).collect();
    assert_eq!(asks_for_ever("another", 1).await.unwrap(), StatusCode::OK);
    let before = done.load(Ordering::Relaxed);
    assert!(before < 200, "{before} pages of another session came first");
    for one in crowd {
        one.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_times_too_much_is_borne() {
    let folder = tempfile::tempdir().unwrap();
    let (router, _) = small_house(Kind::Portal, folder.path()).await;
    // Eight places of a twentieth of a second are 160 in a second; 800 come, whether or not the others were answered.
    // A tenth of them are signed in, which the house could bear alone.
    let crowd: Vec<_> = (0..1_600_u64)
        .map(|n| {
            let router = router.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_micros(n * 1_250)).await;
                let known = n % 10 == 0;
                let cookie = if known { IN } else { "lang=ja" };
                let (response, took) = asks(&router, "GET", "/", cookie, "").await;
                if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                    let again = response.headers()[RETRY_AFTER].to_str().unwrap();
                    let again: u32 = again.parse().unwrap();
                    assert!((15..45).contains(&again), "{again}");
                }
                (known, response.status(), took)
            })
        })
        .collect();
    let (mut done, mut known_done, mut known_all, mut late) = (0, 0, 0, Vec::new());
    for one in crowd {
        let (known, status, took) = one.await.unwrap();
        let ok = status == StatusCode::OK;
        done += u32::from(ok);
        known_done += u32::from(ok && known);
        known_all += u32::from(known);
        if !ok {
            late.push(took);
        }
    }
    late.sort();
    let slowest = late[late.len() * 99 / 100];
    println!("{done} done, {known_done} of {known_all} signed in; refused within {slowest:?}");
    // Half of what the house could do in these two seconds, on whatever machine.
    assert!(done >= 160, "{done}");
    assert!(
        known_done * 10 >= known_all * 9,
        "{known_done} of {known_all}"
    );
    assert!(late.len() > 500, "{}", late.len());
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
    // And all is as before at once.
    let (response, took) = asks(&router, "GET", "/", "lang=ja", "").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(took < Duration::from_millis(500), "{took:?}");
}

/// Nothing waits for anything here: each page keeps the only core busy, and no place is ever full.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn five_times_more_than_a_core_can_do_is_borne() {
    let folder = tempfile::tempdir().unwrap();
    let (site, _app) = site(Kind::Portal, folder.path()).await;
    let door = Door::new(&site, 64 * 1024);
    let busy = || async {
        let until = Instant::now() + Duration::from_millis(5);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        "done"
    };
    let router = axum::Router::new()
        .route("/", axum::routing::get(busy))
        .layer(axum::middleware::from_fn_with_state(door, guard));
    let began = Instant::now() + Duration::from_millis(100);
    let crowd: Vec<_> = (0..2_500_u64)
        .map(|n| {
            let router = router.clone();
            tokio::spawn(async move {
                let due = began + Duration::from_millis(n);
                tokio::time::sleep_until(due.into()).await;
                let known = n % 10 == 0;
                let cookie = if known { IN } else { "lang=ja" };
                let (response, _) = asks(&router, "GET", "/", cookie, "").await;
                (known, response.status(), due.elapsed())
            })
        })
        .collect();
    let (mut known_done, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    for one in crowd {
        let (known, status, took) = one.await.unwrap();
        match status {
            StatusCode::OK => known_done += u32::from(known),
            StatusCode::SERVICE_UNAVAILABLE => refused += 1,
            other => panic!("{other}"),
        }
        slowest = slowest.max(took);
    }
    println!("{refused} sent away, {known_done} of 250 signed in served, the longest {slowest:?}");
    // Served one after the other, they would take twelve seconds.
    assert!(refused > 500, "{refused}");
    assert!(slowest < Duration::from_secs(6), "{slowest:?}");
    assert!(known_done > 125, "{known_done}");
    let again = Instant::now();
    loop {
        let (response, _) = asks(&router, "GET", "/", "lang=ja", "").await;
        if response.status() == StatusCode::OK {
            break;
        }
        assert!(again.elapsed() < Duration::from_secs(5), "all is as before");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody's cookie in a script: it asks for five hundred pages at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_does_not_take_the_places_of_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let room = Room {
        places: 32,
        for_strangers: 16,
    };
    for (kind, name) in [
        (Kind::Console, "__Host-hersys-staff"),
        (Kind::Portal, "__Host-my-hersys"),
    ] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let (router, _app) = house(kind, &folder, room).await;
        let mut storm = tokio::task::JoinSet::new();
        for _ in 0..500 {
            let (router, cookie) = (router.clone(), format!("{name}=one"));
            storm.spawn(async move { asks(&router, "GET", "/", &cookie, "").await });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        for n in 0..5 {
            let cookie = format!("{name}=colleague-{n}");
            let (response, took) = asks(&router, "GET", "/", &cookie, "").await;
            assert_eq!(response.status(), StatusCode::OK, "{kind:?}");
            assert!(took < Duration::from_millis(500), "{took:?}");
        }
        let mut served = 0;
        while let Some(one) = storm.join_next().await {
            let (response, _) = one.unwrap();
            match response.status() {
                StatusCode::OK => served += 1,
                StatusCode::SERVICE_UNAVAILABLE => {
                    assert!(response.headers().contains_key(RETRY_AFTER));
                    // What it has sent ahead over the same connection is dropped.
                    assert_eq!(response.headers()[CONNECTION], "close");
                }
                other => panic!("{other}"),
            }
        }
        assert!((16..=200).contains(&served), "{served}");
    }
}

/// How many pages are in work at once of each account, and how many were at the most: of the cookie `one-3` of `one`.
#[derive(Default)]
struct AtOnce(std::sync::Mutex<std::collections::HashMap<u8, (usize, usize)>>);

impl AtOnce {
    fn begins(&self, account: u8) {
        let mut all = self.0.lock().unwrap();
        let (now, most) = all.entry(account).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn ends(&self, account: u8) {
        self.0.lock().unwrap().get_mut(&account).unwrap().0 -= 1;
    }

    fn most(&self, account: u8) -> usize {
        self.0.lock().unwrap()[&account].1
    }
}

/// As many sessions of one account as there may be, in scripts: each asks for fifty pages at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sessions_of_one_account_together_do_not_take_the_places_of_others() {
    use domain::ids::{AccountId, StaffId};
    let folder = tempfile::tempdir().unwrap();
    let room = Room {
        places: 64,
        for_strangers: 32,
    };
    for (kind, sessions) in [(Kind::Console, 6), (Kind::Portal, 20)] {
        let name = cookie_of(kind);
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let (site, _app) = site(kind, &folder).await;
        let at_once = Arc::new(AtOnce::default());
        let counts = at_once.clone();
        let page = move |headers: HeaderMap| {
            let counts = counts.clone();
            async move {
                let account = cookies::value(&headers, name).unwrap().as_bytes()[0];
                counts.begins(account);
                tokio::time::sleep(Duration::from_millis(50)).await;
                counts.ends(account);
                let id = uuid::Uuid::from_u128(account.into());
                let whose = match kind {
                    Kind::Console => Whose::Staff(StaffId::from_uuid(id)),
                    Kind::Portal => Whose::Family(AccountId::from_uuid(id)),
                };
                let mut answer = "done".into_response();
                answer.extensions_mut().insert(whose);
                answer
            }
        };
        let router = axum::Router::new()
            .route("/", axum::routing::get(page))
            .layer(axum::middleware::from_fn_with_state(
                Door::with_room(&site, 64 * 1024, room),
                guard,
            ));
        // Whoever works in them has been answered before.
        for session in 0..sessions {
            let cookie = format!("{name}=one-{session}");
            let (response, _) = asks(&router, "GET", "/", &cookie, "").await;
            assert_eq!(response.status(), StatusCode::OK);
        }
        let mut storm = tokio::task::JoinSet::new();
        for session in 0..sessions {
            for _ in 0..50 {
                let (router, cookie) = (router.clone(), format!("{name}=one-{session}"));
                storm.spawn(async move { asks(&router, "GET", "/", &cookie, "").await });
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        // A colleague with a page in each of several tabs.
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let (router, cookie) = (router.clone(), format!("{name}=colleague"));
            tabs.spawn(async move { asks(&router, "GET", "/", &cookie, "").await });
        }
        while let Some(tab) = tabs.join_next().await {
            let (response, took) = tab.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{kind:?}");
            assert!(took < Duration::from_millis(500), "{took:?}");
        }
        let mut served = 0;
        while let Some(one) = storm.join_next().await {
            let (response, _) = one.unwrap();
            match response.status() {
                StatusCode::OK => served += 1,
                StatusCode::SERVICE_UNAVAILABLE => {
                    assert!(response.headers().contains_key(RETRY_AFTER));
                }
                other => panic!("{other}"),
            }
        }
        assert_eq!(at_once.most(b'o'), OF_AN_ACCOUNT, "{kind:?}");
        assert_eq!(at_once.most(b'c'), 12, "{kind:?}");
        assert!(served >= OF_AN_ACCOUNT, "{served}");
    }
}

#[tokio::test]
async fn each_answer_says_whose_session_it_was() {
    use app::staff::NewStaff;
    use tower::ServiceExt;
    let folder = tempfile::tempdir().unwrap();
    let (site, app) = site(Kind::Console, folder.path()).await;
    let desk = app.system_desk();
    let contact = app::health_center::Contact::default();
    let center = desk.first_center("Sample", contact).await.unwrap();
    let email = domain::email_address::EmailAddress::parse("nurse@center.example").unwrap();
    let nurse = NewStaff {
        email: email.clone(),
        name: "Nurse".to_owned(),
        password: "Tulip-Meadow-42".to_owned(),
        role: domain::staff_role::StaffRole::Nurse,
        place: NewStaff::place_of(center.id),
    };
    desk.add_staff(nurse).await.unwrap();
    let router = crate::routes::build(crate::console::routes(), site);
    let mut whose = Vec::new();
    for _ in 0..2 {
        let front = app.front_desk(None);
        let signed_in = front.sign_in_staff(&email, "Tulip-Meadow-42").await;
        let app::sign_in::SignIn::SignedIn(token) = signed_in.unwrap() else {
            panic!("the nurse cannot sign in");
        };
        // A page, one that the role may not open, and another language.
        for path in ["/", "/settings", "/?lang=ja"] {
            let request = Request::get(path)
                .header("cookie", format!("{}={}", cookies::STAFF, token.expose()))
                .body(Body::empty())
                .unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            whose.extend(answer.extensions().get::<Whose>().copied());
        }
    }
    assert_eq!(whose.len(), 6);
    assert!(
        whose
            .iter()
            .all(|one| matches!(one, Whose::Staff(_)) && *one == whose[0])
    );
    let stranger = Request::get("/").body(Body::empty()).unwrap();
    let answer = router.oneshot(stranger).await.unwrap();
    assert!(answer.extensions().get::<Whose>().is_none());
}
