//! Cookies: what a browser is known by. The `__Host-` prefix lets no other host or path set them.

use app::keys::Token;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use domain::language::Language;

/// A family's session.
pub(crate) const ACCOUNT: &str = "__Host-my-hersys";
/// A walk through an e-mailed code.
pub(crate) const WALK: &str = "__Host-walk";
/// A staff member's session.
pub(crate) const STAFF: &str = "__Host-hersys-staff";
/// What a browser keeps while a staff member is at the identity provider; sealed.
pub(crate) const AWAY: &str = "__Host-hersys-away";
/// That a staff member has signed out here, and when; sealed. The identity provider asks whoever comes next.
pub(crate) const LEFT: &str = "__Host-hersys-left";
/// The way to a form that waits while a staff member is at the identity provider.
pub(crate) const FORM: &str = "__Host-hersys-form";
/// That somebody has signed in in this browser before, and to which site.
pub(crate) const KNOWN: &str = "__Host-my-hersys-known";
/// The same at the console.
pub(crate) const KNOWN_STAFF: &str = "__Host-hersys-known";
/// The chosen language; no secret.
pub(crate) const LANGUAGE: &str = "lang";

/// The value of a cookie that the browser brought along.
pub(crate) fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A token that the browser brought along.
pub(crate) fn token(headers: &HeaderMap, name: &str) -> Option<Token> {
    value(headers, name).and_then(Token::parse)
}

/// Sets a token. `seconds`: how long the browser keeps it.
pub(crate) fn set(name: &str, token: &Token, seconds: i64) -> String {
    set_text(name, token.expose(), seconds)
}

/// Sets a text of letters and digits.
pub(crate) fn set_text(name: &str, text: &str, seconds: i64) -> String {
    format!("{name}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}

/// A year in seconds.
pub(crate) const YEAR: i64 = 31_536_000;

/// Whether a cookie that is set is that of the language.
pub(crate) fn is_of_language(cookie: &HeaderValue) -> bool {
    let rest = cookie.as_bytes().strip_prefix(LANGUAGE.as_bytes());
    rest.is_some_and(|rest| rest.first() == Some(&b'='))
}

/// Keeps a chosen language for a year.
pub(crate) fn language(language: Language) -> String {
    let tag = language.tag();
    format!("{LANGUAGE}={tag}; Path=/; SameSite=Lax; Max-Age={YEAR}")
}

/// Takes a token away.
pub(crate) fn clear(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}
