//! Finds characters without a width, and texts without a visible character.

/// Returns whether a text has no visible character.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_zero_width(c))
}

/// Returns whether a character has no width.
pub(crate) fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_visible_character_is_blank() {
        for blank in ["", " \n\u{a0}", "\u{200b}\u{feff} \u{2060}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for visible in ["a", "\u{200b}.", "é"] {
            assert!(!is_blank(visible), "{visible:?}");
        }
    }
}
