//! Classifies characters for the comparison of quotes: digits, letters and scripts.

/// Returns whether a character is a digit of any script or form.
pub(crate) fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '²' | '³' | '¹' | '¼'..='¾' | '٠'..='٩' | '۰'..='۹' | '߀'..='߉'
        | '๐'..='๙' | '໐'..='໙' | '༠'..='༳' | '၀'..='၉' | '០'..='៩' | '᠐'..='᠙'
        | '⁰'..='₉' | '⅐'..='↉' | '①'..='⒛' | '⓪'..='⓿' | '❶'..='➓' | '〇' | '〡'..='〩'
        | '㈠'..='㈩' | '㉈'..='㉟' | '㊀'..='㊉' | '㊱'..='㊿' | '０'..='９'
        | '\u{1d7ce}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f10c}' | '\u{1fbf0}'..='\u{1fbf9}')
        // In most Indic blocks, the digits have the same offset.
        || matches!(c, '\u{900}'..='\u{dff}') && matches!(c as u32 & 0x7f, 0x66..=0x6f)
}

/// Returns whether a character belongs to a script without spaces between words.
pub(crate) fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{2fff}'
        | '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether a character is a letter or a digit. Outside ASCII, counts everything except
/// white space and common punctuation. Exact Unicode tables would add 10 KB to the download.
pub(crate) fn is_of_word(c: char) -> bool {
    let is_mark = matches!(c, '\u{a1}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}');
    c.is_ascii_alphanumeric() || !c.is_ascii() && !c.is_whitespace() && !is_mark
}
