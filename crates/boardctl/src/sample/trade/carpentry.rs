//! People who work with wood.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{AUSTRIA, NEW_ZEALAND, NORWAY};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 75), (Kind::PartTime, 8), (Kind::Contract, 10), (Kind::Temporary, 7)],
    by_hour: true,
    employers: &[
        Employer {
            name: "Ashgrain Joinery",
            site: "ashgrain-joinery",
            about: "makes windows, doors and stairs for old houses and new ones",
            cities: &["Christchurch", "Dunedin", "Auckland"],
            country: NEW_ZEALAND,
        },
        Employer {
            name: "Fjellrud Tømrer",
            site: "fjellrud-tomrer",
            about: "builds timber houses, schools and the odd bridge",
            cities: &["Lillehammer", "Tromsø"],
            country: NORWAY,
        },
        Employer {
            name: "Holzbau Zirmegg",
            site: "holzbau-zirmegg",
            about: "is a workshop of thirty people with a saw mill next door",
            cities: &["Innsbruck", "Bregenz", "Klagenfurt"],
            country: AUSTRIA,
        },
    ],
    roles: &[
        Role::trained("Carpenter", 36, 46),
        Role::trained("Joiner", 36, 46),
        Role::trained("Cabinetmaker", 37, 47),
        Role::trained("Timber Frame Builder", 37, 48),
        Role::trained("CNC Operator", 37, 47),
        Role::trained("Furniture Maker", 36, 46),
        Role::trained("Carpentry Estimator", 42, 54),
        Role::lead("Site Lead Carpenter", 46, 58),
        Role::lead("Workshop Manager", 50, 64),
        Role::trainee("Carpentry Apprentice", 26, 30),
    ],
    fields: &[
        Field::new("Roofs", "Our roofs are cut in the hall and lifted into place within a day."),
        Field::new("Stairs", "Each of our stairs is drawn and built for one house only."),
        Field::new("Heritage Restoration", "We restore farmhouses and churches with the methods they were built with."),
        Field::new("Windows and Doors", "Our windows keep out storms, and our doors shut with one finger."),
        Field::new("Fitted Kitchens", "We fit kitchens in rooms that have no right angle, to the millimetre."),
        Field::new("School Buildings", "We are building three timber schools, and children come to watch."),
        Field::new("Shop Fitting", "Shop fitting is quick work to a fixed date, planned with great care."),
        Field::new("Timber Houses", "Our houses leave the hall as walls and are dry inside by the evening."),
        Field::new("Boats and Jetties", "We build jetties, boathouses and now and then a boat."),
    ],
    tasks: &[
        "You measure on site, mark out and cut to size.",
        "You choose the right board for each part, and leave little over.",
        "You work from drawings and tell us where a drawing is wrong.",
        "You set up, use and look after saws, planers and routers.",
        "You join, glue, sand and finish with patience.",
        "You fit the work at the customer's place and leave it swept.",
        "You work together with roofers, electricians and architects.",
        "You note hours and materials so that the next quote is better.",
        "You load the van so that nothing is missing on site.",
        "You show apprentices how it is done, and why.",
    ],
    brings: &[
        "You have learned a trade in wood or have done such work for some years.",
        "You read plans and can picture the finished piece.",
        "You work safely on machines and at heights.",
        "You have an eye for grain, line and proportion.",
        "You finish what you start, and own up to mistakes.",
        "You get on well with customers in their own homes.",
        "A driving licence is useful but not required.",
        "You like early mornings better than late evenings.",
    ],
    offers: &[
        "We start at seven and stop at four, and at noon on Fridays.",
        "You get a full set of hand tools, which is yours to keep after two years.",
        "Dust extraction and lifting gear are up to date.",
        "The journey to the site counts as working time.",
        "You may use the workshop and offcuts for your own projects.",
        "We pay for master, machine and first aid courses.",
        "In winter we work in the hall, and nobody is sent home without pay.",
        "Everybody sees a job through from the first visit to the last screw.",
    ],
};
