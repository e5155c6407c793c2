//! How much work is a complete answer, for this checker and for its peers? The same programs under each: a table.
//!
//! `cargo bench --bench peers --features shuttle,loom`
//!
//! Every row is measured in a process of its own: a peer that aborts is told, and what it writes to stderr is thrown away.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drawloom::runtime::loom_kit::Loom;
use drawloom::runtime::shuttle_kit::Shuttle;
use drawloom::{Checker, Engine, JoinHandle, Lock, Runtime, Semaphore, Sim, Variable};
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// So many executions are sampled.
const SAMPLES: u64 = 20_000;

/// With fewer executions, most of the time is that of starting up.
const ENOUGH: u64 = 100;

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

/// What a peer is given: the same closure, and the program as its users write it, each with its name. Nothing if it has too
/// many threads for the peer: loom takes five, with main.
type Forms = Vec<(&'static str, fn() -> u32)>;

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
            loom: vec![("closure", || Loom::run($program::<Loom, $size>)), ("native", native_loom::$program::<$size>)],
            ..case!($name, $program, $size, without loom)
        }
    };
    ($name:literal, $program:ident, $size:literal, without loom) => {
        Case {
            name: $name,
            drawloom: $program::<Sim, $size>,
            shuttle: vec![("closure", || Shuttle::run($program::<Shuttle, $size>)), ("native", native_shuttle::$program::<$size>)],
            loom: Vec::new(),
        }
    };
}

/// What one checker did for one program.
struct Row {
    executions: u64,
    states: Option<u64>,
    complete: bool,
    ends: String,
    seconds: f64,
}

impl Row {
    /// As one line, for the process that puts the table together.
    fn to_line(&self) -> String {
        let states = self.states.map_or(String::new(), |states| states.to_string());
        format!("{}\t{states}\t{}\t{}\t{}", self.executions, self.complete, self.ends, self.seconds)
    }

