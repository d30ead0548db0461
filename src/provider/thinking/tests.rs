//! Tests of `thinking`.

use super::*;

/// Filters deltas and returns the parts as text. Thinking is in brackets. A withdrawal is a `!` and
/// the number of withdrawn bytes.
fn read(deltas: &[&str]) -> String {
    let mut filter = ThinkingFilter::default();
    let mut parts = String::new();
    let mut on = |part: StreamPart<'_>| match part {
        StreamPart::Text(text) => parts.push_str(text),
        StreamPart::Thinking(text) => parts.push_str(&format!("[{text}]")),
        StreamPart::Withdrawn { bytes } => parts.push_str(&format!("!{bytes}!")),
        other => panic!("{other:?}"),
    };
    for delta in deltas {
        filter.filter(StreamPart::Text(delta), &mut on);
    }
    filter.finish(&mut on);
    parts.replace("][", "")
}

#[test]
fn tags_are_found_wherever_they_are_split() {
    for (text, expected) in [
        ("<think>a b</think>\n\nc", "[a b]c"),
        (" \n<think>\n a\n</think> c", "[a\n]c"),
        ("<think></think>c", "c"),
        ("<think>\n\n</think>\n\nc", "c"),
        (
            "<think>a</think>b<think>c</think>d",
            "[a]b<think>c</think>d",
        ),
        ("<think>a</thin</think>b", "[a</thin]b"),
        ("<think>a", "[a]"),
        ("<think>a</thi", "[a</thi]"),
        ("<think>", ""),
        ("<th", "<th"),
        ("  ", "  "),
        (" a", " a"),
        ("<thinker> is a word", "<thinker> is a word"),
        ("a <think> b </think> c", "a <think> b </think> c"),
        ("</think>\n\na", "a"),
        ("a</think>\n\nb", "a!1!b"),
        ("a\n</think>b</think>c", "a\n!2!b</think>c"),
        ("a</think>", "a!1!"),
        ("a</think> \n", "a!1!"),
        ("é</think>b", "é!2!b"),
        ("a</thi", "a</thi"),
        ("a < b << c", "a < b << c"),
        ("Close with `</think>`.", "Close with `</think>`."),
        ("\"</think>\" closes", "\"</think>\" closes"),
        ("it's \"</think>", "it's \"!6!"),
        ("a\n```\n</think>\n```\nb", "a\n```\n</think>\n```\nb"),
        ("a\n```\nb\n```\n</think>c", "a\n```\nb\n```\n!12!c"),
        ("<thinking>a</thinking>b", "[a]b"),
        ("<thought>a</thought>b", "[a]b"),
        ("[THINK]a[/THINK]b", "[a]b"),
        ("◁think▷a◁/think▷b", "[a]b"),
        ("[THIS] is text", "[THIS] is text"),
        ("<think>a</thinking>b</think>c", "[a</thinking>b]c"),
    ] {
        assert_eq!(read(&[text]), expected, "{text}");
        for (at, _) in text.char_indices() {
            let (one, two) = text.split_at(at);
            assert_eq!(read(&[one, two]), expected, "{one}|{two}");
        }
        let letters: Vec<_> = text.split_inclusive(|_| true).collect();
        assert_eq!(read(&letters), expected, "{text}");
    }
}

/// Tests that held white space has a limit, because it is read again with each delta.
#[test]
fn much_white_space_ends_the_search_for_a_tag() {
    let blanks = " ".repeat(MAX_HELD_BYTES + 1);
    let deltas: Vec<_> = blanks.split_inclusive(' ').chain(["<think>"]).collect();
    assert_eq!(read(&deltas), blanks.clone() + "<think>");
}

/// Each delta must become one part, because a run with `max_cost` counts each part as a token.
#[test]
fn a_delta_becomes_at_most_one_part() {
    let mut filter = ThinkingFilter::default();
    let mut count = 0;
    for delta in ["a", "<b> `c` < <d>", "x < y"] {
        filter.filter(StreamPart::Text(delta), &mut |_| count += 1);
    }
    assert_eq!(count, 3);
}
