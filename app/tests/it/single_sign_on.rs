//! Whom the identity provider knows gets in where an administrator has invited the same address; who may do what stays
//! here.

use crate::story;
use crate::town::Town;
use app::FrontDesk;
use app::single_sign_on::{NotDone, SignInByProvider, SingleSignOn};
use app::staff::{NewStaff, StaffVisit};
use base64::Engine as _;
use domain::staff_role::StaffRole;
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreGenderClaim, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, Audience, AuthenticationMethodReference, ClientId, EndUserEmail, IdToken,
    IdTokenClaims, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey, StandardClaims,
    SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

/// What the provider says next.
#[derive(Clone, Default)]
struct Says {
    subject: String,
    email: String,
    is_verified: bool,
    factor: bool,
    /// When it asked the person, in seconds; 0: it does not say.
    asked_at: i64,
    nonce: String,
    audience: String,
    /// Another client for which it is; empty: it does not say.
    party: String,
    /// In how many seconds it is made, and good.
    made_in: i64,
    good_in: Option<i64>,
    /// Where it takes codes, where that is not where its description says.
    takes_codes_at: Option<&'static str>,
}

/// What the library does not know of.
#[derive(Debug, Serialize, Deserialize)]
struct GoodFrom {
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl AdditionalClaims for GoodFrom {}

type Claims = IdTokenClaims<GoodFrom, CoreGenderClaim>;
type Token =
    IdToken<GoodFrom, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

struct Provider {
    issuer: String,
    says: Arc<Mutex<Says>>,
    /// How many codes it was asked about.
    asked: Arc<AtomicUsize>,
}

/// A code that the provider does not know, after a moment.
const WRONG: &str = "zz";
const MOMENT: Duration = Duration::from_millis(250);

fn signing_key() -> CoreEdDsaPrivateSigningKey {
    // PKCS #8 around 32 bytes of a key that lives as long as the test.
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    der.extend(uuid::Uuid::new_v4().as_bytes());
    der.extend(uuid::Uuid::new_v4().as_bytes());
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new("key".to_owned())))
        .unwrap()
}

fn token(issuer: &str, says: &Says, key: &CoreEdDsaPrivateSigningKey) -> String {
    let now = std::time::SystemTime::now();
    let standard = StandardClaims::new(SubjectIdentifier::new(says.subject.clone()))
        .set_email(Some(EndUserEmail::new(says.email.clone())))
        .set_email_verified(Some(says.is_verified));
    let since = |seconds: i64| {
        let epoch = now.duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(epoch.as_secs()).unwrap() + seconds
    };
    let made_at = UNIX_EPOCH + Duration::from_secs(since(says.made_in).unsigned_abs());
    let nbf = says.good_in.map(since);
    let party = (!says.party.is_empty()).then(|| ClientId::new(says.party.clone()));
    let claims = Claims::new(
        IssuerUrl::new(issuer.to_owned()).unwrap(),
        vec![Audience::new(says.audience.clone())],
        (now + std::time::Duration::from_secs(300)).into(),
        made_at.into(),
        standard,
        GoodFrom { nbf },
    )
    .set_authorized_party(party)
    .set_auth_time(
        (says.asked_at != 0)
            .then(|| UNIX_EPOCH + Duration::from_secs(says.asked_at.unsigned_abs()))
            .map(Into::into),
    )
    .set_nonce(Some(Nonce::new(says.nonce.clone())))
    .set_auth_method_refs(
        says.factor
            .then(|| vec![AuthenticationMethodReference::new("mfa".to_owned())]),
    );
    let token = Token::new(claims, key, CoreJwsSigningAlgorithm::EdDsa, None, None).unwrap();
    serde_json::json!({ "access_token": "a", "token_type": "bearer", "id_token": token.to_string() })
        .to_string()
}

/// Head and body: a connection that is closed over unread bytes is reset, and the answer is lost with it.
fn whole_request(stream: &mut std::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |number| number.trim().parse().unwrap());
            if body.len() >= length {
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        let mut part = [0; 4_096];
        match stream.read(&mut part).unwrap_or(0) {
            0 => return String::from_utf8_lossy(&bytes).into_owned(),
            read => bytes.extend(&part[..read]),
        }
    }
}