    fn of_line(line: &str) -> Option<Row> {
        let mut parts = line.trim_end_matches('\n').split('\t');
        Some(Row {
            executions: parts.next()?.parse().ok()?,
            states: parts.next()?.parse().ok(),
            complete: parts.next()? == "true",
            ends: parts.next()?.to_owned(),
            seconds: parts.next()?.parse().ok()?,
        })
    }
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

/// The ways in which this checker is asked.
#[derive(Clone, Copy)]
enum Own {
    States,
    Traces,
    Random,
}

fn by_drawloom(program: fn(&Sim) -> u32, own: Own) -> Row {
    let (report, seconds) = measured(|| match own {
        Own::States => Checker::exhaustive().engine(Engine::StateGraph).run(program),
        Own::Traces => Checker::exhaustive().engine(Engine::TraceTree).run(program),
        Own::Random => Checker::random(1, SAMPLES).run(program),
    });
    Row {
        executions: report.executions(),
        states: matches!(own, Own::States).then(|| report.states()),
        complete: report.is_complete(),
        ends: ends_of(&report.outcomes().into_iter().collect(), report.deadlocks()),
        seconds,
    }
}

/// Runs a peer's search of `most` executions at most. A deadlock ends it with a panic.
fn by_peer(most: u64, exhaustive: bool, once: fn() -> u32, search: impl Fn(Box<dyn Fn() + Send + Sync>)) -> Row {
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
    Row { executions, states: None, complete, ends: ends_of(&values, fails), seconds }
}

fn by_shuttle(most: u64, exhaustive: bool, once: fn() -> u32) -> Row {
    by_peer(most, exhaustive, once, |execution| {
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

fn by_loom(most: u64, once: fn() -> u32) -> Row {
    by_peer(most, true, once, |execution| {
        let mut model = loom::model::Builder::new();
        (model.max_branches, model.preemption_bound) = (10_000, None);
        model.max_permutations = Some(most as usize);
        model.max_duration = Some(Duration::from_secs(60));
        model.check(execution);
    })
}

/// How each checker is asked about a program, under its name.
fn checkers(case: &Case, most: u64) -> Vec<(String, Box<dyn Fn() -> Row>)> {
    let program = case.drawloom;
    let mut all: Vec<(String, Box<dyn Fn() -> Row>)> = vec![
        ("drawloom, states".to_owned(), Box::new(move || by_drawloom(program, Own::States))),
        ("drawloom, traces".to_owned(), Box::new(move || by_drawloom(program, Own::Traces))),
        ("drawloom, random".to_owned(), Box::new(move || by_drawloom(program, Own::Random))),
    ];
    for (form, once) in case.shuttle.iter().copied() {
        all.push((format!("shuttle, DFS, {form}"), Box::new(move || by_shuttle(most, true, once))));
    }
    for (form, once) in case.shuttle.iter().copied() {
        all.push((format!("shuttle, random, {form}"), Box::new(move || by_shuttle(SAMPLES.min(most), false, once))));
    }
    for (form, once) in case.loom.iter().copied() {
        all.push((format!("loom, {form}"), Box::new(move || by_loom(most, once))));
    }
    all
}

/// What this checker did for a program: what the others are compared with.
#[derive(Clone, Copy, Default)]
struct Measured {
    /// The seconds for a complete answer by the search over states.
    seconds: f64,
    /// The executions a second of the search over traces, and at random, where there are enough of them to tell.
    traces: Option<f64>,
    random: Option<f64>,
}

impl Measured {
    fn learn(&mut self, checker: &str, row: &Row) {
        let rate = (row.executions >= ENOUGH).then_some(row.executions as f64 / row.seconds);
        match checker {
            "drawloom, states" => self.seconds = row.seconds,
            "drawloom, traces" => self.traces = rate,
            "drawloom, random" => self.random = rate,
            _ => {}
        }
    }
}

fn tell(name: &str, checker: &str, row: Option<Row>, own: Measured) {
    let Some(row) = row else {
        println!("| {name} | {checker} | it aborts | no | | | | - | - |");
        return;
    };
    let states = row.states.map_or(String::new(), |states| format!(" ({states} states)"));
    let sampled = checker.contains("random");
    let complete = if row.complete { "yes" } else { "no" };
    let ratio = match (row.seconds / own.seconds, sampled, row.complete || row.ends.contains("deadlock")) {
        (_, true, _) => "-".to_owned(),
        (ratio, false, true) => format!("1 : {ratio:.2}"),
        (ratio, false, false) => format!("1 : more than {ratio:.2}"),
    };
    let (per_second, millis) = (row.executions as f64 / row.seconds, row.seconds * 1e3);
    let compared = if sampled { own.random } else { own.traces }.filter(|_| !checker.starts_with("drawloom") && row.executions >= ENOUGH);
    let rates = compared.map_or("-".to_owned(), |rate| format!("{:.1} : 1", rate / per_second));
    let (executions, ends) = (row.executions, &row.ends);
    println!("| {name} | {checker} | {executions}{states} | {complete} | {ends} | {millis:.3} | {per_second:.0} | {rates} | {ratio} |");
}

/// Measures one row in a process of its own. Nothing if it ends otherwise than with a row.
fn measured_apart(arguments: &[String], case: usize, checker: usize) -> Option<Row> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(arguments).args(["--row".to_owned(), case.to_string(), checker.to_string()]).stderr(Stdio::null());
    let told = command.output().ok()?;
    told.status.success().then(|| Row::of_line(&String::from_utf8_lossy(&told.stdout))).flatten()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Without `--bench` it is only tried whether everything runs.
    let most = if arguments.iter().any(|argument| argument == "--bench") { 50_000 } else { 10 };
    let cases = [
        case!("lost update, 2 threads", lost, 2),
        case!("lost update, 3 threads", lost, 3),
        case!("lost update, 4 threads", lost, 4),
        case!("lost update, 5 threads", lost, 5, without loom),
        case!("lost update, 6 threads", lost, 6, without loom),
        case!("mutex, 3 threads", locked, 3),
        case!("mutex, 4 threads", locked, 4),
        case!("mutex, 6 threads", locked, 6, without loom),
        case!("mutex, 7 threads", locked, 7, without loom),
        case!("two locks, opposite orders", both, true),
        case!("two locks, same order", both, false),
        case!("semaphore, 2 permits, 3 threads", permits, 3),
        case!("semaphore, 2 permits, 4 threads", permits, 4),
    ];
    if let Some(at) = arguments.iter().position(|argument| argument == "--row") {
        let [case, checker] = [at + 1, at + 2].map(|at| arguments[at].parse::<usize>().expect("a number"));
        std::panic::set_hook(Box::new(|_| {}));
        println!("{}", checkers(&cases[case], most)[checker].1().to_line());
        return;
    }
    println!(
        "| program | checker | executions | complete | ends found | CPU ms | executions per CPU s | rate drawloom : checker | time drawloom : checker |"
    );
    println!("|---|---|---:|---|---|---:|---:|---:|---:|");
    for (number, case) in cases.iter().enumerate() {
        let mut own = Measured::default();
        for (at, (checker, _)) in checkers(case, most).iter().enumerate() {
            let row = measured_apart(&arguments, number, at);
            row.iter().for_each(|row| own.learn(checker, row));
            tell(case.name, checker, row, own);
        }
    }
}
