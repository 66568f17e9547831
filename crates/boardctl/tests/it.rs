//! The whole board, as `boardctl up` runs it.

mod it {
    mod arrows;
    mod many;
    mod sabotage;
    mod settings;
    mod sql;
    mod up;
    mod whole;
}
