//! A connection string, as libpq reads it: an address, or words such as `host=… dbname=…`. Whatever is not done here is
//! refused by its name, and no value is ever shown.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use crate::config::parameter;
use crate::tls::Verification;

/// Where PostgreSQL listens, if nothing else is said.
const POSTGRES: u16 = 5432;

const BAD_PORT: &str = "has a bad port, or a password whose special characters are not percent-encoded";

/// What functions say themselves, on each connection.
const OURS: [&str; 7] = [
    "application_name",
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
];

/// One of the servers that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The name that a certificate is held to; a path is a socket of this machine.
    pub(super) host: Arc<str>,
    /// Its address, where a name need not be looked up.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Place {
    /// Whether it is a socket of this machine.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }
}

/// Who may vouch for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Whoever vouches for the web.
    Web,
    /// Those in this file.
    File(String),
}

/// A connection string, understood.
pub(super) struct Address {
    /// Without hosts.
    pub(super) config: Config,
    /// In the order in which they are asked.
    pub(super) places: Vec<Place>,
    pub(super) verification: Verification,
    /// Where it is said.
    pub(super) root: Option<Root>,
    /// What it asks for in vain, since functions say it themselves.
    pub(super) unused: Vec<&'static str>,
}

type Pairs = Vec<(String, String)>;

impl Address {
    /// # Errors
    /// What is wrong with it, in words that follow on its setting's name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let pairs = match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) => of_address(rest.trim_end())?,
            Some(_) if !text.contains(' ') => return Err("has an unknown scheme".to_owned()),
            None if !text.contains('=') => return Err("has no scheme".to_owned()),
            _ => of_words(text)?,
        };
        let mut named = BTreeSet::new();
        if let Some((twice, _)) = pairs.iter().find(|(name, _)| !named.insert(name.as_str())) {
            return Err(format!("has {} that is given twice", parameter(twice)));
        }
        Self::of(&pairs)
    }

    fn of(pairs: &Pairs) -> Result<Self, String> {
        let of = |name: &str| pairs.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
        let (ssl, verification) = match (of("sslmode"), of("sslrootcert")) {
            (Some("disable"), None) => (SslMode::Disable, Verification::None),
            (Some("require"), None) => (SslMode::Require, Verification::None),
            (None | Some("verify-full"), _) => (SslMode::Require, Verification::Full),
            (Some("disable" | "require"), Some(_)) => {
                return Err("has an sslrootcert, at which only sslmode=verify-full looks".to_owned());
            }
            _ => return Err("has an sslmode other than disable, require and verify-full".to_owned()),
        };
        let root = of("sslrootcert").map(|root| match root {
            "system" => Root::Web,
            path => Root::File(path.to_owned()),
        });
        let mut config = Config::new();
        config.ssl_mode(ssl);
        let mut unused = Vec::new();
        for (name, value) in pairs {
            match name.as_str() {
                "user" => drop(config.user(value)),
                "password" => drop(config.password(value)),
                "dbname" => drop(config.dbname(value)),
                "options" => drop(config.options(value)),
                "target_session_attrs" => drop(config.target_session_attrs(match value.as_str() {
                    "any" => TargetSessionAttrs::Any,
                    "read-write" => TargetSessionAttrs::ReadWrite,
                    _ => return Err("has a target_session_attrs other than any and read-write".to_owned()),
                })),
                "channel_binding" => drop(config.channel_binding(match value.as_str() {
                    "disable" => ChannelBinding::Disable,
                    "prefer" => ChannelBinding::Prefer,
                    "require" => ChannelBinding::Require,
                    _ => return Err("has a channel_binding other than disable, prefer and require".to_owned()),
                })),
                "host" | "hostaddr" | "port" | "sslmode" | "sslrootcert" => {}
                name => match OURS.into_iter().find(|ours| *ours == name) {
                    Some(ours) => unused.push(ours),
                    None => return Err(format!("has {} that is not supported", parameter(name))),
                },
            }
        }
        let places = places(of("host"), of("hostaddr"), of("port"))?;
        Ok(Self { config, places, verification, root, unused })
    }
}

