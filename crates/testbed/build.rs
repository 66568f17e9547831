//! Lists the files of `fly/` for `board::part`: which functions there are stands nowhere else.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../../fly");
    let mut files = Vec::new();
    for file in fs::read_dir("../../fly")? {
        let file = fs::canonicalize(file?.path())?;
        if file.extension().is_some_and(|it| it == "toml") {
            files.push(file);
        }
    }
    files.sort();
    let texts =
        files.iter().map(|file| format!("({:?}, include_str!({file:?})),", file.file_stem().unwrap_or_default()));
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("fly.rs"), format!("&[{}]", texts.collect::<String>()))
}
