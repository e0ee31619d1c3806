//! Registering a case.

use super::alike::{AlikeView, alike_view, day_understood, disease_row, with_taken_over};
use super::person::{TOLD_WITH_ILLNESS, told_anew};
use super::spoken;
use crate::fields::{SelectField, TextField};
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::case_registration::{
    Alike, CaseField, CaseProblem, CaseView, RegisterCase, Sure, TypedCase,
};
use app::close_contacts::TakenOver;
use app::programme::Programme;
use askama::Template;
use axum::response::Response;
use domain::birthdate::Birthdate;
use domain::dates::parse_day;
use domain::ids::CaseId;
use domain::language::parse_tag;
use domain::name::PersonName;
use domain::passport_number::PassportNumber;
use domain::phone::PhoneNumber;
use domain::staff_role::Right;
use i18n::Words;
use std::borrow::Cow;
use uuid::Uuid;

/// The languages that are offered: those of most residents and visitors, each in its own words.
const LANGUAGES: &[(&str, &str)] = &[
    ("ja", "日本語"),
    ("en", "English"),
    ("zh-Hans", "简体中文"),
    ("zh-Hant", "繁體中文"),
    ("ko", "한국어"),
    ("vi", "Tiếng Việt"),
    ("tl", "Filipino"),
    ("pt", "Português"),
    ("es", "Español"),
    ("ne", "नेपाली"),
    ("id", "Bahasa Indonesia"),
    ("my", "မြန်မာဘာသာ"),
    ("th", "ไทย"),
    ("si", "සිංහල"),
    ("fr", "Français"),
    ("ru", "Русский"),
];

/// The name of a language: in itself where it is among those offered, else in the language of the page.
pub(super) fn language_name<'a>(t: &Words, tag: &'a str) -> Cow<'a, str> {
    match LANGUAGES.iter().find(|(known, _)| *known == tag) {
        Some((_, name)) => Cow::Borrowed(name),
        None => i18n::language_name(t.language, tag),
    }
}

/// The languages to choose from, each with whether it is the chosen one. One that is not among those offered, as a list or a
/// notification may name it, stands last: whoever saves the form must not change it unseen.
fn languages(t: &Words, chosen: &str) -> Vec<(String, String, bool)> {
    let offered = LANGUAGES.iter();
    let mut all: Vec<_> = offered
        .map(|(tag, name)| ((*tag).to_owned(), (*name).to_owned(), *tag == chosen))
        .collect();
    if !all.iter().any(|(_, _, is_chosen)| *is_chosen) {
        all.push((
            chosen.to_owned(),
            language_name(t, chosen).into_owned(),
            true,
        ));
    }
    all
}

#[derive(Template)]
#[template(path = "console/case_new.html")]
struct NewPage {
    page: Page,
    /// Whether a number is asked back, and whether it was said to be right.
    asks_number: Option<bool>,
    /// Whether days in an unlikely order are asked back.
    asks_days: bool,
    days_are_right: bool,
    /// Whether a name that looks as if it were not known is asked back.
    asks_name: bool,
    name_is_right: bool,
    key: String,
    /// The case that this form registered before: its address, and a sentence.
    used: Option<(String, String)>,
    person: Vec<TextField>,
    language_problem: Option<String>,
    /// The tag, the name, and whether it is chosen.
    languages: Vec<(String, String, bool)>,
    /// Where the center follows several diseases.
    programme: Option<SelectField>,
    illness: Vec<TextField>,
    entry: Vec<TextField>,
}

type Problems = [(CaseField, CaseProblem)];

/// The fields of a case, for registering and for correcting it.
pub(super) struct CaseFields {
    pub(super) person: Vec<TextField>,
    pub(super) language_problem: Option<String>,
    /// The tag, the name, and whether it is chosen.
    pub(super) languages: Vec<(String, String, bool)>,
    pub(super) illness: Vec<TextField>,
    pub(super) entered: TextField,
    pub(super) passport: TextField,
}

/// The fields with what was typed, and what is wrong with it.
pub(super) fn case_fields(page: &mut Page, typed: &TypedCase, problems: &Problems) -> CaseFields {
    fields_with_day(page, typed, problems, "console-diagnosed-on")
}

