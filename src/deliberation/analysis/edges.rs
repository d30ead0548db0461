//! Checks both ends of a quote in an answer. If a quote cuts a word, a number, a sign or a unit of
//! the answer, the quote may have another meaning than the answer.
//!
//! Each end of a quote is an edge. An edge has a chain of characters, which starts after the
//! quote's outermost word or number and leads outwards. The chain contains the rest of the quote,
//! which is only punctuation, and then the text of the answer. Chains have a fixed maximum length,
//! so each check takes the same time.

use std::ops::Range;

use crate::blank::is_zero_width;
use crate::deliberation::analysis::characters::{is_digit, is_of_word, is_spaceless};
use crate::deliberation::analysis::folding::Folded;

/// Maximum number of characters that a check reads before and after an edge of the quote.
const WINDOW: usize = 24;
/// Maximum number of letters of the unit in a range such as "3 mg - 5 mg". A longer word is not a
/// unit.
const MAX_UNIT: usize = 4;
/// Maximum number of letters of a unit that a slash or an exponent follows, such as "mg/kg".
const MAX_NAMED_UNIT: usize = 12;
/// The first letters of words that multiply the number before them, such as "million".
const MULTIPLES: [&str; 14] = [
    "hundred", "thousand", "milli", "millo", "mille", "billi", "trilli", "lakh", "crore", "dozen",
    "tausend", "mrd", "mio", "mln",
];

/// Returns whether the quote at `place` cuts no word, number or unit of the answer.
pub(super) fn is_whole(answer: &Folded, place: &Range<usize>) -> bool {
    let before = window(answer, 0..place.start, true);
    let after = window(answer, place.end..answer.text.len(), false);
    let head = window(answer, place.clone(), false);
    let tail = window(answer, place.clone(), true);
    let begins = Edge::new(&head, &before, None);
    let number = window(answer, 0..place.end, true);
    let ends = Edge::new(&tail, &after, Some(&number));
    begins.is_none_or(|edge| edge.begins()) && ends.is_none_or(|edge| edge.ends())
}

/// Returns up to [`WINDOW`] characters of `part`, a range of the answer. If `is_backward` is set,
/// reads the range from its end. Restores the line breaks and minus signs that the module `folding`
/// has replaced.
fn window(answer: &Folded, part: Range<usize>, is_backward: bool) -> Vec<char> {
    let base = part.start;
    let text = answer.text.get(part).unwrap_or_default();
    let original = |(at, c): (usize, char)| match c {
        ' ' if answer.is_line_start(base + at + 1) => '\n',
        '-' if answer.is_minus(base + at) => '−',
        _ => plain(c),
    };
    let chars = text.char_indices();
    if is_backward {
        chars.rev().take(WINDOW).map(original).collect()
    } else {
        chars.take(WINDOW).map(original).collect()
    }
}

/// Returns the ASCII form of a full-width character.
fn plain(c: char) -> char {
    let ascii = matches!(c, '\u{ff01}'..='\u{ff5e}').then(|| char::from_u32(c as u32 - 0xfee0));
    ascii.flatten().unwrap_or(c)
}

struct Edge<'a> {
    /// The outermost character of the quote's word or number at this edge.
    inner: char,
    /// The characters from `inner` outwards: first the quote's punctuation, then the text of the
    /// answer outside of the quote.
    chain: Vec<char>,
    /// Number of characters of `chain` that belong to the quote.
    own: usize,
    /// Number of digits of the quote's outermost number.
    digits: usize,
    /// At the quote's end: the characters of the answer up to `inner`, in reversed order. At the
    /// quote's start: empty.
    until: &'a [char],
}

impl<'a> Edge<'a> {
    /// Returns the edge. If the characters of `inside` contain no letter and no digit, returns
    /// `None`.
    fn new(inside: &[char], outside: &[char], until: Option<&'a [char]>) -> Option<Self> {
        let own = inside.iter().position(|c| is_part(*c))?;
        let marks = inside.get(..own).unwrap_or_default();
        let word = inside.get(own..).unwrap_or_default();
        Some(Self {
            inner: *word.first()?,
            chain: marks.iter().rev().chain(outside).copied().collect(),
            own,
            digits: word.iter().take_while(|c| is_digit(**c)).count(),
            until: until.and_then(|until| until.get(own..)).unwrap_or_default(),
        })
    }

