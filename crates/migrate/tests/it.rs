//! `migrate` as a deploy runs it, against real servers.

mod it {
    mod collisions;
    mod command;
    mod forbidden;
    mod history;
    mod interrupted;
    mod needed;
    mod one_mailbox;
    mod own_answers;
    mod rights;
    mod roles;
    mod schema;
    mod side_by_side;
    mod support;
}
