//! The columns of a file, by the names in its first line: in whichever order, in English or in Japanese.

use super::{HEADER, OPTIONAL, RowError, error};
use domain::language::Language;
use domain::text::fold_width;
use i18n::{Words, words};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Other names of our columns, as lists in Japan have them.
const ALSO: [(&str, &[&str]); 14] = [
    ("name", &["氏名", "名前", "氏名(漢字)", "患者氏名"]),
    (
        "name_kana",
        &[
            "氏名(カナ)",
            "フリガナ",
            "ふりがな",
            "カナ氏名",
            "氏名カナ",
            "氏名(かな)",
            "氏名(フリガナ)",
            "氏名(ふりがな)",
            "カナ",
            "かな",
            "よみがな",
            "ヨミガナ",
            "読み仮名",
        ],
    ),
    (
        "name_latin",
        &["氏名(ローマ字)", "ローマ字", "ローマ字氏名", "氏名(英字)"],
    ),
    ("birthdate", &["生年月日"]),
    ("phone", &["電話番号", "電話", "携帯電話", "連絡先電話番号"]),
    ("language", &["言語", "本人が読める言語"]),
    ("diagnosed_on", &["診断日", "診断年月日"]),
    ("onset_on", &["発症日", "発症年月日"]),
    ("entered_japan_on", &["入国日", "入国年月日"]),
    ("passport_number", &["旅券番号", "パスポート番号"]),
    ("hersys_id", &["her-sysid", "hersysid", "her-sys_id"]),
    ("email", &["メールアドレス", "メール", "e-mail"]),
    ("programme", &["疾患", "疾病"]),
    ("address", &["住所"]),
];

/// What the columns of an exported list are called in the words of the program, whichever language it was exported in: such a
/// list comes in again.
const EXPORTED: [(&str, &str); 14] = [
    ("name", "column-name"),
    ("name_kana", "column-name-kana"),
    ("name_latin", "column-name-latin"),
    ("birthdate", "column-birthdate"),
    ("phone", "column-phone"),
    ("language", "column-language"),
    ("diagnosed_on", "column-diagnosed-on"),
    ("onset_on", "column-onset-on"),
    ("hersys_id", "column-hersys-id"),
    ("programme", "column-disease"),
    ("address", "column-address"),
    (KIND_NAME, "column-kind"),
    (ENDED_NAME, "column-ended"),
    (STATE_NAME, "column-status"),
];

/// The column that tells whether a row is about a case or about a contact who is not ill. It is looked at and not kept.
const KIND_NAME: &str = "kind";
/// The column that tells how following somebody ended; of whoever is followed it is empty. It is looked at and not kept either.
const ENDED_NAME: &str = "ended";
/// The column that tells where somebody is, or that they were released or have died. A list may have it without the one before.
const STATE_NAME: &str = "state";
/// What an exported list says of a row beside what is kept, in the order in which it stands behind ours.
const SAID: [&str; 3] = [KIND_NAME, ENDED_NAME, STATE_NAME];
/// Where that begins, in a file that has any of it.
const KIND: usize = HEADER.len() + OPTIONAL.len();

/// Our catalogues, in which lists are exported.
const CATALOGUES: [Language; 2] = [Language::En, Language::Ja];

/// The same by their names as they are compared: what a workbook has above its list is compared cell by cell.
static EXPORTED_AS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (ours, key) in EXPORTED {
        for language in CATALOGUES {
            all.entry(folded(&words(language).say(key))).or_insert(ours);
        }
    }
    all
});

/// Why a row of an exported list is no case to be registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoCase {
    /// It is about a contact who is not ill.
    Contact,
    /// It is about somebody who is followed no more: released, or dead.
    Ended,
}

