//! What must hold for the board as a whole: the rules of the schema for every row, and that it reads like a job board.

use std::collections::HashSet;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::board::Board;
use super::job::{Job, Kind, Remote, Status};
use super::trade;

/// Any time does.
const NOW: OffsetDateTime = datetime!(2026-03-04 09:30:00.123456789 UTC);

/// How many different ones there are.
fn distinct<T: Eq + std::hash::Hash>(items: impl Iterator<Item = T>) -> usize {
    items.collect::<HashSet<_>>().len()
}

/// Whether a text's length, in characters as Postgres counts, is within these.
fn is_long(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count())
}

#[test]
fn there_are_a_thousand_jobs_of_fifty_companies() {
    let board = Board::sample(NOW);
    assert_eq!((board.jobs.len(), board.companies.len()), (1_000, 50));
    assert_eq!(distinct(board.jobs.iter().map(|job| job.company)), 50);
}

#[test]
fn most_jobs_are_published_and_some_are_not() {
    let board = Board::sample(NOW);
    let count = |status| board.jobs.iter().filter(|job| job.status == status).count();
    assert!((900..=960).contains(&count(Status::Published)), "{}", count(Status::Published));
    assert!(count(Status::Draft) >= 20 && count(Status::Closed) >= 20);
}

#[test]
fn the_same_time_gives_the_same_board() {
    assert_eq!(Board::sample(NOW), Board::sample(NOW));
}

#[test]
fn another_time_gives_other_ids_and_the_same_texts() {
    let (one, other) = (Board::sample(NOW), Board::sample(NOW + Duration::hours(1)));
    assert!(one.jobs.iter().zip(&other.jobs).all(|(a, b)| a.id != b.id && a.description == b.description));
}

#[test]
fn ids_are_distinct_and_of_version_7() {
    let board = Board::sample(NOW);
    let companies = board.companies.iter().map(|company| company.id);
    let people = [board.employer.id, board.candidate.id];
    let ids: Vec<_> = board.jobs.iter().map(|job| job.id).chain(companies).chain(people).collect();
    assert_eq!(distinct(ids.iter()), 1_052);
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
}

#[test]
fn every_person_and_company_fits_the_schema() {
    let board = Board::sample(NOW);
    for person in [&board.employer, &board.candidate] {
        assert!(is_long(person.name, 1, 100) && is_long(person.email, 1, 254), "{person:?}");
        assert_eq!(person.email, person.email.to_lowercase(), "an address that is its own key");
    }
    for company in &board.companies {
        assert!(is_long(company.name, 1, 120) && is_long(&company.place, 1, 120), "{company:?}");
    }
}

#[test]
fn company_names_and_sites_are_distinct_and_lead_nowhere() {
    let board = Board::sample(NOW);
    assert_eq!(distinct(board.companies.iter().map(|company| company.name)), 50);
    assert_eq!(distinct(board.companies.iter().map(|company| &company.website)), 50);
    for company in &board.companies {
        let label = company.website.strip_prefix("https://").and_then(|site| site.strip_suffix(".example"));
        let is_plain = |label: &str| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(label.is_some_and(is_plain), "{}", company.website);
    }
}

#[test]
fn every_text_of_a_job_fits_the_schema() {
    for job in Board::sample(NOW).jobs {
        assert!(is_long(&job.title, 3, 140), "{}", job.title);
        assert!(is_long(&job.description, 1, 20_000));
        assert!(job.place.as_deref().is_none_or(|place| is_long(place, 1, 120)));
        let texts = [&job.title, &job.description];
        assert!(texts.iter().all(|text| text.trim() == text.as_str()), "{job:?}");
        assert!(texts.iter().all(|text| !text.chars().any(|c| c.is_control() && c != '\n')), "{job:?}");
    }
}

#[test]
fn every_pay_fits_the_schema() {
    for pay in Board::sample(NOW).jobs.iter().filter_map(|job| job.pay) {
        assert!(0 < pay.from && pay.from <= pay.to, "{pay:?}");
        assert!(pay.currency.len() == 3 && pay.currency.bytes().all(|byte| byte.is_ascii_uppercase()), "{pay:?}");
    }
}

#[test]
fn most_jobs_say_what_they_pay() {
    let board = Board::sample(NOW);
    let silent = board.jobs.iter().filter(|job| job.pay.is_none()).count();
    assert!((50..250).contains(&silent), "{silent}");
}