fn answer(
    request: &str,
    base: &str,
    said: &Mutex<Says>,
    asked: &AtomicUsize,
    key: &CoreEdDsaPrivateSigningKey,
) -> (&'static str, String) {
    let says = said.lock().unwrap().clone();
    let here = || format!("{base}/token");
    let body = match request.split(' ').nth(1).unwrap_or("/") {
        "/.well-known/openid-configuration" => serde_json::json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": says.takes_codes_at.map_or_else(here, str::to_owned),
            "jwks_uri": format!("{base}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
        })
        .to_string(),
        "/jwks" => {
            let keys = CoreJsonWebKeySet::new(vec![key.as_verification_key()]);
            serde_json::to_string(&keys).unwrap()
        }
        _ if request.contains(&format!("code={WRONG}")) => {
            asked.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(MOMENT);
            let wrong = r#"{"error":"invalid_grant"}"#.to_owned();
            return ("400 Bad Request", wrong);
        }
        _ => {
            asked.fetch_add(1, Ordering::SeqCst);
            token(base, &says, key)
        }
    };
    ("200 OK", body)
}

impl Provider {
    fn new() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let says = Arc::new(Mutex::new(Says::default()));
        let (base, said) = (issuer.clone(), says.clone());
        let asked: Arc<AtomicUsize> = Arc::default();
        let counted = asked.clone();
        // The threads end with the test's process.
        std::thread::spawn(move || {
            let key = Arc::new(signing_key());
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (base, said, asked, key) =
                    (base.clone(), said.clone(), counted.clone(), key.clone());
                std::thread::spawn(move || {
                    let request = whole_request(&mut stream);
                    let (status, body) = answer(&request, &base, &said, &asked, &key);
                    let length = body.len();
                    let _ = write!(
                        stream,
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                    );
                });
            }
        });
        Provider {
            issuer,
            says,
            asked,
        }
    }

    fn described(&self, factor: &str) -> SingleSignOn {
        self.described_with(factor, "")
    }

    fn described_with(&self, factor: &str, more: &str) -> SingleSignOn {
        let issuer = &self.issuer;
        let text = format!(
            "issuer = \"{issuer}\"\nclient_id = \"console\"\nclient_secret = \"s\"\nname = \"Prefecture\"\nsecond_factor = \"{factor}\"\n{more}"
        );
        SingleSignOn::described(&text).unwrap()
    }
}

/// Goes to the provider, which asks who it is, says this, and comes back.
async fn goes(town: &Town, provider: &Provider, says: Says) -> SignInByProvider {
    let asked_at = town.clock.now().as_second();
    let (came, _) = comes(town, provider, Says { asked_at, ..says }).await;
    came
}

/// The same, with what the provider says of when it asked; tells how old its last asking was allowed to be, too.
async fn comes(
    town: &Town,
    provider: &Provider,
    says: Says,
) -> (SignInByProvider, Option<(String, bool)>) {
    comes_to(town, provider, says, None).await
}

/// The same in a browser that keeps this since somebody signed out in it.
async fn comes_to(
    town: &Town,
    provider: &Provider,
    says: Says,
    left: Option<&str>,
) -> (SignInByProvider, Option<(String, bool)>) {
    let front = town.app.front_desk(None);
    let begun = front.begin_single_sign_on("/cases", left).await;
    let (there, kept) = begun.unwrap().unwrap();
    let there = url::Url::parse(&there).unwrap();
    let of = |name: &str| {
        let found = there.query_pairs().find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    };
    assert_eq!(of("redirect_uri"), "http://console.example/sso/callback");
    assert_eq!(of("code_challenge_method"), "S256");
    let pairs = || there.query_pairs();
    let asks_anew = pairs().any(|(key, value)| key == "prompt" && value == "login");
    let age = pairs().find(|(key, _)| key == "max_age");
    let age = age.map(|(_, age)| (age.into_owned(), asks_anew));
    let nonce = if says.nonce.is_empty() {
        of("nonce")
    } else {
        says.nonce.clone()
    };
    let audience = if says.audience.is_empty() {
        of("client_id")
    } else {
        says.audience.clone()
    };
    *provider.says.lock().unwrap() = Says {
        nonce,
        audience,
        ..says
    };
    let state = of("state");
    assert!(matches!(
        front
            .finish_single_sign_on(&kept, ("other", "code"))
            .await
            .unwrap(),
        SignInByProvider::Again
    ));
    let came = front
        .finish_single_sign_on(&kept, (&state, "code"))
        .await
        .unwrap();
    (came, age)
}

fn mika() -> Says {
    Says {
        subject: "u1".to_owned(),
        email: "Mika@center.example".to_owned(),
        is_verified: true,
        ..Says::default()
    }
}

