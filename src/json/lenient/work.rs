//! Counts the bytes that the reader looks at. The tests use this count to prove linear time without
//! a clock.

#[cfg(test)]
thread_local! {
    static COUNT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Adds to the number of bytes that the reader looked at.
#[cfg(test)]
pub(super) fn count(bytes: usize) {
    COUNT.with(|count| count.set(count.get() + bytes));
}

#[cfg(not(test))]
pub(super) const fn count(_bytes: usize) {}

/// Returns the count of this thread, and sets it to zero.
#[cfg(test)]
pub(super) fn take() -> usize {
    COUNT.with(std::cell::Cell::take)
}