/// As lists that go together; one port is that of all.
fn places(hosts: Option<&str>, addresses: Option<&str>, ports: Option<&str>) -> Result<Vec<Place>, String> {
    let list = |text: Option<&str>| -> Vec<String> {
        text.map(|text| text.split(',').map(|item| item.trim().to_owned()).collect()).unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list(hosts), list(addresses), list(ports));
    let many = hosts.len().max(addresses.len());
    if many == 0 {
        return Err("has no host".to_owned());
    }
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err("has another number of hosts than of hostaddrs".to_owned());
    }
    if ports.len() > 1 && ports.len() != many {
        return Err("has another number of ports than of hosts".to_owned());
    }
    let place = |at: usize| {
        let address = addresses.get(at).filter(|text| !text.is_empty());
        let address = address.map(|text| text.parse().map_err(|_| "has a bad hostaddr".to_owned())).transpose()?;
        let host = hosts.get(at).or(addresses.get(at)).filter(|host| !host.is_empty()).ok_or("has no host")?;
        let port = ports.get(at).or(ports.first()).map_or("", String::as_str);
        let port = match port {
            "" => POSTGRES,
            text => text.parse().ok().filter(|port| *port > 0).ok_or(BAD_PORT)?,
        };
        Ok(Place { host: host.as_str().into(), address, port })
    };
    (0..many).map(place).collect()
}

/// Of `USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?NAME=VALUE&…`.
fn of_address(text: &str) -> Result<Pairs, String> {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let (authority, database) = before.split_once('/').unwrap_or((before, ""));
    let (user, servers) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let servers: Vec<(&str, &str)> = servers.split(',').map(server).collect::<Result<_, _>>()?;
    let (hosts, ports): (Vec<&str>, Vec<&str>) = servers.into_iter().unzip();
    let listed =
        |items: Vec<&str>| if items.iter().all(|item| item.is_empty()) { String::new() } else { items.join(",") };
    let (hosts, ports) = (listed(hosts), listed(ports));
    let parts = [("user", user), ("password", password), ("dbname", database), ("host", &*hosts), ("port", &*ports)]
        .into_iter();
    let parts = parts.filter(|(_, value)| !value.is_empty());
    let parameters = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
        Some(pair) => Ok(pair),
        None => Err("has a parameter without a value".to_owned()),
    });
    let decoded = |(name, value): (&str, &str)| Ok((decode(name)?, decode(value)?));
    parts.map(Ok).chain(parameters).map(|pair| pair.and_then(decoded)).collect()
}

/// A host and its port, which may be missing; an address of IPv6 stands in brackets.
fn server(text: &str) -> Result<(&str, &str), String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or("has a [ without a ]")?,
        None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
    };
    let port = if port.is_empty() { Some("") } else { port.strip_prefix(':') };
    let is_port = |port: &&str| port.bytes().all(|byte| byte.is_ascii_digit());
    Ok((host, port.filter(is_port).ok_or(BAD_PORT)?))
}

fn decode(text: &str) -> Result<String, String> {
    let whole = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(whole) {
        return Err("has a % without two hexadecimal digits behind it".to_owned());
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| "is not UTF-8 when it is decoded".to_owned())
}

/// Of `name=value name = 'a value'`, where `\` keeps what it stands before from meaning something.
fn of_words(text: &str) -> Result<Pairs, String> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("has a parameter without a value")?;
        let (value, after) = value(after.trim_start())?;
        pairs.push((name.trim().to_owned(), value));
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// The value that this begins with, and what stands behind it.
fn value(text: &str) -> Result<(String, &str), String> {
    let (text, quoted) = text.strip_prefix('\'').map_or((text, false), |rest| (rest, true));
    let (mut value, mut letters) = (String::new(), text.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, next)| next)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            space if !quoted && space.is_ascii_whitespace() => return Ok((value, &text[at..])),
            letter => value.push(letter),
        }
    }
    if quoted { Err("has a ' without another one".to_owned()) } else { Ok((value, "")) }
}

#[cfg(test)]
mod tests;
