//! Tests of `quotes`.

use super::*;
use crate::native_tests::runs::harness::UNICODE;
use crate::usage::CallUsage;

fn response(content: &str) -> Response {
    Response {
        index: 0,
        model: "m".into(),
        content: content.into(),
        sources: Vec::new(),
        usage: CallUsage::default(),
        finish_reason: None,
    }
}

fn check(text: &str, quote: &str) -> Quote {
    QuoteFinder::new(&[response(text)], UNICODE).check(0, quote.into())
}

/// Returns the part of the text that `start` and `end` name.
fn part(text: &str, quote: &Quote) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let [start, end] = [quote.start, quote.end].map(|at| at.unwrap().get() as usize);
    String::from_utf16(&units[start..end]).unwrap()
}

#[test]
fn a_changed_number_is_never_verified() {
    let pairs = [
        ("The dose is 10⁶ cells.", "The dose is 106 cells."),
        ("The dose is 10⁶ cells.", "The dose is 10"),
        ("Take 2*3 mg daily.", "Take 23 mg daily."),
        ("Take 2**3 mg daily.", "Take 23 mg daily."),
        ("Take 2 *3 mg daily.", "Take 2 3 mg daily."),
        ("Take 2* 3 mg daily.", "Take 2 3 mg daily."),
        ("Take 2 * 3 mg daily.", "Take 2 3 mg daily."),
        ("Take 2*-3 mg daily.", "Take 2-3 mg daily."),
        ("Take 10*.5 mg daily.", "Take 10.5 mg daily."),
        ("Take 1_0 mg daily.", "Take 10 mg daily."),
        ("Take 1`0 mg daily.", "Take 10 mg daily."),
        ("Take ½ tablet daily.", "Take 1⁄2 tablet daily."),
        ("Take ½ tablet daily.", "Take 1/2 tablet daily."),
        ("Take 1½ tablets daily.", "Take 11⁄2 tablets daily."),
        ("Take ①② mg daily.", "Take 12 mg daily."),
        ("Take ⑫ mg daily.", "Take 12 mg daily."),
        ("Take ❷ mg daily.", "Take 2 mg daily."),
        ("Take 𝟏𝟎 mg daily.", "Take 10 mg daily."),
        ("Take １０ mg daily.", "Take 10 mg daily."),
        ("Take 1\u{20e3} mg daily.", "Take 1 mg daily."),
        ("Take ١٠ mg daily.", "Take 10 mg daily."),
        ("so then x is 3²", "so then x is 32"),
        ("so then x is 3²", "so then x is 3"),
        ("so then x is 3₂", "so then x is 3"),
        ("so then x is 3^2", "so then x is 3"),
        ("so then x is 3½", "so then x is 3"),
        ("The area is 5 m².", "The area is 5 m2."),
        ("The area is 5 m².", "The area is 5 m"),
        ("Use 5\u{200b}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{ad}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{2060}\u{200d}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{34f}0 mg daily.", "Use 50 mg daily."),
        ("Use 5*\u{200b}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{fe0f}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{e0100}0 mg daily.", "Use 50 mg daily."),
        ("Use 5\n0 mg daily.", "Use 50 mg daily."),
        ("Use 5\u{a0}0 mg daily.", "Use 50 mg daily."),
        ("Use 1\\.5 mg daily.", "Use 15 mg daily."),
        ("Use 1.5 mg daily.", "5 mg daily."),
        ("Use 1,5 mg daily.", "5 mg daily."),
        ("Use .5 mg daily now.", "5 mg daily now."),
        ("Use 10 000 units daily.", "000 units daily."),
        ("We need exactly 10 000 units", "We need exactly 10"),
        ("It is at -5 degrees today.", "5 degrees today."),
        ("It is at −5 degrees today.", "5 degrees today."),
        ("Give 3-5 mg daily.", "5 mg daily."),
        ("Give 3/5 mg daily.", "5 mg daily."),
        ("It costs 100 dollars.", "00 dollars."),
        ("The risk is now 5%.", "The risk is now 5"),
        ("The risk is now 5.2 points", "The risk is now 5"),
        ("The number is 2^10 then", "The number is 210 then"),
        ("The factor 10⁻⁶ M holds", "The factor 10-6 M holds"),
        ("The price 1`000 is right", "The price 1000 is right"),
        ("The isotope ¹⁴C is rare.", "The isotope 14C is rare."),
        ("It is a non-toxic and mild thing.", "toxic and mild thing."),
        ("That is unsafe to use now.", "safe to use now."),
        ("That is not* safe*ty for all", "safe ty for all"),
    ];
    for (text, quote) in pairs {
        let checked = check(text, quote);
        assert!(!checked.verified, "{text} <- {quote}");
        assert_eq!(
            checked.reason,
            Some(QuoteReason::NotFound),
            "{text} <- {quote}"
        );
        assert_eq!((checked.start, checked.end), (None, None));
    }
}

