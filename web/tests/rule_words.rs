//! What is asked changes its words on the console, and what is wrong with a file is said in the reader's language.
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
use browser::{Browser, House, Page};
use domain::rules::{Content, RuleKind};
use jiff::SignedDuration;
use jiff::civil::date;
use rule_form::{fields, over, sends};
use typing::unescaped;

async fn report_form(family: &mut Browser, language: &str) -> Page {
    let home = family.gets(&format!("/?lang={language}")).await;
    let form = family
        .gets(&home.link_that_begins_with("/reports/new"))
        .await;
    // The first of the family.
    let member = form.html.split("<option value=\"").nth(2).unwrap();
    let member = member.split('"').next().unwrap();
    let path = format!("/reports/new?form={}&member={member}", form.hidden("form"));
    family.gets(&path).await
}

#[tokio::test]
async fn other_words_hold_from_their_day_on_and_the_history_says_so() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/rules/questionnaire?lang=ja").await;
    page.says("チェックで尋ねる症状");
    page.says("2. 咳・鼻水");
    let words = "咳が出ますか？（鼻水だけのときは「いいえ」）";
    let form = over(
        fields(&page),
        &[
            ("questions.1.text.ja", words),
            ("valid_from", "2026-11-24"),
            ("why", "鼻水の問い合わせが多いため"),
        ],
    );
    let looked = sends(&mut nurse, "questionnaire", &form).await;
    assert_eq!(looked.status, 200);
    looked.says("咳や鼻水が出ますか？</td>");
    looked.says(&format!("<strong>{words}</strong>"));
    looked.says("文言（日本語）");
    // Nothing is set yet, and nothing else would be different.
    assert_eq!(looked.html.matches(">変更</span></td>").count(), 1);
    let mut family = house.family().await;
    report_form(&mut family, "ja")
        .await
        .says("咳や鼻水が出ますか？");

    let form = over(fields(&looked), &[("save", "1")]);
    let saved = sends(&mut nurse, "questionnaire", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let history = nurse.gets(&saved.to).await;
    history.says("鼻水の問い合わせが多いため");
    history.says("適用予定");
    report_form(&mut family, "ja")
        .await
        .says("咳や鼻水が出ますか？");
    // What is planned is not forgotten by whoever changes more: it is named, and can be changed itself.
    history.says("ここでの変更はその規則には入りません");
    let start = "/rules/questionnaire?of=covid-19&#38;base=";
    let planned = unescaped(&history.link_that_begins_with(start));
    let planned = nurse.gets(&planned).await;
    planned.says(&format!("{words}</textarea>"));
    planned.says("value=\"2026-11-24\"");
    house.clock.advance(SignedDuration::from_hours(24));
    let mut family = house.family().await;
    let asked = report_form(&mut family, "ja").await;
    asked.says(words);
    asked.says_not("咳や鼻水が出ますか？");
    let asked = report_form(&mut family, "en").await;
    asked.says("Do you have a cough or a runny nose?");
    // The rest of the file is as it was.
    let desk = house.desk("nurse@sample.example").await;
    let on = async |day| {
        let holds = desk.rule_on(RuleKind::Questionnaire, PROGRAMME, day).await;
        holds.unwrap().unwrap().file.text.clone()
    };
    let (old, new) = (on(date(2026, 11, 23)).await, on(date(2026, 11, 24)).await);
    let differ: Vec<&str> = new
        .lines()
        .zip(old.lines())
        .filter_map(|(new, old)| (new != old).then_some(new))
        .collect();
    assert_eq!(differ.len(), 2, "{differ:?}");
    assert!(differ[0].contains("2026-11-24") && differ[1].contains(words));
}

