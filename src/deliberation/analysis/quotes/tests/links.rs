//! Tests of quotes from answers with Markdown links and footnotes.

use super::{check, part};

#[test]
fn the_text_of_a_markdown_link_counts_as_text() {
    let plain = "The sky is blue by day, says the agency.";
    let linked = "The [sky is **blue**](https://a.example/x_(y)) by day, says [the agency](/a).";
    for (text, quote) in [
        (linked, plain),
        (plain, linked),
        (linked, linked),
        (linked, "sky is blue by day"),
        (linked, "The sky\n is blue by day, says the agency"),
        (
            "See [a \\[b\\] c d](https://a.example \"T\") now.",
            "See a [b] c d now.",
        ),
    ] {
        assert!(check(text, quote).verified, "{text}: {quote}");
    }
    let found = check(linked, "sky is blue by day");
    assert_eq!(
        part(linked, &found),
        "sky is **blue**](https://a.example/x_(y)) by day"
    );
    for (text, quote) in [
        (
            "It rose by 5[1](https://a.example) percent.",
            "It rose by 51 percent.",
        ),
        (
            "It rose by [5](https://a.example)1 percent.",
            "It rose by 51 percent.",
        ),
        (
            "It rose by [5](https://a.example).1 percent.",
            "It rose by 5.1 percent.",
        ),
        (
            "Then call list[all](of them) at once.",
            "Then call listall at once.",
        ),
        (
            "The sky is [red](https://a.example/sky-is-blue).",
            "sky-is-blue",
        ),
        (linked, "https://a.example/x_(y)"),
    ] {
        assert!(!check(text, quote).verified, "{text}: {quote}");
    }
}

#[test]
fn the_number_of_a_footnote_joins_no_text_before_or_after_it() {
    let rate = "Inflation was 5.[2](https://a.example) It fell.";
    for (text, quote) in [
        (rate, "Inflation was 5"),
        (rate, "Inflation was 5."),
        (rate, rate),
        (
            "The tower was built in 1889.[1](https://a.example) It",
            "built in 1889.",
        ),
        (
            "The tower was built in 1889.[^3](https://a.example) It",
            "built in 1889.",
        ),
        (
            "The tower was (built in 1889)[**12**](/a) and",
            "was (built in 1889)",
        ),
        ("The rate was 5 [2](https://a.example).", "The rate was 5"),
        ("It rose by 5%[2](https://a.example) then.", "It rose by 5%"),
        (
            "The sky is blue[1](https://a.example) and red.",
            "The sky is blue",
        ),
        (
            "The sky is blue[source](https://a.example) and red.",
            "The sky is blue",
        ),
        (
            "It is \"the blue sky\"[1](https://a.example) here.",
            "the blue sky",
        ),
        (
            "It fell. [1](https://a.example) 2024 was better.",
            "2024 was better",
        ),
        (
            "It costs [5](https://a.example) euros.",
            "It costs 5 euros.",
        ),
        (
            "In 2019, [23](https://a.example) people came.",
            "In 2019, 23 people came.",
        ),
        (
            "See the [dog](https://a.example)s here.",
            "See the dogs here.",
        ),
    ] {
        assert!(check(text, quote).verified, "{text}: {quote}");
    }
    for (text, quote) in [
        (rate, "Inflation was 5.2"),
        (rate, "Inflation was 5.2 It fell."),
        ("It was 5,[2](/a) then.", "It was 5,2 then."),
        ("It was 5.[**2**](/a) then.", "It was 5.2 then."),
        ("It was [5](/a).[2](/b) then.", "It was 5.2 then."),
        ("It rose to 5 [000](/a) then.", "It rose to 5 000 then."),
        ("It fell.[1](/a)[2](/b) Then.", "It fell.12 Then."),
    ] {
        assert!(!check(text, quote).verified, "{text}: {quote}");
    }
}
