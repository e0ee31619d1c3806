//! A list that is imported: by which names its columns are known, and what is said of its lines.

use crate::browser::House;
use app::case_import::HEADER;

#[tokio::test]
async fn the_columns_are_named_in_japanese_where_the_page_is() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    let english = nurse.gets("/import").await;
    english.says(&HEADER.join(","));
    english.says_not("氏名(カナ)");
    let japanese = nurse.gets("/import?lang=ja").await;
    japanese.says(&HEADER.join(","));
    japanese.says("氏名,氏名(カナ),氏名(ローマ字),生年月日,電話番号,言語,診断日");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_many_lines_of_a_list_is_said_once_and_in_its_words() {
    let house = House::new().await;
    let mut nurse = house.nurse().await;
    nurse.wish = "ja";
    let row = |number: u32, ended: &str| {
        format!("見本 九子,1980-05-0{number},0901111000{number},ja,2026-11-20,{ended}")
    };
    let file = [
        "氏名,生年月日,電話番号,言語,診断日,健康観察の終了区分".to_owned(),
        row(1, "解除"),
        row(2, "解除"),
        row(3, ""),
        row(4, "解除"),
    ]
    .join("\n");
    let page = nurse.uploads_file("/import", file.as_bytes()).await;
    page.says("<strong>2、3、5行目、健康観察の終了区分</strong>");
    let why = i18n::words(domain::language::Language::Ja).say("import-problem-ended");
    assert_eq!(page.html.matches(&why).count(), 1, "{}", page.html);
}
