//! Are programs written in Rust checked rightly? Outcomes, proofs, deadlocks, panics, daemons, timeouts, replay.

use std::time::Duration;

use drawloom::check::verdict::Verdict;
use drawloom::{Checker, Event, JoinHandle, Lock, Queue, Runtime, Semaphore, Sim, Variable};

#[expect(unused_must_use, reason = "what the workers give does not matter here")]
fn countdown<R: Runtime>(rt: &R, threads: usize) -> i64 {
    let data = rt.variable("data", threads as i64);
    let workers: Vec<_> = (0..threads)
        .map(|i| {
            let data = data.clone();
            rt.spawn(format!("worker-{i}"), move |rt| {
                let temp = data.get();
                rt.sleep(rt.uniform(0.0, 1.0));
                data.set(temp - 1);
            })
        })
        .collect();
    for worker in workers {
        worker.join();
    }
    data.get()
}

fn locked<R: Runtime>(rt: &R, threads: usize) -> i64 {
    let (data, lock) = (rt.variable("data", threads as i64), rt.lock("lock"));
    let workers: Vec<_> = (0..threads)
        .map(|i| {
            let (data, lock) = (data.clone(), lock.clone());
            rt.spawn(format!("worker-{i}"), move |_| {
                let _held = lock.hold();
                data.set(data.get() - 1);
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    data.get()
}

fn opposite<R: Runtime>(rt: &R) {
    let (left, right) = (rt.lock("left"), rt.lock("right"));
    let pairs = [(left.clone(), right.clone()), (right, left)];
    let workers = ["ann", "bob"].into_iter().zip(pairs);
    let workers: Vec<_> = workers
        .map(|(name, (first, second))| {
            rt.spawn(name, move |_| {
                let _first = first.hold();
                let _second = second.hold();
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}

#[test]
fn five_threads_lose_updates() {
    let report = Checker::exhaustive().run(|rt| countdown(rt, 5));
    assert_eq!(report.outcomes(), [0, 1, 2, 3, 4]);
    assert_eq!(report.verdict(), Verdict::Proved);
    for gave in 0..5 {
        let schedule = report.schedule_of(&gave).expect("each has a schedule").to_string();
        assert_eq!(Checker::replay(&schedule).run(|rt| countdown(rt, 5)).outcomes(), [gave]);
    }
}

#[test]
fn the_known_numbers_of_states_without_reduction() {
    // As many as the scenario has (12 and 2,027), and one for every value that main reads at the end: what a thread has
    // observed tells as much as where it is and what its names hold.
    let plain = |threads| Checker::exhaustive().reduction(false).run(move |rt| countdown(rt, threads)).states();
    assert_eq!(plain(2), 12 + 2);
    assert_eq!(plain(5), 2_027 + 5);
}

#[test]
fn with_a_clock_all_five_read_first() {
    assert_eq!(Checker::exhaustive().timed().run(|rt| countdown(rt, 4)).outcomes(), [3]);
}

#[test]
fn a_lock_is_proved_to_help() {
    let report = Checker::exhaustive().run(|rt| locked(rt, 5)).unwrap();
    assert_eq!(report.outcomes(), [0]);
    assert_eq!(report.verdict(), Verdict::Proved);
}

#[test]
fn opposite_orders_deadlock_and_the_cycle_is_named() {
    let report = Checker::exhaustive().run(opposite);
    assert_eq!(report.verdict(), Verdict::Refuted);
    let failure = report.unwrap_failure();
    assert_eq!(failure.what, "deadlock: ann -> bob -> ann");
    assert!(failure.simplest);
    assert!(failure.story.contains("ann  acquires left"), "{}", failure.story);
    assert!(failure.story.contains("tests/closures.rs:"), "{}", failure.story);
    assert!(failure.story.contains("waits for right, held by bob"), "{}", failure.story);
    let again = Checker::replay(&failure.schedule.to_string()).run(opposite).unwrap_failure();
    assert_eq!((again.what, again.story), (failure.what, failure.story));
}

#[test]
fn main_sees_a_child_between_its_load_and_its_store() {
    let report = Checker::exhaustive().run(|rt| {
        let count = rt.variable("count", 0);
        let child = {
            let count = count.clone();
            rt.spawn("child", move |_| count.set(count.get() + 1))
        };
        count.set(count.get() + 1);
        child.join().unwrap();
        assert_eq!(count.get(), 2, "an update was lost");
    });
    let failure = report.unwrap_failure();
    assert!(failure.what.starts_with("panic in main: assertion `left == right` failed: an update was lost"), "{}", failure.what);
    assert_eq!(failure.story.matches("writes count = 1").count(), 2, "{}", failure.story);
}

#[test]
fn a_try_lock_fails_only_sometimes() {
    let report = Checker::exhaustive().run(|rt| {
        let lock = rt.lock("lock");
        let other = lock.clone();
        let child = rt.spawn("child", move |_| {
            let got = other.try_acquire();
            if got {
                other.release();
            }
            got
        });
        let mine = lock.try_hold().is_some();
        (mine, child.join().unwrap())
    });
    assert_eq!(report.unwrap().outcomes(), [(false, true), (true, false), (true, true)]);
}

#[test]
fn a_wait_with_a_timeout_ends_though_nobody_notifies() {
    use drawloom::Condition;
    for checker in [Checker::exhaustive(), Checker::exhaustive().timed()] {
        let report = checker.run(|rt| {
            let condition = rt.condition("condition");
            let child = rt.spawn("child", move |_| {
                let _held = condition.hold();
                condition.wait_timeout(Duration::from_secs(1))
            });
            child.join().unwrap()
        });
        assert_eq!(report.unwrap().outcomes(), [false]);
    }
}

#[test]
fn a_wait_without_a_timeout_ends_only_if_it_begins_before_the_notify() {
    use drawloom::Condition;
    let failure = Checker::exhaustive()
        .run(|rt| {
            let condition = rt.condition("condition");
            let other = condition.clone();
            rt.spawn("child", move |_| {
                let _held = other.hold();
                other.wait();
            });
            let _held = condition.hold();
            condition.notify_one();
        })
        .unwrap_failure();
    assert!(failure.what.starts_with("deadlock: nobody is left"), "{}", failure.what);
    assert!(failure.story.contains("waits on condition for a notify"), "{}", failure.story);
}

#[test]
fn join_gives_the_panic_of_a_child() {
    let report = Checker::exhaustive().run(|rt| {
        let lock = rt.lock("lock");
        let other = lock.clone();
        let child = rt.spawn("child", move |_| {
            let _held = other.hold();
            panic!("enough is {}", "enough");
        });
        let panic = child.join().unwrap_err();
        // The guard has released the lock.
        lock.acquire();
        panic.message
    });
    assert_eq!(report.outcomes(), ["enough is enough"]);
    assert!(!report.deadlocks());
    assert_eq!(report.endings()[0].panics[0].0, "child");
    let failure = report.unwrap_failure();
    assert_eq!(failure.what, "panic in child: enough is enough");
    assert!(failure.story.contains("releases lock"), "{}", failure.story);
}

#[test]
fn a_blocked_daemon_does_not_keep_the_program() {
    let report = Checker::exhaustive().run(|rt| {
        let queue = rt.queue::<u8>("queue", 0);
        let (inbox, seen) = (queue.clone(), rt.variable("seen", 0));
        let sum = seen.clone();
        rt.spawn_daemon("daemon", move |_| {
            loop {
                let item = inbox.get();
                sum.set(sum.get() + u32::from(item));
            }
        });
        queue.put(1);
        queue.put(2);
        seen.get()
    });
    assert_eq!(report.unwrap().outcomes(), [0, 1, 3]);
}

#[test]
fn a_third_thread_may_see_each_store() {
    let report = Checker::exhaustive().run(|rt| {
        let word = rt.variable("word", 0);
        let writers = [1, 2].map(|value| {
            let word = word.clone();
            rt.spawn(format!("writer-{value}"), move |_| word.set(value))
        });
        let reader = {
            let word = word.clone();
            rt.spawn("reader", move |_| (word.get(), word.get()))
        };
        let seen = reader.join().unwrap();
        for writer in writers {
            writer.join().unwrap();
        }
        (seen, word.get())
    });
    let outcomes = report.unwrap().outcomes();
    for seen in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)] {
        assert!(outcomes.iter().any(|outcome| outcome.0 == seen), "{seen:?}");
    }
    assert!(!outcomes.iter().any(|outcome| outcome.0 == (1, 0) || outcome.0 == (2, 0)), "{outcomes:?}");
    assert!(outcomes.contains(&((1, 1), 2)) && outcomes.contains(&((1, 2), 2)) && !outcomes.contains(&((1, 2), 1)));
}

#[test]
fn all_primitives_work_together() {
    let report = Checker::exhaustive().run(|rt| {
        let (start, permits) = (rt.event("start"), rt.bounded_semaphore("permits", 1));
        let results = rt.priority_queue("results", 0);
        let workers = [3, 1, 2].map(|number| {
            let (start, permits, results) = (start.clone(), permits.clone(), results.clone());
            rt.spawn(format!("worker-{number}"), move |_| {
                start.wait();
                permits.acquire();
                results.put(number);
                permits.release();
            })
        });
        start.set();
        for worker in workers {
            worker.join().unwrap();
        }
        [results.get(), results.get(), results.get()]
    });
    assert_eq!(report.unwrap().outcomes(), [[1, 2, 3]]);
}

#[test]
fn a_mistake_is_a_panic_at_its_place() {
    let failure = Checker::exhaustive().run(|rt| rt.lock("lock").release()).unwrap_failure();
    assert_eq!(failure.what, "panic in main: release unlocked lock");
    assert!(failure.story.contains("tests/closures.rs:"), "{}", failure.story);
}

#[test]
fn the_message_of_a_failing_test_tells_all() {
    let report = Checker::exhaustive().without_regressions().run(opposite);
    let message = std::panic::catch_unwind(|| report.unwrap()).unwrap_err();
    let message = message.downcast_ref::<String>().expect("a text");
    assert!(message.starts_with("deadlock: ann -> bob -> ann; the simplest such execution:\n"), "{message}");
    assert!(message.contains("replay: Checker::replay(\"d1-"), "{message}");
}

#[test]
fn a_schedule_that_failed_is_tried_first_the_next_time() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("closures.regressions");
    let _ = std::fs::remove_file(&file);
    let checker = Checker::exhaustive().regressions(&file);
    let first = checker.run(opposite);
    let schedule = first.failure().expect("it can deadlock").schedule.to_string();
    assert!(!file.exists(), "nobody was told yet");
    for report in [first.clone(), first.clone()] {
        std::panic::catch_unwind(|| report.unwrap()).expect_err("it fails");
    }
    let second = checker.run(opposite);
    assert_eq!((second.states(), second.executions()), (0, 1));
    assert_eq!(second.unwrap_failure().story, first.unwrap_failure().story);
    let sampled = Checker::random(1, 1).regressions(&file).run(opposite);
    assert_eq!(sampled.unwrap_failure().schedule.to_string(), schedule);
    let kept = std::fs::read_to_string(&file).expect("it was written");
    assert_eq!(kept.lines().filter(|line| *line == schedule).count(), 1, "{kept}");
}

#[test]
fn a_schedule_that_failed_says_nothing_of_the_other_clock() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("clocks.regressions");
    let _ = std::fs::remove_file(&file);
    let in_time = |rt: &Sim| {
        let key = rt.event("key");
        let turns = key.clone();
        rt.spawn("porter", move |rt| {
            rt.sleep(Duration::from_secs(1));
            turns.set();
        });
        assert!(key.wait_timeout(Duration::from_secs(2)), "late");
    };
    let untimed = Checker::exhaustive().regressions(&file).run(in_time);
    std::panic::catch_unwind(|| untimed.unwrap()).expect_err("on no clock it may be late");
    assert!(std::fs::read_to_string(&file).is_ok_and(|kept| kept.contains("-u: ")), "it was written");
    Checker::exhaustive().timed().regressions(&file).run(in_time).unwrap();
}

#[test]
fn schedules_are_kept_beside_the_source_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = drawloom::checker::regressions::Regressions::default().file(std::panic::Location::caller());
    assert_eq!(file.map(|file| file.canonicalize().unwrap_or(file)), Some(folder.join("tests/closures.regressions")));
    assert!(drawloom::checker::regressions::Regressions::Nowhere.file(std::panic::Location::caller()).is_none());
}

#[test]
fn hidden_chance_and_hidden_sharing_are_told() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let calls = AtomicU32::new(0);
    let report = Checker::exhaustive().run(|rt| {
        let data = rt.variable("data", 0);
        if calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            data.set(1);
        }
        data.get()
    });
    assert_eq!(report.verdict(), Verdict::Undecided);
    let text = report.to_string();
    assert!(text.contains("does not do the same again under the same schedule"), "{text}");
}

#[test]
fn threads_and_objects_may_depend_on_the_interleaving() {
    let program = |rt: &drawloom::Sim| {
        let data = rt.variable("data", 0);
        let parents = [1, 2].map(|number| {
            let data = data.clone();
            rt.spawn(format!("parent-{number}"), move |rt| {
                if data.get() == 0 {
                    data.set(number);
                    let mine = rt.variable(format!("of {number}"), number * 10);
                    let other = mine.clone();
                    rt.spawn("child", move |_| other.set(other.get() + 1)).join().unwrap();
                    mine.get()
                } else {
                    rt.semaphore("late", number).permits()
                }
            })
        });
        parents.map(|parent| parent.join().unwrap())
    };
    let report = Checker::exhaustive().run(program).unwrap();
    assert_eq!(report.outcomes(), [[1, 21], [11, 2], [11, 21]]);
    for ended in report.endings() {
        let again = Checker::replay(&ended.schedule.to_string()).run(program).unwrap();
        assert_eq!(again.outcomes(), [ended.gave.unwrap()]);
    }
}

/// That somebody clears the event is met only where the second taker is the first: on the schedule of the other deadlock
/// nothing says that waiting for it is two steps.
#[test]
fn a_schedule_fits_though_what_made_it_so_long_is_not_on_its_way() {
    let program = |rt: &drawloom::Sim| {
        let (event, permit) = (rt.event("event"), rt.semaphore("permit", 1));
        let (awaited, taken, cleared, taken_again) = (event.clone(), permit.clone(), event, permit);
        let threads = [
            rt.spawn("waiter", move |_| awaited.wait()),
            rt.spawn("taker", move |_| taken.acquire()),
            rt.spawn("clearer", move |_| {
                taken_again.acquire();
                cleared.clear();
            }),
        ];
        for thread in threads {
            thread.join().unwrap();
        }
    };
    let report = Checker::exhaustive().run(program);
    assert!(!report.endings().is_empty());
    for ended in report.endings() {
        let again = Checker::replay(&ended.schedule.to_string()).run(program);
        assert_eq!(again.endings(), std::slice::from_ref(ended), "{again}");
    }
}

#[test]
fn a_sample_of_a_seed_is_always_the_same() {
    let run = |seed| Checker::random(seed, 20).run(|rt| countdown(rt, 3)).unwrap();
    assert_eq!(run(1).endings(), run(1).endings());
    assert!(run(1).outcomes().iter().all(|gave| (0..3).contains(gave)));
    assert_eq!(run(1).verdict(), Verdict::Undecided);
    assert!(Checker::random(7, 1_000).run(opposite).deadlocks());
}
