//! What is printed.

use serde_json::json;

use super::Report;

pub(super) fn print(report: &Report, is_json: bool) {
    if is_json {
        println!("{}", as_json(report));
    } else {
        print!("{}", text(report));
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let refused = report.refused.iter().map(|refusal| json!({ "name": refusal.name, "what": refusal.what }));
    json!({
        "since": report.since,
        "fits": report.fits(),
        "steps": report.steps,
        "statements": report.asked,
        "unasked": report.unasked,
        "refused": refused.collect::<Vec<_>>(),
    })
}

fn text(report: &Report) -> String {
    let since = &report.since;
    if report.steps.is_empty() && report.fits() {
        return format!("nothing to ask: the schema and the rights are those of {since}\n");
    }
    let mut text = format!("{} statements of {since} asked after each of: {}\n", report.asked, report.steps.join(", "));
    for unasked in &report.unasked {
        text += &format!("not asked: {unasked}\n");
    }
    for refusal in &report.refused {
        text += &format!("{}: {}\n", refusal.name, refusal.what);
    }
    text += &match report.refused.len() {
        0 => format!("the functions of {since} run on with it\n"),
        count => format!(
            "{count} things would break the functions of {since}: expand first, contract when nobody needs it any more \
             (migrations/README.md)\n"
        ),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::super::Refusal;
    use super::*;

    fn report() -> Report {
        let refusal = Refusal { name: "V0007__drop_pay".to_owned(), what: "the column jobs.pay is gone".to_owned() };
        Report {
            since: "0123abc".to_owned(),
            steps: vec!["V0007__drop_pay".to_owned(), "grants.sql".to_owned()],
            asked: 7,
            unasked: vec!["crates/platform/src/a.rs: made at run time".to_owned()],
            refused: vec![refusal],
        }
    }

    #[test]
    fn people_are_told_each_by_its_file() {
        insta::assert_snapshot!(text(&report()), @r"
        7 statements of 0123abc asked after each of: V0007__drop_pay, grants.sql
        not asked: crates/platform/src/a.rs: made at run time
        V0007__drop_pay: the column jobs.pay is gone
        1 things would break the functions of 0123abc: expand first, contract when nobody needs it any more (migrations/README.md)
        ");
        let fits = Report { refused: Vec::new(), unasked: Vec::new(), ..report() };
        assert!(text(&fits).ends_with("the functions of 0123abc run on with it\n"));
        let nothing = Report { since: "0123abc".to_owned(), ..Report::default() };
        assert_eq!(text(&nothing), "nothing to ask: the schema and the rights are those of 0123abc\n");
    }

    #[test]
    fn programs_are_told_the_same() {
        let told = as_json(&report());
        assert_eq!(told["fits"], false);
        assert_eq!(told["refused"][0]["name"], "V0007__drop_pay");
        assert_eq!(as_json(&Report::default())["fits"], true);
    }
}
