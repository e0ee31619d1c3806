//! Talking with the identity provider: authorization code with PKCE, state and nonce; the token's signature, issuer,
//! audience and life are checked by the library.

use super::{Away, Identity, SingleSignOn};
use crate::{Error, FrontDesk};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The largest answer of a provider that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What the provider says where it saw a second factor (RFC 8176).
const FACTORS: [&str; 7] = ["mfa", "otp", "hwk", "swk", "fpt", "sc", "pop"];

/// Anything that goes wrong there, for the log; it holds nothing of anybody.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Trouble(String);

fn trouble(what: &str) -> impl FnOnce(&dyn std::error::Error) -> Trouble + '_ {
    move |error| Trouble(format!("{what}: {error}"))
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
/// How many talk with the provider at once. It may hang, and strangers may come in any number: the rest of the console must not
/// wait for either.
const TALKING: usize = 16;

/// What a process knows of the provider, and how many more may talk with it.
pub(super) struct Talk {
    known: Mutex<Option<(Instant, Result<CoreProviderMetadata, String>)>>,
    places: Arc<Semaphore>,
}

impl Default for Talk {
    fn default() -> Talk {
        Talk {
            known: Mutex::new(None),
            places: Arc::new(Semaphore::new(TALKING)),
        }
    }
}

/// The provider's description as it was read a moment ago; of those who come at once, one reads it and the others wait.
fn described(provider: &SingleSignOn) -> Result<CoreProviderMetadata, Trouble> {
    let known = &provider.talk.known;
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some((at, Ok(found))) if at.elapsed() < DESCRIBED_FOR => return Ok(found.clone()),
        Some((at, Err(why))) if at.elapsed() < AWAY_FOR => return Err(Trouble(why.clone())),
        _ => {}
    }
    let found = metadata(provider);
    let kept = found.as_ref().map(Clone::clone).map_err(|e| e.0.clone());
    *known = Some((Instant::now(), kept));
    found
}

/// Forgets the description, whose keys may be others by now.
fn forget(provider: &SingleSignOn) {
    *(provider.talk.known.lock()).unwrap_or_else(PoisonError::into_inner) = None;
}

fn metadata(provider: &SingleSignOn) -> Result<CoreProviderMetadata, Trouble> {
    let issuer = IssuerUrl::new(provider.issuer.clone())
        .map_err(|e| trouble("the issuer is no address")(&e))?;
    CoreProviderMetadata::discover(&issuer, &send).map_err(|e| {
        Trouble(format!(
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
    ($provider:expr, $back:expr) => {{
        let back = RedirectUrl::new($back).map_err(|e| trouble("the console's address")(&e))?;
        CoreClient::from_provider_metadata(
            described($provider)?,
            ClientId::new($provider.client_id.clone()),
            Some(ClientSecret::new($provider.client_secret.clone())),
        )
        .set_redirect_uri(back)
    }};
}

fn ask(provider: &SingleSignOn, back: String) -> Result<(String, Away), Trouble> {
    let client = client!(provider, back);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge);
    if let Some(age) = provider.max_age() {
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
    let client = client!(provider, back.clone());
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|e| trouble("the provider names no place for codes")(&e))?
        .set_pkce_verifier(PkceCodeVerifier::new(away.verifier))
        .request(&send)
        .map_err(|e| trouble("the provider does not take the code")(&e))?;
    let token = answer
        .id_token()
        .ok_or_else(|| Trouble("the provider sent no identity".to_owned()))?;
    let nonce = Nonce::new(away.nonce);
    let claims = match token.claims(&client.id_token_verifier(), &nonce) {
        Ok(claims) => claims.clone(),
        // It may be signed with a key that is newer than what is known.
        Err(_) => {
            forget(provider);
            let client = client!(provider, back);
            let verifier = client.id_token_verifier();
            token
                .claims(&verifier, &nonce)
                .map_err(|e| trouble("the provider's identity is not to be believed")(&e))?
                .clone()
        }
    };
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
    ) -> Result<Option<T>, Error> {
        let Some(provider) = self.app.inner.single_sign_on.clone() else {
            return Ok(None);
        };
        let Ok(place) = provider.talk.places.clone().try_acquire_owned() else {
            tracing::warn!("single sign-on: too many talk with the identity provider");
            return Ok(None);
        };
        let back = self.way_back();
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&provider, back)
        })
        .await
        .map_err(|_| Error::broken("talking with the identity provider panicked"))?;
        match done {
            Ok(found) => Ok(Some(found)),
            Err(trouble) => {
                tracing::warn!(%trouble, "single sign-on");
                Ok(None)
            }
        }
    }

    pub(super) async fn ask_provider(&self) -> Result<Option<(String, Away)>, Error> {
        self.with_provider(ask).await
    }

    pub(super) async fn redeem(&self, away: Away, code: String) -> Result<Option<Identity>, Error> {
        self.with_provider(move |provider, back| redeem(provider, back, away, code))
            .await
    }
}
