//! An app of Fly's, ready to be acted on.

use deploy::machines::{AppName, Http, Machines, Misnamed, Region};
use deploy::run::{Deployer, HttpProxy, HttpRecords, Times, Told};
use platform::clock::Clock;
use platform::telemetry::log::chain;
use url::Url;
use uuid::Uuid;

use super::ShipError;
use super::scale::Scale;
use super::settings::ShipSettings;
use super::tree::Wanted;

/// An app, and all that acts on it.
pub(crate) struct Target {
    /// Its machines.
    pub(crate) machines: Machines<Http>,
    /// Its release records.
    pub(crate) records: HttpRecords,
    /// Its name.
    pub(crate) app: AppName,
    proxy: Option<HttpProxy>,
    times: Times,
}

impl Target {
    /// The app of this function, whose machines nobody is going to ask through the proxy.
    pub(crate) fn looked_at(wanted: &Wanted, settings: &ShipSettings) -> Result<Self, ShipError> {
        let app: AppName = wanted.toml.app.parse().map_err(misnamed(wanted, "app"))?;
        let times = match settings.scale {
            Scale::Real => Times::real(),
            Scale::Tenth => Times::tenth(),
        };
        let http = Http::new(&settings.fly).map_err(no_http)?;
        let records = HttpRecords::new(settings.records.clone(), settings.fly.token.clone(), app.clone());
        let records = records.map_err(no_http)?;
        let machines = Machines::with_limits(http, app.clone(), times.limits);
        Ok(Self { machines, records, app, proxy: None, times })
    }

    /// The app of this function.
    pub(crate) fn of(wanted: &Wanted, settings: &ShipSettings) -> Result<Self, ShipError> {
        let target = Self::looked_at(wanted, settings)?;
        if wanted.toml.http_service.is_none() {
            return Ok(target);
        }
        let proxy = HttpProxy::new(front(wanted, settings)?).map_err(no_http)?;
        Ok(Self { proxy: Some(proxy), ..target })
    }

    /// What does what is asked for.
    pub(crate) fn deployer<'a>(&'a self, tell: &'a dyn Fn(&Told)) -> Deployer<'a, Http, HttpProxy, HttpRecords> {
        Deployer {
            machines: &self.machines,
            proxy: self.proxy.as_ref(),
            records: Some(&self.records),
            times: self.times,
            clock: Clock::system(),
            chance: Uuid::new_v4().as_u64_pair().1,
            tell,
        }
    }
}

/// The region of a function's first machines.
pub(crate) fn region(wanted: &Wanted) -> Result<Region, ShipError> {
    let region = wanted.toml.primary_region.clone().unwrap_or_default();
    region.parse().map_err(misnamed(wanted, "primary_region"))
}

/// Where its requests come in. A stand-in's are never asked of Fly.
pub(crate) fn front(wanted: &Wanted, settings: &ShipSettings) -> Result<Url, ShipError> {
    let app = &wanted.toml.app;
    match &settings.front {
        Some(front) => Ok(front.clone()),
        None if settings.fly.address.is_fly() => format!("https://{app}.fly.dev")
            .parse()
            .map_err(|_| ShipError::Arguments(format!("{app} is no name of a host"))),
        None => {
            let why = "wanted where the stand-in takes the app's requests";
            Err(ShipError::Arguments(format!("FLY_APP_URL is missing, and the Machines API is on this machine: {why}")))
        }
    }
}

fn misnamed(wanted: &Wanted, key: &'static str) -> impl FnOnce(Misnamed) -> ShipError {
    let name = wanted.name.clone();
    move |wrong| ShipError::Misnamed(name, key, wrong)
}

fn no_http(error: reqwest::Error) -> ShipError {
    ShipError::System(chain(&error))
}
