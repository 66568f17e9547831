//! The figures of a process by the names that Prometheus' clients give them:
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.

use prometheus_client::registry::Unit;

use super::sampled::{Sample, Samples};

/// Those of this process. What cannot be read is left out.
pub(super) fn figures() -> Samples {
    Samples::new(|| look().unwrap_or_default())
}

#[cfg(target_os = "linux")]
fn look() -> Option<Vec<Sample>> {
    use procfs::WithCurrentSystemInfo as _;
    use procfs::process::{LimitValue, Process};

    let process = Process::myself().ok()?;
    let stat = process.stat().ok()?;
    let ticks = procfs::ticks_per_second() as f64;
    let booted = procfs::boot_time_secs().ok()?;
    let started = booted as f64 + stat.starttime as f64 / ticks;
    let files = process.limits().ok()?.max_open_files.soft_limit;
    let files = match files {
        LimitValue::Value(most) => most as f64,
        LimitValue::Unlimited => f64::INFINITY,
    };
    Some(vec![
        Sample::counter("process_cpu", "CPU time that was used", (stat.utime + stat.stime) as f64 / ticks)
            .of(Unit::Seconds),
        Sample::gauge("process_resident_memory", "Memory that is held", stat.rss_bytes().get() as f64).of(Unit::Bytes),
        Sample::gauge("process_virtual_memory", "Addresses that are mapped", stat.vsize as f64).of(Unit::Bytes),
        Sample::gauge("process_open_fds", "Files and connections that are open", process.fd_count().ok()? as f64),
        Sample::gauge("process_max_fds", "Files and connections that may be open", files),
        Sample::gauge("process_threads", "Threads", stat.num_threads as f64),
        Sample::gauge("process_start_time", "When it began, since 1970", started).of(Unit::Seconds),
    ])
}

#[cfg(not(target_os = "linux"))]
fn look() -> Option<Vec<Sample>> {
    None
}
