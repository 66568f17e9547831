//! People who build software.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{GERMANY, POLAND, UNITED_KINGDOM, UNITED_STATES};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 15), (Remote::Hybrid, 50), (Remote::Yes, 35)],
    kinds: &[(Kind::FullTime, 75), (Kind::PartTime, 10), (Kind::Contract, 15)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Quillmark Systems",
            site: "quillmark",
            about: "makes scheduling software that hospitals and fire brigades plan their shifts with",
            cities: &["Leeds", "Bristol", "Glasgow"],
            country: UNITED_KINGDOM,
        },
        Employer {
            name: "Tarnbeck Software",
            site: "tarnbeck",
            about: "builds the booking and ticket system of regional railways and ferries",
            cities: &["Hamburg", "Leipzig"],
            country: GERMANY,
        },
        Employer {
            name: "Ostrelka Labs",
            site: "ostrelka-labs",
            about: "writes tools that find faults in power grids before the lights go out",
            cities: &["Kraków", "Gdańsk", "Wrocław"],
            country: POLAND,
        },
        Employer {
            name: "Fennelight Data",
            site: "fennelight",
            about: "helps farms and water utilities to understand what their sensors tell them",
            cities: &["Denver", "Portland", "Minneapolis"],
            country: UNITED_STATES,
        },
    ],
    roles: &[
        Role::trained("Backend Engineer", 58, 78),
        Role::trained("Frontend Engineer", 54, 74),
        Role::trained("Software Engineer", 55, 76),
        Role::trained("Site Reliability Engineer", 62, 84),
        Role::trained("Test Engineer", 48, 66),
        Role::trained("Data Engineer", 58, 78),
        Role::trained("Database Engineer", 58, 80),
        Role::lead("Senior Software Engineer", 74, 96),
        Role::lead("Engineering Manager", 84, 108),
        Role::trainee("Software Engineering Intern", 25, 31),
    ],
    fields: &[
        Field::new("Payments", "Our payments team moves money exactly once, even when a network fails in between."),
        Field::new(
            "Search",
            "Our search team answers in a few milliseconds what people meant rather than what they typed.",
        ),
        Field::new("Platform", "Our platform team gives all the others a paved way from an idea to production."),
        Field::new("Mobile Apps", "Our apps must work in tunnels, on old phones and with cold fingers."),
        Field::new(
            "Identity and Access",
            "Our identity team lets the right people in quickly and keeps everybody else out.",
        ),
        Field::new("Accessibility", "We are making every page usable with a keyboard, a screen reader and large type."),
        Field::new("Reporting", "Our reporting team turns millions of events into numbers that people can rely on."),
        Field::new("Maps and Routing", "We work out routes over live maps, and do it again whenever something closes."),
        Field::new("Notifications", "Our notifications reach people in time, once, and on the channel they asked for."),
    ],
    tasks: &[
        "You design small services and bring them to production in short steps.",
        "You review your colleagues' changes and ask them to review yours.",
        "You write tests that fail for one reason only.",
        "You watch how your changes behave in production and act on what you see.",
        "You share the on-call rota, about one week in seven, with time off in return.",
        "You talk to the people who use our software, and turn their words into plans.",
        "You take slow queries and flaky tests apart until they are neither.",
        "You write down decisions so that the next person knows why.",
        "You remove code that nobody needs any more, and enjoy it.",
        "You break large pieces of work into parts that can be shipped by themselves.",
        "You help to keep our systems patched and our dependencies few.",
    ],
    brings: &[
        "You are at home in one typed language, such as Rust, Kotlin, Go or TypeScript.",
        "You know SQL well enough to read a query plan.",
        "You have run software in production and have learned from at least one outage.",
        "You write clearly, in code reviews as well as in prose.",
        "You care about people who use your work on slow connections or old devices.",
        "You know how HTTP, queues and transactions fail, and plan for it.",
        "You prefer the simple solution, and can say what it will not do.",
        "You are comfortable on a Linux command line.",
    ],
    offers: &[
        "A full week here has 36 hours, and a year has 30 days of holiday.",
        "You choose your own laptop and get a budget for your desk.",
        "There are ten days a year for learning, with travel and fees paid.",
        "Meetings stay in the morning; the afternoon is yours to think.",
        "Parents and carers set their hours together with their team.",
        "Pay bands are open to everybody in the company.",
        "You join our pension plan from the first day.",
        "We contribute to the open source projects that we build on, in working time.",
    ],
};
