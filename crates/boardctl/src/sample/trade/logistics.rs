//! People who move goods.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{DENMARK, NETHERLANDS, SINGAPORE, UNITED_STATES};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 65), (Kind::PartTime, 15), (Kind::Contract, 5), (Kind::Temporary, 15)],
    by_hour: true,
    employers: &[
        Employer {
            name: "Norrvang Freight",
            site: "norrvang-freight",
            about: "carries food, timber and machine parts around the Baltic",
            cities: &["Aarhus", "Odense"],
            country: DENMARK,
        },
        Employer {
            name: "Harwendijk Logistics",
            site: "harwendijk",
            about: "stores and ships goods for two hundred small makers",
            cities: &["Rotterdam", "Venlo", "Tilburg"],
            country: NETHERLANDS,
        },
        Employer {
            name: "Pallanova Cargo",
            site: "pallanova-cargo",
            about: "links ports, rail yards and warehouses across three states",
            cities: &["Memphis", "Columbus", "Kansas City"],
            country: UNITED_STATES,
        },
        Employer {
            name: "Straitbridge Forwarding",
            site: "straitbridge-forwarding",
            about: "handles sea and air freight for importers large and small",
            cities: &["Singapore"],
            country: SINGAPORE,
        },
    ],
    roles: &[
        Role::trained("Warehouse Operative", 30, 36),
        Role::trained("Forklift Operator", 32, 38),
        Role::trained("Dispatcher", 36, 45),
        Role::trained("Freight Forwarding Clerk", 36, 46),
        Role::trained("Inventory Controller", 36, 45),
        Role::trained("Transport Planner", 39, 50),
        Role::trained("Customs Declarant", 40, 52),
        Role::lead("Warehouse Shift Lead", 42, 52),
        Role::lead("Fleet Manager", 52, 66),
        Role::trainee("Logistics Trainee", 26, 30),
    ],
    fields: &[
        Field::new("Cold Chain", "In our cold chain nothing may warm by more than two degrees on its way."),
        Field::new("Parcels", "Our parcel hall sorts forty thousand pieces between dusk and dawn."),
        Field::new("Sea Freight", "In sea freight a ship waits for nobody, so papers and boxes must be ready."),
        Field::new("Rail", "We are moving long hauls from road to rail, and it is working."),
        Field::new("Returns", "Our returns team gives goods a second life in place of a skip."),
        Field::new(
            "Medical Supplies",
            "We deliver to hospitals and pharmacies, where a missing box is never a small matter.",
        ),
        Field::new(
            "Night Operations",
            "At night the yard is quiet, the roads are empty and most of the work gets done.",
        ),
        Field::new("Hazardous Goods", "Hazardous goods are handled by few people, all of them trained by us."),
        Field::new("City Deliveries", "In the city we deliver by cargo bike and electric van."),
    ],
    tasks: &[
        "You check goods, papers and seals before anything leaves the yard.",
        "You book movements as they happen, so that stock and screen agree.",
        "You plan the day's work with colleagues at the start of the shift.",
        "You find a way round closed roads, late ships and broken pallets.",
        "You talk to drivers, customers and carriers in a friendly and brief way.",
        "You keep aisles, docks and tools clean and safe.",
        "You report damage and near misses, without looking for somebody to blame.",
        "You count a small part of the stock each day and clear up differences.",
        "You suggest shorter ways and fewer touches, and try them out.",
        "You make sure that loads are well balanced and well secured.",
    ],
    brings: &[
        "You hold the licences that this role needs, or want to obtain them with our help.",
        "You are reliable and on time, early shifts included.",
        "You handle a scanner and a computer without fuss.",
        "You keep an overview when three lorries arrive at once.",
        "You take safety seriously, your own and that of others.",
        "You can talk with colleagues and drivers in simple English.",
        "You are exact with numbers, labels and addresses.",
        "You like to be on your feet and among people.",
    ],
    offers: &[
        "Shifts are planned three weeks ahead, and wishes are heard.",
        "We pay for forklift, driving and dangerous goods certificates.",
        "Work clothes and good shoes are replaced twice a year.",
        "Lifting aids are there and are used.",
        "There are extra payments for nights, Sundays and cold stores.",
        "A bus brings you from the station to the gate and back.",
        "Temporary colleagues earn the same as permanent ones.",
        "Hot soup, fruit and coffee are free on all shifts.",
    ],
};
