//! What ships a function, against what flyctl was seen to do.

mod it {
    mod mistakes;
    mod recordings;
}
