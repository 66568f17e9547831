//! Standard output as a log: whoever reads it may stall, and then lines are lost and counted, and nobody waits.
//!
//! `tracing-appender` has such a writer, too; at the end it prints to standard output that it could not flush, which
//! hangs for ever where the reader has stalled.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crate::sabotage;
use crate::telemetry::metric::{Counter, Instruments, Metrics, Registry};

/// Lines that wait for a slow reader: some 4 MB.
const QUEUE: usize = 8_192;

/// How often the end looks whether all is written.
const LOOK: Duration = Duration::from_millis(5);

/// Writes lines to standard output. Clones share it.
#[derive(Clone, Debug)]
pub struct Writer {
    /// None where standard output is a file: nobody reads it who could stall, and a line stands there when its request is
    /// answered.
    queue: Option<SyncSender<Vec<u8>>>,
    waiting: Arc<AtomicUsize>,
    lost: Counter,
}

#[derive(Clone, Debug)]
struct LogMetrics {
    lost: Counter,
}

impl Instruments for LogMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self { lost: registry.add("log_lines_lost", "Lines that the log's reader did not take in time") }
    }
}

impl Writer {
    /// Starts; what is lost is counted.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(metrics: &Metrics) -> io::Result<Self> {
        let LogMetrics { lost } = metrics.of();
        let (waiting, mut queue) = (Arc::<AtomicUsize>::default(), None);
        if !is_file()? && !sabotage::takes_out("log queue") {
            let (sender, lines) = sync_channel(QUEUE);
            let (waiting, lost) = (waiting.clone(), lost.clone());
            std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&lines, &waiting, &lost))?;
            queue = Some(sender);
        }
        Ok(Self { queue, waiting, lost })
    }

    /// Writes a line, now or soon, or loses it.
    pub(in crate::telemetry) fn write(&self, line: Vec<u8>) {
        let Some(queue) = &self.queue else { return write(&line, &self.lost) };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if queue.try_send(line).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.lost.inc();
        }
    }

    /// Waits until every line is written, for so long at most.
    pub fn flush(&self, limit: Duration) {
        let begun = Instant::now();
        while self.waiting.load(Ordering::Relaxed) > 0 && begun.elapsed() < limit {
            std::thread::sleep(LOOK);
        }
    }
}

fn is_file() -> io::Result<bool> {
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    Ok(out.metadata()?.is_file())
}

fn write_all(lines: &Receiver<Vec<u8>>, waiting: &AtomicUsize, lost: &Counter) {
    for line in lines {
        write(&line, lost);
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A reader that is gone loses them all.
fn write(line: &[u8], lost: &Counter) {
    if io::stdout().lock().write_all(line).is_err() {
        lost.inc();
    }
}
