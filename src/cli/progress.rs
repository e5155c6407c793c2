//! What a person sees while a search takes long.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use drawloom::report::words::plural;
use indicatif::{ProgressBar, ProgressStyle};

/// Shows the number of states on a terminal, once a second has passed.
pub struct Progress {
    finished: Arc<AtomicBool>,
    shower: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to show how far the search of this scenario has come.
    pub fn show(path: &str, states: &Arc<AtomicU64>) -> Progress {
        let finished = Arc::new(AtomicBool::new(false));
        if !std::io::stderr().is_terminal() {
            return Progress { finished, shower: None };
        }
        let (done, states, path) = (finished.clone(), states.clone(), path.to_owned());
        let shower = std::thread::spawn(move || {
            let mut bar = None;
            let mut waited = Duration::ZERO;
            const TICK: Duration = Duration::from_millis(100);
            while !done.load(Ordering::Relaxed) {
                std::thread::park_timeout(TICK);
                waited += TICK;
                if waited < Duration::from_secs(1) {
                    continue;
                }
                let bar = bar.get_or_insert_with(|| {
                    let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
                    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
                });
                bar.set_message(format!("{path}: {}", plural(states.load(Ordering::Relaxed), "state")));
                bar.tick();
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Progress { finished, shower: Some(shower) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Relaxed);
        if let Some(shower) = self.shower.take() {
            shower.thread().unpark();
            // The shower only draws; if it has failed there is nothing to clear up.
            let _ = shower.join();
        }
    }
}
