//! People who help customers.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{CZECHIA, IRELAND, POLAND};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 25), (Remote::Hybrid, 35), (Remote::Yes, 40)],
    kinds: &[(Kind::FullTime, 55), (Kind::PartTime, 30), (Kind::Contract, 5), (Kind::Temporary, 10)],
    by_hour: true,
    employers: &[
        Employer {
            name: "Answerfold",
            site: "answerfold",
            about: "answers letters, calls and chats for makers of household goods",
            cities: &["Waterford", "Dublin"],
            country: IRELAND,
        },
        Employer {
            name: "Hellowerka",
            site: "hellowerka",
            about: "looks after customers in fourteen languages, by day and by night",
            cities: &["Łódź", "Katowice"],
            country: POLAND,
        },
        Employer {
            name: "Vlídno Support",
            site: "vlidno-support",
            about: "gives help that ends with a solved problem instead of a ticket number",
            cities: &["Prague", "Olomouc"],
            country: CZECHIA,
        },
    ],
    roles: &[
        Role::trained("Customer Care Agent", 30, 36),
        Role::trained("Customer Support Specialist", 32, 40),
        Role::trained("Service Desk Agent", 33, 41),
        Role::trained("Complaints Handler", 33, 41),
        Role::trained("Support Content Writer", 37, 47),
        Role::trained("Customer Success Manager", 43, 57),
        Role::lead("Customer Care Team Lead", 42, 53),
        Role::lead("Head of Support Operations", 58, 74),
        Role::trainee("Customer Care Trainee", 26, 30),
    ],
    fields: &[
        Field::new(
            "Travel Bookings",
            "Travellers call us from platforms and airports, and need an answer within minutes.",
        ),
        Field::new("Home Appliances", "With home appliances we find out together what the blinking light means."),
        Field::new("Energy Customers", "Energy customers ask about bills, meters and moving house."),
        Field::new(
            "Online Banking",
            "In online banking we help people back into their accounts, and keep strangers out.",
        ),
        Field::new("Chat and Messaging", "In chat each of us talks with two people at a time, and no more."),
        Field::new("Telephone", "On the telephone we let people finish, and have no script to read from."),
        Field::new("Health Insurance", "With health insurance people often call on a bad day, and we take our time."),
        Field::new("Business Customers", "Business customers have one contact here, known by name."),
        Field::new("Orders and Deliveries", "For orders and deliveries we know where the parcel is, or find out."),
    ],
    tasks: &[
        "You answer questions by phone, mail or chat, and see them through to the end.",
        "You find out what lies behind a problem before you solve it.",
        "You decide on refunds and replacements yourself, up to a generous limit.",
        "You write down solutions so that colleagues find them too.",
        "You tell product teams what customers stumble over.",
        "You follow up on open cases without being asked.",
        "You calm a heated conversation and bring it to a good end.",
        "You improve help pages and standard letters.",
        "You pass a case on with all that is known about it.",
        "You listen to a few conversations with a colleague each week and learn from them.",
    ],
    brings: &[
        "You listen first and speak second.",
        "You write friendly, correct and short messages.",
        "You speak one further language besides English well enough to help in it.",
        "You keep calm with upset people, and do not take it personally.",
        "You learn new programs quickly.",
        "You have worked with customers or patients or guests before.",
        "You protect personal data as if it were your own.",
        "You are willing to share late and weekend shifts fairly.",
    ],
    offers: &[
        "We do not measure the length of your calls.",
        "Ten minutes of every hour are free of calls and chats.",
        "You choose your shifts from a plan, six weeks ahead.",
        "Training takes a month and is paid in full.",
        "We provide a headset, a chair and a screen wherever you work.",
        "You may end a call when somebody is abusive, and we stand behind you.",
        "There are language courses for everybody, in working time.",
        "You can move on into product, training or quality, and many do.",
    ],
};
