//! The programs that came out of one build with this one.

use std::path::PathBuf;

use testbed::Error;

/// The binary of this name beside this one.
pub(crate) fn binary(name: &str) -> Result<PathBuf, Error> {
    let own =
        std::env::current_exe().map_err(|error| Error::Unfit(format!("where boardctl is, is not known: {error}")))?;
    let path = own.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::Unfit(format!("{} is not there: the scripts build it, such as scripts/up", path.display())))
}
