//! The catalogues agree with each other and with the code that asks for their texts.

use super::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn files(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ends, found);
        } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push(path);
        }
    }
}

/// The keys of a language with the placeholders of each.
fn catalogue(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut paths = Vec::new();
    files(
        &root().join("locales").join(language.tag()),
        &[".ftl"],
        &mut paths,
    );
    assert!(!paths.is_empty());
    let mut keys = BTreeMap::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        if let Err((_, errors)) = FluentResource::try_new(text.clone()) {
            panic!("{}: {errors:?}", path.display());
        }
        let mut key = String::new();
        for line in text.lines() {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                key = name.to_owned();
                let doubled = keys.insert(key.clone(), BTreeSet::new()).is_some();
                assert!(!doubled, "{}: {key} stands twice", path.display());
            }
            for part in line.split('$').skip(1) {
                let name: String = part
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                if let Some(names) = keys.get_mut(&key) {
                    names.insert(name);
                }
            }
        }
    }
    keys
}

#[test]
fn all_languages_have_the_same_keys_and_placeholders() {
    let english = catalogue(Language::En);
    let japanese = catalogue(Language::Ja);
    for (key, names) in &english {
        assert_eq!(Some(names), japanese.get(key), "{key} in Japanese");
    }
    for key in japanese.keys() {
        assert!(english.contains_key(key), "{key} in English");
    }
}

/// Beginnings of keys that are put together in code.
const FAMILIES: &[&str] = &[
    "month-",
    "problem-",
    "answer-",
    "level-",
    "task-",
    "reason-",
    "import-problem-",
    "passport-state-",
    "class-",
    "brochure-",
    "channel-",
    "worklist-",
    "status-",
    "outcome-",
    "risk-",
    "role-",
    "audit-",
    "correction-",
    "column-",
    "export-format-",
    "transfer-answer-",
    "isolation-",
    "notification-state-",
    "notification-step-",
    "rule-",
    "programme-disease-",
    "place-kind-",
    "in-error-why-",
    "no-case-why-",
];

#[test]
fn every_key_is_asked_for_and_every_key_that_is_asked_for_exists() {
    let english = catalogue(Language::En);
    let mut sources = Vec::new();
    for folder in ["templates", "web/src", "app/src", "server/src", "i18n/src"] {
        files(
            &root().join(folder),
            &[".rs", ".html", ".svg"],
            &mut sources,
        );
    }
    let mut asked = BTreeSet::new();
    for path in &sources {
        let text = fs::read_to_string(path).unwrap();
        for part in text.split('"').skip(1) {
            if english.contains_key(part) {
                asked.insert(part.to_owned());
            }
        }
        for call in [".say(\"", ".with(\"", ".with1(\"", ".with2(\""] {
            for part in text.split(call).skip(1) {
                let key = part.split('"').next().unwrap();
                assert!(
                    english.contains_key(key) || path.ends_with("i18n/src/tests.rs"),
                    "{} asks for {key}",
                    path.display()
                );
            }
        }
    }
    let unused: Vec<_> = english
        .keys()
        .filter(|key| !asked.contains(*key) && !FAMILIES.iter().any(|f| key.starts_with(f)))
        .collect();
    assert!(unused.is_empty(), "nobody asks for {unused:?}");
}

