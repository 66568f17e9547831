//! The inbox.

use resend_stand_in::Behaviour;
use serde_json::Value;

use super::stand_in::StandIn;

async fn two_mails() -> StandIn {
    let stand_in = StandIn::new(Behaviour::default());
    stand_in.send("ada@a.test", "first").await;
    stand_in.send("Bob <bob@a.test>", "second").await;
    stand_in
}

#[actix_web::test]
async fn an_empty_inbox_says_so() {
    let page = StandIn::new(Behaviour::default()).get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains("No mail here."));
}

#[actix_web::test]
async fn the_newest_mail_comes_first() {
    let page = two_mails().await.get("/").await;
    let place = |address| page.text().find(address).expect("both mails are shown");
    assert!(place("bob@a.test") < place("ada@a.test"));
    assert!(page.text().contains("2 mails, newest first."));
}

#[actix_web::test]
async fn a_hostile_subject_stays_text() {
    let stand_in = two_mails().await;
    let page = stand_in.get("/").await;
    assert!(!page.text().contains("<b>Hello"), "{}", page.text());
    assert!(page.text().contains("&lt;b&gt;Hello&lt;/b&gt; &amp; &quot;welcome&quot;"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
}

#[actix_web::test]
async fn links_in_a_mail_can_be_followed() {
    let page = two_mails().await.get("/").await;
    assert!(page.text().contains("<a href=\"https://b.test/in?a=1&amp;b=\" rel=\"noreferrer\">"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

#[actix_web::test]
async fn the_filter_keeps_the_mails_to_one_address() {
    let page = two_mails().await.get("/?to=BOB@a.test").await;
    assert!(page.text().contains("bob@a.test") && !page.text().contains("ada@a.test"));
    assert!(page.text().contains("1 mail."));
}

#[actix_web::test]
async fn a_bad_query_is_told_what_is_wrong() {
    let stand_in = two_mails().await;
    for query in ["to=nobody", "from=a@b.test", "to=a@b.test&to=c@d.test", "to=a+b@c.test"] {
        let page = stand_in.get(&format!("/?{query}")).await;
        assert_eq!((page.status, page.text().contains("`to`")), (400, true), "{query}");
        assert_eq!(stand_in.get(&format!("/inbox.json?{query}")).await.problem().0, 400, "{query}");
    }
    assert_eq!(stand_in.get("/?to=").await.status, 200);
    assert_eq!(stand_in.get("/?to=a%2Bb@c.test").await.status, 200);
}

#[actix_web::test]
async fn command_lines_read_the_inbox_as_json() {
    let stand_in = two_mails().await;
    let all = stand_in.get("/inbox.json").await.json();
    let keys: Vec<&Value> =
        all["mails"].as_array().into_iter().flatten().map(|mail| &mail["idempotency_key"]).collect();
    assert_eq!(keys, ["second", "first"]);
    assert_eq!(all["total"], 2);
    let one = stand_in.get("/inbox.json?to=ada@a.test").await.json();
    assert_eq!(one["mails"][0]["to"][0], "ada@a.test");
}

#[actix_web::test]
async fn a_hundred_mails_are_shown_at_most() {
    let stand_in = StandIn::new(Behaviour::default());
    for number in 0..101 {
        stand_in.send("ada@a.test", &number.to_string()).await;
    }
    let page = stand_in.get("/").await;
    assert_eq!(page.text().matches("<article>").count(), 100);
    assert!(page.text().contains("The newest 100 of 101 mails."));
}

#[actix_web::test]
async fn one_mail_is_shown_with_its_headers() {
    let stand_in = two_mails().await;
    let id = stand_in.get("/inbox.json").await.json()["mails"][0]["id"].as_str().map(str::to_owned);
    let page = stand_in.get(&format!("/inbox/{}", id.expect("an id"))).await;
    assert_eq!(page.status, 200);
    for shown in ["List-Unsubscribe", "outbox_id=7", "second", "<a href=\"https://b.test/u\""] {
        assert!(page.text().contains(shown), "{shown}");
    }
}

#[actix_web::test]
async fn an_unknown_mail_has_no_page() {
    let stand_in = two_mails().await;
    assert_eq!(stand_in.get("/inbox/00000000-0000-4000-8000-000000000000").await.status, 404);
    assert_eq!(stand_in.get("/inbox/7").await.status, 400);
}
