//! Queues built from monitors, in every order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::runtime::failure::{Empty, Full};
use crate::runtime::interface::Value;
use crate::runtime::kit::{Kit, Monitor, Patience};
use crate::runtime::primitives::Queue;

/// Where a queue puts an item, next to be got first.
type PlaceFor<T> = fn(&VecDeque<T>, &T) -> usize;

/// A queue's items, and how many have not been reported done.
struct Line<T> {
    items: VecDeque<T>,
    maxsize: usize,
    unfinished: Option<u32>,
    place: PlaceFor<T>,
}

impl<T> Line<T> {
    fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() >= self.maxsize
    }
}

/// A queue.
pub struct BuiltQueue<K: Kit, T: Value> {
    monitor: Arc<K::Monitor<Line<T>>>,
}

impl<K: Kit, T: Value> Clone for BuiltQueue<K, T> {
    fn clone(&self) -> BuiltQueue<K, T> {
        BuiltQueue { monitor: self.monitor.clone() }
    }
}

impl<K: Kit, T: Value> BuiltQueue<K, T> {
    /// Without items.
    pub fn new(maxsize: u32, counts: bool, place: PlaceFor<T>) -> BuiltQueue<K, T> {
        let line = Line { items: VecDeque::new(), maxsize: maxsize as usize, unfinished: counts.then_some(0), place };
        BuiltQueue { monitor: Arc::new(K::Monitor::new(line)) }
    }

    fn puts(&self, item: T, patience: Patience) -> Result<(), Full<T>> {
        let mut item = Some(item);
        self.monitor.until(patience, |line| {
            if line.is_full() {
                return None;
            }
            let item = item.take()?;
            let place = (line.place)(&line.items, &item);
            line.items.insert(place, item);
            line.unfinished = line.unfinished.map(|count| count + 1);
            Some(())
        });
        item.map_or(Ok(()), |item| Err(Full(item)))
    }

    fn gets(&self, patience: Patience) -> Result<T, Empty> {
        self.monitor.until(patience, |line| line.items.pop_front()).ok_or(Empty)
    }
}

impl<K: Kit, T: Value> Queue<T> for BuiltQueue<K, T> {
    fn put(&self, item: T) {
        // Without a timeout it waits for room.
        let _ = self.puts(item, Patience::Forever);
    }

    fn try_put(&self, item: T) -> Result<(), Full<T>> {
        self.puts(item, Patience::Never)
    }

    fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), Full<T>> {
        self.puts(item, Patience::Upto(timeout))
    }

    fn get(&self) -> T {
        self.gets(Patience::Forever).expect("a get without a timeout waits for an item")
    }

    fn try_get(&self) -> Result<T, Empty> {
        self.gets(Patience::Never)
    }

    fn get_timeout(&self, timeout: Duration) -> Result<T, Empty> {
        self.gets(Patience::Upto(timeout))
    }

    #[track_caller]
    fn task_done(&self) {
        let done = self.monitor.now(|line| match &mut line.unfinished {
            Some(count @ 1..) => {
                *count -= 1;
                true
            }
            _ => false,
        });
        assert!(done, "task_done() called too many times");
    }

    #[track_caller]
    fn join(&self) {
        assert!(self.monitor.now(|line| line.unfinished.is_some()), "a simple queue does not count tasks");
        let _ = self.monitor.until(Patience::Forever, |line| (line.unfinished == Some(0)).then_some(()));
    }

    fn len(&self) -> usize {
        self.monitor.now(|line| line.items.len())
    }

    fn is_full(&self) -> bool {
        self.monitor.now(|line| line.is_full())
    }
}