/// The same, where the day of the diagnosis is another one, such as that of the last contact.
pub(super) fn fields_with_day(
    page: &mut Page,
    typed: &TypedCase,
    problems: &Problems,
    day: &'static str,
) -> CaseFields {
    let mut sentences = Vec::new();
    for (field, problem) in problems {
        let sentence = page.say(problem.key());
        // In the summary there are several dates: which one is meant must be said.
        let label = match field {
            CaseField::DiagnosedOn => Some(day),
            CaseField::OnsetOn => Some("console-onset-on"),
            CaseField::EnteredJapanOn => Some("console-entered-on"),
            _ => None,
        };
        let in_summary = match label {
            Some(label) => format!("{}{}{sentence}", page.say(label), page.say("colon")),
            None => sentence.clone(),
        };
        page.problem(field.name(), in_summary);
        sentences.push((*field, sentence));
    }
    let beside = |field: CaseField| {
        let found = sentences.iter().find(|(of, _)| *of == field);
        found.map(|(_, sentence)| sentence.clone())
    };
    let field = |of: CaseField, label: &str, hint: &str, value: &str| {
        let field = TextField::new(of.name(), page.say(label))
            .value(value)
            .problem(beside(of));
        if hint.is_empty() {
            field
        } else {
            field.hint(page.say(hint))
        }
    };
    use CaseField as F;
    let person = vec![
        field(F::Name, "console-name", "", &typed.name),
        field(F::NameKana, "console-name-kana", "", &typed.name_kana),
        field(
            F::NameLatin,
            "console-name-latin",
            "console-name-latin-hint",
            &typed.name_latin,
        ),
        field(
            F::Birthdate,
            "birthdate",
            "console-birthdate-hint",
            &typed.birthdate,
        ),
        field(F::Phone, "phone", "console-phone-hint", &typed.phone)
            .inputmode("tel")
            .tick(
                NO_PHONE,
                page.say("console-has-no-phone"),
                typed.has_no_phone,
            ),
        field(
            F::Email,
            "console-email",
            "console-email-hint",
            &typed.email,
        )
        .kind("email")
        .autocomplete("off"),
        field(F::Address, "console-address", "", &typed.address).autocomplete("off"),
        field(
            F::Whereabouts,
            "console-whereabouts",
            "console-whereabouts-hint",
            &typed.whereabouts,
        )
        .autocomplete("off"),
    ];
    let illness = vec![
        field(F::DiagnosedOn, day, "console-day-hint", &typed.diagnosed_on),
        field(
            F::OnsetOn,
            "console-onset-on",
            "console-onset-on-hint",
            &typed.onset_on,
        ),
    ];
    let chosen = if typed.language.is_empty() {
        "ja"
    } else {
        &typed.language
    };
    CaseFields {
        person,
        language_problem: beside(F::Language),
        languages: languages(page.t, chosen),
        illness,
        entered: field(
            F::EnteredJapanOn,
            "console-entered-on",
            "console-entered-on-hint",
            &typed.entered_japan_on,
        ),
        passport: field(
            F::PassportNumber,
            "passport-number",
            "console-passport-hint",
            &typed.passport_number,
        ),
    }
}

/// The name of the tick that says that somebody has no phone.
const NO_PHONE: &str = "no_phone";

/// The name of the tick that says that the center's own number is meant.
const NUMBER_IS_RIGHT: &str = "number_is_right";

/// Whether a number is asked back, and whether it was said to be right; none where nobody has to be asked.
pub(super) fn asks_number(
    typed: &TypedCase,
    problems: &[(CaseField, CaseProblem)],
) -> Option<bool> {
    let asks = |(_, problem): &(CaseField, CaseProblem)| *problem == CaseProblem::OwnNumber;
    (typed.number_is_right || problems.iter().any(asks)).then_some(typed.number_is_right)
}

