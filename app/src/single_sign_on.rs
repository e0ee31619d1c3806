//! Single sign-on by OpenID Connect: the identity provider of a health authority says who somebody is; who may do what
//! stays here. Nobody gets in whom no administrator has invited.

#[cfg(feature = "oidc")]
mod places;
#[cfg(feature = "oidc")]
mod provider;

use crate::audit;
use crate::client::place;
use crate::code::email_blind;
use crate::keys::Token;
use crate::second_factor::Factor;
use crate::sign_in::FAILURES_PER_CLIENT_AND_HOUR;
use crate::{Error, FrontDesk, STAFF_LIFE};
use base64::Engine as _;
use domain::email_address::EmailAddress;
use domain::ids::SessionId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use storage::limits::{self, AtMost};
use storage::session;
use storage::staff as rows;

/// How long somebody may take at the provider.
const AWAY: SignedDuration = SignedDuration::from_mins(10);
/// For how long what the provider asked of somebody counts, unless its file says otherwise: no longer than a session may
/// lie idle. So whoever opens a locked session, or signs in where one was left, shows the provider again who they are.
const MAX_AGE_MINUTES: u32 = 15;
/// The most that the clock of the provider may be behind.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);
/// The most that it may be ahead.
const CLOCKS_AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// How often somebody may come back from one walk to the provider. A browser comes once, and twice where its first answer was
/// lost; whoever comes oftener only keeps the provider, and those who wait for it.
const COMES_BACK: AtMost = AtMost {
    times: 3,
    within: AWAY,
};
/// Under which they are counted.
const WALKS: &str = "single_sign_on_walk";
/// Codes that the provider does not know, from one client.
const WRONG_CODES: &str = "single_sign_on";
const SEALED_AS: &str = "single_sign_on";
/// The same for the moment at which somebody signed out.
const LEFT_SEALED_AS: &str = "single_sign_on_left";
const BLIND: &str = "single_sign_on_subject";

/// Who asks for the second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorAt {
    /// This console, after the provider.
    #[default]
    Here,
    /// The provider; it must say so (`amr`), or else this console asks.
    Provider,
}

/// An identity provider as its file describes it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOn {
    /// Its address, exactly as it writes it itself.
    issuer: String,
    /// What it knows this console by.
    client_id: String,
    /// The secret that both share.
    client_secret: String,
    /// What stands on the button.
    name: String,
    /// Who asks for the second factor.
    #[serde(default)]
    second_factor: SecondFactorAt,
    /// How long ago the provider may have asked somebody who they are, in minutes; 0: it asks each time.
    #[serde(default = "max_age_minutes")]
    max_age_minutes: u32,
    /// Believes a provider that does not say when it asked; whoever sits at its open session is then let in.
    #[serde(default)]
    any_age: bool,
    /// What this process knows of it, and who talks with it.
    #[cfg(feature = "oidc")]
    #[serde(skip)]
    talk: std::sync::Arc<provider::Talk>,
}

fn max_age_minutes() -> u32 {
    MAX_AGE_MINUTES
}

/// What is kept in the browser while somebody is at the provider, sealed.
#[derive(Serialize, Deserialize)]
struct Away {
    state: String,
    nonce: String,
    verifier: String,
    until: Timestamp,
    /// Before which the provider must not have asked who somebody is; none where any moment will do.
    #[serde(default)]
    not_before: Option<Timestamp>,
    /// The page of this console where it goes on.
    #[serde(default)]
    back: String,
}

/// What was counted of somebody who came back.
#[derive(Clone)]
struct Counted {
    walk: Vec<u8>,
    client: Option<Vec<u8>>,
}

/// Whom the provider has signed in.
struct Identity {
    subject: String,
    email: Option<String>,
    email_is_verified: bool,
    /// Whether it says that it saw a second factor.
    showed_factor: bool,
    /// When it asked them who they are, as far as it says.
    asked_at: Option<Timestamp>,
}

/// What came of signing in through the provider.
pub enum SignInByProvider {
    /// Signed in; perhaps not past the second factor yet. Goes on at the page that was asked for at the beginning.
    SignedIn(Token, String),
    /// The provider knows the person; this console does not, or has shut them out.
    Unknown,
    /// The provider does not say that the address is the person's.
    Unverified,
    /// It took too long, or was begun in another browser.
    Again,
    /// The provider has asked the person too long ago who they are, or does not say when: whoever sits there now may be
    /// somebody else.
    TooOld,
    /// The provider cannot be reached, or its answer is not to be believed.
    Failed,
    /// Too many talk with the provider just now, or too many codes that it does not know came from the same place.
    TooMany,
    /// The person has changed their mind there.
    Cancelled,
    /// The provider has sent the person back with a reason and without a code.
    Refused,
}

