use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fred::error::{Error, ErrorKind};
use fred::prelude::{Client, ClientLike as _};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_semantic_conventions::attribute::{
    DB_NAMESPACE, DB_OPERATION_NAME, DB_RESPONSE_STATUS_CODE, DB_SYSTEM_NAME, ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT,
};

use super::patience::Patience;
use super::{RedisSettings, failure};
use crate::guard::deadline;
use crate::sabotage;
use crate::telemetry::metric::{Counter, EncodeLabelSet, Family, Histogram, Instruments, Metrics, Registry, seconds};
use crate::telemetry::trace::LeafSpan;

/// Redis within requests: a worker's own client. No request needs it in order to be answered well, so none waits for
/// it longer than [`deadline::REDIS`], none waits for a connection, and while it does not answer hardly any asks.
pub struct Redis {
    client: Client,
    patience: Arc<Mutex<Patience>>,
    metrics: RedisMetrics,
    /// What each span says of the server.
    peer: [KeyValue; 3],
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RedisLabels {
    /// How a command ended: `answered`, `failed`, `late`; refused, by Redis' own word: `READONLY`, `OOM` …; not sent at
    /// all: `away`, `resting`.
    outcome: &'static str,
}

#[derive(Clone, Debug)]
struct RedisMetrics {
    commands: Family<RedisLabels, Counter>,
    wait: Histogram,
}

impl Instruments for RedisMetrics {
    fn register(registry: &mut Registry) -> Self {
        Self {
            commands: registry.add("redis_commands", "Commands that requests had for Redis"),
            wait: registry.add_seconds("redis_wait", "Time that requests waited for Redis", seconds()),
        }
    }
}

/// Why Redis has not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no connection.
    #[error("Redis is not connected")]
    Away,
    /// It did not answer just now, and was not asked again.
    #[error("Redis did not answer just now and is left alone")]
    Resting,
    /// It did not answer in time.
    #[error("Redis did not answer in time")]
    Late,
    /// It said no, with this word of its own.
    #[error("Redis refused ({0})")]
    Refused(&'static str),
    /// The connection was lost, or what came over it was no answer.
    #[error("Redis failed ({0})")]
    Failed(&'static str),
}

impl NoAnswer {
    /// Its name in metrics: for a refusal, Redis' own word.
    fn name(&self) -> &'static str {
        match self {
            Self::Refused(word) => word,
            Self::Away => "away",
            Self::Resting => "resting",
            Self::Late => "late",
            Self::Failed(_) => "failed",
        }
    }
}

impl Redis {
    /// Connects in the background.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub fn new(settings: &RedisSettings, metrics: &Metrics) -> Result<Self, Error> {
        let client = super::client(settings, deadline::REDIS)?;
        Ok(Self { client, patience: Arc::default(), metrics: metrics.of(), peer: peer(settings) })
    }

    /// Sends a command, or several in a script, and waits for the answer: [`deadline::REDIS`] at most, or `limit`
    /// where that is less. `operation` is what a span calls it: the command's name, `EVAL` for several.
    ///
    /// # Errors
    /// Each way in which there is no answer; see [`NoAnswer`]. A request goes on without it.
    pub async fn ask<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        command: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, NoAnswer> {
        let answer = self.exchange(operation, limit.min(deadline::REDIS), command).await;
        let outcome = answer.as_ref().err().map_or("answered", NoAnswer::name);
        self.metrics.commands.get_or_create(&RedisLabels { outcome }).inc();
        answer
    }

    async fn exchange<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        command: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, NoAnswer> {
        if !self.client.is_connected() {
            return Err(NoAnswer::Away);
        }
        let asked = Instant::now();
        if !self.step(|patience| patience.may_ask(asked)) && !sabotage::takes_out("Redis left alone") {
            return Err(NoAnswer::Resting);
        }
        let span = LeafSpan::begin(operation, SpanKind::Client);
        let answer = match deadline::within(limit, command(&self.client)).await {
            Ok(Ok(answer)) => Ok(answer),
            // fred's own bound is the same as ours, and may be the first to notice.
            Ok(Err(error)) if *error.kind() == ErrorKind::Timeout => Err(NoAnswer::Late),
            Ok(Err(error)) => {
                super::leave_replica(&self.client, &error);
                Err(no_answer(&error))
            }
            Err(_) => Err(NoAnswer::Late),
        };
        self.told(operation, span, answer.as_ref().err());
        self.judge(asked, answer.as_ref().err());
        answer
    }

    fn told(&self, operation: &'static str, span: LeafSpan, error: Option<&NoAnswer>) {
        self.metrics.wait.observe(span.elapsed().as_secs_f64());
        // Never the command's text: keys and values name people.
        let mut attributes = vec![KeyValue::new(DB_SYSTEM_NAME, "redis"), KeyValue::new(DB_OPERATION_NAME, operation)];
        attributes.extend_from_slice(&self.peer);
        attributes.extend(error.map(|error| KeyValue::new(ERROR_TYPE, error.name())));
        if let Some(NoAnswer::Refused(word)) = error {
            attributes.push(KeyValue::new(DB_RESPONSE_STATUS_CODE, *word));
            failure::tell_of_refusal(word, operation);
        }
        span.end(attributes, error.map(ToString::to_string));
    }

    fn judge(&self, asked: Instant, error: Option<&NoAnswer>) {
        if error != Some(&NoAnswer::Late) {
            self.step(|patience| ((), patience.answered()));
        } else if self.step(|patience| patience.unanswered(asked, Instant::now())) {
            // fred counts silence from the last question, so a connection that is asked again and again never looks
            // unresponsive to it. Not waited for: that takes as long as the server is away.
            let client = self.client.clone();
            tokio::spawn(async move { client.force_reconnection().await });
        }
    }

    fn step<T>(&self, step: impl FnOnce(Patience) -> (T, Patience)) -> T {
        let mut patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, next) = step(*patience);
        *patience = next;
        told
    }
}

fn peer(settings: &RedisSettings) -> [KeyValue; 3] {
    let (host, port) = settings.server();
    [
        KeyValue::new(SERVER_ADDRESS, Arc::<str>::from(host)),
        KeyValue::new(SERVER_PORT, i64::from(port)),
        KeyValue::new(DB_NAMESPACE, Arc::<str>::from(settings.database().to_string())),
    ]
}

fn no_answer(error: &Error) -> NoAnswer {
    failure::word(error).map_or_else(|| NoAnswer::Failed(failure::class(error)), NoAnswer::Refused)
}