#[tokio::test]
async fn a_slip_between_the_words_is_told_and_changes_nothing() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/rules/questionnaire").await;
    let before = fields(&page);
    // Most of it is closed.
    page.says_not("<details class=\"asked\" open>");
    let form = over(
        before.clone(),
        &[
            ("questions.1.text.ja", ""),
            ("questions.2.place", "99"),
            ("new.text.en", "A stiff neck"),
            ("valid_from", "2026-11-20"),
        ],
    );
    let told = sends(&mut nurse, "questionnaire", &form).await;
    told.says(
        "href=\"#questions.1.text.ja\">Cough or runny nose, In full, Japanese: Enter the words",
    );
    told.says("Enter a number from 1 to 9");
    told.says("Choose what a “yes” means");
    told.says("href=\"#valid_from\"");
    told.says("href=\"#why\"");
    told.says("value=\"99\"");
    told.says("A stiff neck</textarea>");
    assert_eq!(
        told.html.matches("<details class=\"asked\" open>").count(),
        3
    );
    told.says_not("What would change from");

    // What would alarm no more is asked back here, too.
    let form = over(
        before,
        &[
            ("questions.2.level", "calm"),
            ("signs.12.gone", "yes"),
            ("valid_from", "2026-11-25"),
            ("why", "An order"),
        ],
    );
    let looked = sends(&mut nurse, "questionnaire", &form).await;
    looked.says("Nobody will be alarmed any more by");
    looked.says("<strong>Irregular pulse</strong>");
    looked.says("<strong>Shortness of breath</strong>");
    let again = fields(&looked);
    let told = sends(&mut nurse, "questionnaire", &over(again, &[("save", "1")])).await;
    told.says("If it is meant, tick the box");
    // What was typed is still there, and can still be taken back.
    told.says("name=\"signs.12.gone\" value=\"yes\" checked");
    let mark = told
        .html
        .split("name=\"silences\" value=\"")
        .nth(1)
        .unwrap();
    let mark = mark.split('"').next().unwrap();
    let form = over(fields(&told), &[("save", "1"), ("silences", mark)]);
    let saved = sends(&mut nurse, "questionnaire", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let desk = house.desk("nurse@sample.example").await;
    let holds = desk.rule_on(RuleKind::Questionnaire, PROGRAMME, date(2026, 11, 25));
    let holds = holds.await.unwrap().unwrap();
    let Content::Questionnaire(set) = &holds.file.content else {
        panic!("another kind");
    };
    assert_eq!((set.signs.len(), set.questions.len()), (12, 9));
}

#[tokio::test]
async fn items_of_a_notification_change_their_words_and_say_what_they_need() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let page = nurse.gets("/rules/notification?lang=ja").await;
    let with = |typed: &[(&str, &str)]| {
        let day = [("valid_from", "2026-11-24"), ("why", "様式の変更")];
        over(fields(&page), &[typed, &day].concat())
    };
    let early = with(&[("item.whereabouts.place", "1")]);
    let told = sends(&mut nurse, "notification", &early).await;
    told.says("href=\"#item.whereabouts.label.ja\">所在地：");
    told.says("「住所と異なる場所にいる」より後に移してください");
    // The items that the program works with can only be asked; nobody is offered to leave them out.
    page.says_not("name=\"item.phone.gone\"");
    page.says("name=\"item.remarks.gone\"");
    let form = with(&[
        ("item.remarks.label.ja", "その他の事項"),
        ("item.remarks.required", "yes"),
    ]);
    let looked = sends(&mut nurse, "notification", &form).await;
    looked.says("<strong>その他の事項</strong>");
    looked.says("<td class=\"said\">任意</td><td class=\"said\"><strong>必須</strong>");
    let form = over(fields(&looked), &[("save", "1")]);
    let saved = sends(&mut nurse, "notification", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    let desk = house.desk("nurse@sample.example").await;
    let holds = desk.rule_on(RuleKind::Notification, PROGRAMME, date(2026, 11, 24));
    let holds = holds.await.unwrap().unwrap();
    let Content::Notification(set) = &holds.file.content else {
        panic!("another kind");
    };
    let item = set.item("remarks").unwrap();
    assert!(item.required);
    assert_eq!(item.label.in_language("ja"), "その他の事項");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_in_the_readers_language_with_its_line() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let table = [
        (
            "questionnaire",
            ("id = \"cough\"", "id = \"malaise\""),
            "id「malaise」の質問が2つあります",
            "Two questions are called “malaise”",
        ),
        (
            "questionnaire",
            ("possible = [40, 100]\n", ""),
            "「possible」がありません",
            "“possible” is missing",
        ),
        (
            "course",
            ("at_or_below = 95", "at_or_below = many"),
            "TOMLとして読み取れません",
            "The file is not written as TOML asks",
        ),
        (
            "notification",
            ("ja = \"備考\"", "ja = \"\""),
            "日本語の文言がありません",
            "The words in Japanese are missing",
        ),
    ];
    for (kind, (from, to), in_japanese, in_english) in table {
        for (language, sentence) in [("ja", in_japanese), ("en", in_english)] {
            let page = nurse
                .gets(&format!("/rules/{kind}?as=file&lang={language}"))
                .await;
            let (_, text) = fields(&page)
                .into_iter()
                .find(|(n, _)| n == "text")
                .unwrap();
            // The label of some item, whatever the shipped words are.
            let from = match from {
                "ja = \"備考\"" => {
                    let label = text.split("label = { ").nth(1).unwrap();
                    let label = label.split(" }").next().unwrap();
                    label.split(", ").nth(1).unwrap().to_owned()
                }
                other => other.to_owned(),
            };
            assert!(text.contains(&from), "{from}");
            let wrong = text.replacen(&from, to, 1);
            let form = over(
                fields(&page),
                &[
                    ("text", &wrong),
                    ("valid_from", "2026-11-24"),
                    ("why", "An order"),
                ],
            );
            let told = sends(&mut nurse, kind, &form).await;
            told.says(sentence);
            told.says(if language == "ja" {
                "行目の"
            } else {
                "line "
            });
            told.says("href=\"#text\"");
            assert_eq!(
                fields(&told).iter().find(|(n, _)| n == "text").unwrap().1,
                wrong
            );
        }
    }
}

