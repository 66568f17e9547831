//! People who teach.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{CANADA, JAPAN, SPAIN, UNITED_KINGDOM};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 55), (Kind::PartTime, 25), (Kind::Contract, 10), (Kind::Temporary, 10)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Rowanbridge School",
            site: "rowanbridge-school",
            about: "is a school of 900 pupils with its own orchestra, workshop and garden",
            cities: &["Sheffield"],
            country: UNITED_KINGDOM,
        },
        Employer {
            name: "Elmharrow Academy",
            site: "elmharrow",
            about: "teaches in English and French, from the first year to the last",
            cities: &["Ottawa", "Montréal"],
            country: CANADA,
        },
        Employer {
            name: "Colegio Peñaluz",
            site: "colegio-penaluz",
            about: "is a cooperative school that belongs to its teachers",
            cities: &["Valencia", "Zaragoza"],
            country: SPAIN,
        },
        Employer {
            name: "Aonami Gakuin",
            site: "aonami-gakuin",
            about: "is a group of bilingual schools known for small classes and long friendships",
            cities: &["Osaka", "Fukuoka", "Sendai"],
            country: JAPAN,
        },
    ],
    roles: &[
        Role::trained("Primary Teacher", 44, 56),
        Role::trained("Secondary Teacher", 47, 61),
        Role::trained("Supply Teacher", 42, 52),
        Role::trained("Evening Class Teacher", 40, 50),
        Role::trained("Learning Support Teacher", 43, 55),
        Role::trained("Curriculum Developer", 46, 60),
        Role::lead("Head of Department", 58, 72),
        Role::lead("Lead Teacher", 54, 66),
        Role::trainee("Trainee Teacher", 26, 32),
    ],
    fields: &[
        Field::new("Mathematics", "In mathematics we start from puzzles and arrive at proofs."),
        Field::new("Physics and Chemistry", "Our science rooms are new, and pupils do the experiments themselves."),
        Field::new("Music", "Every class here sings, and every child may borrow an instrument."),
        Field::new("History", "We teach history from sources: letters, maps, photographs and ledgers."),
        Field::new("Languages", "In languages we speak first and explain the grammar afterwards."),
        Field::new("Computing", "Pupils learn computing by building things that somebody in the school needs."),
        Field::new("Art and Craft", "The art rooms open onto a yard where large and messy things may be made."),
        Field::new("Sport", "Sport here is for everybody, and nobody is picked last."),
        Field::new("Geography", "Geography happens outdoors on one day of every month."),
    ],
    tasks: &[
        "You plan and teach lessons in which everybody gets to think aloud.",
        "You see early who needs more help and who needs a harder task.",
        "You give feedback that a learner can act on the next day.",
        "You share materials with your colleagues and improve theirs.",
        "You talk with families regularly, and not only when there is a problem.",
        "You set and mark work fairly, by criteria that are known beforehand.",
        "You look after your room and its equipment.",
        "You take part in one project that crosses subjects each term.",
        "You visit a colleague's lesson once a month, and are visited in return.",
        "You help to prepare exhibitions, concerts and open days.",
    ],
    brings: &[
        "You have, or are about to have, the qualification that this post requires.",
        "You explain one thing in three ways, and notice which one worked.",
        "You are patient and clear, and keep your sense of humour on a wet Friday.",
        "You have worked with learners of different abilities in one room.",
        "You know how to keep children safe and whom to tell when you worry.",
        "You use technology where it helps and leave it where it does not.",
        "You work well with colleagues who teach differently from you.",
        "You plan ahead, and can let the plan go.",
    ],
    offers: &[
        "Classes have no more than 22 learners.",
        "You get two free periods a day for preparation.",
        "A colleague mentors you throughout your first year.",
        "There is a budget for books and materials that you decide on yourself.",
        "Courses are paid for, and your lessons are covered meanwhile.",
        "Lunch is cooked on site and is free for all staff.",
        "We keep messages from families within working hours.",
        "You can take a year's leave after six years, with your post kept.",
    ],
};
