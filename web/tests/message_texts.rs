//! The texts that people get are changed on the console: what is wrong is said beside the text, and a sample shows what will come.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)] // the other stories need more of it
#[path = "support/browser.rs"]
mod browser;
#[path = "support/rule_form.rs"]
mod rule_form;
#[allow(dead_code)] // the other stories need more of it
#[path = "support/typing.rs"]
mod typing;

use app::programme::PROGRAMME;
use browser::{House, Page};
use domain::language::Language;
use domain::message_texts::MessageName;
use domain::rules::{Content, RuleKind};
use jiff::civil::date;
use rule_form::{Fields, fields, over, sends};

const WHEN: [(&str, &str); 2] = [
    ("valid_from", "2026-11-24"),
    ("why", "Asked for by families"),
];

fn with(page: &Page, typed: &[(&str, &str)]) -> Fields {
    over(fields(page), &[typed, &WHEN].concat())
}

/// What stands in a field.
fn value(page: &Page, name: &str) -> String {
    let all = fields(page);
    let (_, value) = all.into_iter().find(|(other, _)| other == name).unwrap();
    value
}

#[tokio::test]
async fn what_is_wrong_with_a_text_is_said_beside_it_and_nothing_is_lost() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let on_and_on =
        "{% for a in [1, 2, 3, 4, 5, 6, 7, 8] %}".repeat(8) + "x" + &"{% endfor %}".repeat(8);
    let on_and_on = on_and_on + " {{ url }}";
    let long = "x".repeat(101);
    #[rustfmt::skip]
    let table = [
        ("en", "invitation_sms.en", "",                                   "Enter a text"),
        ("ja", "invitation_mail.ja", "",                                  "文面を入力してください"),
        ("en", "invitation_sms.en", "{{ center }} invites you",           "the person needs the address"),
        ("en", "reminder_mail.en", "{{ name }}, please report: {{ url }}", "There is no word “name” to fill in"),
        ("ja", "reminder_mail.ja", "{{ name }} 様 {{ url }}",              "「name」という差し込みはありません"),
        ("en", "reminder_mail.en", "Please report.\r\n{{ url",             "Something is wrong in line 2"),
        ("en", "reminder_mail.en", &on_and_on,                            "The text does too much"),
        ("en", "reminder_mail_subject.en", &long,                          "one line of at most 100"),
        ("en", "invitation_sms.en", "COVID-19: {{ url }}",                "Leave the disease out"),
        ("en", "request_sms.en", "Please write to us every morning and every evening, also when nothing has changed: {{ url }}",
                                                                          "networks take 70"),
    ];
    for (language, field, text, sentence) in table {
        let page = nurse
            .gets(&format!("/rules/messages?lang={language}"))
            .await;
        let typed = [
            (field, text),
            ("alert_waits_sms.en", "Waiting {{ waited }}: {{ url }}"),
        ];
        let told = sends(&mut nurse, "messages", &with(&page, &typed)).await;
        told.says(sentence);
        // The sum at the top leads to the text.
        told.says(&format!("href=\"#{field}\""));
        told.says_not("<td class=\"said\">");
        assert_eq!(
            value(&told, field).replace('\r', ""),
            text.replace('\r', "")
        );
        assert_eq!(value(&told, typed[1].0), typed[1].1);
        assert_eq!(value(&told, "why"), WHEN[1].1);
    }
}

#[tokio::test]
async fn a_sample_shows_what_will_be_sent_and_an_empty_text_to_staff_is_the_words_of_the_release() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/rules/messages?lang=en").await;
    let own = "Call {{ phone }} or write: {{ url }}";
    let typed = [("request_sms.en", own), ("alert_waits_sms.en", "")];
    let looked = sends(&mut nurse, "messages", &with(&page, &typed)).await;
    assert_eq!(looked.status, 200);
    looked.says("The texts as a sample person would get them.");
    looked.says("<strong>Call 03-");
    looked.says("<strong>The words of the release</strong>");
    looked.says_not("Call {{ phone }} or write: {{ url }}</strong>");

    let form = over(fields(&looked), &[("save", "1")]);
    let saved = sends(&mut nurse, "messages", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    nurse.gets(&saved.to).await.says(WHEN[1].1);
    let desk = house.desk("nurse@sample.example").await;
    let on = async |day| {
        let holds = desk.rule_on(RuleKind::Messages, PROGRAMME, day).await;
        match &holds.unwrap().unwrap().file.content {
            Content::Messages(texts) => texts.clone(),
            _ => panic!("another kind"),
        }
    };
    let (before, after) = (on(date(2026, 11, 23)).await, on(date(2026, 11, 24)).await);
    let (en, ja) = (Language::En, Language::Ja);
    assert_eq!(after.template(MessageName::RequestSms, en), own);
    assert_ne!(before.template(MessageName::RequestSms, en), own);
    assert!(!after.has(MessageName::AlertWaitsSms, en));
    assert!(after.has(MessageName::AlertWaitsSms, ja));
}
