//! People who find things out.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{DENMARK, SOUTH_KOREA, UNITED_STATES};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 55), (Remote::Hybrid, 40), (Remote::Yes, 5)],
    kinds: &[(Kind::FullTime, 55), (Kind::PartTime, 12), (Kind::Contract, 28), (Kind::Temporary, 5)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Halmeer Institute for Coastal Systems",
            site: "halmeer-institute",
            about: "studies tides, dunes and the towns behind them",
            cities: &["Copenhagen", "Esbjerg"],
            country: DENMARK,
        },
        Employer {
            name: "Veridane Institute",
            site: "veridane",
            about: "is an independent research institute that publishes all of its data",
            cities: &["Ann Arbor", "Madison", "Pittsburgh"],
            country: UNITED_STATES,
        },
        Employer {
            name: "Lumenbit Laboratories",
            site: "lumenbit",
            about: "works on light: how to make it, measure it and heal with it",
            cities: &["Seoul", "Gwangju"],
            country: SOUTH_KOREA,
        },
    ],
    roles: &[
        Role::trained("Research Associate", 50, 64),
        Role::trained("Research Scientist", 58, 76),
        Role::trained("Laboratory Technician", 38, 48),
        Role::trained("Postdoctoral Researcher", 52, 62),
        Role::trained("Data Analyst", 48, 63),
        Role::trained("Field Researcher", 45, 58),
        Role::trained("Research Software Engineer", 55, 72),
        Role::lead("Principal Investigator", 78, 100),
        Role::lead("Laboratory Manager", 58, 74),
        Role::trainee("Research Intern", 24, 29),
    ],
    fields: &[
        Field::new("Marine Ecology", "Our marine ecologists count what lives between the tides, and why it moves."),
        Field::new(
            "Materials Science",
            "In materials science we look for batteries made from things that are not rare.",
        ),
        Field::new("Epidemiology", "Our epidemiologists follow sixty thousand volunteers over three decades."),
        Field::new("Optics", "In the optics group a good day is measured in nanometres."),
        Field::new("Climate Modelling", "Our climate models are run with hospitals, farmers and insurers in mind."),
        Field::new("Linguistics", "Our linguists record languages with few speakers, together with those speakers."),
        Field::new("Soil Science", "In soil science we dig, weigh, wait a season and dig again."),
        Field::new("Neuroscience", "The neuroscience group wants to know how sleep mends memory."),
        Field::new(
            "Urban Mobility",
            "In urban mobility we ask why people travel the way they do, and what would change it.",
        ),
    ],
    tasks: &[
        "You plan studies or measurements and write the plan down beforehand.",
        "You collect data in the laboratory, in the field or from archives.",
        "You keep notes from which somebody else could repeat the work.",
        "You analyse results, including those that do not fit.",
        "You write papers and reports together with colleagues.",
        "You look after instruments, samples or data sets.",
        "You present your work at our weekly meeting, finished or not.",
        "You help with proposals and with what funders need to know.",
        "You publish data and code so that others can use them.",
        "You explain the work to visitors, schools and journalists.",
    ],
    brings: &[
        "You have a degree or a training that suits the field.",
        "You know the statistics that you use, and their limits.",
        "You can program enough to make an analysis repeatable.",
        "You say so when you do not know.",
        "You work with care, also at the hundredth sample.",
        "You write good scientific English.",
        "You like to work with people from other disciplines.",
        "You know the rules of good scientific practice and live by them.",
    ],
    offers: &[
        "You have time to think: no more than four hours of meetings a week.",
        "Authorship follows rules that are agreed at the start.",
        "You travel to two conferences a year, by train where possible.",
        "Statisticians and engineers in the house help with hard questions.",
        "Negative results count here and get published.",
        "We help with visas, housing and schools when you come from abroad.",
        "Instruments can be booked in the evening by anybody.",
        "After three years we talk about a permanent post, openly.",
    ],
};
