//! The links of an answer, and which of them nobody can vouch for.

use memchr::memmem;

/// As many are named in a warning, and so much of each.
const NAMED: usize = 3;
const CLIPPED: usize = 200;

/// More links of one answer are not looked at: each is compared with all that are known, and a caller's messages may hold a hundred thousand.
const MAX_LINKS: usize = 1_000;
const MAX_COMPARED: usize = 10_000_000;

/// Names the links in `answer` that stand in none of the `known` texts.
pub fn find_unknown_links(answer: &str, known: &[String]) -> Option<String> {
    let mut seen = known.iter().flat_map(|text| links(text)).map(page).collect::<Vec<_>>();
    let mut find_unknown_links = Vec::new();
    for link in links(answer).into_iter().take(MAX_LINKS.min(MAX_COMPARED / seen.len().max(1))) {
        let page = page(link);
        if !seen.contains(&page) {
            seen.push(page);
            find_unknown_links.push(link);
        }
    }
    let named: Vec<String> = find_unknown_links.iter().take(NAMED).map(|link| link.chars().take(CLIPPED).collect()).collect();
    let more = find_unknown_links.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

/// Absolute links, bare or in Markdown, to hosts with a name; an address in a line of code is none.
fn links(text: &str) -> Vec<&str> {
    let (mut links, mut rest) = (Vec::new(), text);
    while let Some(at) = memmem::find(rest.as_bytes(), b"://") {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 3..).unwrap_or_default());
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            let tail = before.len().checked_sub(scheme.len()).and_then(|start| before.get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(scheme))
        });
        let length = end(after);
        let host = after.get(..length).unwrap_or_default().split(['/', '?', '#', ':']).next().unwrap_or_default();
        if let (Some(scheme), true) = (scheme, host.contains('.') && host.contains(|c: char| c.is_ascii_alphabetic() || !c.is_ascii())) {
            links.extend(rest.get(at - scheme.len()..at + 3 + length));
        }
        rest = after.get(length..).unwrap_or_default();
    }
    links
}

/// Where a link ends: before what can't be in one, and before punctuation that belongs to the sentence.
fn end(link: &str) -> usize {
    let mut depth = 0;
    let is_end = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
            || c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '\'' | '`' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '«' | '»')
            || matches!(c, '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
    };
    let link = link.get(..link.find(is_end).unwrap_or(link.len())).unwrap_or_default();
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']).len()
}

/// What two links to one page have in common.
fn page(link: &str) -> String {
    let page = memmem::find(link.as_bytes(), b"://").and_then(|at| link.get(at + 3..)).unwrap_or(link);
    let page = page.split('#').next().unwrap_or_default().to_ascii_lowercase();
    page.strip_prefix("www.").unwrap_or(&page).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_bare_and_in_markdown() {
        let text = "See [Blue](https://a.example/blue_(sky)), (HTTP://b.example/x?y=1#z). <https://c.example/> **https://d.example/q**; \
            https://é.example/ü、and http://localhost:3000/x, http://127.0.0.1/, ftp://f.example, ://, https://, [1]: https://g.example/a|b";
        assert_eq!(
            links(text),
            [
                "https://a.example/blue_(sky)",
                "HTTP://b.example/x?y=1#z",
                "https://c.example/",
                "https://d.example/q",
                "https://é.example/ü",
                "https://g.example/a",
            ]
        );
    }

    #[test]
    fn only_pages_that_nobody_knows_are_named_each_once_and_three_at_most() {
        let known = ["Look at http://WWW.a.example/x/#part, please".to_owned(), "https://b.example".to_owned()];
        assert_eq!(find_unknown_links("https://a.example/x and [b](https://b.example/#top) or no link", &known), None);
        assert_eq!(
            find_unknown_links("https://a.example/y https://a.example/y/ https://b.example", &known).as_deref(),
            Some("https://a.example/y")
        );
        let many: String = (0..9).map(|at| format!("https://c.example/{at} ")).collect();
        assert_eq!(
            find_unknown_links(&many, &known).as_deref(),
            Some("https://c.example/0, https://c.example/1, https://c.example/2 and 6 more")
        );
        let more: String = (0..2 * MAX_LINKS).map(|at| format!("https://c.example/{at} ")).collect();
        assert!(find_unknown_links(&more, &known).unwrap().ends_with(" and 997 more"));
        let crowd: Vec<String> = (0..MAX_COMPARED / 500).map(|at| format!("https://d.example/{at}")).collect();
        assert!(find_unknown_links(&more, &crowd).unwrap().ends_with(" and 497 more"));
        let long = format!("https://c.example/{}", "é".repeat(10_000));
        assert!(find_unknown_links(&long, &[]).unwrap().chars().count() == CLIPPED);
    }
}
