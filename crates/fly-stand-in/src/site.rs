//! The whole stand-in on this machine, real processes and all, in this very process ([`Site`]). [`Control`] speaks to it, or
//! to the program, which is the same in a process of its own.
//!
//! ```no_run
//! # async fn start() -> Result<(), fly_stand_in::site::Error> {
//! use fly_stand_in::Program;
//! use fly_stand_in::site::{Options, Site};
//!
//! let program = Program::new("sha256:11", "target/debug/api").here("DATABASE_URL", "postgres://…");
//! let site = Site::start(Options::new(["board-api"]).program(program).scale(0.1)).await?;
//! println!("{} {} {:?}", site.doors().api, site.doors().token, site.doors().public["board-api"]);
//! let routed = site.control().routed("board-api").await?;
//! # let _ = routed;
//! # Ok(())
//! # }
//! ```

mod control;
mod options;
mod serve;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

use actix_web::rt;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

pub use control::Control;
pub use options::Options;
pub(crate) use options::TOKEN;
pub(crate) use serve::serve;

/// Where a running stand-in is met.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Doors {
    /// The address of all of Fly's APIs: `http://127.0.0.1:PORT`.
    #[serde(rename = "url")]
    pub api: String,
    /// The one token that it takes, without a scheme.
    pub token: String,
    /// The apps that it began with.
    pub apps: Vec<String>,
    /// Where an app's requests come in, as the world's come to `https://APP.fly.dev`; over HTTP here.
    pub public: BTreeMap<String, SocketAddr>,
    /// Where each machine's output is: `APP/NAME-ID.log`.
    pub folder: Option<PathBuf>,
}

/// Why a stand-in could not be started or told something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// HAProxy or the program itself could not be started.
    #[error(transparent)]
    Testbed(#[from] testbed::Error),
    /// The system refused something.
    #[error("the stand-in: {0}")]
    Io(#[from] std::io::Error),
    /// It does not answer, or what it says is no answer.
    #[error("the stand-in did not answer: {0}")]
    Silent(String),
    /// It refuses what it was told, with its words.
    #[error("the stand-in refuses: {0}")]
    Refused(String),
}

/// A stand-in on a thread of this process. It ends with this value, and every machine's process with it.
pub struct Site {
    doors: Doors,
    control: Control,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts it and waits until it listens everywhere.
    ///
    /// # Errors
    /// When HAProxy is not installed, or something cannot be listened on.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("fly-stand-in".to_owned()).spawn(move || {
            rt::System::new().block_on(async move {
                match serve(options, false).await {
                    Err(error) => drop(tell.send(Err(error))),
                    Ok(serving) => {
                        if tell.send(Ok(serving.doors.clone())).is_ok() {
                            // Dropped, it is told as well.
                            let ended = serving.run(async { drop(stopped.await) }).await;
                            ended.unwrap_or_else(|error| eprintln!("fly-stand-in: {error}"));
                        }
                    }
                }
            });
        })?;
        let started = told.await.map_err(|_| Error::Silent("its thread ended".to_owned()))?;
        let doors = started?;
        let control = Control::new(&doors)?;
        Ok(Self { doors, control, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is met.
    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// Tells it things, and asks.
    pub fn control(&self) -> &Control {
        &self.control
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there was printed over there.
            let _ = thread.join();
        }
    }
}
