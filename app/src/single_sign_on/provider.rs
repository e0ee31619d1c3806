//! Talking with the identity provider: authorization code with PKCE, state and nonce; the token's signature, issuer,
//! audience and life are checked by the library.

use super::places::Places;
use super::{Away, CLOCKS_AHEAD, Identity, NotDone, SingleSignOn};
use crate::now_and_then::NowAndThen;
use crate::{Error, FrontDesk};
use base64::Engine as _;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken,
    CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The largest answer of a provider that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What the provider says where it saw a second factor (RFC 8176).
const FACTORS: [&str; 7] = ["mfa", "otp", "hwk", "swk", "fpt", "sc", "pop"];

/// Anything that goes wrong there, for the log; it holds nothing of anybody.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// Between this machine and the provider, or with what both were told of each other.
    #[error("{0}")]
    Here(String),
    /// The provider knows no such code: whoever brought it has it from elsewhere.
    #[error("the provider does not take the code: {0}")]
    WrongCode(String),
}

fn trouble(what: &str) -> impl FnOnce(&dyn std::error::Error) -> Trouble + '_ {
    move |error| Trouble::Here(format!("{what}: {error}"))
}

/// Sends a request; redirects are not followed, so that nobody leads this machine elsewhere.
fn send(request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .into();
    let answer = agent
        .run(request)
        .map_err(|e| trouble("the provider does not answer")(&e))?;
    let (parts, body) = answer.into_parts();
    let mut bytes = Vec::new();
    body.into_reader()
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|e| trouble("the provider's answer breaks off")(&e))?;
    Ok(HttpResponse::from_parts(parts, bytes))
}

/// For how long the provider's description, with its keys, is believed without being asked for again.
const DESCRIBED_FOR: Duration = Duration::from_secs(10 * 60);
/// For how long a provider that did not answer is not asked again: whoever comes meanwhile is told at once.
const AWAY_FOR: Duration = Duration::from_secs(5);
/// How often the description is forgotten before its time at the most, so that nobody has it read again and again.
const FORGOTTEN_AT_MOST: Duration = Duration::from_secs(5);

/// What a process knows of the provider, and who talks with it.
pub(super) struct Talk {
    known: Mutex<Known>,
    places: Arc<Places>,
    began: Instant,
    troubles: NowAndThen,
    wrong_codes: NowAndThen,
    crowds: NowAndThen,
    refusals: NowAndThen,
}

/// What was read of a provider.
#[derive(Default)]
struct Known {
    description: Option<(Instant, Result<CoreProviderMetadata, String>)>,
    forgotten_at: Option<Instant>,
}

impl Known {
    /// What was read a moment ago; nothing where it is to be read.
    fn fresh(&self) -> Option<Result<CoreProviderMetadata, Trouble>> {
        match &self.description {
            Some((at, Ok(found))) if at.elapsed() < DESCRIBED_FOR => Some(Ok(found.clone())),
            Some((at, Err(why))) if at.elapsed() < AWAY_FOR => {
                Some(Err(Trouble::Here(why.clone())))
            }
            _ => None,
        }
    }
}

impl Default for Talk {
    fn default() -> Talk {
        Talk {
            known: Mutex::default(),
            places: Arc::default(),
            began: Instant::now(),
            troubles: NowAndThen::new(),
            wrong_codes: NowAndThen::new(),
            crowds: NowAndThen::new(),
            refusals: NowAndThen::new(),
        }
    }
}

impl Talk {
    /// How many times something happened since the log was told of it; nothing where it is not told yet.
    fn told(&self, of: &NowAndThen) -> Option<u64> {
        of.one(self.began.elapsed().as_secs())
    }

