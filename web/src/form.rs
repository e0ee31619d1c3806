//! A form as it was sent. It is a bag of texts until a domain type has read them; what no keyboard gives is left out here,
//! once for all pages.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use domain::text::without_controls;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The fields of a form.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// A form out of fields that were kept.
    pub(crate) fn of(fields: Vec<(String, String)>) -> Form {
        let clean = |(name, value)| (without_controls(name), without_controls(value));
        Form(fields.into_iter().take(MOST_FIELDS).map(clean).collect())
    }

    /// The text of a field; empty where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a box was ticked or a button pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_empty())
    }

    /// Whether a field was on the form at all, be it empty; a box that is not ticked is not sent.
    pub(crate) fn sent(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All fields whose names begin with a text, without it.
    pub(crate) fn beginning_with(&self, start: &str) -> BTreeMap<String, String> {
        self.0
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(start)?.to_owned(), value.clone())))
            .collect()
    }
}

/// The most fields of a form. A full notification has some sixty, each with what it held before; the form that changes
/// what it asks has up to ten for each of these.
const MOST_FIELDS: usize = 1_000;

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|rejection: BytesRejection| rejection.into_response())?;
        let fields = url::form_urlencoded::parse(&bytes)
            .take(MOST_FIELDS)
            .map(|(name, value)| {
                let clean = |text: Cow<'_, str>| without_controls(text.into_owned());
                (clean(name), clean(value))
            })
            .collect();
        Ok(Form(fields))
    }
}
