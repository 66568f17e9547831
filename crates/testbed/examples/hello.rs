//! A program for testbed's own test of `testbed::cargo`: greets and ends.

fn main() {
    println!("hello");
}