/// What was typed into the fields.
pub(super) fn read_case(form: &Form) -> TypedCase {
    let text = |field: CaseField| form.text(field.name()).to_owned();
    TypedCase {
        name: text(CaseField::Name),
        name_kana: text(CaseField::NameKana),
        name_latin: text(CaseField::NameLatin),
        birthdate: text(CaseField::Birthdate),
        phone: text(CaseField::Phone),
        has_no_phone: form.has(NO_PHONE),
        email: text(CaseField::Email),
        address: text(CaseField::Address),
        whereabouts: text(CaseField::Whereabouts),
        language: text(CaseField::Language),
        diagnosed_on: text(CaseField::DiagnosedOn),
        onset_on: text(CaseField::OnsetOn),
        entered_japan_on: text(CaseField::EnteredJapanOn),
        passport_number: text(CaseField::PassportNumber),
        programme: text(CaseField::Programme),
        days_are_right: form.has("days_are_right"),
        name_is_right: form.has("name_is_right"),
        is_contact: form.has("is_contact"),
        number_is_right: form.has(NUMBER_IS_RIGHT),
    }
}

/// The diseases from which one is chosen: nothing is chosen beforehand.
pub(super) fn programme_field(t: &Words, programmes: &[Programme], chosen: &str) -> SelectField {
    let nothing = (String::new(), t.say("programme-choose"));
    let tag = t.language.tag();
    let all = programmes
        .iter()
        .map(|one| (one.id.clone(), one.disease.in_language(tag).to_owned()));
    SelectField::new(
        "programme",
        t.say("programme-disease"),
        chosen,
        std::iter::once(nothing).chain(all),
    )
}

/// The address of whom a form has registered already, and what is said of that.
pub(super) fn used_by(page: &Page, view: &CaseView) -> (String, String) {
    let name = view.member.name_in(page.tag());
    let id = view.member.hersys_id.as_str();
    let sentence = page.with2("console-form-used", "name", name, "id", id);
    (format!("/cases/{}", view.member.case), sentence)
}

fn form_page(
    visit: &Visit,
    (typed, programmes): (&TypedCase, &[Programme]),
    key: Uuid,
    problems: &Problems,
    used: Option<&CaseView>,
) -> Response {
    let mut page = Page::new(visit, "console-new-title").back_to("/");
    page.form = Some("case");
    let fields = case_fields(&mut page, typed, problems);
    let programme = (!programmes.is_empty()).then(|| {
        let problem = problems
            .iter()
            .find(|(field, _)| *field == CaseField::Programme)
            .map(|(_, problem)| page.say(problem.key()));
        programme_field(page.t, programmes, &typed.programme).problem(problem)
    });
    render(&NewPage {
        asks_number: asks_number(typed, problems),
        asks_days: typed.days_are_right || problems.iter().any(|(_, p)| p.is_question()),
        days_are_right: typed.days_are_right,
        asks_name: typed.name_is_right || problems.iter().any(|(_, p)| p.asks_name()),
        name_is_right: typed.name_is_right,
        programme,
        key: key.to_string(),
        used: used.map(|view| used_by(&page, view)),
        person: fields.person,
        language_problem: fields.language_problem,
        languages: fields.languages,
        illness: fields.illness,
        entry: vec![fields.entered, fields.passport],
        page,
    })
}

#[derive(Template)]
#[template(path = "console/alike.html")]
struct AlikePage {
    page: Page,
    /// Where the form goes that says who it is.
    action: String,
    /// What is asked, and the words of both buttons.
    lead: String,
    another: String,
    /// Whether it is a case that is registered, and not a contact of one.
    is_case: bool,
    same: String,
    /// The days with which a contact who is shown becomes the case that was typed; none where that cannot be.
    ill: Option<(String, String)>,
    /// Whether days in an unlikely order were asked back already and are meant.
    ill_sure: bool,
    /// What was typed, for sending again: the names and values of the fields.
    fields: Vec<(&'static str, String)>,
    key: String,
    /// What was typed, for comparing: labels and values.
    typed: Vec<(String, String)>,
    alike: Vec<AlikeView>,
}

/// What was typed, for sending it again: the names of the fields and their values.
pub(super) fn told_fields(typed: &TypedCase) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", typed.name.clone()),
        ("name_kana", typed.name_kana.clone()),
        ("name_latin", typed.name_latin.clone()),
        ("birthdate", typed.birthdate.clone()),
        ("phone", typed.phone.clone()),
        ("email", typed.email.clone()),
        ("address", typed.address.clone()),
        ("whereabouts", typed.whereabouts.clone()),
        ("language", typed.language.clone()),
        ("diagnosed_on", typed.diagnosed_on.clone()),
        ("onset_on", typed.onset_on.clone()),
        ("entered_japan_on", typed.entered_japan_on.clone()),
        ("passport_number", typed.passport_number.clone()),
        ("programme", typed.programme.clone()),
    ];
    if typed.has_no_phone {
        fields.push((NO_PHONE, "yes".to_owned()));
    }
    if typed.number_is_right {
        fields.push((NUMBER_IS_RIGHT, "1".to_owned()));
    }
    if typed.days_are_right {
        fields.push(("days_are_right", "1".to_owned()));
    }
    if typed.name_is_right {
        fields.push(("name_is_right", "1".to_owned()));
    }
    fields
}

