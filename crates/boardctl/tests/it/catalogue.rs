//! What each function tells Prometheus, in `prr/metrics/`: written anew where `INSTA_UPDATE` is `always`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use testbed::board::Part;

use super::whole::{Whole, trace_of};

/// Of each family what it is and its first series, with zeros in the place of figures and of what differs from run to run.
fn catalogue(page: &str) -> String {
    let mut families: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for line in page.lines() {
        if line.starts_with("# HELP ") {
            families.push(format!("{line}\n"));
            continue;
        }
        let Some(family) = families.last_mut() else { continue };
        if line.starts_with("# TYPE ") {
            let _ = writeln!(family, "{line}");
            continue;
        }
        let (series, _) = line.rsplit_once(' ').expect("a sample");
        let name = series.split('{').next().unwrap_or_default();
        let is_first = if name.ends_with("_bucket") { series.contains("le=\"+Inf\"") } else { true };
        if is_first && seen.insert(name.to_owned()) {
            let _ = writeln!(family, "{} 0", plain(series));
        }
    }
    families.sort();
    families.concat()
}

/// Label values are `…`: which one comes first is chance.
fn plain(series: &str) -> String {
    let mut parts = series.split('"');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    while let (Some(value), Some(rest)) = (parts.next(), parts.next()) {
        let _ = write!(plain, "\"{}\"{rest}", if value == "+Inf" { value } else { "…" });
    }
    plain
}

#[tokio::test]
async fn what_functions_measure_is_what_is_written_down() {
    let whole = Whole::start(&[]).await;
    let test = whole.smoke_test().await;
    assert_eq!(test.failure, None);
    trace_of(&test).await;
    let http = platform::http::client::stack().expect("a stack");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prr/metrics");
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    let mut differing = Vec::new();
    for part in [Part::Api, Part::Applications, Part::EmailWorker] {
        // A problem, so that there is one to be counted.
        let _ = http.get(format!("{}/nowhere", whole.board.url(part))).send().await;
        let url = format!("http://127.0.0.1:{}/metrics", whole.board.ports(part).metrics);
        let page = http.get(url).send().await.expect("it answers").text().await.expect("a page");
        let (told, file) = (catalogue(&page), folder.join(format!("{}.prom", part.name())));
        if update {
            std::fs::write(&file, &told).expect("written");
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != told {
            differing.push(format!("{} is to be:\n{told}", file.display()));
        }
    }
    assert!(differing.is_empty(), "{}\nINSTA_UPDATE=always writes them", differing.join("\n"));
}
