//! Do the notes' programs end in Rust as they do as scenarios? On both clocks, and on real threads.

mod notes;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use drawloom::program::read::{read, read_text};
use drawloom::runtime::os::Std;
use drawloom::step::clock::Clock;
use drawloom::step::ending::Ending;
use drawloom::{Checker, Engine, Sim};

use crate::notes::world::{End, World, in_rust, run_once};

/// On so many real runs it is looked at how they end.
const RUNS: usize = 10;

/// So long may a real run take that is allowed to deadlock, before it is given up.
const PATIENCE: Duration = Duration::from_millis(150);

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

/// A program, and its scenario, end in the same ways.
fn agree<const FOLLOWS_TRACES: bool>(source: &str, counts: [usize; 2], sim: fn(&Sim) -> String, os: fn(&World<Std>) -> String) {
    for (clock, count) in [Clock::Untimed, Clock::Timed].into_iter().zip(counts) {
        let ends = in_rust(Checker::exhaustive(), sim, clock);
        assert_eq!(ends.len(), count, "{clock:?}");
        if FOLLOWS_TRACES {
            assert_eq!(in_rust(Checker::exhaustive().engine(Engine::TraceTree), sim, clock), ends, "{clock:?}");
        }
        assert_eq!(ends, as_scenario(source, clock), "{clock:?}");
        if clock == Clock::Untimed {
            agrees_with_real_threads(os, &ends);
        }
    }
}

/// Each with its scenario, by its path or its text, and in how many ways it ends: untimed, timed. Where the notes' programs
/// were counted by others as well, it is their figure.
macro_rules! notes {
    ($($program:ident: $source:expr => $untimed:expr, $timed:expr;)*) => {
        $(
            #[test]
            fn $program() {
                agree::<false>($source, [$untimed, $timed], notes::$program, notes::$program);
            }
        )*
    };
    (executors $($program:ident: $source:expr => $untimed:expr, $timed:expr;)*) => {
        $(
            #[test]
            fn $program() {
                agree::<true>($source, [$untimed, $timed], notes::executors::$program, notes::executors::$program);
            }
        )*
    };
}

/// An executor with so many workers, and a main that gives it so much work.
macro_rules! executor {
    ($workers:expr, $main:expr, $items:expr) => {
        &format!(
            "scenario: an executor\nobjects:\n  executor: ThreadPoolExecutor({})\n{FUNCTIONS}{}",
            $workers,
            $main.replace("ITEMS", stringify!($items))
        )
    };
}

notes! {
    lost_update: "lock/lost_update.yaml" => 5, 1;
    lost_update_two: LOST_UPDATE_TWO => 2, 1;
    mutex: "lock/mutex.yaml" => 1, 1;
    mutex_two: MUTEX_TWO => 1, 1;
    opposite_orders: "deadlock/threads.yaml" => 20, 2;
    same_order: "deadlock/ordered.yaml" => 10, 4;
    one_rlock: "rlock/threads.yaml" => 10, 4;
    two_rlocks: "rlock/two_rlocks.yaml" => 20, 2;
    one_plain_lock: "rlock/one_plain_lock.yaml" => 2, 2;
    semaphore: SEMAPHORE => 54, 24;
    retry: RETRY => 5, 3;
    notify: NOTIFY => 5, 5;
    predicate: "condition/predicate.yaml" => 1, 1;
    predicate_one: PREDICATE_ONE => 1, 1;
    timer: TIMER => 2, 1;
    fifo: "queue/fifo.yaml" => 1, 1;
    lifo: "queue/lifo.yaml" => 1, 1;
    priority: "queue/priority.yaml" => 1, 1;
    sentinel: SENTINEL => 68, 68;
    joinable: "producers/joinable_threads.yaml" => 60, 60;
    joinable_fixed: "producers/joinable_threads_fixed.yaml" => 48, 48;
}

notes! {
    executors
    thread_local: THREAD_LOCAL => 90, 36;
    simulated_local: "local/simulated_three.yaml" => 540, 216;
    recycled: "local/recycled.yaml" => 2, 2;
    executor_init: "executor/init.yaml" => 1, 1;
    two_workers: executor!(2, POOLED, 3) => 18, 8;
    results: RESULTS => 1, 1;
    shutdown_one: executor!(5, POOLED, 1) => 1, 1;
    shutdown_two: executor!(5, POOLED, 2) => 6, 4;
    shutdown_three: executor!(5, POOLED, 3) => 87, 36;
    map_two: executor!(5, MAPPED, 2) => 6, 4;
    map_three: executor!(5, MAPPED, 3) => 87, 36;
    map_results: MAP_RESULTS => 1, 1;
    map_error: MAP_ERROR => 6, 6;
    callback_one: executor!(5, TOLD, 1) => 2, 1;
    callback_two: executor!(5, TOLD, 2) => 32, 12;
    crawl: CRAWL => 6, 6;
    nested: "executor/nested.yaml" => 1, 1;
}

const FUNCTIONS: &str = "
functions: |
  def func(data):
      sleep(1)
      print(f'{current_thread().name} 执行 : {data}')
      return data ** 2

  def func_callback(data):
      print(f'{current_thread().name} 获取回调的值 : {data.result()}')

main: |
";

const POOLED: &str = "
  futures = [executor.submit(func, item) for item in range(ITEMS)]
  executor.shutdown()
  print('执行完毕')
  for item in futures:
      print(item.result())
";

const MAPPED: &str = "
  executor.map(func, range(ITEMS))
  executor.shutdown()
";

const TOLD: &str = "
  for item in range(ITEMS):
      executor.submit(func, item).add_done_callback(func_callback)
  executor.shutdown()
";

const THREAD_LOCAL: &str = "
scenario: thread-local data, three threads
objects:
  local_data: local()
functions: |
  def task(arg):
      local_data.data = arg
      print(f'线程 {current_thread().name} 存数据 : {arg}')
      sleep(1)
      print(f'线程 {current_thread().name} 取数据 : {local_data.data}')
threads:
  th:
    count: 3
    name: Thread-{i+1}
    run: task(i)
";

const RESULTS: &str = "
scenario: results in the order of the submits, three pieces of work
objects:
  executor: ThreadPoolExecutor(2)
functions: |
  def task(data):
      sleep(2)
      return data ** 2
main: |
  futures = [executor.submit(task, item) for item in range(3)]
  for item in futures:
      print(f'返回数据 : {item.result()}')
";

const MAP_RESULTS: &str = "
scenario: map gives results in the order of its input, three pieces of work
objects:
  executor: ThreadPoolExecutor()
functions: |
  def func(data):
      sleep(3 - data)
      return data ** 2
main: |
  for result in executor.map(func, range(3)):
      print(result)
";

const MAP_ERROR: &str = "
scenario: an exception that vanishes, three pieces of work
objects:
  executor: ThreadPoolExecutor()
functions: |
  def func(data):
      print(f'执行 : {data}')
      if data == 1:
          raise ValueError('bad item')
      return data ** 2
main: |
  executor.map(func, range(3))
  executor.shutdown()
";

const CRAWL: &str = "
scenario: three pages, in any order
objects:
  executor: ThreadPoolExecutor()
functions: |
  def request_url(url):
      sleep(random())
      return url

  def request_callback(url_data):
      print(url_data.result())
main: |
  for item in ['baidu', 'qq', '163']:
      executor.submit(request_url, item).add_done_callback(request_callback)
  executor.shutdown()
";

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
