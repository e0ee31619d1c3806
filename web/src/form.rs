//! A form as it was sent. It is a bag of texts until a domain type has read them; what no keyboard gives is left out here,
//! once for all pages.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use domain::text::without_controls;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The fields of a form. All their texts stand one behind the other in one piece of memory: a report has some forty, most of
/// them a few letters that are looked at once.
pub(crate) struct Form {
    texts: String,
    /// One of each name, in the order of the names.
    fields: Vec<Place>,
}

/// Where a field stands among the texts: its name, and behind that its value.
#[derive(Clone, Copy)]
struct Place {
    name: usize,
    value: usize,
    end: usize,
}

impl Place {
    fn name_in(self, texts: &str) -> &str {
        &texts[self.name..self.value]
    }

    fn value_in(self, texts: &str) -> &str {
        &texts[self.value..self.end]
    }
}

impl Form {
    /// A form out of fields that were kept.
    pub(crate) fn of(fields: Vec<(String, String)>) -> Form {
        let fields = fields.into_iter();
        Form::put_together(0, fields.map(|(name, value)| (name.into(), value.into())))
    }

    /// A form as it came.
    fn read(bytes: &[u8]) -> Form {
        Form::put_together(bytes.len(), url::form_urlencoded::parse(bytes))
    }

    /// `room`: what is set aside for the texts at first.
    fn put_together<'t>(
        room: usize,
        sent: impl Iterator<Item = (Cow<'t, str>, Cow<'t, str>)>,
    ) -> Form {
        let mut texts = String::with_capacity(room);
        let mut fields: Vec<Place> = Vec::with_capacity(ROOM_FOR_FIELDS);
        for (name, value) in sent.take(MOST_FIELDS) {
            let name_at = texts.len();
            texts.push_str(&without_controls(name));
            let value_at = texts.len();
            texts.push_str(&without_controls(value));
            fields.push(Place {
                name: name_at,
                value: value_at,
                end: texts.len(),
            });
        }
        // Those of one name stay in the order in which they came: the last one holds.
        fields.sort_by(|a, b| a.name_in(&texts).cmp(b.name_in(&texts)));
        fields.dedup_by(|later, kept| {
            let is_same = later.name_in(&texts) == kept.name_in(&texts);
            if is_same {
                *kept = *later;
            }
            is_same
        });
        Form { texts, fields }
    }

    fn find(&self, name: &str) -> Option<&str> {
        let by_name = |place: &Place| place.name_in(&self.texts).cmp(name);
        let at = self.fields.binary_search_by(by_name).ok()?;
        Some(self.fields[at].value_in(&self.texts))
    }

    /// The text of a field; empty where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or("")
    }

    /// Whether a box was ticked or a button pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Whether a field was on the form at all, be it empty; a box that is not ticked is not sent.
    pub(crate) fn sent(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// All fields whose names begin with a text, without it.
    pub(crate) fn beginning_with(&self, start: &str) -> BTreeMap<String, String> {
        let is_before = |place: &Place| place.name_in(&self.texts) < start;
        let first = self.fields.partition_point(is_before);
        self.fields[first..]
            .iter()
            .map_while(|place| {
                let name = place.name_in(&self.texts).strip_prefix(start)?;
                Some((name.to_owned(), place.value_in(&self.texts).to_owned()))
            })
            .collect()
    }
}

/// The most fields of a form. A full notification has some sixty, each with what it held before; the form that changes
/// what it asks has up to ten for each of these.
const MOST_FIELDS: usize = 1_000;

/// For how many fields room is set aside at first: more than a report has.
const ROOM_FOR_FIELDS: usize = 32;

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection: BytesRejection| rejection.into_response())?;
        Ok(Form::read(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_holds_the_last_of_each_name_as_it_was_typed() {
        let form = Form::read(b"note=a%0D%0Ab+%E7%86%B1&q_cough=yes&spo2=97&q_cough=no&on=&q_=x");
        assert_eq!(form.text("note"), "a\r\nb 熱");
        assert_eq!(form.text("q_cough"), "no");
        assert_eq!(form.text("temperature"), "");
        assert!(form.has("spo2") && !form.has("on") && !form.has("off"));
        assert!(form.sent("on") && !form.sent("off"));
        let said = [("", "x"), ("cough", "no")];
        let said = said.map(|(name, word)| (name.to_owned(), word.to_owned()));
        assert_eq!(form.beginning_with("q_"), BTreeMap::from(said));
    }

    #[test]
    fn of_a_form_without_end_the_first_thousand_fields_are_read() {
        let body: String = (0..1_100).map(|number| format!("{number}=x&")).collect();
        let form = Form::read(body.as_bytes());
        assert!(form.has("999") && !form.sent("1000"));
        assert_eq!(form.beginning_with("").len(), 1_000);
    }

    /// What stands in a body: few names, what divides them, what is written otherwise, and bytes that are no text.
    const PIECES: &[u8] = b"a b q_ & & = = + % %2 %61 %26 %3D %2B %00 %0a %7F %C2%85 %E7%86%B1 %ff \0 \t \x1b \xc2 \x85 \xff";

    fn body() -> impl Strategy<Value = Vec<u8>> {
        let pieces: Vec<&[u8]> = PIECES.split(|byte| *byte == b' ').collect();
        let pieces = prop::collection::vec(prop::sample::select(pieces), 0..60);
        pieces.prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_form_is_read_as_the_standard_says(body in body()) {
            let clean = |text: Cow<'_, str>| -> String {
                text.chars().filter(|c| !c.is_control() || "\t\r\n".contains(*c)).collect()
            };
            let fields = url::form_urlencoded::parse(&body);
            let fields = fields.map(|(name, value)| (clean(name), clean(value)));
            let expected: BTreeMap<String, String> = fields.collect();
            let came = url::form_urlencoded::parse(&body).into_owned().collect();
            for form in [Form::read(&body), Form::of(came)] {
                prop_assert_eq!(&form.beginning_with(""), &expected);
                for name in expected.keys().map(String::as_str).chain(["", "a", "aa", "q_"]) {
                    let value = expected.get(name);
                    prop_assert_eq!(form.text(name), value.map_or("", String::as_str));
                    prop_assert_eq!(form.has(name), value.is_some_and(|value| !value.is_empty()));
                    prop_assert_eq!(form.sent(name), value.is_some());
                    let begins = expected.iter().filter_map(|(full, value)| {
                        Some((full.strip_prefix(name)?.to_owned(), value.clone()))
                    });
                    prop_assert_eq!(form.beginning_with(name), begins.collect::<BTreeMap<_, _>>());
                }
            }
        }
    }
}
