//! A defect on demand. Compiled with the feature `test-panic` only, which no package has.

/// Panics where a provider answers with this status.
#[allow(clippy::panic)]
pub fn panic_at(status: u16) {
    if status == 299 {
        panic!("a panic on demand");
    }
}
