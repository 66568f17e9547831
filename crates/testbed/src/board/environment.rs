use super::{Board, Part, Ports, RESEND_KEY};

/// Everything that a part is told, for a machine where all parts run side by side.
pub(super) fn of(board: &Board, part: Part, ports: Ports) -> Vec<(&'static str, String)> {
    let mut environment = vec![
        ("LISTEN", format!("127.0.0.1:{}", ports.http)),
        ("METRICS_LISTEN", format!("127.0.0.1:{}", ports.metrics)),
        // Nothing routes here, so nothing needs to hear of a drain before it closes.
        ("LAME_DUCK_S", "0.1".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", board.servers.otlp.url()),
    ];
    environment.extend(secrets(board, part));
    environment.extend(part.told().filter_map(|name| Some((name, told(board, name)?))));
    environment.extend(match part {
        Part::ResendStandIn => vec![("RATE_LIMIT", "none".to_owned())],
        Part::EmailWorker => vec![
            ("RESEND_URL", board.url(Part::ResendStandIn)),
            // The stand-in limits nobody, and a person waits.
            ("POLL_S", "0.05".to_owned()),
            ("POSTS_PER_S", "1000".to_owned()),
        ],
        _ => Vec::new(),
    });
    environment
}

/// What its file tells a function, where that is another here than on Fly.
fn told(board: &Board, name: &str) -> Option<String> {
    Some(match name {
        "APPLICATIONS_URL" => board.url(Part::Applications),
        "MAIL_FROM" => "Board <board@board.example>".to_owned(),
        // No page for people yet: the fragment keeps the token out of any server's log.
        "SIGN_IN_URL" => format!("{}/sign-in", board.url(Part::Api)),
        _ => return None,
    })
}

/// What nobody else may know. One that is not known here is told by the function itself.
pub(super) fn secrets(board: &Board, part: Part) -> Vec<(&'static str, String)> {
    part.secrets().filter_map(|name| Some((name, secret(board, part, name)?))).collect()
}

fn secret(board: &Board, part: Part, name: &str) -> Option<String> {
    let secrets = &board.secrets;
    Some(match name {
        "DATABASE_URL" => board.database_url(part),
        "REDIS_URL" => board.servers.redis_url(),
        "REFRESH_KEYS" => secrets.refresh_keys.clone(),
        "RESEND_API_KEY" => RESEND_KEY.to_owned(),
        "SIGN_IN_KEYS" => secrets.sign_in_keys.clone(),
        "TOKEN_KEY_ID" => secrets.tokens.kid().to_owned(),
        "TOKEN_PUBLIC_KEYS" => secrets.tokens.public_jwks(),
        "TOKEN_SIGNING_KEY" => secrets.tokens.signing_key_pem(),
        _ => return None,
    })
}
