//! Panics on demand, for tests of the recovery after a trap. Only builds with the feature
//! `test-panic` contain this module; published packages do not.

/// Panics if the response has status 299.
#[allow(clippy::panic)]
pub(super) fn panic_at(status: u16) {
    if status == 299 {
        panic!("a panic on demand");
    }
}
