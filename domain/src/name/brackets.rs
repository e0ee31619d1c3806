//! Names with a part in brackets, such as the one before a marriage: `山田 (旧姓 佐藤) 花子`, `Hanako (Sato) Yamada`. People
//! type their name with that part or without it; both are their name.

use super::NameKeys;
use super::keys::is_separator;
use super::titles::without_titles;
use crate::text::{fold_width, is_dash};

/// What opens a part and what closes it, in pairs; widths may be mixed.
const OPEN: &str = "(（[［【〔〈《「『｢{｛";
const CLOSE: &str = ")）]］】〕〉》」』｣}｝";

/// Words that say that a part in brackets is another name, not a piece of this one.
const ANOTHER_NAME: &[&str] = &[
    "旧姓", "旧", "前姓", "別姓", "別名", "通称", "通名", "本名", "née", "né", "nee", "born",
    "formerly", "maiden", "alias", "aka", "a.k.a",
];

/// With fewer kanji than this and without a space, what stands outside the brackets may be a family name alone.
const WHOLE_NAME: usize = 4;

impl NameKeys {
    /// The keys of a name as it is written, and as it is meant: without what it says in brackets, a title, the number of a list,
    /// where that can be left out. Where it cannot, both are the same: a comparison does the same work for any name.
    pub fn as_written_and_meant(name: &str) -> [NameKeys; 2] {
        let short = without_brackets(name);
        let short = short.as_deref().unwrap_or(name);
        let meant = without_titles(short);
        [
            NameKeys::of(name),
            NameKeys::of(meant.as_deref().unwrap_or(short)),
        ]
    }
}

/// A name as somebody typed it, and as they mean it: without its reading or another name in brackets, as forms on paper teach
/// (`山田花子（やまだはなこ）`), and without a title. Of what is registered a part may not be taken for the whole; what is typed
/// gains nothing by brackets, for what stands outside them could have been typed alone. Where nothing can be left out,
/// both are the same.
pub fn as_typed_and_meant(typed: &str) -> [String; 2] {
    let outside = parted(typed)
        .map(|(outside, _)| outside)
        .filter(|outside| !NameKeys::of(outside).joined.is_empty());
    let short = outside.unwrap_or_else(|| typed.to_owned());
    let meant = without_titles(&short);
    [typed.to_owned(), meant.unwrap_or(short)]
}

/// A name without what it says in brackets. `None` where there are none, where they do not close, or where the rest may
/// be no whole name: `山田（花子）` must not be met by 山田 alone.
fn without_brackets(name: &str) -> Option<String> {
    let (outside, inside) = parted(name)?;
    is_whole(&outside, &inside).then_some(outside)
}

/// What a name says outside brackets, and in them. `None` where there are none, or where they do not close.
fn parted(name: &str) -> Option<(String, String)> {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_u32);
    for c in name.chars() {
        if OPEN.contains(c) {
            depth += 1;
            outside.push(' ');
        } else if CLOSE.contains(c) {
            depth = depth.checked_sub(1)?;
        } else if depth > 0 {
            inside.push(c);
        } else {
            outside.push(c);
        }
    }
    let is_closed = depth == 0 && !inside.trim().is_empty();
    is_closed.then_some((outside, inside))
}

fn is_whole(outside: &str, inside: &str) -> bool {
    let label = fold_width(inside).to_lowercase();
    let parts = outside
        .split(|c: char| is_separator(c) && !is_dash(c))
        .filter(|part| !NameKeys::of(part).joined.is_empty())
        .count();
    let kanji = |c: char| matches!(c, '\u{3005}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    let is_long = outside.chars().filter(|c| kanji(*c)).count() >= WHOLE_NAME;
    match parts {
        0 => false,
        1 => is_long || ANOTHER_NAME.iter().any(|word| label.starts_with(word)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(typed: &str, registered: &str) -> bool {
        let registered = NameKeys::as_written_and_meant(registered);
        let typed = as_typed_and_meant(typed);
        typed.iter().any(|typed| {
            let typed = NameKeys::of(typed);
            registered.iter().any(|keys| typed.matches(keys))
        })
    }

    #[test]
    fn a_part_in_brackets_may_be_left_out_or_typed() {
        for (registered, typed) in [
            ("山田 (旧姓 佐藤) 花子", "山田花子"),
            ("山田 (旧姓 佐藤) 花子", "山田（旧姓佐藤）花子"),
            ("山田花子（旧姓：佐藤）", "山田 花子"),
            ("林花（旧姓 森）", "林 花"),
            ("Hanako (Sato) Yamada", "Yamada Hanako"),
            ("Hanako (Sato) Yamada", "HANAKO SATO YAMADA"),
            ("Anna Meier [née Huber]", "anna meier"),
            ("ヤマダ　ハナコ（サトウ）", "ﾔﾏﾀﾞ ﾊﾅｺ"),
            ("【通称】山田 花子", "山田花子"),
            ("山田（花子）", "山田 花子"),
        ] {
            assert!(meet(typed, registered), "{typed} / {registered}");
        }
    }

    #[test]
    fn a_reading_or_another_name_may_be_typed_where_none_is_registered() {
        for (registered, typed) in [
            ("山田 花子", "山田花子（やまだはなこ）"),
            ("ヤマダ ハナコ", "やまだ はなこ（山田 花子）"),
            ("林 花", "林花（はやし はな）"),
            ("YAMADA HANAKO", "Hanako Yamada (山田花子)"),
            ("山田 花子", "山田 (旧姓 佐藤) 花子"),
            ("山田 花子", "山田 花子（佐藤）"),
            ("田中 太郎", "田中太郎様"),
            ("田中 太郎", "田中太郎様（たなかたろう）"),
            ("SMITH JOHN", "Mr John Smith"),
            ("山田（花子）", "山田（花子）"),
        ] {
            assert!(meet(typed, registered), "{typed} / {registered}");
        }
    }

    #[test]
    fn it_stays_exact_otherwise() {
        for (registered, typed) in [
            ("山田 (旧姓 佐藤) 花子", "佐藤 花子"),
            ("山田 (旧姓 佐藤) 花子", "山田 花江"),
            ("山田（花子）", "山田"),
            ("Yamada (Hanako)", "Yamada"),
            ("Jean-Pierre (Dupont)", "Jean Pierre"),
            ("山田 花子", "山田 花江（山田 花子）"),
            ("山田 花子", "山田（花江）"),
            ("山田 花子", "（山田 花子）佐藤"),
            ("山田 花子 (佐藤", "山田 花子"),
            ("山田 花子", "山田 花子 (佐藤"),
            ("(旧姓 佐藤)", ""),
        ] {
            assert!(!meet(typed, registered), "{typed} / {registered}");
        }
    }
}
