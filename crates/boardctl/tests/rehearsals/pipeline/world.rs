//! What the pipeline works with: a repository, Fly's stand-in, a registry, and what a runner has on its PATH.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use deploy::rules::Fleet;
use fly_stand_in::Settings;
use fly_stand_in::site::{Options, Site};
use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::board::{Part, app};
use testbed::process::Process;

use super::super::rig::root;
use super::groups::Groups;

const READY: Duration = Duration::from_secs(30);

/// All that the pipeline ships.
pub(super) fn functions() -> Vec<&'static str> {
    shipped().into_iter().chain(["migrate"]).collect()
}

/// Those of them that stay.
pub(super) fn shipped() -> Vec<&'static str> {
    Part::functions().into_iter().map(Part::name).collect()
}

/// All of it. Dropping it ends it.
pub(super) struct World {
    folder: TempDir,
    pub(super) site: Site,
    pub(super) groups: Groups,
    /// Whether the tests of a push are good.
    pub(super) is_good: AtomicBool,
    /// What was attested, by the inputs of that step.
    pub(super) attested: Mutex<Vec<BTreeMap<String, String>>>,
    environment: BTreeMap<String, String>,
    jobs: AtomicU64,
    /// It ends with the world.
    _registry: Process,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (registry, registry_url) = registry(folder.path()).await;
        let settings = Settings { autostop: Duration::from_secs(1_000_000), ..Settings::default() };
        let apps = functions().into_iter().map(app);
        let options = Options::new(apps).scale(0.1).settings(settings);
        let site = Site::start(options).await.expect("the stand-in starts");
        let environment = environment(folder.path(), &site, registry_url);
        let world = Self {
            folder,
            site,
            groups: Groups::default(),
            is_good: AtomicBool::new(true),
            attested: Mutex::default(),
            environment,
            jobs: AtomicU64::new(0),
            _registry: registry,
        };
        world.repository();
        for function in functions() {
            world.set_secrets(function).await;
        }
        world
    }

    pub(super) fn origin(&self) -> PathBuf {
        self.folder.path().join("origin")
    }

    /// An empty folder for a job.
    pub(super) fn place(&self) -> PathBuf {
        let place = self.folder.path().join(format!("job-{}", self.jobs.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&place).expect("made");
        place
    }

    /// Where what is kept under a key lies.
    pub(super) fn cached(&self, key: &str) -> PathBuf {
        self.folder.path().join("cache").join(key)
    }

    /// What a step of a job of this environment finds in its own.
    pub(super) fn environment(&self, of: Option<&str>) -> BTreeMap<String, String> {
        let mut all = self.environment.clone();
        let door = of.and_then(|function| self.site.doors().public.get(&app(function)));
        all.extend(door.map(|door| ("FLY_APP_URL".to_owned(), format!("http://{door}"))));
        all
    }

    /// The tree as it stands here, as one commit; without what no step reads, for each job checks it out.
    fn repository(&self) {
        let (from, to) = (root(), self.origin());
        let listed = git(&from, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let is_read = |file: &&str| !file.contains("/tests/") && !file.starts_with("prr/") && from.join(file).is_file();
        for file in listed.split_terminator('\0').filter(is_read) {
            std::fs::create_dir_all(to.join(file).parent().expect("a folder")).expect("made");
            std::fs::copy(from.join(file), to.join(file)).expect("copied");
        }
        git(&to, &["init", "--quiet", "--initial-branch=main"]);
        self.commit("README.md", "The board.\n");
    }

    /// A commit on main in which these files are so; its id.
    pub(super) fn commit(&self, file: &str, text: &str) -> String {
        let origin = self.origin();
        std::fs::write(origin.join(file), text).expect("written");
        git(&origin, &["add", "--all"]);
        git(&origin, &["commit", "--quiet", "--allow-empty", "--message", file]);
        git(&origin, &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// A commit after which a function's process behaves so, as the guest's environment has it.
    pub(super) fn behave(&self, function: &str, how: &str) -> String {
        let file = format!("crates/{function}/src/main.rs");
        let text = std::fs::read_to_string(self.origin().join(&file)).expect("it is there");
        let own: String =
            text.lines().filter(|line| !line.starts_with("// guest: ")).map(|it| format!("{it}\n")).collect();
        self.commit(&file, &format!("{own}// guest: {how}\n"))
    }

    async fn set_secrets(&self, function: &str) {
        let fleet = fleet();
        let values: BTreeMap<&String, &str> = fleet.apps[function].secrets.iter().map(|name| (name, "x")).collect();
        let doors = self.site.doors();
        let url = format!("{}/v1/apps/{}/secrets", doors.api, app(function));
        let sent = reqwest::Client::new().post(url).bearer_auth(&doors.token).json(&json!({ "values": values }));
        sent.send().await.expect("sent").error_for_status().expect("taken");
    }

    /// The machines of a function, each with the commit that it runs and whether requests may come to it.
    pub(super) async fn machines(&self, function: &str) -> Vec<(String, bool)> {
        let state = self.site.control().state().await.expect("it answers");
        let all = state["machines"].as_array().cloned().unwrap_or_default();
        let app = app(function);
        let own = all.into_iter().filter(|machine| machine["app"] == app.as_str() && machine["state"] != "destroyed");
        let commit =
            |machine: &Value| machine["config"]["metadata"]["ship_commit"].as_str().unwrap_or("none").to_owned();
        own.map(|machine| (commit(&machine), machine["cordoned"] != true)).collect()
    }

    /// Demands that all of a function's machines run this commit, and that requests come to them.
    pub(super) async fn runs(&self, function: &str, commit: &str) {
        let machines = self.machines(function).await;
        let many = usize::try_from(fleet().apps[function].machines).expect("a few");
        assert_eq!(machines, vec![(commit.to_owned(), true); many], "{function}");
    }
}

fn fleet() -> Fleet {
    let text = std::fs::read_to_string(root().join("fly/fleet.toml")).expect("the fleet");
    Fleet::parse(&text).expect("understood")
}

/// Debian's own, with its files in this folder.
async fn registry(folder: &Path) -> (Process, String) {
    let url = format!("http://127.0.0.1:{}", testbed::port::free_port());
    let address = url.trim_start_matches("http://");
    let data = folder.join("registry");
    let about = json!({
        "version": 0.1,
        "storage": { "filesystem": { "rootdirectory": data } },
        "http": { "addr": address },
    });
    let file = folder.join("registry.json");
    std::fs::write(&file, about.to_string()).expect("written");
    let command = Process::command("docker-registry").args(["serve".to_owned(), file.display().to_string()]);
    let process = command.start().expect("docker-registry is installed");
    process.wait_until_ok(&format!("{url}/v2/"), READY).await.expect("it answers");
    (process, url)
}

fn environment(folder: &Path, site: &Site, registry: String) -> BTreeMap<String, String> {
    let tools = folder.join("tools");
    std::fs::create_dir(&tools).expect("made");
    for (name, script) in [("docker", include_str!("docker.sh")), ("cargo", include_str!("cargo.sh"))] {
        std::fs::write(tools.join(name), script).expect("written");
        std::fs::set_permissions(tools.join(name), std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    let inherited = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
    let built = testbed::cargo::binary("boardctl").expect("built");
    let guest = testbed::cargo::example("guest").expect("built");
    let doors = site.doors();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
    let text = |path: &Path| path.display().to_string();
    let own = [
        ("PATH", path),
        ("BUILT", text(built.parent().expect("a folder"))),
        ("GUEST", text(&guest)),
        ("REGISTRY", registry.clone()),
        ("FLY_REGISTRY_URL", registry),
        ("FLY_FLAPS_BASE_URL", doors.api.clone()),
        ("FLY_API_BASE_URL", doors.api.clone()),
        ("DEPLOY_TIMES", "tenth".to_owned()),
        ("SHIP_LOCKED_S", "45".to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].into_iter().filter_map(inherited).chain(own).collect()
}

/// What git says.
pub(super) fn git(folder: &Path, what: &[&str]) -> String {
    std::fs::create_dir_all(folder).expect("made");
    let person = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").arg("-C").arg(folder).args(person).args(what).output().expect("git starts");
    assert!(output.status.success(), "git {what:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
