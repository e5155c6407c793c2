//! Random scenarios with an executor: work that meets, futures that are asked, cancelled and called back from.

use proptest::prelude::*;
use proptest::sample::select;

/// What work does.
const WORK: &[&str] = &[
    "x = n",
    "x += 1",
    "t = x",
    "sleep(1)",
    "print(n)",
    "print(current_thread().name, n)",
    "raise ValueError('v')",
    "pool.submit(idle)",
    "y = x",
];

/// What callbacks do.
const CALLED: &[&str] = &["y = 1", "x = 5", "print('called')", "future.result()", "raise KeyError('k')"];

/// What is done with a pool and the futures `f` and `g`.
const ASKED: &[&str] = &[
    "g = pool.submit(work, 2)",
    "g = pool.submit(work, 2)",
    "g = pool.submit(idle)",
    "t = f.cancel()",
    "t = g.cancel()",
    "t = f.result()",
    "t = g.result(timeout=1)",
    "t = f.done()",
    "t = g.running()",
    "t = f.exception()",
    "f.add_done_callback(called)",
    "g.add_done_callback(called)",
    "pool.shutdown()",
    "pool.shutdown(wait=False)",
    "pool.shutdown(wait=False, cancel_futures=True)",
    "t = list(pool.map(work, [3, 4]))",
    "pool.map(work, [3])",
    "x = 7",
    "print(x)",
];

fn lines(from: &'static [&'static str], least: usize, most: usize, indent: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(select(from), least..=most).prop_map(move |lines| lines.iter().map(|line| format!("{indent}{line}\n")).collect())
}

/// Random scenarios with an executor.
pub fn text() -> impl Strategy<Value = String> {
    let other = prop::option::weighted(0.4, lines(ASKED, 1, 2, "      "));
    (1..=2, lines(WORK, 1, 2, "      "), lines(CALLED, 1, 1, "      "), lines(ASKED, 1, 4, "  "), other).prop_map(
        |(workers, work, called, asked, other)| {
            let mut text = format!(
                "scenario: random\nvars: {{x: 0, y: 0}}\nobjects:\n  pool: ThreadPoolExecutor({workers})\nbounds: {{futures: 6}}\nfunctions: |\n  \
                 def idle():\n      pass\n  def work(n):\n      global x, y\n{work}      return n\n  def called(future):\n      global x, y\n{called}"
            );
            let begins = "f = pool.submit(work, 1)\n";
            if let Some(other) = &other {
                text += &format!("threads:\n  other:\n    run: |\n      f = g = pool.submit(work, 1)\n{other}");
            }
            text += "main: |\n";
            if other.is_some() {
                text += "  start(other)\n";
            }
            text + "  " + begins + "  g = f\n" + &asked
        },
    )
}
