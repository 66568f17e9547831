//! People who cook.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{CANADA, FRANCE, NEW_ZEALAND, SPAIN};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 60), (Kind::PartTime, 25), (Kind::Temporary, 15)],
    by_hour: true,
    employers: &[
        Employer {
            name: "Chez Mirabelou",
            site: "chez-mirabelou",
            about: "is a family of three bistros with short menus and long evenings",
            cities: &["Lyon", "Nantes"],
            country: FRANCE,
        },
        Employer {
            name: "The Copper Whelk",
            site: "copper-whelk",
            about: "cooks what the boats and the gardens bring in that day",
            cities: &["Wellington", "Nelson"],
            country: NEW_ZEALAND,
        },
        Employer {
            name: "Saffrel Kitchens",
            site: "saffrel-kitchens",
            about: "feeds eleven schools and four offices, fresh, every day",
            cities: &["Halifax", "Calgary", "Vancouver"],
            country: CANADA,
        },
        Employer {
            name: "Horno de Almirel",
            site: "horno-almirel",
            about: "is a bakery and restaurant under one roof, with a wood oven from 1911",
            cities: &["Seville", "Bilbao"],
            country: SPAIN,
        },
    ],
    roles: &[
        Role::trained("Line Cook", 30, 36),
        Role::trained("Chef de Partie", 33, 40),
        Role::trained("Prep Cook", 30, 34),
        Role::trained("Breakfast Cook", 30, 36),
        Role::trained("Commis Chef", 30, 34),
        Role::lead("Sous Chef", 38, 48),
        Role::lead("Head Chef", 46, 60),
        Role::lead("Kitchen Manager", 42, 54),
        Role::trainee("Kitchen Apprentice", 26, 30),
    ],
    fields: &[
        Field::new("Pastry", "Our pastry section makes everything itself, down to the jam."),
        Field::new("Grill", "The grill is the hottest place here, and the one with the best view."),
        Field::new("Vegetarian Menu", "More than half of our menu has no meat, and most guests never notice."),
        Field::new("Fish", "Fish comes whole, and is on the plate within a day."),
        Field::new("Catering", "Our catering team sets up kitchens in barns, museums and tents."),
        Field::new("Bakery", "The bakery starts at three in the morning and finishes at eleven."),
        Field::new("School Meals", "School meals here are cooked from scratch, and children vote on the menu."),
        Field::new("Lunch Service", "Lunch is quick and loud, and over by three o'clock."),
        Field::new("Garden to Table", "A garden of our own gives us herbs, salad and far too many courgettes."),
    ],
    tasks: &[
        "You prepare your station so that service runs without a search.",
        "You cook to recipe, taste all the time and speak up when something is missing.",
        "You keep your place clean while you work, and leave it clean at night.",
        "You check deliveries for freshness, weight and temperature.",
        "You know which dish holds which allergen, and take every question seriously.",
        "You use the whole vegetable and the whole animal, and waste little.",
        "You help to write the menu for the coming weeks.",
        "You label, date and rotate everything in the cold room.",
        "You step in at another station when it gets busy there.",
        "You eat with the team before service, and sometimes cook for it.",
    ],
    brings: &[
        "You have cooked for paying guests, in whatever kind of kitchen.",
        "You know the rules of food hygiene and work by them.",
        "You keep a cool head and a kind voice when orders pile up.",
        "Your knife skills are safe first and fast second.",
        "You are willing to work some evenings and weekends, planned ahead.",
        "You enjoy vegetables as much as roasts.",
        "You take feedback well, and give it the same way.",
        "You can read a recipe and scale it for eighty.",
    ],
    offers: &[
        "You have two days off in a row, every week.",
        "Tips are shared equally between kitchen and floor.",
        "Hours are written down, and overtime is paid.",
        "Knives are sharpened, and whites washed, at our cost.",
        "Two free meals a day come with the work.",
        "We close for two weeks in winter, with pay.",
        "You can spend a month in another of our kitchens each year.",
        "Nobody shouts here; we mean it.",
    ],
};
