//! Inviting by short message or by mail, one person or all of an imported file, after a look at it.

use super::left_out::LeftLine;
use super::words::number;
use super::written_along::{Along, fields_along};
use crate::form::Form;
use crate::page::{Answer, Page, go, missing, show as render};
use crate::reports::moment;
use crate::visit::{Staff, Visit};
use app::StaffDesk;
use app::invitation::{
    InviteBy, InvitePerson, InviteProblem, InvitedMany, ManyPreview, Message, Preview, Wave,
};
use app::worklist::MOST_PRINTED;
use askama::Template;
use axum::extract::Path;
use domain::ids::CaseId;
use domain::staff_role::Right;
use futures_util::future::try_join_all;
use i18n::Words;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// How many of those who are sent nothing are named: of a file that is larger than this, ten papers of them are more than a
/// center visits, and the page would not end.
const NAMED: usize = 10 * MOST_PRINTED;

/// How many of them are looked up at once: over a network each takes a way there and back or several, and a proxy does not
/// wait for three thousand one after the other.
const AT_ONCE: usize = 8;

/// A message as it would be sent.
struct WayView {
    word: &'static str,
    title: String,
    rows: Vec<(String, String)>,
    problem: Option<String>,
    send: String,
}

#[derive(Template)]
#[template(path = "console/invite.html")]
struct InvitePage {
    page: Page,
    notice: Option<String>,
    case: String,
    name: String,
    /// That the person has an account already.
    account: Option<String>,
    ways: Vec<WayView>,
    /// How many there are.
    seen: usize,
    messages: Vec<String>,
    /// Messages to the account, and the last of them where it came back: what it was, and whether the reader may give
    /// another ID.
    of_account: Vec<String>,
    came_back: Option<(String, bool)>,
}

#[derive(Template)]
#[template(path = "console/invite_many.html")]
struct ManyPage {
    page: Page,
    /// What was done.
    told: Option<String>,
    /// Where the button leads, and what goes with it.
    action: String,
    hidden: Vec<(String, String)>,
    lines: Vec<String>,
    anybody: bool,
    samples: Vec<WayView>,
    /// Who is sent nothing, and why; how many they are, and how many are not named.
    left: Vec<LeftLine>,
    count: usize,
    more: Option<String>,
    /// The buttons that print those of them whom somebody has to visit: the words, and who they are; and which list they come
    /// from, as a form carries it.
    papers: Vec<(String, Vec<String>)>,
    place: Vec<(String, String)>,
    /// For whoever may not print them: where a colleague does, as a link and as it is handed on, and the words.
    hand_on: Option<(String, String, String)>,
    /// The address of the list, and the words, where there is one.
    back: Option<(String, String)>,
}

fn key(problem: InviteProblem) -> &'static str {
    match problem {
        InviteProblem::NoGateway => "invite-no-gateway",
        InviteProblem::NoMobile => "invite-no-mobile",
        InviteProblem::NoPhone => "invite-no-phone",
        InviteProblem::WrongNumber => "invite-wrong-number",
        InviteProblem::CameBack => "invite-came-back",
        InviteProblem::TooLong => "invite-too-long",
        InviteProblem::NoAddress => "invite-no-address",
        InviteProblem::Enough => "invite-enough",
        InviteProblem::Died => "invite-died",
        InviteProblem::Closed => "invite-closed",
        InviteProblem::JustSent => "invite-just-sent",
        InviteProblem::HasAccount => "invite-has-account",
    }
}

fn way_view(t: &Words, preview: Preview, refused: Option<InviteProblem>) -> WayView {
    let mut rows = Vec::new();
    if !preview.to.is_empty() {
        rows.push((t.say("invite-to"), preview.to));
    }
    if let Some(subject) = preview.subject {
        rows.push((t.say("invite-subject"), subject));
    }
    rows.push((t.say("invite-text"), preview.text));
    if let Some(counted) = preview.counted {
        let (units, most) = (number(counted.utf16_units), number(preview.most));
        rows.push((
            t.say("invite-length"),
            t.with2("invite-counted", "units", units, "most", most),
        ));
    }
    let (title, send) = match preview.by {
        InviteBy::Sms => ("invite-by-sms", "invite-send-sms"),
        InviteBy::Mail => ("invite-by-mail", "invite-send-mail"),
    };
    WayView {
        word: preview.by.word(),
        title: t.say(title),
        rows,
        problem: refused
            .or(preview.problem)
            .map(|problem| t.say(key(problem))),
        send: t.say(send),
    }
}

