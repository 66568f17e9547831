//! What ships a function, against what flyctl was seen to do, recorded answers, every way to fail, and the real binaries.

mod it {
    mod affected;
    mod binaries;
    mod configs;
    mod image;
    mod kubernetes;
    mod machines;
    mod mistakes;
    mod recordings;
    mod registry;
    mod rules;
    mod run;
    mod ship;
}