#[tokio::test]
async fn a_form_in_which_nothing_was_changed_sets_nothing() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let typed = [("valid_from", "2026-11-25"), ("why", "A new order")];
    for kind in ["questionnaire", "course", "isolation", "notification"] {
        let page = nurse.gets(&format!("/rules/{kind}")).await;
        let form = over(fields(&page), &typed);
        let told = sends(&mut nurse, kind, &form).await;
        told.says("Nothing differs from what holds on 25 November 2026");
        told.says("A new order</textarea>");
        told.says_not("name=\"save\"");
        told.says_not("What would change from");
        // Nor does a form that presses a button that was not there.
        let form = over(fields(&told), &[("save", "1")]);
        let told = sends(&mut nurse, kind, &form).await;
        told.says("Nothing differs from what holds on");
        let page = nurse.gets(&format!("/rules/{kind}")).await;
        page.says_not("A new order");
    }
    // The same file, too.
    let page = nurse.gets("/rules/questionnaire?as=file").await;
    let told = sends(&mut nurse, "questionnaire", &over(fields(&page), &typed)).await;
    told.says("Nothing differs from what holds on");
    // A change can be taken back in the form before it was set.
    let page = nurse.gets("/rules/questionnaire").await;
    let moved = over(
        fields(&page),
        &[&typed[..], &[("questions.1.place", "3")]].concat(),
    );
    let looked = sends(&mut nurse, "questionnaire", &moved).await;
    looked.says("name=\"save\"");
    let back = over(fields(&looked), &[("questions.1.place", "2")]);
    let told = sends(&mut nurse, "questionnaire", &back).await;
    told.says("Nothing differs from what holds on");
    told.says_not("name=\"save\"");
}

