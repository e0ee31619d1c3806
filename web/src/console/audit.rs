//! The audit log of a person's record and of a staff member, searched by day and, of a staff member, by record.

use super::correction::field_words;
use super::words::stored;
use crate::fields::TextField;
use crate::page::{Answer, Page, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::audit::{AuditFound, AuditLine, AuditSearch, MOST};
use app::correction::CHANNELS;
use app::invitation::InviteBy;
use askama::Template;
use axum::extract::Path;
use domain::dates::parse_day;
use domain::hersys_id::HersysId;
use domain::ids::{CaseId, StaffId};
use domain::in_error::{WhyInError, WhyNoCase};
use domain::monitoring::{ContactOutcome, MonitoringStatus};
use i18n::Words;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    page: Page,
    of: String,
    /// What is not shown here.
    limits: Option<String>,
    search: Vec<TextField>,
    /// The line, and the case that it is about.
    lines: Vec<(String, Option<(String, String)>)>,
    /// What is said where there are none.
    none: String,
    newer: Option<String>,
    older: Option<String>,
}

/// The details of a line in words, where the house knows what they can be; otherwise as they stand.
fn details_words(t: &Words, line: &AuditLine) -> String {
    let details = line.details.as_str();
    let known = match line.action.as_str() {
        // It ended because its case is none.
        "alert.done" if details == "in_error" => Some(t.say("audit-alert-about-nobody")),
        "case.in_error" | "case.contact_again" => {
            WhyNoCase::parse(details).map(|why| stored(t, "no-case-why", why.word()))
        }
        "case.contacted" | "alert.done" => {
            ContactOutcome::parse(details).map(|outcome| stored(t, "outcome", outcome.word()))
        }
        "case.followed" => {
            MonitoringStatus::parse(details).map(|status| stored(t, "status", status.word()))
        }
        "report.in_error" | "contact.in_error" => {
            WhyInError::parse(details).map(|why| stored(t, "in-error-why", why.word()))
        }
        "report.entered" => CHANNELS
            .contains(&details)
            .then(|| stored(t, "channel", details)),
        "case.invited" => InviteBy::parse(details).map(|by| {
            t.say(match by {
                InviteBy::Sms => "invite-by-sms",
                InviteBy::Mail => "invite-by-mail",
            })
        }),
        "alert.passed_on" | "notification.passed_on" => match details {
            "center" => Some(t.say("audit-told-center")),
            "center and prefecture" => Some(t.say("audit-told-both")),
            "center, with another" => Some(t.say("audit-told-center-among-others")),
            "center and prefecture, with another" => Some(t.say("audit-told-both-among-others")),
            _ => None,
        },
        "case.corrected" if !details.is_empty() => {
            let fields: Vec<String> = details
                .split(", ")
                .map(|name| field_words(t, name))
                .collect();
            Some(fields.join(&t.say("list-comma")))
        }
        _ => None,
    };
    known.unwrap_or_else(|| details.to_owned())
}

/// A line of the audit log in words.
pub(super) fn audit_words(t: &Words, zone: &TimeZone, line: &AuditLine) -> String {
    let who = match (line.actor_kind.as_str(), &line.name) {
        ("staff", Some(name)) => match &line.place {
            Some(place) => format!("{name} ({place})"),
            None => name.clone(),
        },
        ("person", _) => t.say("audit-by-person"),
        _ => t.say("audit-by-system"),
    };
    let what = stored(t, "audit", &line.action);
    let details = match details_words(t, line) {
        empty if empty.is_empty() => String::new(),
        details => format!(" ({details})"),
    };
    let (when, colon) = (moment(t, zone, line.at), t.say("colon"));
    format!("{when} – {who}{colon}{what}{details}")
}

/// What is searched for, as the address says it, and the form that says it back.
struct Asked {
    search: AuditSearch,
    fields: Vec<TextField>,
    /// The same search in an address, without its page.
    query: String,
}

