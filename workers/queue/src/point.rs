//! The point after which a run cannot be undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

/// A run's point of no return. Before it, the job can be released as if it had not been claimed; after it, another
/// worker would repeat the effect, so the run must complete. Clones share the same point.
#[derive(Debug, Clone, Default)]
pub struct Point(Arc<AtomicU8>);

impl Point {
    /// Passes the point. Returns whether the run may go on: false when its job was released or lost, and nothing
    /// may happen any more.
    pub fn pass(&self) -> bool {
        self.turn(PASSED)
    }

    /// Prevents passing from now on. Returns false when the run has already passed.
    pub(super) fn close(&self) -> bool {
        self.turn(CLOSED)
    }

    fn turn(&self, to: u8) -> bool {
        let turned = self.0.compare_exchange(OPEN, to, Ordering::AcqRel, Ordering::Acquire);
        turned.map_or_else(|now| now == to, |_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-02: a point is either passed or closed, whichever comes first.
    #[test]
    fn f_02_either_passed_or_closed() {
        let passed = Point::default();
        assert_eq!([passed.pass(), passed.close(), passed.pass()], [true, false, true]);
        let closed = Point::default();
        assert_eq!([closed.close(), closed.pass(), closed.close()], [true, false, true]);
    }
}
