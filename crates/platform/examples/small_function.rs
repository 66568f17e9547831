//! A small function that asks for everything: PostgreSQL, Redis, and to know who calls. Its routes are what tests need
//! to see how `platform` treats statements, transactions and callers.

use std::process::ExitCode;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{Data, Path, ServiceConfig};
use fred::interfaces::KeysInterface as _;
use platform::function::{Function, Tools};
use platform::guard::deadline::REDIS;
use platform::http::edge::{Body, Caller};
use platform::http::problem::Problem;
use platform::http::routes::{on, resource};
use platform::postgres::{Error, Pool, Schema, Statement};
use platform::redis::Redis;
use platform::telemetry::context;
use serde_json::{Value, json};

const SLEEP: Statement = Statement::new("select sleep", "SELECT 1 FROM pg_sleep($1)");
const INSERT: Statement = Statement::new("insert row", "INSERT INTO rows (n) VALUES ($1)");
const COUNT: Statement = Statement::new("select count", "SELECT count(*) FROM rows");
const WIDEST: Statement = Statement::new("select widest", "SELECT max(n) FROM wide");
const INSERT_WIDE: Statement = Statement::new("insert wide", "INSERT INTO wide (n) VALUES ($1::integer) RETURNING n");
const FAIL: Statement = Statement::new("select failure", "SELECT fail($1)");
const SETTINGS: Statement = Statement::new(
    "select settings",
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
            current_setting('idle_in_transaction_session_timeout'), current_setting('application_name'), pg_backend_pid(),
            current_setting('work_mem')",
);

fn main() -> ExitCode {
    let function = Function::<()>::named("small_function", "sleeps in the database and writes rows")
        .postgres(Schema::default())
        .redis()
        .identity()
        .routes(routes)
        .background("looker", look);
    // Most tests count what they send.
    if std::env::var_os("CRITICAL").is_some() { function.critical("/rows").run() } else { function.run() }
}

fn routes(config: &mut ServiceConfig, (): &()) {
    config
        .service(resource("/me", [on(Method::GET, me)]))
        .service(resource("/sql/{ms}", [on(Method::GET, sleep)]))
        .service(resource("/fail/{code}", [on(Method::GET, fail)]))
        .service(resource("/settings", [on(Method::GET, settings)]))
        .service(resource("/rows", [on(Method::GET, count), on(Method::POST, write)]))
        .service(resource("/pairs", [on(Method::POST, write_pair)]))
        .service(resource("/pairs/swallowed", [on(Method::POST, swallow_refusal)]))
        .service(resource("/wide", [on(Method::GET, widest), on(Method::POST, write_wide)]))
        .service(resource("/wide/pairs", [on(Method::POST, write_wide_pair)]))
        .service(resource("/wide/flushes", [on(Method::POST, flush_wide_pair)]))
        .service(resource("/visits/{who}", [on(Method::POST, visit)]))
        .service(resource("/flushes", [on(Method::POST, flush_pair)]))
        .service(resource("/flushes/mistake", [on(Method::POST, flush_mistake)]));
}

async fn me(Caller(id): Caller) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "id": id }))
}

async fn sleep(ms: Path<i32>, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    pool.query(&SLEEP, &[&seconds(*ms)]).await?;
    Ok(HttpResponse::Ok().json(json!({ "slept_ms": *ms })))
}

