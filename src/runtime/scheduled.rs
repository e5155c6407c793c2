//! The monitors and cells of threads that another checker schedules, written once for all such checkers.

/// Makes them for the crate of a checker, whose mutexes, condition variables and atomics are named as the standard library's.
macro_rules! scheduled {
    ($peer:ident, $monitor:ident, $cell:ident) => {
        /// A monitor of the other checker's parts. The state lies beside its mutex: when an execution is torn down, the other checker
        /// must not be asked any more, but destructors still find the state.
        #[derive(Debug)]
        pub struct $monitor<S> {
            turn: $peer::sync::Mutex<()>,
            changed: $peer::sync::Condvar,
            /// How many threads wait for a change: where nobody does, nobody is told, so that there is less for the scheduler to choose.
            waiting: std::sync::atomic::AtomicU32,
            state: std::sync::Mutex<S>,
        }

        impl<S: Send + 'static> crate::runtime::kit::Monitor<S> for $monitor<S> {
            fn new(state: S) -> $monitor<S> {
                let (turn, changed) = ($peer::sync::Mutex::new(()), $peer::sync::Condvar::new());
                $monitor { turn, changed, waiting: std::sync::atomic::AtomicU32::new(0), state: std::sync::Mutex::new(state) }
            }

            fn until<R>(&self, patience: crate::runtime::kit::Patience, mut look: impl FnMut(&mut S) -> Option<R>) -> Option<R> {
                let mut look = || look(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
                let tell = || {
                    if self.waiting.load(std::sync::atomic::Ordering::SeqCst) > 0 {
                        self.changed.notify_all();
                    }
                };
                if std::thread::panicking() {
                    let found = look();
                    // Somebody may catch the panic, and others wait for what a guard gives back.
                    crate::runtime::built::in_destructor(tell);
                    return found;
                }
                let mut turn = self.turn.lock().expect("a panic has failed the test before");
                loop {
                    if let Some(found) = look() {
                        drop(turn);
                        tell();
                        return Some(found);
                    }
                    if patience != crate::runtime::kit::Patience::Forever {
                        // The scheduler has chosen the moment of this look, so it has chosen the moment of the timeout.
                        return None;
                    }
                    self.waiting.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    turn = self.changed.wait(turn).expect("a panic has failed the test before");
                    self.waiting.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                }
            }
        }

        /// A value, and an atomic variable that takes its place for the scheduler: what that holds does not matter, only when it is
        /// looked at.
        #[derive(Debug)]
        pub struct $cell<T> {
            turn: $peer::sync::atomic::AtomicBool,
            value: std::sync::Mutex<T>,
        }

        impl<T: crate::runtime::interface::Value> crate::runtime::kit::Cell<T> for $cell<T> {
            fn new(value: T) -> $cell<T> {
                $cell { turn: $peer::sync::atomic::AtomicBool::new(false), value: std::sync::Mutex::new(value) }
            }

            fn get(&self) -> T {
                if !std::thread::panicking() {
                    self.turn.load(std::sync::atomic::Ordering::SeqCst);
                }
                self.value.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
            }

            fn set(&self, value: T) {
                if !std::thread::panicking() {
                    self.turn.store(true, std::sync::atomic::Ordering::SeqCst);
                }
                *self.value.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = value;
            }
        }
    };
}

pub(crate) use scheduled;