/// That the last message to the account came back, and when and why. One that was withdrawn, or waits, says nothing.
fn came_back(t: &Words, zone: &TimeZone, messages: &[Message]) -> Option<String> {
    let tried = |one: &&Message| {
        one.withdrawn_at.is_none() && (one.sent_at.is_some() || one.given_up.is_some())
    };
    let given_up = messages.iter().find(tried)?.given_up.as_ref();
    let (at, why) = given_up.filter(|(_, why)| !super::undelivered::is_late(why))?;
    let (when, why) = (moment(t, zone, *at), super::undelivered::why(t, why));
    Some(t.with2("invite-account-came-back", "when", when, "why", why))
}

fn fate(t: &Words, zone: &TimeZone, message: &Message) -> String {
    let when = moment(t, zone, message.at);
    let fate = match message {
        Message {
            withdrawn_at: Some(_),
            ..
        } => t.with1("invite-message-withdrawn", "when", when),
        Message {
            given_up: Some((_, why)),
            ..
        } => t.with2(
            "invite-message-failed",
            "when",
            when,
            "why",
            super::undelivered::why(t, why),
        ),
        Message {
            delivered_at: Some(_),
            ..
        } => t.with1("invite-message-delivered", "when", when),
        Message { sent_at: None, .. } => t.with1("invite-message-waiting", "when", when),
        _ if message.is_sms => t.with1("invite-message-sent", "when", when),
        _ => t.with1("invite-message-mailed", "when", when),
    };
    let way = if message.is_sms {
        "invite-by-sms"
    } else {
        "invite-by-mail"
    };
    let told = t.with2("invite-message", "way", t.say(way), "fate", fate);
    // Nobody gets what was withdrawn, whatever stood in it.
    match message.is_by_former_id && message.withdrawn_at.is_none() {
        true => t.with1("invite-message-former-id", "message", told),
        false => told,
    }
}

async fn invite_page(
    visit: &Visit,
    desk: &StaffDesk,
    case: CaseId,
    refused: Option<(InviteBy, InviteProblem)>,
) -> Answer {
    let (Some(view), Some((previews, messages))) =
        (desk.case(case).await?, desk.invitation(case).await?)
    else {
        return Ok(missing(visit));
    };
    let to_account = desk.account_messages(case).await?.unwrap_or_default();
    let page = Page::new(visit, "invite-title").back_to(format!("/cases/{case}"));
    let t = page.t;
    let zone = &view.member.center.time_zone;
    Ok(render(&InvitePage {
        notice: match visit.query("done").as_deref() {
            Some("sent") => Some(t.say("invite-done")),
            Some("meanwhile") => Some(t.say("invite-meanwhile")),
            Some("merged") => Some(t.say("invite-merged")),
            _ => None,
        },
        seen: messages.len(),
        case: case.to_string(),
        name: view.member.name_in(page.tag()).to_owned(),
        account: view.signed_up_at.map(|at| {
            let when = moment(t, zone, at);
            t.with1("invite-signed-up", "when", when)
        }),
        ways: previews
            .into_iter()
            .map(|preview| {
                let refused = refused.filter(|(by, _)| *by == preview.by);
                way_view(t, preview, refused.map(|(_, problem)| problem))
            })
            .collect(),
        messages: messages.iter().map(|m| fate(t, zone, m)).collect(),
        of_account: to_account.iter().map(|m| fate(t, zone, m)).collect(),
        came_back: came_back(t, zone, &to_account)
            .map(|text| (text, desk.may(Right::CorrectPersons))),
        page,
    }))
}

pub(super) async fn show(Staff(visit, desk): Staff, Path(case): Path<String>) -> Answer {
    let Ok(case) = case.parse::<CaseId>() else {
        return Ok(missing(&visit));
    };
    // Where two records became one, the kept one says how the person is reached.
    let case = desk.kept_record(case).await?.unwrap_or(case);
    invite_page(&visit, &desk, case, None).await
}

