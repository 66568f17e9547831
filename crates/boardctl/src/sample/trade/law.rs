//! People who work with the law.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{CANADA, POLAND, SWITZERLAND};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 35), (Remote::Hybrid, 58), (Remote::Yes, 7)],
    kinds: &[(Kind::FullTime, 72), (Kind::PartTime, 16), (Kind::Contract, 7), (Kind::Temporary, 5)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Cavendrell Partners",
            site: "cavendrell",
            about: "is a law firm of forty people with clients from start-ups to city councils",
            cities: &["Toronto", "Winnipeg"],
            country: CANADA,
        },
        Employer {
            name: "Merrowald Rechtsanwälte",
            site: "merrowald",
            about: "advises families, craftspeople and mid-sized companies",
            cities: &["Basel", "Lucerne"],
            country: SWITZERLAND,
        },
        Employer {
            name: "Kancelaria Ostrowiecka-Lind",
            site: "ostrowiecka-lind",
            about: "works on European matters for clients in nine countries",
            cities: &["Warsaw", "Poznań"],
            country: POLAND,
        },
    ],
    roles: &[
        Role::trained("Associate Lawyer", 66, 90),
        Role::trained("Paralegal", 40, 52),
        Role::trained("Legal Assistant", 37, 47),
        Role::trained("Legal Counsel", 68, 92),
        Role::trained("Contract Manager", 54, 70),
        Role::trained("Compliance Officer", 58, 76),
        Role::trained("Legal Researcher", 46, 60),
        Role::lead("Senior Counsel", 88, 115),
        Role::lead("Head of Practice Group", 96, 124),
        Role::trainee("Legal Intern", 25, 30),
    ],
    fields: &[
        Field::new(
            "Employment Law",
            "Our employment group advises employers and employees, though never both in one matter.",
        ),
        Field::new(
            "Data Protection",
            "Our data protection group gets called before a product is built, which we are proud of.",
        ),
        Field::new("Real Estate", "In real estate we accompany a building from the first option to the last lease."),
        Field::new("Family Law", "In family law we look for agreements that still work when the children are grown."),
        Field::new("Intellectual Property", "Our intellectual property group protects inventions, names and songs."),
        Field::new("Public Procurement", "In procurement we make sure that tenders are fair and stand up in court."),
        Field::new("Commercial Contracts", "Our contracts group writes agreements that both sides can read."),
        Field::new("Environmental Law", "Our environmental group works on rivers, quarries and wind farms."),
        Field::new("Dispute Resolution", "In disputes we try to settle first, and are well prepared if that fails."),
    ],
    tasks: &[
        "You research questions of law and write down answers that can be used.",
        "You draft contracts, letters and submissions in plain language.",
        "You keep files and deadlines in order, with a second person checking.",
        "You speak with clients and explain what is possible and what it will cost.",
        "You prepare hearings and negotiations together with the team.",
        "You review documents with care, and with good software.",
        "You watch for conflicts of interest and raise them at once.",
        "You follow new decisions and present them in our Monday round.",
        "You give part of your time to clients who cannot pay.",
        "You work with courts, notaries and authorities in a courteous way.",
    ],
    brings: &[
        "You have the degree, admission or training that this role requires.",
        "You write briefly, and every word is meant.",
        "You treat what you hear in confidence.",
        "You find the weak point in an argument, your own first.",
        "You can explain a clause to somebody who has never read one.",
        "You keep several matters apart and on time.",
        "You read and write English well; a further language is an advantage.",
        "You are at ease with legal databases and document systems.",
    ],
    offers: &[
        "We set targets for quality and for learning, and none for billed hours.",
        "Evenings are free except before hearings, and those hours come back.",
        "You meet clients from the first week.",
        "We pay for specialist training and examinations.",
        "Part-time work is open to everybody, partners included.",
        "You have an office with a door, and a library with a view.",
        "A mentor from another group meets you every month.",
        "Parental leave is topped up to full pay for sixteen weeks.",
    ],
};
