//! Searches a model's reply for the object that is the answer. The last object counts.

use super::{NoObject, decoded, object, work};
use crate::json::value::Map;

/// The search may read some bytes of the text several times. These are the maximum numbers of such
/// bytes: as a multiple of the text's length, and as a total. Without these limits, a reply that
/// consists of braces would take seconds.
const MAX_RESCANS: usize = 24;
const MAX_RESCANNED: usize = 4 << 20;

/// Calls `pick` for the objects in `text`. Returns the last result that is `Some`, because earlier
/// objects may be echoes of the prompt.
///
/// `pick` also receives the start and the end of the object in the text. If the object was encoded,
/// for example with HTML entities, it receives `None` instead.
///
/// Returns `None` if the search would exceed the limits for bytes that are read again.
pub(crate) fn last<T>(
    text: &str,
    mut pick: impl FnMut(Map, Option<(usize, usize)>) -> Option<T>,
) -> Option<T> {
    let mut found = None;
    search(text, 2, &mut |members, place| {
        let picked = pick(members, place);
        let is_picked = picked.is_some();
        found = picked.or(found.take());
        is_picked
    })?;
    found
}

type Visit<'a> = dyn FnMut(Map, Option<(usize, usize)>) -> bool + 'a;

/// Calls `visit` with each object, from first to last. `visit` returns whether it accepts the
/// object. An object may be encoded several times. `levels` is the number of times that the search
/// may still decode.
fn search(text: &str, levels: u8, visit: &mut Visit<'_>) -> Option<()> {
    let mut budget = (text.len() * MAX_RESCANS + (64 << 10)).min(MAX_RESCANNED);
    let last_bracket = text.rfind(['}', ']']).unwrap_or_default();
    let (mut at, mut opaque) = (0, Vec::new());
    // `read_end` is the end of the text that was already read as an object. `picked_end` is the end
    // of the last accepted object.
    let (mut read_end, mut picked_end) = (0, 0);
    while let Some(brace) = text.get(at..).and_then(|rest| rest.find('{')) {
        at += brace;
        if let Some(end) = end_of_span(&mut opaque, at) {
            at = end;
            continue;
        }
        let rest = text.get(at..)?;
        if levels > 0
            && at >= read_end
            && let Some((inner, length)) = unwrapped(rest)
        {
            search(&inner, levels - 1, &mut |members, _| visit(members, None))?;
            at += length.max(1);
            continue;
        }
        let (length, strings, is_complete) = match object(rest) {
            Ok(object) => {
                let end = at + object.length;
                // Inside an accepted object, visit another object only if it is the end of the
                // reply and has no name without a value. Any other inner object is a quotation.
                let is_eligible = at >= picked_end || end > last_bracket && !object.has_stray;
                if is_eligible && visit(object.members, Some((at, end))) {
                    picked_end = picked_end.max(end);
                }
                let is_complete = !object.cut && !object.strings.doubtful;
                (object.length, object.strings, is_complete)
            }
            Err(NoObject { length, strings }) => (length, strings, false),
        };
        read_end = read_end.max(at + length);
        if is_complete {
            at += length.max(1);
            continue;
        }
        // The object is incomplete, but may contain a complete object. Continue the search inside
        // it.
        budget = budget.checked_sub(length)?;
        if opaque.is_empty() {
            let spans = strings.whole.iter().rev();
            opaque.extend(spans.map(|(begin, end)| (at + begin, at + end)));
        }
        at += 1;
    }
    Some(())
}

/// Returns the end of the span that contains `at`. `spans` are sorted from the last to the first.
/// Removes spans that end before `at`.
fn end_of_span(spans: &mut Vec<(usize, usize)>, at: usize) -> Option<usize> {
    while spans.last().is_some_and(|(_, end)| *end <= at) {
        spans.pop();
    }
    let (begin, end) = spans.last()?;
    (*begin <= at).then_some(*end)
}

/// Decodes an object whose whole text is encoded as a JSON string or with HTML entities. Returns
/// the decoded text and the length of the encoded text.
fn unwrapped(text: &str) -> Option<(String, usize)> {
    let mut first = text.get(1..)?.trim_ascii_start();
    for line_end in ["\\n", "\\r\\n"] {
        while let Some(rest) = first.strip_prefix(line_end) {
            first = rest;
        }
    }
    let first = first.trim_ascii_start();
    if ["&quot;", "&#34;", "&#x22;", "&#39;"]
        .iter()
        .any(|entity| first.starts_with(entity))
    {
        return Some((without_entities(text), text.len()));
    }
    work::count(text.len() - first.len());
    let slashes = first.len() - first.trim_start_matches('\\').len();
    if slashes == 0 || !first.get(slashes..)?.starts_with('"') {
        return None;
    }
    // The string ends at the first quote that has fewer backslashes than its opening quote.
    let (mut length, mut run) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'\\' => run += 1,
            b'"' if run < slashes => break,
            _ => run = 0,
        }
        length += 1;
    }
    work::count(length);
    Some((decoded(text.as_bytes().get(..length)?), length))
}

fn without_entities(text: &str) -> String {
    work::count(text.len());
    const ENTITIES: [(&str, char); 8] = [
        ("quot;", '"'),
        ("#34;", '"'),
        ("#x22;", '"'),
        ("#39;", '\''),
        ("apos;", '\''),
        ("lt;", '<'),
        ("gt;", '>'),
        ("amp;", '&'),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = ENTITIES
            .iter()
            .find_map(|(name, character)| Some((*character, after.strip_prefix(name)?)));
        let (character, tail) = entity.unwrap_or(('&', after));
        plain.push(character);
        rest = tail;
    }
    plain + rest
}
