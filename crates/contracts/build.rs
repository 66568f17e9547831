//! Lists the migrations of this build for `schema`: their files are the only place where they stand.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../../migrations");
    let mut names = Vec::new();
    for file in fs::read_dir("../../migrations")? {
        let name = file?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".sql").filter(|name| name.starts_with('V')).map(str::to_owned));
    }
    names.sort();
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("migrations.rs"), format!("&{names:?}"))
}
