//! What a job pays, from its role and its country.

use super::place::Country;
use super::random::Random;

/// Hours in a year of full-time work: 52 weeks of 37.5.
const HOURS_A_YEAR: u64 = 1_950;

/// What pay is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    /// An hour.
    Hour,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Per {
    /// As the column has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// How many of them a year of full-time work has.
    fn in_a_year(self) -> u64 {
        match self {
            Self::Hour => HOURS_A_YEAR,
            Self::Month => 12,
            Self::Year => 1,
        }
    }
}

/// A range of pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pay {
    /// In minor units.
    pub(super) from: i64,
    /// In minor units, no less than `from`.
    pub(super) to: i64,
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// For what time.
    pub(super) per: Per,
}

impl Pay {
    /// What a role of that range (thousands of EUR a year in Germany) pays in a country. Most employers pay a
    /// little more than the least that is usual, and all write round numbers.
    pub(super) fn draw(random: &mut Random, (from, to): (u64, u64), country: &Country, per: Per) -> Self {
        let employer = 98 + random.below(18);
        let rounded = |thousands: u64| {
            // In minor units: thousands, times the country's level in percent, times the employer's in percent.
            let year = thousands * 1_000 * country.level * employer * country.minor / 10_000;
            round(year / per.in_a_year(), per, country.minor)
        };
        let (from, to) = (rounded(from), rounded(to));
        Self { from, to: to.max(from), currency: country.currency, per }
    }
}

/// To half of the second digit (52,345 → 52,500; 18.73 → 18.50), as job ads do; salaries in whole units of the currency.
fn round(minor_units: u64, per: Per, minor: u64) -> i64 {
    let unit = if per == Per::Hour { 1 } else { minor };
    let amount = minor_units / unit;
    let step = (10_u64.pow(amount.max(1).ilog10()) / 20).max(1);
    let rounded = (amount + step / 2) / step * step * unit;
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Pay, Per, round};
    use crate::sample::place::{GERMANY, JAPAN, KUWAIT};
    use crate::sample::random::Random;

    #[test]
    fn salaries_are_round_and_without_cents() {
        assert_eq!(round(5_234_567, Per::Year, 100), 5_250_000);
    }

    #[test]
    fn hourly_pay_is_round_to_half_a_unit() {
        assert_eq!(round(1_873, Per::Hour, 100), 1_850);
    }

    #[test]
    fn yen_have_no_minor_units() {
        let pay = Pay::draw(&mut Random::new(1), (60, 60), &JAPAN, Per::Month);
        assert!((450_000..650_000).contains(&pay.from), "{pay:?}");
    }

    #[test]
    fn a_dinar_has_a_thousand_fils() {
        let pay = Pay::draw(&mut Random::new(1), (48, 60), &KUWAIT, Per::Month);
        assert!((900_000..1_400_000).contains(&pay.from), "{pay:?}");
        assert_eq!(pay.from % 1_000, 0);
    }

    #[test]
    fn a_german_salary_is_near_what_the_role_says() {
        let pay = Pay::draw(&mut Random::new(1), (50, 60), &GERMANY, Per::Year);
        assert!((4_900_000..=5_750_000).contains(&pay.from), "{pay:?}");
        assert!((5_850_000..=6_950_000).contains(&pay.to), "{pay:?}");
    }
}