    /// The provider's description, where nobody has to wait for it.
    fn at_hand(&self) -> Option<Result<CoreProviderMetadata, Trouble>> {
        match self.known.try_lock() {
            Ok(known) => known.fresh(),
            Err(TryLockError::Poisoned(known)) => known.into_inner().fresh(),
            // Somebody reads it.
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The provider's description as it was read a moment ago; of those who come at once, one reads it and the others wait.
fn described(provider: &SingleSignOn) -> Result<CoreProviderMetadata, Trouble> {
    let known = &provider.talk.known;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(fresh) = known.fresh() {
        return fresh;
    }
    let found = metadata(provider);
    let kept = found.as_ref().map(Clone::clone);
    known.description = Some((Instant::now(), kept.map_err(ToString::to_string)));
    found
}

/// Forgets the description, in which keys or addresses may be others by now.
fn forget(provider: &SingleSignOn) {
    let known = &provider.talk.known;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let last = known.forgotten_at;
    if last.is_none_or(|at| at.elapsed() >= FORGOTTEN_AT_MOST) {
        *known = Known {
            description: None,
            forgotten_at: Some(Instant::now()),
        };
    }
}

fn metadata(provider: &SingleSignOn) -> Result<CoreProviderMetadata, Trouble> {
    let issuer = IssuerUrl::new(provider.issuer.clone())
        .map_err(|e| trouble("the issuer is no address")(&e))?;
    CoreProviderMetadata::discover(&issuer, &send).map_err(|e| {
        Trouble::Here(format!(
            "the provider's description cannot be read: {}",
            causes(&e)
        ))
    })
}

/// An error with what caused it. Not for what a sign-in says: that may hold something of somebody.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut says: Vec<String> = chain.map(ToString::to_string).collect();
    // Some repeat what caused them.
    says.dedup_by(|next, before| before.ends_with(next.as_str()));
    says.join(": ")
}

/// A client of the provider, with the address to come back to.
macro_rules! client {
    ($provider:expr, $described:expr, $back:expr) => {{
        let back = RedirectUrl::new($back).map_err(|e| trouble("the console's address")(&e))?;
        CoreClient::from_provider_metadata(
            $described,
            ClientId::new($provider.client_id.clone()),
            Some(ClientSecret::new($provider.client_secret.clone())),
        )
        .set_redirect_uri(back)
    }};
}

fn ask(
    provider: &SingleSignOn,
    description: CoreProviderMetadata,
    back: String,
    anew: bool,
) -> Result<(String, Away), Trouble> {
    let client = client!(provider, description, back);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge);
    let age = match anew {
        true => Some(jiff::SignedDuration::ZERO),
        false => provider.max_age(),
    };
    if let Some(age) = age {
        request = request.set_max_age(age.unsigned_abs());
        // Some providers know only this word, and not that no age at all will do.
        if age.is_zero() {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
    }
    let (address, state, nonce) = request.url();
    Ok((
        address.to_string(),
        Away {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            until: jiff::Timestamp::UNIX_EPOCH,
            not_before: None,
            back: String::new(),
        },
    ))
}

fn redeem(
    provider: &SingleSignOn,
    back: String,
    away: Away,
    code: String,
) -> Result<Identity, Trouble> {
    let client = client!(provider, described(provider)?, back.clone());
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|e| {
            forget(provider);
            trouble("the provider names no place for codes")(&e)
        })?
        .set_pkce_verifier(PkceCodeVerifier::new(away.verifier))
        .request(&send)
        .map_err(|error| no_token(provider, error))?;
    let token = answer
        .id_token()
        .ok_or_else(|| Trouble::Here("the provider sent no identity".to_owned()))?;
    let nonce = Nonce::new(away.nonce);
    let claims = match token.claims(&client.id_token_verifier(), &nonce) {
        Ok(claims) => claims.clone(),
        // It may be signed with a key that is newer than what is known.
        Err(_) => {
            forget(provider);
            let client = client!(provider, described(provider)?, back);
            let verifier = client.id_token_verifier();
            token
                .claims(&verifier, &nonce)
                .map_err(|e| trouble("the provider's identity is not to be believed")(&e))?
                .clone()
        }
    };
    let for_whom = claims.authorized_party();
    if for_whom.is_some_and(|client| client.as_str() != provider.client_id) {
        return Err(Trouble::Here(
            "the provider's identity is for another client (azp)".to_owned(),
        ));
    }
    let from = [Some(claims.issue_time().timestamp()), begins_at(token)];
    if from.into_iter().flatten().max() > Some(latest()) {
        return Err(Trouble::Here(
            "the provider's identity is from the future (iat, nbf); do the clocks differ?"
                .to_owned(),
        ));
    }
    let showed_factor = claims
        .auth_method_refs()
        .is_some_and(|all| all.iter().any(|one| FACTORS.contains(&one.as_str())));
    Ok(Identity {
        subject: claims.subject().as_str().to_owned(),
        email: claims.email().map(|email| email.as_str().to_owned()),
        email_is_verified: claims.email_verified() == Some(true),
        showed_factor,
        asked_at: claims
            .auth_time()
            .and_then(|at| jiff::Timestamp::from_second(at.timestamp()).ok()),
    })
}

/// What is wrong where a code brought no token. Where it was no answer of a provider that is asked rightly, its description may
/// have been a wrong one.
fn no_token<E: std::error::Error>(
    provider: &SingleSignOn,
    error: RequestTokenError<E, openidconnect::StandardErrorResponse<CoreErrorResponseType>>,
) -> Trouble {
    use CoreErrorResponseType as Says;
    match &error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            Says::InvalidClient | Says::UnauthorizedClient | Says::Extension(_) => {
                trouble("the provider does not take the code")(&error)
            }
            other => Trouble::WrongCode(other.to_string()),
        },
        _ => {
            forget(provider);
            trouble("the provider does not take the code")(&error)
        }
    }
}