story!(
    whoever_is_invited_gets_in_through_the_provider_and_nobody_else,
    town,
    {
        let provider = Provider::new();
        town.signs_on_with(Some(provider.described("here"))).await;
        assert_eq!(
            town.app.front_desk(None).single_sign_on(),
            Some("Prefecture")
        );
        assert!(matches!(
            goes(&town, &provider, mika()).await,
            SignInByProvider::Unknown
        ));
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        // An address that the provider has not checked is anybody's.
        let unchecked = Says {
            is_verified: false,
            ..mika()
        };
        assert!(matches!(
            goes(&town, &provider, unchecked).await,
            SignInByProvider::Unverified
        ));
        let SignInByProvider::SignedIn(session, back) = goes(&town, &provider, mika()).await else {
            panic!("not let in");
        };
        assert_eq!(back, "/cases");
        match town.app.staff_visit(&session).await.unwrap() {
            StaffVisit::In(desk, _) => assert_eq!(desk.role, StaffRole::Nurse),
            _ => panic!("not let in"),
        }
        // The subject counts from now on: another address there, the same person here; the same address there, another
        // person.
        let moved = Says {
            email: "m@elsewhere.example".to_owned(),
            is_verified: false,
            ..mika()
        };
        assert!(matches!(
            goes(&town, &provider, moved).await,
            SignInByProvider::SignedIn(..)
        ));
        let heir = Says {
            subject: "u2".to_owned(),
            ..mika()
        };
        assert!(matches!(
            goes(&town, &provider, heir).await,
            SignInByProvider::Unknown
        ));
        // What is meant for somebody else, or was caught before, is not believed.
        let foreign = Says {
            audience: "another".to_owned(),
            ..mika()
        };
        assert!(matches!(
            goes(&town, &provider, foreign).await,
            SignInByProvider::Failed
        ));
        let replayed = Says {
            nonce: "old".to_owned(),
            ..mika()
        };
        assert!(matches!(
            goes(&town, &provider, replayed).await,
            SignInByProvider::Failed
        ));
        // Whoever is shut out here is shut out, whatever the provider says.
        let admin = town.nurse().await;
        let (_, all) = admin.colleagues().await.unwrap();
        let one = all
            .iter()
            .find(|c| c.email.expose() == "mika@center.example")
            .unwrap();
        admin
            .change_staff(one.id, one.role, true, one.version)
            .await
            .unwrap();
        assert!(matches!(
            goes(&town, &provider, mika()).await,
            SignInByProvider::Unknown
        ));
    }
);

story!(
    the_second_factor_is_asked_here_unless_the_provider_says_that_it_saw_one,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        for (asked, factor, is_in) in [
            ("here", true, false),
            ("provider", false, false),
            ("provider", true, true),
        ] {
            town.require_second_factor().await;
            town.signs_on_with(Some(provider.described(asked))).await;
            let says = Says { factor, ..mika() };
            let SignInByProvider::SignedIn(session, _) = goes(&town, &provider, says).await else {
                panic!("not let in");
            };
            let visit = town.app.staff_visit(&session).await.unwrap();
            assert_eq!(
                matches!(visit, StaffVisit::In(..)),
                is_in,
                "{asked} {factor}"
            );
        }
    }
);

story!(
    a_provider_that_is_still_signed_in_since_yesterday_lets_nobody_in,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        let says = |town: &Town, minutes: i64| Says {
            asked_at: town.clock.now().as_second() - minutes * 60,
            ..mika()
        };
        let is_in = |came: &SignInByProvider| matches!(came, SignInByProvider::SignedIn(..));
        // As long as a session may lie idle, unless the file says otherwise.
        for (file, minutes, age, is_let_in) in [
            ("", 14, Some(("900", false)), true),
            ("", 17, Some(("900", false)), false),
            ("", 24 * 60, Some(("900", false)), false),
            ("max_age_minutes = 60\n", 59, Some(("3600", false)), true),
            ("max_age_minutes = 60\n", 62, Some(("3600", false)), false),
            ("max_age_minutes = 0\n", 0, Some(("0", true)), true),
            ("max_age_minutes = 0\n", 2, Some(("0", true)), false),
            ("any_age = true\n", 24 * 60, None, true),
        ] {
            let described = provider.described_with("here", file);
            town.signs_on_with(Some(described)).await;
            let (came, asked) = comes(&town, &provider, says(&town, minutes)).await;
            let asked = asked.as_ref().map(|(age, anew)| (age.as_str(), *anew));
            assert_eq!(asked, age, "{file}");
            assert_eq!(is_in(&came), is_let_in, "{file} {minutes}");
            if !is_let_in {
                assert!(matches!(came, SignInByProvider::TooOld));
            }
        }
        // One that does not say when it asked is believed only where its file says so.
        for (file, is_let_in) in [("", false), ("any_age = true\n", true)] {
            let described = provider.described_with("here", file);
            town.signs_on_with(Some(described)).await;
            let (came, _) = comes(&town, &provider, mika()).await;
            assert_eq!(is_in(&came), is_let_in, "{file}");
        }
    }
);

