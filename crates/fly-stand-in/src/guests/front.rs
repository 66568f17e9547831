//! What stands before an app's machines: HAProxy, told what Fly's proxies have heard.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use testbed::haproxy::Edge;

use super::Guests;
use crate::fly::Happening;
use crate::shared::Shared;
use crate::site::Error;

/// How often each edge is asked what it has to do: the most that a request waits before a machine is woken for it.
const LOOK: Duration = Duration::from_millis(50);

/// One edge an app.
pub(crate) struct Fronts {
    fly: Arc<Shared>,
    fronts: Vec<Front>,
}

struct Front {
    app: String,
    edge: Edge,
    /// The machines that it knows of, with their places and addresses.
    known: BTreeMap<String, (u8, SocketAddr)>,
    /// What each was last told to have to do.
    loads: BTreeMap<String, u64>,
    /// The machine that was woken for who waits.
    woken: Option<String>,
    looked: Option<Instant>,
}

impl Fronts {
    pub(crate) async fn start(fly: Arc<Shared>, apps: &[String], region: &str) -> Result<Self, Error> {
        let mut fronts = Vec::new();
        for app in apps {
            let edge = Edge::start(region).await?;
            fly.edge_knows(app, Vec::new());
            let (known, loads) = Default::default();
            fronts.push(Front { app: app.clone(), edge, known, loads, woken: None, looked: None });
        }
        Ok(Self { fly, fronts })
    }

    /// Where each app's requests come in.
    pub(crate) fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        self.fronts.iter().map(|front| (front.app.clone(), front.edge.address())).collect()
    }

    /// Tells each what its proxies have heard since, and Fly what each has to do.
    pub(super) fn turn(&mut self, guests: &Guests) -> Result<(), Error> {
        for front in &mut self.fronts {
            front.route(&self.fly, guests)?;
            if front.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                front.looked = Some(Instant::now());
                front.tell_load(&self.fly, guests)?;
            }
        }
        Ok(())
    }
}

impl Front {
    fn route(&mut self, fly: &Shared, guests: &Guests) -> Result<(), Error> {
        let routed = fly.with(|fly, now| fly.routed(now, &self.app));
        let routed: BTreeMap<_, _> = routed.into_iter().filter_map(|id| guests.at(&id).map(|at| (id, at))).collect();
        if routed == self.known {
            return Ok(());
        }
        for (id, at) in routed.iter().filter(|(id, at)| self.known.get(*id) != Some(at)) {
            self.edge.knows(at.0, id, at.1)?;
        }
        for (id, (place, _)) in self.known.iter().filter(|(id, _)| !routed.contains_key(*id)) {
            self.edge.forgets(*place, id)?;
        }
        fly.edge_knows(&self.app, routed.keys().cloned().collect());
        self.known = routed;
        Ok(())
    }

    /// For all who wait one machine is woken, and another only where that one does not come after all.
    fn wake(&mut self, fly: &Shared, waits: bool) {
        let woken = self.woken.take().filter(|_| waits);
        if waits {
            self.woken = fly.with(|fly, now| match woken.filter(|id| fly.comes(id)) {
                Some(woken) => Some(woken),
                None => fly.knock(now, &self.app),
            });
        }
    }

    fn tell_load(&mut self, fly: &Shared, guests: &Guests) -> Result<(), Error> {
        let busy = self.edge.busy()?;
        self.wake(fly, busy.waiting > 0);
        // What is not routed to any more still ends what it has begun.
        let leaving = self.loads.keys().filter(|id| !self.known.contains_key(*id));
        let leaving: Vec<_> = leaving.filter_map(|id| Some((id.clone(), guests.at(id)?))).collect();
        let all = self.known.iter().map(|(id, at)| (id.clone(), *at)).chain(leaving).collect::<BTreeMap<_, _>>();
        for (id, (place, _)) in &all {
            let load = busy.at_work.get(place).copied().unwrap_or_default();
            if self.loads.insert(id.clone(), load) != Some(load) {
                // One that has gone meanwhile has nothing to do.
                let _gone = fly.with(|fly, now| fly.happen(now, id, &Happening::Load(load)));
            }
        }
        self.loads.retain(|id, load| self.known.contains_key(id) || (*load > 0 && all.contains_key(id)));
        Ok(())
    }
}
