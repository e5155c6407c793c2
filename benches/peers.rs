//! How much work is a complete answer, for this checker and for its peers? The same programs under each: a table.
//!
//! `cargo bench --bench peers --features shuttle,loom`

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drawloom::runtime::loom_kit::Loom;
use drawloom::runtime::shuttle_kit::Shuttle;
use drawloom::{Checker, JoinHandle, Lock, Runtime, Semaphore, Sim, Variable};
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// So many executions are sampled.
const SAMPLES: u64 = 2_000;

/// A measurement is repeated until it has taken so many seconds.
const LEAST: f64 = 0.1;

fn lost<R: Runtime, const THREADS: usize>(rt: &R) -> u32 {
    let data = rt.variable("data", 0);
    let workers = [(); THREADS].map(|()| {
        let data = data.clone();
        rt.spawn("worker", move |_| {
            let seen = data.get();
            data.set(seen + 1);
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    data.get()
}

fn locked<R: Runtime, const THREADS: usize>(rt: &R) -> u32 {
    let (data, lock) = (rt.variable("data", 0), rt.lock("lock"));
    let workers = [(); THREADS].map(|()| {
        let (data, lock) = (data.clone(), lock.clone());
        rt.spawn("worker", move |_| {
            let _held = lock.hold();
            data.set(data.get() + 1);
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    data.get()
}

fn both<R: Runtime, const OPPOSITE: bool>(rt: &R) -> u32 {
    let (left, right) = (rt.lock("left"), rt.lock("right"));
    let pairs = [(left.clone(), right.clone()), if OPPOSITE { (right, left) } else { (left, right) }];
    let workers = pairs.map(|(first, second)| {
        rt.spawn("worker", move |_| {
            let _first = first.hold();
            let _second = second.hold();
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    0
}

fn permits<R: Runtime, const THREADS: usize>(rt: &R) -> u32 {
    let sem = rt.semaphore("sem", 2);
    let workers = [(); THREADS].map(|()| {
        let sem = sem.clone();
        rt.spawn("worker", move |_| {
            sem.acquire();
            sem.release();
        })
    });
    for worker in workers {
        worker.join().unwrap();
    }
    sem.permits()
}

/// The same programs as a peer's users write them, without `Runtime`.
macro_rules! native {
    ($name:ident, $peer:ident) => {
        mod $name {
            use $peer::sync::atomic::{AtomicU32, Ordering::SeqCst};
            use $peer::sync::{Arc, Condvar, Mutex};
            use $peer::thread::spawn;

            pub fn lost<const THREADS: usize>() -> u32 {
                let data = Arc::new(AtomicU32::new(0));
                let workers = [(); THREADS].map(|()| {
                    let data = data.clone();
                    spawn(move || data.store(data.load(SeqCst) + 1, SeqCst))
                });
                workers.into_iter().for_each(|worker| worker.join().unwrap());
                data.load(SeqCst)
            }

            pub fn locked<const THREADS: usize>() -> u32 {
                let data = Arc::new(Mutex::new(0));
                let workers = [(); THREADS].map(|()| {
                    let data = data.clone();
                    spawn(move || *data.lock().unwrap() += 1)
                });
                workers.into_iter().for_each(|worker| worker.join().unwrap());
                *data.lock().unwrap()
            }

            pub fn both<const OPPOSITE: bool>() -> u32 {
                let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
                let pairs = [(left.clone(), right.clone()), if OPPOSITE { (right, left) } else { (left, right) }];
                let workers = pairs.map(|(first, second)| {
                    spawn(move || {
                        let _first = first.lock().unwrap();
                        let _second = second.lock().unwrap();
                    })
                });
                workers.into_iter().for_each(|worker| worker.join().unwrap());
                0
            }

            pub fn permits<const THREADS: usize>() -> u32 {
                let sem = Arc::new((Mutex::new(2), Condvar::new()));
                let workers = [(); THREADS].map(|()| {
                    let sem = sem.clone();
                    spawn(move || {
                        let (permits, freed) = &*sem;
                        let mut left = permits.lock().unwrap();
                        while *left == 0 {
                            left = freed.wait(left).unwrap();
                        }
                        *left -= 1;
                        drop(left);
                        *permits.lock().unwrap() += 1;
                        freed.notify_one();
                    })
                });
                workers.into_iter().for_each(|worker| worker.join().unwrap());
                *sem.0.lock().unwrap()
            }
        }
    };
}

native!(native_shuttle, shuttle);
native!(native_loom, loom);

/// What a peer is given: the same closure, and the program as its users write it, each with its name.
type Forms = [(&'static str, fn() -> u32); 2];

/// One program in all its forms.
struct Case {
    name: &'static str,
    drawloom: fn(&Sim) -> u32,
    shuttle: Forms,
    loom: Forms,
}

macro_rules! case {
    ($name:literal, $program:ident, $size:literal) => {
        Case {
            name: $name,
            drawloom: $program::<Sim, $size>,
            shuttle: [("closure", || Shuttle::run($program::<Shuttle, $size>)), ("native", native_shuttle::$program::<$size>)],
            loom: [("closure", || Loom::run($program::<Loom, $size>)), ("native", native_loom::$program::<$size>)],
        }
    };
}

/// What one checker did for one program.
struct Row {
    checker: String,
    executions: u64,
    states: Option<u64>,
    complete: bool,
    ends: String,
    seconds: f64,
}

/// What executions have told so far: how many have begun, and what they gave.
type Seen = Arc<Mutex<(u64, BTreeSet<u32>)>>;

/// The time that this thread has had on a processor, if the system tells; otherwise the time.
fn spent(begin: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begin.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// Does something again and again, and gives the mean time.
fn measured<T>(mut work: impl FnMut() -> T) -> (T, f64) {
    let begin = Instant::now();
    let before = spent(begin);
    for times in 1.. {
        let done = work();
        let seconds = spent(begin) - before;
        if seconds >= LEAST {
            return (done, seconds / f64::from(times));
        }
    }
    unreachable!("time goes on")
}

fn ends_of(values: &BTreeSet<u32>, deadlock: bool) -> String {
    let mut ends: Vec<String> = values.iter().map(u32::to_string).collect();
    if deadlock {
        ends.push("deadlock".to_owned());
    }
    ends.join(" ")
}

fn by_drawloom(program: fn(&Sim) -> u32, samples: Option<u64>) -> Row {
    let (report, seconds) = measured(|| match samples {
        Some(samples) => Checker::random(1, samples).run(program),
        None => Checker::exhaustive().run(program),
    });
    Row {
        checker: if samples.is_some() { "drawloom, random" } else { "drawloom, exhaustive" }.to_owned(),
        executions: report.executions(),
        states: samples.is_none().then(|| report.states()),
        complete: report.is_complete(),
        ends: ends_of(&report.outcomes().into_iter().collect(), report.deadlocks()),
        seconds,
    }
}

/// Runs a peer's search of `most` executions at most. A deadlock ends it with a panic.
fn by_peer(checker: String, most: u64, exhaustive: bool, once: fn() -> u32, search: impl Fn(Box<dyn Fn() + Send + Sync>)) -> Row {
    let (((executions, values), fails), seconds) = measured(|| {
        let seen = Seen::default();
        let tells = seen.clone();
        let execution = move || {
            tells.lock().unwrap().0 += 1;
            let gave = once();
            tells.lock().unwrap().1.insert(gave);
        };
        let fails = catch_unwind(AssertUnwindSafe(|| search(Box::new(execution)))).is_err();
        let told = seen.lock().unwrap().clone();
        (told, fails)
    });
    let complete = exhaustive && !fails && executions < most;
    Row { checker, executions, states: None, complete, ends: ends_of(&values, fails), seconds }
}

fn by_shuttle(form: &str, most: u64, exhaustive: bool, once: fn() -> u32) -> Row {
    let how = if exhaustive { "DFS" } else { "random" };
    by_peer(format!("shuttle, {how}, {form}"), most, exhaustive, once, |execution| {
        let mut config = Config::new();
        config.failure_persistence = FailurePersistence::None;
        let scheduler: Box<dyn Scheduler + Send> = if exhaustive {
            Box::new(DfsScheduler::new(Some(most as usize), false))
        } else {
            Box::new(RandomScheduler::new_from_seed(1, most as usize))
        };
        Runner::new(scheduler, config).run(execution);
    })
}

fn by_loom(form: &str, most: u64, once: fn() -> u32) -> Row {
    by_peer(format!("loom, {form}"), most, true, once, |execution| {
        let mut model = loom::model::Builder::new();
        (model.max_branches, model.preemption_bound) = (10_000, None);
        model.max_permutations = Some(most as usize);
        model.max_duration = Some(Duration::from_secs(60));
        model.check(execution);
    })
}

fn tell(name: &str, rows: &[Row]) {
    let own = rows[0].seconds;
    for row in rows {
        let states = row.states.map_or(String::new(), |states| format!(" ({states} states)"));
        let sampled = row.checker.contains("random");
        let complete = if row.complete { "yes" } else { "no" };
        let ratio = match (row.seconds / own, sampled, row.complete || row.ends.contains("deadlock")) {
            (_, true, _) => "-".to_owned(),
            (ratio, false, true) => format!("1 : {ratio:.2}"),
            (ratio, false, false) => format!("1 : more than {ratio:.2}"),
        };
        let (per_second, millis) = (row.executions as f64 / row.seconds, row.seconds * 1e3);
        let (checker, executions, ends) = (&row.checker, row.executions, &row.ends);
        println!("| {name} | {checker} | {executions}{states} | {complete} | {ends} | {millis:.3} | {per_second:.0} | {ratio} |");
    }
}

fn main() {
    // Without `--bench` it is only tried whether everything runs.
    let most = if std::env::args().any(|argument| argument == "--bench") { 50_000 } else { 10 };
    std::panic::set_hook(Box::new(|_| {}));
    let cases = [
        case!("lost update, 2 threads", lost, 2),
        case!("lost update, 3 threads", lost, 3),
        case!("lost update, 4 threads", lost, 4),
        case!("mutex, 3 threads", locked, 3),
        case!("mutex, 4 threads", locked, 4),
        case!("two locks, opposite orders", both, true),
        case!("two locks, same order", both, false),
        case!("semaphore, 2 permits, 3 threads", permits, 3),
    ];
    println!("| program | checker | executions | complete | ends found | CPU ms | executions per CPU s | time drawloom : checker |");
    println!("|---|---|---:|---|---|---:|---:|---:|");
    for case in cases {
        let mut rows = vec![by_drawloom(case.drawloom, None), by_drawloom(case.drawloom, Some(SAMPLES))];
        rows.extend(case.shuttle.map(|(form, once)| by_shuttle(form, most, true, once)));
        rows.extend(case.shuttle.map(|(form, once)| by_shuttle(form, SAMPLES, false, once)));
        rows.extend(case.loom.map(|(form, once)| by_loom(form, most, once)));
        tell(case.name, &rows);
    }
}
