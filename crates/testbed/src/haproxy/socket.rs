//! The runtime socket: a line of text each way.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::Error;

/// It answers within a millisecond.
const PATIENCE: Duration = Duration::from_secs(5);

/// Columns of `show stat`, which its first line names.
const BACKEND: &str = "# pxname";
const SERVER: &str = "svname";
const STATUS: &str = "status";

/// Which servers of a backend are routed to, in the order in which they were given.
pub(super) fn routed(socket: &Path, backend: &str) -> Result<Vec<bool>, Error> {
    // All servers (4) of any backend (-1).
    let table = exchange(socket, "show stat -1 4 -1")?;
    read(&table, backend).ok_or_else(|| Error::Unfit(format!("haproxy's statistics lack a column: {table}")))
}

/// Tells it something that it answers with nothing.
pub(super) fn order(socket: &Path, line: &str) -> Result<(), Error> {
    let answer = exchange(socket, line)?;
    if answer.trim().is_empty() { Ok(()) } else { Err(Error::Unfit(format!("haproxy, told `{line}`: {answer}"))) }
}

/// Tells it something and returns its answer.
pub(super) fn exchange(socket: &Path, line: &str) -> Result<String, Error> {
    let mut answer = String::new();
    UnixStream::connect(socket)
        .and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            writeln!(stream, "{line}")?;
            stream.read_to_string(&mut answer)
        })
        .map_err(Error::io(format!("could not tell haproxy `{line}`")))?;
    Ok(answer)
}

/// `UP`, and `UP 1/2` on its way down, are routed to; `DOWN`, `MAINT` and their like are not.
fn read(table: &str, backend: &str) -> Option<Vec<bool>> {
    let mut lines = table.lines().filter(|line| !line.is_empty()).map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next()?;
    let column = |name: &str| head.iter().position(|its| *its == name);
    let (its_backend, server, status) = (column(BACKEND)?, column(SERVER)?, column(STATUS)?);
    let mut routed: Vec<(usize, bool)> = lines
        .filter(|row| row.get(its_backend) == Some(&backend))
        .filter_map(|row| Some((row.get(server)?.parse().ok()?, row.get(status)?.starts_with("UP"))))
        .collect();
    routed.sort_unstable();
    Some(routed.into_iter().map(|(_, up)| up).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# pxname,svname,qcur,status\napi,1,0,DOWN\napi,0,0,UP\nweb,0,0,MAINT\n\n";

    #[test]
    fn servers_are_read_from_the_statistics_in_their_order() {
        assert_eq!(read(TABLE, "api"), Some(vec![true, false]));
        assert_eq!(read(TABLE, "web"), Some(vec![false]));
        assert_eq!(read("Unknown command", "api"), None);
    }
}
