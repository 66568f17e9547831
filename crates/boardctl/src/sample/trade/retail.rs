//! People who sell in shops.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{GERMANY, IRELAND, SWEDEN, UNITED_KINGDOM};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 45), (Kind::PartTime, 40), (Kind::Temporary, 15)],
    by_hour: true,
    employers: &[
        Employer {
            name: "Marlpine Stores",
            site: "marlpine",
            about: "runs department stores in towns that others have left",
            cities: &["Exeter", "Norwich", "Dundee"],
            country: UNITED_KINGDOM,
        },
        Employer {
            name: "Grünhaldt Märkte",
            site: "gruenhaldt",
            about: "sells groceries from the region in twenty-six neighbourhood shops",
            cities: &["Bremen", "Kassel", "Freiburg"],
            country: GERMANY,
        },
        Employer {
            name: "Bokvinden",
            site: "bokvinden",
            about: "sells books, games and good paper, and has a reading chair in every shop",
            cities: &["Uppsala", "Stockholm"],
            country: SWEDEN,
        },
        Employer {
            name: "Tessaroe Outdoors",
            site: "tessaroe-outdoors",
            about: "fits walkers, climbers and cyclists with things that last",
            cities: &["Dublin", "Limerick"],
            country: IRELAND,
        },
    ],
    roles: &[
        Role::trained("Sales Assistant", 30, 34),
        Role::trained("Checkout Assistant", 30, 33),
        Role::trained("Stock Associate", 30, 34),
        Role::trained("Visual Merchandiser", 33, 41),
        Role::trained("Product Adviser", 31, 37),
        Role::trained("Assistant Buyer", 37, 46),
        Role::lead("Store Manager", 44, 58),
        Role::lead("Section Manager", 37, 46),
        Role::trainee("Retail Trainee", 26, 30),
    ],
    fields: &[
        Field::new("Books and Games", "Our customers for books and games come to browse and leave with a tip from us."),
        Field::new("Fresh Food", "In fresh food the day begins with a delivery at six and ends with an empty shelf."),
        Field::new("Home and Garden", "Home and garden is where people bring their plans and their measuring tapes."),
        Field::new("Bicycles", "The bicycle floor has a workshop, a test track and a queue on sunny days."),
        Field::new("Clothing", "In clothing we would rather mend a coat than sell a second one."),
        Field::new("Electronics", "In electronics we explain what something does before we say what it costs."),
        Field::new(
            "Online Orders",
            "Online orders are picked in the shop, within two hours, by people who know the shelves.",
        ),
        Field::new("Toys", "The toy floor is tested daily by experts aged three and over."),
        Field::new("Second Hand", "Second hand is our newest section, and the one that grows fastest."),
    ],
    tasks: &[
        "You greet customers, listen, and help them to find what suits them.",
        "You keep shelves full, tidy and correctly priced.",
        "You take payments and balance the till at the end of the day.",
        "You build displays that make people stop.",
        "You take deliveries, check them and put them away.",
        "You handle returns and complaints in a fair and friendly way.",
        "You learn about new goods, and teach your colleagues what you learned.",
        "You note what customers ask for and we do not have.",
        "You open or close the shop together with a colleague.",
        "You help at author evenings, tastings, repair days and stocktaking.",
    ],
    brings: &[
        "You like people, also before ten in the morning.",
        "You have worked with customers, in a shop or elsewhere.",
        "You are honest with money and with advice.",
        "You can work on some Saturdays, with a weekday off in return.",
        "You learn quickly what is in our range and what is not.",
        "You stay friendly when a queue grows.",
        "You have an eye for order and for colour.",
        "You are glad to help out in other sections.",
    ],
    offers: &[
        "Your hours are set a month ahead and kept.",
        "You buy everything at a fifth below the shelf price.",
        "We close at seven in the evening and do not open on Sundays.",
        "There is a chair at every till.",
        "You get a monthly ticket for buses and trains.",
        "Half of our managers began at the till, and we train the next ones.",
        "Unsold food is shared among staff and neighbours.",
        "A yearly bonus goes to everybody in the shop, in equal parts.",
    ],
};
