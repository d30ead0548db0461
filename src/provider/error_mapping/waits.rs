//! Reads the delay after which a provider allows a retry.
//!
//! In: headers, the fields of an error, or its message. Out: a [`Wait`].
//!
//! Providers write seconds, milliseconds, Go durations such as `1m0.5s`, or words such as "try
//! again in 6 seconds". They also write times in Unix time or [RFC
//! 3339](https://www.rfc-editor.org/rfc/rfc3339).

use memchr::memmem;

use crate::json::{Map, Value, decimal};
use crate::provider::transport::Clock;

/// The longest accepted delay: 31 days. Longer delays are ignored.
const MAX_WAIT_MS: u64 = 31 * 24 * 3_600_000;

/// The smallest number that is read as a Unix time in seconds. Smaller numbers are delays.
const FIRST_UNIX_SECONDS: u64 = 1_000_000_000;

/// In a message, the maximum distance in bytes from a word such as "retry" to the number after it.
const MAX_DISTANCE: usize = 48;

/// A delay before a retry, or the time from which a retry is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// A delay in milliseconds.
    After(u64),
    /// A time in milliseconds of Unix time.
    At(u64),
}

impl Wait {
    /// Returns the delay in milliseconds. If the delay is longer than [`MAX_WAIT_MS`], returns
    /// `None`.
    pub(super) fn from(self, unix_ms: u64) -> Option<u64> {
        let ms = match self {
            Wait::After(ms) => ms,
            Wait::At(time) => time.saturating_sub(unix_ms),
        };
        (ms <= MAX_WAIT_MS).then_some(ms)
    }
}

/// Returns the delay in the fields of an error.
pub(super) fn of_object(object: &Map) -> Option<Wait> {
    let mut found = None;
    for (name, value) in object.iter().take(64) {
        let name: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let wait = match name.as_str() {
            "retryafterms" | "retryafterinms" | "retryaftermilliseconds" | "retryinms" => {
                of_value(value, true)
            }
            "retryafter" | "retryafterseconds" | "retryaftersecs" | "retryafters" | "retryin"
            | "retryinseconds" | "retrydelay" | "resetsinseconds" | "resetinseconds"
            | "resetafter" | "resetsin" | "resetin" | "waitseconds" | "estimatedtime"
            | "resetsat" | "resetat" | "resettime" => of_value(value, false),
            "headers" => value.as_object().and_then(|headers| {
                let headers: Vec<_> = headers
                    .iter()
                    .take(64)
                    .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text_of(value)?)))
                    .collect();
                retry_after(&headers, None).or_else(|| reset(&headers))
            }),
            _ => None,
        };
        found = found.or(wait);
    }
    found
}

fn text_of(value: &Value) -> Option<String> {
    let number = || Some(value.as_number()?.as_str().to_owned());
    value.as_str().map(str::to_owned).or_else(number)
}

fn of_value(value: &Value, is_ms: bool) -> Option<Wait> {
    // In Protocol Buffers, a duration may be an object.
    if let Some(seconds) = value.get("seconds") {
        return of_text(&text_of(seconds)?, false);
    }
    of_text(&text_of(value)?, is_ms)
}

/// Returns the delay in the headers `retry-after-ms` and `retry-after`. The names in `headers` are
/// in lower case.
pub(super) fn retry_after(headers: &[(String, String)], clock: Option<&dyn Clock>) -> Option<Wait> {
    let named = |name: &str| {
        let header = headers.iter().find(|(known, _)| known == name)?;
        Some(header.1.trim())
    };
    let ms = |name| of_text(named(name)?, true);
    ms("retry-after-ms")
        .or_else(|| ms("x-ms-retry-after-ms"))
        .or_else(|| of_text(named("retry-after")?, false))
        .or_else(|| Some(Wait::At(clock?.unix_ms_of(named("retry-after")?)?)))
}

