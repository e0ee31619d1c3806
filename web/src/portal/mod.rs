//! My HER-SYS: the pages of people at home.

mod account;
mod attributes;
mod called_wrong;
mod certificate;
mod closed_history;
mod email_change;
mod history;
mod home;
mod mailbox;
pub(crate) mod no_cookies;
mod not_sent;
mod passport_number;
mod password_reset;
mod read_by;
mod reporting_request;
mod sign_in;
mod sign_up;
mod spoken;
mod status_report;
mod waits;
mod walk;

use crate::alive::{healthy, ready};
use crate::page::{Answer, Page, simple, simple_for, simple_of};
use crate::routes::{Policy, Route, get, post};
use crate::visit::Visit;
use app::family::Member;
use i18n::Words;
pub(crate) use sign_in::{ended_form, sign_in_first};
pub(crate) use walk::WALK_SECONDS;

/// All routes of the portal.
#[rustfmt::skip]
pub(crate) fn routes() -> Vec<Route> {
    use Policy::{Family, Public};
    vec![
        get( "/",                              Public, home::show),
        get( "/help",                          Public, help),
        get( "/privacy",                       Public, privacy),
        get( "/accessibility",                 Public, accessibility),
        get( "/healthz",                       Public, healthy),
        get( "/readyz",                        Public, ready),
        get( "/dev/mailbox",                   Public, mailbox::show),
        get( "/sign-up",                       Public, sign_up::show),
        post("/sign-up",                       Public, sign_up::send),
        get( "/sign-up/code",                  Public, sign_up::show_code),
        post("/sign-up/code",                  Public, sign_up::check_code),
        post("/sign-up/resend",                Public, sign_up::resend),
        get( "/sign-up/password",              Public, sign_up::show_password),
        post("/sign-up/password",              Public, sign_up::save_password),
        get( "/sign-in",                       Public, sign_in::show),
        post("/sign-in",                       Public, sign_in::sign_in),
        post("/sign-out",                      Family, sign_in::sign_out),
        post("/sign-out-everywhere",           Family, sign_in::sign_out_everywhere),
        get( "/password/forgotten",            Public, password_reset::show),
        post("/password/forgotten",            Public, password_reset::send),
        get( "/password/code",                 Public, password_reset::show_code),
        post("/password/code",                 Public, password_reset::check_code),
        post("/password/resend",               Public, password_reset::resend),
        get( "/password/new",                  Public, password_reset::show_new),
        post("/password/new",                  Public, password_reset::save_new),
        get( "/account",                       Family, account::show),
        post("/account/reminders",             Family, account::reminders),
        get( "/account/password",              Family, password_reset::show_change),
        post("/account/password",              Family, password_reset::change),
        get( "/account/close",                 Family, account::show_close),
        post("/account/close",                 Family, account::close),
        get( "/account/email",                 Family, email_change::show),
        post("/account/email",                 Family, email_change::send),
        get( "/account/email/code",            Family, email_change::show_code),
        post("/account/email/code",            Family, email_change::check_code),
        post("/account/email/resend",          Family, email_change::resend),
        get( "/attributes",                    Family, attributes::show),
        post("/attributes",                    Family, attributes::keep),
        get( "/attributes/check",              Family, attributes::show_check),
        post("/attributes/check",              Family, attributes::save),
        get( "/reports/new",                   Family, status_report::show),
        post("/reports/new",                   Family, status_report::submit),
        get( "/reports/{member}/{report}",     Family, status_report::receipt),
        get( "/requests/{member}/{request}",   Family, reporting_request::show),
        post("/requests/{member}/{request}",   Family, reporting_request::confirm),
        get( "/requests/{member}/{request}/paper.pdf", Family, reporting_request::print),
        get( "/certificates/{member}",         Family, certificate::show),
        post("/certificates/{member}",         Family, certificate::issue),
        get( "/certificates/{member}/{certificate}/paper.pdf", Family, certificate::print),
        get( "/certificate/check",             Public, certificate::show_check),
        post("/certificate/check",             Public, certificate::check),
        get( "/history",                       Family, history::show),
        get( "/history/{member}/open",         Family, closed_history::show),
        post("/history/{member}/open",         Family, closed_history::open),
        get( "/history/{member}/{report}/wrong", Family, called_wrong::show),
        post("/history/{member}/{report}/wrong", Family, called_wrong::sent),
        get( "/passport/{member}",             Family, passport_number::show),
        post("/passport/{member}",             Family, passport_number::enter),
    ]
}

async fn help(visit: Visit) -> Answer {
    let members = match &visit.patient {
        Some(desk) => desk.members().await?,
        None => Vec::new(),
    };
    let keys = [
        "help-worse",
        "help-report",
        "help-id",
        "help-code",
        "help-family",
        "help-errors",
    ];
    // Who has lost somebody, or is released, is not told to report.
    let reports = members.is_empty() || members.iter().any(Member::is_asked);
    let keys = keys
        .into_iter()
        .filter(|key| reports || *key != "help-report");
    let keys: Vec<&str> = keys.collect();
    simple_for(&visit, "nav-help", &keys, &members).await
}

async fn privacy(visit: Visit) -> Answer {
    let members = match &visit.patient {
        Some(desk) => desk.members().await?,
        None => Vec::new(),
    };
    let page = Page::new(&visit, "nav-privacy").back_to("/");
    let before = ["privacy-what", "privacy-who", "privacy-how"];
    let mut paragraphs: Vec<String> = before.iter().map(|key| page.say(key)).collect();
    paragraphs.extend(kept_in_words(&visit, page.t, &members).await?);
    paragraphs.extend(["privacy-browser", "privacy-contact"].map(|key| page.say(key)));
    simple_of(&visit, page, paragraphs, &members).await
}

/// For how long records are kept, by each center that follows somebody of the family.
async fn kept_in_words(
    visit: &Visit,
    t: &Words,
    members: &[Member],
) -> Result<Vec<String>, app::Error> {
    let Some(desk) = visit.patient.as_ref().filter(|_| !members.is_empty()) else {
        return Ok(vec![t.say("privacy-kept-ask")]);
    };
    let mut said: Vec<String> = Vec::new();
    for (at, member) in members.iter().enumerate() {
        let is_said = |other: &Member| other.center.id == member.center.id;
        if members[..at].iter().any(is_said) {
            continue;
        }
        let center = member.center.name_in(t.language.tag());
        said.push(match desk.kept_for(member).await? {
            Some(days) => t.with2("privacy-kept-days", "center", center, "days", days),
            None => t.with1("privacy-kept-open", "center", center),
        });
    }
    Ok(said)
}

async fn accessibility(visit: Visit) -> Answer {
    simple(
        &visit,
        "nav-accessibility",
        &[
            "accessibility-standard",
            "accessibility-works",
            "accessibility-contact",
        ],
    )
    .await
}