/// From when on a token is good, in seconds, as far as it says. It was checked already.
fn begins_at(token: &CoreIdToken) -> Option<i64> {
    let text = token.to_string();
    let claims = text.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    match claims.get("nbf")? {
        serde_json::Value::Number(at) => at.as_f64().map(|at| at as i64),
        // What cannot be read is not good yet.
        _ => Some(i64::MAX),
    }
}

/// The latest moment from which anything can be that is there now, in seconds, by the clock by which the library looks whether it
/// is over.
fn latest() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX - CLOCKS_AHEAD.as_secs()) + CLOCKS_AHEAD.as_secs()
}

impl SingleSignOn {
    /// Whether the provider answers with a description of itself; for the operator.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub async fn answers(&self) -> Result<(), String> {
        let provider = self.clone();
        tokio::task::spawn_blocking(move || metadata(&provider).map(drop))
            .await
            .map_err(|e| e.to_string())?
            .map_err(|e| e.to_string())
    }
}

impl FrontDesk {
    fn way_back(&self) -> String {
        format!("{}/sso/callback", self.app.console_url())
    }

    /// Does something that waits for the provider on a thread of its own; what goes wrong is told in the log.
    async fn with_provider<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SingleSignOn, String) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<Result<T, NotDone>, Error> {
        let Some(provider) = self.app.inner.single_sign_on.clone() else {
            return Ok(Err(NotDone::Failed));
        };
        let talk = provider.talk.clone();
        let Some(place) = talk.places.clone().take(self.client).await else {
            if let Some(times) = talk.told(&talk.crowds) {
                tracing::warn!(
                    times,
                    "single sign-on: too many talk with the identity provider"
                );
            }
            return Ok(Err(NotDone::TooMany));
        };
        let back = self.way_back();
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&provider, back)
        })
        .await
        .map_err(|_| Error::broken("talking with the identity provider panicked"))?;
        Ok(done.map_err(|trouble| talk.not_done(&trouble)))
    }

    /// Where the browser goes. `anew`: the provider is to ask who it is, however lately it has.
    pub(super) async fn ask_provider(
        &self,
        anew: bool,
    ) -> Result<Result<(String, Away), NotDone>, Error> {
        let provider = self.app.inner.single_sign_on.as_ref();
        // Mostly nobody has to be asked, so nobody needs a place for it.
        if let Some(provider) = provider
            && let Some(description) = provider.talk.at_hand()
        {
            let asked = description.and_then(|known| ask(provider, known, self.way_back(), anew));
            return Ok(asked.map_err(|trouble| provider.talk.not_done(&trouble)));
        }
        self.with_provider(move |provider, back| ask(provider, described(provider)?, back, anew))
            .await
    }

    pub(super) async fn redeem(
        &self,
        away: Away,
        code: String,
    ) -> Result<Result<Identity, NotDone>, Error> {
        self.with_provider(move |provider, back| redeem(provider, back, away, code))
            .await
    }

    /// Tells the log, now and then, why the provider's word was not enough.
    pub(super) fn not_enough(&self, why: &'static str) {
        let provider = self.app.inner.single_sign_on.as_ref();
        if let Some(talk) = provider.map(|provider| &provider.talk)
            && let Some(times) = talk.told(&talk.refusals)
        {
            tracing::warn!(trouble = why, times, "single sign-on");
        }
    }
}

impl Talk {
    /// Tells the log, now and then, what went wrong.
    fn not_done(&self, trouble: &Trouble) -> NotDone {
        let (of, not_done) = match trouble {
            Trouble::Here(_) => (&self.troubles, NotDone::Failed),
            Trouble::WrongCode(_) => (&self.wrong_codes, NotDone::WrongCode),
        };
        if let Some(times) = self.told(of) {
            tracing::warn!(%trouble, times, "single sign-on");
        }
        not_done
    }
}
