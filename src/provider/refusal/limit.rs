//! Reads from a refusal how many tokens the server allows.
//!
//! In: the text of the refusal, and the token limit of the request. Out: the reason why the server
//! refuses this limit.
//!
//! A number in the text may be the limit, the context window, the prompt, a sum or a range. The
//! words before and after a number show its meaning.

use memchr::memmem;

/// The reason why a server refuses the limit of the answer's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LimitFault {
    /// The limit is too large. The value is the number of tokens that the server allows, if the
    /// refusal contains this number.
    TooLarge(Option<u64>),
    /// The server does not accept the field that contains the limit. The server may accept the
    /// limit in another field.
    Name,
}

/// Words that say that a limit is too large.
const SIZE: [&str; 22] = [
    "too large",
    "too big",
    "too high",
    "too many",
    "exceed",
    "at most",
    "up to",
    "maximum",
    "less than",
    "less or equal",
    "lower than",
    "smaller than",
    "cannot be greater",
    "above",
    "<=",
    "range",
    "between",
    "limit",
    " > ",
    "afford",
    "context length",
    "reduce",
];

/// Words that say that a limit is too small.
const TOO_SMALL: [&str; 5] = [
    "must be greater",
    "below minimum",
    "below the minimum",
    "too small",
    ">=",
];

/// Words that refer to the tokens of an answer. They include the names of the fields.
const OUTPUT: [&str; 8] = [
    "completion",
    "output",
    "maximum tokens",
    "max tokens",
    "requested",
    "generat",
    "tokens per min",
    "tpm",
];

/// Names of the limit's field, without underscores.
const FIELDS: [&str; 4] = [
    "maxtokens",
    "maxcompletiontokens",
    "maxoutputtokens",
    "maxnewtokens",
];

/// Returns the reason why the server refuses the limit `sent`. `words` is the text of the refusal
/// in lower case. If the refusal names the field of the limit, `is_named` is true. If the refusal
/// names another field, `is_other` is true.
pub(super) fn fault(words: &str, sent: u64, is_named: bool, is_other: bool) -> Option<LimitFault> {
    let has = |needle: &&str| contains(words, needle);
    let is_named = is_named || names_field(words);
    let numbers = numbers(words);
    let is_mentioned = numbers.iter().any(|number| number.value == sent);
    if TOO_SMALL.iter().any(has) || (is_other && !is_mentioned) {
        return None;
    }
    let mentions_size = contains(words, "token") || contains(words, "length");
    let mentions_output_size = mentions_size && OUTPUT.iter().any(has);
    let is_about_output = is_named || is_mentioned || mentions_output_size;
    if is_about_output && SIZE.iter().any(has) {
        match allowed(&numbers, sent) {
            Allowed::Tokens(tokens) => return Some(LimitFault::TooLarge(Some(tokens))),
            Allowed::Unknown if is_named => return Some(LimitFault::TooLarge(None)),
            _ => return None,
        }
    }
    (is_named && !is_other).then_some(LimitFault::Name)
}

/// Returns whether the words name the field of a limit, in any spelling.
fn names_field(words: &str) -> bool {
    let joined = words.replace('_', "");
    FIELDS.iter().any(|name| contains(&joined, name))
}

/// The result of [`allowed`].
enum Allowed {
    Tokens(u64),
    /// The text has no suitable number.
    Unknown,
    /// The prompt alone is too long.
    PromptTooLong,
}

/// Returns the largest limit that the numbers in the refusal allow. The limit must be below `sent`,
/// and leave room for the prompt.
fn allowed(numbers: &[Number<'_>], sent: u64) -> Allowed {
    let mut prompt: Option<u64> = None;
    let (mut ceilings, mut exclusive) = (Vec::new(), Vec::new());
    for number in numbers.iter().filter(|number| number.value != sent) {
        match number.meaning(sent) {
            Meaning::Prompt => prompt = prompt.max(Some(number.value)),
            Meaning::Sum => prompt = prompt.max(Some(number.value - sent)),
            Meaning::Ceiling if number.is_exclusive() => {
                exclusive.push(number.value);
                ceilings.push(number.value.saturating_sub(1));
            }
            Meaning::Ceiling => ceilings.push(number.value),
        }
    }
    ceilings.retain(|ceiling| !exclusive.contains(ceiling));
    let room = |ceiling: &u64| {
        ceiling
            .checked_sub(prompt.unwrap_or(0))
            .filter(|room| (1..sent).contains(room))
    };
    match ceilings.iter().filter_map(room).max() {
        Some(tokens) => Allowed::Tokens(tokens),
        None if prompt.is_some() => Allowed::PromptTooLong,
        None => Allowed::Unknown,
    }
}

/// A number in the refusal. `before` is the text after the previous number, and `after` is the text
/// before the next number.
struct Number<'a> {
    value: u64,
    before: &'a str,
    after: &'a str,
}

/// The meaning of a number in a refusal.
enum Meaning {
    /// The maximum number of tokens of the answer, or of the prompt and the answer together.
    Ceiling,
    /// The number of tokens of the prompt.
    Prompt,
    /// The sum of the prompt's tokens and the limit.
    Sum,
}