/// The id of the form that leads back to what was typed.
const CHANGE: &str = "change";

/// Who may be the same person, beside what was typed. `met`: the case whose close contact it is; none: it is a case itself.
/// `taken`: of each what would be taken over if that contact fell ill; none where the reader may not say that one did.
pub(super) fn alike_page(
    (visit, desk): (&Visit, &StaffDesk),
    (typed, met): (&TypedCase, Option<CaseId>),
    key: Uuid,
    (alike, taken): (&[Alike], Option<&[TakenOver]>),
) -> Response {
    let action = met.map_or_else(
        || "/cases/new".to_owned(),
        |case| format!("/cases/{case}/contact"),
    );
    // Without a link back: that would lead to an empty form. A button leads to what was typed.
    let mut page = Page::new(visit, "alike-title");
    page.form = met.is_none().then_some(CHANGE);
    let t = page.t;
    let fields = told_fields(typed);
    let labels = [
        "console-name",
        "console-name-kana",
        "console-name-latin",
        "birthdate",
        "phone",
    ];
    // Whether it is another illness is told by its days.
    let days = [
        ("console-diagnosed-on", &typed.diagnosed_on),
        ("console-onset-on", &typed.onset_on),
    ];
    let days_of_illness = days
        .into_iter()
        .filter(|_| met.is_none())
        .map(|(label, day)| (t.say(label), day_understood(t, day)));
    let shown = labels
        .into_iter()
        .zip(&fields)
        .map(|(label, (name, value))| match *name {
            "birthdate" => (t.say(label), day_understood(t, value)),
            "phone" if typed.has_no_phone => (t.say(label), t.say("no-phone")),
            _ => (t.say(label), value.clone()),
        })
        .chain(days_of_illness)
        .chain(disease_row(t, desk, &typed.programme))
        .collect();
    let (lead, same) = match met {
        Some(_) => ("close-alike-lead", "close-alike-same"),
        None => ("alike-lead", "alike-same"),
    };
    let is_case = met.is_none() && taken.is_some();
    let nothing = TakenOver::default();
    render(&AlikePage {
        action,
        lead: t.say(lead),
        another: t.say("alike-another"),
        same: t.say(same),
        ill: is_case.then(|| (typed.diagnosed_on.clone(), typed.onset_on.clone())),
        ill_sure: typed.days_are_right,
        is_case: met.is_none(),
        key: key.to_string(),
        typed: shown,
        alike: alike
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let taken = taken.and_then(|taken| taken.get(at)).unwrap_or(&nothing);
                let mut view = with_taken_over(t, alike_view(t, desk, one), taken);
                view.contact = view.contact.filter(|_| one.may_fall_ill(&typed.programme));
                view.goes_on &=
                    one.view.member.programme == typed.programme || typed.programme.is_empty();
                view
            })
            .collect(),
        fields,
        page,
    })
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    let key = desk.new_form_key();
    let programmes = desk.programmes_to_choose().await?;
    // Whoever registers many goes on with the disease that was registered last.
    let typed = TypedCase {
        programme: visit.query("programme").unwrap_or_default(),
        ..TypedCase::default()
    };
    Ok(form_page(&visit, (&typed, &programmes), key, &[], None))
}

/// What somebody said who was shown who may be the same person.
pub(super) fn sure_of(form: &Form) -> Sure {
    match (form.has("another"), form.text("same_as").parse()) {
        (true, _) => Sure::Another,
        (_, Ok(case)) => Sure::SameAs(case),
        _ => Sure::Ask,
    }
}