#[test]
fn variants_of_the_same_words_are_verified() {
    let pairs = [
        (
            "Say: water is **wet** – “always” now.",
            "Water is wet - \"always\"",
            "water is **wet** – “always",
        ),
        (
            "Take **10 mg** daily.",
            "take 10 mg daily",
            "Take **10 mg** daily",
        ),
        (
            "Take *10* mg daily.",
            "Take 10 mg daily.",
            "Take *10* mg daily",
        ),
        (
            "Take (**10**) mg, `twice`.",
            "Take (10) mg, twice.",
            "Take (**10**) mg, `twice",
        ),
        (
            "Take 5–10 mg daily.",
            "Take 5-10 mg daily.",
            "Take 5–10 mg daily",
        ),
        (
            "Take 10\u{202f}mg\u{a0}daily, please.",
            "take 10 mg daily",
            "Take 10\u{202f}mg\u{a0}daily",
        ),
        (
            "The cafe\u{301} is open, Ægir.",
            "the café is open, ægir",
            "The cafe\u{301} is open, Ægir",
        ),
        (
            "The café is open.",
            "The cafe\u{301} is open.",
            "The café is open",
        ),
        (
            "😀 The ca\u{ad}fé\u{200b} is 😀 open.",
            "the café is 😀 open",
            "The ca\u{ad}fé\u{200b} is 😀 open",
        ),
        (
            "It works—but slowly it fails.",
            "but slowly it fails",
            "but slowly it fails",
        ),
        (
            "It is 1\\.5 mg daily.",
            "It is 1.5 mg daily.",
            "It is 1\\.5 mg daily",
        ),
        (
            "Use snake_case_names only here.",
            "use snake_case_names only",
            "Use snake_case_names only",
        ),
        (
            "10⁶ cells are enough.",
            "10⁶ cells are enough.",
            "10⁶ cells are enough",
        ),
        (
            "He said «it is so» to me…",
            "\"it is so\" to me...",
            "it is so» to me",
        ),
        (
            "这是**重点**内容，请大家仔细阅读并记住。",
            "这是重点内容，请大家仔细阅读",
            "这是**重点**内容，请大家仔细阅读",
        ),
        (
            "ÉTÉ COMME HIVER, IL PLEUT",
            "été comme hiver",
            "ÉTÉ COMME HIVER",
        ),
        (
            "Das ist GROẞ und schön hier",
            "das ist groß und schön",
            "Das ist GROẞ und schön",
        ),
        (
            "İstanbul is in İzmir too",
            "is in i\u{307}zmir too",
            "is in İzmir too",
        ),
    ];
    for (text, quote, expected) in pairs {
        let checked = check(text, quote);
        assert!(
            checked.verified && checked.reason.is_none(),
            "{text} <- {quote} {checked:?}"
        );
        assert_eq!(part(text, &checked), expected);
    }
}

#[test]
fn a_short_quote_is_verified_only_as_a_whole_sentence() {
    let short = [
        ("This is not **safe**", "safe"),
        ("This is safe for me", "safe for"),
        ("水は青いです。空も青いです。", "青いです"),
        ("ภาษาไทยสวยงามมากจริง", "สวยงาม"),
    ];
    for (text, quote) in short {
        let checked = check(text, quote);
        assert_eq!(
            checked.reason,
            Some(QuoteReason::TooShort),
            "{text} <- {quote}"
        );
        assert!(!checked.verified && checked.start.is_some() && checked.end.is_some());
    }
    let whole = [
        ("Ice floats.", "ice floats"),
        ("Why? Yes. It is.", "Yes."),
        ("- **Yes**\n- No", "yes"),
        ("水は青い。空も。", "水は青い。"),
        ("空も青い。水は青い", "水は青い"),
    ];
    for (text, quote) in whole {
        assert!(check(text, quote).verified, "{text} <- {quote}");
    }
    assert_eq!(
        check("Das Therapeut", "e").reason,
        Some(QuoteReason::NotFound)
    );
    assert_eq!(check("text", "").reason, Some(QuoteReason::NotFound));
}

#[test]
fn a_later_whole_place_counts() {
    let text = "Use 15 mg daily. Use 5 mg daily now.";
    assert_eq!(part(text, &check(text, "5 mg daily now")), "5 mg daily now");
    let text = "It is 15 mg a day, or else 5 mg a day.";
    let checked = check(text, "5 mg a day");
    assert_eq!(checked.start.unwrap().get(), 27);
}

#[test]
fn checking_again_replaces_what_a_snapshot_says() {
    let mut analysis = Analysis::default();
    let forged = Quote {
        index: 0,
        quote: "It costs 106 dollars.".into(),
        verified: true,
        start: Some(7.into()),
        end: None,
        reason: Some(QuoteReason::Other),
    };
    analysis.unique_insights.push(crate::result::Insight {
        insight: "i".into(),
        panelist: 0,
        model: "m".into(),
        quotes: vec![forged],
        survived: None,
    });
    check_again(&mut analysis, &[response("It costs 10⁶ dollars.")], UNICODE);
    let quote = &analysis.unique_insights[0].quotes[0];
    assert_eq!(
        (quote.verified, quote.start, quote.reason),
        (false, None, Some(QuoteReason::NotFound))
    );
}
