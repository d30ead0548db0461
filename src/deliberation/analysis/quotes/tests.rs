//! Tests of `quotes`.

mod links;

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
        partial: false,
        error: None,
    }
}

fn check(text: &str, quote: &str) -> Quote {
    QuoteFinder::new(&[response(text)], UNICODE).check(0, quote.into())
}

/// Returns the part of the text between the quote's `start` and `end`.
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
        ("The dose is 1.5 mg per day.", ".5 mg per day"),
        ("The dose is 1,5 mg per day.", ",5 mg per day"),
        ("Take 3-5 mg per day.", "-5 mg per day"),
        ("The value is 5,000 units now.", "The value is 5,"),
        ("It runs from 5-10 days.", "It runs from 5-"),
        ("About 1/2 of the patients died.", "/2 of the patients died"),
        ("The covid-19 is bad now.", "-19 is bad now"),
        (
            "The count is about 5 × 10⁶ per litre.",
            "The count is about 5",
        ),
        ("The count is about 5 × 10⁶ per litre.", "10⁶ per litre"),
        ("the value is 5 x 10^6 here", "the value is 5"),
        ("the value is 5 x 10^6 here", "10^6 here now or"),
        ("the value is 5 · 10^6 here", "the value is 5"),
        ("It took about 5 1/2 hours.", "It took about 5"),
        ("It took about 5 1/2 hours.", "1/2 hours"),
        ("It took about 5 ½ hours.", "It took about 5"),
        ("It took about 5 ½ hours.", "½ hours"),
        ("It costs about 1 00 000 rupees.", "It costs about 1"),
        ("It costs about 1 00 000 rupees.", "00 000 rupees"),
        ("The dose is now 10\n000 mg.", "The dose is now 10"),
        ("It has about 5 million users.", "It has about 5"),
        ("It has about 5 thousand users.", "It has about 5"),
        ("The dose is 5，000 mg.", "The dose is 5"),
        ("The dose is 5．5 mg.", "The dose is 5"),
        ("The dose is 5․5 mg.", "The dose is 5"),
        ("The dose is 5‧5 mg.", "The dose is 5"),
        ("The dose is 5·5 mg.", "The dose is 5"),
        ("The dose is 5‚5 mg.", "The dose is 5"),
        ("The dose is 5٫5 mg.", "The dose is 5"),
        ("It is －5 degrees outside now.", "5 degrees outside now"),
        ("It was − 5 degrees outside.", "5 degrees outside"),
        ("It was minus 5 degrees outside.", "5 degrees outside"),
        ("− 5 degrees outside.", "5 degrees outside"),
        ("Then x = - 5 for all.", "5 for all"),
        ("Give < 5 mg per day.", "5 mg per day"),
        ("The result is √5 for all.", "5 for all"),
        ("It is -$5 per day now", "5 per day now"),
        ("It is -$5 per day now", "$5 per day now"),
        ("It is US$5 per day now", "$5 per day now"),
        ("The share is 50％ today.", "The share is 50"),
        ("The share is 50 ٪ today.", "The share is 50"),
        ("The share is 50 % today.", "The share is 50"),
        ("Take 3 – 5 mg per day.", "5 mg per day"),
        ("Take 3—5 mg per day.", "5 mg per day"),
        ("Take 3 - 5 mg per day.", "- 5 mg per day"),
        ("Take 3 mg – 5 mg per day.", "5 mg per day"),
        ("Take 3% - 5% per day.", "5% per day"),
        ("It costs $3 - $5 per day.", "$5 per day"),
        ("Take about 3 – 5 mg per day.", "Take about 3"),
        ("Take about 3 mg – 5 mg per day.", "Take about 3 mg"),
        ("The dose is 5 mg/kg per day.", "The dose is 5 mg"),
        ("The dose is 5mg/kg per day.", "The dose is 5mg"),
        ("The dose is 5 mg / kg per day.", "The dose is 5 mg"),
        ("The dose is 5 µg/kg per day.", "The dose is 5 µg"),
        ("The speed is 10 km/h here.", "The speed is 10 km"),
        ("The area is 5 m^2 here.", "The area is 5 m"),
        ("It used 5 kW·h here.", "It used 5 kW"),
        ("It used 5 kW⋅h here.", "It used 5 kW"),
        ("The dose is 5µg a day.", "The dose is 5"),
        ("The dose is 5€ a day.", "The dose is 5"),
        ("The value is $5$,$000$ here.", "The value is $5"),
        ("Yes you can´t take it.", "Yes you can"),
        ("Yes you can′t take it.", "Yes you can"),
        ("Yes you can＇t take it.", "Yes you can"),
        ("Yes you can`t take it.", "Yes you can"),
        ("Yes you can”t take it.", "Yes you can"),
        ("It is a non-toxic thing.", "-toxic thing"),
        ("It is a truly non-toxic thing.", "a truly non-"),
        (
            "这家公司的利润一共大约是5万元。",
            "这家公司的利润一共大约是5",
        ),
        (
            "この商品の値段は1万5000円でございますので御注意。",
            "5000円でございますので御注意",
        ),
        (
            "每次请服用三百五十毫克每天服用两次就足够了。",
            "五十毫克每天服用两次就足够了",
        ),
        (
            "每次请服用三点五毫克每天服用两次就足够了。",
            "五毫克每天服用两次就足够了",
        ),
        (
            "每次请服用3至5毫克每天服用两次就足够了。",
            "5毫克每天服用两次就足够了",
        ),
        (
            "现在外面的温度是零下5度请大家多穿衣服。",
            "5度请大家多穿衣服",
        ),
        (
            "大约百分之五的人每天都会服用两次这种药物。",
            "五的人每天都会服用两次这种药物",
        ),
        ("It is 5 MW of power.", "It is 5 mW of power"),
        ("It is **5** MW of power.", "It is 5 mW of power"),
        ("It is 5 mW of power.", "It is 5 MW of power"),
        ("It is 5MHz of power.", "It is 5mHz of power"),
        ("It is 5 g/MW of power.", "It is 5 g/mW of power"),
    ];
    let is_wrong = |(text, quote): &&(&str, &str)| {
        let checked = check(text, quote);
        let reason = Some(QuoteReason::NotFound);
        checked.reason != reason || checked.verified || checked.start.or(checked.end).is_some()
    };
    let wrong: Vec<_> = pairs.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
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
fn ordinary_quotes_of_numbers_are_verified() {
    let pairs = [
        ("The dose is 5, then more.", "The dose is 5"),
        ("The dose is 5, then more.", "The dose is 5,"),
        ("The dose is 5.", "The dose is 5"),
        ("The dose is 5; then more.", "The dose is 5"),
        ("The dose is 5: no more.", "The dose is 5"),
        ("It works (the dose is 5) now.", "the dose is 5"),
        ("The dose is 5! Really.", "The dose is 5"),
        ("The dose is 5? Really.", "The dose is 5"),
        ("The dose is 5 mg, then more.", "The dose is 5 mg"),
        ("The dose is 5 mg. Then more.", "The dose is 5 mg."),
        ("The dose is 5 mg; then more.", "The dose is 5 mg"),
        ("The dose is 5 mg: no more.", "The dose is 5 mg"),
        ("It works (the dose is 5 mg).", "the dose is 5 mg"),
        ("The dose is 5 mg per day.", "The dose is 5 mg"),
        ("The dose is 5 — no more.", "The dose is 5"),
        ("The dose is 5 mg — no more.", "The dose is 5 mg"),
        ("The dose is 5 mg - no more.", "The dose is 5 mg"),
        ("The dose—5 mg daily—is low.", "5 mg daily"),
        ("The dose – 5 mg daily – is low.", "5 mg daily"),
        ("**Dose** - 5 mg daily", "5 mg daily"),
        ("Doses:\n- 5 mg daily\n- 10 mg weekly", "5 mg daily"),
        ("Doses:\n- 5 mg daily\n- 10 mg weekly", "10 mg weekly"),
        ("Doses of 3\n- 5 mg daily", "5 mg daily"),
        ("Doses of about 3\n- 5 mg daily", "Doses of about 3"),
        ("Doses of about 3 mg\n- 5 mg daily", "Doses of about 3 mg"),
        ("Doses:\n* 5 mg daily", "5 mg daily"),
        ("Doses:\n+ 5 mg daily", "5 mg daily"),
        ("Doses:\n– 5 mg daily", "5 mg daily"),
        ("Doses:\n1. 5 mg daily\n2. 10 mg daily", "10 mg daily"),
        ("Doses:\n1) 5 mg daily", "5 mg daily"),
        ("> 5 mg daily is fine", "5 mg daily is"),
        ("- 5 mg daily", "- 5 mg daily"),
        ("In 2020\n5 mg was enough", "5 mg was enough"),
        ("It was low. 5 mg is better.", "5 mg is better"),
        ("Take 5, 10 or 15 mg.", "10 or 15 mg"),
        ("It says \"5 mg daily\" here.", "5 mg daily"),
        ("It costs $5 per day.", "$5 per day"),
        ("It costs $5 per day.", "5 per day"),
        ("At -5 degrees it freezes.", "-5 degrees it freezes"),
        ("It took ½ an hour.", "½ an hour"),
        ("Boils at 100 °C.[5][6]", "Boils at 100 °C.[5]"),
        ("| low dose | 5 mg daily | 6 |", "5 mg daily"),
        ("It can't be and/or isn't so.", "be and/or isn't"),
        ("Say so (in short), and then, go.", ", and then, go"),
        ("The TCP/IP stack is old.", "The TCP/IP stack"),
        ("In 2020 AI was young.", "AI was young"),
        ("In 2020 Apple was large.", "in 2020 apple was"),
        ("IT IS SAFE TO USE.", "it is safe to"),
        ("In version 2.5 it works.", "in version 2.5 it"),
        ("It is 5 MW of power.", "it is 5 MW of"),
        (
            "请每天服用5毫克，然后再多喝一些水。",
            "5毫克，然后再多喝一些水",
        ),
        (
            "他说，5毫克的药已经足够我们用了。",
            "5毫克的药已经足够我们用了",
        ),
        (
            "请大家每天最多只服用5毫克。谢谢",
            "请大家每天最多只服用5毫克",
        ),
        (
            "其一，一方面我们应该仔细阅读这个说明。",
            "一方面我们应该仔细阅读这个说明",
        ),
        (
            "每次请服用五十毫克每天服用两次就足够了。",
            "五十毫克每天服用两次就足够了",
        ),
        (
            "現在気温は-5度ですから外に出ないでください。",
            "-5度ですから外に出ないでください",
        ),
    ];
    // A quote of two words has a place, but is not verified.
    let lost = pairs.map(|(text, quote)| (text, quote, check(text, quote).start.is_some()));
    let lost: Vec<_> = lost.iter().filter(|(.., is_found)| !is_found).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// The time to normalize and to search one answer must grow linearly with its length.
#[test]
fn long_answers_of_digits_or_marks_are_searched_in_linear_time() {
    let digits = "1".repeat(400_000);
    assert!(!check(&digits, "111").verified);
    let terms = "5 x ".repeat(100_000);
    assert!(!check(&terms, "5 x 5").verified);
}

/// NFC takes quadratic time for one long run of combining marks.
#[test]
fn a_long_run_of_marks_is_normalized_in_short_parts() {
    let forms = UnicodeForms {
        nfc: |text| {
            let marks = text.matches(['\u{345}', '\u{301}']).count();
            assert!(marks <= 31, "{marks} marks at once");
            (UNICODE.nfc)(text)
        },
        ..UNICODE
    };
    let marks = "\u{345}\u{301}".repeat(10_000);
    let text = format!("It is {marks} open now. The cafe\u{301} is open.");
    let responses = [response(&text)];
    let finder = QuoteFinder::new(&responses, forms);
    for (quote, expected) in [
        ("is open now.", None),
        ("open now. The café", Some("open now. The cafe\u{301}")),
    ] {
        let checked = finder.check(0, quote.into());
        assert_eq!(checked.verified, expected.is_some());
        if let Some(expected) = expected {
            assert_eq!(part(&text, &checked), expected);
        }
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