pub(super) async fn register(Staff(mut visit, desk): Staff, form: Form) -> Answer {
    let typed = read_case(&form);
    let programmes = desk.programmes_to_choose().await?;
    let given = (&typed, programmes.as_slice());
    let key = form
        .text("key")
        .parse()
        .unwrap_or_else(|_| desk.new_form_key());
    if let Some(language) = spoken::asked(&mut visit, &desk, &form).await? {
        let page = form_page(&visit, given, key, &[], None);
        return Ok(spoken::kept(page, language));
    }
    if form.has("change") {
        return Ok(form_page(&visit, given, key, &[], None));
    }
    let sure = sure_of(&form);
    let case = match desk.register_case(&typed, key, sure).await? {
        RegisterCase::Problems(problems) => {
            return Ok(form_page(&visit, given, key, &problems, None));
        }
        RegisterCase::Alike(alike) => {
            let mut taken = Vec::new();
            for one in &alike {
                taken.push(if one.may_fall_ill(&typed.programme) {
                    desk.would_take_over(&one.view, &typed).await?
                } else {
                    TakenOver::default()
                });
            }
            let taken = desk.may(Right::Follow).then_some(taken.as_slice());
            let seen = (&visit, &desk);
            return Ok(alike_page(seen, (&typed, None), key, (&alike, taken)));
        }
        RegisterCase::Registered(case)
        | RegisterCase::Noted(case)
        | RegisterCase::FollowedAgain(case) => case,
    };
    // Back in the browser, other data typed over the first, sent again: the key says "the same form", what is typed
    // says "somebody else". Showing the first case now would hand one person's ID to the other.
    match desk.case(case).await? {
        // Beside a person who stands already, what was typed of the person need not agree.
        Some(stands) if sure == Sure::Ask && !says_the_same(&stands, &typed) => {
            let key = desk.new_form_key();
            Ok(form_page(&visit, given, key, &[], Some(&stands)))
        }
        _ => {
            // Somebody who fell ill before may have moved since, and have another number: nothing that was typed is lost.
            let said: (&[_], _) = (&[TOLD_WITH_ILLNESS], "person-told-anew-reason");
            let of_no_language = TypedCase {
                language: String::new(),
                ..typed.clone()
            };
            if let Sure::SameAs(_) = sure
                // The form says Japanese until somebody chooses another language: by it nobody has told that.
                && let Some(page) = told_anew(&visit, &desk, case, &of_no_language, said).await?
            {
                return Ok(page);
            }
            Ok(go(&format!("/cases/{case}?done=registered")))
        }
    }
}

/// Whether a case is the one that was typed.
pub(super) fn says_the_same(stands: &CaseView, typed: &TypedCase) -> bool {
    let spellings = [
        ("kanji", &typed.name),
        ("kana", &typed.name_kana),
        ("latin", &typed.name_latin),
    ];
    let names_agree = spellings.iter().all(|(script, text)| {
        let typed = PersonName::parse(text).ok();
        let stored = stands.names.iter().find(|(of, _)| of == script);
        typed.as_ref().map(PersonName::as_str) == stored.map(|(_, name)| name.expose().as_str())
    });
    let born = Birthdate::parse(&typed.birthdate, stands.member.today).ok();
    let phone = PhoneNumber::parse(&typed.phone).ok();
    let language = parse_tag(&typed.language).unwrap_or_else(|| "ja".to_owned());
    let passport_agrees = match PassportNumber::parse(&typed.passport_number) {
        Ok(number) => stands
            .passport
            .as_ref()
            .is_some_and(|stored| stored.expose() == number.as_str()),
        // It may have been entered since.
        Err(_) => true,
    };
    names_agree
        && passport_agrees
        && born.map(Birthdate::date) == Some(stands.birthdate.expose().date())
        && phone.map(|p| p.national()).as_ref() == stands.phone.as_ref().map(|p| p.expose())
        && language == stands.language
        && parse_day(&typed.diagnosed_on) == Ok(stands.member.diagnosed_on)
        && parse_day(&typed.onset_on).ok() == stands.member.onset_on
        && parse_day(&typed.entered_japan_on).ok() == stands.entered_japan_on
}
