//! Panics on demand, for tests of the recovery after a trap. The feature `test-panic` compiles it;
//! no published package has it.

/// Panics if the response has status 299.
#[allow(clippy::panic)]
pub(super) fn panic_at(status: u16) {
    if status == 299 {
        panic!("a panic on demand");
    }
}
