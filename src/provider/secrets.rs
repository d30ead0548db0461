//! Finds secrets in the query of a URL.

/// Returns the parts of a query that messages must not contain. These are the whole query, each
/// field with its value, and each value of at least 8 bytes. Includes their decoded forms, because
/// a server may echo a decoded value.
pub(super) fn of_query(query: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    let fields = query.trim_start_matches('?');
    if fields.is_empty() {
        return secrets;
    }
    add(fields, &mut secrets);
    for field in fields.split(['&', ';']) {
        match field.split_once('=') {
            Some((_, "")) => {}
            Some((_, value)) => {
                add(field, &mut secrets);
                // A shorter value may be a word, such as `true` or `preview`.
                if value.len() >= 8 {
                    add(value, &mut secrets);
                }
            }
            None if field.len() >= 8 => add(field, &mut secrets),
            None => {}
        }
    }
    secrets
}

/// Ordinary words that callers use as keys of local servers, which check no key.
const PLACEHOLDERS: [&str; 4] = ["anything", "lm-studio", "not-needed", "placeholder"];

/// Returns whether a secret may occur in ordinary text. For example, the key `any` occurs in
/// "many".
pub(super) fn is_short(secret: &str) -> bool {
    secret.len() < 8 || PLACEHOLDERS.contains(&secret)
}

/// Minimum length of a text that counts as the beginning of a secret. A shorter text may be an
/// ordinary word.
const MIN_CUT_BYTES: usize = 6;

/// Returns how many bytes at the end of `text` are the beginning of `secret`. If the text ends with
/// the whole secret, returns 0.
pub(super) fn cut_bytes(secret: &str, text: &[u8]) -> usize {
    let is_end = |bytes: &usize| {
        let beginning = secret.as_bytes().get(..*bytes).unwrap_or_default();
        let Some(before) = text.strip_suffix(beginning) else {
            return false;
        };
        !is_short(secret) || !before.last().is_some_and(u8::is_ascii_alphanumeric)
    };
    (MIN_CUT_BYTES..secret.len())
        .rev()
        .find(is_end)
        .unwrap_or_default()
}

/// Adds a text and its decoded forms to `secrets`.
fn add(text: &str, secrets: &mut Vec<String>) {
    let decoded = percent_decoded(text);
    let as_form = percent_decoded(&text.replace('+', " "));
    for form in [text.to_owned(), decoded, as_form] {
        if !secrets.contains(&form) {
            secrets.push(form);
        }
    }
}

/// Decodes escapes such as `%41` in a text. <https://url.spec.whatwg.org/#percent-decode>
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%');
        let code = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(byte));
        rest = match code {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoded_forms_of_a_query_are_secrets() {
        let secrets = of_query("?key=a%2Fsecret+b%zz&v=1&flag&empty=");
        for secret in [
            "key=a%2Fsecret+b%zz",
            "a%2Fsecret+b%zz",
            "a/secret+b%zz",
            "a/secret b%zz",
        ] {
            assert!(secrets.iter().any(|found| found == secret), "{secret}");
        }
        assert!(secrets.iter().any(|found| found == "v=1"));
        assert!(
            secrets
                .iter()
                .all(|found| !["1", "flag", ""].contains(&&**found))
        );
    }

    #[test]
    fn the_beginning_of_a_secret_at_the_end_of_a_text_is_found() {
        let cut = |text: &str| cut_bytes("sk-abcdef-1234", text.as_bytes());
        assert_eq!(cut("wrong key sk-abcdef-12"), 12);
        assert_eq!(cut("wrong key sk-abcdef-1234"), 0);
        assert_eq!(cut("wrong key sk-abc"), 6);
        assert_eq!(cut("wrong key sk-ab"), 0);
        assert_eq!(cut("sk-abcdef-12 is wrong"), 0);
        assert_eq!(cut(""), 0);
        assert_eq!(cut_bytes("request", b"two reques"), 6);
        assert_eq!(cut_bytes("request", b"prereques"), 0);
    }

    #[test]
    fn no_query_has_no_secret() {
        assert!(of_query("").is_empty());
    }
}
