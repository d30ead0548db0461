//! Panics on demand, for tests of the recovery after a panic. Only builds with the feature
//! `test-panic` contain this module. Published packages do not contain it.

/// Panics if the response has status 299.
#[allow(clippy::panic)]
pub(super) fn panic_at(status: u16) {
    if status == 299 {
        panic!("a panic on demand");
    }
}
