//! Numbers, as digits: what a caller or a provider wrote is passed on exactly, and costs are calculated in integers.

/// Decimals of the fractions that the core calculates with: amounts of USD.
pub const DECIMALS: usize = 12;

/// 10 to the power of [`DECIMALS`].
pub const UNITS: f64 = 1e12;

/// A number as it was written: what a caller or a provider says is passed on digit by digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// An integer.
    pub fn integer(value: impl ToString) -> Self {
        Self(value.to_string())
    }

    /// `None` where the text is no number of JSON's.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = whole == "0" || !whole.starts_with('0');
        (is_whole && is_number(whole) && is_number(fraction) && is_number(exponent)).then(|| Self(text.to_owned()))
    }

    /// So many units of which `decimals` decimals make one.
    pub fn fixed(units: u64, decimals: usize) -> Self {
        let digits = format!("{units:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at_checked(digits.len() - decimals).unwrap_or_default();
        let fraction = fraction.trim_end_matches('0');
        Self(if fraction.is_empty() { whole.to_owned() } else { [whole, fraction].join(".") })
    }

    /// `value`, from 0 on, to [`DECIMALS`] decimals. Exact for what has so many and is below 1,000.
    pub fn rounded(value: f64) -> Self {
        Self::fixed((value * UNITS + 0.5) as u64, DECIMALS)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A decimal number's text as an integer of so many decimals, rounded up. `None` for what is negative, too large, or no number.
pub fn decimal(text: &str, decimals: i32) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = 0u64;
    // How many places right of the digit just read the last one of the amount stands.
    let mut places = decimals.checked_add(exponent)?.checked_add(i32::try_from(whole.len()).ok()?)?;
    let mut rest = false;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    for digit in whole.bytes().chain(fraction.bytes()) {
        let value = u64::from(digit.checked_sub(b'0').filter(|value| *value < 10)?);
        if places > 0 {
            digits = digits.checked_mul(10)?.checked_add(value)?;
            places -= 1;
        } else {
            rest |= value > 0;
        }
    }
    while places > 0 && digits > 0 {
        digits = digits.checked_mul(10)?;
        places -= 1;
    }
    digits.checked_add(u64::from(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_they_were_written() {
        for text in ["0", "-0", "12", "0.7", "1e+21", "-1.50E-7", "18446744073709551616"] {
            assert_eq!(Number::parse(text).map(|number| number.0).as_deref(), Some(text));
        }
        for text in ["", "-", "01", ".5", "1.", "1e", "1e+", "+1", "NaN", "1_0", "0x1", "--1", "1.2.3"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        for (units, text) in [(0, "0"), (1, "0.000001"), (700_000, "0.7"), (2_000_000, "2"), (12_345_600, "12.3456")] {
            assert_eq!(Number::fixed(units, 6).0, text);
        }
    }
}
