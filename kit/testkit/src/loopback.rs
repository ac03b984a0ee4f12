//! Addresses that parallel tests do not fight about.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// A loopback address, `127.x.y.z`, of one test: `x.y` from the id of its process, `z` counted within it.
///
/// As nobody else uses the address, a port that was free stays free until the test binds it, and may be bound again
/// after a restart. Where the system has only `127.0.0.1` (macOS), all tests share that, and a free port is merely
/// likely to stay so.
///
/// ```
/// let test = outgrow_testkit::LoopbackAddr::new();
/// let (http, grpc) = (test.free(), test.free());
/// assert_eq!(http.ip(), grpc.ip());
/// assert_ne!(http.port(), grpc.port());
/// ```
#[derive(Debug)]
pub struct LoopbackAddr {
    ip: Ipv4Addr,
    given: Mutex<BTreeSet<u16>>,
}

impl LoopbackAddr {
    /// An address that no other test has.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let own = address(process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let ip = if free_port(own).is_ok() { own } else { Ipv4Addr::LOCALHOST };
        Self { ip, given: Mutex::default() }
    }

    /// The address without a port.
    pub fn ip(&self) -> Ipv4Addr {
        self.ip
    }

    /// The address with a port that is free, and that was not given before.
    ///
    /// # Panics
    /// When the system has no free port.
    #[track_caller]
    pub fn free(&self) -> SocketAddr {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match free_port(self.ip) {
                Ok(port) if given.insert(port) => return SocketAddr::from((self.ip, port)),
                Ok(_) => {}
                Err(error) => panic!("{} has no free port: {error}", self.ip),
            }
        }
    }
}

impl Default for LoopbackAddr {
    fn default() -> Self {
        Self::new()
    }
}

/// `127.x.y.z`; `z` is 2 to 254, so that this is never `127.0.0.1`, a network or a broadcast address.
fn address(pid: u32, count: u32) -> Ipv4Addr {
    Ipv4Addr::from((127 << 24) | ((pid & 0xffff) << 8) | (2 + count % 253))
}

fn free_port(ip: Ipv4Addr) -> io::Result<u16> {
    Ok(TcpListener::bind((ip, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_has_another_address() {
        let all: BTreeSet<Ipv4Addr> = (0..20).map(|_| LoopbackAddr::new().ip()).collect();
        assert!(all.len() == 20 || all == BTreeSet::from([Ipv4Addr::LOCALHOST]), "{all:?}");
    }

    #[test]
    fn neighbouring_processes_have_other_addresses() {
        assert_eq!(address(0x3_1234, 0), Ipv4Addr::new(127, 0x12, 0x34, 2));
        assert_eq!(address(0x3_1235, 252), Ipv4Addr::new(127, 0x12, 0x35, 254));
        assert_eq!(address(0, 253), Ipv4Addr::new(127, 0, 0, 2));
    }

    #[test]
    fn a_free_port_can_be_bound() {
        let test = LoopbackAddr::new();
        let address = test.free();
        assert_eq!(TcpListener::bind(address).unwrap().local_addr().unwrap(), address);
    }
}
