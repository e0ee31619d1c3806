//! Names: kept as they were written, compared by a key in which spellings of one name meet.

mod beside;
mod brackets;
mod family_name;
mod keys;
mod placeholder;
mod romaji;
mod sought;
mod titles;
mod variants;

pub use beside::{Spelling, is_kana};
pub use brackets::as_typed_and_meant;
pub use family_name::family_name;
pub use keys::{FOLD, NameKeys};
pub use placeholder::stands_for_no_name;
pub use romaji::{Heard, Reading};
pub use sought::{MOST_PARTS, MOST_WHOLES, Sought};

use crate::text::{fold_width, full_width_kana, is_bidi_control};
use keys::is_part_of;
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest name, in characters.
const LONGEST: usize = 200;
/// Accents on one letter; more are a prank that covers the lines above and below.
const MARKS: usize = 3;
/// Signs on one letter of a script that writes its vowels, tones and joined consonants as marks, such as Burmese.
const SIGNS: usize = 6;

/// Why a text is not a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameError {
    /// Nothing is typed.
    Empty,
    /// More than 200 characters.
    TooLong,
    /// Characters that cannot stand in a name.
    OddCharacters(Odd),
}

/// Which characters cannot be used. Most of them nobody sees, so they are told by what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Odd {
    /// A beginning that spreadsheets take for a formula: `=`, `+`, `@`.
    Start,
    /// A tab or the end of a line, as comes along when something is pasted.
    Break,
    /// Another control character.
    Control,
    /// A mark of writing direction.
    Direction,
    /// A heap of marks on one letter.
    Marks,
    /// Signs only, and no letter of a name.
    NoLetters,
    /// What stands in place of a letter that was lost on the way: `?`, the geta mark, a character of one program alone.
    Lost,
}

impl Odd {
    /// What a control character is.
    pub const fn control(c: char) -> Odd {
        match c {
            '\t' | '\n' | '\r' => Odd::Break,
            _ => Odd::Control,
        }
    }
}

/// A name as it is kept: kana at full width, letters composed. Release 0.2 kept half-width kana, and what it kept or printed stays
/// so until it is corrected: whether two are the same text is asked of them as both would be kept now.
pub fn as_kept(name: &str) -> String {
    full_width_kana(name).nfc().collect()
}

/// A name as its owner writes it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// Takes a name; only outer space is removed and letters are composed (NFC), so that it is shown as written; half-width
    /// kana are written at full width. The marks of direction that Arabic and Hebrew keyboards put beside a name turn
    /// nothing round, and are left out.
    pub fn parse(text: &str) -> Result<PersonName, NameError> {
        let is_mark = |c: &char| matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}');
        // Before anything is made of it: one letter may become eighteen, and letters with marks become fewer.
        if text.chars().nth(LONGEST * (1 + SIGNS)).is_some() {
            return Err(NameError::TooLong);
        }
        let text: String = text.chars().filter(|c| !is_mark(c)).collect();
        let name = as_kept(text.trim());
        if NameKeys::of(&name).joined.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > LONGEST {
            return Err(NameError::TooLong);
        }
        if is_error_of_a_sheet(&name) {
            return Err(NameError::OddCharacters(Odd::Lost));
        }
        // Whoever opens a list of names in a spreadsheet must not run what somebody called themselves.
        if name.starts_with(['=', '+', '@', '＝', '＋', '＠']) {
            return Err(NameError::OddCharacters(Odd::Start));
        }
        let (mut marks, mut base) = (0, ' ');
        for c in name.chars() {
            if is_combining_mark(c) {
                marks += 1;
            } else {
                (marks, base) = (0, c);
            }
            let most = if is_part_of(c, base) { SIGNS } else { MARKS };
            let odd = match c {
                _ if c.is_control() => Odd::control(c),
                _ if is_bidi_control(c) => Odd::Direction,
                _ if marks > most => Odd::Marks,
                _ if is_lost(c) => Odd::Lost,
                _ => continue,
            };
            return Err(NameError::OddCharacters(odd));
        }
        Ok(PersonName(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[name]")
    }
}

/// What another program wrote where it did not have a letter: whoever is called so by a center could never sign up, for
/// nobody types such a name.
const fn is_lost(c: char) -> bool {
    matches!(c, '?' | '？' | '〓' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}')
}

