//! Two people at one form. It carries along what its fields held when it was shown; where somebody else has saved since,
//! a field that this person left alone takes what stands now, and beside one that both changed the page says what stands
//! now. So pressing the button again overwrites nothing that was not seen.

use crate::fields::TextField;
use crate::form::Form;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What hidden fields with the old values are called: this, and the name of the field.
pub(super) const BEFORE: &str = "was.";

/// What the fields of a form held when it was shown, as hidden fields: name and value.
pub(super) type Was = Vec<(String, String)>;

/// What stands now, by field, where two people changed it to different things.
pub(super) type Now = BTreeMap<String, String>;

/// The hidden fields of a form that shows what stands.
pub(super) fn was<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Was {
    fields
        .into_iter()
        .map(|(name, value)| (format!("{BEFORE}{name}"), value.to_owned()))
        .collect()
}

/// The hidden fields as the form brought them: for showing it again as it came.
pub(super) fn as_it_came(form: &Form) -> Was {
    form.beginning_with(BEFORE)
        .into_iter()
        .map(|(name, value)| (format!("{BEFORE}{name}"), value))
        .collect()
}

/// Settles a field on which somebody else may have saved: whoever left it alone gets what stands now; whoever changed
/// it keeps that and, where it differs, is told what stands now.
pub(super) fn settle(form: &Form, name: &str, typed: &mut String, stands: &str, now: &mut Now) {
    let before = form.beginning_with(BEFORE);
    // What held nothing may have gone without saying.
    let was_before = |text: &str| same(before.get(name).map_or("", String::as_str), text);
    if was_before(typed) {
        stands.clone_into(typed);
    } else if !same(typed, stands) && !was_before(stands) {
        now.insert(name.to_owned(), stands.to_owned());
    }
}

/// Whether somebody changed a field of a form: it stood on the form, and holds another text than when it was shown.
pub(super) fn is_changed(form: &Form, name: &str) -> bool {
    let before = form.text(&format!("{BEFORE}{name}"));
    form.sent(name) && !same(before, form.text(name))
}

/// Whether two texts are the same but for how a browser ends lines.
fn same(one: &str, other: &str) -> bool {
    one.lines().eq(other.lines())
}

/// Says beside each field what stands now, in words that `say` makes of it.
pub(super) fn beside<'a>(
    fields: impl IntoIterator<Item = &'a mut TextField>,
    now: &Now,
    say: impl Fn(&str) -> String,
) {
    for field in fields {
        field.now = now.get(&field.name).map(|value| say(value));
    }
}

/// The name of the hidden field that says when a page was shown.
const SEEN: &str = "seen";

/// When the page was shown that a form comes from, in milliseconds: what others have done since is told to whoever was
/// slower. A form without it tells everything.
pub(super) fn seen(form: &Form) -> Timestamp {
    let milliseconds = form.text(SEEN).parse().ok();
    milliseconds
        .and_then(|at| Timestamp::from_millisecond(at).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
