//! Traces, as a collector gets them: what went on is in them, and nothing of anybody.
#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod collector;
mod machine;
mod phone;
mod running;

use collector::{Collector, Told};
use machine::{Machine, complained, said};
use phone::Phone;
use running::Server;
use std::collections::BTreeSet;
use std::io::Read;
use std::time::{Duration, Instant};

/// Behind a proxy on this machine, whose word on traces is believed.
const PROXY: (&str, &str) = ("HERSYS_TRUSTED_PROXIES", "127.0.0.0/8");

/// Nobody comes from elsewhere: mails may land in a folder all the same.
const HERE: (&str, &str) = ("HERSYS_PUBLIC_URL", "http://localhost:8080");

fn traced<'e>(url: &'e str, sample: &'e str) -> [(&'e str, &'e str); 5] {
    [
        ("HERSYS_OTLP_URL", url),
        ("HERSYS_OTLP_SAMPLE", sample),
        ("HERSYS_METRICS_LISTEN", "127.0.0.1:0"),
        HERE,
        PROXY,
    ]
}

/// Hagebutte, whom the center has registered today.
fn cases() -> String {
    let today = app::clock::Clock::System.now().strftime("%Y-%m-%d");
    format!(
        "name,name_kana,name_latin,birthdate,phone,language,diagnosed_on,onset_on,entered_japan_on,passport_number,\
         hersys_id\n薔薇木 実,バラキ ミノル,Hagebutte Zwetschge,1988-05-04,09087654321,en,{today},,,,7294613\n"
    )
}

/// What Hagebutte has typed, and what belongs to nobody else.
const THEIRS: [&str; 14] = [
    "Hagebutte",
    "hagebutte",
    "Zwetschge",
    "zwetschge",
    "7294613",
    "9087654321",
    "1988",
    "Kornblume7!wiese",
    "Kornblume",
    "Quittengelee",
    "quittengelee",
    "families.example",
    "203.0.113.77",
    "Schattenbrowser",
];

/// Signs up, reports, looks at the history, and tries some addresses that are none. Gives back the IDs that were in
/// addresses.
fn a_morning_of(phone: &mut Phone, machine: &Machine) -> Vec<String> {
    phone.gets("/?id=7294613&name=Hagebutte");
    phone.posts("/sign-up", &[("email", "hagebutte@families.example")]);
    let code = phone::code_in(&machine.path("data/outbox"));
    phone.posts("/sign-up/code", &[("code", &code)]);
    let saved = phone.posts("/sign-up/password", &[("password", "Kornblume7!wiese")]);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let attributes = [
        ("name", "Hagebutte Zwetschge"),
        ("birth_year", "1988"),
        ("birth_month", "5"),
        ("birth_day", "4"),
        ("phone", "09087654321"),
        ("hersys_id", "7294613"),
    ];
    phone.posts("/attributes", &attributes);
    let done = phone.posts("/attributes/check", &[]);
    assert_eq!(done.status, 303, "{}", done.body);
    let form = phone.gets("/reports/new");
    let form = match form.location {
        Some(to) => phone.gets(&to),
        None => form,
    };
    let key = phone::between(&form.body, "name=\"key\" value=\"", "\"").to_owned();
    let member = phone::between(&form.body, "/reports/new?member=", "\"").to_owned();
    let mut fields = vec![
        ("key".to_owned(), key.clone()),
        ("temperature".to_owned(), "38.4".to_owned()),
        ("spo2".to_owned(), "91".to_owned()),
        (
            "note".to_owned(),
            "Quittengelee on the stairs, 1988".to_owned(),
        ),
    ];
    let questions: BTreeSet<&str> = form
        .body
        .split("name=\"q_")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    fields.extend(
        questions
            .into_iter()
            .map(|name| (format!("q_{name}"), "no".to_owned())),
    );
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let sent = phone.posts(&format!("/reports/new?member={member}"), &fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let receipt = phone.gets(&sent.location.unwrap());
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    phone.gets(&format!("/history?member={member}"));
    phone.gets("/nobody/hagebutte@families.example?q=Quittengelee");
    vec![member, key]
}

/// A span with this name, and all below it.
fn with_all_below<'t>(told: &'t Told, name: &str) -> Vec<&'t collector::Span> {
    let top = told.spans.iter().find(|span| span.name == name);
    let top = top.unwrap_or_else(|| panic!("no {name} in {:#?}", told.names()));
    let mut found = vec![top];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at].span_id.clone();
        found.extend(told.spans.iter().filter(|s| s.parent_span_id == parent));
        at += 1;
    }
    found
}

