//! The ten states in which a killed or interrupted flyctl was seen to leave a fleet of two (its image is tag 1) in the
//! middle of a deploy of tag 2. A mend ends each in one colour, and there is service at every step.

use deploy::machines::Machine;
use deploy::ship::{End, Evidence, Fleet, Mark, Sight, Step, Wait, next};
use serde_json::{Value, json};

macro_rules! left {
    ($($name:literal => $kept:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("half_done/", $name, ".json")), $kept)),+]
    };
}

/// Each with the image that is kept. Greens that nobody let in are no colour to keep; greens that serve are the newest.
const LEFT: [(&str, &str, &str); 10] = left! {
    "int-created" => "deployment-1",
    "int-uncordoned" => "deployment-2",
    "int-cordoned" => "deployment-2",
    "int-stopped" => "deployment-2",
    "kill-first-created" => "deployment-1",
    "kill-created" => "deployment-1",
    "kill-first-uncordoned" => "deployment-2",
    "kill-uncordoned" => "deployment-2",
    "kill-cordoned" => "deployment-2",
    "kill-stopped" => "deployment-2",
};

/// Fly, as far as a mend needs it.
struct World {
    machines: Vec<Value>,
    sights: Vec<Sight>,
    evidence: Evidence,
}

fn machine(left: &Value) -> Value {
    let image = left["image"].as_str().expect("an image");
    // The recordings leave it out. A green's launch id is of the same moment.
    let born = left["metadata"]["fly_flyctl_bluegreen_launch_id"].as_str().unwrap_or("01M8D00000000000000000000A");
    json!({
        "id": left["id"], "name": left["id"], "state": left["state"], "region": left["region"], "instance_id": born,
        "host_status": "ok", "cordoned": left["cordoned"],
        "image_ref": {"digest": image.split_once('@').expect("a digest").1, "tag": left["tag"]},
        "config": {"metadata": left["metadata"]},
    })
}

impl World {
    fn new(text: &str) -> Self {
        let left: Value = serde_json::from_str(text).expect("JSON");
        let machines: Vec<Value> = left["machines"].as_array().expect("machines").iter().map(machine).collect();
        let sights = vec![Sight::default(); machines.len()];
        Self { machines, sights, evidence: Evidence::default() }
    }

    fn step(&self) -> Step {
        let machines: Vec<Machine> =
            self.machines.iter().map(|one| serde_json::from_value(one.clone()).expect("a machine")).collect();
        let evidence = Evidence { sights: self.sights.clone(), ..self.evidence.clone() };
        next(&Fleet::read(&machines), None, &evidence)
    }

    fn serving(&self) -> usize {
        self.machines.iter().filter(|one| one["state"] == "started" && one["cordoned"] == false).count()
    }

    fn settle(&mut self, from: &[&str], to: &str) {
        for one in self.machines.iter_mut().filter(|one| from.iter().any(|from| one["state"] == *from)) {
            one["state"] = json!(to);
        }
    }

    fn wait(&mut self, wait: Wait) {
        self.sights.fill(Sight::default());
        match wait {
            Wait::Up(_) => self.settle(&["created", "starting"], "started"),
            Wait::Down(_) => self.settle(&["stopping"], "stopped"),
            _ => (self.evidence.opened, self.evidence.shut) = (true, true),
        }
    }

    fn done(&mut self, step: Step) {
        match step {
            Step::Look(all) => all.iter().for_each(|at| self.sights[*at].seen = true),
            Step::Mark(at, Mark::Rested) => self.machines[at]["config"]["metadata"]["ship_rested"] = json!("1"),
            Step::Cordon(at) => {
                self.machines[at]["cordoned"] = json!(true);
                self.evidence.shut = false;
            }
            Step::Stop(at) => {
                assert_eq!(self.machines[at]["cordoned"], true, "stopped while it gets connections");
                self.machines[at]["state"] = json!("stopping");
            }
            Step::Destroy(at) => {
                assert_ne!(self.machines[at]["state"], "started", "killed, not told to end");
                self.machines.remove(at);
                self.sights.remove(at);
            }
            Step::Wait(wait) => self.wait(wait),
            other => panic!("a mend does not {other:?}"),
        }
    }
}

fn mend(name: &str, mut world: World, kept: &str) {
    for _ in 0..50 {
        let step = world.step();
        if step == Step::End(End::Done) {
            let whole =
                |one: &Value| one["image_ref"]["tag"] == kept && one["state"] == "started" && one["cordoned"] == false;
            assert!(world.machines.len() == 2 && world.machines.iter().all(whole), "{name}: {:?}", world.machines);
            return;
        }
        world.done(step.clone());
        assert!(world.serving() >= 2, "{name}: {step:?} leaves {} of two", world.serving());
    }
    panic!("{name}: no end");
}

#[test]
fn each_is_mended_into_one_colour_with_nothing_lost() {
    for (name, text, kept) in LEFT {
        mend(name, World::new(text), kept);
    }
}

#[test]
fn so_it_is_when_the_mend_comes_later_and_what_was_on_its_way_has_arrived() {
    for (name, text, kept) in LEFT {
        let mut world = World::new(text);
        world.settle(&["created", "starting"], "started");
        world.settle(&["stopping"], "stopped");
        mend(name, world, kept);
    }
}
