//! What the routes are about: something of everything that a center has, and what who only notifies has.

use crate::browser::{Browser, House, reports};
use app::StaffDesk;
use app::case_import::{ImportDraft, Meant};
use app::health_center::Contact;
use app::rules::{ChangeRule, Typed};
use domain::ids::JurisdictionId;
use domain::language::Language;
use domain::rules::{RuleKind, shipped};
use domain::staff_role::StaffRole;

/// What stands at the center for the routes to be about.
#[derive(Clone)]
pub struct Things {
    pub case: String,
    pub merged: String,
    pub report: String,
    pub line: String,
    /// Whom somebody met.
    pub met: String,
    pub alert: String,
    pub transfer: String,
    pub staff: String,
    pub notification: String,
    pub request: String,
    pub certificate: String,
    pub task: String,
    pub place: String,
    pub rule: String,
    /// A file that was looked at, and one that was imported: everybody has their own.
    pub drafts: (String, String),
}

/// The answers of a notification about somebody.
pub fn notified<'a>(key: &'a str, name: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("key", key),
        ("looked", "1"),
        ("n_name", name),
        ("n_sex", "male"),
        ("n_birthdate", "1950-01-02"),
        ("n_phone", "03-1111-2222"),
        ("n_postal_code", "105-0011"),
        ("n_address", "東京都港区芝公園1-1"),
        ("n_stays_elsewhere", "no"),
        ("n_kind", "confirmed"),
        ("n_diagnosed_on", "2026-11-22"),
        ("n_needs_admission", "no"),
        ("n_needs_drug", "no"),
        ("n_needs_oxygen", "no"),
        ("n_institution_name", "Sample Clinic"),
        ("n_physician_name", "見本 医師"),
    ]
}

/// Somebody enters a notification; tells its id.
pub async fn notifies(one: &mut Browser, name: &str) -> String {
    let key = one.gets("/notifications/new").await.hidden("key");
    let entered = one.posts("/notifications/new", &notified(&key, name)).await;
    assert_eq!(entered.status, 303, "{}", entered.html);
    key
}

/// A written request to report.
pub async fn requests(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/requests/new");
    let form = nurse.gets(&path).await;
    let request = form.hidden("key");
    let value = |name: &str| {
        let (_, rest) = form.html.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, rest) = rest.split_once("value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (from, to) = (value("from"), value("to"));
    let asked = [
        ("key", request.as_str()),
        ("issue", "1"),
        ("report", "1"),
        ("from", from.as_str()),
        ("to", to.as_str()),
        ("reasons", "sample"),
    ];
    let issued = nurse.posts(&path, &asked).await;
    assert_eq!(issued.status, 303, "{}", issued.html);
    request
}

/// A certificate is issued; tells its id.
pub async fn certifies(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/certificate");
    let key = nurse.gets(&path).await.hidden("key");
    let form = [("key", key.as_str()), ("language", "ja")];
    let issued = nurse.posts(&path, &form).await;
    assert_eq!(issued.status, 303, "{}", issued.html);
    key
}

/// A call is written down; tells which line it is.
pub async fn calls(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}");
    let key = nurse.gets(&path).await.hidden("key");
    let call = [
        ("key", key.as_str()),
        ("outcome", "no_answer"),
        ("note", "sample"),
    ];
    let written = nurse.posts(&format!("{path}/contacts"), &call).await;
    assert_eq!(written.status, 303, "{}", written.html);
    let lines = format!("{path}/contacts/");
    let link = nurse.gets(&path).await.link_that_begins_with(&lines);
    link.split('/').nth(4).unwrap().to_owned()
}

/// A contact is registered; tells who it is.
pub async fn meets(nurse: &mut Browser, case: &str) -> String {
    let path = format!("/cases/{case}/contact");
    let key = nurse.gets(&path).await.hidden("key");
    let contact = [
        ("key", key.as_str()),
        ("name", "見本 接子"),
        ("birthdate", "1961-03-04"),
        ("phone", "03-5555-6666"),
        ("language", "ja"),
        ("diagnosed_on", "2026-11-20"),
    ];
    let done = nurse.posts(&path, &contact).await;
    assert_eq!(done.status, 303, "{}", done.html);
    done.to.split(['/', '?']).nth(2).unwrap().to_owned()
}

/// Two records are made one; tells which is part of the other now.
pub async fn merges(nurse: &mut Browser, kept: &str, merged: &str) -> String {
    let path = format!("/cases/{kept}/merge");
    let page = nurse.gets(&format!("{path}?with={merged}")).await;
    let (one, other) = (page.hidden("version"), page.hidden("version_with"));
    let form = [
        ("with", merged),
        ("kept", kept),
        ("version", &one),
        ("version_with", &other),
        ("reason", "sample"),
    ];
    let done = nurse.posts(&path, &form).await;
    assert_eq!(done.status, 303, "{}", done.html);
    merged.to_owned()
}

/// A file that somebody has looked at, and one that was imported.
pub async fn drafts(desk: &StaffDesk, names: [&str; 2]) -> (String, String) {
    let mut drafts = Vec::new();
    for name in names {
        let row = format!("{name},,,1970-01-02,03-3333-4444,ja,2026-11-20,,,,");
        let file = format!("{}\n{row}\n", app::case_import::HEADER.join(","));
        let looked = desk.look_at_import(file.as_bytes(), Language::En).await;
        let Ok((draft, ..)) = looked.unwrap() else {
            panic!("the file is refused");
        };
        drafts.push(draft);
    }
    let done = desk.import(drafts[1], Meant::All, Language::En).await;
    assert!(matches!(done.unwrap(), ImportDraft::Imported));
    (drafts[0].to_string(), drafts[1].to_string())
}

