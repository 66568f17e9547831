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
    environment.extend(match part {
        Part::ResendStandIn => vec![("RATE_LIMIT", "none".to_owned())],
        Part::Api => vec![("APPLICATIONS_URL", board.url(Part::Applications))],
        Part::Applications => Vec::new(),
        Part::EmailWorker => vec![
            ("RESEND_URL", board.url(Part::ResendStandIn)),
            ("MAIL_FROM", "Board <board@board.example>".to_owned()),
            // No page for people yet: the fragment keeps the token out of any server's log.
            ("SIGN_IN_URL", format!("{}/sign-in", board.url(Part::Api))),
            // The stand-in limits nobody, and a person waits.
            ("POLL_S", "0.05".to_owned()),
            ("POSTS_PER_S", "1000".to_owned()),
        ],
    });
    environment
}

/// Of these, what nobody else may know.
pub(super) fn secrets(board: &Board, part: Part) -> Vec<(&'static str, String)> {
    let secrets = &board.secrets;
    let database = ("DATABASE_URL", board.database_url(part));
    let public_keys = ("TOKEN_PUBLIC_KEYS", secrets.tokens.public_jwks());
    let sign_in_keys = ("SIGN_IN_KEYS", secrets.sign_in_keys.clone());
    match part {
        Part::ResendStandIn => Vec::new(),
        Part::Api => vec![
            database,
            public_keys,
            sign_in_keys,
            ("REFRESH_KEYS", secrets.refresh_keys.clone()),
            ("TOKEN_SIGNING_KEY", secrets.tokens.signing_key_pem()),
            ("TOKEN_KEY_ID", secrets.tokens.kid().to_owned()),
        ],
        Part::Applications => vec![database, ("REDIS_URL", board.servers.redis_url()), public_keys],
        Part::EmailWorker => vec![database, sign_in_keys, ("RESEND_API_KEY", RESEND_KEY.to_owned())],
    }
}
