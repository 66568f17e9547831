//! What ships a function, against recorded answers and every way to fail.

mod it {
    mod machines;
}
