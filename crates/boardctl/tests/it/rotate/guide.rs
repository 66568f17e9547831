//! The README's commands, run by a shell as they stand: `openssl`, `psql` and `redis-cli` are the real ones, `fly` notes
//! the secrets that it is given, and `boardctl` has the test deploy.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use testbed::board::Part;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const README: &str = include_str!("../../../../../README.md");
const TITLE: &str = "**Rotate a secret.**";

/// Stands in for what is not here. What is asked of the test begins with an `@`, and waits for a line.
const STAND_INS: &str = r#"
ask() { echo "@$*"; read -r _; }
boardctl() { [ "$1 $3" = "deploy --image" ] && [ -n "$4" ] && ask "deploy $2"; }
fly() {
    [ "$1 $2 $3 $4" = "secrets set --stage --app" ]
    local app="$5" pair
    shift 5
    for pair in "$@"; do printf %s "${pair#*=}" >"$STAGED/$app.${pair%%=*}"; done
}
"#;

/// One of the guide's blocks, in parts: a title (`add`, `use`, …) and its commands.
#[derive(Clone)]
pub(super) struct Block(Vec<(String, String)>);

/// The blocks of the guide, in order: keys, the database, Redis and Resend.
pub(super) fn blocks() -> [Block; 3] {
    let (_, guide) = README.split_once(TITLE).expect("the guide");
    let guide = guide.split("\n**").next().expect("its text");
    let blocks: Vec<Block> = guide.split("```\n").skip(1).step_by(2).map(Block::parse).collect();
    blocks.try_into().unwrap_or_else(|_| panic!("three blocks"))
}

impl Block {
    fn parse(text: &str) -> Self {
        let parts = text.strip_prefix("# ").expect("a part's title").split("\n# ");
        Self(parts.map(|part| part.split_once('\n').expect("commands")).map(owned).collect())
    }

    /// Everything at once, and deployed once, at the end. Without the keys of links: no mail would come any more.
    pub(super) fn in_one_step(self) -> Self {
        let last = self.0.len() - 1;
        let parts = self.0.into_iter().enumerate();
        let once = parts.map(|(number, (title, commands))| {
            let kept = commands.lines().filter(|line| number == last || !line.starts_with("boardctl deploy"));
            (title, kept.map(without_links).collect::<Vec<_>>().join("\n"))
        });
        Self(once.collect())
    }

    /// As a script that tells of each part before it begins.
    fn script(&self) -> String {
        let parts = self.0.iter().map(|(title, commands)| format!("ask 'part {title}'\n{commands}\n"));
        std::iter::once(format!("set -euo pipefail\n{STAND_INS}")).chain(parts).collect()
    }
}

fn without_links(line: &str) -> String {
    line.split(' ').filter(|word| !word.starts_with("SIGN_IN_KEYS=")).collect::<Vec<_>>().join(" ")
}

fn owned((title, commands): (&str, &str)) -> (String, String) {
    (title.to_owned(), commands.to_owned())
}

/// What a script waits for.
#[derive(Debug)]
pub(super) enum Asked {
    /// A deploy, with these secrets since the last one.
    Deploy(Part, BTreeMap<String, String>),
    /// That the part of this title may begin.
    Part(String),
}

/// A block at work.
pub(super) struct Script {
    child: Child,
    replies: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    staged: tempfile::TempDir,
}

impl Script {
    /// Starts it, where these variables are set.
    pub(super) fn start(block: &Block, variables: &[(&str, String)]) -> Self {
        let staged = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("bash");
        command.arg("-c").arg(block.script()).env("STAGED", staged.path()).kill_on_drop(true);
        command.envs(["API", "APPLICATIONS", "EMAIL_WORKER"].map(|image| (image, "the image that runs")));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash");
        let replies = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, replies, lines, staged }
    }

    /// What it waits for; `None` when it has ended well.
    pub(super) async fn next(&mut self) -> Option<Asked> {
        while let Some(line) = self.lines.next_line().await.expect("its output") {
            if let Some((what, about)) = line.strip_prefix('@').and_then(|asked| asked.split_once(' ')) {
                return Some(self.asked(what, about));
            }
            // `psql` counts what it lists.
            assert!(
                !line.ends_with("row)") && !line.ends_with("rows)") || line == "(0 rows)",
                "somebody is left: {line}"
            );
        }
        let ended = self.child.wait().await.expect("it ends");
        assert!(ended.success(), "the guide's commands: {ended}");
        None
    }

    fn asked(&self, what: &str, about: &str) -> Asked {
        match what {
            "deploy" => {
                let part = Part::named(about).expect("a function");
                Asked::Deploy(part, take(self.staged.path(), &format!("board-{about}.")))
            }
            _ => Asked::Part(about.to_owned()),
        }
    }

    /// Lets it go on.
    pub(super) async fn go_on(&mut self) {
        self.replies.write_all(b"\n").await.expect("it waits");
    }
}

/// The secrets that were noted for an app.
fn take(staged: &Path, app: &str) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(staged).expect("the folder").map(|file| file.expect("a file"));
    let names = files.filter_map(|file| file.file_name().to_str()?.strip_prefix(app).map(str::to_owned));
    let taken = names.map(|name| {
        let file = staged.join(format!("{app}{name}"));
        let value = std::fs::read_to_string(&file).expect("a text");
        std::fs::remove_file(file).expect("removed");
        (name, value)
    });
    taken.collect()
}
