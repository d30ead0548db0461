//! Iterators into vectors, the small way: the standard library's `collect` makes three functions of each use, of which none is shared.

use crate::error::Result;

/// Ends an iterator.
pub trait List: Iterator + Sized {
    /// All items.
    fn list(self) -> Vec<Self::Item> {
        let mut list = Vec::new();
        for item in self {
            list.push(item);
        }
        list
    }

    /// All items, or the first refusal.
    fn try_list<T>(self) -> Result<Vec<T>>
    where
        Self: Iterator<Item = Result<T>>,
    {
        let mut list = Vec::new();
        for item in self {
            list.push(item?);
        }
        Ok(list)
    }
}

impl<I: Iterator> List for I {}