/// Fails in the database with this SQLSTATE.
async fn fail(code: Path<String>, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    pool.query(&FAIL, &[&*code]).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn settings(pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let row = pool.query_opt(&SETTINGS, &[]).await?.ok_or(Error::Shape("select settings"))?;
    let text = |column: usize| row.get::<_, String>(column);
    let body = json!({
        "statement_timeout": text(0),
        "lock_timeout": text(1),
        "idle_in_transaction_session_timeout": text(2),
        "application_name": text(3),
        "pid": row.get::<_, i32>(4),
        "work_mem": text(5),
    });
    Ok(HttpResponse::Ok().json(body))
}

async fn count(pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let row = pool.query_opt(&COUNT, &[]).await?.ok_or(Error::Shape("select count"))?;
    Ok(HttpResponse::Ok().json(json!({ "rows": row.get::<_, i64>(0) })))
}

/// Writes `n`.
async fn write(Body(mut fields): Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let n = fields.required("n", whole);
    let n = fields.finish(n)?;
    pool.write(&INSERT, &[&n]).await?;
    Ok(HttpResponse::Created().finish())
}

/// What a pair is: two numbers, and how long to sleep between them.
struct Pair {
    first: i32,
    second: i32,
    between: f64,
}

impl Pair {
    fn parse(Body(mut fields): Body) -> Result<Self, Problem> {
        let numbers = fields.required("first", whole).zip(fields.required("second", whole));
        let ms = fields.optional("between_ms", whole);
        let pair = numbers.zip(ms).map(|((first, second), ms)| Self {
            first,
            second,
            between: seconds(ms.unwrap_or_default()),
        });
        fields.finish(pair)
    }
}

/// Writes two rows in a transaction, one after the other.
async fn write_pair(body: Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let pair = Pair::parse(body)?;
    pool.transaction(async |transaction| {
        transaction.query(&INSERT, &[&pair.first]).await?;
        transaction.query(&SLEEP, &[&pair.between]).await?;
        transaction.query(&INSERT, &[&pair.second]).await.map(drop)
    })
    .await?;
    Ok(HttpResponse::Created().finish())
}

/// Writes a row, then one that is refused, and takes no notice of that.
async fn swallow_refusal(pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    pool.transaction(async |transaction| {
        transaction.query(&INSERT, &[&1_i32]).await?;
        drop(transaction.query(&INSERT, &[&-1_i32]).await);
        Ok::<(), Error>(())
    })
    .await?;
    Ok(HttpResponse::Created().finish())
}

/// Writes two rows in a transaction that is sent in one flush.
async fn flush_pair(body: Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let pair = Pair::parse(body)?;
    pool.in_one_flush(&[(&INSERT, &[&pair.first]), (&SLEEP, &[&pair.between]), (&INSERT, &[&pair.second])]).await?;
    Ok(HttpResponse::Created().finish())
}

/// Writes a row and something that is no row, in one flush.
async fn flush_mistake(pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    pool.in_one_flush(&[(&INSERT, &[&1_i32]), (&INSERT, &[&"no number"]), (&INSERT, &[&2_i32])]).await?;
    Ok(HttpResponse::Created().finish())
}

/// Reads a column whose type a test changes, as the three that follow write it.
async fn widest(pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let rows = pool.query(&WIDEST, &[]).await?;
    Ok(HttpResponse::Ok().json(json!({ "rows": rows.len() })))
}

async fn write_wide(body: Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    pool.write(&INSERT_WIDE, &[&Pair::parse(body)?.first]).await?;
    Ok(HttpResponse::Created().finish())
}

async fn write_wide_pair(body: Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let pair = Pair::parse(body)?;
    pool.transaction(async |transaction| {
        transaction.query(&INSERT_WIDE, &[&pair.first]).await?;
        transaction.query(&INSERT_WIDE, &[&pair.second]).await.map(drop)
    })
    .await?;
    Ok(HttpResponse::Created().finish())
}

async fn flush_wide_pair(body: Body, pool: Data<Pool>) -> Result<HttpResponse, Problem> {
    let pair = Pair::parse(body)?;
    pool.in_one_flush(&[(&INSERT_WIDE, &[&pair.first]), (&INSERT_WIDE, &[&pair.second])]).await?;
    Ok(HttpResponse::Created().finish())
}

/// Counts a visit, if Redis answers.
async fn visit(who: Path<String>, redis: Data<Redis>) -> HttpResponse {
    let counted = redis.ask("INCR", REDIS, async |client| client.incr::<i64, _>(who.into_inner()).await).await;
    HttpResponse::Ok().json(json!({ "visits": counted.as_ref().ok(), "error": counted.err().map(|e| e.to_string()) }))
}

fn whole(value: &Value) -> Result<i32, String> {
    value.as_i64().and_then(|number| number.try_into().ok()).ok_or_else(|| "wanted a whole number".to_owned())
}

fn seconds(ms: i32) -> f64 {
    f64::from(ms) / 1_000.0
}

/// Looks twice, once unrecorded, so that the background has a connection of its own, and keeps it until the drain.
async fn look(tools: Tools<()>) {
    if let Ok(pool) = tools.pool() {
        let looked = pool.query(&SETTINGS, &[]).await;
        let unrecorded = context::unrecorded(pool.query(&SLEEP, &[&0.0])).await;
        tracing::info!(good = looked.is_ok() && unrecorded.is_ok(), "the background looked");
        tools.drain.wait().await;
    }
}
