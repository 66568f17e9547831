//! What a step takes from code that was written before it: two readings of the catalog, side by side.
//!
//! Whether a new rule is one that older code keeps anyway, nobody can read from it. So each new rule about what was there
//! before counts, until its migration says that older code keeps it, and why; a list of values that only grew does not.

mod wider;

use super::catalog::Fact;
use wider::is_wider;

/// In words, everything that code of before may stand on and that is not so any more.
pub(super) fn losses(before: &[Fact], after: &[Fact], kept: &[String]) -> Vec<String> {
    let both = Both { before, after };
    let gone = before.iter().filter_map(|fact| both.gone(fact));
    let new = after.iter().filter(|fact| !kept.contains(&fact.name)).filter_map(|fact| both.demanded(fact));
    gone.chain(new).collect()
}

struct Both<'a> {
    before: &'a [Fact],
    after: &'a [Fact],
}

impl Both<'_> {
    /// Of a fact of before: what is not so any more.
    fn gone(&self, fact: &Fact) -> Option<String> {
        let Fact { kind, name, .. } = fact;
        let now = same(self.after, fact);
        let is_there = |kind: &str, name: &str| self.after.iter().any(|it| it.kind == kind && it.name == name);
        // Told once: of a table, not of each of its columns.
        if kind != "relation" && !fact.relation.is_empty() && !is_there("relation", &fact.relation) {
            return None;
        }
        match (kind.as_str(), now) {
            ("relation" | "column" | "routine", None) => Some(format!("the {kind} {name} is gone")),
            ("relation" | "column" | "routine", Some(now)) if now.says != fact.says => {
                Some(format!("the {kind} {name} was {} and is {}", fact.says, now.says))
            }
            ("column", Some(now)) if now.never_empty && !fact.never_empty => Some(format!("{name} is never empty now")),
            ("column", Some(now)) if fact.filled_in && !now.filled_in => {
                Some(format!("{name} has no default any more"))
            }
            ("right", None) => {
                let has_them = |column: &String| is_there("column", &format!("{}.{column}", fact.relation));
                fact.columns.iter().all(has_them).then(|| name.clone())
            }
            ("policy", None) => Some(format!("the policy {name} is gone")),
            ("policy", Some(now)) if now.columns != fact.columns || !is_wider(&fact.says, &now.says) => {
                Some(format!("the policy {name} lets through another set of rows"))
            }
            _ => None,
        }
    }

    /// Of a fact of after: what it demands of code that does not know it.
    fn demanded(&self, fact: &Fact) -> Option<String> {
        let Fact { kind, name, relation, .. } = fact;
        let was_there = self.before.iter().any(|it| it.kind == "relation" && &it.name == relation);
        let was = same(self.before, fact);
        if !was_there || was.is_some_and(|was| was.says == fact.says) {
            return None;
        }
        match kind.as_str() {
            "column" if was.is_none() && fact.never_empty && !fact.filled_in => {
                Some(format!("the new column {name} is never empty and has no default"))
            }
            "constraint" | "unique index" if !self.is_all_new(fact) && !self.replaces(fact) => {
                Some(format!("the {kind} {name} is new: older code may write what it refuses"))
            }
            "reference" => Some(format!("the reference {name} is new: older code deletes from {relation}")),
            "trigger" | "restriction" => Some(format!("the {kind} {name} is new")),
            "row security" => Some(format!("of {name} nobody sees a row but by a policy")),
            _ => None,
        }
    }

    /// Whether it is about columns alone that came with it: older code writes none of them.
    fn is_all_new(&self, fact: &Fact) -> bool {
        let was_there = |column: &String| {
            let name = format!("{}.{column}", fact.relation);
            self.before.iter().any(|it| it.kind == "column" && it.name == name)
        };
        !fact.columns.is_empty() && !fact.columns.iter().any(was_there)
    }

    /// Whether it says no more than one of before, whatever that was called.
    fn replaces(&self, fact: &Fact) -> bool {
        let mut olds = self.before.iter().filter(|it| it.kind == fact.kind && it.relation == fact.relation);
        olds.any(|old| is_wider(&old.says, &fact.says))
    }
}

fn same<'a>(facts: &'a [Fact], fact: &Fact) -> Option<&'a Fact> {
    facts.iter().find(|it| it.kind == fact.kind && it.name == fact.name)
}

#[cfg(test)]
mod tests;
