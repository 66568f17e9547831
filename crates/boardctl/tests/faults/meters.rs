//! What machines measure of themselves.

use std::net::SocketAddr;

/// The metrics of the machines that tell them at these addresses.
pub(super) async fn texts(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<String> {
    let http = platform::http::client::stack().expect("a client");
    let mut texts = Vec::new();
    for address in addresses {
        let machine = testbed::http::Client::new(http.clone(), format!("http://{address}"));
        texts.push(machine.get("/metrics").await.text);
    }
    texts
}

/// The sum over all machines of a metric: of its lines that begin so, name and labels and all.
pub(super) fn sum(texts: &[String], beginning: &str) -> usize {
    let lines = texts.iter().flat_map(|text| text.lines());
    let values = lines.filter_map(|line| line.strip_prefix(beginning)?.strip_prefix(' ')?.parse::<usize>().ok());
    values.sum()
}
