//! What the proxies know and do, as far as machines' states go. Requests themselves are nobody's here.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::Fly;
use crate::config;
use crate::machine::State;

impl Fly {
    /// The machines that the proxies send an app's requests to now: by what they have heard, which is not the newest.
    pub fn routed(&mut self, now: OffsetDateTime, app: &str) -> Vec<String> {
        let now = self.advance(now);
        let machines = self.machines.values().filter(|machine| machine.app == app);
        let routed = machines.filter(|machine| machine.routed.seen(now, self.settings.gossip) == Some(&true));
        routed.map(|machine| machine.id.clone()).collect()
    }

    /// A request comes and no machine is there for it: one that sleeps and may be woken is started, and its id returned.
    /// A cordoned one is not, and a leased one refuses.
    pub fn knock(&mut self, now: OffsetDateTime, app: &str) -> Option<String> {
        let now = self.advance(now);
        let asleep = self.machines.values().filter(|machine| {
            let may = machine.app == app && machine.state.is_idle() && !machine.cordoned;
            may && config::autostart(&machine.config) && machine.lease(now).is_none()
        });
        let ids: Vec<String> = asleep.map(|machine| machine.id.clone()).collect();
        let woken = ids.into_iter().find(|id| {
            self.with(id).is_ok_and(|(machine, mut around)| machine.start(now, "proxy", &mut around).is_ok())
        })?;
        self.publish(now, &woken);
        Some(woken)
    }

    /// Whether a machine that was woken may still come to serve.
    pub(crate) fn comes(&self, id: &str) -> bool {
        let machine = self.machines.get(id).filter(|machine| !machine.cordoned);
        machine.is_some_and(|machine| matches!(machine.state, State::Starting | State::Started | State::Restarting))
    }

    /// Whether there is a machine that the proxies might put to sleep.
    pub(super) fn may_be_idle(&self) -> bool {
        let mut started = self.machines.values().filter(|machine| machine.state == State::Started);
        started.any(|machine| config::autostop(&machine.config).is_some())
    }

    /// One turn: in each region one machine more than are needed is put to sleep, and a lone one that has nothing to do.
    pub(super) fn autostop(&mut self, now: OffsetDateTime) {
        let mut groups: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for machine in self.machines.values().filter(|machine| machine.state == State::Started && !machine.cordoned) {
            if config::autostop(&machine.config).is_some() {
                let group = (machine.app.clone(), machine.region.clone());
                groups.entry(group).or_default().push(machine.id.clone());
            }
        }
        for ((_, region), ids) in groups {
            if let Some(id) = self.spare(now, &region, &ids) {
                self.put_to_sleep(now, &id);
            }
        }
    }

    /// The machine of a group that has least to do, if one is too many.
    fn spare(&self, now: OffsetDateTime, region: &str, ids: &[String]) -> Option<String> {
        let group: Vec<_> = ids.iter().filter_map(|id| self.machines.get(id)).collect();
        let idlest = group.iter().min_by_key(|machine| machine.load)?;
        let busy = group.iter().filter(|machine| machine.load > config::soft_limit(&machine.config)).count();
        let needed = if group.len() == 1 { usize::from(idlest.load > 0) } else { busy + 1 };
        let needed = needed.max(config::min_running(&idlest.config, region));
        (group.len() > needed && idlest.lease(now).is_none()).then(|| idlest.id.clone())
    }

    fn put_to_sleep(&mut self, now: OffsetDateTime, id: &str) {
        let Ok((machine, mut around)) = self.with(id) else { return };
        let timeout = config::kill_timeout(&machine.config);
        let signal = machine.config.pointer("/stop_config/signal").and_then(|signal| signal.as_str());
        let signal = signal.unwrap_or("SIGINT").to_owned();
        // Neither is refused of a started machine.
        let _slept = match config::autostop(&machine.config) {
            Some(true) => machine.suspend(now, "proxy", &mut around),
            _ => machine.stop(now, (&signal, timeout), "proxy", &mut around),
        };
        self.publish(now, id);
    }
}