impl Asked {
    fn read(page: &mut Page, visit: &Visit, by_record: bool) -> Asked {
        let mut asked = Asked {
            search: AuditSearch::default(),
            fields: Vec::new(),
            query: String::new(),
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let mut day = |name: &str, label: &str, page: &mut Page| -> Option<Date> {
            let typed = visit.query(name).unwrap_or_default();
            let read = (!typed.trim().is_empty()).then(|| parse_day(&typed));
            let mut field = TextField::new(name, page.say(label)).value(&typed);
            if name == "from" {
                field = field.hint(page.say("console-day-hint"));
            }
            let found = match read {
                Some(Err(_)) => {
                    let sentence = page.say("problem-audit-day");
                    field = field.problem(page.problem(name, sentence));
                    None
                }
                Some(Ok(day)) => {
                    query.append_pair(name, &day.to_string());
                    Some(day)
                }
                None => None,
            };
            asked.fields.push(field);
            found
        };
        asked.search.from = day("from", "figures-from", page);
        asked.search.to = day("to", "figures-to", page);
        if let (Some(from), Some(to)) = (asked.search.from, asked.search.to)
            && from > to
        {
            let sentence = page.say("problem-audit-order");
            if let Some(sentence) = page.problem("from", sentence)
                && let Some(field) = asked.fields.first_mut()
            {
                field.problem = Some(sentence);
            }
        }
        if by_record {
            let typed = visit.query("id").unwrap_or_default();
            let mut field = TextField::new("id", "HER-SYS ID".to_owned()).value(&typed);
            if !typed.trim().is_empty() {
                match HersysId::parse(&typed, visit.site.app.id_lengths()) {
                    Ok(id) => {
                        query.append_pair("id", id.as_str());
                        asked.search.hersys_id = Some(id.as_str().to_owned());
                    }
                    Err(_) => {
                        let sentence = page.say("problem-audit-id");
                        field = field.problem(page.problem("id", sentence));
                    }
                }
            }
            asked.fields.push(field);
        }
        asked.query = query.finish();
        let wished: i64 = visit
            .query("page")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1);
        asked.search.page = wished.clamp(1, 100_000) - 1;
        asked
    }

    /// Addresses of the pages before and after, where there are any.
    fn beside(&self, visit: &Visit, count: usize) -> (Option<String>, Option<String>) {
        let path = visit.uri.path();
        let at = self.search.page;
        let address = |page: i64| format!("{path}?{}&page={page}", self.query);
        let is_full = i64::try_from(count).is_ok_and(|count| count >= MOST);
        (
            (at > 0).then(|| address(at)),
            is_full.then(|| address(at + 2)),
        )
    }
}

/// Puts the names of places for a reader into lines of the log.
pub(super) async fn name_places(
    desk: &StaffDesk,
    language: &str,
    lines: &mut [AuditLine],
) -> Result<(), app::Error> {
    let names = desk.place_names(language).await?;
    for place in lines.iter_mut().filter_map(|line| line.place.as_mut()) {
        names.put(place);
    }
    Ok(())
}

pub(super) async fn of_case(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    let Some(view) = desk.case(case).await? else {
        return Ok(missing(&visit));
    };
    let mut page = Page::new(&visit, "audit-title").back_to(format!("/cases/{case}"));
    let asked = Asked::read(&mut page, &visit, false);
    let zone = &view.member.center.time_zone;
    let mut lines = desk.search_audit_of_case(case, &asked.search, zone).await?;
    name_places(&desk, page.tag(), &mut lines).await?;
    let (newer, older) = asked.beside(&visit, lines.len());
    Ok(render(&AuditPage {
        of: format!(
            "{} ({})",
            view.member.name_in(page.tag()),
            view.member.hersys_id
        ),
        limits: None,
        search: asked.fields,
        newer,
        older,
        none: page.say("audit-none"),
        lines: lines
            .iter()
            .map(|line| (audit_words(page.t, zone, line), None))
            .collect(),
        page,
    }))
}

pub(super) async fn of_staff(Staff(visit, desk): Staff, Path(staff): Path<String>) -> Answer {
    let Ok(staff) = staff.parse::<StaffId>() else {
        return Ok(missing(&visit));
    };
    let Some(name) = desk.whose_log(staff).await? else {
        return Ok(missing(&visit));
    };
    let mut page = Page::new(&visit, "audit-title").back_to("/staff");
    let asked = Asked::read(&mut page, &visit, true);
    // A prefecture has no clock of its own; its centers' is as good.
    let zone = desk
        .centers()
        .await?
        .first()
        .map_or(TimeZone::UTC, |center| center.time_zone.clone());
    let Some(found) = desk.audit_of_staff(staff, &asked.search, &zone).await? else {
        return Ok(missing(&visit));
    };
    let (mut lines, none) = match found {
        AuditFound::Lines(lines) => (lines, "audit-none"),
        AuditFound::NoSuchId => (Vec::new(), "audit-no-such-id"),
    };
    name_places(&desk, page.tag(), &mut lines).await?;
    let (newer, older) = asked.beside(&visit, lines.len());
    Ok(render(&AuditPage {
        of: name,
        limits: Some(page.say("audit-of-staff-limits")),
        search: asked.fields,
        newer,
        older,
        none: page.say(none),
        lines: lines
            .iter()
            .map(|line| {
                let link = line.case.zip(line.hersys_id.clone());
                (
                    audit_words(page.t, &zone, line),
                    link.map(|(case, id)| (format!("/cases/{case}"), id)),
                )
            })
            .collect(),
        page,
    }))
}
