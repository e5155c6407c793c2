//! Is what can happen in Python possible here as well, in the corners where it was not once?

use std::sync::Arc;

use drawloom::checker::Checker;
use drawloom::program::read::read_text;

fn holds(text: &str) {
    let scenario = Arc::new(read_text("corner.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))));
    let report = Checker::new().check(&scenario);
    assert!(report.holds(), "{:#?}\n{text}", report.judgements);
}

fn refused(text: &str, why: &str) {
    let found = read_text("corner.yaml", text, None).err().unwrap_or_else(|| panic!("this is read:\n{text}"));
    assert!(found.render(false).contains(why), "{}", found.render(false));
}

/// Read, but stopped where the search comes to it.
fn stopped(text: &str, why: &str) {
    let scenario = Arc::new(read_text("corner.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))));
    let report = Checker::new().check(&scenario);
    assert!(!report.holds());
    assert!(report.searches.iter().filter_map(|search| search.trap.as_ref()).any(|(trap, _)| format!("{trap:?}").contains(why)), "{text}");
}

#[test]
fn a_thread_is_not_renamed_while_others_may_read_its_name() {
    let functions = "scenario: x\nfunctions: |\n  def f():\n      print(current_thread().name)\n";
    holds(&format!("{functions}main: |\n  t = Thread(target=f)\n  t.name = 'late'\n  t.start()\nclaims:\n  - prints: \"late\\n\"\n"));
    stopped(&format!("{functions}main: |\n  t = Thread(target=f)\n  t.start()\n  t.name = 'late'\n"), "set it before `start()`");
}

#[test]
fn a_thread_may_be_alive_after_its_last_operation() {
    holds(
        "scenario: x\nobjects: {e: Event()}\nthreads:\n  a: e.set()\nmain: |\n  start(a)\n  e.wait()\n  print(a.is_alive())\nclaims:\n  - outputs: 2\n",
    );
    holds("scenario: x\nthreads:\n  a: pass\nmain: |\n  start(a)\n  print(a.is_alive())\nclaims:\n  - outputs: 2\n");
    holds(
        "scenario: x\nthreads:\n  a: raise ValueError('x')\nmain: |\n  start(a)\n  a.join(0)\n  print(a.is_alive())\nclaims:\n  - outputs: 2\n  - errors: {ValueError: certain}\n",
    );
}

#[test]
fn claims_see_what_the_last_transition_has_bound() {
    let threads = "scenario: x\nvars: {x: 0, y: 0}\nthreads:\n  a: |\n    x = 1\n    r = y\n  b: |\n    y = 1\n    r = x\n";
    holds(&format!("{threads}claims:\n  - sometimes: a.r == 1\n  - possibly: a.r == 1 and b.r == 1\n  - finally: a.r == 1 or b.r == 1\n"));
    holds("scenario: x\nvars: {x: 0}\nthreads:\n  many: {count: 2, run: r = x}\nclaims:\n  - finally: many[1].r == 0\n");
}

#[test]
fn what_would_be_two_names_of_one_container_is_refused() {
    refused("scenario: x\nvars: {xs: []}\nmain: |\n  ys = xs\n  ys.append(1)\n", "must not begin as another name");
    refused("scenario: x\nobjects: {q: Queue()}\nmain: |\n  q.put([])\n  ys = q.get()\n  ys.append(1)\n", "must not begin as another name");
    holds(
        "scenario: x\nvars: {xs: [0]}\nmain: |\n  ys = list(xs)\n  ys.append(1)\n  print(xs, ys)\nclaims:\n  - prints: \"[0] [0, 1]\\n\"\n",
    );
}

#[test]
fn a_process_has_variables_of_its_own() {
    holds(
        "scenario: x\nvars: {n: 5}\nprocesses:\n  child: |\n    n -= 1\n    print(n)\nmain: |\n  n = 3\n  start(child)\n  n = 9\n  join(child)\n  print(n)\nclaims:\n  - outputs: 1\n  - prints: |\n      2\n      9\n",
    );
}
