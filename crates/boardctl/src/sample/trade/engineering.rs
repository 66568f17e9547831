//! People who plan, build and repair machines and plants.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{AUSTRIA, CZECHIA, NORWAY, SOUTH_KOREA};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 70), (Remote::Hybrid, 30)],
    kinds: &[(Kind::FullTime, 82), (Kind::PartTime, 8), (Kind::Contract, 10)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Grauwerk Antriebe",
            site: "grauwerk-antriebe",
            about: "builds gearboxes and drives for cable cars, lifts and bridges",
            cities: &["Graz", "Linz"],
            country: AUSTRIA,
        },
        Employer {
            name: "Fjordhelm Energi",
            site: "fjordhelm-energi",
            about: "plans and runs wind and tidal plants for a dozen municipalities",
            cities: &["Bergen", "Trondheim", "Stavanger"],
            country: NORWAY,
        },
        Employer {
            name: "Moravnice Strojírny",
            site: "moravnice-strojirny",
            about: "has made pumps and valves for waterworks for more than ninety years",
            cities: &["Brno", "Ostrava"],
            country: CZECHIA,
        },
        Employer {
            name: "Haeoreum Robotics",
            site: "haeoreum-robotics",
            about: "develops robot arms for workshops that make small series",
            cities: &["Daejeon", "Busan"],
            country: SOUTH_KOREA,
        },
    ],
    roles: &[
        Role::trained("Mechanical Engineer", 54, 70),
        Role::trained("Electrical Engineer", 55, 72),
        Role::trained("Commissioning Engineer", 54, 71),
        Role::trained("Maintenance Technician", 40, 52),
        Role::trained("Process Engineer", 55, 71),
        Role::trained("Quality Engineer", 50, 65),
        Role::lead("Project Engineer Lead", 70, 90),
        Role::lead("Plant Manager", 78, 100),
        Role::trainee("Engineering Intern", 25, 30),
    ],
    fields: &[
        Field::new(
            "Drives and Gearboxes",
            "Our drives run for thirty years, so each gram and each bearing is thought over.",
        ),
        Field::new("Control Systems", "We write and test the controls that stop a machine safely, whatever happens."),
        Field::new("Hydraulics", "Our hydraulics group works with high pressure, clean oil and steady hands."),
        Field::new("Power Electronics", "We turn rough power into smooth power, with little loss and little noise."),
        Field::new("Test Rigs", "On our test rigs new designs are broken on purpose, and we learn from the pieces."),
        Field::new("Energy Efficiency", "We are halving what our plants and products use, one measurement at a time."),
        Field::new("Plant Safety", "Nobody has been seriously hurt here for eleven years, and we mean to keep it so."),
        Field::new(
            "Customer Installations",
            "We install at the customer's site and stay until everything runs as promised.",
        ),
        Field::new("Prototypes", "Our prototype shop turns a sketch into a part within a week."),
    ],
    tasks: &[
        "You turn requirements into calculations, drawings and parts lists.",
        "You measure what was calculated, and find out why the two differ.",
        "You work with the shop floor so that parts can be made and mended.",
        "You plan tests, run them and write down what they showed.",
        "You find the cause of a fault before anything is replaced.",
        "You choose suppliers together with purchasing and check first samples.",
        "You keep the technical files complete, up to the conformity documents.",
        "You explain to operators how a machine wants to be treated.",
        "You follow a product from the first sketch to its tenth year of service.",
        "You look for ways to use less material and less energy.",
    ],
    brings: &[
        "You have a technical degree or a completed technical training.",
        "You read drawings and circuit diagrams with ease.",
        "You know the safety rules for electrical or mechanical work and follow them.",
        "You can use a CAD or a simulation tool, no matter of which maker.",
        "You like to be where the machine is.",
        "You write reports that are short and complete.",
        "You check units twice.",
        "You have worked with standards and know how to find the right one.",
    ],
    offers: &[
        "Working time is flexible and overtime is taken off as free days.",
        "You get good tools, and safety gear that fits.",
        "Profit is shared: a tenth of it goes to everybody in equal parts.",
        "We pay for courses, certificates and memberships of professional bodies.",
        "Our workshop is open to you for projects of your own on Thursday evenings.",
        "There is a subsidised canteen and a charging point for every bicycle and car.",
        "The company pension is twice what the law asks for.",
        "You may change departments after two years without applying from outside.",
    ],
};