/// Whether a spreadsheet has put there what it writes where a formula finds nothing.
fn is_error_of_a_sheet(name: &str) -> bool {
    let name = fold_width(name).to_uppercase();
    ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#DIV/0!"]
        .iter()
        .any(|error| name.contains(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meet(a: &str, b: &str) -> bool {
        let (a, b) = (NameKeys::of(a), NameKeys::of(b));
        assert_eq!(a.matches(&b), b.matches(&a));
        a.matches(&b)
    }

    #[test]
    fn spellings_of_one_name_meet() {
        for (a, b) in [
            ("山田 花子", "山田花子"),
            ("山田　花子", "山田 花子"),
            ("やまだ はなこ", "ヤマダ ハナコ"),
            ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダハナコ"),
            ("Yamada Hanako", "HANAKO YAMADA"),
            ("Ｙａｍａｄａ", "yamada"),
            ("yamadahanako", "Yamada Hanako"),
            ("髙﨑 𠮷子", "高崎 吉子"),
            ("渡邊 一郎", "渡辺 一郎"),
            ("渡邉 一郎", "渡辺 一郎"),
            ("槗夲 敎𨺓", "橋本 教隆"),
            ("𫝆村 曻", "今邨 昇"),
            ("穐薗 𣳾", "龝園 泰"),
            ("渕𦚰 逹", "淵脇 達"),
            ("柗杦 閒", "松杉 間"),
            ("靍檪 﨔", "鸖櫟 欅"),
            ("姬野 凉子", "姫野 涼子"),
            ("釼持 毗", "剣持 毘"),
            ("佐籘 悳", "佐藤 徳"),
            ("見本_七郎", "見本 七郎"),
            ("*見本 三郎", "見本三郎"),
            ("見本 五郎♂", "見本五郎"),
            ("鶴ヶ島 太郎", "鶴ガ島 太郎"),
            ("鶴ケ島 太郎", "鶴が島太郎"),
            ("駒ヵ嶺 花", "駒ヶ嶺 花"),
            ("関ヶ原 花", "関ケ原花"),
            ("花 関が原", "関ヵ原 花"),
            ("関ガ原 花", "関が原　花"),
            ("関か\u{3099}原 花", "関ヶ原 花"),
            ("江ガ子", "江 ガ子"),
            ("齋藤", "斉藤"),
            ("濵田", "浜田"),
            ("Nguyễn Văn An", "NGUYEN VAN AN"),
            ("José-María O'Brien", "Jose Maria OBrien"),
            ("Jean‐Pierre", "Jean Pierre"),
            ("ユーコ", "ユ－コ"),
            ("ユーコ", "ユ―コ"),
            ("ジョン・スミス", "ジョン スミス"),
            ("葛\u{E0100}城", "葛城"),
            ("か\u{3099}くと", "ガクト"),
            ("山\u{200B}田", "山田"),
            ("Strauß", "STRAUSS"),
            ("Łukasz Śliwiński-Þórðarson", "LUKASZ SLIWINSKI THORDARSON"),
            ("舘 太郎", "館 太郎"),
            ("か゛くと", "ガクト"),
            ("Kaʻahumanu", "Kaahumanu"),
            ("山田（花子）", "山田 花子"),
            ("محمّد", "محمد"),
            ("Ёлкин", "Елкин"),
            ("राम श्रेष्ठ", "राम श्रेष्ठ"),
            ("WANG XIAOMING", "Xiao Ming Wang"),
            ("LI XIAOLONG", "Xiao-Long Li"),
            ("KIM MINJUN", "Min Jun Kim"),
            ("MUELLER JUERGEN", "Jürgen Müller"),
            ("MULLER JURGEN", "Jürgen Müller"),
            ("SOERENSEN SOEREN", "Søren Sørensen"),
            ("AASE NYGAARD", "Åse Nygård"),
            ("مصطفى", "مصطفي"),
            ("کریمی", "كريمي"),
            ("فاطمة", "فاطمه"),
            ("محـمـد", "محمد"),
            ("佐々木 奈々", "佐佐木 奈奈"),
            ("金子みすゞ", "金子みすず"),
            ("内田 凛", "內田 凜"),
            ("稲葉 亜美", "稻葉 亞美"),
            ("渓 晋", "溪 晉"),
            ("张 伟", "張 偉"),
            ("陈 晓泽", "陳 曉沢"),
            ("龙 丽", "竜 麗"),
            ("ミカヅキ", "ミカズキ"),
            ("ちぢわ", "チジワ"),
            ("ﾐｶﾂﾞｷ", "みかずき"),
            ("ユウコ", "ユーコ"),
            ("ゆうこ", "ユウコ"),
            ("オオノ タロウ", "オーノ タロー"),
            ("大野 オオノ", "大野 オウノ"),
            ("オオオカ", "オーオカ"),
            ("シュウヘイ", "シューヘイ"),
            ("サノ ウミ", "サノウミ"),
            ("サトウ オサム", "サトーオサム"),
            ("ヨシヱ", "よしえ"),
            ("田中 ミサヲ", "田中みさお"),
            ("ヰセキ", "いせき"),
            ("シルヴァ ヴィトル", "シルバ・ビトル"),
            ("ヴオン ティ", "ぼん てい"),
            ("ﾙｳﾞ ｳﾞｪﾗ", "ルブ ベラ"),
        ] {
            assert!(meet(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn a_part_of_a_name_is_found_however_it_goes_on() {
        let stands = |name: &str| NameKeys::of(name).joined;
        for (typed, name) in [
            ("鶴ガ島", "鶴ヶ島 太郎"),
            ("鶴が", "鶴ヶ島 太郎"),
            ("鶴ヶ", "鶴ガ島 太郎"),
            ("が島", "鶴ヶ島 太郎"),
            ("ケ島 太", "鶴が島 太郎"),
            ("美か", "山田 美かん"),
            ("美か", "山田 美か子"),
            ("カナ", "山田 カナ子"),
        ] {
            let keys = NameKeys::of(typed);
            let found = [Some(keys.joined.clone()), keys.as_part()];
            let mut found = found.iter().flatten();
            assert!(found.any(|key| stands(name).contains(key)), "{typed}");
        }
        assert_eq!(NameKeys::of("山田 花子").as_part(), None);
        assert_eq!(NameKeys::of("ガ").as_part(), None);
    }

    #[test]
    fn different_names_do_not_meet() {
        for (a, b) in [
            ("山田 花子", "山田 花"),
            ("ハナコ", "バナコ"),
            ("シルウア", "シルバ"),
            ("か", "が"),
            ("ユウコ", "ユコ"),
            ("オノ", "オオノ"),
            ("コウノ", "コノ"),
            ("シイナ", "シナ"),
            ("叶", "葉"),
            ("李", "王"),
            ("高橋", "橋高"),
            ("Yamada Hanako", "Yamada Hanae"),
            ("", ""),
            ("・", "-"),
            ("राम श्रेष्ठ", "रीमा शरषठ"),
            ("राम", "रीमा"),
            ("Ueno Taro", "Uno Taro"),
            ("Michael", "Michal"),
            ("WANG XIAOMING", "Ming Wang"),
            ("สมชาย", "สมชิย"),
            ("ဘိုဘို", "ဘာဘာ"),
        ] {
            assert!(!meet(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn keys_that_are_kept_are_known_by_the_number_of_their_fold() {
        // Who changes a line below has to raise `FOLD`, so that keys in databases are made anew.
        assert_eq!(FOLD, 8);
        for (name, joined, sorted) in [
            ("山田　花子", "山田花子", "山田花子"),
            ("髙﨑 𠮷子", "高崎吉子", "吉子高崎"),
            (
                "おおの ちづる",
                "オオノチス\u{3099}ル",
                "オオノチス\u{3099}ル",
            ),
            ("张 伟", "張偉", "偉張"),
            ("鶴ガ島 カ奈", "鶴ケ島ケ奈", "カ奈鶴ケ島"),
            ("関ヶ原 由か", "関ケ原由カ", "由ケ関ケ原"),
            ("ﾔﾏﾀﾞ はなこ", "ヤマタ\u{3099}ハナコ", "ハナコヤマタ\u{3099}"),
            ("Nguyễn Văn An", "nguyenvanan", "annguyenvan"),
            ("Þóra Æsa", "thoraaesa", "aesathora"),
            ("राम श्रेष्ठ", "रामश्रेष्ठ", "रामश्रेष्ठ"),
            ("สมชาย ใจดี", "สมชายใจดี", "สมชายใจดี"),
            ("र'\u{93e}म", "राम", "राम"),
            ("محمّد علي", "محمدعلي", "عليمحمد"),
            (
                "O'Brien-Müller [Großmann]",
                "obrienmullergrossmann",
                "grossmannmullerobrien",
            ),
        ] {
            let keys = NameKeys::of(name);
            let nfd = |text: &str| text.nfd().collect::<String>();
            assert_eq!(nfd(&keys.joined), nfd(joined), "{name}");
            assert_eq!(nfd(&keys.sorted), nfd(sorted), "{name}");
        }
    }

    #[test]
    fn a_name_stays_as_written() {
        for typed in ["\u{200F}محمد\u{200F}", "\u{200F} محمد", "مح\u{200E}مد"] {
            assert_eq!(PersonName::parse(typed).unwrap().as_str(), "محمد");
        }
        assert_eq!(
            PersonName::parse(" 髙﨑　花子 ").unwrap().as_str(),
            "髙﨑　花子"
        );
        assert_eq!(
            PersonName::parse("ﾀｶﾊｼ　ｳﾞｨｸﾄﾘｱ").unwrap().as_str(),
            "タカハシ　ヴィクトリア"
        );
        assert_eq!(PersonName::parse(" \u{200B} "), Err(NameError::Empty));
        // One letter that stands for eighteen: nothing is made of a million of them.
        let heap = "\u{FDFA}".repeat(1_000_000);
        assert_eq!(PersonName::parse(&heap), Err(NameError::TooLong));
        assert!(NameKeys::of(&heap).joined.len() < 100_000);
        assert_eq!(
            PersonName::parse(&"あ".repeat(201)),
            Err(NameError::TooLong)
        );
        // Each says what it is, for nobody sees it.
        for (name, odd) in [
            ("a\u{202E}b", Odd::Direction),
            ("a\u{0}b", Odd::Control),
            ("Yamada\tHanako", Odd::Break),
            ("Yamada\nHanako", Odd::Break),
            ("=Yamada", Odd::Start),
            ("?田 太郎", Odd::Lost),
            ("山〓 花子", Odd::Lost),
            ("Garc\u{FFFD}a", Odd::Lost),
            ("渡\u{E123} 花子", Odd::Lost),
            ("#N/A", Odd::Lost),
            ("＃Ｎ／Ａ 花子", Odd::Lost),
            ("Zalgo\u{30d}\u{30e}\u{30f}\u{310}\u{311}", Odd::Marks),
        ] {
            let error = PersonName::parse(name).err();
            assert_eq!(error, Some(NameError::OddCharacters(odd)), "{name:?}");
        }
    }

    #[test]
    fn a_vowel_sign_does_not_stand_on_what_is_left_out() {
        for odd in ["\u{FE71}\u{bbe}", "'\u{bbe}", "\u{640}\u{93e}"] {
            assert_eq!(NameKeys::of(odd).joined, "", "{odd:?}");
        }
        assert_eq!(NameKeys::of("र'\u{93e}").joined, NameKeys::of("रा").joined);
    }

    #[test]
    fn burmese_heaps_of_vowel_signs_are_a_name() {
        assert!(PersonName::parse("ကြွေး").is_ok());
    }

    proptest! {
        #[test]
        fn names_that_meet_have_the_same_letters(a in "[A-c か゛ソウオ \u{93e}\u{930}ー(]{0,5}", cut in 0usize..6, turn in any::<bool>()) {
            let chars: Vec<char> = a.chars().collect();
            let (one, other) = chars.split_at(cut.min(chars.len()));
            let (one, other): (String, String) = (one.iter().collect(), other.iter().collect());
            let b = if turn { format!("{other} {one}") } else { format!("{one} {other}") };
            let (a, b) = (NameKeys::of(&a), NameKeys::of(&b));
            if a.matches(&b) {
                prop_assert_eq!(a.letters(), b.letters());
            }
        }

        #[test]
        fn keys_are_keys_of_themselves(text in any::<String>()) {
            let keys = NameKeys::of(&text);
            prop_assert_eq!(&NameKeys::of(&keys.joined).joined, &keys.joined);
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert!(keys.matches(&NameKeys::of(name.as_str())));
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn whether_names_meet_does_not_depend_on_who_asks(a in "[ぁ-んァ-ヶ一-三髙高A-c ー・-]{0,6}", b in "[ぁ-んァ-ヶ一-三髙高A-c ー・-]{0,6}") {
            let (a, b) = (NameKeys::of(&a), NameKeys::of(&b));
            prop_assert_eq!(a.matches(&b), b.matches(&a));
        }

        #[test]
        fn order_case_and_space_do_not_matter(a in "[A-Za-z]{1,8}", b in "[A-Za-z]{1,8}") {
            let (straight, round) = (format!("{a} {b}"), format!("{} {}", b.to_uppercase(), a));
            prop_assert!(NameKeys::of(&straight).matches(&NameKeys::of(&round)));
        }
    }
}
