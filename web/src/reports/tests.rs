use super::*;
use domain::language::Language;
use domain::questionnaire::shipped;
use i18n::words;
use proptest::prelude::*;

/// What a summary should say, put together row by row from the questionnaire.
fn expected(t: &Words, questionnaire: &Questionnaire, said: &[(QuestionId, Answer)]) -> String {
    let tag = t.language.tag();
    let short = |id: &QuestionId| {
        let question = questionnaire.question(id).unwrap();
        question.short.in_language(tag).to_owned()
    };
    let mut rows = Vec::new();
    if !questionnaire.signs.is_empty() {
        let of_signs = said.iter().filter(|(id, _)| questionnaire.is_sign(id));
        let ticked: Vec<String> = of_signs.map(|(id, _)| short(id)).collect();
        let said = if ticked.is_empty() {
            t.say("report-signs-none")
        } else {
            ticked.join(&t.say("list-comma"))
        };
        rows.push((t.say("report-signs-short"), said));
    }
    for (id, said) in said {
        if !questionnaire.is_sign(id) {
            rows.push((short(id), answer(t, *said).into_owned()));
        }
    }
    let escaped = |text: &str| text.replace('&', "&#38;").replace('\'', "&#39;");
    rows.iter()
        .map(|(label, value)| {
            let (label, value) = (escaped(label), escaped(value));
            format!("<div><dt>{label}</dt><dd>{value}</dd></div>")
        })
        .collect()
}

proptest! {
    #[test]
    fn a_summary_says_what_was_answered_in_the_order_of_the_form(
        picks in prop::collection::vec(prop::option::of(0..3_usize), 40),
        japanese in any::<bool>(),
    ) {
        let t = words(if japanese { Language::Ja } else { Language::En });
        for questionnaire in &shipped() {
            let said: Vec<(QuestionId, Answer)> = questionnaire
                .asked()
                .zip(&picks)
                .filter_map(|(question, pick)| Some((question.id.clone(), SAID[(*pick)?])))
                .collect();
            let mut html = String::new();
            AnswerRows::of(t, questionnaire).write(t, &said, &mut html);
            prop_assert_eq!(html, expected(t, questionnaire, &said));
        }
    }
}

#[test]
fn no_day_of_an_illness_is_less_than_none() {
    let start = jiff::civil::date(2026, 11, 30);
    for language in [Language::En, Language::Ja] {
        for keys in [OF_CONTACT, OF_ONSET, OF_DIAGNOSIS] {
            for day in -2..3 {
                let said = counted_in_words(words(language), keys, day, start);
                assert!(!said.contains('-'), "{said}");
            }
        }
    }
    let onset = |language, day| counted_in_words(words(language), OF_ONSET, day, start);
    let before = "1 day before the illness began (30 November 2026)";
    assert_eq!(onset(Language::En, -1), before);
    assert_eq!(
        onset(Language::Ja, -2),
        "発症の2日前（発症日 2026年11月30日）"
    );
    assert_eq!(onset(Language::Ja, 0), "発症当日（発症日 2026年11月30日）");
    assert_eq!(
        onset(Language::Ja, 3),
        "発症から3日目（発症日 2026年11月30日）"
    );
}
