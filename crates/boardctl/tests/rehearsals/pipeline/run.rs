//! A run of a workflow: its jobs, each when those that it needs have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tokio::task::{JoinHandle, JoinSet};

use super::expression::Context;
use super::groups::Cancel;
use super::job::{Ended, Work};
use super::workflow::{Job, Workflow, read};
use super::world::World;

/// One that goes on.
pub(super) struct Run {
    task: JoinHandle<Report>,
    control: Control,
}

/// How a run ended: of each job, each of its instances.
#[derive(Debug)]
pub(super) struct Report(BTreeMap<String, BTreeMap<String, Ended>>);

#[derive(Clone, Default)]
struct Control {
    /// Of every job that has begun.
    jobs: Arc<Mutex<Vec<Cancel>>>,
    cancelled: Cancel,
}

impl Run {
    /// What a push to main starts; `attempt` counts from 1.
    pub(super) fn of_push(world: &Arc<World>, commit: &str, attempt: u32) -> Self {
        Self::start(world, "deploy.yml", commit, json!({}), attempt)
    }

    /// What a person starts by hand, on main.
    pub(super) fn by_hand(world: &Arc<World>, file: &str, inputs: Value) -> Self {
        let head = super::world::git(&world.origin(), &["rev-parse", "HEAD"]);
        Self::start(world, file, head.trim(), inputs, 1)
    }

    fn start(world: &Arc<World>, file: &str, commit: &str, inputs: Value, attempt: u32) -> Self {
        let workflow: Workflow = read(&world.origin().join(".github/workflows").join(file));
        let on = if file == "deploy.yml" { "push" } else { "workflow_dispatch" };
        assert!(workflow.on.get(on).is_some(), "{file} does not start by {on}");
        let control = Control::default();
        let names = json!({
            "github": { "sha": commit, "run_attempt": attempt },
            "inputs": inputs,
            "secrets": { "FLY_API_TOKEN": world.site.doors().token },
            "vars": {},
        });
        let task = tokio::spawn(graph(Arc::clone(world), workflow.jobs, names, control.clone()));
        Self { task, control }
    }

    /// Cancels it, as a person does.
    pub(super) fn cancel(&self) {
        self.control.cancelled.send_replace(true);
        for job in self.control.jobs.lock().expect("nobody panics under it").iter() {
            job.send_replace(true);
        }
    }

    pub(super) async fn end(self) -> Report {
        self.task.await.expect("a run")
    }
}

impl Report {
    /// What became of a job: of all its instances, where there are several.
    pub(super) fn result(&self, job: &str) -> &'static str {
        worst(&self.0[job])
    }

    pub(super) fn of(&self, job: &str, function: &str) -> &Ended {
        &self.0[job][function]
    }

    /// The functions that were to be shipped.
    pub(super) fn shipped(&self) -> BTreeSet<&str> {
        let jobs = [("migrate", &self.0["migrate"]), ("ship", &self.0["ship"])];
        let all = jobs.into_iter().flat_map(|(job, all)| all.iter().map(move |(of, ended)| (job, of, ended)));
        let shipped = all.filter(|(_, _, ended)| ended.said.contains("ship=true"));
        shipped.map(|(job, of, _)| if of.is_empty() { job } else { of.as_str() }).collect()
    }

    /// Demands that all went well, and that these were shipped.
    pub(super) fn is_good(&self, shipped: &[&str]) {
        for job in ["test", "boardctl", "migrate", "ship"] {
            assert_eq!(self.result(job), "success", "{job}: {}", self.said());
        }
        assert_eq!(self.result("mend"), "skipped");
        assert_eq!(self.shipped(), shipped.iter().copied().collect(), "{}", self.said());
    }

    pub(super) fn said(&self) -> String {
        let all = self.0.iter().flat_map(|(job, all)| all.iter().map(move |(of, ended)| (job, of, ended)));
        all.map(|(job, of, ended)| format!("\n=== {job} {of}: {}\n{}", ended.result, ended.said)).collect()
    }
}

fn worst(all: &BTreeMap<String, Ended>) -> &'static str {
    let has = |result: &str| all.values().any(|ended| ended.result == result);
    ["failure", "cancelled", "success"].into_iter().find(|result| has(result)).unwrap_or("skipped")
}