    fn outside(&self) -> &[char] {
        self.chain.get(self.own..).unwrap_or_default()
    }

    fn begins(&self) -> bool {
        if self.is_inside_character() {
            return false;
        }
        if is_numeral(self.inner) {
            return !self.continues(true) && !self.has_sign();
        }
        self.is_word_edge()
    }

    fn ends(&self) -> bool {
        if self.is_inside_character() {
            return false;
        }
        if is_numeral(self.inner) {
            return !self.continues(false) && !self.has_suffix();
        }
        self.is_word_edge() && !self.has_unit_after()
    }

    /// Returns whether the first character outside of the quote is a combining mark. Such a mark
    /// belongs to the quote's last character.
    fn is_inside_character(&self) -> bool {
        self.outside().first().is_some_and(|next| {
            is_zero_width(*next) || matches!(next, '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}')
        })
    }

    /// Returns whether the word ends at this edge. Words such as "non-toxic", "can't" or "safe_ty"
    /// continue after the punctuation.
    fn is_word_edge(&self) -> bool {
        let outside = self.outside();
        let (next, second) = (outside.first(), outside.get(1));
        let is_attached = |c: Option<&char>| c.is_some_and(|c| is_part(*c));
        if self.own > 0 {
            // The quote may end inside a word, such as "non-" in "non-toxic".
            let joins = self.chain.get(..self.own).is_some_and(|marks| {
                marks.last().is_some_and(|mark| is_word_joiner(*mark)) && !marks.contains(&' ')
            });
            return !(joins && is_attached(next) && !next.is_some_and(|c| is_spaceless(*c)));
        }
        if is_spaceless(self.inner) {
            return true;
        }
        match next {
            None => true,
            Some(next) if is_word_joiner(*next) => !is_attached(second),
            Some(next) => is_spaceless(*next) || !is_part(*next),
        }
    }

    /// Returns whether the quote's outermost number is a part of a longer number, of a range or of
    /// a calculation in the answer. Examples are "1.5", "10 000", "3-5", "5 × 10⁶" and "1万5000".
    fn continues(&self, is_backward: bool) -> bool {
        let chain = self.chain.as_slice();
        let length = chain.iter().position(|c| is_part(*c) || *c == '\n');
        let Some((gap, rest)) = length.and_then(|length| chain.split_at_checked(length)) else {
            return false;
        };
        let Some(other) = rest.first().copied() else {
            return false;
        };
        if other == '\n' {
            // A line break divides a number only if the digits on one side are a group of three.
            let behind = rest.get(1..).unwrap_or_default();
            let group = behind.iter().take_while(|c| is_digit(**c)).count();
            let has_group = self.digits == 3 || group == 3;
            return gap.is_empty() && group > 0 && self.digits > 0 && has_group;
        }
        let is_number = is_digit(self.inner) && is_digit(other);
        let second = rest.get(1).copied();
        match gap {
            [] if is_numeral(other) => true,
            [] if is_range_word(other) => second.is_some_and(is_numeral),
            [] => !is_spaceless(other) && !is_spaceless(self.inner),
            [' '] if other == 'x' => after_number(rest.get(1..).unwrap_or_default(), is_backward),
            [' '] => is_number,
            _ if !gap.contains(&' ') => {
                let is_divided = gap.iter().any(|c| is_divider(*c));
                is_number && !is_divided || self.has_own_operator(gap, other)
            }
            _ => is_operator_between(gap) && after_number(rest, is_backward),
        }
    }

    /// Returns whether a mark at the edge of the quote joins the number to a word outside: "-19" of
    /// "covid-19".
    fn has_own_operator(&self, gap: &[char], other: char) -> bool {
        let own = self.own > 0 && self.own == gap.len() && !is_spaceless(other);
        own && gap
            .last()
            .is_some_and(|mark| is_word_joiner(*mark) || matches!(mark, '.' | '/' | '^' | '−'))
    }