fn has(spans: &[&collector::Span], name: &str) -> bool {
    spans.iter().any(|span| span.name == name)
}

#[test]
fn what_goes_on_is_told_and_nothing_of_anybody() {
    let machine = Machine::new();
    let imported = machine.runs_with(&["import", "-"], &[], &cases());
    assert!(imported.status.success(), "{}", complained(&imported));
    let collector = Collector::begins();
    let url = collector.url();
    let mut server = Server::starts(&machine, &["serve"], &traced(&url, "1"));
    let mut phone = Phone::of(server.portal);
    let ids = a_morning_of(&mut phone, &machine);
    Phone::of(server.console).gets("/sign-in?back=/cases/Hagebutte");
    server.is_asked_to_end();
    assert!(server.ends());
    let told = collector.told();

    // Nothing of anybody, wherever in the bytes.
    for word in THEIRS {
        assert!(!told.holds(word.as_bytes()), "{word} was told");
    }
    for id in &ids {
        assert!(!told.holds(id.as_bytes()), "{id} was told");
        let raw = uuid_bytes(id);
        assert!(!told.holds(&raw), "{id} was told as bytes");
    }
    let code = phone::code_in(&machine.path("data/outbox"));
    assert!(!told.holds(code.as_bytes()), "the code was told");

    // Only what stands on the list, and only words that stand in the program.
    let routes: BTreeSet<&str> = web::table().iter().map(|(_, route)| route.path).collect();
    for span in &told.spans {
        assert!(span.events.is_empty() && span.links.is_empty(), "{span:?}");
        for (key, value) in collector::attributes(span) {
            let fits = match key.as_str() {
                "http.request.method" => ["GET", "POST"].contains(&value.as_str()),
                "http.route" => routes.contains(value.as_str()),
                "http.response.status_code" => {
                    value.parse::<u16>().is_ok_and(|s| (200..600).contains(&s))
                }
                "hersys.site" => ["portal", "console"].contains(&value.as_str()),
                "db.system.name" => value == "sqlite",
                "hersys.store.lane" => ["people", "staff"].contains(&value.as_str()),
                "hersys.store.batch_writes" => value.parse::<u16>().is_ok(),
                "code.function.name" => {
                    value.contains("::") && !value.contains(' ') || value.contains("<impl")
                }
                "hersys.message.fate" => value == "sent",
                "hersys.message.attempts" => value == "1",
                _ => false,
            };
            assert!(fits, "{}: {key} = {value}", span.name);
        }
    }

    // What went on.
    let report = with_all_below(&told, "POST /reports/new");
    let top = collector::attributes(report[0]);
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/reports/new"),
        ("http.response.status_code", "303"),
        ("hersys.site", "portal"),
    ] {
        assert!(top.contains(&(key.to_owned(), value.to_owned())), "{top:?}");
    }
    for part in ["store wait", "store write"] {
        assert!(has(&report, part), "{part}: {report:#?}");
    }
    let receipt = with_all_below(&told, "GET /reports/{member}/{report}");
    assert!(has(&receipt, "store read"), "{receipt:#?}");
    let write = report.iter().find(|span| span.name == "store write");
    let write = collector::attributes(write.unwrap());
    assert!(
        write
            .iter()
            .any(|(key, _)| key == "hersys.store.batch_writes")
    );
    assert!(has(
        &with_all_below(&told, "POST /sign-up/password"),
        "password hash"
    ));
    assert!(has(&with_all_below(&told, "mail"), "mail send"));
    assert!(has(&with_all_below(&told, "alerts"), "pass alerts on"));
    assert!(told.names().contains("GET /reports/{member}/{report}"));
    // An address that is none is called by its method alone.
    assert!(told.names().contains("GET"));
    for (key, value) in [
        ("service.name", "hersys"),
        ("service.version", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(told.resource.get(key).map(String::as_str), Some(value));
    }
    assert!(told.resource.contains_key("service.instance.id"));
}