/// Takes away what an exported list says of a row beside what is kept, and tells whether it is no case to be registered.
pub(super) fn no_case(fields: &mut Vec<String>) -> Option<NoCase> {
    let said = fields.split_off(KIND.min(fields.len()));
    let [kind, ended, state] = said.as_slice() else {
        return None;
    };
    let is_one_of = |cell: &str, keys: &[&str]| {
        let cell = folded(cell);
        let mut all = CATALOGUES.iter().flat_map(|language| {
            let words = words(*language);
            keys.iter().map(move |key| folded(&words.say(key)))
        });
        !cell.is_empty() && all.any(|word| word == cell)
    };
    if is_one_of(kind, &["close-contact"]) {
        return Some(NoCase::Contact);
    }
    let ends = ["status-released", "status-died", "status-in-error"];
    (!ended.is_empty() || is_one_of(state, &ends)).then_some(NoCase::Ended)
}

/// Whether the cell of the phone number says that the person has none: it is empty, or holds a word for it, also that of an
/// exported list.
pub(super) fn says_no_phone(cell: &str) -> bool {
    const WORDS: [&str; 6] = ["なし", "無し", "無", "none", "-", "ー"];
    // A number, as nearly all are.
    if cell.chars().any(char::is_numeric) {
        return false;
    }
    let cell = folded(cell);
    let is_ours = |language: &Language| cell == folded(&words(*language).say("no-phone"));
    cell.is_empty() || WORDS.contains(&cell.as_str()) || CATALOGUES.iter().any(is_ours)
}