/// Whoever reads would see the placeholder's own name.
#[test]
fn no_text_with_a_placeholder_is_asked_for_without_its_value() {
    let english = catalogue(Language::En);
    let mut paths = Vec::new();
    for folder in ["app/src", "web/src", "templates"] {
        files(&root().join(folder), &[".rs", ".html", ".txt"], &mut paths);
    }
    let mut looked_at = 0;
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for asked in text.split(".say(\"").skip(1) {
            let key = asked.split('"').next().unwrap();
            let Some(names) = english.get(key) else {
                continue;
            };
            looked_at += 1;
            assert!(
                names.is_empty(),
                "{}: {key} needs {names:?}",
                path.display()
            );
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn everything_that_can_be_wrong_with_a_file_of_rules_is_said_in_each_language() {
    for language in Language::ALL {
        for word in domain::rules::What::WORDS {
            let key = format!("problem-file-{word}");
            assert!(words(language).has(&key), "{key}");
        }
        let known = catalogue(language);
        let told = known.keys().filter(|key| key.starts_with("problem-file-"));
        assert_eq!(told.count(), domain::rules::What::WORDS.len());
    }
}

#[test]
fn days_are_written_as_people_read_them() {
    let day = jiff::civil::date(2026, 11, 3);
    assert_eq!(words(Language::En).date(day), "3 November 2026");
    assert_eq!(words(Language::Ja).date(day), "2026年11月3日");
    assert_eq!(
        words(Language::En).time(jiff::civil::time(9, 5, 0, 0)),
        "9:05"
    );
}

#[test]
fn a_browser_gets_the_language_that_it_wishes_most() {
    for (wish, language) in [
        ("ja,en;q=0.8", Some(Language::Ja)),
        ("pt-BR,pt;q=0.9,en-US;q=0.8,ja;q=0.7", Some(Language::En)),
        ("en;q=0.1, ja-JP;q=0.9", Some(Language::Ja)),
        ("fr", None),
        ("", None),
        ("ja;q=0", None),
        ("ja;q=x,,;;", None),
    ] {
        assert_eq!(negotiate(wish), language, "{wish}");
    }
}

#[test]
fn texts_that_are_ready_say_what_fluent_says() {
    let numbers = (-3..=130).chain([199, 1_000, 1_001, 100_000, 1_000_000, 1_000_001]);
    let texts = ["名 <1>", "", "one", "other", "1", "accepted", "refused"];
    let values: Vec<Arg<'_>> = numbers.map(Arg::from).chain(texts.map(Arg::from)).collect();
    for language in Language::ALL {
        let t = words(language);
        for (key, names) in catalogue(language) {
            for value in &values {
                let args: Vec<_> = names.iter().map(|n| (n.as_str(), value.clone())).collect();
                // Nothing in the catalogues needs the resolver.
                let text = t.ready.with(&key, &args).expect(&key);
                assert_eq!(text, t.by_fluent(&key, &args), "{key} of {value:?}");
                if names.is_empty() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_text_without_one_of_its_values_is_said_all_the_same() {
    let t = words(Language::En);
    assert_eq!(t.say("worklist-age"), t.by_fluent("worklist-age", &[]));
    assert_eq!(t.with1("worklist-age", "years", 1), "1 year");
    assert_eq!(t.with1("worklist-age", "years", 81), "81 years");
    assert_eq!(t.with1("notification-months", "months", 1), "1 month");
}

#[test]
fn the_number_for_an_ambulance_stands_in_no_text_but_its_own() {
    // An installation sets another one, and whoever read 119 there would call nobody.
    let mut paths = Vec::new();
    files(&root().join("locales"), &[".ftl"], &mut paths);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for line in text
            .lines()
            .filter(|line| !line.starts_with("-emergency-number"))
        {
            let said = line.split_once(" = ").map_or(line, |(_, said)| said);
            assert!(!said.contains(OF_JAPAN), "{}: {line}", path.display());
        }
    }
}

#[test]
fn no_colon_of_english_stands_between_japanese_words() {
    let mut paths = Vec::new();
    files(&root().join("templates"), &[".html"], &mut paths);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for end in ["}}", "%}", "</strong>"] {
            for sign in [": ", "; "] {
                let found = text.contains(&format!("{end}{sign}"));
                assert!(!found, "{}: {end}{sign}", path.display());
            }
        }
    }
    let mut paths = Vec::new();
    files(&root().join("locales/ja"), &[".ftl"], &mut paths);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let stands_after_japanese = |(at, _): (usize, &str)| {
                let before = line[..at].chars().next_back();
                before.is_some_and(|c| !c.is_ascii())
            };
            let found = line.match_indices(": ").any(stands_after_japanese);
            assert!(!found, "{}: {line}", path.display());
        }
    }
    assert_eq!(words(Language::En).say("colon"), ": ");
    assert_eq!(words(Language::Ja).say("colon"), "：");
}

#[test]
fn what_parts_several_kinds_of_persons_stands_within_none_of_them() {
    // Of two kinds of whom either must be notified a sign that stands within one would make a single one of three conditions.
    for language in Language::ALL {
        let between = words(language).say("list-semicolon");
        for set in domain::notification::ItemSets::shipped().all() {
            for kind in &set.who_must_be_reported {
                let label = kind.label.in_language(language.tag());
                assert!(!label.contains(&between), "{label}");
            }
        }
    }
}
