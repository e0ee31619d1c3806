//! A name held beside another one: whether both may be one person's although they are not one name. Whoever asks shows them
//! to somebody; nothing is decided by it.

use super::romaji::Reading;
use super::{MOST_PARTS, NameKeys};

/// A spelling of a name, and what is compared of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Spelling {
    keys: NameKeys,
    /// The keys of its parts, in the order written.
    parts: Vec<String>,
    /// What it may be in kana, where it is written as Japanese names are in Latin letters.
    reading: Option<Reading>,
}

/// Whether the key of a name is kana alone.
pub fn is_kana(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| matches!(c, 'ァ'..='ヴ' | 'ー' | '\u{3099}' | '\u{309A}'))
}

impl Spelling {
    /// What is compared of a name.
    pub fn of(name: &str) -> Spelling {
        let keys = NameKeys::of(name);
        let mut parts: Vec<String> = name
            .split_whitespace()
            .map(|part| NameKeys::of(part).joined)
            .filter(|part| !part.is_empty())
            .collect();
        parts.truncate(MOST_PARTS);
        let reading = keys.has_latin().then(|| Reading::of(name)).flatten();
        Spelling {
            keys,
            parts,
            reading,
        }
    }

    /// Its keys.
    pub fn keys(&self) -> &NameKeys {
        &self.keys
    }

    /// Whether there is no letter in it.
    pub fn is_empty(&self) -> bool {
        self.keys.joined.is_empty()
    }

    /// Whether it is kana alone.
    pub fn is_kana(&self) -> bool {
        is_kana(&self.keys.joined)
    }

    /// Whether one of them is kana, and the other one the same in Latin letters: `ONO HARUKA` beside オオノ ハルカ.
    pub fn sounds_like(&self, other: &Spelling) -> bool {
        let is_heard = |latin: &Spelling, kana: &Spelling| {
            let reading = latin.reading.as_ref().filter(|_| kana.is_kana());
            reading.is_some_and(|reading| reading.matches(&kana.keys))
        };
        is_heard(self, other) || is_heard(other, self)
    }

    /// Whether all parts of one of them, two at least, are among those of the other one, in any order: `NGUYEN HOA` beside
    /// `NGUYEN THI HOA`.
    pub fn shares_parts(&self, other: &Spelling) -> bool {
        are_among(&self.parts, &other.parts) || are_among(&other.parts, &self.parts)
    }

    /// Whether it may [share parts](Spelling::shares_parts) with a name of this key ([`NameKeys::joined`]), found out cheaply:
    /// of a name for which this is false it does not, but for one that is written without a space.
    pub fn may_share(&self, key_joined: &str) -> bool {
        let there = self
            .parts
            .iter()
            .filter(|part| key_joined.contains(part.as_str()));
        there.take(2).count() == 2
    }

    /// Whether it may [sound like](Spelling::sounds_like) a name of this key, found out cheaply: of a name for which this is
    /// false it does not.
    pub fn may_sound_like(&self, key_joined: &str) -> bool {
        match &self.reading {
            Some(_) => is_kana(key_joined),
            None => self.is_kana() && key_joined.bytes().all(|letter| letter.is_ascii_lowercase()),
        }
    }
}

/// Whether all of some parts, two at least, are others, each of its own: one part, or neighbouring ones that somebody wrote
/// as one. Where the others were written without a space, what they begin and end with.
fn are_among(few: &[String], many: &[String]) -> bool {
    if few.len() < 2 {
        return false;
    }
    if let [whole] = many {
        let ends = |first: &String, last: &String| {
            whole.len() > first.len() + last.len()
                && whole.starts_with(first.as_str())
                && whole.ends_with(last.as_str())
        };
        return matches!(few, [one, other] if ends(one, other) || ends(other, one));
    }
    let mut is_used = vec![false; many.len()];
    few.iter().all(|part| {
        (0..many.len()).any(|from| {
            let (mut rest, mut to) = (part.as_str(), from);
            while let Some(after) = many.get(to).and_then(|one| rest.strip_prefix(one.as_str()))
                && !is_used[to]
            {
                (rest, to) = (after, to + 1);
            }
            let is_there = rest.is_empty() && to > from;
            if is_there {
                is_used[from..to].fill(true);
            }
            is_there
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_written_with_more_parts_or_in_other_letters_may_be_the_same() {
        for (a, b) in [
            ("NGUYEN HOA", "NGUYEN THI HOA"),
            ("Nguyễn Thị Hoa", "HOA NGUYEN"),
            ("SANTOS MARIA", "MARIA D’AVILA SANTOS"),
            ("Jean-Pierre Dupont", "DUPONT JEAN PIERRE MARIE"),
            ("グエン ホア", "グエンティホア"),
            ("グエン ホア", "グエン ティ ホア"),
            ("山田 花子", "山田 マリア 花子"),
            ("ONO HARUKA", "オオノ ハルカ"),
            ("Haruka Ohno", "オオノハルカ"),
            ("SATO YU", "サトウ ユウ"),
        ] {
            let (a, b) = (Spelling::of(a), Spelling::of(b));
            let is_alike = |a: &Spelling, b: &Spelling| a.sounds_like(b) || a.shares_parts(b);
            assert!(is_alike(&a, &b), "{} / {}", a.keys.joined, b.keys.joined);
            assert!(is_alike(&b, &a));
            let (x, y) = (&a.keys.joined, &b.keys.joined);
            let is_looked_at = |a: &Spelling, key| a.may_share(key) || a.may_sound_like(key);
            assert!(is_looked_at(&a, y) || is_looked_at(&b, x));
        }
    }

    #[test]
    fn others_are_not() {
        for (a, b) in [
            ("HARUKA", "オオノ ハルカ"),
            ("HOA", "NGUYEN THI HOA"),
            ("NGUYEN HOA", "NGUYEN THI HOANG"),
            ("NGUYEN HOA", "TRAN THI HOA"),
            ("山田 太郎", "山田 次郎"),
            ("山田 一", "山田 一郎"),
            ("LI NA", "LINA GONZALEZ"),
            ("ANNA ANNA", "ANNA MARIA ROSA"),
            ("ONO HARUKA", "オオノ ハルキ"),
            ("大野 遥", "ONO HARUKA"),
            ("", ""),
        ] {
            let (a, b) = (Spelling::of(a), Spelling::of(b));
            assert!(
                !a.sounds_like(&b) && !a.shares_parts(&b) && !b.shares_parts(&a),
                "{} / {}",
                a.keys.joined,
                b.keys.joined
            );
        }
    }
}
