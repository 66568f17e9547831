//! Countries: their money, and what is usual there when pay is named.

use super::pay::Per;

/// A country with what pay needs to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Country {
    /// As it stands behind the city.
    pub(super) name: &'static str,
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// Minor units in one unit of the currency (ISO 4217: 1 for JPY and KRW, 1,000 for KWD).
    pub(super) minor: u64,
    /// What a job pays here, in this currency, where the same job pays 100 EUR in Germany. Rough, from wages rather than
    /// from exchange rates; good enough to look right.
    pub(super) level: u64,
    /// What salaries are named for.
    pub(super) salary_per: Per,
    /// Whether work in shops, kitchens, yards and workshops is paid by the hour.
    pub(super) pays_by_hour: bool,
}

impl Country {
    /// A city of it, as a place; a city state is named once.
    pub(super) fn place(&self, city: &str) -> String {
        if city == self.name { city.to_owned() } else { format!("{city}, {}", self.name) }
    }
}

/// The country whose pay the trades are written in.
pub(super) const GERMANY: Country = yearly("Germany", "EUR", 100);
/// Salaries by the month.
pub(super) const NETHERLANDS: Country = monthly("Netherlands", "EUR", 2, 100);
/// Salaries by the year.
pub(super) const FRANCE: Country = yearly("France", "EUR", 84);
/// Salaries by the year.
pub(super) const SPAIN: Country = yearly("Spain", "EUR", 70);
/// Salaries by the year.
pub(super) const IRELAND: Country = hourly("Ireland", "EUR", 104);
/// Salaries by the month.
pub(super) const AUSTRIA: Country = monthly("Austria", "EUR", 2, 98);
/// Salaries by the year.
pub(super) const SWITZERLAND: Country = yearly("Switzerland", "CHF", 165);
/// Salaries by the year, trades by the hour.
pub(super) const UNITED_KINGDOM: Country = hourly("United Kingdom", "GBP", 86);
/// Salaries by the year, trades by the hour.
pub(super) const UNITED_STATES: Country = hourly("United States", "USD", 138);
/// Salaries by the year, trades by the hour.
pub(super) const CANADA: Country = hourly("Canada", "CAD", 135);
/// Salaries by the year, trades by the hour.
pub(super) const AUSTRALIA: Country = hourly("Australia", "AUD", 176);
/// Salaries by the year, trades by the hour.
pub(super) const NEW_ZEALAND: Country = hourly("New Zealand", "NZD", 160);
/// Salaries by the month.
pub(super) const SWEDEN: Country = monthly("Sweden", "SEK", 2, 980);
/// Salaries by the year.
pub(super) const NORWAY: Country = yearly("Norway", "NOK", 1_180);
/// Salaries by the month.
pub(super) const DENMARK: Country = monthly("Denmark", "DKK", 2, 850);
/// Salaries by the month.
pub(super) const POLAND: Country = monthly("Poland", "PLN", 2, 255);
/// Salaries by the month.
pub(super) const CZECHIA: Country = monthly("Czechia", "CZK", 2, 1_400);
/// Salaries by the month.
pub(super) const SINGAPORE: Country = monthly("Singapore", "SGD", 2, 128);
/// A currency without minor units; salaries by the month.
pub(super) const JAPAN: Country = monthly("Japan", "JPY", 0, 11_000);
/// A currency without minor units; salaries by the month.
pub(super) const SOUTH_KOREA: Country = monthly("South Korea", "KRW", 0, 100_000);
/// A currency with three digits of minor units; salaries by the month.
pub(super) const KUWAIT: Country = monthly("Kuwait", "KWD", 3, 25);

/// Where pay is named for a year, in a currency of two digits.
const fn yearly(name: &'static str, currency: &'static str, level: u64) -> Country {
    Country { name, currency, minor: 100, level, salary_per: Per::Year, pays_by_hour: false }
}

/// Where salaries are named for a year and hands-on work for an hour, in a currency of two digits.
const fn hourly(name: &'static str, currency: &'static str, level: u64) -> Country {
    Country { pays_by_hour: true, ..yearly(name, currency, level) }
}

/// Where pay is named for a month; with the digits of the currency's minor unit.
const fn monthly(name: &'static str, currency: &'static str, digits: u32, level: u64) -> Country {
    Country { name, currency, minor: 10_u64.pow(digits), level, salary_per: Per::Month, pays_by_hour: false }
}

#[cfg(test)]
mod tests {
    use super::{JAPAN, SINGAPORE};

    #[test]
    fn a_city_state_is_named_once() {
        assert_eq!(SINGAPORE.place("Singapore"), "Singapore");
        assert_eq!(JAPAN.place("Osaka"), "Osaka, Japan");
    }
}
