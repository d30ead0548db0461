//! Defines numbers as decimal digits.
//!
//! In: the text of a [JSON number](https://www.rfc-editor.org/rfc/rfc8259#section-6). Out: the same
//! text, or an amount as an integer in small units, such as 1e-12 USD.
//!
//! Numbers of callers and providers pass through unchanged. Costs are computed with integers.

/// Number of decimal places of an amount in USD.
pub(crate) const DECIMALS: usize = 12;

/// The number of units in 1 USD: 10 to the power of [`DECIMALS`].
pub(crate) const UNITS: f64 = 1e12;

/// A number. Keeps the digits as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number(String);

impl Number {
    /// Returns an integer as a number.
    pub(crate) fn integer(value: impl ToString) -> Self {
        Self(value.to_string())
    }

    /// Returns the number with this text. If the text is not a JSON number, returns `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = whole == "0" || !whole.starts_with('0');
        (is_whole && is_number(whole) && is_number(fraction) && is_number(exponent))
            .then(|| Self(text.to_owned()))
    }

    /// Returns the number `units` divided by 10^`decimals`.
    pub(crate) fn fixed(units: u64, decimals: usize) -> Self {
        let digits = units.to_string();
        let zeros = (decimals + 1).saturating_sub(digits.len());
        let digits = "0".repeat(zeros) + &digits;
        let (whole, fraction) = digits
            .split_at_checked(digits.len() - decimals)
            .unwrap_or_default();
        let fraction = fraction.trim_end_matches('0');
        Self(if fraction.is_empty() {
            whole.to_owned()
        } else {
            [whole, fraction].join(".")
        })
    }

    /// Rounds `value` to [`DECIMALS`] decimal places. `value` must not be negative. If `value` is
    /// below 1,000 and has at most [`DECIMALS`] decimal places, the result is exact.
    pub(crate) fn rounded(value: f64) -> Self {
        Self::fixed((value * UNITS + 0.5) as u64, DECIMALS)
    }

    /// Returns the digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the number in `text` times 10^`decimals`, rounded up to an integer. If the number is
/// negative or too large, or the text is not a number, returns `None`.
pub(crate) fn decimal(text: &str, decimals: i32) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = 0u64;
    // `places` is the number of digits of the result that are still missing.
    let mut places = decimals
        .checked_add(exponent)?
        .checked_add(i32::try_from(whole.len()).ok()?)?;
    let mut has_remainder = false;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    for digit in whole.bytes().chain(fraction.bytes()) {
        let value = u64::from(digit.checked_sub(b'0').filter(|value| *value < 10)?);
        if places > 0 {
            digits = digits.checked_mul(10)?.checked_add(value)?;
            places -= 1;
        } else {
            has_remainder |= value > 0;
        }
    }
    while places > 0 && digits > 0 {
        digits = digits.checked_mul(10)?;
        places -= 1;
    }
    digits.checked_add(u64::from(has_remainder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for text in [
            "0",
            "-0",
            "12",
            "0.7",
            "1e+21",
            "-1.50E-7",
            "18446744073709551616",
        ] {
            assert_eq!(
                Number::parse(text).map(|number| number.0).as_deref(),
                Some(text)
            );
        }
        for text in [
            "", "-", "01", ".5", "1.", "1e", "1e+", "+1", "NaN", "1_0", "0x1", "--1", "1.2.3",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        for (units, text) in [
            (0, "0"),
            (1, "0.000001"),
            (700_000, "0.7"),
            (2_000_000, "2"),
            (12_345_600, "12.3456"),
        ] {
            assert_eq!(Number::fixed(units, 6).0, text);
        }
    }
}
