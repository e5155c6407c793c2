//! Do the notes' programs end in Rust as they do as scenarios? On both clocks, and on real threads.

mod notes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use drawloom::program::read::{read, read_text};
use drawloom::program::statement::{Clock, Ending};
use drawloom::runtime::blocking::Blocking;
use drawloom::runtime::delay::Delay;
use drawloom::runtime::interface::Value;
use drawloom::runtime::kit::Kit;
use drawloom::runtime::os::Std;
use drawloom::{Checker, Sim};

/// One way to end: whether in deadlock, the output, and, if not, the final values of the variables.
type End = (bool, String, Option<String>);

/// On so many real runs it is looked at how they end.
const RUNS: usize = 10;

/// So long may a real run take that is allowed to deadlock, before it is given up.
const PATIENCE: Duration = Duration::from_millis(150);

thread_local! {
    static OUTPUT: RefCell<Arc<Mutex<String>>> = RefCell::default();
}

/// Some kind of threads, but what they print is kept.
struct Kept<K>(PhantomData<K>);

impl<K: Kit> Kit for Kept<K> {
    type Monitor<S: Send + 'static> = K::Monitor<S>;
    type Cell<T: Value> = K::Cell<T>;
    type Thread<T: Value> = K::Thread<T>;

    fn spawn<T: Value>(name: String, body: impl FnOnce() -> T + Send + 'static) -> K::Thread<T> {
        let output = OUTPUT.with_borrow(Arc::clone);
        K::spawn(name, move || {
            OUTPUT.set(output);
            body()
        })
    }

    fn current() -> u64 {
        K::current()
    }

    fn sleep(delay: Delay) {
        K::sleep(delay);
    }

    fn now() -> Duration {
        K::now()
    }

    fn below(count: u32) -> u32 {
        K::below(count)
    }

    fn print(line: &str) {
        // Others may act before a line is printed: for threads that are scheduled, only a sleep lets them.
        K::sleep(Delay::from(Duration::ZERO));
        let output = OUTPUT.with_borrow(Arc::clone);
        let mut output = output.lock().expect("nobody panics in print");
        *output += line;
        *output += "\n";
    }
}

type World<K> = Blocking<Kept<K>>;

/// Runs a program once, to its end.
fn run_once<K: Kit>(program: fn(&World<K>) -> String) -> End {
    OUTPUT.set(Arc::default());
    let finals = World::<K>::run(program);
    let output = OUTPUT.with_borrow(|output| output.lock().expect("nobody panics in print").clone());
    (false, output, Some(finals))
}

/// How the scenario ends, by a path below `specs/` or a text.
fn as_scenario(source: &str, clock: Clock) -> BTreeSet<End> {
    let scenario = if source.ends_with(".yaml") {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(source))
    } else {
        read_text("notes.yaml", source, None)
    };
    let scenario = scenario.unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
    let outcomes = Checker::new().all_outcomes(&Arc::new(scenario), clock).expect("the search is complete");
    let end_of = |outcome: drawloom::run::ending::Outcome| {
        assert_eq!(outcome.errors, [], "no thread of the notes dies");
        let values: Vec<String> = outcome.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let deadlock = outcome.ending == Ending::Deadlock;
        (deadlock, outcome.output, (!deadlock).then(|| values.join(", ")))
    };
    outcomes.into_iter().map(end_of).collect()
}

fn in_rust(program: fn(&Sim) -> String, clock: Clock) -> BTreeSet<End> {
    let checker = if clock == Clock::Timed { Checker::exhaustive().timed() } else { Checker::exhaustive() };
    let report = checker.run(program);
    assert!(report.is_complete(), "{report}");
    let ends = report.endings().iter();
    ends.map(|ended| {
        assert_eq!(ended.panics, [], "{report}");
        (ended.ending == Ending::Deadlock, ended.output.clone(), ended.gave.clone())
    })
    .collect()
}

/// Real threads end in one of these ways. Those that do not end within a while may not have to.
fn agrees_with_real_threads(program: fn(&World<Std>) -> String, ends: &BTreeSet<End>) {
    let may_deadlock = ends.iter().any(|end| end.0);
    let runs = if ends.iter().all(|end| end.0) { 1 } else { RUNS };
    for _ in 0..runs {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(run_once(program)));
        let end = if may_deadlock {
            let Ok(end) = told.recv_timeout(PATIENCE) else { continue };
            end
        } else {
            told.recv().expect("it ends without a panic")
        };
        assert!(ends.contains(&end), "real threads end otherwise: {end:?}");
    }
}

