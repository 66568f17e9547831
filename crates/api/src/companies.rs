//! Companies: who makes one is its only member. Everybody reads them, members change them.

pub(crate) mod http;
mod store;

use platform::http::edge::{Fields, Line, Patch};
use serde_json::Value;
use url::Url;

/// The longest address of a website.
const LONGEST_WEBSITE: usize = 2_000;

/// A company as it is to be.
#[derive(Debug)]
pub(crate) struct NewCompany {
    name: Line<1, 120>,
    website: Option<Url>,
    place: Option<Line<1, 120>>,
}

impl NewCompany {
    fn read(body: &mut Fields) -> Option<Self> {
        let name = body.required("name", Line::from_json);
        let website = body.optional("website", website);
        let place = body.optional("place", Line::from_json);
        Some(Self { name: name?, website: website?, place: place? })
    }
}

/// What a member changes of a company: what is absent stays as it is, also where it was written under an older rule.
pub(crate) struct Changes {
    name: Option<Line<1, 120>>,
    website: Patch<Url>,
    place: Patch<Line<1, 120>>,
}

impl Changes {
    fn read(body: &mut Fields) -> Option<Self> {
        let name = body.change("name", Line::from_json);
        let website = body.patch("website", website);
        let place = body.patch("place", Line::from_json);
        Some(Self { name: name?, website: website?, place: place? })
    }
}

fn website(value: &Value) -> Result<Url, String> {
    let text = value.as_str().filter(|text| text.len() <= LONGEST_WEBSITE);
    let url = text.and_then(|text| Url::parse(text.trim()).ok());
    url.filter(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| format!("is not an https address of {LONGEST_WEBSITE} characters at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_website_is_an_https_address() {
        assert!(website(&"https://acme.example/jobs".into()).is_ok());
        for wrong in [
            "",
            "acme.example",
            "http://acme.example",
            "javascript:alert(1)",
            "https://",
            "https://u@a.example",
            "https://:p@a.example",
        ] {
            assert!(website(&wrong.into()).is_err(), "{wrong} was taken");
        }
    }
}
