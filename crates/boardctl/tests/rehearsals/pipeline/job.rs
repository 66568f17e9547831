//! The steps of one job, one after the other, in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::expression::{Context, words};
use super::groups::Cancel;
use super::process;
use super::workflow::{Action, Step, read};
use super::world::{World, git};

/// How it ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// `success`, `failure` or `cancelled`.
    pub(super) result: &'static str,
    pub(super) outputs: BTreeMap<String, String>,
    /// All that its steps said.
    pub(super) said: String,
    pub(super) summary: String,
}

impl Ended {
    /// Without having done anything.
    pub(super) fn new(result: &'static str) -> Self {
        Self { result, outputs: BTreeMap::new(), said: String::new(), summary: String::new() }
    }
}

/// One job at work.
pub(super) struct Work {
    world: Arc<World>,
    place: PathBuf,
    commit: String,
    environment: BTreeMap<String, String>,
    cancel: Cancel,
    said: String,
    scripts: usize,
    /// What was not in the cache and comes there when all went well.
    to_keep: Vec<(PathBuf, PathBuf)>,
}

impl Work {
    pub(super) fn new(world: Arc<World>, commit: &str, environment: Option<&str>, cancel: Cancel) -> Self {
        let place = world.place();
        let mut own = world.environment(environment);
        own.insert("GITHUB_STEP_SUMMARY".to_owned(), place.join("summary").display().to_string());
        let (said, to_keep) = (String::new(), Vec::new());
        Self { world, place, commit: commit.to_owned(), environment: own, cancel, said, scripts: 0, to_keep }
    }

    /// Its steps find this in their environment, too.
    pub(super) fn tell(&mut self, name: &str, value: String) {
        self.environment.insert(name.to_owned(), value);
    }

    /// Takes its steps; its outputs are read at the end.
    pub(super) async fn done(mut self, steps: &[Step], names: Value, outputs: &BTreeMap<String, String>) -> Ended {
        let mut context = Context { names, success: true, cancelled: false };
        self.steps(steps, &mut context).await;
        let result = match (context.cancelled, context.success) {
            (true, _) => "cancelled",
            (false, true) => "success",
            (false, false) => "failure",
        };
        if result == "success" {
            for (from, to) in &self.to_keep {
                std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
                std::fs::copy(from, to).expect("kept");
            }
        }
        let outputs = outputs.iter().map(|(name, text)| (name.clone(), context.text(text))).collect();
        let summary = std::fs::read_to_string(self.place.join("summary")).unwrap_or_default();
        Ended { result, outputs, said: self.said, summary }
    }

    async fn steps(&mut self, steps: &[Step], context: &mut Context) {
        context.names["steps"] = json!({});
        for step in steps {
            context.cancelled = *self.cancel.borrow();
            if !context.holds(step.condition.as_deref()) {
                continue;
            }
            let (success, outputs) = self.step(step, context).await;
            context.cancelled = *self.cancel.borrow();
            context.success &= success;
            if let Some(id) = &step.id {
                context.names["steps"][id] = json!({ "outputs": outputs });
            }
        }
    }

    async fn step(&mut self, step: &Step, context: &Context) -> (bool, Map<String, Value>) {
        let with: BTreeMap<String, String> =
            step.with.iter().map(|(name, value)| (name.clone(), context.text(&words(value)))).collect();
        match (&step.uses, &step.run) {
            (Some(uses), None) => (Box::pin(self.action(uses, with, context)).await, Map::new()),
            (None, Some(run)) => self.script(&context.text(run), &step.env, context).await,
            _ => panic!("{step:?} is neither"),
        }
    }

    async fn script(
        &mut self,
        text: &str,
        env: &BTreeMap<String, String>,
        context: &Context,
    ) -> (bool, Map<String, Value>) {
        self.scripts += 1;
        let file = |kind: &str| self.place.join(format!("{}.{kind}", self.scripts));
        let (script, output) = (file("sh"), file("output"));
        std::fs::write(&script, text).expect("written");
        let mut all = self.environment.clone();
        all.insert("GITHUB_OUTPUT".to_owned(), output.display().to_string());
        all.extend(env.iter().map(|(name, value)| (name.clone(), context.text(value))));
        // At a step that asks to run when it was cancelled nobody cancels anything more.
        let cancel = if context.cancelled { Arc::default() } else { Arc::clone(&self.cancel) };
        let ended = process::run(&script, &self.tree(), &all, cancel.subscribe()).await;
        self.said.push_str(&format!("$ {text}\n{}\n", ended.said));
        let told = std::fs::read_to_string(output).unwrap_or_default();
        let outputs = told.lines().filter_map(|line| line.split_once('='));
        (ended.success, outputs.map(|(name, value)| (name.to_owned(), json!(value))).collect())
    }

