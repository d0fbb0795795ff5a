//! Exact amounts in minor units. No floats: an amount is an integer and a currency.
//!
//! The exponent (how many decimals a currency has) is ISO 4217's, from the `iso_currency` crate's
//! table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A currency of ISO 4217, by its alphabetic code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// Why a text is not an amount. Never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an alphabetic code of ISO 4217.
    #[error("the currency is not an alphabetic code of ISO 4217, such as EUR")]
    UnknownCurrency,
    /// The code stands for something without a minor unit (gold, a test code, "no currency").
    #[error("the currency has no minor unit in ISO 4217, so no payment can be made in it")]
    NoMinorUnit,
    /// Not digits with an optional point.
    #[error(
        "the amount is not a decimal number such as 12.50: digits and at most one point, no sign, no exponent, no group separators"
    )]
    NotDecimal,
    /// More decimals than the currency has.
    #[error("the amount has more decimals than its currency ({exponent})")]
    TooManyDecimals {
        /// Decimals of the currency.
        exponent: u8,
    },
    /// Outside 64 bits of minor units, or more than 18 digits (ISO 20022 ActiveCurrencyAndAmount).
    #[error("the amount has more than 18 digits")]
    TooLarge,
}

impl Currency {
    /// The currency of an alphabetic code in upper case.
    pub fn from_code(code: &str) -> Result<Currency, MoneyError> {
        let known = iso_currency::Currency::from_code(code).ok_or(MoneyError::UnknownCurrency)?;
        let exponent = known.exponent().ok_or(MoneyError::NoMinorUnit)?;
        let code = code
            .as_bytes()
            .try_into()
            .map_err(|_| MoneyError::UnknownCurrency)?;
        Ok(Currency {
            code,
            exponent: u8::try_from(exponent).map_err(|_| MoneyError::NoMinorUnit)?,
        })
    }

    /// The alphabetic code.
    pub fn code(&self) -> &str {
        // Only ASCII letters pass `from_code`.
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD.
    pub fn exponent(&self) -> u8 {
        self.exponent
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(code: String) -> Result<Self, MoneyError> {
        Currency::from_code(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An exact amount. Amounts of different currencies have no order: compare through
/// [`Money::checked_cmp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Amount in the currency's minor unit.
    pub minor_units: i64,
    /// ISO 4217.
    pub currency: Currency,
}

impl Money {
    /// Reads `12.50` in a currency. Fewer decimals than the currency has are filled with zeros.
    pub fn parse(amount: &str, currency: Currency) -> Result<Money, MoneyError> {
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || amount.ends_with('.') {
            return Err(MoneyError::NotDecimal);
        }
        if whole.len() + fraction.len() > 18 {
            return Err(MoneyError::TooLarge);
        }
        let exponent = usize::from(currency.exponent);
        let significant = fraction.trim_end_matches('0');
        if significant.len() > exponent {
            return Err(MoneyError::TooManyDecimals {
                exponent: currency.exponent,
            });
        }
        let mut minor_units: i64 = 0;
        let padded = significant
            .bytes()
            .chain(std::iter::repeat_n(b'0', exponent - significant.len()));
        for digit in whole.bytes().chain(padded) {
            minor_units = minor_units
                .checked_mul(10)
                .and_then(|m| m.checked_add(i64::from(digit - b'0')))
                .ok_or(MoneyError::TooLarge)?;
        }
        Ok(Money {
            minor_units,
            currency,
        })
    }

    /// Compares two amounts of the same currency; `None` for different currencies.
    pub fn checked_cmp(&self, other: &Money) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then(|| self.minor_units.cmp(&other.minor_units))
    }

    /// The amount without its currency, with all its decimals: `12.50`.
    pub fn amount(&self) -> String {
        let exponent = usize::from(self.currency.exponent);
        let sign = if self.minor_units < 0 { "-" } else { "" };
        let digits = format!(
            "{:0>width$}",
            self.minor_units.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        if exponent == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

/// `12.50 EUR`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(amount: &str, code: &str) -> Result<i64, MoneyError> {
        Money::parse(amount, Currency::from_code(code)?).map(|m| m.minor_units)
    }

    #[test]
    fn exponents_of_iso_4217_are_kept() {
        assert_eq!(parse("12.5", "EUR"), Ok(1250));
        assert_eq!(parse("12", "JPY"), Ok(12));
        assert_eq!(parse("1.234", "BHD"), Ok(1234));
        assert_eq!(parse("12.500", "EUR"), Ok(1250));
        assert_eq!(
            parse("12.5", "JPY"),
            Err(MoneyError::TooManyDecimals { exponent: 0 })
        );
        assert_eq!(
            parse("1.001", "EUR"),
            Err(MoneyError::TooManyDecimals { exponent: 2 })
        );
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,000", "1_0", " 1", "1 ", "0x1", "NaN", "１",
        ] {
            assert_eq!(parse(bad, "EUR"), Err(MoneyError::NotDecimal), "{bad:?}");
        }
        assert_eq!(
            parse("1234567890123456789", "EUR"),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(
            parse("999999999999999999", "EUR"),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(parse("1", "eur"), Err(MoneyError::UnknownCurrency));
        assert_eq!(parse("1", "XAU"), Err(MoneyError::NoMinorUnit));
    }

    #[test]
    fn amounts_print_as_they_are_read() {
        for (text, code) in [
            ("0.05", "EUR"),
            ("12.50", "USD"),
            ("7", "JPY"),
            ("0.001", "BHD"),
        ] {
            let currency = Currency::from_code(code).expect("a currency");
            assert_eq!(
                Money::parse(text, currency).expect("an amount").amount(),
                text
            );
        }
    }
}
