//! The program: settings, what it says of itself, and the server.
//!
//! It is no `platform::function::Function`: that cuts each request after ten seconds, and here a wait takes a minute and a
//! hanging call for ever.

use std::path::PathBuf;
use std::process::ExitCode;

use actix_web::rt;
use deploy::machines::AppName;
use platform::config::{EXIT_MISCONFIGURED, Reader, setting};
use serde_json::json;

use crate::programs::Program;
use crate::settings::Settings;
use crate::site::{Doors, Error, Options, TOKEN, serve};

/// What it keeps of Fly, and what not.
pub const ABOUT: &str = include_str!("about.txt");

/// How it is started.
fn read(from: &mut Reader) -> Option<Options> {
    let listen = from.default(setting("LISTEN", "where it listens; port 0 is any"), "IP:PORT", "127.0.0.1:4280");
    let about = setting("TOKEN", "the one token that it takes, without a scheme; it is shown");
    let token = from.parsed(about, "a word", TOKEN, |text| {
        text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned())
    });
    let about = setting("APPS", "the apps that there are; /control/apps adds more");
    let apps = from.parsed(about, "names of a-z, 0-9 and -, joined by commas", "web", |text| {
        let name = |name: &str| Some(name.trim().parse::<AppName>().ok()?.to_string());
        text.split(',').map(name).collect::<Option<Vec<_>>>()
    });
    let seed = from.count(setting("SEED", "makes ids repeatable"), 0..=usize::MAX, 0);
    let about = setting("SETTINGS", "how Fly itself behaves; each that is not named keeps its default");
    let settings = from.parsed(about, "JSON, as GET /control/state shows it", "{}", |text| {
        serde_json::from_str::<Settings>(text).ok()
    });
    let about = setting("SCALE", "what all of Fly's own lags and limits are multiplied by: 0.1 is ten times as fast");
    let scale =
        from.parsed(about, "a number above 0", "1", |text| text.parse().ok().filter(|scale: &f64| is_scale(*scale)));
    let about =
        setting("PROGRAMS", "what runs for which image, in real processes behind HAProxy; null is nothing real");
    let wanted = "JSON: null or [{\"image\": TAG or DIGEST, \"path\": …, \"args\": […], \"env\": {…}, \"here\": {…}}]";
    // With passwords in it, it is not shown, also not where it is wrong.
    let read = |text: &str| Some(serde_json::from_str::<Option<Vec<Program>>>(text).ok());
    let programs = from.parsed(about, wanted, "null", read).flatten();
    if programs.is_none() {
        from.mistake(format!("PROGRAMS is something else (its value is not shown): wanted {wanted}"));
    }
    let about = setting("FOLDER", "where the output of real processes goes; nothing is a temporary folder");
    let folder = from.parsed(about, "a path", "", |text| Some((!text.is_empty()).then(|| PathBuf::from(text))));
    Some(Options {
        apps: apps?,
        programs: programs?,
        settings: settings?,
        scale: scale?,
        seed: seed? as u64,
        token: token?,
        listen: listen?,
        folder: folder?,
    })
}

/// Slower than life by a factor of more than a hundred, it would be no use, and would overflow.
fn is_scale(scale: f64) -> bool {
    scale > 0.0 && scale <= 100.0
}

/// Runs until a signal.
pub fn run() -> ExitCode {
    let mut reader = Reader::from_process();
    let wanted = read(&mut reader);
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
    match rt::System::new().block_on(run_until_told(wanted, json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fly-stand-in: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run_until_told(options: Options, json: bool) -> Result<(), Error> {
    let serving = serve(options, true).await?;
    println!("{}", told(&serving.doors, json));
    serving.run(std::future::pending()).await
}

/// What it says once it listens.
fn told(doors: &Doors, json: bool) -> String {
    let Doors { api, token, apps, public, folder } = doors;
    if json {
        return json!(doors).to_string();
    }
    let apps = apps.join(", ");
    let public: String = public.iter().map(|(app, at)| format!("{app} is met at http://{at}\n")).collect();
    let output = folder.as_ref().map(|folder| format!("Machines write to {}\n", folder.display())).unwrap_or_default();
    format!(
        "{ABOUT}\n\
         It listens at {api}; its apps: {apps}. To have Fly's clients come here:\n\n    \
         export FLY_FLAPS_BASE_URL={api} FLY_API_BASE_URL={api} FLY_API_TOKEN={token}\n\n\
         {public}{output}\
         The whole state: curl -s -H \"Authorization: Bearer $FLY_API_TOKEN\" $FLY_FLAPS_BASE_URL/control/state"
    )
}
