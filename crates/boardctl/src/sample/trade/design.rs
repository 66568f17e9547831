//! People who give things their form.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{DENMARK, FRANCE, JAPAN};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 20), (Remote::Hybrid, 50), (Remote::Yes, 30)],
    kinds: &[(Kind::FullTime, 60), (Kind::PartTime, 18), (Kind::Contract, 22)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Studio Marrowby",
            site: "studio-marrowby",
            about: "designs signs, timetables and ticket machines that strangers understand",
            cities: &["Copenhagen", "Aalborg"],
            country: DENMARK,
        },
        Employer {
            name: "Atelier Pâlebois",
            site: "atelier-palebois",
            about: "gives museums, publishers and theatres their face",
            cities: &["Paris", "Lille", "Marseille"],
            country: FRANCE,
        },
        Employer {
            name: "Kumoito Design",
            site: "kumoito",
            about: "shapes household goods and the screens on them",
            cities: &["Kyoto", "Tokyo"],
            country: JAPAN,
        },
    ],
    roles: &[
        Role::trained("Product Designer", 48, 66),
        Role::trained("Graphic Designer", 38, 50),
        Role::trained("Interaction Designer", 48, 64),
        Role::trained("Service Designer", 50, 66),
        Role::trained("Motion Designer", 43, 57),
        Role::trained("Design Researcher", 48, 63),
        Role::trained("Illustrator", 38, 50),
        Role::lead("Design Lead", 66, 84),
        Role::lead("Art Director", 62, 80),
        Role::trainee("Design Intern", 24, 28),
    ],
    fields: &[
        Field::new(
            "Wayfinding",
            "Our wayfinding helps people through stations and hospitals when they are in a hurry.",
        ),
        Field::new("Design Systems", "Our design system is one shared set of parts for forty products."),
        Field::new("Exhibitions", "In exhibitions we make rooms that can be read with eyes, ears and hands."),
        Field::new("Packaging", "Our packaging uses less of everything and still opens without scissors."),
        Field::new("Branding", "In branding we look for what is already true about a client, and show it."),
        Field::new(
            "Health Products",
            "For health products we design with patients, and test with them until it is simple.",
        ),
        Field::new("Editorial", "Our editorial group makes books and magazines that are kept for decades."),
        Field::new("Public Services", "We redesign forms and letters so that nobody needs help to fill them in."),
        Field::new("Accessibility", "Accessibility is where our projects begin, rather than a check at their end."),
    ],
    tasks: &[
        "You sketch early and often, and show work before it is finished.",
        "You test ideas with the people who will use them.",
        "You build prototypes, of paper or on screen, to find out what works.",
        "You take part in critiques that are frank and kind.",
        "You see your designs through to print, build or release.",
        "You work closely with developers, printers or carpenters.",
        "You explain to clients why something is the way it is.",
        "You look after type, colour, space and words together.",
        "You keep files in such order that others can go on from them.",
        "You collect what we learn, and bring it into the next project.",
    ],
    brings: &[
        "You have a portfolio that shows how you think as well as what you made.",
        "You have a trained eye for type and layout.",
        "You know the usual design tools, and pen and paper.",
        "You know what makes a design usable for people with disabilities.",
        "You listen to criticism and can tell what lies behind it.",
        "You write well; short texts are part of the design.",
        "You can estimate how long something will take.",
        "You are curious about how other people live and work.",
    ],
    offers: &[
        "No pitches without pay, no nights before the deadline.",
        "Your name stands beside your work.",
        "We visit one exhibition a month together, in working hours.",
        "There is a print workshop and a model room that you may use.",
        "You can work four days a week, at any level.",
        "Each year you have two weeks for a project of your own choice.",
        "You choose your tools; we pay for them.",
        "Our teams stay small: three to five people on each project.",
    ],
};
