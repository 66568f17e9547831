//! People who work for the public.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{FRANCE, GERMANY, SWEDEN};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 45), (Remote::Hybrid, 55)],
    kinds: &[(Kind::FullTime, 65), (Kind::PartTime, 23), (Kind::Contract, 2), (Kind::Temporary, 10)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Northmere Regional Office",
            site: "northmere-region",
            about: "serves thirty towns and villages with everything from permits to libraries",
            cities: &["Kiel", "Rostock"],
            country: GERMANY,
        },
        Employer {
            name: "Agency for Rivers and Green Spaces Valdorne",
            site: "valdorne-agency",
            about: "looks after water, parks and paths on behalf of its citizens",
            cities: &["Grenoble", "Strasbourg"],
            country: FRANCE,
        },
        Employer {
            name: "Wexholm Service Authority",
            site: "wexholm-authority",
            about: "brings the services of several public bodies under one roof",
            cities: &["Linköping", "Umeå", "Västerås"],
            country: SWEDEN,
        },
    ],
    roles: &[
        Role::trained("Case Officer", 40, 51),
        Role::trained("Citizen Adviser", 37, 46),
        Role::trained("Policy Adviser", 52, 68),
        Role::trained("Project Officer", 46, 59),
        Role::trained("Records Officer", 38, 47),
        Role::trained("Digital Services Officer", 48, 62),
        Role::trained("Procurement Officer", 46, 58),
        Role::lead("Head of Section", 62, 78),
        Role::lead("Programme Manager", 60, 76),
        Role::trainee("Public Service Trainee", 25, 30),
    ],
    fields: &[
        Field::new("Housing", "The housing section finds homes for families and keeps rents within reach."),
        Field::new("Building Permits", "Building permits used to take months here; now most take three weeks."),
        Field::new("Libraries", "Our libraries lend books, tools, instruments and quiet places to study."),
        Field::new("Parks and Trees", "We look after forty thousand trees, each with a number and many with a name."),
        Field::new(
            "Public Transport",
            "The transport section plans buses for people who have no car, and for those who do.",
        ),
        Field::new(
            "Elections",
            "The elections section prepares polling places so that voting is easy and counting is exact.",
        ),
        Field::new("Social Benefits", "In social benefits a quick and correct decision pays somebody's rent."),
        Field::new(
            "Water and Flood Protection",
            "Flood protection means dikes, meadows and a phone that is always answered.",
        ),
        Field::new("Culture and Sport", "Culture and sport funds choirs, clubs, pools and summer stages."),
        Field::new(
            "Schools and Childcare",
            "We plan places in schools and childcare, years before the children arrive.",
        ),
    ],
    tasks: &[
        "You handle applications and enquiries fairly, quickly and by the law.",
        "You advise citizens in person, on the phone and in writing.",
        "You write decisions and letters that need no second reading.",
        "You prepare papers for committees and answer their questions.",
        "You work with other offices so that nobody is sent from door to door.",
        "You keep records complete and findable for those who come after us.",
        "You look after budgets and can account for each item.",
        "You bring citizens to the table early when plans are made.",
        "You help to move services online, without closing the counter.",
        "You visit places before you decide about them.",
    ],
    brings: &[
        "You have training or a degree in administration, law, planning or a related subject.",
        "You know how to read a law and how to explain it.",
        "You treat everybody alike, and each person as a person.",
        "You write plain language and enjoy making it plainer.",
        "You work in a structured way and keep deadlines.",
        "You are open to digital tools and to better ways of working.",
        "You keep what you learn about citizens to yourself.",
        "You stay polite and firm when a conversation gets difficult.",
    ],
    offers: &[
        "Pay follows the public scale, so you know what comes next.",
        "Your post is secure, and so are your evenings.",
        "You can begin your day at any time between six and ten.",
        "Thirty days of holiday, and two more for voluntary work.",
        "We support study beside work, with time and with fees.",
        "Our buildings can be entered and used with a wheelchair throughout.",
        "Tandem posts are welcome: two people may share one job.",
        "There is a job ticket for trains and buses, and covered parking for bicycles.",
    ],
};
