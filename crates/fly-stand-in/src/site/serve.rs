//! The stand-in put together: Fly, who runs its machines, and the server before it.

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::JoinHandle;
use actix_web::{App, HttpServer, rt};
use platform::clock::Clock;

use super::{Doors, Error, Options};
use crate::behaviour::{Behaviour, Whose};
use crate::fly::Fly;
use crate::guests::{Fronts, Guests, drive};
use crate::routes::{Door, Token, routes_with};
use crate::shared::Shared;

/// A stand-in that listens.
pub(crate) struct Serving {
    pub(crate) doors: Doors,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    guests: Option<(Arc<Guests>, Fronts)>,
}

/// Has it listen everywhere. With `signals`, SIGINT and SIGTERM end it.
pub(crate) async fn serve(options: Options, signals: bool) -> Result<Serving, Error> {
    let began = Clock::system().now();
    let settings = options.settings.clone().scaled(options.scale);
    let region = settings.regions.first().cloned().unwrap_or_default();
    let mut fly = Fly::new(options.seed, settings, began);
    options.apps.iter().for_each(|app| fly.app(app));
    if options.programs.is_some() {
        fly.behave(Whose::All, Behaviour { image_missing: true, ..Behaviour::default() });
    }
    let fly = Arc::new(Shared::new(fly, began));
    let guests = match options.programs {
        None => None,
        Some(programs) => {
            let guests = Arc::new(Guests::new(Arc::clone(&fly), options.scale, options.folder)?);
            programs.into_iter().for_each(|program| guests.program(program));
            let fronts = Fronts::start(Arc::clone(&fly), &options.apps, &region).await?;
            Some((guests, fronts))
        }
    };
    let door = Door { fly: Arc::clone(&fly), token: Token(options.token.clone()) };
    let known = guests.as_ref().map(|(guests, _)| Arc::clone(guests));
    let server = HttpServer::new(move || {
        let (door, known) = (door.clone(), known.clone());
        App::new().configure(move |config| routes_with(config, door, known))
    });
    // Otherwise a caller that went away is taken for one that has only stopped writing. Those that hang are not waited for.
    let server = server.workers(1).h1_allow_half_closed(false).shutdown_timeout(1);
    let server = if signals { server } else { server.disable_signals() };
    let server = server.bind(options.listen)?;
    let address = server.addrs().first().copied().unwrap_or(options.listen);
    let doors = Doors {
        api: format!("http://{address}"),
        token: options.token,
        apps: options.apps,
        public: guests.as_ref().map(|(_, fronts)| fronts.addresses()).unwrap_or_default(),
        folder: guests.as_ref().map(|(guests, _)| guests.folder().to_owned()),
    };
    let server = server.run();
    let handle = server.handle();
    Ok(Serving { doors, handle, running: rt::spawn(server), guests })
}

impl Serving {
    /// Runs until it is told to end, by whomever, or until one of its parts fails.
    pub(crate) async fn run(self, told: impl Future<Output = ()>) -> Result<(), Error> {
        let Self { handle, mut running, mut guests, .. } = self;
        let driven = async {
            match guests.as_mut() {
                Some((guests, fronts)) => drive(guests, fronts).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            () = told => Ok(()),
            ended = &mut running => ended.map_err(std::io::Error::other).and_then(|ended| ended).map_err(Error::from),
            failed = driven => Err(failed),
        };
        handle.stop(false).await;
        // Also what a caller still hangs on knows of them: none outlives this.
        guests.inspect(|(guests, _)| guests.end());
        ended
    }
}
