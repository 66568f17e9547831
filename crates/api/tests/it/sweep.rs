//! Old rows go by themselves.

use testbed::board::Part;
use testbed::port::free_port;
use testbed::wait;

use super::board::{Board, PATIENCE, address};
use super::refresh::Kept;

#[tokio::test]
async fn old_sign_ins_and_expired_sessions_are_gone_soon_after_a_start_and_younger_ones_stay() {
    let board = Board::new().await;
    let (old, young) = (address(), address());
    board.link(&young).await;
    let (expired, kept) = (Kept::begin(&board).await.id(&board).await, Kept::begin(&board).await.id(&board).await);
    board.run(&format!("UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = '{expired}'")).await;
    // More than one batch: what a day's load leaves behind must not pile up.
    board
        .run(&format!(
            "UPDATE sign_ins SET created_at = now() - interval '23 hours' WHERE email = '{young}';
             INSERT INTO sign_ins (id, email, email_key, key_id, created_at, expires_at)
             SELECT gen_random_uuid(), '{old}', '{old}', 'k1', now() - interval '25 hours', now() - interval '24 hours'
             FROM generate_series(1, 2500)"
        ))
        .await;
    let second = board.whole.command(Part::Api).expect("a binary");
    let second = second.env("LISTEN", format!("127.0.0.1:{}", free_port()));
    let _second = second.env("METRICS_LISTEN", format!("127.0.0.1:{}", free_port())).start().expect("it starts");
    let left =
        async |email: &str| board.number(&format!("SELECT count(*) FROM sign_ins WHERE email = '{email}'")).await;
    wait::until(PATIENCE, "no old ones", async || left(&old).await == 0).await.expect("they are swept");
    assert_eq!(left(&young).await, 1);
    let sessions = async |id: &str| board.number(&format!("SELECT count(*) FROM sessions WHERE id = '{id}'")).await;
    wait::until(PATIENCE, "no expired one", async || sessions(&expired).await == 0).await.expect("it is swept");
    assert_eq!(sessions(&kept).await, 1);
}
