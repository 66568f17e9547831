//! The program: settings, what it says of itself, and the server.
//!
//! It is no `platform::function::Function`: that cuts each request after ten seconds, and here a wait takes a minute and a
//! hanging call for ever.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::{App, HttpServer, rt};
use platform::clock::Clock;
use platform::config::{EXIT_MISCONFIGURED, Reader, setting};
use serde_json::json;

use crate::fly::Fly;
use crate::routes::{Door, Token, routes};
use crate::settings::Settings;
use crate::shared::Shared;

/// What it keeps of Fly, and what not.
pub const ABOUT: &str = include_str!("about.txt");

/// How it is started.
struct Wanted {
    listen: SocketAddr,
    token: Token,
    apps: Vec<String>,
    seed: u64,
    settings: Settings,
}

impl Wanted {
    fn read(from: &mut Reader) -> Option<Self> {
        let listen = from.default(setting("LISTEN", "where it listens; port 0 is any"), "IP:PORT", "127.0.0.1:4280");
        let about = setting("FLY_API_TOKEN", "the one token that it takes, without a scheme");
        let token = from.parsed(about, "a word", "fm2_stand-in", |text| {
            text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| Token(text.to_owned()))
        });
        let about = setting("APPS", "the apps that there are; /control/apps adds more");
        let apps = from.parsed(about, "names, joined by commas", "web", |text| {
            Some(text.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>())
        });
        let seed = from.count(setting("SEED", "makes ids repeatable"), 0..=usize::MAX, 0);
        let about = setting("SETTINGS", "how Fly itself behaves; each that is not named keeps its default");
        let settings = from.parsed(about, "JSON, as GET /control/state shows it", "{}", |text| {
            serde_json::from_str::<Settings>(text).ok()
        });
        Some(Self { listen: listen?, token: token?, apps: apps?, seed: seed? as u64, settings: settings? })
    }
}

/// Runs until a signal.
pub fn run() -> ExitCode {
    let mut reader = Reader::from_process();
    let wanted = Wanted::read(&mut reader);
    let json = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--json") => true,
        Some("--help" | "-h") => {
            println!("{ABOUT}\nfly-stand-in [--json]\n\nSettings, from the environment:\n\n{}", reader.help());
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("fly-stand-in: {other:?} is not known: wanted --json, --help, or nothing");
            return ExitCode::from(EXIT_MISCONFIGURED);
        }
    };
    let wanted = match reader.finish(wanted) {
        Ok(wanted) => wanted,
        Err(mistakes) => {
            eprintln!("fly-stand-in: {mistakes}\n`fly-stand-in --help` lists every setting.");
            return ExitCode::from(EXIT_MISCONFIGURED);
        }
    };
    match rt::System::new().block_on(serve(wanted, json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fly-stand-in: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(wanted: Wanted, json: bool) -> std::io::Result<()> {
    let Wanted { listen, token, apps, seed, settings } = wanted;
    let began = Clock::system().now();
    let mut fly = Fly::new(seed, settings, began);
    apps.iter().for_each(|app| fly.app(app));
    let door = Door { fly: Arc::new(Shared::new(fly, began)), token: token.clone() };
    let server = HttpServer::new(move || {
        let door = door.clone();
        App::new().configure(move |config| routes(config, door))
    });
    // Otherwise a caller that went away is taken for one that has only stopped writing. Those that hang are not waited for.
    let server = server.workers(1).h1_allow_half_closed(false).shutdown_timeout(1).bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    println!("{}", told(address, &token, &apps, json));
    server.run().await
}

/// What it says once it listens.
fn told(address: SocketAddr, token: &Token, apps: &[String], json: bool) -> String {
    let url = format!("http://{address}");
    if json {
        return json!({ "url": url, "token": token.0, "apps": apps }).to_string();
    }
    let apps = apps.join(", ");
    format!(
        "{ABOUT}\n\
         It listens at {url}; its apps: {apps}. To have the Machines API's clients come here:\n\n    \
         export FLY_FLAPS_BASE_URL={url} FLY_API_TOKEN={}\n\n\
         The whole state: curl -s -H \"Authorization: Bearer $FLY_API_TOKEN\" $FLY_FLAPS_BASE_URL/control/state",
        token.0
    )
}
