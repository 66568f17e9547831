//! People who keep and check accounts.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{AUSTRALIA, NETHERLANDS, SINGAPORE, SWITZERLAND};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 25), (Remote::Hybrid, 60), (Remote::Yes, 15)],
    kinds: &[(Kind::FullTime, 65), (Kind::PartTime, 22), (Kind::Contract, 8), (Kind::Temporary, 5)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Brackwater Accountants",
            site: "brackwater",
            about: "keeps the books of six hundred small firms, from bakers to boat builders",
            cities: &["Perth", "Melbourne"],
            country: AUSTRALIA,
        },
        Employer {
            name: "Pennifold Treuhand",
            site: "pennifold-treuhand",
            about: "audits foundations, cooperatives and family firms",
            cities: &["Zürich", "Bern", "St. Gallen"],
            country: SWITZERLAND,
        },
        Employer {
            name: "Ledgerhaven",
            site: "ledgerhaven",
            about: "does accounts and payroll for companies that work across borders",
            cities: &["Singapore"],
            country: SINGAPORE,
        },
        Employer {
            name: "Van Tellinga Administratie",
            site: "van-tellinga",
            about: "looks after the finances of schools, museums and housing associations",
            cities: &["Utrecht", "Groningen"],
            country: NETHERLANDS,
        },
    ],
    roles: &[
        Role::trained("Accountant", 46, 60),
        Role::trained("Bookkeeper", 38, 48),
        Role::trained("Financial Analyst", 50, 66),
        Role::trained("Accounts Assistant", 36, 44),
        Role::trained("Financial Controller", 60, 78),
        Role::trained("Auditor", 50, 66),
        Role::lead("Senior Accountant", 60, 76),
        Role::lead("Finance Manager", 70, 92),
        Role::trainee("Accounting Intern", 25, 30),
    ],
    fields: &[
        Field::new("Payroll", "Our payroll team pays eleven thousand people, correctly and on the right day."),
        Field::new("Tax", "Our tax team files early, sleeps well and answers questions in plain words."),
        Field::new("Accounts Payable", "In accounts payable we settle bills in time, and query them in time too."),
        Field::new("Group Reporting", "Group reporting brings the figures of nine companies into one honest picture."),
        Field::new("Non-Profit Clients", "Our non-profit clients need to show donors where each coin has gone."),
        Field::new("Treasury", "Treasury sees to it that the money is where it is needed, a week before."),
        Field::new("Small Business", "Small business owners come to us with a shoebox and leave with a plan."),
        Field::new("Fixed Assets", "From cranes to coffee machines, we know what there is and what it is worth."),
        Field::new(
            "Process Improvement",
            "We are replacing spreadsheets nobody understands by steps that everybody can follow.",
        ),
    ],
    tasks: &[
        "You post, reconcile and close the month within five working days.",
        "You prepare figures so that people outside finance can decide with them.",
        "You check unusual entries and ask until they make sense.",
        "You prepare yearly accounts and returns together with your team.",
        "You are the first contact for a fixed group of clients or departments.",
        "You write short notes on how things are done, and keep them current.",
        "You prepare for audits so that they hold no surprises.",
        "You follow changes in the rules and explain what they mean for us.",
        "You automate what is done by hand more than twice.",
        "You plan cash, costs and income for the months ahead.",
    ],
    brings: &[
        "You have finished training or a degree in accounting, or are close to it.",
        "You know double entry by heart and one accounting program well.",
        "You are exact, and you notice when a figure is too good.",
        "You handle confidential information with care.",
        "You explain a balance sheet without technical words.",
        "You keep deadlines and warn early if one is at risk.",
        "You are comfortable with large spreadsheets and simple queries.",
        "You know the local rules or are ready to learn them.",
    ],
    offers: &[
        "We pay examination fees and give you paid days to study.",
        "Overtime at year end is booked and taken as holiday in spring.",
        "You have your own clients and the freedom to look after them well.",
        "Core hours are from ten to three; the rest is up to you.",
        "Every second Friday afternoon is free.",
        "A partner discusses your plans with you twice a year.",
        "We have quiet rooms, large screens and good chairs.",
        "You receive a travel card and a contribution to your pension.",
    ],
};