impl Number<'_> {
    /// Returns the meaning of the number. If the text after the number refers to the prompt, the
    /// number is the size of the prompt. Otherwise the nearest keyword before the number determines
    /// the meaning.
    fn meaning(&self, sent: u64) -> Meaning {
        const AFTER_PROMPT: [&str; 9] = [
            "in the messages",
            "in the prompt",
            "in the functions",
            "in your prompt",
            "of text input",
            "of tool input",
            "input tokens",
            "prompt tokens",
            "from the input",
        ];
        let starts = |words: &&str| {
            self.after
                .trim_start_matches(&SPACE[..])
                .starts_with(*words)
        };
        let after = self.after.replace('`', "");
        let follows = |words: &&str| {
            let rest = after.trim_start_matches(&SPACE[..]);
            let rest = rest.strip_prefix("tokens").unwrap_or(rest);
            rest.trim_start_matches(&SPACE[..]).starts_with(*words)
        };
        if starts(&"+")
            || AFTER_PROMPT.iter().any(follows)
            || follows(&"inputs")
            || self.before.trim_end_matches(' ').ends_with('-')
        {
            return Meaning::Prompt;
        }
        let last = |words: &[&str]| {
            let find = |words: &&str| last_place(self.before, words);
            words.iter().filter_map(find).max()
        };
        let ceiling = last(&[
            "max", "limit", "most", "up to", "window", "<", ">", "less", "lower", "range",
            "exceed", "only", "afford", "above", "between", "support",
        ]);
        let sum = last(&["request", "total", "current length", "requires", "sum of"])
            .filter(|_| self.value > sent);
        let prompt = last(&["prompt", "input", "messages", " has "]);
        match (ceiling, sum, prompt) {
            (None, None, None) => Meaning::Ceiling,
            (ceiling, Some(_), prompt) if ceiling < sum && prompt < sum => Meaning::Sum,
            (None, _, Some(_)) => Meaning::Prompt,
            _ => Meaning::Ceiling,
        }
    }

    /// Returns whether the limit must be smaller than the number, as in "less than 4096".
    fn is_exclusive(&self) -> bool {
        let before = self.before.trim_end_matches(&SPACE[..]);
        self.after.trim_start_matches(' ').starts_with("(exclusive")
            || ["less than", "lower than", "smaller than", "below", " <"]
                .iter()
                .any(|words| before.ends_with(words))
    }
}

/// Characters that may stand between a number and the words about it.
const SPACE: [char; 6] = [' ', '`', '\'', '"', '(', ':'];

/// Maximum number of numbers that are read.
const MAX_NUMBERS: usize = 100;

/// Returns the integers in a text, except those in a model's name, a version or a date.
fn numbers(words: &str) -> Vec<Number<'_>> {
    let mut numbers: Vec<Number<'_>> = Vec::new();
    let (mut end, mut at) = (0, 0);
    while let Some(rest) = words.get(at..).filter(|_| numbers.len() < MAX_NUMBERS) {
        let Some(start) = rest
            .find(|c: char| c.is_ascii_digit())
            .map(|start| at + start)
        else {
            break;
        };
        let digits = words.get(start..).unwrap_or_default();
        let length = length_of_number(digits);
        at = start + length;
        let before = words.get(..start).unwrap_or_default();
        let after = words.get(at..).unwrap_or_default();
        let text = digits.get(..length).unwrap_or_default().replace(',', "");
        let Ok(value) = text.parse::<u64>() else {
            continue;
        };
        if is_part_of_word(before, after) {
            continue;
        }
        let sentence = last_place(before, ". ").map_or(0, |dot| dot + 2);
        if let Some(last) = numbers.last_mut() {
            last.after = words.get(end..start).unwrap_or_default();
        }
        numbers.push(Number {
            value,
            before: words.get(sentence.max(end)..start).unwrap_or_default(),
            after,
        });
        end = at;
    }
    numbers
}

/// Returns the length of the number at the start of `digits`. The number may have commas between
/// groups of three digits.
fn length_of_number(digits: &str) -> usize {
    let bytes = digits.as_bytes();
    let run = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut length = run(0);
    while length > 0 && bytes.get(length) == Some(&b',') && run(length + 1) == 3 {
        length += 4;
    }
    length
}

/// Returns whether a number belongs to a word, as in `gpt-4`, `8k`, `3.5` or `2024-05-13`.
fn is_part_of_word(before: &str, after: &str) -> bool {
    let mut before = before.chars().rev();
    let (last, second) = (before.next(), before.next());
    let mut after = after.chars();
    let (first, next) = (after.next(), after.next());
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_joint = |c: Option<char>| matches!(c, Some('-' | '.' | '/' | '@'));
    is_word(last)
        || is_word(first)
        || (is_joint(last) && is_word(second))
        || (is_joint(first) && is_word(next))
}

/// Returns the offset of the last `needle` in `words`.
fn last_place(words: &str, needle: &str) -> Option<usize> {
    let is_at = |at: &usize| {
        let rest = words.as_bytes().get(*at..);
        rest.is_some_and(|rest| rest.starts_with(needle.as_bytes()))
    };
    (0..words.len()).rev().find(is_at)
}

fn contains(words: &str, needle: &str) -> bool {
    memmem::find(words.as_bytes(), needle.as_bytes()).is_some()
}