#[tokio::test]
async fn another_order_is_named_in_the_preview() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let typed = [("valid_from", "2026-11-25"), ("why", "A new order")];
    for (kind, field, place, called, numbers) in [
        (
            "questionnaire",
            "questions.1.place",
            "9",
            "咳・鼻水",
            (2, 9),
        ),
        ("questionnaire", "signs.12.place", "1", "脈の乱れ", (13, 1)),
        (
            "notification",
            "item.remarks.place",
            "1",
            "その他必要と認める事項",
            (0, 1),
        ),
    ] {
        let page = nurse.gets(&format!("/rules/{kind}?lang=ja")).await;
        let form = over(fields(&page), &[&typed[..], &[(field, place)]].concat());
        let looked = sends(&mut nurse, kind, &form).await;
        assert_eq!(looked.status, 200, "{}", looked.html);
        looked.says(&format!("{called}」の順番"));
        looked.says(&format!("<strong>{}番目</strong>", numbers.1));
        if numbers.0 > 0 {
            looked.says(&format!("<td class=\"said\">{}番目</td>", numbers.0));
        }
        // One was moved; those that made room for it are not called so.
        assert_eq!(looked.html.matches("」の順番</th>").count(), 1);
    }
}

#[tokio::test]
async fn only_of_emergencies_is_it_said_that_they_are() {
    const CLAIM: &str = "Each of these is an emergency";
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("4826153").await;
    let entry = format!("/cases/{case}/reports/new");
    nurse.gets(&entry).await.says(CLAIM);
    let page = nurse.gets("/rules/questionnaire?lang=en").await;
    let form = over(
        fields(&page),
        &[
            ("new.part", "signs"),
            ("new.text.en", "Is the neck stiff?"),
            ("new.short.en", "Stiff neck"),
            ("new.text.ja", "首が硬いですか？"),
            ("new.short.ja", "首の硬直"),
            ("new.level", "alarming"),
            ("valid_from", "2026-11-24"),
            ("why", "Meningitis goes around"),
        ],
    );
    let looked = sends(&mut nurse, "questionnaire", &form).await;
    let form = over(fields(&looked), &[("save", "1")]);
    let saved = sends(&mut nurse, "questionnaire", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);
    house.clock.advance(SignedDuration::from_hours(24));
    let (mut nurse, mut family) = (house.nurse().await, house.family().await);
    for form in [
        nurse.gets(&entry).await,
        report_form(&mut family, "en").await,
    ] {
        let (before, others) = form
            .html
            .split_once("Tick what applies of these, too.")
            .unwrap();
        let (_, emergencies) = before.split_once(CLAIM).unwrap();
        assert_eq!(emergencies.matches("type=\"checkbox\"").count(), 13);
        assert!(!emergencies.contains("Is the neck stiff?"));
        let (own, rest) = others.split_once("</div>\n</div>").unwrap();
        assert!(own.contains("Is the neck stiff?"), "{own}");
        assert_eq!(own.matches("type=\"checkbox\"").count(), 1);
        // None of these means none of both lists.
        assert!(rest.trim_start().starts_with("<div class=\"tick none\">"));
    }
    // What was ticked is not called an emergency afterwards either.
    let form = nurse.gets(&entry).await;
    let key = form.hidden("key");
    let mut report = vec![
        ("key", key.as_str()),
        ("temperature", "36.6"),
        ("spo2", "98"),
        ("channel", "phone"),
    ];
    let names: Vec<String> = form
        .html
        .split("type=\"radio\"")
        .skip(1)
        .map(|part| part.split("name=\"").nth(1).unwrap())
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect();
    report.extend(names.iter().map(|name| (name.as_str(), "no")));
    let stiff = form.html.split("Is the neck stiff?").next().unwrap();
    let stiff = stiff.rsplit("name=\"").next().unwrap();
    report.push((stiff.split('"').next().unwrap(), "yes"));
    let sent = nurse.posts(&entry, &report).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let record = nurse.gets(&format!("/cases/{case}")).await;
    record.says("Stiff neck");
    let newest = record.html.split("<article class=\"report").nth(1).unwrap();
    assert!(!newest.contains("Emergency signs"), "{newest}");
}

