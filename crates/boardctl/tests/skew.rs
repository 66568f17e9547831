//! The functions of the commit before on the schema that is here, beside those that are here. `scripts/test skew` runs this.

mod skew {
    mod clone;
    mod older;
    mod seed;
    mod side_by_side;
}
