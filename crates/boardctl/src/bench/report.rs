//! The table.

use serde::Serialize;

/// A row of the table: a load, and what a request of it took.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was asked.
    pub name: &'static str,
    /// How each request was answered.
    pub status: u16,
    /// How many were measured.
    pub requests: usize,
    /// Answers a second.
    pub per_s: f64,
    /// What half of the answers took at most.
    pub p50_ms: f64,
    /// What 99 of 100 answers took at most.
    pub p99_ms: f64,
    /// The processor's time that the function took for a request.
    pub processor_us: f64,
    /// Transactions of the database for a request, those of the prober, of other rounds and of new connections included.
    pub transactions: f64,
    /// Looks into the board's tables, and writes of their rows, for a request.
    pub table_uses: f64,
    /// Commands that Redis ran for a request.
    pub redis_commands: f64,
}

/// For people.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table =
        "\n| each request | status | a second | p50 ms | p99 ms | CPU µs | transactions | table uses | Redis \
                     commands |\n| --- | --: | --: | --: | --: | --: | --: | --: | --: |\n"
            .to_owned();
    for row in rows {
        table.push_str(&format!(
            "| {} | {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.3} | {:.3} | {:.3} |\n",
            row.name,
            row.status,
            row.per_s,
            row.p50_ms,
            row.p99_ms,
            row.processor_us,
            row.transactions,
            row.table_uses,
            row.redis_commands
        ));
    }
    table
        + "\nCPU is the function's own. Among the transactions are what its prober and its other rounds asked meanwhile, a \
           few a second, and what each new connection of its pool prepared; among the table uses of a refusal for want \
           of a place are those of the request that held the place."
}

/// For programs.
pub(super) fn json(rows: &[Row]) -> serde_json::Value {
    serde_json::json!(rows)
}
