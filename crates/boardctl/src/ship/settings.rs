//! Where Fly is, who we are to it, and how long things take.

use deploy::machines::{ApiAddress, FlySettings};
use deploy::registry::Registry;
use deploy::run::HttpRecords;
use platform::config::{Reader, Settings, setting};
use url::Url;

use super::scale::Scale;

const WANTED: &str = "https://HOST, or http:// to this machine";

/// What every command that speaks to Fly is told.
#[derive(Clone, Debug)]
pub(crate) struct ShipSettings {
    /// The Machines API, and the token.
    pub(crate) fly: FlySettings,
    /// `FLY_API_BASE_URL`, as flyctl has it: release records.
    pub(crate) records: ApiAddress,
    /// `FLY_REGISTRY_URL`: images by their tags.
    pub(crate) registry: Url,
    /// `FLY_APP_URL`: where the app's requests come in, if that is not `https://APP.fly.dev`.
    pub(crate) front: Option<Url>,
    /// `DEPLOY_TIMES`
    pub(crate) scale: Scale,
}

impl Settings for ShipSettings {
    fn read(from: &mut Reader) -> Option<Self> {
        let fly = FlySettings::read(from);
        let about = setting("FLY_API_BASE_URL", "where release records are kept, as flyctl names it");
        let records = from.default(about, WANTED, HttpRecords::FLY);
        let about = setting("FLY_REGISTRY_URL", "where images are looked up by their tags");
        let registry = from.parsed(about, WANTED, Registry::FLY, address);
        let about = setting("FLY_APP_URL", "where the app's requests come in; without it https://APP.fly.dev");
        let front = from.optional::<Front>(about, WANTED);
        let about =
            setting("DEPLOY_TIMES", "how long margins, checks, soak and drain take; a stand-in alone may have less");
        let scale = from.default(about, "real, or tenth", Scale::Real.as_str());
        let (fly, records, registry, front, scale) = (fly?, records?, registry?, front?, scale?);
        let settings = Self { fly, records, registry, front: front.map(|front| front.0), scale };
        if let Some(mistake) = settings.mistake() {
            from.mistake(mistake);
            return None;
        }
        Some(settings)
    }
}

impl ShipSettings {
    /// The registry of what is deployed to; a stand-in has one only where one is named.
    pub(crate) fn own_registry(&self) -> Option<&Url> {
        Some(&self.registry).filter(|url| ApiAddress::is_here(url) != self.fly.address.is_fly())
    }

    /// What only shows when they are looked at together: half of them are of a stand-in, and half are Fly's.
    fn mistake(&self) -> Option<String> {
        let is_fly = self.fly.address.is_fly();
        if is_fly && self.scale == Scale::Tenth {
            let why = "margins that are too short for Fly lose requests";
            return Some(format!(
                "DEPLOY_TIMES is \"tenth\", and the Machines API is Fly's own: wanted real, since {why}"
            ));
        }
        let registry = Some(&self.registry).filter(|_| is_fly);
        let others = [
            ("FLY_API_BASE_URL", Some(self.records.is_fly())),
            ("FLY_APP_URL", self.front.as_ref().map(|url| !ApiAddress::is_here(url))),
            ("FLY_REGISTRY_URL", registry.map(|url| !ApiAddress::is_here(url))),
        ];
        let (name, _) = others.into_iter().find(|(_, there)| there.is_some_and(|there| there != is_fly))?;
        let (one, other) = if is_fly { ("Fly's own", "this machine") } else { ("on this machine", "somewhere else") };
        Some(format!("{name} names {other}, and the Machines API is {one}: wanted both of one"))
    }
}

struct Front(Url);

impl std::str::FromStr for Front {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        address(text).map(Self).ok_or(())
    }
}

/// An address without a path, over which a token may go.
fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let safe = url.scheme() == "https" || url.scheme() == "http" && ApiAddress::is_here(&url);
    (bare && safe && url.has_host() && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<ShipSettings, String> {
        let token = [("FLY_API_TOKEN", "fm2_hidden")];
        let values = token.iter().chain(values).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut from = Reader::new(values);
        let settings = ShipSettings::read(&mut from);
        from.finish(settings).map_err(|wrong| wrong.to_string())
    }

    const HERE: (&str, &str) = ("FLY_FLAPS_BASE_URL", "http://127.0.0.1:4280");
    const RECORDS: (&str, &str) = ("FLY_API_BASE_URL", "http://127.0.0.1:4280");

    #[test]
    fn without_any_it_is_fly_itself_in_real_times() {
        let settings = read(&[]).expect("settings");
        assert!(settings.fly.address.is_fly() && settings.front.is_none());
        assert!(settings.records.is_fly() && settings.own_registry().is_some());
        assert_eq!(settings.scale, Scale::Real);
    }

    /// Guards nothing by itself: the margins of a tenth would lose requests on Fly.
    #[test]
    fn a_tenth_is_for_a_stand_in_alone() {
        let told = read(&[("DEPLOY_TIMES", "tenth")]).expect_err("refused");
        assert!(told.contains("DEPLOY_TIMES") && told.contains("wanted real"), "{told}");
        assert_eq!(read(&[HERE, RECORDS, ("DEPLOY_TIMES", "tenth")]).expect("taken").scale, Scale::Tenth);
    }

    #[test]
    fn half_a_stand_in_and_half_of_fly_are_refused_by_name() {
        assert!(read(&[HERE]).expect_err("records at Fly").contains("FLY_API_BASE_URL"));
        assert!(read(&[RECORDS]).expect_err("records here").contains("FLY_API_BASE_URL"));
        let front = ("FLY_APP_URL", "http://127.0.0.1:8080");
        assert!(read(&[front]).expect_err("requests here").contains("FLY_APP_URL"));
        assert!(read(&[HERE, RECORDS, front]).is_ok());
        assert!(
            read(&[("FLY_REGISTRY_URL", "http://127.0.0.1:5000")])
                .expect_err("images here")
                .contains("FLY_REGISTRY_URL")
        );
        assert!(read(&[HERE, RECORDS]).expect("settings").own_registry().is_none(), "a stand-in's token stays here");
        let own = ("FLY_APP_URL", "https://jobs.example");
        assert!(read(&[own]).is_ok(), "a domain of one's own is Fly's, too");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_no_token_is_shown() {
        let wrong = [
            ("FLY_API_TOKEN", "fm2_hidden fm2_too"),
            ("FLY_API_BASE_URL", "http://api.fly.io"),
            ("FLY_REGISTRY_URL", "registry.fly.io"),
            ("FLY_APP_URL", "https://a.example/path"),
            ("DEPLOY_TIMES", "fast"),
        ];
        let told = read(&wrong).expect_err("refused");
        for (name, _) in wrong {
            assert!(told.contains(name), "{name} is not in {told}");
        }
        assert!(told.contains("5 mistakes") && !told.contains("fm2_"), "{told}");
    }
}
