//! A new file among the migrations means a new binary: the macro that embeds them reads the folder, which cargo does
//! not see by itself.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