    fn tree(&self) -> PathBuf {
        let tree = self.place.join("tree");
        std::fs::create_dir_all(&tree).expect("made");
        tree
    }

    async fn action(&mut self, uses: &str, with: BTreeMap<String, String>, context: &Context) -> bool {
        if let Some(own) = uses.strip_prefix("./") {
            return self.composite(&self.tree().join(own), with, context).await;
        }
        let given = |name: &str| with.get(name).map(String::as_str).unwrap_or_default();
        match uses.split('@').next().unwrap_or_default() {
            "actions/checkout" => self.check_out(given("fetch-depth") == "0"),
            "actions/cache" => self.cache(given("path"), given("key")),
            "actions/cache/restore" => self.restore(given("path"), given("key"), given("restore-keys")),
            "anchore/sbom-action" => {
                let file = self.tree().join(given("output-file"));
                assert!(given("image").starts_with("registry:registry.fly.io/"), "{with:?}");
                std::fs::write(file, "{}").expect("it makes no folder either");
            }
            "actions/attest" => {
                let path = given("sbom-path");
                assert!(path.is_empty() || self.tree().join(path).is_file(), "{path} is not there");
                self.world.attested.lock().expect("nobody panics under it").push(with);
            }
            _ => panic!("{uses} is not known here"),
        }
        true
    }

    async fn composite(&mut self, folder: &Path, with: BTreeMap<String, String>, context: &Context) -> bool {
        let action: Action = read(&folder.join("action.yml"));
        for name in with.keys() {
            assert!(action.inputs.contains_key(name), "{} knows no {name}", folder.display());
        }
        let inputs = action.inputs.iter().map(|(name, input)| {
            let given = with.get(name).filter(|value| !value.is_empty());
            assert!(given.is_some() || !input.required, "{} wants {name}", folder.display());
            (name.as_str(), given.or(input.default.as_ref()).map(String::as_str).unwrap_or_default())
        });
        let inputs: BTreeMap<&str, &str> = inputs.collect();
        let names = json!({ "github": context.names["github"], "inputs": inputs });
        let mut own = Context { names, success: true, cancelled: context.cancelled };
        self.steps(&action.runs.steps, &mut own).await;
        own.success && !own.cancelled
    }

    /// Without a depth the one commit alone, and no other of its history. Objects stay where they are.
    fn check_out(&self, whole: bool) {
        let (tree, origin) = (self.tree(), self.world.origin());
        git(&tree, &["init", "--quiet", "--template="]);
        let own = tree.join(".git");
        std::fs::create_dir_all(own.join("objects/info")).expect("made");
        let objects = origin.join(".git/objects").display().to_string();
        std::fs::write(own.join("objects/info/alternates"), objects).expect("written");
        if whole {
            git(&tree, &["fetch", "--quiet", &origin.display().to_string(), "+refs/heads/*:refs/remotes/origin/*"]);
        } else {
            std::fs::write(own.join("shallow"), format!("{}\n", self.commit)).expect("written");
        }
        git(&tree, &["checkout", "--quiet", "--detach", &self.commit]);
    }

    /// What is there is taken; what is not is kept when all has gone well.
    fn cache(&mut self, path: &str, key: &str) {
        self.restore(path, key, key);
        let (here, there) = (self.tree().join(path), self.world.cached(key));
        if !there.is_file() {
            self.to_keep.push((here, there));
        }
    }

    /// Takes what has this key, or else what begins so.
    fn restore(&self, path: &str, key: &str, prefix: &str) {
        let kept = std::fs::read_dir(self.world.cached("")).into_iter().flatten();
        let kept = kept.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let fits = |name: &String| name == key || name.starts_with(prefix);
        if let Some(name) = kept.filter(fits).max_by_key(|name| name == key) {
            let here = self.tree().join(path);
            std::fs::create_dir_all(here.parent().expect("a folder")).expect("made");
            std::fs::hard_link(self.world.cached(&name), here).expect("restored");
        }
    }
}
