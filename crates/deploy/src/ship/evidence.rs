//! What this run itself has seen. None of it outlives the run.

/// What this run has seen of one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    /// Every configured check passed in two looks, a check interval apart.
    pub checked: bool,
    /// Within the last 10 s it answered through the proxy, asked for by its id, or, where no address is public, its checks
    /// passed and a margin has gone by since it was uncordoned. Cordoned, it is never seen.
    pub seen: bool,
    /// A call to remove it, on an ill host, was made.
    pub tried: bool,
}

/// What is wrong now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The newer colour shows a fault that the other one does not.
    Greens,
    /// Both show it: a dependency's.
    Both,
}

/// What this run has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Of each member of the fleet, in its order.
    pub sights: Vec<Sight>,
    /// 10 s have gone by since this run last uncordoned a machine, or since it began: the proxies know.
    pub opened: bool,
    /// The same, since it last cordoned one.
    pub shut: bool,
    /// The older colour has rested for the whole soak, and nothing was done to either meanwhile.
    pub soaked: bool,
    /// What is wrong now.
    pub fault: Fault,
    /// The step that is asked for has been asked for until its deadline.
    pub overdue: bool,
    /// Somebody wants this run taken back.
    pub interrupted: bool,
    /// Our lease is lost, and another run is alive.
    pub locked: bool,
    /// This run has had a green: what is not there now is not tried again.
    pub attempted: bool,
}

impl Evidence {
    /// Of one machine.
    #[must_use]
    pub fn of(&self, at: usize) -> Sight {
        self.sights.get(at).copied().unwrap_or_default()
    }
}