/// A rule of the own place that holds from the next year on.
pub async fn sets_rule(house: &House, admin: &str) -> String {
    let desk = house.desk(admin).await;
    let kind = RuleKind::Course;
    let new = Typed {
        silences: String::new(),
        programme: String::new(),
        // What holds already is not set once more.
        text: shipped(kind)
            .pop()
            .unwrap()
            .text
            .replacen("at_or_below = 95", "at_or_below = 96", 1),
        valid_from: "2027-01-01".to_owned(),
        why: "sample".to_owned(),
    };
    let done = desk.change_rule(kind, &new).await.unwrap();
    assert!(matches!(done, ChangeRule::Saved));
    let page = house.staff(admin).await.gets("/rules/course").await;
    let link = page.link_that_begins_with("/rules/course/files/");
    let id = link.split('/').nth(4).unwrap();
    id.split('?').next().unwrap().to_owned()
}

impl Things {
    /// What the center has: an alarming report, an offer to a third center, a task, and so on.
    pub async fn make(
        house: &House,
        (case, report, request): (&str, &str, &str),
        center: JurisdictionId,
    ) -> Things {
        let mut nurse = house.nurse().await;
        reports(&mut nurse, case).await;
        let take = nurse.gets("/").await.form_that_begins_with("/alerts/");
        let third = house
            .app()
            .system_desk()
            .add_center("三つ目の見本保健所", Contact::default())
            .await
            .unwrap();
        let page = nurse.gets(&format!("/cases/{case}/transfer")).await;
        let (transfer, to) = (page.hidden("key"), third.id.to_string());
        let offer = [
            ("key", transfer.as_str()),
            ("center", to.as_str()),
            ("transfer_note", "moved"),
        ];
        let path = format!("/cases/{case}/transfer");
        let offered = nurse.posts(&path, &offer).await;
        assert_eq!(offered.status, 303, "{}", offered.html);
        house
            .hires("victim@s.example", StaffRole::Nurse, center)
            .await;
        let staff = nurse.gets("/staff").await;
        let (_, rest) = staff.html.split_once("victim@s.example").unwrap();
        let (_, rest) = rest.split_once("action=\"/staff/").unwrap();
        let wrong = format!("/history/{case}/{report}/wrong");
        let mut family = house.family().await;
        let marked = family.posts(&wrong, &[("why", "mistyped")]).await;
        assert_eq!(marked.status, 303, "{}", marked.html);
        let task = nurse.gets("/tasks").await.form_that_begins_with("/tasks/");
        let merged = {
            let (kept, other) = (
                house.case_of("9047316").await,
                house.case_of("3518724").await,
            );
            merges(&mut nurse, &kept, &other).await
        };
        Things {
            case: case.to_owned(),
            merged,
            report: report.to_owned(),
            line: calls(&mut nurse, case).await,
            met: meets(&mut nurse, case).await,
            alert: take.split('/').nth(2).unwrap().to_owned(),
            transfer,
            staff: rest.split('"').next().unwrap().to_owned(),
            notification: notifies(&mut nurse, "見本 一男").await,
            request: request.to_owned(),
            certificate: certifies(&mut nurse, case).await,
            task: task.split('/').nth(2).unwrap().to_owned(),
            place: center.to_string(),
            rule: sets_rule(house, "admin@s.example").await,
            drafts: (String::new(), String::new()),
        }
    }

    /// What somebody has who only notifies: one notification that waits, and a patient who became of another one.
    pub async fn notified_by(&self, one: &mut Browser, nurse: &mut Browser, name: &str) -> Things {
        let confirmed = notifies(one, name).await;
        let path = format!("/notifications/{confirmed}/confirm");
        let form = [("version", "1"), ("another", "1")];
        let done = nurse.posts(&path, &form).await;
        assert_eq!(done.status, 303, "{}", done.html);
        let case = done.to.split(['/', '?']).nth(2).unwrap().to_owned();
        Things {
            report: reports(nurse, &case).await,
            line: calls(nurse, &case).await,
            request: requests(nurse, &case).await,
            notification: notifies(one, name).await,
            case,
            ..self.clone()
        }
    }

    pub fn about(&self, method: &str, path: &str) -> String {
        let case = if path.ends_with("/unmerge") {
            &self.merged
        } else {
            &self.case
        };
        let draft = if method == "POST" && path == "/import/{draft}" {
            &self.drafts.0
        } else {
            &self.drafts.1
        };
        let table = match path {
            "/figures.csv" => "?table=age",
            _ => "",
        };
        path.replace("{case}", case)
            .replace("{report}", &self.report)
            .replace("{line}", &self.line)
            .replace("{met}", &self.met)
            .replace("{alert}", &self.alert)
            .replace("{transfer}", &self.transfer)
            .replace("{staff}", &self.staff)
            .replace("{task}", &self.task)
            .replace("{notification}", &self.notification)
            .replace("{request}", &self.request)
            .replace("{certificate}", &self.certificate)
            .replace("{place}", &self.place)
            .replace("{programme}", app::programme::PROGRAMME)
            .replace("{kind}", "course")
            .replace("{file}", &self.rule)
            .replace("{token}", "no-such-link")
            .replace("{draft}", draft)
            + table
    }
}