story!(
    whoever_sits_down_where_a_colleague_has_signed_out_is_not_let_in_as_that_colleague,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        assert!(town.app.front_desk(None).signed_out().is_none());
        town.signs_on_with(Some(provider.described("provider")))
            .await;
        let asked_at = town.clock.now().as_second();
        let is_mika = Says {
            asked_at,
            factor: true,
            ..mika()
        };
        let (came, _) = comes(&town, &provider, is_mika.clone()).await;
        assert!(matches!(came, SignInByProvider::SignedIn(..)));
        // She goes, and says so. The provider still takes whoever comes for her: it asked her a few minutes ago.
        town.minutes(5);
        let (left, seconds) = town.app.front_desk(None).signed_out().unwrap();
        assert_eq!(seconds, 16 * 60);
        town.minutes(5);
        let still_she = comes_to(&town, &provider, is_mika.clone(), Some(&left)).await;
        let (came, asked) = still_she;
        assert!(matches!(came, SignInByProvider::TooOld));
        assert_eq!(asked, Some(("0".to_owned(), true)));
        // Where it has asked, she is in again; and in a browser in which nobody signed out it counts as before.
        let asked_now = Says {
            asked_at: town.clock.now().as_second(),
            ..is_mika.clone()
        };
        let (came, _) = comes_to(&town, &provider, asked_now, Some(&left)).await;
        assert!(matches!(came, SignInByProvider::SignedIn(..)));
        let (came, asked) = comes(&town, &provider, is_mika.clone()).await;
        assert!(matches!(came, SignInByProvider::SignedIn(..)));
        assert_eq!(asked, Some(("900".to_owned(), false)));
        // What somebody else has put there counts for nothing.
        let (came, _) = comes_to(&town, &provider, is_mika, Some("x")).await;
        assert!(matches!(came, SignInByProvider::SignedIn(..)));
        let believed = provider.described_with("provider", "any_age = true\n");
        town.signs_on_with(Some(believed)).await;
        assert!(town.app.front_desk(None).signed_out().is_none());
    }
);

/// Whoever has begun at a desk: what the browser keeps, the state and the nonce.
async fn begins(front: &FrontDesk) -> (String, String, String) {
    let (there, kept) = front
        .begin_single_sign_on("/", None)
        .await
        .unwrap()
        .unwrap();
    let there = url::Url::parse(&there).unwrap();
    let of = |name: &str| {
        let found = there.query_pairs().find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    };
    (kept, of("state"), of("nonce"))
}

story!(
    a_stranger_with_many_connections_keeps_nobody_from_the_provider,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        town.signs_on_with(Some(provider.described("here"))).await;
        let at = |n: u8| town.app.front_desk(Some(IpAddr::from([192, 0, 2, n])));
        // One walk counts a few times, whatever code comes.
        let stranger = at(1);
        let (kept, state, _) = begins(&stranger).await;
        for n in 0..8 {
            let came = stranger
                .finish_single_sign_on(&kept, (&state, WRONG))
                .await
                .unwrap();
            match n < 3 {
                true => assert!(matches!(came, SignInByProvider::Failed)),
                false => assert!(matches!(came, SignInByProvider::Again)),
            }
        }
        assert_eq!(provider.asked.load(Ordering::SeqCst), 3);
        // Many walks at once: others come in beside them.
        let mut storm = tokio::task::JoinSet::new();
        for _ in 0..24 {
            let (kept, state, _) = begins(&stranger).await;
            let stranger = stranger.clone();
            storm.spawn(async move {
                for _ in 0..3 {
                    let come = stranger.finish_single_sign_on(&kept, (&state, WRONG));
                    let came = come.await.unwrap();
                    assert!(!matches!(came, SignInByProvider::SignedIn(..)));
                }
            });
        }
        for n in 2..7 {
            let nurse = at(n);
            let (kept, state, nonce) = begins(&nurse).await;
            *provider.says.lock().unwrap() = Says {
                nonce,
                audience: "console".to_owned(),
                asked_at: town.clock.now().as_second(),
                ..mika()
            };
            let came = nurse.finish_single_sign_on(&kept, (&state, "code")).await;
            assert!(
                matches!(came.unwrap(), SignInByProvider::SignedIn(..)),
                "{n}"
            );
        }
        storm.join_all().await;
        // Whoever goes on all the same is told to wait, and nobody else is.
        let mut told = false;
        for _ in 0..301 {
            let come = stranger.finish_single_sign_on(&kept, (&state, WRONG));
            told = matches!(come.await.unwrap(), SignInByProvider::TooMany);
            if told {
                break;
            }
        }
        assert!(told);
        let (kept, state, _) = begins(&at(9)).await;
        let come = at(9).finish_single_sign_on(&kept, (&state, WRONG)).await;
        assert!(matches!(come.unwrap(), SignInByProvider::Failed));
    }
);

