//! How much room text takes, estimated: the server has no fonts. Rather too much than too little.

/// How far a character reaches, in ems.
fn em(c: char) -> f64 {
    match c {
        // What joins or marks the letter before.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
        '0'..='9' | '<' | '>' | '+' | '-' | '–' | '°' | '/' | '(' | ')' => 0.6,
        'A'..='Z' => 0.72,
        '\u{0}'..='\u{2ff}' => 0.6,
        '\u{ff61}'..='\u{ff9f}' => 0.6,
        // Pictures.
        '\u{1f000}'..='\u{1ffff}' => 1.4,
        _ => 1.0,
    }
}

/// Whether a line may be broken beside this character, as in Japanese.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// What must not begin a line.
fn is_closing(c: char) -> bool {
    "、。，．・：；？！）」』】〕］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ".contains(c)
}

/// The width of a text.
pub(super) fn width(text: &str, font: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * font
}

/// The text, or its beginning and an ellipsis.
pub(super) fn fit(text: &str, font: f64, room: f64) -> String {
    // A whisker of tolerance: the room was often made for this very text.
    if width(text, font) <= room + 0.01 {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = width("…", font);
    for c in text.chars() {
        used += em(c) * font;
        if used > room {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

/// The first characters, and an ellipsis if there were more.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// In lines no wider than the room, at most so many; what is too much ends in an ellipsis.
pub(super) fn wrap(text: &str, font: f64, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text, font, room) {
        let longer = format!("{line}{piece}");
        if line.is_empty() || width(longer.trim_end(), font) <= room {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, piece));
        }
    }
    lines.push(line);
    if lines.len() > most.max(1) {
        let rest = lines.split_off(most.max(1) - 1).concat();
        lines.push(fit(rest.trim_end(), font, room));
    }
    lines.iter().map(|l| l.trim().to_owned()).collect()
}

/// The pieces between which a line may be broken; none is wider than the room.
fn pieces(text: &str, font: f64, room: f64) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        let breaks = match before {
            None => true,
            Some(b) => c != ' ' && (b == ' ' || ((is_wide(b) || is_wide(c)) && !is_closing(c))),
        };
        match pieces.last_mut() {
            Some(last) if !breaks && (c == ' ' || width(last, font) + em(c) * font <= room) => {
                last.push(c);
            }
            _ => pieces.push(c.to_string()),
        }
        before = Some(c);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_japanese_character_is_one_em() {
        assert_eq!(width("保健所", 10.0), 30.0);
        assert_eq!(width("", 10.0), 0.0);
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(fit("short", 10.0, 100.0), "short");
        let kept = fit("新宿区保健所の自宅療養者", 10.0, 50.0);
        assert_eq!(kept, "新宿区保…");
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("abcd", 4), "abcd");
    }

    #[test]
    fn lines_break_where_they_may() {
        assert_eq!(wrap("one two three", 10.0, 60.0, 3), ["one two", "three"]);
        assert_eq!(wrap("東京都新宿区", 10.0, 40.0, 3), ["東京都新", "宿区"]);
        // A long vowel mark does not begin a line.
        assert_eq!(wrap("新宿センター", 10.0, 50.0, 3), ["新宿セン", "ター"]);
        assert_eq!(wrap("東京都新宿区", 10.0, 20.0, 2), ["東京", "都…"]);
        assert_eq!(wrap("", 10.0, 20.0, 2), [""]);
        for line in wrap("Llanfairpwllgwyngyllgogerych", 10.0, 50.0, 9) {
            assert!(width(&line, 10.0) <= 50.0, "{line}");
        }
    }
}