/// Returns the delay after which every exhausted rate limit has been reset. If no limit is known to
/// be exhausted, returns the shortest delay of a limit whose rest is unknown.
pub(super) fn reset(headers: &[(String, String)]) -> Option<Wait> {
    let mut used_up: Option<Wait> = None;
    let mut unknown: Option<Wait> = None;
    for (name, value) in headers {
        let Some(at) = memmem::find(name.as_bytes(), b"reset") else {
            continue;
        };
        let Some(wait) = of_text(value.trim(), false) else {
            continue;
        };
        let (before, after) = name.split_at_checked(at).unwrap_or_default();
        let after = after.strip_prefix("reset").unwrap_or_default();
        let sibling = format!("{before}remaining{after}");
        match headers.iter().find(|(name, _)| *name == sibling) {
            Some((_, rest)) if decimal(rest.trim(), 0) == Some(0) => {
                used_up =
                    Some(used_up.map_or(
                        wait,
                        |known| if is_later(wait, known) { wait } else { known },
                    ));
            }
            Some(_) => {}
            None => {
                unknown =
                    Some(unknown.map_or(
                        wait,
                        |known| if is_later(known, wait) { wait } else { known },
                    ));
            }
        }
    }
    used_up.or(unknown)
}

/// Returns whether `one` is later than `other`. Both must be delays, or both must be times. A
/// server never mixes delays and times.
fn is_later(one: Wait, other: Wait) -> bool {
    let (Wait::After(one) | Wait::At(one)) = one;
    let (Wait::After(other) | Wait::At(other)) = other;
    one > other
}

/// Returns the delay in a text that consists only of a delay or a time. If a number has no unit,
/// the unit is milliseconds if `is_ms` is true, and otherwise seconds.
fn of_text(text: &str, is_ms: bool) -> Option<Wait> {
    if let Some(number) = decimal(text, if is_ms { 0 } else { 3 }) {
        let seconds = if is_ms {
            number / 1000
        } else {
            decimal(text, 0)?
        };
        return Some(if seconds >= FIRST_UNIX_SECONDS * 1000 {
            Wait::At(seconds)
        } else if seconds >= FIRST_UNIX_SECONDS {
            Wait::At(number)
        } else {
            Wait::After(number)
        });
    }
    match duration(text) {
        Some((ms, "")) => Some(Wait::After(ms)),
        _ => unix_ms_of_rfc3339(text).map(Wait::At),
    }
}

/// Returns the delay in a message. A delay is a duration at most [`MAX_DISTANCE`] bytes after
/// "retry", "try again", "reset" or "wait".
pub(super) fn of_words(words: &str) -> Option<u64> {
    let lower = words.to_ascii_lowercase();
    let wait_after = |at: usize| {
        let rest = lower.get(at..)?;
        let digit = rest
            .bytes()
            .take(MAX_DISTANCE)
            .position(|byte| byte.is_ascii_digit())?;
        let (between, number) = rest.split_at_checked(digit)?;
        let last = between.trim_end().rsplit([' ', '-', '_']).next()?;
        let links = [
            "in",
            "after",
            "for",
            "about",
            "around",
            "approximately",
            "least",
            "~",
            "",
            "after:",
            "in:",
            "within",
        ];
        let ends_sentence = memmem::find(between.as_bytes(), b". ").is_some();
        duration(number)
            .filter(|_| links.contains(&last) && !ends_sentence)
            .map(|(ms, _)| (at, ms))
    };
    let mut first: Option<(usize, u64)> = None;
    for trigger in ["retry", "again", "reset", "wait", "available"] {
        let found = memmem::find_iter(lower.as_bytes(), trigger)
            .take(16)
            .find_map(|at| wait_after(at + trigger.len()));
        if let Some(found) = found
            && first.is_none_or(|first| found.0 < first.0)
        {
            first = Some(found);
        }
    }
    first.map(|(_, ms)| ms)
}

/// Reads a duration at the beginning of a text, such as `1m0.5s` or `6 seconds`. Returns its
/// milliseconds and the rest of the text. If the unit of the first number is unknown, returns
/// `None`.
fn duration(text: &str) -> Option<(u64, &str)> {
    let mut rest = text;
    let mut total = None;
    loop {
        let next = rest.trim_start_matches([' ', ',']);
        let next = next.strip_prefix("and ").unwrap_or(next);
        let digits = next
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, after) = next.split_at_checked(digits)?;
        let unit_text = after.trim_start();
        let letters = unit_text
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let (unit, after_unit) = unit_text.split_at_checked(letters)?;
        let factor = match unit {
            "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => Some(1),
            "s" | "sec" | "secs" | "second" | "seconds" => Some(1_000),
            "m" | "min" | "mins" | "minute" | "minutes" => Some(60_000),
            "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600_000),
            "d" | "day" | "days" => Some(86_400_000),
            _ => None,
        };
        let (Some(factor), Some(thousandths)) = (factor, decimal(number, 3)) else {
            return total.map(|total: u64| (total, rest));
        };
        let ms = thousandths.checked_mul(factor)?.div_ceil(1_000);
        total = Some(total.unwrap_or(0).checked_add(ms)?);
        rest = after_unit;
    }
}