async fn graph(world: Arc<World>, mut waiting: BTreeMap<String, Job>, names: Value, control: Control) -> Report {
    let mut ended: BTreeMap<String, BTreeMap<String, Ended>> = BTreeMap::new();
    let mut at_work = JoinSet::new();
    loop {
        let can = |job: &Job| job.needs().iter().all(|need| ended.contains_key(*need));
        let next = waiting.iter().find(|(_, job)| can(job)).map(|(name, _)| name.clone());
        if let Some((name, job)) = next.and_then(|name| waiting.remove_entry(&name)) {
            let context = context(&job, &ended, &names, *control.cancelled.borrow());
            if context.holds(job.condition.as_deref()) {
                at_work.spawn(instances(Arc::clone(&world), name, job, context, control.clone()));
            } else {
                ended.insert(name, BTreeMap::new());
            }
            continue;
        }
        match at_work.join_next().await {
            Some(done) => {
                let (name, all) = done.expect("a job");
                ended.insert(name, all);
            }
            None => break Report(ended),
        }
    }
}

fn context(job: &Job, ended: &BTreeMap<String, BTreeMap<String, Ended>>, names: &Value, cancelled: bool) -> Context {
    let needs = job.needs().into_iter().map(|need| {
        let outputs: Map<String, Value> = ended[need]
            .values()
            .flat_map(|ended| ended.outputs.iter().map(|(name, value)| (name.clone(), json!(value))))
            .collect();
        (need.to_owned(), json!({ "result": worst(&ended[need]), "outputs": outputs }))
    });
    let needs: Map<String, Value> = needs.collect();
    let success = needs.values().all(|need| need["result"] == "success");
    let mut names = names.clone();
    names["needs"] = json!(needs);
    Context { names, success, cancelled }
}

/// One for each value of its matrix, at once.
async fn instances(
    world: Arc<World>,
    name: String,
    job: Job,
    context: Context,
    control: Control,
) -> (String, BTreeMap<String, Ended>) {
    if let Some(uses) = &job.uses {
        let called: Value = read(&world.origin().join(uses.trim_start_matches("./")));
        assert!(called["on"].get("workflow_call").is_some(), "{uses} cannot be called");
        let is_good = world.is_good.load(std::sync::atomic::Ordering::Relaxed);
        let result = if is_good { "success" } else { "failure" };
        return (name, BTreeMap::from([(String::new(), Ended::new(result))]));
    }
    let mut all: Vec<(String, Value)> = vec![(String::new(), Value::Null)];
    if let Some(strategy) = &job.strategy {
        assert!(!strategy.fail_fast, "{name} lets one function's failure end another's deploy");
        let (key, values) = strategy.matrix.first_key_value().expect("a matrix");
        let values = context.fill(values);
        let values = values.as_array().expect("a list").iter().map(|value| value.as_str().expect("a text"));
        all = values.map(|value| (value.to_owned(), json!({ key: value }))).collect();
    }
    let job = Arc::new(job);
    let mut at_work = JoinSet::new();
    for (of, matrix) in all {
        let (world, job, control) = (Arc::clone(&world), Arc::clone(&job), control.clone());
        let mut context = context.clone();
        context.names["matrix"] = matrix;
        at_work.spawn(async move { (of, instance(world, &job, context, &control).await) });
    }
    (name, at_work.join_all().await.into_iter().collect())
}

async fn instance(world: Arc<World>, job: &Job, context: Context, control: &Control) -> Ended {
    let cancel = Cancel::default();
    control.jobs.lock().expect("nobody panics under it").push(Arc::clone(&cancel));
    let mut group = job.concurrency.clone();
    if let Some(group) = &mut group {
        group.group = context.text(&group.group);
    }
    let Some(_turn) = world.groups.enter(group.as_ref(), &cancel).await else { return Ended::new("cancelled") };
    let environment = job.environment.as_ref().map(|text| context.text(text));
    let commit = context.text("${{ github.sha }}");
    let mut work = Work::new(Arc::clone(&world), &commit, environment.as_deref(), cancel);
    work.tell("GITHUB_RUN_ATTEMPT", context.text("${{ github.run_attempt }}"));
    work.done(&job.steps, context.names, &job.outputs).await
}
