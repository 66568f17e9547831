use contracts::answers::PayPer;
use platform::http::edge::{Fields, Patch, choice};
use serde_json::Value;

/// What a job pays: from and to in minor units of a currency, for an hour, a month or a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pay {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) currency: String,
    pub(crate) per: PayPer,
}

/// Changes to it, field by field.
pub(crate) struct PayChange {
    from: Patch<i64>,
    to: Patch<i64>,
    currency: Patch<String>,
    per: Patch<PayPer>,
}

impl PayChange {
    pub(crate) fn read(body: &mut Fields) -> Option<Self> {
        let from = body.patch("pay_from", amount);
        let to = body.patch("pay_to", amount);
        let currency = body.patch("pay_currency", currency);
        let per = body.patch("pay_per", choice("hour, month or year"));
        Some(Self { from: from?, to: to?, currency: currency?, per: per? })
    }

    /// The pay after the change: all of it or none, and in order.
    pub(crate) fn applied(self, pay: Option<Pay>, body: &mut Fields) -> Option<Option<Pay>> {
        let from = changed(self.from, pay.as_ref().map(|pay| pay.from));
        let to = changed(self.to, pay.as_ref().map(|pay| pay.to));
        let currency = changed(self.currency, pay.as_ref().map(|pay| pay.currency.clone()));
        let per = changed(self.per, pay.as_ref().map(|pay| pay.per));
        if from.is_none() && to.is_none() && currency.is_none() && per.is_none() {
            return Some(None);
        }
        let mut there = |name: &str, is: bool| {
            if !is {
                body.refuse(name, "is missing: wanted all of pay_from, pay_to, pay_currency and pay_per, or none");
            }
        };
        there("pay_from", from.is_some());
        there("pay_to", to.is_some());
        there("pay_currency", currency.is_some());
        there("pay_per", per.is_some());
        let pay = Pay { from: from?, to: to?, currency: currency?, per: per? };
        if pay.to < pay.from {
            body.refuse("pay_to", "is less than pay_from: wanted at least as much");
            return None;
        }
        Some(Some(pay))
    }
}

fn changed<T>(change: Patch<T>, now: Option<T>) -> Option<T> {
    match change {
        Patch::Keep => now,
        Patch::Clear => None,
        Patch::Set(value) => Some(value),
    }
}

/// The most that is taken for a pay; what is more is a mistake in the unit.
const MOST: i64 = 1_000_000_000_000;

fn amount(value: &Value) -> Result<i64, String> {
    let number = value.as_i64().filter(|number| (0..=MOST).contains(number));
    number.ok_or_else(|| format!("is not an amount: wanted a whole number of minor units from 0 to {MOST}"))
}

fn currency(value: &Value) -> Result<String, String> {
    let code = value.as_str().filter(|code| code.len() == 3 && CURRENCIES.split(' ').any(|known| known == *code));
    code.map(str::to_owned).ok_or_else(|| "is not known: wanted an ISO 4217 code such as EUR".to_owned())
}

/// ISO 4217, active codes of money that people are paid in.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
     BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ \
     GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL \
     LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN \
     PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD \
     TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(body: Value, now: Option<Pay>) -> Result<Option<Pay>, String> {
        let mut body = Fields::of_body(body.as_object().cloned().expect("an object"));
        let pay = PayChange::read(&mut body).and_then(|change| change.applied(now, &mut body));
        body.finish(pay).map_err(|problem| format!("{problem:?}"))
    }

    fn euros() -> Pay {
        Pay { from: 100, to: 200, currency: "EUR".to_owned(), per: PayPer::Month }
    }

    fn whole() -> Value {
        json!({ "pay_from": 100, "pay_to": 200, "pay_currency": "EUR", "pay_per": "month" })
    }

    #[test]
    fn pay_is_whole_or_absent() {
        assert_eq!(applied(json!({}), None), Ok(None));
        assert_eq!(applied(whole(), None), Ok(Some(euros())));
        for field in ["pay_from", "pay_to", "pay_currency", "pay_per"] {
            let mut part = whole();
            part.as_object_mut().expect("an object").remove(field);
            let told = applied(part, None).expect_err("a part");
            assert!(told.contains(&format!("Body(\"{field}\")")), "{told}");
        }
    }

    #[test]
    fn pay_to_is_not_less_than_pay_from() {
        assert!(applied(json!({ "pay_to": 99 }), Some(euros())).expect_err("less").contains("pay_to"));
        assert_eq!(applied(json!({ "pay_to": 100 }), Some(euros())).map(|pay| pay.map(|pay| pay.to)), Ok(Some(100)));
    }

    #[test]
    fn pay_is_taken_away_as_a_whole() {
        let none = json!({ "pay_from": null, "pay_to": null, "pay_currency": null, "pay_per": null });
        assert_eq!(applied(none, Some(euros())), Ok(None));
        assert!(applied(json!({ "pay_per": null }), Some(euros())).is_err());
    }

    #[test]
    fn amounts_and_names_that_are_none_are_refused() {
        for (field, wrong) in [
            ("pay_from", json!(-1)),
            ("pay_from", json!(1.5)),
            ("pay_to", json!("100")),
            ("pay_to", json!(1e15)),
            ("pay_currency", json!("EURO")),
            ("pay_currency", json!("eur")),
            ("pay_currency", json!("R T")),
            ("pay_per", json!("week")),
        ] {
            let mut body = whole();
            body[field] = wrong;
            assert!(applied(body, None).expect_err("refused").contains(field));
        }
    }
}
