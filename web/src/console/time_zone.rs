//! The time zone of the center, with what follows from another one.

use crate::fields::SelectField;
use crate::form::Form;
use crate::page::{Answer, Page, go, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::time_zone::{SetTimeZone, time_zones};
use askama::Template;

#[derive(Template)]
#[template(path = "console/time_zone.html")]
struct TimeZonePage {
    page: Page,
    notice: Option<String>,
    warning: Option<String>,
    /// Which one it is, and what time it is there.
    stands: String,
    /// The version of its history when the form was made.
    seen: i64,
    field: SelectField,
    /// What follows from another one, in sentences.
    follows: Vec<String>,
    /// What was changed, and when and by whom.
    history: Vec<(String, String)>,
}

const FOLLOWS: [&str; 6] = [
    "time-zone-follows-days",
    "time-zone-follows-times",
    "time-zone-follows-hours",
    "time-zone-follows-moments",
    "time-zone-follows-counted",
    "time-zone-follows-pages",
];

/// How the form came to be shown.
enum Shown<'a> {
    /// For the first time.
    Fresh,
    /// With a name that no zone has.
    Unknown,
    /// Somebody else has changed it meanwhile.
    Meanwhile(&'a str),
}

async fn time_zone_page(visit: &Visit, desk: &StaffDesk, shown: Shown<'_>) -> Answer {
    let mut page = Page::new(visit, "time-zone-title").back_to("/settings");
    let center = desk.health_center().await?;
    let (held, version) = desk.time_zone_history().await?;
    let (zone, name) = (&center.time_zone, center.time_zone_name());
    let now = visit.site.app.clock.now();
    let problem = match shown {
        Shown::Unknown => page.problem("time_zone", page.say("problem-time-zone")),
        Shown::Fresh | Shown::Meanwhile(_) => None,
    };
    let chosen = match shown {
        Shown::Meanwhile(typed) => typed,
        Shown::Fresh | Shown::Unknown => name,
    };
    let mut offered = time_zones();
    // Under a name of old, or one without a place.
    for one in [name, chosen] {
        if !offered.iter().any(|other| other == one) {
            offered.insert(0, one.to_owned());
        }
    }
    let options = offered.into_iter().map(|one| (one.clone(), one));
    let mut field = SelectField::new("time_zone", page.say("time-zone-label"), chosen, options);
    field = field.problem(problem);
    let t = page.t;
    let mut warning = None;
    if let Shown::Meanwhile(_) = shown {
        warning = Some(t.say("changed-meanwhile-fields"));
        field.now = Some(t.with1("stands-now", "value", name));
    }
    let history = held.into_iter().map(|one| {
        let change = [
            ("what", t.say("time-zone-label").into()),
            ("old", one.change.before.into()),
            ("new", one.change.after.into()),
        ];
        let (by, when) = (one.by.unwrap_or_default(), moment(t, zone, one.at));
        let by = t.with2("by-at", "name", by, "when", when);
        (t.with("settings-planned-change", &change), by)
    });
    let stands = t.with2("time-zone-now", "zone", name, "now", moment(t, zone, now));
    let notice = match visit.query("done").as_deref() {
        Some("saved") => Some(t.say("settings-saved")),
        Some("same") => Some(t.say("settings-same")),
        _ => None,
    };
    Ok(render(&TimeZonePage {
        notice,
        warning,
        seen: version,
        field,
        follows: FOLLOWS.map(|key| t.say(key)).into(),
        history: history.collect(),
        stands,
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff) -> Answer {
    time_zone_page(&visit, &desk, Shown::Fresh).await
}

pub(super) async fn save(Staff(visit, desk): Staff, form: Form) -> Answer {
    let typed = form.text("time_zone");
    let seen = form.text("seen").parse().unwrap_or(0);
    let done = match desk.set_time_zone(typed, Some(seen)).await? {
        SetTimeZone::Set => "saved",
        SetTimeZone::Same => "same",
        SetTimeZone::Unknown => {
            return time_zone_page(&visit, &desk, Shown::Unknown).await;
        }
        SetTimeZone::ChangedMeanwhile => {
            return time_zone_page(&visit, &desk, Shown::Meanwhile(typed)).await;
        }
    };
    Ok(go(&format!("/settings/time-zone?done={done}")))
}
