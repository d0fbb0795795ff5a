//! Who has a connection, and who loses one when there are too many.
//!
//! A place is taken for each connection. When all are taken, somebody idle goes: first the one that has waited
//! longest without ever having shown a known token, then the one of a caller that is idle for [`IDLE_ENOUGH`].
//! A connection on which a request is being answered never goes. The same holds within one address, which may
//! have a part of the places only. Where nobody can go, the connection gets a place in the reserve: there it is told
//! that there is no room, or how the host is, and nothing else. So neither idle strangers nor one address can keep
//! others out, nor keep anybody from asking for health.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::Limits;
use crate::limits::{IDLE_ENOUGH, MAX_TURNED_AWAY};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// It is served.
    Serve,
    /// It is told that there is no room.
    TurnAway(Full),
}

/// Where there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The host serves as many connections as it may.
    Host,
    /// The address has as many as it may.
    Address,
}

/// An address that is counted as one: an IPv4 address, or a network of IPv6 of which one machine has all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    pub(crate) fn of(address: IpAddr) -> Peer {
        match address.to_canonical() {
            IpAddr::V4(v4) => Peer(v4.into()),
            IpAddr::V6(v6) => {
                let network = u128::from(v6) >> 64 << 64;
                Peer(Ipv6Addr::from(network).into())
            }
        }
    }
}

/// The place of a connection.
pub(crate) struct Seat {
    number: u64,
    peer: Peer,
    pub(crate) treatment: Treatment,
    /// Whether a known token was shown on it.
    known: AtomicBool,
    busy: AtomicBool,
    idle_since_ms: AtomicU64,
    began: Instant,
    /// Told when somebody else needs the place.
    pub(crate) leave: CancellationToken,
}

impl Seat {
    /// Somebody known uses it.
    pub(crate) fn is_known(&self) {
        self.known.store(true, Ordering::Release);
    }

    /// A request is being answered on it, until the guard goes.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.busy.store(true, Ordering::Release);
        Busy(self)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// In which order idle connections go; none for one that stays.
    fn goes(&self) -> Option<(bool, u64)> {
        if self.busy.load(Ordering::Acquire) {
            return None;
        }
        let since = self.idle_since_ms.load(Ordering::Acquire);
        let known = self.known.load(Ordering::Acquire);
        let idle = Duration::from_millis(self.now_ms().saturating_sub(since));
        (!known || idle >= IDLE_ENOUGH).then_some((known, since))
    }
}

/// See [`Seat::busy`].
pub(crate) struct Busy<'a>(&'a Seat);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let seat = self.0;
        seat.idle_since_ms.store(seat.now_ms(), Ordering::Release);
        seat.busy.store(false, Ordering::Release);
    }
}

#[derive(Default)]
struct Table {
    next: u64,
    served: BTreeMap<u64, Arc<Seat>>,
    reserve: BTreeMap<u64, Arc<Seat>>,
    served_of: HashMap<Peer, usize>,
}

impl Table {
    fn remove(&mut self, seat: &Seat) {
        if self.reserve.remove(&seat.number).is_some() || self.served.remove(&seat.number).is_none()
        {
            return;
        }
        if let Some(count) = self.served_of.get_mut(&seat.peer) {
            *count -= 1;
            if *count == 0 {
                self.served_of.remove(&seat.peer);
            }
        }
    }
}

/// All places.
pub(crate) struct Seats {
    connections: usize,
    of_one_address: usize,
    began: Instant,
    table: Mutex<Table>,
}

/// A place that was taken; free again when it is dropped.
pub(crate) struct Taken {
    seats: Arc<Seats>,
    pub(crate) seat: Arc<Seat>,
    /// Whether somebody had to go for it.
    pub(crate) displaced: bool,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.seats.table().remove(&self.seat);
    }
}

