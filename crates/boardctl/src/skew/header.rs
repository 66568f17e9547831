//! What a migration says of itself to whoever reads it, and to us.

/// Of the first line, if it is a contract: since which commit nobody needs what it takes.
const CONTRACT: (&str, &str) = ("-- Contract: needs every function at ", " or later.");
/// A line that names a new rule which older code keeps, and says why.
const KEPT: &str = "-- Kept by older functions: ";

/// The commit that every function has to be at, at least.
pub(super) fn contract(migration: &str) -> Option<&str> {
    let (begin, end) = CONTRACT;
    migration.lines().next()?.trim_end().strip_prefix(begin)?.strip_suffix(end)
}

/// The rules that it says are kept, such as `jobs.pay_is_whole`. One without a reason is not said.
pub(super) fn kept(migration: &str) -> Vec<String> {
    let said = migration.lines().filter_map(|line| line.strip_prefix(KEPT)?.split_once(", since "));
    said.filter(|(_, why)| !why.trim().is_empty()).map(|(rule, _)| rule.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_told_by_its_first_line_alone() {
        let text = "-- Contract: needs every function at 0123abc or later.\nDROP TABLE x;";
        assert_eq!(contract(text), Some("0123abc"));
        assert_eq!(contract(&format!("-- Expand: x.\n{text}")), None);
        assert_eq!(contract("-- Contract: needs nothing.\n"), None);
    }

    #[test]
    fn what_is_kept_has_a_reason() {
        let text = "-- Expand: x.\n-- Kept by older functions: jobs.short, since `api` refuses more.\n\
                    -- Kept by older functions: jobs.long\n-- Kept by older functions: jobs.odd, since \n";
        assert_eq!(kept(text), ["jobs.short"]);
    }
}
