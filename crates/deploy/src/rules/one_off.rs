//! What holds for an app that runs once and ends.

use super::{Judge, is};
use crate::config::fly_toml::{Policy, Strategy};

impl Judge<'_> {
    pub(super) fn one_off(&mut self) {
        if let Some(restart) = &self.toml.restart {
            let wanted = "never: what has no checks runs once (a function has some)";
            self.demand(restart.policy == Policy::Never, "restart.0.policy", is(Some(restart.policy)), wanted);
        }
        let strategy = self.toml.deploy.strategy;
        let wanted = "immediate: it has no check, and nothing of it has to go on serving";
        self.demand(strategy == Some(Strategy::Immediate), "deploy.strategy", is(strategy), wanted);
        self.demand(
            self.toml.metrics.is_none(),
            "metrics",
            "is there",
            "it left out: the run is over before it is asked",
        );
    }
}