impl Seats {
    pub(crate) fn new(limits: &Limits) -> Seats {
        Seats {
            connections: limits.connections,
            of_one_address: limits.connections_per_address,
            began: Instant::now(),
            table: Mutex::default(),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place; none where even the reserve is busy.
    pub(crate) fn take(self: &Arc<Self>, peer: Peer) -> Option<Taken> {
        let mut table = self.table();
        let of_peer = table.served_of.get(&peer).copied().unwrap_or(0);
        let (full, goes) = if of_peer >= self.of_one_address {
            let of_the_same = table.served.values().filter(|seat| seat.peer == peer);
            (Some(Full::Address), who_goes(of_the_same))
        } else if table.served.len() >= self.connections {
            (Some(Full::Host), who_goes(table.served.values()))
        } else {
            (None, None)
        };
        let (treatment, goes) = match (full, goes) {
            (None, _) => (Treatment::Serve, None),
            (Some(_), Some(goes)) => (Treatment::Serve, Some(goes)),
            (Some(full), None) => {
                let goes = match table.reserve.len() < MAX_TURNED_AWAY {
                    true => None,
                    false => Some(who_goes(table.reserve.values())?),
                };
                (Treatment::TurnAway(full), goes)
            }
        };
        if let Some(goes) = &goes {
            table.remove(goes);
            goes.leave.cancel();
        }
        let seat = self.sit(&mut table, peer, treatment);
        Some(Taken {
            seats: Arc::clone(self),
            seat,
            displaced: goes.is_some() && treatment == Treatment::Serve,
        })
    }

    fn sit(&self, table: &mut Table, peer: Peer, treatment: Treatment) -> Arc<Seat> {
        let seat = Seat {
            number: table.next,
            peer,
            treatment,
            known: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            idle_since_ms: AtomicU64::new(0),
            began: self.began,
            leave: CancellationToken::new(),
        };
        seat.idle_since_ms.store(seat.now_ms(), Ordering::Release);
        let seat = Arc::new(seat);
        table.next += 1;
        match treatment {
            Treatment::Serve => {
                table.served.insert(seat.number, Arc::clone(&seat));
                *table.served_of.entry(peer).or_default() += 1;
            }
            Treatment::TurnAway(_) => {
                table.reserve.insert(seat.number, Arc::clone(&seat));
            }
        }
        seat
    }
}

fn who_goes<'a>(seats: impl Iterator<Item = &'a Arc<Seat>>) -> Option<Arc<Seat>> {
    seats
        .filter_map(|seat| Some((seat.goes()?, seat)))
        .min_by_key(|(order, _)| *order)
        .map(|(_, seat)| Arc::clone(seat))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(connections: usize, connections_per_address: usize) -> Arc<Seats> {
        Arc::new(Seats::new(&Limits {
            connections,
            connections_per_address,
            ..Limits::default()
        }))
    }

    fn peer(last: u8) -> Peer {
        Peer::of(IpAddr::from([10, 0, 0, last]))
    }

    #[test]
    fn the_stranger_who_is_idle_longest_goes_and_who_is_served_stays() {
        let seats = seats(3, 3);
        let take = |last| seats.take(peer(last)).expect("a place");
        let known = take(1);
        known.seat.is_known();
        let busy = take(2);
        let _answering = busy.seat.busy();
        let idle = take(3);
        let next = take(4);
        assert_eq!(
            (next.seat.treatment, next.displaced),
            (Treatment::Serve, true)
        );
        assert!(idle.seat.leave.is_cancelled());
        assert!(!known.seat.leave.is_cancelled() && !busy.seat.leave.is_cancelled());
        let _now_busy = next.seat.busy();
        let turned_away = take(5);
        assert_eq!(turned_away.seat.treatment, Treatment::TurnAway(Full::Host));
        drop(known);
        assert_eq!(take(6).seat.treatment, Treatment::Serve, "a place is free");
    }

    #[test]
    fn one_address_has_no_more_than_its_part() {
        let seats = seats(4, 2);
        let mut of_one: Vec<Taken> = Vec::new();
        for _ in 0..2 {
            let taken = seats.take(peer(1)).expect("a place");
            taken.seat.is_known();
            of_one.push(taken);
        }
        let beyond = seats.take(peer(1)).expect("a place to hear no");
        assert_eq!(beyond.seat.treatment, Treatment::TurnAway(Full::Address));
        let other = seats.take(peer(2)).expect("a place");
        assert_eq!(other.seat.treatment, Treatment::Serve);
        of_one.pop();
        let again = seats.take(peer(1)).expect("a place");
        assert_eq!(again.seat.treatment, Treatment::Serve);
    }

    #[test]
    fn the_reserve_is_never_full_of_the_idle() {
        let seats = seats(1, 1);
        let served = seats.take(peer(1)).expect("a place");
        let _busy = served.seat.busy();
        let idle: Vec<Taken> = (0..MAX_TURNED_AWAY * 2)
            .map(|_| seats.take(peer(2)).expect("a place to hear no"))
            .collect();
        let gone = idle.iter().filter(|t| t.seat.leave.is_cancelled()).count();
        assert_eq!(gone, MAX_TURNED_AWAY);
        let answered: Vec<Busy<'_>> = idle.iter().map(|t| t.seat.busy()).collect();
        assert!(seats.take(peer(3)).is_none(), "all are being told");
        drop(answered);
        assert!(seats.take(peer(3)).is_some());
    }

    #[test]
    fn a_network_of_one_machine_is_one_address() {
        let of = |text: &str| Peer::of(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
