//! Requests by a clock.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::{Response, Uri};
use testbed::http::Answer;
use testbed::load::open_loop::OpenLoop;
use testbed::load::{Ask, Lost, Script};
use testbed::port::free_port;
use testbed::site::Site;

/// Each page has its number, and nobody may see the seventh.
struct Pages;

impl Script for Pages {
    fn ask(&self, number: u64) -> Ask {
        Ask::get(format!("/{number}"))
    }

    fn judge(&self, number: u64, answer: Result<&Answer, &Lost>) -> Result<&'static str, String> {
        let answer = answer.map_err(ToString::to_string)?;
        assert_eq!(answer.text, format!("page /{number}"), "the answer to another question");
        if number == 7 { Err("the seventh page".to_owned()) } else { Ok("a page") }
    }
}

#[tokio::test]
async fn requests_have_numbers_from_the_first_on_and_each_answer_is_judged_by_its_own() {
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let paths = Arc::clone(&asked);
    let page = move |uri: &Uri| {
        paths.lock().expect("nobody panics").insert(uri.path().to_owned());
        Response::new(format!("page {}", uri.path()))
    };
    let site = Site::start(free_port(), page).expect("listening");
    let address = site.url().trim_start_matches("http://").parse().expect("an address");
    let lasts = Duration::from_millis(300);
    let load = OpenLoop { address, script: Arc::new(Pages), first: 5, rate: 50.0, connections: 10, lasts };
    let outcome = load.run().await;
    assert!(outcome.sent > 3 && outcome.lost == 0, "{outcome:?}");
    assert_eq!(u64::try_from(outcome.count(200)), Ok(outcome.sent));
    assert_eq!(outcome.wrongs, BTreeSet::from(["the seventh page".to_owned()]));
    let wanted: BTreeSet<String> = (5..5 + outcome.sent).map(|number| format!("/{number}")).collect();
    assert_eq!(*asked.lock().expect("nobody panics"), wanted);
}
