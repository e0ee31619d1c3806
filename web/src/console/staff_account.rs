//! A staff member's own account: where alerts reach them, a new password, new recovery codes.

use super::second_factor::codes_page;
use crate::fields::TextField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::staff_account::{NewCodes, NewPassword};
use askama::Template;
use axum::response::Response;
use domain::email_address::EmailAddress;

#[derive(Template)]
#[template(path = "console/staff_account.html")]
struct AccountPage {
    page: Page,
    notice: Option<String>,
    rows: Vec<(String, String)>,
    phone: TextField,
    sms: bool,
    old: TextField,
    new: TextField,
    /// How many recovery codes are left, where there is a second factor, and the field for a code.
    codes: Option<(String, TextField)>,
}

/// What is wrong with which field; nothing that is secret comes back.
struct Wrong<'a> {
    field: &'static str,
    sentences: Vec<String>,
    phone: Option<(&'a str, bool)>,
}

async fn account_page(visit: &Visit, desk: &StaffDesk, wrong: Option<Wrong<'_>>) -> Answer {
    let mut account = desk.my_account().await?;
    let mut page = Page::new(visit, "staff-account-title").back_to("/");
    let t = page.t;
    let mut problem_of = |id: &'static str| {
        let wrong = wrong.as_ref().filter(|wrong| wrong.field == id)?;
        for sentence in &wrong.sentences {
            page.problem(id, sentence.clone());
        }
        Some(wrong.sentences.join("\n"))
    };
    let (of_phone, of_old, of_new, of_code) = (
        problem_of("phone"),
        problem_of("old"),
        problem_of("new"),
        problem_of("code"),
    );
    desk.place_names(page.tag()).await?.put(&mut account.place);
    let stands = account.phone.as_ref().map_or("", |phone| phone.expose());
    let (phone, sms) = wrong
        .as_ref()
        .and_then(|wrong| wrong.phone)
        .unwrap_or((stands, account.wants_sms));
    let reveal = || Some((t.say("password-show"), t.say("password-hide")));
    let role = format!("role-{}", desk.role.word().replace('_', "-"));
    Ok(render(&AccountPage {
        notice: match visit.query("done").as_deref() {
            Some("phone") => Some(t.say("staff-account-phone-saved")),
            Some("password") => Some(t.say("staff-account-password-done")),
            _ => None,
        },
        rows: vec![
            (t.say("name"), desk.name.clone()),
            (t.say("email"), account.email.expose().clone()),
            (t.say("staff-account-place"), account.place.clone()),
            (t.say("staff-role"), t.say(&role)),
        ],
        phone: TextField::new("phone", t.say("staff-account-phone"))
            .hint(t.say("staff-account-phone-hint"))
            .value(phone)
            .problem(of_phone)
            .kind("tel")
            .autocomplete("tel"),
        sms,
        old: TextField {
            reveal: reveal(),
            ..TextField::new("old", t.say("staff-account-old"))
                .problem(of_old)
                .kind("password")
                .autocomplete("current-password")
        },
        new: TextField {
            reveal: reveal(),
            ..TextField::new("new", t.say("staff-account-new"))
                .hint(t.say("invitation-password-hint"))
                .problem(of_new)
                .kind("password")
                .autocomplete("new-password")
        },
        codes: account.has_factor.then(|| {
            (
                t.with1("staff-account-codes-left", "count", account.codes_left),
                TextField::new("code", t.say("staff-account-codes-code"))
                    .hint(t.say("staff-account-codes-hint"))
                    .problem(of_code)
                    .inputmode("numeric")
                    .autocomplete("one-time-code")
                    .class("w-code"),
            )
        }),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    account_page(&visit, &desk, None).await
}

/// The address of a form without its form.
pub(super) async fn show_again(_: Staff) -> Response {
    go("/account")
}

pub(super) async fn save_phone(Staff(visit, desk): Staff, form: Form) -> Answer {
    let (phone, sms) = (form.text("phone"), form.has("sms"));
    if desk.set_my_phone(phone, sms).await? {
        return Ok(go("/account?done=phone"));
    }
    let wrong = Wrong {
        field: "phone",
        sentences: vec![i18n::words(visit.language).say("problem-staff-phone")],
        phone: Some((phone, sms)),
    };
    account_page(&visit, &desk, Some(wrong)).await
}

pub(super) async fn change_password(Staff(visit, desk): Staff, form: Form) -> Answer {
    let t = i18n::words(visit.language);
    let done = desk
        .change_my_password(form.text("old"), form.text("new"))
        .await?;
    let (field, sentences) = match done {
        NewPassword::Changed => {
            let done = go("/account?done=password");
            // What the browser was known by rested on the password before.
            let email = desk.my_account().await?.email;
            return match EmailAddress::parse(email.expose()) {
                Ok(email) => Ok(visit.known(done, &email).await?),
                Err(_) => Ok(done),
            };
        }
        NewPassword::Wrong => ("old", vec![t.say("problem-staff-old")]),
        NewPassword::Wait => ("old", vec![t.say("problem-staff-wait")]),
        NewPassword::Weak(problems) => (
            "new",
            problems
                .iter()
                .map(|problem| t.say(crate::password_words::key(problem)))
                .collect(),
        ),
    };
    let wrong = Wrong {
        field,
        sentences,
        phone: None,
    };
    account_page(&visit, &desk, Some(wrong)).await
}

pub(super) async fn new_codes(Staff(visit, desk): Staff, form: Form) -> Answer {
    let key = match desk.new_recovery_codes(form.text("code")).await? {
        NewCodes::Codes(codes) => return Ok(codes_page(&visit, codes, None)),
        NewCodes::Wrong => "problem-staff-code",
        NewCodes::Used => "problem-staff-code-used",
        NewCodes::Wait => "problem-staff-wait",
    };
    let wrong = Wrong {
        field: "code",
        sentences: vec![i18n::words(visit.language).say(key)],
        phone: None,
    };
    account_page(&visit, &desk, Some(wrong)).await
}
