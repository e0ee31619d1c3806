//! Whether two notifications are of one person. People are notified twice: by two clinics, by a clinic and a fax, under
//! a married name, with a birthdate in the wrong era. Nothing is ever merged by these rules alone: somebody looks.

use super::{Checked, Value, core_item, postal_code};
use crate::name::Spelling;
use crate::phone::PhoneNumber;
use jiff::civil::Date;
use std::fmt;

/// How likely it is that two are one person, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Likeness {
    /// Nothing speaks for it.
    #[default]
    None,
    /// Worth a look when there is time.
    Possible,
    /// To be shown to whoever accepts the notification.
    Likely,
    /// Taken for one person unless somebody sees that they are two.
    Same,
}

/// What speaks for one person: the rules, the strongest first. Words for them stand in the catalogues.
///
/// "Name" is the name as it is written, by its keys (see [`crate::name`]); "reading" is the same kana or Latin letters
/// under another spelling, or kana in one and the same in Latin letters in the other; "parts" are all parts of a name among
/// those of the other; a "slip" of a birthdate is what [`is_slip`] takes for one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// Same name and birthdate: one person. Namesakes of one day exist, but hardly within one center.
    NameAndBirthdate,
    /// Same reading and birthdate: likely. Kanji of one reading are mixed up (裕子, 祐子), but two people can share both.
    ReadingAndBirthdate,
    /// All parts of the one name among those of the other, and the same birthdate: likely. Passports have more names than
    /// people say, and two people born on one day of whom that is true are few.
    PartsAndBirthdate,
    /// Same phone and birthdate under another name: likely, such as a new family name. **It could be twins**: say so.
    PhoneAndBirthdate,
    /// Same name and phone: likely, whatever the birthdate; it may be in the wrong era. It could be parent and child of
    /// one name, as in some families from abroad.
    NameAndPhone,
    /// Same reading and phone, and the birthdate is a slip of the other or not given: likely.
    ReadingAndPhone,
    /// Same name and postal code, and the birthdate is a slip of the other: likely.
    NameAndPostalCodeAndSlip,
    /// Same name, and the birthdate is a slip of the other or not given: possible. Or a namesake.
    NameAndSlip,
    /// Same name and postal code, with another birthdate: possible. Namesakes in one district are few.
    NameAndPostalCode,
    /// Same reading and phone, with another birthdate: possible. Or father and son.
    ReadingAndPhoneOnly,
    /// Same reading, and the birthdate is a slip of the other, at the same postal code: possible.
    ReadingAndPostalCodeAndSlip,
    /// Same phone, and the birthdate is a slip of the other, under another name: possible. Or siblings.
    PhoneAndSlip,
    /// Same phone, and of one of them no birthdate or no name that could be compared: possible. Or a household.
    PhoneAndLittleElse,
    /// Same postal code and birthdate, under another name: possible, such as a name in other letters. Or twins with a
    /// phone each.
    PostalCodeAndBirthdate,
}

impl Reason {
    /// How likely it makes it.
    pub const fn likeness(self) -> Likeness {
        match self {
            Reason::NameAndBirthdate => Likeness::Same,
            Reason::ReadingAndBirthdate
            | Reason::PartsAndBirthdate
            | Reason::PhoneAndBirthdate
            | Reason::NameAndPhone
            | Reason::ReadingAndPhone
            | Reason::NameAndPostalCodeAndSlip => Likeness::Likely,
            Reason::NameAndSlip
            | Reason::NameAndPostalCode
            | Reason::ReadingAndPhoneOnly
            | Reason::ReadingAndPostalCodeAndSlip
            | Reason::PhoneAndSlip
            | Reason::PhoneAndLittleElse
            | Reason::PostalCodeAndBirthdate => Likeness::Possible,
        }
    }
}

/// Whatever tells one person from another. It belongs to a person: `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The name in each spelling that is known: as written, in kana, in Latin letters.
    pub names: Vec<Spelling>,
    /// The birthdate.
    pub birthdate: Option<Date>,
    /// The phone number in E.164.
    pub phone: Option<String>,
    /// The postal code as seven digits.
    pub postal_code: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[identity]")
    }
}