/// Why the provider was not asked, or in vain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotDone {
    /// Too many talk with it just now.
    TooMany,
    /// It cannot be reached, or its answer is not to be believed.
    Failed,
    /// It does not know the code.
    WrongCode,
}

/// What a provider may say instead of a code (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6): the log repeats no other word.
const REASONS: [&str; 15] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "login_required",
    "registration_not_supported",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unsupported_response_type",
];

impl SingleSignOn {
    /// A provider as a file describes it (TOML).
    ///
    /// # Errors
    /// A sentence for the operator; it repeats no value, because a secret is among them.
    pub fn described(text: &str) -> Result<SingleSignOn, String> {
        if cfg!(not(feature = "oidc")) {
            return Err("needs a program that was built with the feature oidc".to_owned());
        }
        let found: SingleSignOn = toml::from_str(text).map_err(|e| {
            format!(
                "must be a description of an identity provider: {}",
                e.message()
            )
        })?;
        let url = url::Url::parse(&found.issuer)
            .map_err(|_| "the provider's issuer must be an address".to_owned())?;
        if url.scheme() != "https" && !crate::sms::is_local(&url) {
            return Err("the provider's issuer must begin with https://".to_owned());
        }
        if [&found.client_id, &found.client_secret, &found.name]
            .iter()
            .any(|text| text.trim().is_empty())
        {
            return Err("the provider needs client_id, client_secret and name".to_owned());
        }
        Ok(found)
    }

    /// The longest age of what the provider asked; none where any will do.
    fn max_age(&self) -> Option<SignedDuration> {
        (!self.any_age).then(|| SignedDuration::from_mins(i64::from(self.max_age_minutes)))
    }

    /// Before which the provider must not have asked whoever is sent there now. `left`: when somebody signed out on that browser.
    fn not_before(&self, now: Timestamp, left: Option<Timestamp>) -> Option<Timestamp> {
        let age = self.max_age()? + CLOCKS_DIFFER;
        let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let left = left.and_then(|at| at.checked_sub(CLOCKS_DIFFER).ok());
        Some(left.map_or(oldest, |left| left.max(oldest)))
    }
}

impl FrontDesk {
    /// What stands on the button; `None` where there is no provider.
    pub fn single_sign_on(&self) -> Option<&str> {
        let provider = self.app.inner.single_sign_on.as_ref()?;
        Some(provider.name.as_str())
    }

