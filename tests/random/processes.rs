//! Random scenarios with processes: own variables, pipes with their feeders, tasks that are counted, a daemon.

use proptest::prelude::*;
use proptest::sample::select;

/// What processes do.
const ACTS: &[&str] = &[
    "x += 1",
    "t = x",
    "print(t)",
    "print('a')",
    "q.put(1)",
    "q.put(2)",
    "t = q.get()",
    "t = q.empty()",
    "j.put(3)",
    "t = j.get()",
    "j.task_done()",
    "j.join()",
    "lock.acquire()",
    "lock.release()",
    "sem.acquire()",
    "sem.release()",
    "event.set()",
    "event.wait()",
    "sleep(1)",
    "raise ValueError('v')",
];

fn lines(most: usize, indent: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(select(ACTS), 1..=most).prop_map(move |lines| lines.iter().map(|line| format!("{indent}{line}\n")).collect())
}

/// Random scenarios with processes.
pub fn text() -> impl Strategy<Value = String> {
    let group = prop::option::weighted(0.6, (lines(2, "      "), 2..=3));
    (lines(3, "      "), any::<bool>(), group, prop::option::of(lines(2, "  "))).prop_map(|(one, daemon, group, main)| {
        let mut text = format!(
            "scenario: random\nvars: {{x: 0}}\nobjects:\n  lock: Lock()\n  sem: Semaphore(1)\n  event: Event()\n  q: Queue()\n  j: JoinableQueue()\n\
             processes:\n  one:\n    daemon: {daemon}\n    run: |\n      t = 0\n{one}"
        );
        if let Some((lines, count)) = &group {
            text += &format!("  many:\n    count: {count}\n    run: |\n      t = 0\n{lines}");
        }
        if let Some(lines) = main {
            text += &format!("main: |\n  t = 0\n  start(one)\n{}{lines}", if group.is_some() { "  start(many)\n" } else { "" });
        }
        text
    })
}
