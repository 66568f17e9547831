//! The stand-in over HTTP.

mod it {
    mod binary;
    mod control;
    mod emails;
    mod inbox;
    mod stand_in;
    mod wire;
}
