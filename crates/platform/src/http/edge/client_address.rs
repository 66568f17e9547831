use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::once::once;
use crate::config::{Reader, Settings, setting};

/// Bits of an IPv6 address that are one customer's: he has the others to himself.
const PREFIX: u32 = 64;

/// Who says what a client's address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// The connection's other end.
    Peer,
    /// Fly's proxy, in `Fly-Client-IP`. To be believed only where nobody else can connect.
    Fly,
}

impl FromStr for AddressSource {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "peer" => Ok(Self::Peer),
            "fly" => Ok(Self::Fly),
            _ => Err(()),
        }
    }
}

impl Settings for AddressSource {
    fn read(from: &mut Reader) -> Option<Self> {
        let about = setting("CLIENT_ADDRESS", "who says what a client's address is");
        from.default(about, "peer, or fly behind Fly's proxy", "peer")
    }
}

/// Where a request comes from. It is personal: it goes into no log, span, metric or error, so it cannot be printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddress")
    }
}

/// What limits count as one client: an IPv4 address, or the first 64 bits of an IPv6 one. Also not to be printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl Network {
    /// Its bytes, for a key that is hashed.
    #[must_use]
    pub fn octets(self) -> Vec<u8> {
        match self.0 {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        }
    }
}

impl ClientAddress {
    /// The address of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let source = request.app_data::<Data<AddressSource>>().map_or(AddressSource::Peer, |source| ***source);
        // Without a peer there is no connection either: only a request that a test made by hand.
        let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
        let told = match source {
            AddressSource::Peer => None,
            AddressSource::Fly => {
                let told = once(request.headers().get_all("fly-client-ip")).ok().flatten();
                told.and_then(|value| value.to_str().ok())
            }
        };
        Self(told.and_then(|text| text.trim().parse().ok()).unwrap_or(peer).to_canonical())
    }

    /// What limits count it as.
    #[must_use]
    pub fn network(self) -> Network {
        match self.0 {
            IpAddr::V4(_) => Network(self.0),
            IpAddr::V6(address) => {
                let mask = u128::MAX << (u128::BITS - PREFIX);
                Network(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask)))
            }
        }
    }
}

impl FromRequest for ClientAddress {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn address(source: AddressSource, peer: &str, told: Option<&str>) -> ClientAddress {
        let request = TestRequest::default().peer_addr(peer.parse().expect("an address")).app_data(Data::new(source));
        let request = told.into_iter().fold(request, |request, told| request.insert_header(("fly-client-ip", told)));
        ClientAddress::of(&request.to_http_request())
    }

    #[test]
    fn several_words_are_none() {
        let request = TestRequest::default().peer_addr("192.0.2.1:9".parse().expect("an address"));
        let request = request.app_data(Data::new(AddressSource::Fly));
        let told = request.append_header(("fly-client-ip", "198.51.100.7")).append_header(("fly-client-ip", "::1"));
        assert_eq!(ClientAddress::of(&told.to_http_request()), is("192.0.2.1"));
    }

    fn is(text: &str) -> ClientAddress {
        ClientAddress(text.parse().expect("an address"))
    }

    #[test]
    fn a_strangers_word_on_his_address_is_not_believed() {
        assert_eq!(address(AddressSource::Peer, "192.0.2.1:9", Some("198.51.100.7")), is("192.0.2.1"));
    }

    #[test]
    fn behind_flys_proxy_its_word_is() {
        assert_eq!(address(AddressSource::Fly, "[fdaa::1]:9", Some("198.51.100.7")), is("198.51.100.7"));
        assert_eq!(address(AddressSource::Fly, "[fdaa::1]:9", Some("2001:db8::1")), is("2001:db8::1"));
    }

    #[test]
    fn a_malformed_or_missing_word_leaves_the_peer() {
        for told in [None, Some(""), Some("198.51.100"), Some("198.51.100.7, 192.0.2.9"), Some("\u{fc}")] {
            assert_eq!(address(AddressSource::Fly, "192.0.2.1:9", told), is("192.0.2.1"), "{told:?}");
        }
    }

    #[test]
    fn an_ipv4_address_is_one_client_also_as_ipv6_has_it() {
        assert_eq!(address(AddressSource::Peer, "[::ffff:192.0.2.1]:9", None), is("192.0.2.1"));
        assert_ne!(is("192.0.2.1").network(), is("192.0.2.2").network());
    }

    #[test]
    fn an_ipv6_customer_is_one_client_with_all_addresses() {
        assert_eq!(is("2001:db8:1:2::1").network(), is("2001:db8:1:2:ffff::9").network());
        assert_ne!(is("2001:db8:1:2::1").network(), is("2001:db8:1:3::1").network());
    }

    #[test]
    fn an_address_cannot_be_printed() {
        let address = is("192.0.2.1");
        assert_eq!(format!("{address:?} {:?}", address.network()), "ClientAddress Network");
    }
}