pub(super) async fn send(
    Staff(visit, desk): Staff,
    Path(case): Path<String>,
    form: Form,
) -> Answer {
    let (Ok(case), Some(by)) = (case.parse::<CaseId>(), InviteBy::parse(form.text("by"))) else {
        return Ok(missing(&visit));
    };
    let seen = form.text("seen").parse().unwrap_or(usize::MAX);
    match desk.invite_after(case, by, seen).await? {
        InvitePerson::Meanwhile => Ok(go(&format!("/cases/{case}/invite?done=meanwhile"))),
        InvitePerson::Promised => Ok(go(&format!("/cases/{case}/invite?done=sent"))),
        InvitePerson::Merged(kept) => Ok(go(&format!("/cases/{kept}/invite?done=merged"))),
        // Another center has taken the case over meanwhile: it learns that this invitation was not sent.
        InvitePerson::NoSuchCase => {
            let t = i18n::words(visit.language);
            let way = t.say(match by {
                InviteBy::Sms => "invite-by-sms",
                InviteBy::Mail => "invite-by-mail",
            });
            let along = Along {
                done: t.with1("written-along-invitation", "way", way),
                ..Along::default()
            };
            fields_along(&visit, &desk, case, along).await
        }
        InvitePerson::Problem(problem) => {
            invite_page(&visit, &desk, case, Some((by, problem))).await
        }
    }
}

/// What inviting everybody of an imported file would do.
pub(super) async fn show_many(Staff(visit, desk): Staff, Path(draft): Path<String>) -> Answer {
    let Ok(draft) = draft.parse::<Uuid>() else {
        return Ok(missing(&visit));
    };
    let Some(cases) = desk.imported(draft).await? else {
        return Ok(missing(&visit));
    };
    let found = desk.invitations(&cases, Wave::First).await?;
    let page = Page::new(&visit, "invite-many-title").back_to(format!("/import/{draft}"));
    let send = (format!("/import/{draft}/invite"), Vec::new());
    many_page(&desk, page, found, send, (None, Vec::new())).await
}

/// Where a colleague prints those for visits whom the reader has imported and may not visit: at the same address as the reader
/// reads of them, written out so that it can be copied or read out. `page_at`: that of the page, where it stays.
fn hand_on(
    desk: &StaffDesk,
    t: &Words,
    page_at: &str,
    all: &[(CaseId, InviteProblem)],
) -> Option<(String, String, String)> {
    let is_needed = all.iter().any(|(_, problem)| is_to_be_visited(*problem));
    let stays = page_at.starts_with("/import/");
    (stays && is_needed && !desk.may(Right::Follow)).then(|| {
        let whole = desk.console_address(page_at);
        (page_at.to_owned(), whole, t.say("invite-many-hand-on"))
    })
}

/// The address of a list, and the words.
type Link = (String, String);
/// A list, as a form carries it.
type Place = Vec<(String, String)>;

/// What inviting many would do, before it is done. `action`, `hidden`: where the button leads, and what goes with it; `back`,
/// `place`: the list on which they were chosen.
pub(super) async fn many_page(
    desk: &StaffDesk,
    page: Page,
    found: ManyPreview,
    (action, hidden): (String, Vec<(String, String)>),
    (back, place): (Option<Link>, Place),
) -> Answer {
    let t = page.t;
    let mut lines = Vec::new();
    for (word, line) in [("sms", "invite-many-sms"), ("mail", "invite-many-mail")] {
        if let Some(count) = found.by.get(word) {
            lines.push(t.with1(line, "count", number(*count)));
        }
    }
    if found.had > 0 {
        lines.push(t.with1("invite-many-had", "count", number(found.had)));
    }
    if !found.cannot.is_empty() {
        lines.push(t.with1("invite-many-cannot", "count", number(found.cannot.len())));
    }
    let (left, more) = named(desk, t, &found.cannot).await?;
    Ok(render(&ManyPage {
        told: None,
        hand_on: hand_on(desk, t, &action, &found.cannot),
        action,
        hidden,
        back,
        lines,
        anybody: !found.by.is_empty(),
        samples: found
            .samples
            .into_iter()
            .map(|preview| way_view(t, preview, None))
            .collect(),
        left,
        count: found.cannot.len(),
        more,
        papers: papers(desk, t, &found.cannot),
        place,
        page,
    }))
}

