//! What a release is: the same one twice is nothing to do, and the same image with another secret is another one.

use super::rig::stage;
use testbed::board::Part;

#[tokio::test]
#[ignore = "minutes long: scripts/test rehearsals runs it"]
async fn the_same_release_is_nothing_to_do_and_with_a_changed_secret_it_is_another_colour() {
    let mut stage = stage().await;
    let first = stage.deployed(Part::Api).await.expect("a first release");
    let before = stage.colours(Part::Api).await.expect("machines");
    let again = stage.deploy(Part::Api, &first).await.expect("it ends");
    assert_eq!(again.code, Some(0), "{}", again.told);
    assert!(again.told.contains("there was nothing to do"), "{}", again.told);
    assert_eq!(stage.colours(Part::Api).await.expect("machines"), before, "no machine is another one");
    stage.change_a_secret(Part::Api).await.expect("it is set");
    let changed = stage.deploy(Part::Api, &first).await.expect("it ends");
    assert_eq!(changed.code, Some(0), "{}", changed.told);
    let after = stage.colours(Part::Api).await.expect("machines");
    assert!(before.is_disjoint(&after), "{before:?} {after:?}");
    assert_eq!(after.len(), 1);
}
