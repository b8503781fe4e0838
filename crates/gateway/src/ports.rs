//! Whether a port can be had, and which one nearby can.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// How many ports above the wanted one are tried.
const ALTERNATIVES: u16 = 50;

/// Whether another program listens there.
pub fn is_taken(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// The next free port above a taken one; `None` if this one is not taken.
pub fn free_port_instead_of(mut address: SocketAddr) -> Option<u16> {
    if !is_taken(address) {
        return None;
    }
    let first = address.port().checked_add(1)?;
    (first..=first.saturating_add(ALTERNATIVES)).find(|port| {
        address.set_port(*port);
        TcpListener::bind(address).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_offered_for_a_taken_one_only() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert!(is_taken(address));
        if let Some(port) = free_port_instead_of(address) {
            assert!(port > address.port());
            assert!(!is_taken(SocketAddr::new(address.ip(), port)));
        }
        drop(taken);
        assert!(!is_taken(address));
        assert_eq!(free_port_instead_of(address), None);
    }
}
