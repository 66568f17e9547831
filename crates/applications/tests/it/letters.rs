//! What a letter may be, and that it arrives as it was written.

use serde_json::json;

use super::board::Board;

#[tokio::test]
async fn a_letter_has_1_to_10000_characters_whatever_their_bytes() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for character in ["x", "ä", "語", "\u{1f600}"] {
        for length in [1, 10_000] {
            let (employer, letter) = (board.employer().await, character.repeat(length));
            ada.apply(&employer.job, &letter).await.expect(201);
            let kept = format!("SELECT letter FROM applications WHERE job_id = '{}'", employer.job);
            assert!(board.text(&kept).await == letter, "{length} times {character} came out different");
        }
        let employer = board.employer().await;
        assert_eq!(ada.apply(&employer.job, &character.repeat(10_001)).await.wrong(), ["#/letter"]);
    }
}

#[tokio::test]
async fn line_breaks_and_tabs_are_kept_and_the_space_around_is_not() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    ada.apply(&employer.job, "\r\n\t Dear all,\r\n\r\n\tI build stairs.\n\nAda \u{1f469}\u{200d}\u{1f527} \n")
        .await
        .expect(201);
    let path = format!("/v1/jobs/{}/applications", employer.job);
    let received = employer.member.applications.get(&path).await.expect(200);
    assert_eq!(received["items"][0]["letter"], "Dear all,\r\n\r\n\tI build stairs.\n\nAda \u{1f469}\u{200d}\u{1f527}");
}

#[tokio::test]
async fn what_is_no_letter_is_refused_and_nothing_is_written() {
    let board = Board::new().await;
    let (ada, employer) = (board.someone().await, board.employer().await);
    for letter in [
        "",
        " \r\n\t",
        "a\u{0}b",
        "\u{0}",
        "a\u{1b}[31mb",
        "a\u{8}b",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{9b}b",
        "a\u{c}b",
        "\u{202e}abc",
    ] {
        assert_eq!(ada.apply(&employer.job, letter).await.wrong(), ["#/letter"], "{letter:?}");
    }
    let path = format!("/v1/jobs/{}/applications", employer.job);
    for letter in [json!(null), json!(7), json!(false), json!(["Dear all"]), json!({ "text": "Dear all" })] {
        let answer = ada.applications.post(&path, &json!({ "letter": letter })).await;
        assert_eq!(answer.wrong(), ["#/letter"], "{letter}");
    }
    assert_eq!(board.written(&ada).await, [0, 0, 0]);
}

#[tokio::test]
async fn letters_are_text_and_never_anything_else() {
    let board = Board::new().await;
    let ada = board.someone().await;
    for letter in ["'; DROP TABLE applications; --", "<script>alert(1)</script>", "{{7*7}} ${HOME} %s %n", "\\u0000"] {
        let employer = board.employer().await;
        ada.apply(&employer.job, letter).await.expect(201);
        let path = format!("/v1/jobs/{}/applications", employer.job);
        let received = employer.member.applications.get(&path).await.expect(200);
        assert_eq!(received["items"][0]["letter"], letter);
    }
}