/// Who was left out, by name up to a number, and how many there are beside them.
async fn named(
    desk: &StaffDesk,
    t: &Words,
    all: &[(CaseId, InviteProblem)],
) -> Result<(Vec<LeftLine>, Option<String>), app::Error> {
    let mut lines = Vec::new();
    for run in all[..all.len().min(NAMED)].chunks(AT_ONCE) {
        let mut asked = Vec::with_capacity(run.len());
        for (case, _) in run {
            asked.push(desk.case(*case));
        }
        for (view, (_, problem)) in try_join_all(asked).await?.into_iter().zip(run) {
            lines.extend(view.map(|view| LeftLine::of_case(t, &view, t.say(key(*problem)))));
        }
    }
    let more = all.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| t.with1("invite-many-more", "count", number(more)));
    Ok((lines, more))
}

/// Whether somebody has to call or visit whoever is sent nothing for this.
fn is_to_be_visited(problem: InviteProblem) -> bool {
    match problem {
        InviteProblem::NoGateway
        | InviteProblem::NoPhone
        | InviteProblem::NoMobile
        | InviteProblem::WrongNumber
        | InviteProblem::CameBack
        | InviteProblem::TooLong
        | InviteProblem::NoAddress => true,
        InviteProblem::Enough
        | InviteProblem::Died
        | InviteProblem::Closed
        | InviteProblem::JustSent
        | InviteProblem::HasAccount => false,
    }
}

/// The buttons that print for visits those of them who are named and to be visited, as many on each paper as one holds.
fn papers(
    desk: &StaffDesk,
    t: &Words,
    all: &[(CaseId, InviteProblem)],
) -> Vec<(String, Vec<String>)> {
    if !desk.may(Right::Follow) {
        return Vec::new();
    }
    let cases: Vec<String> = all
        .iter()
        .take(NAMED)
        .filter(|(_, problem)| is_to_be_visited(*problem))
        .map(|(case, _)| case.to_string())
        .collect();
    let several = cases.len() > MOST_PRINTED;
    let mut from = 1;
    cases
        .chunks(MOST_PRINTED)
        .map(|part| {
            let first = from;
            from += part.len();
            let (first, last) = (number(first), number(from - 1));
            let text = match several {
                true => t.with2("paper-do-part", "from", first, "to", last),
                false => t.say("paper-do"),
            };
            (text, part.to_vec())
        })
        .collect()
}

/// What came of inviting many, with who was left out. `told`: what was done, in words; `page_at`: the address of this
/// page; `back`, `place`: where it was done.
pub(super) async fn invited_page(
    desk: &StaffDesk,
    page: Page,
    (found, told, page_at): (&InvitedMany, String, &str),
    (back, place): (Link, Place),
) -> Answer {
    let (left, more) = named(desk, page.t, &found.left).await?;
    let had =
        (found.had > 0).then(|| (page.t).with1("invite-many-had", "count", number(found.had)));
    let gone =
        (found.gone > 0).then(|| (page.t).with1("invite-many-gone", "count", number(found.gone)));
    Ok(render(&ManyPage {
        told: Some(told),
        hand_on: hand_on(desk, page.t, page_at, &found.left),
        action: String::new(),
        hidden: Vec::new(),
        lines: had.into_iter().chain(gone).collect(),
        anybody: false,
        samples: Vec::new(),
        left,
        count: found.left.len(),
        more,
        papers: papers(desk, page.t, &found.left),
        place,
        back: Some(back),
        page,
    }))
}

/// Invites everybody of an imported file, each by the way that can be taken.
pub(super) async fn send_many(Staff(visit, desk): Staff, Path(draft): Path<String>) -> Answer {
    let Ok(draft) = draft.parse::<Uuid>() else {
        return Ok(missing(&visit));
    };
    let Some(cases) = desk.imported(draft).await? else {
        return Ok(missing(&visit));
    };
    let found = desk.invite_many(&cases, Wave::First).await?;
    let (sent, not) = found.counts();
    let import = format!("/import/{draft}");
    if not == 0 {
        let had = found.had;
        return Ok(go(&format!("{import}?sent={sent}&had={had}&not=0")));
    }
    let page = Page::new(&visit, "invite-many-done-title");
    let told = page.with1("invite-all-done", "sent", number(sent));
    let page_at = format!("{import}/invite");
    let back = (import, page.say("invite-back-to-import"));
    invited_page(&desk, page, (&found, told, &page_at), (back, Vec::new())).await
}