impl Identity {
    /// The identity of texts as they were typed. A phone number or a postal code that cannot be read, and an empty name,
    /// count as not given.
    pub fn new(names: &[&str], birthdate: Option<Date>, phone: &str, postal: &str) -> Identity {
        let names = names.iter().map(|name| Spelling::of(name));
        Identity {
            names: names.filter(|name| !name.is_empty()).collect(),
            birthdate,
            phone: PhoneNumber::parse(phone)
                .ok()
                .map(|phone| phone.e164().to_owned()),
            postal_code: postal_code::normalise(postal).ok(),
        }
    }

    /// The identity of the person of a notification, by its core items.
    pub fn of(checked: &Checked) -> Identity {
        let text = |id| checked.values.get(id).map(Value::text).unwrap_or_default();
        Identity::new(
            &[
                &text(core_item::NAME),
                &text(core_item::NAME_KANA),
                &text(core_item::NAME_LATIN),
            ],
            checked.date(core_item::BIRTHDATE),
            &text(core_item::PHONE),
            &text(core_item::POSTAL_CODE),
        )
    }
}

/// How likely it is that two are one person; the same whoever is asked first.
pub fn likeness(a: &Identity, b: &Identity) -> Likeness {
    reason(a, b).map_or(Likeness::None, Reason::likeness)
}