story!(
    a_description_that_was_wrong_for_a_moment_is_read_again,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        for wrong in ["http://127.0.0.1:1/token", "mailto:codes@example.org"] {
            town.signs_on_with(Some(provider.described("here"))).await;
            let moved = Says {
                takes_codes_at: Some(wrong),
                ..mika()
            };
            // So it is read for the first time.
            *provider.says.lock().unwrap() = moved.clone();
            let came = goes(&town, &provider, moved).await;
            assert!(matches!(came, SignInByProvider::Failed), "{wrong}");
            *provider.says.lock().unwrap() = Says::default();
            let came = goes(&town, &provider, mika()).await;
            assert!(matches!(came, SignInByProvider::SignedIn(..)), "{wrong}");
        }
    }
);

story!(
    what_is_from_the_future_or_for_another_client_is_not_believed,
    town,
    {
        let provider = Provider::new();
        let center = town.app.system_desk().health_centers().await.unwrap()[0].id;
        let place = NewStaff::place_of(center);
        town.hires("mika@center.example", StaffRole::Nurse, place)
            .await;
        town.signs_on_with(Some(provider.described("here"))).await;
        let made = |made_in, good_in, party: &str| Says {
            made_in,
            good_in,
            party: party.to_owned(),
            ..mika()
        };
        for (says, is_let_in) in [
            (made(0, None, ""), true),
            (made(120, Some(120), "console"), true),
            (made(900, None, ""), false),
            (made(0, Some(900), ""), false),
            (made(0, None, "another"), false),
        ] {
            let come = goes(&town, &provider, says.clone()).await;
            let is_in = matches!(come, SignInByProvider::SignedIn(..));
            assert_eq!(is_in, is_let_in, "{} {:?}", says.made_in, says.good_in);
            assert!(is_in || matches!(come, SignInByProvider::Failed));
        }
        for (minutes, is_let_in) in [(2, true), (15, false), (60 * 24 * 3_650, false)] {
            let asked_at = town.clock.now().as_second() + minutes * 60;
            let (come, _) = comes(&town, &provider, Says { asked_at, ..mika() }).await;
            let is_in = matches!(come, SignInByProvider::SignedIn(..));
            assert_eq!(is_in, is_let_in, "asked in {minutes} minutes");
        }
    }
);

story!(why_the_provider_sends_somebody_back_is_told, town, {
    let provider = Provider::new();
    town.signs_on_with(Some(provider.described("here"))).await;
    let front = town.app.front_desk(None);
    let (kept, state, _) = begins(&front).await;
    let told = |state: &str, reason: &str| front.single_sign_on_refused(&kept, state, reason);
    assert!(matches!(
        told(&state, "access_denied"),
        SignInByProvider::Cancelled
    ));
    for reason in ["server_error", "login_required", "<script>"] {
        assert!(matches!(told(&state, reason), SignInByProvider::Refused));
    }
    assert!(matches!(
        told("another", "server_error"),
        SignInByProvider::Again
    ));
    // Whoever finds nobody there is told something else.
    let nobody = SingleSignOn::described(
        "issuer = \"http://127.0.0.1:1\"\nclient_id = \"c\"\nclient_secret = \"s\"\nname = \"P\"",
    );
    town.signs_on_with(Some(nobody.unwrap())).await;
    let front = town.app.front_desk(None);
    let begun = front.begin_single_sign_on("/", None).await.unwrap();
    assert_eq!(begun.err(), Some(NotDone::Failed));
});