/// Converts a time such as `2026-01-02T03:04:05.678Z` to milliseconds of Unix time. Accepts an
/// offset instead of `Z`. Ignores fractions of a second.
fn unix_ms_of_rfc3339(text: &str) -> Option<u64> {
    let number_in = |text: &str, from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<u64>().ok().filter(|_| is_number)?;
        i64::try_from(number).ok()
    };
    let number = |from, to| number_in(text, from, to);
    let separators = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    if !separators
        .iter()
        .all(|(at, expected)| text.get(*at..at + 1) == Some(expected))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    // The offset comes after the fraction of the second.
    let zone = text
        .get(19..)?
        .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone_number = |from, to| number_in(zone, from, to);
    let offset = match zone.get(..1) {
        Some(sign @ ("+" | "-")) => {
            let seconds = zone_number(1, 3)? * 3600 + zone_number(4, 6)? * 60;
            if sign == "+" { seconds } else { -seconds }
        }
        _ => 0,
    };
    // Count the days since 1970-01-01. In this calculation, each year begins in March, so that a
    // leap day is the last day of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    u64::try_from((days * 86_400 + seconds - offset) * 1000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, expected) in [
            ("34s", Some(34_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("120ms", Some(120)),
            ("6 seconds. Go", Some(6_000)),
            ("3 days 4 hours", Some(273_600_000)),
            ("1 minute and 30 seconds", Some(90_000)),
            ("5.289s. Visit", Some(5_289)),
            ("60", None),
            ("20 requests in 60 seconds", None),
            ("99999999999999999999 s", None),
        ] {
            assert_eq!(duration(text).map(|(ms, _)| ms), expected, "{text}");
        }
    }

    #[test]
    fn words_ask_for_a_wait_after_a_verb() {
        for (words, expected) in [
            ("Please try again in 1m0.363142857s.", Some(60_364)),
            ("Please retry after 6 seconds.", Some(6_000)),
            ("rate limited (reset after 30s)", Some(30_000)),
            ("Please wait 20 seconds before you retry.", Some(20_000)),
            ("Retry your request in about 2 minutes", Some(120_000)),
            ("Your limit resets in 3 hours", Some(10_800_000)),
            ("Limited to 20 requests in 60 seconds.", None),
            ("Try again. The limit is 60 seconds.", None),
            ("The limit resets every 60 seconds.", None),
            ("Please wait before trying again.", None),
        ] {
            assert_eq!(of_words(words), expected, "{words}");
        }
    }

    #[test]
    fn a_text_is_a_span_or_a_time() {
        for (text, is_ms, expected) in [
            ("7", false, Some(Wait::After(7_000))),
            ("1500", true, Some(Wait::After(1_500))),
            ("2m59.56s", false, Some(Wait::After(179_560))),
            ("1767225600", false, Some(Wait::At(1_767_225_600_000))),
            ("1767225600000", false, Some(Wait::At(1_767_225_600_000))),
            ("1767225600000", true, Some(Wait::At(1_767_225_600_000))),
            (
                "2026-01-01T00:00:00Z",
                false,
                Some(Wait::At(1_767_225_600_000)),
            ),
            (
                "2026-01-01T01:00:00.25+01:00",
                false,
                Some(Wait::At(1_767_225_600_000)),
            ),
            (
                "2024-02-29T12:00:00Z",
                false,
                Some(Wait::At(1_709_208_000_000)),
            ),
            ("soon", false, None),
            ("-1", false, None),
            ("", false, None),
        ] {
            assert_eq!(of_text(text, is_ms), expected, "{text}");
        }
        assert_eq!(Wait::After(MAX_WAIT_MS + 1).from(0), None);
        assert_eq!(Wait::At(5).from(7), Some(0));
    }

    #[test]
    fn the_reset_of_a_used_up_limit_counts() {
        let headers = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect()
        };
        let both = [
            ("x-ratelimit-remaining-requests", "9"),
            ("x-ratelimit-reset-requests", "2m"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "7.66s"),
        ];
        assert_eq!(reset(&headers(&both)), Some(Wait::After(7_660)));
        assert_eq!(reset(&headers(&both[..2])), None);
        assert_eq!(
            reset(&headers(&[both[1], both[3]])),
            Some(Wait::After(7_660))
        );
    }
}