fn uuid_bytes(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_proxy_decides_what_is_kept_and_strangers_do_not() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let header = |flags: &str| format!("traceparent: 00-{trace}-00f067aa0ba902b7-{flags}\r\n");
    for (proxy, told_of) in [(true, true), (false, false)] {
        let machine = Machine::new();
        let collector = Collector::begins();
        let url = collector.url();
        let all = traced(&url, "0");
        let mut server = Server::starts(&machine, &["serve"], &all[..if proxy { 5 } else { 4 }]);
        let mut phone = Phone::of(server.portal);
        phone.gets_with("/help", &header("00"));
        phone.gets_with("/privacy", &header("01"));
        phone.gets("/sign-in");
        server.is_asked_to_end();
        assert!(server.ends());
        let told = collector.told();
        let requests: Vec<_> = told
            .spans
            .iter()
            .filter(|span| span.name.contains(" /"))
            .collect();
        if !told_of {
            assert!(requests.is_empty(), "{requests:#?}");
            continue;
        }
        let [one] = requests[..] else {
            panic!("{requests:#?}")
        };
        assert_eq!(one.name, "GET /privacy");
        assert_eq!(one.trace_id, uuid_bytes(trace));
        assert_eq!(
            one.parent_span_id,
            [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]
        );
    }
}

#[test]
fn a_collector_that_is_away_or_never_answers_slows_nobody() {
    for hangs in [false, true] {
        let machine = Machine::new();
        let collector = if hangs {
            Collector::hangs()
        } else {
            Collector::gone()
        };
        let url = collector.url();
        let mut server = Server::starts(&machine, &["serve"], &traced(&url, "1"));
        let mut phone = Phone::of(server.portal);
        phone.gets("/help");
        let began = Instant::now();
        for _ in 0..1_500 {
            assert_eq!(phone.gets("/help").status, 200);
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(60), "{took:?}");
        // Those that were being sent are given up after five seconds at the latest.
        let dropped = || {
            let figures = Phone::of(server.metrics.unwrap()).gets("/metrics").body;
            let of = |line: &str| {
                let value = line.strip_prefix("hersys_trace_spans_total{fate=\"dropped\"} ")?;
                value.parse::<u64>().ok()
            };
            figures.lines().find_map(of).unwrap()
        };
        let began = Instant::now();
        while dropped() == 0 {
            assert!(began.elapsed() < Duration::from_secs(15));
            std::thread::sleep(Duration::from_millis(200));
        }
        let asked = Instant::now();
        server.is_asked_to_end();
        assert!(server.ends());
        assert!(
            asked.elapsed() < Duration::from_secs(8),
            "{:?}",
            asked.elapsed()
        );
        let mut log = String::new();
        server.log.read_to_string(&mut log).unwrap();
        let lines = log
            .lines()
            .filter(|line| line.contains("HERSYS_OTLP_URL"))
            .count();
        assert!(lines <= 1, "{log}");
        assert!(hangs || lines == 1, "{log}");
    }
}

#[test]
fn the_doctor_asks_the_collector() {
    let machine = Machine::new();
    let here = Collector::begins();
    let url = here.url().replace("http://", "http://center:Kornblume@");
    let seen = said(&machine.runs_with(&["doctor"], &[("HERSYS_OTLP_URL", &url)], ""));
    assert!(
        seen.contains("ok       traces: the collector takes them"),
        "{seen}"
    );
    assert!(!seen.contains("Kornblume"), "{seen}");
    let told = here.told();
    assert!(
        told.heads
            .contains("authorization: Basic Y2VudGVyOktvcm5ibHVtZQ=="),
        "{}",
        told.heads
    );
    assert!(told.heads.starts_with("POST /v1/traces "), "{}", told.heads);
    let gone = Collector::gone().url();
    let seen = said(&machine.runs_with(&["doctor"], &[("HERSYS_OTLP_URL", &gone)], ""));
    assert!(
        seen.contains("problem  traces: the collector: it cannot be reached"),
        "{seen}"
    );
}
