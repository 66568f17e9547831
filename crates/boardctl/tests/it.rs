//! The whole board, as `boardctl up` runs it.

mod it {
    mod arrows;
    mod many;
    mod sql;
    mod up;
    mod whole;
}
