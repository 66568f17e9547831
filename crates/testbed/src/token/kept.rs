//! Secrets that are made once and kept in a file that its owner alone can read.

use std::io::ErrorKind;
use std::path::Path;

use crate::Error;
use crate::folder::write_private;

/// Reads a secret from a file, or makes one and writes it there (0600).
///
/// # Errors
///
/// When the file can't be read or written.
pub(crate) fn kept(path: &Path, make: impl FnOnce() -> String) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = make();
            write_private(path, text.as_bytes(), None)?;
            Ok(text)
        }
        Err(error) => Err(Error::io(format!("could not read {}", path.display()))(error)),
    }
}