/// The strongest rule that speaks for one person.
pub fn reason(a: &Identity, b: &Identity) -> Option<Reason> {
    use {Birth as B, Name as N};
    let name = compare_names(&a.names, &b.names);
    let birth = compare_births(a.birthdate, b.birthdate);
    let both = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    let phone = both(&a.phone, &b.phone);
    let postal = both(&a.postal_code, &b.postal_code);
    // From the top: the first row that fits holds.
    Some(match (name, birth, phone, postal) {
        (N::Same, B::Same, _, _) => Reason::NameAndBirthdate,
        (N::Reading, B::Same, _, _) => Reason::ReadingAndBirthdate,
        (N::Parts, B::Same, _, _) => Reason::PartsAndBirthdate,
        (_, B::Same, true, _) => Reason::PhoneAndBirthdate,
        (N::Same, _, true, _) => Reason::NameAndPhone,
        (N::Reading, B::Slip | B::Unknown, true, _) => Reason::ReadingAndPhone,
        (N::Same, B::Slip, _, true) => Reason::NameAndPostalCodeAndSlip,
        (N::Same, B::Slip | B::Unknown, _, _) => Reason::NameAndSlip,
        (N::Same, _, _, true) => Reason::NameAndPostalCode,
        (N::Reading, _, true, _) => Reason::ReadingAndPhoneOnly,
        (N::Reading, B::Slip, _, true) => Reason::ReadingAndPostalCodeAndSlip,
        (_, B::Slip, true, _) => Reason::PhoneAndSlip,
        (N::Unknown, _, true, _) | (_, B::Unknown, true, _) => Reason::PhoneAndLittleElse,
        (_, B::Same, _, true) => Reason::PostalCodeAndBirthdate,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Name {
    Same,
    Reading,
    Parts,
    Other,
    /// One has no name, or they are written in letters that cannot be compared.
    Unknown,
}

#[derive(Clone, Copy)]
enum Birth {
    Same,
    Slip,
    Other,
    Unknown,
}

/// In what letters a name is written, the most telling last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Script {
    Kana,
    Latin,
    Rest,
    Han,
}

fn script(name: &Spelling) -> Script {
    let of = |c: char| match c {
        '\u{3041}'..='\u{30FF}' => Script::Kana,
        '々'
        | '〆'
        | '\u{3400}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Script::Han,
        // The keys are lower case and without accents.
        c if c.is_ascii() || ('\u{00C0}'..='\u{024F}').contains(&c) => Script::Latin,
        _ => Script::Rest,
    };
    let letters = name.keys().joined.chars().map(of);
    letters.max().unwrap_or(Script::Latin)
}

/// Whether people born on one day may be one person by their names alone; each spelling of one is held beside each of the
/// other.
pub fn names_are_alike(a: &[Spelling], b: &[Spelling]) -> bool {
    matches!(
        compare_names(a, b),
        Name::Same | Name::Reading | Name::Parts
    )
}

/// Whether people who are reached at one number are likely to be one person, by their names and birthdates: that of one of them may
/// be mistyped.
pub fn are_alike_at_one_number(a: (&[Spelling], Date), b: (&[Spelling], Date)) -> bool {
    let identity = |(names, birthdate): (&[Spelling], Date)| Identity {
        names: names.to_vec(),
        birthdate: Some(birthdate),
        // Which it is does not matter: it is the same.
        phone: Some(String::new()),
        postal_code: None,
    };
    likeness(&identity(a), &identity(b)) >= Likeness::Likely
}

/// Names are the same when they meet in the most telling letters that either has; when they meet in others only, they
/// share a reading, as they do where one is heard in the letters of the other.
fn compare_names(a: &[Spelling], b: &[Spelling]) -> Name {
    let top = a.iter().chain(b).map(script).max();
    let (mut reading, mut parts, mut comparable) = (false, false, false);
    for one in a {
        for other in b {
            if script(one) != script(other) {
                reading |= one.sounds_like(other);
                continue;
            }
            comparable = true;
            if one.keys().matches(other.keys()) {
                if Some(script(one)) == top {
                    return Name::Same;
                }
                reading = true;
            }
            parts |= one.shares_parts(other);
        }
    }
    match (reading, parts, comparable) {
        (true, _, _) => Name::Reading,
        (false, true, _) => Name::Parts,
        (false, false, true) => Name::Other,
        (false, false, false) => Name::Unknown,
    }
}

fn compare_births(a: Option<Date>, b: Option<Date>) -> Birth {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Birth::Same,
        (Some(a), Some(b)) if is_slip(a, b) => Birth::Slip,
        (Some(_), Some(_)) => Birth::Other,
        _ => Birth::Unknown,
    }
}

/// Whether two different days could be one, wrongly written: one digit of eight differs, or two neighbouring digits are
/// swapped; day and month are swapped; or the year was counted in the era before or after (昭和 for 平成: 63 years).
pub fn is_slip(a: Date, b: Date) -> bool {
    // From 大正 to 昭和, 昭和 to 平成, 平成 to 令和: the differences of the years before their first ones.
    const ERAS: [i16; 3] = [1925 - 1911, 1988 - 1925, 2018 - 1988];
    if a == b {
        return false;
    }
    let digits =
        |date: Date| format!("{:04}{:02}{:02}", date.year(), date.month(), date.day()).into_bytes();
    let (x, y) = (digits(a), digits(b));
    let differ: Vec<usize> = (0..x.len().min(y.len()))
        .filter(|i| x[*i] != y[*i])
        .collect();
    let by_digits = match differ.as_slice() {
        [_] => true,
        [i, j] => i + 1 == *j && x[*i] == y[*j] && x[*j] == y[*i],
        _ => false,
    };
    let swapped = a.year() == b.year() && (a.month(), a.day()) == (b.day(), b.month());
    let in_other_era =
        (a.month(), a.day()) == (b.month(), b.day()) && ERAS.contains(&(a.year() - b.year()).abs());
    by_digits || swapped || in_other_era
}

#[cfg(test)]
mod tests {
    use super::Likeness::{Likely, None, Possible, Same};
    use super::*;
    use proptest::prelude::*;

    /// `names | birthdate | phone | postal code`; names with `/` between them, anything may be empty.
    fn identity(text: &str) -> Identity {
        let parts: Vec<&str> = text.split('|').map(str::trim).collect();
        let names: Vec<&str> = parts[0].split('/').map(str::trim).collect();
        Identity::new(&names, parts[1].parse().ok(), parts[2], parts[3])
    }

    #[test]
    fn a_table_of_people_who_are_one_or_two() {
        #[rustfmt::skip]
        let table = [
            ("two clinics, one person",      "山田 花子/ヤマダ ハナコ|1985-04-01|090-1234-5678|100-8916", "山田花子/やまだ はなこ|1985-04-01|０９０１２３４５６７８|1008916", Same),
            ("moved, new phone",             "山田 花子|1985-04-01|090-1234-5678|100-8916", "山田 花子|1985-04-01|080-1111-2222|5300001", Same),
            ("variant kanji",                "髙﨑 𠮷子|1950-02-03|03-3501-1511|",          "高崎 吉子|1950-02-03||", Same),
            ("variant kanji, no phone",      "渡邊 一郎|1950-02-03||",                      "渡辺 一郎|1950-02-03||", Same),
            ("parts changed round",          "Nguyễn Văn An|1999-12-31||",                  "VAN AN NGUYEN|1999-12-31||", Same),
            ("given name first",             "John Smith/ジョン スミス|1970-07-07||",       "SMITH JOHN|1970-07-07||", Same),
            ("only kana on both faxes",      "サトウ ユミ|1960-06-06||",                    "さとう ゆみ|1960-06-06||", Same),
            ("wrong kanji, same reading",    "佐藤 裕子/サトウ ユウコ|1960-06-06||",        "佐藤 祐子/サトウ ユウコ|1960-06-06||", Likely),
            ("kana only on the fax",         "佐藤 裕子/サトウ ユウコ|1960-06-06||",        "サトウ ユウコ|1960-06-06||", Likely),
            ("in the letters of a passport", "大野 遥/オオノ ハルカ|1996-02-15||",          "ONO HARUKA|1996-02-15||", Likely),
            ("a name in the middle",         "NGUYEN THI HOA|1999-12-31||",                 "NGUYEN HOA|1999-12-31|090-1234-5678|", Likely),
            ("a name in the middle, and a slip", "NGUYEN THI HOA|1999-12-31||",             "NGUYEN HOA|1999-12-30||", None),
            ("in other letters, one digit",  "大野 遥/オオノ ハルカ|1996-02-15|090-1234-5678|", "ONO HARUKA|1996-02-16|090-1234-5678|", Likely),
            ("twins",                        "山田 太郎/ヤマダ タロウ|2010-05-05|090-1234-5678|1008916", "山田 次郎/ヤマダ ジロウ|2010-05-05|090-1234-5678|1008916", Likely),
            ("married, new family name",     "鈴木 花子|1985-04-01|090-1234-5678|",         "山田 花子|1985-04-01|090-1234-5678|", Likely),
            ("name in other letters, phone", "王 偉|1988-08-08|090-1234-5678|",             "WANG WEI|1988-08-08|090-1234-5678|", Likely),
            ("one digit of the birthdate",   "山田 花子|1985-04-01|090-1234-5678|",         "山田 花子|1985-04-07|090-1234-5678|", Likely),
            ("day and month swapped",        "山田 花子|1985-04-11|090-1234-5678|",         "山田 花子|1985-11-04|090-1234-5678|", Likely),
            ("era mixed up",                 "山田 花子|1955-04-01|090-1234-5678|",         "山田 花子|2018-04-01|090-1234-5678|", Likely),
            ("no birthdate yet",             "山田 花子||090-1234-5678|",                   "山田 花子|1985-04-01|090-1234-5678|", Likely),
            ("parent and child of one name", "John Smith|1970-07-07|090-1234-5678|",        "John Smith|2001-10-15|090-1234-5678|", Likely),
            ("reading, phone, slip",         "佐藤 裕子/サトウ ユウコ|1960-06-06|090-1234-5678|", "佐藤 祐子/サトウ ユウコ|1960-06-08|090-1234-5678|", Likely),
            ("swapped, same district",       "山田 花子|1985-04-11||1008916",               "山田 花子|1985-11-04||100-8916", Likely),
            ("swapped, nothing else",        "山田 花子|1985-04-11|080-1111-2222|",         "山田 花子|1985-11-04|090-1234-5678|", Possible),
            ("neighbouring digits swapped",  "山田 花子|1985-04-12||",                      "山田 花子|1985-04-21||", Possible),
            ("only the name",                "山田 花子|||",                                "山田 花子|1985-04-01||", Possible),
            ("namesakes in one district",    "山田 花子|1985-04-01||1008916",               "山田 花子|1972-11-23||1008916", Possible),
            ("father and son, one reading",  "山田 弘/ヤマダ ヒロシ|1950-03-03|03-3501-1511|", "山田 浩/ヤマダ ヒロシ|1981-12-24|03-3501-1511|", Possible),
            ("reading, slip, district",      "佐藤 裕子/サトウ ユウコ|1960-06-06||1008916", "佐藤 祐子/サトウ ユウコ|1960-06-08||1008916", Possible),
            ("siblings two years apart",     "山田 太郎|2010-05-05|090-1234-5678|",         "山田 次郎|2012-05-05|090-1234-5678|", Possible),
            ("born before and after midnight", "山田 太郎|2010-05-05|090-1234-5678|",       "山田 次郎|2010-05-06|090-1234-5678|", Possible),
            ("a phone and hardly more",      "山田 太郎||090-1234-5678|",                   "|2010-05-05|090-1234-5678|", Possible),
            ("birthdate and district",       "王 偉|1988-08-08||1008916",                   "WANG WEI|1988-08-08||1008916", Possible),
            ("twins with a phone each",      "山田 太郎|2000-05-05|090-1234-5678|1008916",  "山田 次郎|2000-05-05|080-1111-2222|1008916", Possible),
            ("parent and child, one phone",  "山田 花子|1985-04-01|090-1234-5678|1008916",  "山田 太郎|2010-05-05|090-1234-5678|1008916", None),
            ("a home for the old",           "山田 花子|1935-04-01|03-3501-1511|1008916",   "鈴木 一郎|1931-12-24|03-3501-1511|1008916", None),
            ("namesakes",                    "山田 花子|1985-04-01|090-1234-5678|1008916",  "山田 花子|1972-11-23|080-1111-2222|5300001", None),
            ("readings, years apart",        "山田 弘/ヤマダ ヒロシ|1950-03-03||",          "山田 浩/ヤマダ ヒロシ|1981-12-24||", None),
            ("born on one day",              "山田 花子|1985-04-01||",                      "鈴木 一郎|1985-04-01||", None),
            ("neighbours",                   "山田 花子|1985-04-01||1008916",               "鈴木 一郎|1972-11-23||1008916", None),
            ("nothing is known",             "|||",                                         "|||", None),
            ("phones that cannot be dialled", "山田 花子|1985-04-01|0|",                    "鈴木 一郎|1985-04-01|0|", None),
        ];
        for (name, a, b, expected) in table {
            let (a, b) = (identity(a), identity(b));
            assert_eq!(likeness(&a, &b), expected, "{name}: {:?}", reason(&a, &b));
            assert_eq!(
                reason(&a, &b),
                reason(&b, &a),
                "{name}, the other way round"
            );
        }
    }

    #[test]
    fn who_are_reached_at_one_number_may_be_one_with_a_mistyped_birthdate() {
        #[rustfmt::skip]
        let table = [
            ("試山 拓也|1959-01-02||", "試山 拓也|1958-12-31||", true),
            ("佐藤 裕子/サトウ ユウコ|1960-06-06||", "佐藤 祐子/サトウ ユウコ|1960-06-08||", true),
            // Father and son, and two of a household.
            ("山田 弘/ヤマダ ヒロシ|1950-03-03||", "山田 浩/ヤマダ ヒロシ|1981-12-24||", false),
            ("山田 花子|1958-12-31||", "山田 太郎|1958-12-30||", false),
        ];
        for (a, b, expected) in table {
            let (a, b) = (identity(a), identity(b));
            let whole = |one: &Identity| (one.names.clone(), one.birthdate.unwrap());
            let ((of_a, born), (of_b, otherwise)) = (whole(&a), whole(&b));
            let alike = are_alike_at_one_number((&of_a, born), (&of_b, otherwise));
            assert_eq!(alike, expected, "{:?}", reason(&a, &b));
        }
    }

    #[test]
    fn slips_of_birthdates() {
        for (a, b, slip) in [
            ("1985-04-01", "1985-04-01", false),
            ("1985-04-01", "1985-04-07", true),
            ("1985-04-01", "1986-04-01", true),
            ("1985-04-11", "1985-11-04", true),
            ("1985-04-12", "1985-04-21", true),
            ("1959-04-01", "1995-04-01", true),
            ("1985-04-30", "1985-05-01", false),
            ("1985-04-11", "1986-11-04", false),
            // 大正, 昭和, 平成, 令和.
            ("1920-01-02", "1934-01-02", true),
            ("1930-01-02", "1993-01-02", true),
            ("1990-01-02", "2020-01-02", true),
            ("1930-01-02", "1992-01-02", false),
        ] {
            let (a, b): (Date, Date) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!((is_slip(a, b), is_slip(b, a)), (slip, slip), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn everybody_with_a_name_and_a_birthdate_is_like_themselves(name in any::<String>(), phone in any::<String>()) {
            let a = Identity::new(&[&name], "1985-04-01".parse().ok(), &phone, "");
            if !a.names.is_empty() {
                prop_assert_eq!(likeness(&a, &a.clone()), Same);
            }
            prop_assert_eq!(format!("{a:?}"), "[identity]");
        }
    }
}
