//! Finds the links in an answer that occur in none of the known sources.

use memchr::memmem;

/// Limits of a warning: the maximum number of links, and the maximum number of characters of a
/// link.
const MAX_NAMED: usize = 3;
const MAX_LINK_CHARS: usize = 200;

/// Limits of a search: the maximum number of links of an answer, and the maximum number of
/// comparisons. Each link of the answer is compared with every link of the messages and the
/// sources. Messages may contain 100,000 links, so the time would be unbounded without these
/// limits.
const MAX_LINKS: usize = 1_000;
const MAX_COMPARED: usize = 10_000_000;

/// Returns the links of `answer` that occur in no text of `known`, as a list for a warning.
pub(super) fn find_unknown_links(answer: &str, known: &[String]) -> Option<String> {
    let mut seen = known
        .iter()
        .flat_map(|text| links(text))
        .map(page_key)
        .collect::<Vec<_>>();
    let mut unknown = Vec::new();
    for link in links(answer)
        .into_iter()
        .take(MAX_LINKS.min(MAX_COMPARED / seen.len().max(1)))
    {
        let page = page_key(link);
        if !seen.contains(&page) {
            seen.push(page);
            unknown.push(link);
        }
    }
    let listed: Vec<String> = unknown
        .iter()
        .take(MAX_NAMED)
        .map(|link| link.chars().take(MAX_LINK_CHARS).collect())
        .collect();
    let unlisted = unknown.len() - listed.len();
    let suffix = if unlisted > 0 {
        format!(" and {unlisted} more")
    } else {
        String::new()
    };
    (!listed.is_empty()).then(|| format!("{}{suffix}", listed.join(", ")))
}

/// Returns the absolute http(s) links in a text, bare or in Markdown. The host must contain a dot
/// and a letter. This rule excludes local addresses in code.
pub(super) fn links(text: &str) -> Vec<&str> {
    let (mut links, mut rest) = (Vec::new(), text);
    while let Some(at) = memmem::find(rest.as_bytes(), b"://") {
        let (before, after) = (
            rest.get(..at).unwrap_or_default(),
            rest.get(at + 3..).unwrap_or_default(),
        );
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            let tail = before
                .len()
                .checked_sub(scheme.len())
                .and_then(|start| before.get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(scheme))
        });
        let length = link_len(after);
        let host = after
            .get(..length)
            .unwrap_or_default()
            .split(['/', '?', '#', ':'])
            .next()
            .unwrap_or_default();
        if let (Some(scheme), true) = (
            scheme,
            host.contains('.') && host.contains(|c: char| c.is_ascii_alphabetic() || !c.is_ascii()),
        ) {
            links.extend(rest.get(at - scheme.len()..at + 3 + length));
        }
        rest = after.get(length..).unwrap_or_default();
    }
    links
}

/// Returns an `https:` link for each link in a text that has no scheme, such as `www.a.example` or
/// `a.example/page`. Without `www.`, the link must have a path, because many words contain a dot.
pub(super) fn links_without_scheme(text: &str) -> Vec<String> {
    let is_between = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '(' | ')' | '[' | ']' | '<' | '>' | '"' | '\'' | '`' | '|'
            )
    };
    // Unicode's tables of letters would add 10 kB to the download.
    let is_letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
    let is_host = |c: char| is_letter(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    let link = |word: &str| {
        let link = word.get(..link_len(word))?;
        let length = link.find(|c| !is_host(c)).unwrap_or(link.len());
        let (host, rest) = link.split_at_checked(length)?;
        let end = host.rfind('.').and_then(|dot| host.get(dot + 1..))?;
        let ends_in_name = end.len() > 1 && end.find(|c| !is_letter(c)).is_none();
        let has_page = rest.len() > 1 && rest.starts_with('/');
        let is_link = has_page || (rest.is_empty() && host.starts_with("www."));
        (ends_in_name && is_link && !host.starts_with('.')).then(|| format!("https://{link}"))
    };
    text.split(is_between).filter_map(link).collect()
}

/// Returns a URL of a web page without its scheme.
pub(super) fn without_scheme(url: &str) -> Option<&str> {
    let schemes = ["https://", "http://"];
    schemes.iter().find_map(|scheme| url.strip_prefix(scheme))
}

/// Returns the length of a link in bytes. Excludes the punctuation of the sentence after the link.
fn link_len(link: &str) -> usize {
    let mut depth = 0;
    let is_end = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
            || c.is_whitespace()
            || matches!(
                c,
                '<' | '>' | '"' | '\'' | '`' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '«' | '»'
            )
            || matches!(c, '\u{2010}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}')
    };
    let link = link
        .get(..link.find(is_end).unwrap_or(link.len()))
        .unwrap_or_default();
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_'])
        .len()
}

/// Returns a key for comparisons. Two links to the same page have the same key.
fn page_key(link: &str) -> String {
    let page = memmem::find(link.as_bytes(), b"://")
        .and_then(|at| link.get(at + 3..))
        .unwrap_or(link);
    let page = page
        .split('#')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    page.strip_prefix("www.")
        .unwrap_or(&page)
        .trim_end_matches('/')
        .to_owned()
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
    fn links_without_a_scheme_have_a_path_or_www() {
        let text = "1. [Blue](www.a.example) b.example/sky, c.example node.js e.g. 3.5/6 and/or \
            https://d.example/x x.y/z (é.example/ü) `f.example/a?b=1`.";
        assert_eq!(
            links_without_scheme(text),
            [
                "https://www.a.example",
                "https://b.example/sky",
                "https://é.example/ü",
                "https://f.example/a?b=1",
            ]
        );
    }

    #[test]
    fn unknown_pages_are_listed_once_each_and_at_most_three() {
        let known = [
            "Look at http://WWW.a.example/x/#part, please".to_owned(),
            "https://b.example".to_owned(),
        ];
        assert_eq!(
            find_unknown_links(
                "https://a.example/x and [b](https://b.example/#top) or no link",
                &known
            ),
            None
        );
        assert_eq!(
            find_unknown_links(
                "https://a.example/y https://a.example/y/ https://b.example",
                &known
            )
            .as_deref(),
            Some("https://a.example/y")
        );
        let many: String = (0..9)
            .map(|at| format!("https://c.example/{at} "))
            .collect();
        assert_eq!(
            find_unknown_links(&many, &known).as_deref(),
            Some("https://c.example/0, https://c.example/1, https://c.example/2 and 6 more")
        );
        let more: String = (0..2 * MAX_LINKS)
            .map(|at| format!("https://c.example/{at} "))
            .collect();
        assert!(
            find_unknown_links(&more, &known)
                .unwrap()
                .ends_with(" and 997 more")
        );
        let many_known: Vec<String> = (0..MAX_COMPARED / 500)
            .map(|at| format!("https://d.example/{at}"))
            .collect();
        assert!(
            find_unknown_links(&more, &many_known)
                .unwrap()
                .ends_with(" and 497 more")
        );
        let long = format!("https://c.example/{}", "é".repeat(10_000));
        assert!(find_unknown_links(&long, &[]).unwrap().chars().count() == MAX_LINK_CHARS);
    }
}
