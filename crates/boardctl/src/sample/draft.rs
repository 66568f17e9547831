//! A job before it has an owner and times: what an employer decides when writing the ad.

use super::description;
use super::job::{Kind, Remote};
use super::pay::{Pay, Per};
use super::random::Random;
use super::trade::{Employer, Field, Role, Standing, Trade};

/// What is decided before the text is written.
pub(super) struct Draft {
    /// The trade it belongs to.
    pub(super) trade: &'static Trade,
    /// Who hires.
    pub(super) employer: &'static Employer,
    /// For what.
    pub(super) role: Role,
    /// In what.
    pub(super) field: Field,
    /// In which city.
    pub(super) city: &'static str,
    /// How far from there.
    pub(super) remote: Remote,
    /// What kind of work.
    pub(super) kind: Kind,
    /// What pay would be named for.
    pub(super) per: Per,
}

impl Draft {
    /// Decides on a job of that employer.
    pub(super) fn draw(random: &mut Random, trade: &'static Trade, employer: &'static Employer) -> Self {
        let role = random.pick(trade.roles);
        let kind = match role.standing {
            Standing::Trainee => Kind::Internship,
            Standing::Trained => random.weighted(trade.kinds),
            // Who leads is there all week.
            Standing::Lead => Kind::FullTime,
        };
        Self {
            trade,
            employer,
            role,
            field: random.pick(trade.fields),
            city: random.pick(employer.cities),
            remote: random.weighted(trade.remote),
            kind,
            per: usual_period(trade, employer, role.standing, kind),
        }
    }

    /// The role, mostly with its field.
    pub(super) fn title(&self, random: &mut Random) -> String {
        let (role, field) = (self.role.title, self.field.name);
        match random.below(10) {
            0 => role.to_owned(),
            1 | 2 => format!("{role} ({field})"),
            3..=5 => format!("{role} – {field}"),
            _ => format!("{role}, {field}"),
        }
    }

    /// City and country. One in three remote jobs names no place.
    pub(super) fn place(&self, random: &mut Random) -> Option<String> {
        let anywhere = self.remote == Remote::Yes && random.percent(33);
        (!anywhere).then(|| self.employer.country.place(self.city))
    }

    /// What it pays; one employer in eight does not say.
    pub(super) fn pay(&self, random: &mut Random) -> Option<Pay> {
        let said = random.below(8) > 0;
        said.then(|| Pay::draw(random, self.role.pay, &self.employer.country, self.per))
    }

    /// The text of the ad.
    pub(super) fn description(&self, random: &mut Random) -> String {
        description::write(random, self)
    }
}

/// Hands-on and part-time work by the hour where that is usual, internships by the month, salaries as the country does.
/// Who leads has a salary in every trade.
fn usual_period(trade: &Trade, employer: &Employer, standing: Standing, kind: Kind) -> Per {
    let hourly_work = trade.by_hour || matches!(kind, Kind::PartTime | Kind::Temporary);
    if employer.country.pays_by_hour && hourly_work && standing != Standing::Lead {
        Per::Hour
    } else if kind == Kind::Internship {
        Per::Month
    } else {
        employer.country.salary_per
    }
}