    /// Returns whether a sign outside changes the number: "-5", "− 5", "-$5", "< 5", "minus 5".
    fn has_sign(&self) -> bool {
        let marks = self.chain.get(..self.own).unwrap_or_default();
        if !marks.iter().all(|c| is_currency(*c)) {
            return false;
        }
        let currencies = self.chain.iter().take_while(|c| is_currency(**c)).count();
        let outside = self.chain.get(currencies..).unwrap_or_default();
        match outside {
            [sign, ..] if is_sign(*sign) => true,
            ['.', ..] => true,
            ['负' | '負', ..]
            | ['之', '分', ..]
            | ['下', '零', ..]
            | ['ス', 'ナ', 'イ', 'マ', ..] => true,
            [letter, ..] if currencies > 0 => is_part(*letter) && !is_spaceless(*letter),
            [
                ' ',
                '−' | '~' | '±' | '≈' | '<' | '≤' | '≥' | '√' | '∼' | '〜',
                ..,
            ]
            | ['\n', '−', ..] => true,
            [' ', '>', behind @ ..] => !is_line_start(behind),
            [' ', '-', behind @ ..] => {
                let behind = behind.iter().find(|c| **c != ' ');
                behind.is_some_and(|c| {
                    matches!(c, '=' | '(' | '≈' | '<' | '>' | '≤' | '≥' | '~' | '±')
                })
            }
            [' ', word @ ..] => {
                let word = word.iter().take_while(|c| is_of_word(**c));
                let word = word.collect::<Vec<_>>().into_iter().rev();
                matches!(word.collect::<String>().as_str(), "minus" | "negative")
            }
            _ => false,
        }
    }

    /// Returns whether a sign, a unit or a multiple follows the number: "5%", "5µg", "5 million".
    fn has_suffix(&self) -> bool {
        let outside = self.outside();
        let behind = match outside {
            [' ', behind @ ..] => behind,
            _ => outside,
        };
        if matches!(behind, ['%' | '‰' | '‱' | '٪' | '؉' | '؊' | '﹪', ..]) {
            return true;
        }
        if self.own > 0 {
            return false;
        }
        let word: String = behind.iter().take_while(|c| is_of_word(**c)).collect();
        let is_multiple = MULTIPLES.iter().any(|multiple| word.starts_with(multiple));
        let is_attached = matches!(outside, [c, ..] if is_sign(*c) || is_currency(*c)
            || matches!(c, 'µ' | '°' | 'º' | 'ª' | '′' | '″' | '‴'));
        is_multiple || is_attached || outside.starts_with(&['分', '之'])
    }

    /// Returns whether the unit at the quote's end continues in the answer, as in "5 mg/kg". Also
    /// returns true if the quote's end is a part of a range, as in "3 mg - 5 mg".
    fn has_unit_after(&self) -> bool {
        if self.own > 0 {
            return false;
        }
        let is_attached = |c: &char| is_part(*c) || matches!(c, '-' | '−');
        match self.chain.as_slice() {
            [
                '/' | '^' | '·' | '⋅' | '*' | '×' | '∕' | '⁄' | '•' | '‧' | '∙',
                next,
                ..,
            ]
            | [' ', '/' | '^' | '·' | '⋅' | '×' | '∕' | '⁄', ' ', next, ..]
                if is_attached(next) =>
            {
                is_unit(self.until, MAX_NAMED_UNIT)
            }
            [' ', '-' | '−' | '~' | '×' | 'x' | '±', ' ', next @ ..] => {
                let next = next.iter().find(|c| !is_currency(**c));
                next.is_some_and(|c| is_digit(*c)) && is_unit(self.until, MAX_UNIT)
            }
            _ => false,
        }
    }
}

