//! The README's commands, run by a shell as they stand. What is not here is stood in for, and asks the test.

use std::collections::BTreeMap;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const README: &str = include_str!("../../../../README.md");

/// `ask WHAT ABOUT` asks the test, and waits until it has answered. `stage APP NAME=VALUE…` keeps secrets for it.
const ASKING: &str = r#"
set -euo pipefail
ask() { echo "@$*"; read -r _; }
stage() {
    local app="$1" pair
    shift
    for pair in "$@"; do printf %s "${pair#*=}" >"$STAGED/$app.${pair%%=*}"; done
}
"#;

/// One of a guide's blocks, in parts: a title (`add`, `use`, …) and its commands.
#[derive(Clone)]
pub(super) struct Block(pub(super) Vec<(String, String)>);

/// The blocks of the guide of this title, in order, as far as they are in parts.
pub(super) fn blocks(title: &str) -> Vec<Block> {
    let (_, guide) = README.split_once(&format!("**{title}.**")).expect("the guide");
    let guide = guide.split("\n**").next().expect("its text");
    guide.split("```\n").skip(1).step_by(2).filter_map(Block::parse).collect()
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let parts = text.strip_prefix("# ")?.split("\n# ");
        let part = |part: &str| {
            let (title, commands) = part.split_once('\n').expect("commands");
            (title.to_owned(), commands.to_owned())
        };
        Some(Self(parts.map(part).collect()))
    }

    /// As a script that tells of each part before it begins.
    fn script(&self, stand_ins: &str) -> String {
        let parts = self.0.iter().map(|(title, commands)| format!("ask 'part {title}'\n{commands}\n"));
        std::iter::once(format!("{ASKING}{stand_ins}")).chain(parts).collect()
    }
}

/// What a script waits for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Of what kind it is. `part` is that the part of a title may begin.
    pub(super) what: String,
    /// And of what.
    pub(super) about: String,
}

/// A block at work.
pub(super) struct Script {
    child: Child,
    replies: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    staged: tempfile::TempDir,
    /// What it said besides.
    pub(super) said: Vec<String>,
}

impl Script {
    /// Starts it by this command, which has its folder and environment.
    pub(super) fn start(block: &Block, stand_ins: &str, mut bash: Command) -> Self {
        let staged = tempfile::tempdir().expect("a folder");
        bash.arg("-c").arg(block.script(stand_ins)).env("STAGED", staged.path()).kill_on_drop(true);
        let mut child = bash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash");
        let replies = child.stdin.take().expect("piped");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, replies, lines, staged, said: Vec::new() }
    }

    /// What it waits for; `None` when it has ended well.
    pub(super) async fn next(&mut self) -> Option<Asked> {
        while let Some(line) = self.lines.next_line().await.expect("its output") {
            if let Some((what, about)) = line.strip_prefix('@').and_then(|asked| asked.split_once(' ')) {
                return Some(Asked { what: what.to_owned(), about: about.to_owned() });
            }
            self.said.push(line);
        }
        let ended = self.child.wait().await.expect("it ends");
        assert!(ended.success(), "the guide's commands: {ended}\n{}", self.said.join("\n"));
        None
    }

    /// The secrets that were staged for an app since this was last asked.
    pub(super) fn staged(&self, app: &str) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(self.staged.path()).expect("the folder").map(|file| file.expect("a file"));
        let own = format!("{app}.");
        let names = files.filter_map(|file| file.file_name().to_str()?.strip_prefix(&own).map(str::to_owned));
        let taken = names.map(|name| {
            let file = self.staged.path().join(format!("{own}{name}"));
            let value = std::fs::read_to_string(&file).expect("a text");
            std::fs::remove_file(file).expect("removed");
            (name, value)
        });
        taken.collect()
    }

    /// Lets it go on.
    pub(super) async fn go_on(&mut self) {
        self.replies.write_all(b"\n").await.expect("it waits");
    }
}
