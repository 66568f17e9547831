//! Only builds for the drill can take safety features out.

use testbed::board::Part;
use testbed::cargo::binary;

/// What a build that can does look for in its environment.
const NAME: &[u8] = b"SABOTAGE";

fn holds_name(program: &str) -> bool {
    let path = binary(program).unwrap_or_else(|error| panic!("cargo builds {program}: {error}"));
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{program} is there: {error}"));
    bytes.windows(NAME.len()).any(|part| part == NAME)
}

#[test]
fn no_function_can_be_sabotaged() {
    for function in Part::functions().into_iter().map(Part::name).chain(["migrate"]) {
        assert!(!holds_name(function), "{function} was built with the feature `sabotage`");
    }
}

#[test]
fn a_name_that_is_there_is_found() {
    assert!(holds_name("boardctl"), "boardctl gives the name to the tests that it runs");
}