/// A name as it is compared.
fn folded(name: &str) -> String {
    fold_width(name)
        .chars()
        .filter(|sign| !sign.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// How many of our columns, the first, are spellings of a name: one of them is needed.
const NAMES: usize = 3;

/// The others that no row can do without.
const NEEDED: [&str; 4] = ["birthdate", "phone", "language", "diagnosed_on"];

/// The column that a name in the first line means.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let name = folded(name);
    let named =
        |(ours, also): &&(&'static str, &[&str])| name == *ours || also.contains(&name.as_str());
    let found = ALSO.iter().find(named).map(|(ours, _)| *ours);
    found.or_else(|| EXPORTED_AS.get(&name).copied())
}

/// Whether a name in the first line is that of one of our columns.
pub(super) fn known(name: &str) -> bool {
    meant(name).is_some()
}

/// One of our columns for readers: in Japanese, as lists in Japan have it, with our own name behind. What only an exported list has
/// is called as there.
pub fn in_words(ours: &str, words: &Words) -> String {
    if SAID.contains(&ours) {
        let exported = EXPORTED.iter().find(|(name, _)| *name == ours);
        return exported.map_or_else(|| ours.to_owned(), |(_, key)| words.say(key));
    }
    let also = ALSO.iter().find(|(name, _)| *name == ours);
    match also.and_then(|(_, names)| names.first()) {
        Some(name) if words.language == Language::Ja => format!("{name}（{ours}）"),
        _ => ours.to_owned(),
    }
}

/// The names by which the first line of a list may call our columns, in the words of readers: those of every list, and those of
/// some only.
pub fn headings(words: &Words) -> Vec<String> {
    let all = HEADER.into_iter().chain(OPTIONAL);
    all.map(|ours| heading(ours, words)).collect()
}

/// One of our columns as the first line of a list may name it.
pub(super) fn heading(ours: &str, words: &Words) -> String {
    let also = ALSO.iter().find(|(name, _)| *name == ours);
    match also.and_then(|(_, names)| names.first()) {
        _ if ours == HEADER[super::ID] => "HER-SYS ID".to_owned(),
        Some(name) if words.language == Language::Ja => (*name).to_owned(),
        _ => ours.to_owned(),
    }
}

/// A column without a name, by its number, counted from 1.
pub(super) fn unnamed(number: usize, words: &Words) -> String {
    let number = i64::try_from(number).unwrap_or(0);
    words.with1("import-column-unnamed", "number", number)
}

/// Where each of our columns stands in a file, or that it does not.
pub(super) type Order = Vec<Option<usize>>;

/// Where each of our columns stands in a file, those that need not be there up to the last one that is; and the names of
/// those that are not ours, which are left out: lists of offices have columns for themselves.
///
/// # Errors
/// Which are missing, or there twice. Where no name is known the first line is none of names: what stands in it may
/// be somebody's, and is not repeated.
pub(super) fn order_of(
    names: &[&str],
    words: &Words,
) -> Result<(Order, Vec<String>), Vec<RowError>> {
    let found: Vec<Option<&str>> = names.iter().map(|name| meant(name)).collect();
    if found.iter().all(Option::is_none) {
        let expected = HEADER.join(",");
        let reason = words.with1("import-problem-header", "header", expected);
        return Err(vec![error(1, "", reason)]);
    }
    let place = |wished: &str| found.iter().position(|one| *one == Some(wished));
    let mut problems = Vec::new();
    let mut tell = |key: &str, columns: Vec<String>| {
        if !columns.is_empty() {
            let columns = columns.join(", ");
            problems.push(error(1, "", words.with1(key, "columns", columns)));
        }
    };
    let mut missing: Vec<String> = NEEDED
        .iter()
        .filter(|name| place(name).is_none())
        .map(|name| in_words(name, words))
        .collect();
    if HEADER[..NAMES].iter().all(|name| place(name).is_none()) {
        missing.insert(0, in_words(HEADER[0], words));
    }
    tell("import-problem-columns-missing", missing);
    let numbered = |at: usize| match names[at].is_empty() {
        true => unnamed(at + 1, words),
        false => names[at].to_owned(),
    };
    // A state of whatever kind is nothing that is kept: lists may have several.
    let is_twice = |at: usize, one: &str| one != STATE_NAME && place(one) != Some(at);
    let twice = (0..names.len()).filter(|at| found[*at].is_some_and(|one| is_twice(*at, one)));
    tell(
        "import-problem-columns-twice",
        twice.map(numbered).collect(),
    );
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut order = HEADER.map(place).to_vec();
    let optional = OPTIONAL.map(place);
    let last = optional.iter().rposition(Option::is_some);
    let said = SAID.map(place);
    if said.iter().any(Option::is_some) {
        order.extend(optional);
        order.extend(said);
    } else {
        order.extend(&optional[..last.map_or(0, |at| at + 1)]);
    }
    // Where somebody is does not come along, and that is told.
    let unknown = (0..names.len()).filter(|at| found[*at].is_none_or(|one| one == STATE_NAME));
    Ok((order, unknown.map(numbered).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(names: &str) -> Vec<String> {
        let names: Vec<&str> = names.split(',').collect();
        let told = order_of(&names, words(Language::En));
        let told = told.err().into_iter().flatten();
        told.map(|problem| problem.reason).collect()
    }

    #[test]
    fn what_is_wrong_with_the_first_line_is_named() {
        let all = HEADER.join(",");
        assert_eq!(problems(&all), Vec::<String>::new());
        let told = problems(&format!("{all},memo,,phone"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("phone"), "{told:?}");
        let names: Vec<&str> = all.split(',').chain(["memo", ""]).collect();
        let (_, left_out) = order_of(&names, words(Language::En)).unwrap_or_default();
        assert_eq!(left_out, ["memo", "column 13"]);
        let told = problems(&all.replace("birthdate,", ""));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("birthdate"), "{told:?}");
        let told = order_of(
            &["氏名", "生年月日", "電話番号", "診断日"],
            words(Language::Ja),
        );
        let told = told.err().unwrap_or_default();
        assert!(told[0].reason.contains("言語（language）"));
        // What may be empty may be missing, but not all spellings of a name.
        assert_eq!(
            problems("name_kana,birthdate,phone,language,diagnosed_on"),
            Vec::<String>::new()
        );
        let told = problems("birthdate,phone,language,diagnosed_on");
        assert!(told.len() == 1 && told[0].contains("name"), "{told:?}");
        // A list without a first line of names: whose they are is not repeated.
        let told = problems("森 花,モリ ハナ,Mori Hana,2001-02-03,09012345999,ja,,,,,");
        assert!(!told.concat().contains("森"), "{told:?}");
    }

    #[test]
    fn the_reading_of_a_name_is_known_by_whatever_lists_call_it() {
        for name in [
            "カナ",
            "ｶﾅ",
            "かな",
            "氏名（フリガナ）",
            "氏名（ふりがな）",
            "よみがな",
        ] {
            assert_eq!(meant(name), Some("name_kana"), "{name}");
        }
        for language in CATALOGUES {
            let all = headings(words(language));
            assert!(all.iter().all(|name| known(name)), "{all:?}");
        }
    }

    #[test]
    fn what_only_an_exported_list_has_is_called_as_there() {
        assert_eq!(in_words("ended", words(Language::Ja)), "健康観察の終了区分");
        assert_eq!(in_words("kind", words(Language::En)), "Case or contact");
        assert_eq!(in_words("name", words(Language::Ja)), "氏名（name）");
    }

    #[test]
    fn what_a_list_is_headed_with_is_read() {
        for ours in HEADER.into_iter().chain(OPTIONAL) {
            for language in [Language::En, Language::Ja] {
                let heading = heading(ours, words(language));
                assert_eq!(meant(&heading), Some(ours), "{heading}");
            }
        }
    }

    #[test]
    fn an_exported_list_is_headed_with_names_that_are_known() {
        for language in CATALOGUES {
            let words = words(language);
            let names: Vec<String> = EXPORTED.iter().map(|(_, key)| words.say(key)).collect();
            for ((ours, _), name) in EXPORTED.iter().zip(&names) {
                assert_eq!(meant(name), Some(*ours), "{name}");
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (order, left_out) = order_of(&names, words).unwrap_or_default();
            assert_eq!(left_out, [words.say("column-status")]);
            assert_eq!(order[KIND..], [Some(11), Some(12), Some(13)]);
        }
    }

    #[test]
    fn an_exported_list_says_who_is_no_case_to_be_registered() {
        for language in CATALOGUES {
            let words = words(language);
            let case = "export-kind-case";
            for (kind, ended, state, told) in [
                (case, "", "status-home", None),
                (case, "", "status-hospital", None),
                ("", "", "status-unknown", None),
                ("close-contact", "", "status-home", Some(NoCase::Contact)),
                (
                    "close-contact",
                    "status-released",
                    "",
                    Some(NoCase::Contact),
                ),
                (case, "status-released", "", Some(NoCase::Ended)),
                (case, "status-died", "status-died", Some(NoCase::Ended)),
                ("", "", "status-released", Some(NoCase::Ended)),
                ("", "", "status-died", Some(NoCase::Ended)),
            ] {
                let said = [kind, ended, state].map(|key| match key {
                    "" => String::new(),
                    key => words.say(key),
                });
                let ours = std::iter::repeat_n("x".to_owned(), KIND);
                let mut fields: Vec<String> = ours.chain(said).collect();
                assert_eq!(no_case(&mut fields), told, "{kind} {ended} {state}");
                assert_eq!(fields.len(), KIND, "none of it is kept");
            }
        }
        let mut fields = vec!["x".to_owned(); HEADER.len()];
        assert_eq!(no_case(&mut fields), None);
        assert_eq!(fields.len(), HEADER.len());
    }

    #[test]
    fn a_list_may_be_headed_in_japanese() {
        let names = [
            "HER-SYS ID",
            "氏名",
            "氏名（カナ）",
            "氏名（ローマ字）",
            "生年月日",
            "電話番号",
            "言語",
            "診断日",
            "発症日",
            "入国日",
            "旅券番号",
            "住所",
        ];
        let order = order_of(&names, words(Language::Ja)).ok();
        let (order, left_out) = order.unwrap_or_default();
        assert_eq!(left_out, Vec::<String>::new());
        assert_eq!(order[super::super::ID], Some(0));
        assert_eq!(order[0], Some(1));
        assert_eq!(order.last(), Some(&Some(11)), "{order:?}");
    }
}