fn agree(source: &str, sim: fn(&Sim) -> String, os: fn(&World<Std>) -> String) {
    for clock in [Clock::Untimed, Clock::Timed] {
        let ends = in_rust(sim, clock);
        assert!(!ends.is_empty());
        assert_eq!(ends, as_scenario(source, clock), "{clock:?}");
        if clock == Clock::Untimed {
            agrees_with_real_threads(os, &ends);
        }
    }
}

/// Each with its scenario: by its path, or its text.
macro_rules! notes {
    ($($program:ident: $source:expr;)*) => {
        $(
            #[test]
            fn $program() {
                agree($source, notes::$program, notes::$program);
            }
        )*
    };
}

notes! {
    lost_update: "lock/lost_update.yaml";
    lost_update_two: LOST_UPDATE_TWO;
    mutex: "lock/mutex.yaml";
    mutex_two: MUTEX_TWO;
    opposite_orders: "deadlock/threads.yaml";
    same_order: "deadlock/ordered.yaml";
    one_rlock: "rlock/threads.yaml";
    two_rlocks: "rlock/two_rlocks.yaml";
    one_plain_lock: "rlock/one_plain_lock.yaml";
    semaphore: SEMAPHORE;
    retry: RETRY;
    notify: NOTIFY;
    predicate: "condition/predicate.yaml";
    predicate_one: PREDICATE_ONE;
    timer: TIMER;
    fifo: "queue/fifo.yaml";
    lifo: "queue/lifo.yaml";
    priority: "queue/priority.yaml";
    sentinel: SENTINEL;
    joinable: "producers/joinable_threads.yaml";
    joinable_fixed: "producers/joinable_threads_fixed.yaml";
}

const LOST_UPDATE_TWO: &str = "
scenario: lost update, two threads
vars:
  data: 2
threads:
  worker:
    count: 2
    run: |
      temp = data
      sleep(random())
      data = temp - 1
";

const MUTEX_TWO: &str = "
scenario: mutex, two threads
vars:
  data: 2
objects:
  lock: Lock()
threads:
  worker:
    count: 2
    run: |
      with lock:
          temp = data
          sleep(random())
          data = temp - 1
";

const SEMAPHORE: &str = "
scenario: three threads, two permits
objects:
  sem: Semaphore(2)
threads:
  th:
    count: 3
    name: 线程{i}
    run: |
      sem.acquire()
      print(f'{name} 执行')
      sleep(2)
      print(f'{name} 离开')
      sem.release()
main: |
  start(th)
  join(th)
  print('主线程执行完毕')
";

const RETRY: &str = "
scenario: retry until an event is set, without the time
objects:
  event: Event()
threads:
  state_th:
    run: |
      sleep(randint(2, 5))
      event.set()
  conn_th:
    run: |
      connect_count = 1
      while 1:
          if event.is_set():
              print('连接成功')
              break
          elif connect_count > 3:
              print('连接失败')
              break
          else:
              print(f'第 {connect_count} 次尝试连接, 连接失败')
              connect_count += 1
              event.wait(1)
";

const NOTIFY: &str = "
scenario: wake one of two
objects:
  con: Condition()
threads:
  run:
    count: 2
    name: 线程{i}
    run: |
      con.acquire()
      con.wait()
      print(f'{name} 执行')
      con.release()
main: |
  start(run)
  con.acquire()
  con.notify(1)
  con.release()
  print('主线程结束')
";

const PREDICATE_ONE: &str = "
scenario: wait in a loop, alone
vars:
  tickets: 0
objects:
  con: Condition()
threads:
  waiter:
    run: |
      with con:
          while tickets == 0:
              con.wait()
          tickets -= 1
  notifier:
    run: |
      with con:
          tickets = 1
          con.notify_all()
";

const TIMER: &str = "
scenario: a timer, and a line of main
functions: |
  def func():
      print('fired')
main: |
  timer = Timer(1, func)
  timer.start()
  print('started')
";

const SENTINEL: &str = "
scenario: one end marker a consumer, two items, threads
objects:
  queue: Queue()
functions: |
  def consumer(index):
      while 1:
          data = queue.get()
          if not data:
              print(f'消费者{index} 结束')
              break
          print(f'消费者{index} 消费 {data}')

  def producer(consumer_size):
      for index in range(1, 3):
          sleep(randint(0, 2))
          queue.put(index)
          print(f'生产者 生产 {index}')
      for index in range(consumer_size):
          queue.put(None)
threads:
  consumers: {count: 2, run: consumer(i)}
  pro: {run: producer(2)}
";
