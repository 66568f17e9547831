//! OpenMetrics text as the text format of Prometheus, version 0.0.4, has it:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

/// Names of counters and of what only informs are those of their samples there; units, exemplars and the mark of the end
/// there are none.
pub(super) fn of(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let (ending, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                kind => ("", kind),
            };
            if let Some((_, help)) = help.take() {
                text.push_str(&format!("# HELP {name}{ending} {help}\n"));
            }
            text.push_str(&format!("# TYPE {name}{ending} {kind}\n"));
        } else if !line.starts_with('#') {
            text.push_str(without_exemplar(line));
            text.push('\n');
        }
    }
    text
}

/// What stands behind ` # `, where that is not part of a label's value.
fn without_exemplar(sample: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in sample.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => return sample[..at].trim_end(),
            _ => {}
        }
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_information_are_called_as_their_samples_are() {
        let open = "# HELP mails Mails.\n# TYPE mails counter\nmails_total{kind=\"a # \\\" b\"} 1 # {trace_id=\"x\"} 1 2.0\n\
                    # HELP build What runs.\n# TYPE build info\nbuild_info{version=\"1\"} 1\n\
                    # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n\
                    wait_seconds_bucket{le=\"+Inf\"} 1 # {trace_id=\"x\"} 0.5 2.0\nwait_seconds_count 1\n# EOF\n";
        let classic = "# HELP mails_total Mails.\n# TYPE mails_total counter\nmails_total{kind=\"a # \\\" b\"} 1\n\
                       # HELP build_info What runs.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n\
                       # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n\
                       wait_seconds_bucket{le=\"+Inf\"} 1\nwait_seconds_count 1\n";
        assert_eq!(of(open), classic);
    }
}
