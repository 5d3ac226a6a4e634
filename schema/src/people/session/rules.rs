//! Rules of signing in, as pure functions.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

/// How long a session is valid.
pub const LIFE: TimeDelta = TimeDelta::days(30);
/// For how long a failed attempt counts.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failed attempts in [`WINDOW`] after which an e-mail address must wait.
pub const MAX_PER_EMAIL: i64 = 10;
/// Failed attempts in [`WINDOW`] after which a network must wait.
pub const MAX_PER_NETWORK: i64 = 50;

/// Whole minutes until an attempt made at `at` no longer counts; at least one.
pub fn wait_minutes(at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let seconds = (at + WINDOW - now).num_seconds();
    (seconds + 59).div_euclid(60).clamp(1, WINDOW.num_minutes())
}

/// The network that an address is counted under: an IPv4 address itself; of an IPv6 address the /64, which a
/// provider assigns to one customer.
pub fn network(address: &str) -> String {
    match address.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waiting_is_in_whole_minutes() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for (ago, expected) in
            [(0, 15), (1, 15), (60, 14), (61, 14), (899, 1), (900, 1), (5000, 1), (-600, 15)]
        {
            assert_eq!(wait_minutes(now - TimeDelta::seconds(ago), now), expected, "{ago} s ago");
        }
    }

    #[test]
    fn networks() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("unix", "unix"),
        ] {
            assert_eq!(network(address), expected);
        }
    }

    proptest! {
        /// A person who waits as long as told can try again.
        #[test]
        fn waiting_helps(ago in 0_i64..900) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
            let at = now - TimeDelta::seconds(ago);
            let later = now + TimeDelta::minutes(wait_minutes(at, now));
            prop_assert!(at + WINDOW <= later);
            prop_assert!(later <= at + WINDOW + TimeDelta::minutes(1));
        }
    }
}
