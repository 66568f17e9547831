//! Where the Machines API is and who we are to it, by the names that Fly's own tools and documents use.

use std::str::FromStr;

use platform::config::{Reader, Settings, setting};
use url::{Host, Url};

use super::Token;

const FLAPS: &str = "FLY_FLAPS_BASE_URL";
const HOSTNAME: &str = "FLY_API_HOSTNAME";
const WANTED: &str = "https://HOST, or http:// to this machine or to a host in .internal";

/// The API's address, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAddress(Url);

impl ApiAddress {
    /// Fly's own, from anywhere.
    pub const FLY: &str = "https://api.machines.dev";

    /// The whole address of a path with its query.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// Whether it is Fly itself, whose machines people depend on, and not a stand-in on this machine.
    #[must_use]
    pub fn is_fly(&self) -> bool {
        !Self::is_here(&self.0)
    }

    /// Whether an address is on this machine, so that nobody hears what goes there.
    #[must_use]
    pub fn is_here(url: &Url) -> bool {
        match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl FromStr for ApiAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url: Url = text.parse().map_err(|_| ())?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let bare = plain && url.path() == "/" && url.fragment().is_none() && url.host().is_some();
        let private = url.host_str().is_some_and(|name| name.ends_with(".internal"));
        let address = Self(url);
        // The token goes with each call: in the clear only where nobody stands between.
        let safe = match address.0.scheme() {
            "https" => true,
            "http" => private || Self::is_here(&address.0),
            _ => false,
        };
        if bare && safe { Ok(address) } else { Err(()) }
    }
}

/// How the Machines API is reached.
#[derive(Clone, Debug)]
pub struct FlySettings {
    /// `FLY_FLAPS_BASE_URL`, as flyctl has it, or `FLY_API_HOSTNAME`, as Fly's documents have it.
    pub address: ApiAddress,
    /// `FLY_API_TOKEN`.
    pub token: Token,
}

impl Settings for FlySettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let flaps = from.optional(setting(FLAPS, "where the Machines API is, as flyctl names it"), WANTED);
        let hostname = from.optional(setting(HOSTNAME, "the same, as Fly's documents name it"), WANTED);
        let about = setting("FLY_API_TOKEN", "a deploy token of the app");
        let token = from.secret(about, "what `fly tokens create deploy` prints", Token::parse);
        let (flaps, hostname): (Option<ApiAddress>, Option<ApiAddress>) = (flaps?, hostname?);
        if flaps.is_some() && hostname.is_some() && flaps != hostname {
            // A stand-in was meant, or Fly was: a guess could change production.
            from.mistake(format!("{FLAPS} and {HOSTNAME} name two addresses: wanted one"));
            return None;
        }
        let address = flaps.or(hostname).or_else(|| ApiAddress::FLY.parse().ok())?;
        Some(Self { address, token: token? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<FlySettings, String> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut from = Reader::new(values);
        let settings = FlySettings::read(&mut from);
        from.finish(settings).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn without_an_address_it_is_flys_own() {
        let settings = read(&[("FLY_API_TOKEN", "fm2_a")]).expect("settings");
        assert_eq!(settings.address.join("/v1/apps/web"), "https://api.machines.dev/v1/apps/web");
        assert!(settings.address.is_fly());
    }

    #[test]
    fn either_name_moves_it_and_two_that_differ_are_refused() {
        for name in [FLAPS, HOSTNAME] {
            let settings = read(&[("FLY_API_TOKEN", "fm2_a"), (name, "http://127.0.0.1:4280")]).expect("settings");
            assert_eq!(settings.address.join("/v1"), "http://127.0.0.1:4280/v1");
            assert!(!settings.address.is_fly());
        }
        let both = [("FLY_API_TOKEN", "fm2_a"), (FLAPS, "http://[::1]:1"), (HOSTNAME, "http://[::1]:2")];
        let wrong = read(&both).expect_err("two addresses");
        assert!(wrong.contains(FLAPS) && wrong.contains(HOSTNAME), "{wrong}");
    }

    #[test]
    fn an_address_that_is_none_or_would_carry_the_token_in_the_clear_is_refused_by_name() {
        let wrong = [
            "api.machines.dev",
            "http://api.machines.dev",
            "https://api.machines.dev/v1",
            "https://api.machines.dev?a=b",
            "https://somebody:word@api.machines.dev",
            "ftp://api.machines.dev",
            "http://internal.example.com",
        ];
        for address in wrong {
            let wrong = read(&[("FLY_API_TOKEN", "fm2_a"), (FLAPS, address)]).expect_err(address);
            assert!(wrong.contains(FLAPS), "{wrong}");
        }
        for address in ["https://api.machines.dev/", "http://_api.internal:4280", "http://localhost:1"] {
            read(&[("FLY_API_TOKEN", "fm2_a"), (FLAPS, address)]).expect(address);
        }
    }

    #[test]
    fn a_token_is_asked_for_by_name_and_never_shown() {
        let wrong = read(&[("FLY_API_TOKEN", "fm2_hidden fm2_too")]).expect_err("two tokens");
        assert!(wrong.contains("FLY_API_TOKEN") && !wrong.contains("fm2_"), "{wrong}");
        assert!(read(&[]).expect_err("no token").contains("FLY_API_TOKEN"));
        let shown = format!("{:?}", read(&[("FLY_API_TOKEN", "fm2_hidden")]).expect("settings"));
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
