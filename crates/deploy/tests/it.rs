//! What ships a function, against what flyctl was seen to do, and the real binaries.

mod it {
    mod binaries;
    mod configs;
    mod mistakes;
    mod recordings;
    mod rules;
}
