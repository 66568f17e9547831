//! People who care for patients. No part of it can be done from afar.

use super::{Employer, Field, Role, Trade};
use crate::sample::job::{Kind, Remote};
use crate::sample::place::{AUSTRALIA, IRELAND, KUWAIT, SWEDEN};

/// The trade.
pub(super) const TRADE: Trade = Trade {
    remote: &[(Remote::No, 1)],
    kinds: &[(Kind::FullTime, 55), (Kind::PartTime, 30), (Kind::Contract, 5), (Kind::Temporary, 10)],
    by_hour: false,
    employers: &[
        Employer {
            name: "Aldermoor Clinic",
            site: "aldermoor-clinic",
            about: "is a general hospital with 420 beds and a nursing school of its own",
            cities: &["Cork", "Galway"],
            country: IRELAND,
        },
        Employer {
            name: "Lindvikens Sjukhus",
            site: "lindvikens-sjukhus",
            about: "runs two hospitals and a chain of health centres along the coast",
            cities: &["Gothenburg", "Malmö"],
            country: SWEDEN,
        },
        Employer {
            name: "Saltmere Care",
            site: "saltmere-care",
            about: "looks after people at home, in day clinics and in small residential houses",
            cities: &["Brisbane", "Adelaide", "Hobart"],
            country: AUSTRALIA,
        },
        Employer {
            name: "Noor Al Sahel Medical Centre",
            site: "noor-al-sahel",
            about: "is a private medical centre with staff from over thirty countries",
            cities: &["Kuwait City", "Salmiya"],
            country: KUWAIT,
        },
    ],
    roles: &[
        Role::trained("Registered Nurse", 40, 50),
        Role::trained("Specialist Nurse", 44, 56),
        Role::trained("Night Nurse", 43, 54),
        Role::trained("Clinical Nurse Educator", 46, 57),
        Role::trained("Discharge Coordinator Nurse", 42, 52),
        Role::trained("Nurse Practitioner", 52, 66),
        Role::lead("Charge Nurse", 50, 62),
        Role::lead("Nurse Unit Manager", 56, 70),
        Role::trainee("Nursing Student Placement", 24, 28),
    ],
    fields: &[
        Field::new("Cardiology", "Our cardiology unit cares for people before and after heart surgery."),
        Field::new("Paediatrics", "On the children's ward, parents stay overnight and are part of the team."),
        Field::new("Intensive Care", "In intensive care each nurse looks after one or two patients at a time."),
        Field::new("Emergency", "Our emergency department sees about a hundred and twenty people a day."),
        Field::new("Oncology", "Our oncology team goes with patients through treatment that can take many months."),
        Field::new("Dialysis", "Dialysis patients come three times a week, so you get to know them well."),
        Field::new("Palliative Care", "Our palliative team brings calm and relief to patients and to their families."),
        Field::new(
            "Operating Theatre",
            "Our theatres run from early morning, with planned operations and urgent ones.",
        ),
        Field::new("Mental Health", "Our mental health unit works with small groups and open doors."),
        Field::new("Rehabilitation", "In rehabilitation people learn to walk, speak and cook again after an illness."),
    ],
    tasks: &[
        "You assess patients at the start of your shift and agree on the day's plan with them.",
        "You prepare and give medicines, and check each with a second pair of eyes.",
        "You watch for small changes and call the doctor before they become large.",
        "You explain treatment in words that patients and families understand.",
        "You keep records that the next shift can rely on.",
        "You guide students through their first weeks on the unit.",
        "You take part in the daily round with doctors, therapists and social workers.",
        "You prepare patients for going home and see that help is waiting there.",
        "You care for wounds, lines and drains by our shared standards.",
        "You speak up when something looks unsafe, whoever it concerns.",
    ],
    brings: &[
        "You hold the registration that this role needs here, or can obtain it before you start.",
        "You stay calm when several things happen at once.",
        "You listen well, also to what is not said.",
        "You are willing to work shifts, with your wishes asked for six weeks ahead.",
        "You know current standards of hygiene and keep to them on busy days too.",
        "You can lift and move patients with the aids that we provide.",
        "You write clear notes in an electronic record.",
        "You treat every patient with the same respect.",
    ],
    offers: &[
        "The rota is fixed four weeks ahead, and swapping a shift is easy.",
        "You are introduced for six weeks, with a mentor of your own.",
        "We pay extra for nights, weekends and public holidays.",
        "Further training counts as working time, and we pay the fees.",
        "There is a nursery next door that opens at half past five.",
        "We help with registration, moving and the first weeks of housing.",
        "Support after hard shifts is confidential and free.",
        "Uniforms, lockers and a warm meal on every shift are provided.",
    ],
};
