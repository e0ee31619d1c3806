//! What pages tell whoever looks: a family whose follow-up is over or who lost somebody, a nurse with an old brochure in
//! her hands, whoever asks on what a release rested, who notifies, and the first one at an empty center.
#![allow(clippy::unwrap_used)]

mod accepted;
#[allow(dead_code)] // the other stories need more of it
#[path = "../support/browser.rs"]
mod browser;
mod contacts;
mod ended;
mod notified;
mod places;
mod quieter;
mod recorded;
mod requests;
mod sought;

use browser::Browser;

/// Decides where a person is.
async fn is_now(nurse: &mut Browser, case: &str, status: &str) {
    let page = nurse.gets(&format!("/cases/{case}")).await;
    let (_, form) = page.html.split_once("/monitoring\"").unwrap();
    let form = browser::Page {
        again: String::new(),
        status: 200,
        html: form.to_owned(),
        to: String::new(),
    };
    let version = form.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("status", status),
        ("reason", "Told by the hospital"),
    ];
    let path = format!("/cases/{case}/monitoring");
    let mut done = nurse.posts(&path, &fields).await;
    if done.html.contains("name=\"alert_seen\"") {
        let seen = done.hidden("alert_seen");
        let mut fields = fields.to_vec();
        fields.extend([("open_alert", "leave"), ("alert_seen", &seen)]);
        done = nurse.posts(&path, &fields).await;
    }
    assert!(done.to.contains("done=followed"), "{}", done.html);
}

/// Releases a person.
async fn releases(nurse: &mut Browser, case: &str) {
    let path = format!("/cases/{case}/release");
    let version = nurse.gets(&path).await.hidden("version");
    let fields = [
        ("version", version.as_str()),
        ("improved_at", "2026-11-20T08:00"),
        ("reason", "No fever for three days"),
        ("release", "1"),
    ];
    let done = nurse.posts(&path, &fields).await;
    assert!(done.to.contains("done=followed"), "{}", done.html);
}
