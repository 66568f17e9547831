//! The text of a job ad: who we are, what you will do, what you bring, what we offer, and how to go on.

use super::draft::Draft;
use super::job::{Kind, Remote};
use super::pay::Per;
use super::random::Random;
use super::trade::Standing;

/// Headings, of one voice each: do, bring, offer.
const HEADINGS: [[&str; 3]; 4] = [
    ["What you will do", "What you bring", "What we offer"],
    ["Your work", "Your experience", "Working with us"],
    ["The role", "What helps you here", "What you get"],
    ["Your days with us", "What we hope you bring", "What you can count on"],
];

/// What anybody can bring who starts to learn a trade.
const TRAINEE_BRINGS: [&str; 7] = [
    "You are in training or study, or about to begin.",
    "You like to ask questions and to try things out with your own hands.",
    "You can be with us for at least three months.",
    "You are on time, and you tell us early when something gets in the way.",
    "You take notes, so that you need to be shown most things only once.",
    "You enjoy working with people of all ages and backgrounds.",
    "You have seen a little of the work before, at school, at home or in a club.",
];

/// For who learns.
const TRAINEE: [&str; 3] = [
    "No earlier experience is needed: a colleague works beside you for the whole time.",
    "We do not ask for experience, and we set aside time every week to teach you.",
    "Grades matter less to us than the wish to learn.",
];

/// For who knows the trade.
const TRAINED: [&str; 4] = [
    "Two or more years in similar work help; we gladly teach what is missing.",
    "If you meet most of these points but not all of them, please write to us.",
    "You may come from another branch: we look at what you can do.",
    "How you learned it, at work or in class, makes no difference to us.",
];

/// For who leads.
const LEAD: [&str; 3] = [
    "You have led work like this before and enjoy seeing others grow.",
    "You have carried responsibility for a team, its plans and its budget.",
    "You decide with care, explain your decisions and stand by your team.",
];

/// How to go on.
const CLOSINGS: [&str; 6] = [
    "Send us a few lines about yourself; we answer every application within two weeks.",
    "Tell us in a short letter why this work interests you. A photo is not needed.",
    "We look forward to hearing from you, and we reply to everybody who writes.",
    "There is one conversation and one visit to the team; then both sides decide.",
    "If you need anything adjusted for the interview, tell us and we will see to it.",
    "Start dates are flexible: let us know what suits you.",
];

/// Writes a text of several paragraphs, 120 to 250 words.
pub(super) fn write(random: &mut Random, draft: &Draft) -> String {
    let headings = random.pick(&HEADINGS);
    // Lines of a list, or paragraphs of prose.
    let listed = random.percent(60);
    let count = 4 + usize::from(random.percent(40));
    let tasks = random.several(draft.trade.tasks, count);
    let brings = brings(random, draft);
    let offers = random.several(draft.trade.offers, 3);
    [
        opening(random, draft),
        part(headings[0], &tasks, listed),
        part(headings[1], &brings, listed),
        part(headings[2], &offers, listed),
        closing(random, draft),
    ]
    .join("\n\n")
}

/// Who hires, where, and for which field.
fn opening(random: &mut Random, draft: &Draft) -> String {
    let (name, about) = (draft.employer.name, draft.employer.about);
    let (role, city, field) = (draft.role.title, draft.city, draft.field.about);
    match random.below(4) {
        0 => format!("{name} {about}. {field} For this we are hiring in {city}: {role}."),
        1 => format!("{role} in {city}: {name} {about}. {field}"),
        2 => format!("{field} That is the place for you as {role} at {name} in {city}. {name} {about}."),
        _ => format!("{name} {about}. Our team in {city} has an opening for the role of {role}. {field}"),
    }
}

/// Skills of the trade, or of who starts, and a word for the standing.
fn brings(random: &mut Random, draft: &Draft) -> Vec<&'static str> {
    let (skills, words): (&[&str], &[&str]) = match draft.role.standing {
        Standing::Trainee => (&TRAINEE_BRINGS, &TRAINEE),
        Standing::Trained => (draft.trade.brings, &TRAINED),
        Standing::Lead => (draft.trade.brings, &LEAD),
    };
    let mut brings = random.several(skills, 3);
    brings.push(random.pick(words));
    brings
}

/// A heading and its sentences.
fn part(heading: &str, sentences: &[&str], listed: bool) -> String {
    let body = if listed { format!("- {}", sentences.join("\n- ")) } else { sentences.join(" ") };
    format!("{heading}\n{body}")
}

/// What the kind and the place of work mean here, and how to go on.
fn closing(random: &mut Random, draft: &Draft) -> String {
    [kind(draft), remote(draft), random.pick(&CLOSINGS).to_owned()]
        .into_iter()
        .filter(|sentence| !sentence.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the kind of work means.
fn kind(draft: &Draft) -> String {
    match draft.kind {
        Kind::FullTime => String::new(),
        Kind::PartTime if draft.per == Per::Hour => "This is part-time work of 16 to 28 hours a week.".to_owned(),
        Kind::PartTime => "This is part-time work of 16 to 28 hours a week; any pay named is for full time.".to_owned(),
        Kind::Contract => "The contract runs for twelve months and can be extended.".to_owned(),
        Kind::Internship => "The internship is paid and lasts three to six months.".to_owned(),
        Kind::Temporary => "The post is temporary, for six to nine months, while a colleague is away.".to_owned(),
    }
}

/// Where the work is done, if not all of it at the place.
fn remote(draft: &Draft) -> String {
    match draft.remote {
        Remote::No => String::new(),
        Remote::Hybrid => {
            format!("You can work from home on two or three days a week; on the others we meet in {}.", draft.city)
        }
        Remote::Yes => format!("You can work from anywhere in {}; twice a year we meet for a week.", country(draft)),
    }
}

/// The country's name as it stands in a sentence.
fn country(draft: &Draft) -> String {
    let name = draft.employer.country.name;
    let takes_article = name.starts_with("United") || name == "Netherlands";
    if takes_article { format!("the {name}") } else { name.to_owned() }
}