    /// What a browser keeps where somebody signs out in it on purpose, and for how long in seconds: the provider's own session
    /// still stands, and would let whoever sits there next in as the one who has gone. Nothing where there is no provider, or
    /// where its file believes it whenever it asked: one that does not say when may not know how to ask anew either.
    pub fn signed_out(&self) -> Option<(String, i64)> {
        let age = self.app.inner.single_sign_on.as_ref()?.max_age()?;
        let now = self.app.clock.now().as_millisecond().to_string();
        let sealed = self.app.keys().seal(LEFT_SEALED_AS, now.as_bytes());
        let kept = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed);
        // Behind it, what the provider asked before is too old by itself.
        Some((kept, (age + CLOCKS_DIFFER).as_secs()))
    }

    /// When somebody signed out in this browser, as it has kept it.
    fn left(&self, kept: &str) -> Option<Timestamp> {
        self.app.inner.single_sign_on.as_ref()?.max_age()?;
        let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(kept)
            .ok()?;
        let at = self.app.keys().open(LEFT_SEALED_AS, &sealed).ok()?;
        let at = std::str::from_utf8(&at).ok()?.parse().ok()?;
        Timestamp::from_millisecond(at).ok()
    }

    /// Where the browser goes, and what it keeps until it comes back, or why there is no way. `back`: the page of this console
    /// where it goes on afterwards. `left`: what it has kept since somebody signed out in it; then the provider asks anew.
    pub async fn begin_single_sign_on(
        &self,
        back: &str,
        left: Option<&str>,
    ) -> Result<Result<(String, String), NotDone>, Error> {
        let left = left.and_then(|kept| self.left(kept));
        let (address, mut away) = match self.ask_provider(left.is_some()).await? {
            Ok(asked) => asked,
            Err(not_done) => return Ok(Err(not_done)),
        };
        let now = self.app.clock.now();
        away.until = now + AWAY;
        away.not_before = self
            .app
            .inner
            .single_sign_on
            .as_ref()
            .and_then(|p| p.not_before(now, left));
        away.back = back.to_owned();
        let json = serde_json::to_vec(&away)
            .map_err(|e| Error::broken(format!("a sign-in cannot be kept: {e}")))?;
        let sealed = self.app.keys().seal(SEALED_AS, &json);
        let kept = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed);
        Ok(Ok((address, kept)))
    }

    fn away(&self, kept: &str) -> Option<Away> {
        let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(kept)
            .ok()?;
        let json = self.app.keys().open(SEALED_AS, &sealed).ok()?;
        let away: Away = serde_json::from_slice(&json).ok()?;
        (away.until > self.app.clock.now()).then_some(away)
    }

    /// Counts somebody who comes back, before anybody knows with what. `Err`: they do not go on.
    async fn comes_back(&self, state: &str) -> Result<Result<Counted, SignInByProvider>, Error> {
        let (keys, now) = (self.app.keys(), self.app.clock.now());
        let counted = Counted {
            walk: keys.blind(WALKS, state),
            client: self
                .client
                .map(|client| keys.blind(WRONG_CODES, &place(Some(client)))),
        };
        let of = counted.clone();
        let refused = self
            .app
            .db()
            .write(move |tx| {
                let most = FAILURES_PER_CLIENT_AND_HOUR;
                if let Some(client) = &of.client
                    && !limits::count_hourly(tx, WRONG_CODES, client, most, now)?
                {
                    return Ok(Some(SignInByProvider::TooMany));
                }
                let counts = limits::count(tx, WALKS, &of.walk, [COMES_BACK; 2], now)?;
                Ok((!counts).then_some(SignInByProvider::Again))
            })
            .await?;
        Ok(refused.map_or(Ok(counted), Err))
    }

    /// Takes back what was counted of somebody: of the client where no wrong code came, of the walk where nobody was asked.
    async fn takes_back(&self, counted: Counted, of_walk: bool) -> Result<(), Error> {
        if counted.client.is_none() && !of_walk {
            return Ok(());
        }
        Ok(self
            .app
            .db()
            .write(move |tx| {
                if let Some(client) = &counted.client {
                    limits::uncount_hourly(tx, WRONG_CODES, client)?;
                }
                match of_walk {
                    true => limits::uncount(tx, WALKS, &counted.walk),
                    false => Ok(()),
                }
            })
            .await?)
    }

    /// Why the provider has sent the browser back without a code: `reason` is its word.
    pub fn single_sign_on_refused(
        &self,
        kept: &str,
        state: &str,
        reason: &str,
    ) -> SignInByProvider {
        if reason == "access_denied" {
            return SignInByProvider::Cancelled;
        }
        if self.away(kept).is_none_or(|away| away.state != state) {
            return SignInByProvider::Again;
        }
        let known = REASONS.into_iter().find(|known| *known == reason);
        self.not_enough(
            known.unwrap_or("the provider gives a reason that is none of the standard"),
        );
        SignInByProvider::Refused
    }

    /// Goes on where the provider has sent the browser back with a code.
    pub async fn finish_single_sign_on(
        &self,
        kept: &str,
        (state, code): (&str, &str),
    ) -> Result<SignInByProvider, Error> {
        let Some(away) = self
            .away(kept)
            .filter(|a| a.state == state && !code.is_empty())
        else {
            return Ok(SignInByProvider::Again);
        };
        let counted = match self.comes_back(state).await? {
            Ok(counted) => counted,
            Err(refused) => return Ok(refused),
        };
        let (back, not_before) = (away.back.clone(), away.not_before);
        let latest = self.app.clock.now() + CLOCKS_AHEAD;
        let redeemed = self.redeem(away, code.to_owned()).await?;
        match redeemed {
            Err(NotDone::WrongCode) => {}
            Err(NotDone::TooMany) => self.takes_back(counted, true).await?,
            Ok(_) | Err(NotDone::Failed) => self.takes_back(counted, false).await?,
        }
        match redeemed {
            Ok(identity)
                if not_before.is_some() && identity.asked_at.is_some_and(|at| at > latest) =>
            {
                self.not_enough("it says that it asked in the future; do the clocks differ?");
                Ok(SignInByProvider::Failed)
            }
            Ok(identity)
                if not_before
                    .is_some_and(|first| identity.asked_at.is_none_or(|at| at < first)) =>
            {
                let says = if identity.asked_at.is_some() {
                    "it did not ask again, though it was told to (max_age)"
                } else {
                    "it does not say when it asked (auth_time); any_age in its file believes it all the same"
                };
                self.not_enough(says);
                Ok(SignInByProvider::TooOld)
            }
            Ok(identity) => self.let_in(identity, back).await,
            Err(NotDone::TooMany) => Ok(SignInByProvider::TooMany),
            Err(NotDone::Failed | NotDone::WrongCode) => Ok(SignInByProvider::Failed),
        }
    }

    async fn let_in(&self, identity: Identity, back: String) -> Result<SignInByProvider, Error> {
        let app = &self.app;
        let Some(provider) = &app.inner.single_sign_on else {
            return Ok(SignInByProvider::Failed);
        };
        let subject = format!("{}|{}", provider.issuer, identity.subject);
        let subject = app.keys().blind(BLIND, &subject).to_vec();
        let email = identity
            .email
            .as_ref()
            .and_then(|email| EmailAddress::parse(email).ok());
        let is_verified = identity.email_is_verified;
        // An address that the provider has not checked is anybody's.
        let address = email
            .filter(|_| is_verified)
            .map(|email| email_blind(app.keys(), &email));
        let is_proved = app.inner.second_factor == Factor::Off
            || provider.second_factor == SecondFactorAt::Provider && identity.showed_factor;
        let now = app.clock.now();
        let (id, token) = (SessionId::from_uuid(app.new_uuid()), Token::generate());
        let (hash, keys) = (token.hash(), app.keys().clone());
        let is_in = app
            .db()
            .write(move |tx| {
                // Somebody may be taking away right now by what the provider knows them: then that is waited for.
                if let Some(staff) = rows::by_subject(tx, &subject)? {
                    rows::hold(tx, staff.id)?;
                }
                let known = rows::by_subject(tx, &subject)?;
                let found = match (known, &address) {
                    (Some(staff), _) => Some(staff),
                    (None, Some(address)) => match rows::by_email(tx, address)? {
                        // Whoever comes in first works at a place that is there.
                        Some(staff)
                            if storage::jurisdiction::hold_open(tx, staff.place)?
                                && rows::set_subject(tx, staff.id, &subject)? =>
                        {
                            // They have come in: the invitation leads nowhere any more.
                            rows::end_links(tx, staff.id, now)?;
                            Some(staff)
                        }
                        _ => None,
                    },
                    (None, None) => None,
                };
                let Some(staff) = found.filter(|staff| staff.disabled_at.is_none()) else {
                    return Ok(false);
                };
                let proved_at = is_proved.then_some(now);
                session::start_staff(tx, id, &hash, staff.id, now, now + STAFF_LIFE, proved_at)?;
                let who = storage::audit::AuditEntry {
                    actor_kind: "staff".to_owned(),
                    actor: Some(staff.id.uuid()),
                    place: Some(staff.place),
                    ..audit::by_machine(now, "staff.signed_in", None)
                };
                audit::note(tx, &keys, &audit::with(who, "single sign-on"))?;
                Ok(true)
            })
            .await?;
        Ok(match (is_in, is_verified) {
            (true, _) => SignInByProvider::SignedIn(token, back),
            (false, true) => SignInByProvider::Unknown,
            (false, false) => SignInByProvider::Unverified,
        })
    }
}

#[cfg(not(feature = "oidc"))]
impl SingleSignOn {
    /// Whether the provider answers; this program cannot ask.
    ///
    /// # Errors
    /// Always.
    pub async fn answers(&self) -> Result<(), String> {
        Err("this program was built without the feature oidc".to_owned())
    }
}

#[cfg(not(feature = "oidc"))]
impl FrontDesk {
    async fn ask_provider(&self, _: bool) -> Result<Result<(String, Away), NotDone>, Error> {
        Ok(Err(NotDone::Failed))
    }

    async fn redeem(&self, _: Away, _: String) -> Result<Result<Identity, NotDone>, Error> {
        Ok(Err(NotDone::Failed))
    }

    fn not_enough(&self, _: &'static str) {}
}
