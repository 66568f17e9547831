//! Concurrency groups: one at work and one that waits; who comes next takes the place of who waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{oneshot, watch};

use super::workflow::Concurrency;

/// What tells a job to end.
pub(super) type Cancel = Arc<watch::Sender<bool>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Groups(Arc<Mutex<HashMap<String, Group>>>);

#[derive(Debug)]
struct Group {
    at_work: Cancel,
    waits: Option<(Cancel, oneshot::Sender<()>)>,
}

/// A turn at work, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Option<(Groups, String)>);

impl Groups {
    /// Waits for a turn. `None` when it was cancelled meanwhile, or when somebody else came to wait.
    pub(super) async fn enter(&self, wanted: Option<&Concurrency>, own: &Cancel) -> Option<Turn> {
        let Some(Concurrency { group, cancel_in_progress }) = wanted else { return Some(Turn(None)) };
        let turn = || Some(Turn(Some((self.clone(), group.clone()))));
        let waits = {
            let mut groups = self.0.lock().expect("nobody panics under it");
            match groups.get_mut(group) {
                None => {
                    groups.insert(group.clone(), Group { at_work: own.clone(), waits: None });
                    return turn();
                }
                Some(group) => {
                    if *cancel_in_progress {
                        group.at_work.send_replace(true);
                    }
                    let (tell, told) = oneshot::channel();
                    // Whoever waited is told by the end of its channel.
                    group.waits = Some((own.clone(), tell));
                    told
                }
            }
        };
        let mut cancelled = own.subscribe();
        tokio::select! {
            came = waits => came.ok().and_then(|()| turn()),
            _ = cancelled.wait_for(|cancelled| *cancelled) => None,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some((groups, name)) = self.0.take() else { return };
        let mut groups = groups.0.lock().expect("nobody panics under it");
        let next = groups.get_mut(&name).and_then(|group| group.waits.take());
        match next {
            // One that was cancelled no longer hears it.
            Some((own, tell)) => {
                groups.insert(name.clone(), Group { at_work: own, waits: None });
                if tell.send(()).is_err() {
                    groups.remove(&name);
                }
            }
            None => drop(groups.remove(&name)),
        }
    }
}
