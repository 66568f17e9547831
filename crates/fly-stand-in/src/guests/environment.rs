//! What a machine's process is told, as Fly tells it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::fly::Told;
use crate::programs::Program;

/// The image's own environment, over it the configuration's, over that the secrets, over those Fly's own names; then each
/// address to listen at becomes the machine's; and last, what is another here.
pub(super) fn environment(program: &Program, told: &Told, address: Ipv4Addr) -> BTreeMap<String, String> {
    let mut environment = program.env.clone();
    environment.extend(texts(&told.config, "/env"));
    let secrets = told.secrets.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    environment.extend(secrets);
    environment.extend(fly(told, address));
    for name in &program.listens {
        if let Some(at) = environment.get_mut(name) {
            *at = moved(at, address);
        }
    }
    environment.extend(program.here.clone());
    environment
}

/// The configuration's command, or else the image's.
pub(super) fn arguments(program: &Program, config: &Value) -> Vec<String> {
    let cmd = config.pointer("/init/cmd").and_then(Value::as_array).filter(|words| !words.is_empty());
    let words = cmd.map(|words| words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect());
    words.unwrap_or_else(|| program.args.clone())
}

fn texts<'a>(config: &'a Value, path: &str) -> impl Iterator<Item = (String, String)> + 'a {
    let texts = config.pointer(path).and_then(Value::as_object).into_iter().flatten();
    texts.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
}

/// Fly's own names. The process group's is in the configuration's environment where flyctl made it; else in its metadata.
fn fly(told: &Told, address: Ipv4Addr) -> impl Iterator<Item = (String, String)> {
    let text = |path: &str| told.config.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let group = text("/metadata/fly_process_group").or_else(|| text("/env/FLY_PROCESS_GROUP"));
    let memory = told.config.pointer("/guest/memory_mb").and_then(Value::as_u64).unwrap_or(256);
    let named = [
        ("FLY_APP_NAME", told.app.clone()),
        ("FLY_MACHINE_ID", told.id.clone()),
        ("FLY_ALLOC_ID", told.id.clone()),
        ("FLY_MACHINE_VERSION", told.instance.clone()),
        ("FLY_REGION", told.region.clone()),
        ("FLY_IMAGE_REF", text("/image").unwrap_or_default()),
        ("FLY_PRIVATE_IP", address.to_string()),
        ("FLY_PROCESS_GROUP", group.unwrap_or_else(|| "app".to_owned())),
        ("FLY_VM_MEMORY_MB", memory.to_string()),
    ];
    named.into_iter().map(|(name, value)| (name.to_owned(), value))
}

/// The same port at the machine's own address. What is no address to listen at stays as it is.
fn moved(at: &str, address: Ipv4Addr) -> String {
    let whole = if at.starts_with(':') { format!("0.0.0.0{at}") } else { at.to_owned() };
    match whole.parse::<SocketAddr>() {
        Ok(given) => SocketAddr::new(IpAddr::V4(address), given.port()).to_string(),
        Err(_) => at.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 101, 2, 3);

    fn told(config: Value) -> Told {
        let words = ["web", "148e", "01K", "ams"].map(str::to_owned);
        let [app, id, instance, region] = words;
        let secrets = BTreeMap::from([("DATABASE_URL".to_owned(), "of the secret".into())]);
        Told { app, id, instance, region, config, secrets }
    }

    #[test]
    fn secrets_win_over_the_configuration_and_that_over_the_image() {
        let program = Program::new("i", "p").env("A", "image").env("B", "image").here("C", "here");
        let config = json!({"image": "r:1", "env": {"B": "config", "C": "config", "DATABASE_URL": "config"}});
        let environment = environment(&program, &told(config), ADDRESS);
        let of = |name: &str| environment[name].as_str();
        assert_eq!([of("A"), of("B"), of("C"), of("DATABASE_URL")], ["image", "config", "here", "of the secret"]);
    }

    #[test]
    fn fly_tells_a_machine_who_it_is() {
        let config =
            json!({"image": "r:1", "env": {"FLY_REGION": "xyz", "PRIMARY_REGION": "fra"}, "guest": {"memory_mb": 512}});
        let environment = environment(&Program::new("i", "p"), &told(config), ADDRESS);
        let of = |name: &str| environment[name].as_str();
        let names = ["FLY_APP_NAME", "FLY_MACHINE_ID", "FLY_MACHINE_VERSION", "FLY_REGION", "FLY_IMAGE_REF"];
        assert_eq!(names.map(of), ["web", "148e", "01K", "ams", "r:1"]);
        assert_eq!(["PRIMARY_REGION", "FLY_PROCESS_GROUP", "FLY_VM_MEMORY_MB"].map(of), ["fra", "app", "512"]);
    }

    #[test]
    fn addresses_to_listen_at_move_to_the_machine_and_keep_their_port() {
        for (given, wanted) in [
            ("[::]:8080", "127.101.2.3:8080"),
            ("0.0.0.0:9091", "127.101.2.3:9091"),
            (":80", "127.101.2.3:80"),
            ("a socket", "a socket"),
        ] {
            assert_eq!(moved(given, ADDRESS), wanted);
        }
        let config = json!({"env": {"LISTEN": "[::]:8080", "OTHER": "[::]:8080"}});
        let environment = environment(&Program::new("i", "p"), &told(config), ADDRESS);
        assert_eq!((&*environment["LISTEN"], &*environment["OTHER"]), ("127.101.2.3:8080", "[::]:8080"));
    }

    #[test]
    fn a_configurations_command_takes_the_place_of_the_images() {
        let program = Program::new("i", "p").arg("serve");
        assert_eq!(arguments(&program, &json!({"init": {}})), ["serve"]);
        assert_eq!(arguments(&program, &json!({"init": {"cmd": ["work", "-v"]}})), ["work", "-v"]);
    }
}