#[test]
fn no_two_jobs_are_published_at_the_same_time_and_all_within_sixty_days() {
    let board = Board::sample(NOW);
    let times: Vec<_> = board.jobs.iter().filter_map(|job| job.published_at).collect();
    assert_eq!(distinct(times.iter()), times.len());
    assert!(times.iter().all(|at| *at < NOW && *at > NOW - Duration::days(61)));
    assert!(board.jobs.iter().all(|job| job.published_at.is_some() == (job.status != Status::Draft)));
}

#[test]
fn a_job_is_younger_than_its_company_and_a_company_than_its_member() {
    let board = Board::sample(NOW);
    let newest = board.companies.iter().map(|company| company.created_at).max();
    assert!(board.jobs.iter().all(|job| Some(job.created_at) > newest));
    assert!(board.jobs.iter().all(|job| job.published_at.is_none_or(|at| job.created_at < at)));
    assert!(board.employer.created_at < board.own().created_at);
}

#[test]
fn open_jobs_close_within_180_days_and_closed_ones_have_closed() {
    let board = Board::sample(NOW);
    let closing = |status| board.jobs.iter().filter(move |job| job.status == status && job.closes_at.is_some());
    for job in closing(Status::Published) {
        let limit = job.published_at.map(|at| at + Duration::days(180));
        assert!(job.closes_at > Some(NOW) && job.closes_at <= limit, "{job:?}");
    }
    assert!(closing(Status::Closed).all(|job| job.published_at <= job.closes_at && job.closes_at < Some(NOW)));
    assert!(closing(Status::Published).count() > 100 && closing(Status::Closed).count() > 0);
}

#[test]
fn the_employers_company_has_jobs_of_every_status() {
    let board = Board::sample(NOW);
    for status in [Status::Draft, Status::Published, Status::Closed] {
        assert!(board.jobs.iter().any(|job| job.company == board.own().id && job.status == status), "{status:?}");
    }
}

#[test]
fn every_trade_occurs() {
    let board = Board::sample(NOW);
    for trade in &trade::ALL {
        let is_one = |job: &&Job| trade.roles.iter().any(|role| job.title.starts_with(role.title));
        assert!(board.jobs.iter().filter(is_one).count() >= 20, "{}", trade.roles[0].title);
    }
}

#[test]
fn nurses_cooks_and_carpenters_are_never_remote() {
    let hands_on = ["Nurs", "Cook", "Chef", "Carpent", "Joiner"];
    let board = Board::sample(NOW);
    let jobs: Vec<_> = board.jobs.iter().filter(|job| hands_on.iter().any(|word| job.title.contains(word))).collect();
    assert!(jobs.len() > 100 && jobs.iter().all(|job| job.remote == Remote::No));
}

#[test]
fn only_remote_jobs_have_no_place() {
    let board = Board::sample(NOW);
    assert!(board.jobs.iter().all(|job| job.place.is_some() || job.remote == Remote::Yes));
    assert!(board.jobs.iter().any(|job| job.place.is_none()));
}

#[test]
fn every_kind_and_every_distance_occurs() {
    let board = Board::sample(NOW);
    assert_eq!(distinct(board.jobs.iter().map(|job| Kind::as_str(job.kind))), 5);
    assert_eq!(distinct(board.jobs.iter().map(|job| Remote::as_str(job.remote))), 3);
}

#[test]
fn titles_are_many() {
    let titles = distinct(Board::sample(NOW).jobs.iter().map(|job| job.title.clone()));
    assert!(titles >= 700, "{titles}");
}

#[test]
fn no_two_descriptions_are_the_same() {
    assert_eq!(distinct(Board::sample(NOW).jobs.iter().map(|job| job.description.clone())), 1_000);
}

#[test]
fn a_description_is_five_paragraphs_of_120_to_250_words() {
    for job in Board::sample(NOW).jobs {
        let words = job.description.split_whitespace().filter(|word| *word != "-").count();
        assert!((120..=250).contains(&words), "{words}: {}", job.description);
        assert_eq!(job.description.split("\n\n").count(), 5, "{}", job.description);
    }
}

#[test]
fn sentences_of_a_trade_are_whole_and_never_repeated() {
    for trade in &trade::ALL {
        let fields = trade.fields.iter().map(|field| field.about);
        let sentences: Vec<_> = [trade.tasks, trade.brings, trade.offers].concat().into_iter().chain(fields).collect();
        assert_eq!(distinct(sentences.iter()), sentences.len(), "{}", trade.roles[0].title);
        let is_whole = |text: &&str| text.ends_with('.') && text.starts_with(char::is_uppercase);
        assert!(sentences.iter().all(is_whole), "{}", trade.roles[0].title);
    }
}
