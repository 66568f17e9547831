//! Addresses, as Resend takes them: `email@example.com` or `Name <email@example.com>`.

/// One sender or recipient.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mailbox {
    /// As it was written.
    pub(crate) written: String,
    address: String,
}

impl Mailbox {
    /// Reads a mailbox; none when it has neither of the two forms.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let address = match written.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
            Some((name, address)) if is_name(name) => address,
            Some(_) => return None,
            None => written,
        };
        is_address(address).then(|| Self { written: written.to_owned(), address: address.to_owned() })
    }

    /// Whether this is the mailbox of that address. Upper and lower case do not count: no provider of today
    /// tells them apart, and a person who looks for a mail should find it.
    pub(crate) fn is(&self, address: &str) -> bool {
        self.address.eq_ignore_ascii_case(address)
    }

    /// The part before the `@`, without a `+label`, if the address is one of Resend's test addresses.
    pub(crate) fn test_name(&self) -> Option<&str> {
        let (local, domain) = self.address.split_once('@')?;
        let name = local.split_once('+').map_or(local, |(name, _)| name);
        domain.eq_ignore_ascii_case("resend.dev").then_some(name)
    }
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(|c: char| c.is_control() || c == '<' || c == '>')
}

/// Whether this is a bare address: the dot-atom form of RFC 5322 with a dotted host name, which is all that
/// Resend delivers to; lengths are those of RFC 5321.
pub(crate) fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    address.len() <= 254 && is_local(local) && is_domain(domain)
}

fn is_local(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    local.len() <= 64 && local.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for good in ["a@b.test", "Ada <a@b.test>", "Ada Lovelace <a.b+c@d-e.f.test>", "Zoë <z@b.test>"] {
            assert!(Mailbox::parse(good).is_some(), "{good}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@b.test", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b.test",
            "a@b",
            "a b@c.test",
            "a@b.test,c@d.test",
            "a@-b.test",
            "a..b@c.test",
            "<a@b.test>",
            "Ada <a@b.test",
            "Ada a@b.test>",
            "Ada <<a@b.test>",
            "A\n <a@b.test>",
            "a@b..test",
            "a@b@c.test",
            " a@b.test",
            "ä@b.test",
            &long,
        ] {
            assert_eq!(Mailbox::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mailbox_is_found_by_its_address_in_any_case() {
        let mailbox = Mailbox::parse("Ada <Ada@Example.test>").expect("a good mailbox");
        assert!(mailbox.is("ada@example.test"));
        assert!(!mailbox.is("Ada"));
    }

    #[test]
    fn test_addresses_may_carry_a_label() {
        let name = |written| Mailbox::parse(written).and_then(|it| it.test_name().map(str::to_owned));
        assert_eq!(name("bounced+signup@resend.dev").as_deref(), Some("bounced"));
        assert_eq!(name("bounced@example.test"), None);
    }
}