#[tokio::test]
async fn a_form_that_waited_while_a_question_changed_is_shown_again_with_what_was_typed() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let case = house.case_of("9047316").await;
    let at_the_desk = format!("/cases/{case}/reports/new");
    let entry = nurse.gets(&at_the_desk).await;
    let mut family = house.family().await;
    let page = report_form(&mut family, "en").await;
    let action = page.form_that_begins_with("/reports/new");
    let calm = domain::questionnaire::shipped().pop().unwrap().calm_words();
    let filled = |page: &Page, action: &str| {
        let mut all = typing::Filled::of(page, action).0;
        for (name, word) in &calm {
            all.retain(|(other, _)| *other != format!("q_{name}"));
            all.push((format!("q_{name}"), word.clone()));
        }
        over(
            all,
            &[
                ("temperature", "36.7"),
                ("spo2", "95"),
                ("q_breathlessness", "yes"),
            ],
        )
    };
    let (of_family, of_nurse) = (filled(&page, &action), filled(&entry, &at_the_desk));

    let page = nurse.gets("/rules/questionnaire").await;
    let was = "Are you short of breath, or is it hard to breathe?";
    let mut asked = fields(&page).into_iter();
    let (at, _) = asked
        .find(|(name, words)| name.starts_with("questions.") && words == was)
        .unwrap();
    let form = over(
        fields(&page),
        &[
            (at.as_str(), "Can you climb stairs?"),
            ("valid_from", "2026-11-23"),
            ("why", "Better asked"),
        ],
    );
    let looked = sends(&mut nurse, "questionnaire", &form).await;
    let form = over(fields(&looked), &[("save", "1")]);
    let saved = sends(&mut nurse, "questionnaire", &form).await;
    assert!(saved.to.ends_with("done=saved"), "{}", saved.html);

    let pairs = |form: &rule_form::Fields| -> Vec<(String, String)> { form.clone() };
    for (browser, path, sent) in [
        (&mut family, unescaped(&action), pairs(&of_family)),
        (&mut nurse, at_the_desk.clone(), pairs(&of_nurse)),
    ] {
        let sent: Vec<(&str, &str)> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let told = browser.posts(&path, &sent).await;
        told.says("The questions have changed since this page was opened.");
        told.says(
            "It was “Are you short of breath, or is it hard to breathe?”, and the answer was “Yes”",
        );
        told.says("value=\"36.7\"");
        told.says("name=\"q_vomiting\" value=\"no\" checked");
        told.says_not("name=\"q_breathlessness\" value=\"yes\" checked");
        // What was alarming stays said until somebody has answered anew, also in another language.
        if path.starts_with("/reports/new") {
            told.says("This report has not been sent yet");
            let form = told.form_that_begins_with("/reports/new");
            let mut all = typing::Filled::of(&told, &form).0;
            all.push(("switch_language".to_owned(), "ja".to_owned()));
            let all: Vec<(&str, &str)> =
                all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let japanese = browser.posts(&path, &all).await;
            japanese.says("この報告はまだ送信されていません");
        }
        // Answered anew, it is sent.
        let mut again = typing::Filled::of(
            &told,
            &told.form_that_begins_with(path.split('?').next().unwrap()),
        )
        .0;
        again = over(again, &[("q_breathlessness", "no")]);
        let again: Vec<(&str, &str)> = again
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let done = browser.posts(&path, &again).await;
        assert!(!done.to.is_empty(), "{}", done.html);
    }
}

#[tokio::test]
async fn the_samples_start_again_beside_places_that_somebody_has_added() {
    let house = House::new().await;
    let desk = house.app().system_desk();
    desk.fill_demo_prefecture().await.unwrap();
    let places = desk.places().await.unwrap();
    let nation = &places[0];
    let kind = domain::staff_role::JurisdictionKind::Prefecture;
    for name in ["Aichi", "Zao"] {
        desk.add_place(nation, kind, name).await.unwrap();
    }
    let contact = app::health_center::Contact::default();
    desk.add_center("Tried out", contact).await.unwrap();
    let names = async || {
        let mut all: Vec<String> = desk
            .places()
            .await
            .unwrap()
            .into_iter()
            .map(|p| p.name)
            .collect();
        all.sort();
        all
    };
    let before = names().await;
    desk.fill_demo().await.unwrap();
    desk.fill_demo_prefecture().await.unwrap();
    assert_eq!(names().await, before);
}