/// Returns whether a text ends with a number and a unit of at most `max` letters. `backward` has
/// the characters of the text in reversed order.
fn is_unit(backward: &[char], max: usize) -> bool {
    let letters = backward
        .iter()
        .take_while(|c| !is_digit(**c) && (is_part(**c) || matches!(c, 'µ' | '°' | '%')))
        .count();
    let rest = backward.get(letters..).unwrap_or_default();
    let rest = rest.strip_prefix(&[' ']).unwrap_or(rest);
    let is_number = rest.first().is_some_and(|c| is_digit(*c));
    is_number && letters <= max
}

/// Returns whether `rest`, the text after an operator, begins with a number. If `rest` is read
/// backwards, a unit may precede the number.
fn after_number(rest: &[char], is_backward: bool) -> bool {
    let rest = rest.strip_prefix(&[' ']).unwrap_or(rest);
    let is_digit = rest.first().is_some_and(|c| is_digit(*c));
    is_digit || is_backward && is_unit(rest, MAX_UNIT)
}

/// Returns whether the characters between two numbers contain exactly one operator. Ignores spaces,
/// currency signs and percent signs.
fn is_operator_between(gap: &[char]) -> bool {
    let mut marks = gap
        .iter()
        .filter(|c| **c != ' ' && !is_currency(**c) && !matches!(c, '%' | '°' | '‰'));
    let operator = marks.next();
    marks.next().is_none()
        && operator.is_some_and(|c| {
            matches!(
                c,
                '-' | '−' | '~' | '〜' | '∼' | '+' | '±' | '×' | '·' | '⋅' | '*' | '/' | '⁄'
            ) || matches!(c, '∕' | '÷' | '^' | '✕' | '✖' | '⨯')
        })
}

fn is_line_start(behind: &[char]) -> bool {
    matches!(behind, [] | ['\n', ..])
}

/// Returns whether the character is a digit or a letter. Returns false for operators, arrows,
/// currency signs, and the punctuation of other scripts.
fn is_part(c: char) -> bool {
    let is_symbol = matches!(c, '×' | '÷' | '،' | '؛' | '؟' | '٪'..='٬' | '۔' | '।' | '॥')
        || matches!(c, '\u{20a0}'..='\u{20cf}' | '\u{2190}'..='\u{2bff}' | '\u{fe10}'..='\u{fe1f}')
        || matches!(c, '\u{fe30}'..='\u{fe6f}');
    is_digit(c) || is_of_word(c) && !is_symbol
}

/// Returns whether the character is a digit, or a Chinese or Japanese numeral.
fn is_numeral(c: char) -> bool {
    is_digit(c)
        || matches!(
            c,
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千'
        )
        || matches!(
            c,
            '万' | '萬' | '亿' | '億' | '兆' | '两' | '兩' | '零' | '壹' | '贰' | '叁' | '肆'
        )
        || matches!(
            c,
            '伍' | '陆' | '柒' | '捌' | '玖' | '拾' | '佰' | '仟' | '廿' | '卅' | '半'
        )
}

/// Returns whether the character is a Chinese word that joins the parts of a number or a range.
fn is_range_word(c: char) -> bool {
    matches!(c, '点' | '點' | '至' | '到' | '又')
}

/// Returns whether the punctuation mark may stand inside a word.
fn is_word_joiner(c: char) -> bool {
    matches!(
        c,
        '-' | '\'' | '"' | '*' | '_' | '`' | '´' | '′' | '‵' | '·' | '‧' | '․' | '¨' | '¸'
    )
}

/// Returns whether the punctuation mark separates sentences, footnotes or table cells.
fn is_divider(c: char) -> bool {
    matches!(
        c,
        '[' | ']' | '|' | '。' | '、' | '!' | '?' | '{' | '}' | '「' | '」' | '\\'
    )
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20cf}')
}

/// Returns whether the character changes the value of a number beside it, as a minus sign does.
fn is_sign(c: char) -> bool {
    matches!(
        c,
        '-' | '+' | '±' | '~' | '〜' | '<' | '>' | '^' | '*' | '_' | '`' | '/' | '⁄' | '×' | '÷'
    ) || matches!(c, '·' | '%' | '‰' | '\\' | '\u{2200}'..='\u{22ff}')
}
