//! The whole board, as `boardctl up` runs it.

mod it {
    mod affected;
    mod arrows;
    mod bench;
    mod catalogue;
    mod checkout;
    mod conventions;
    mod doctor;
    mod first;
    mod guide;
    mod manifests;
    mod many;
    mod new;
    mod newcomers;
    mod rotate;
    mod settings;
    mod ship;
    mod skew;
    mod sql;
    mod up;
    mod whole;
}
