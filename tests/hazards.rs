//! Is every hazard found in its smallest example, as docs/hazards.md shows it, and none where there is none?

use std::collections::BTreeSet;
use std::sync::Arc;

use drawloom::check::hazard::Kind;
use drawloom::checker::Checker;
use drawloom::program::read::read_text;
use drawloom::run::execution::Execution;

/// The hazards that checking a scenario tells of. Every claim has to hold.
fn hazards(text: &str) -> BTreeSet<Kind> {
    let scenario = Arc::new(read_text("hazard.yaml", text, None).unwrap_or_else(|found| panic!("{}\n{text}", found.render(false))));
    let report = Checker::new().check(&scenario);
    assert!(report.holds(), "{:?}\n{text}", report.judgements);
    for danger in &report.dangers {
        let Some(schedule) = &danger.schedule else { continue };
        let mode = drawloom::program::interpreter::Mode { clock: schedule.clock, keeps_output: true, symmetry: false };
        let mut interpreter = drawloom::program::interpreter::Interpreter::new(scenario.clone(), mode);
        let mut execution = Execution::begin(&mut interpreter).expect("it begins");
        let replayed = execution.replay(&schedule.choices).expect("it does not stop");
        assert!(replayed.is_ok(), "{replayed:?}\n{text}");
    }
    report.dangers.iter().map(|danger| danger.hazard.kind).collect()
}

/// Each heading of the page, with the example under it.
fn examples() -> Vec<(String, String)> {
    let page = include_str!("../docs/hazards.md");
    let sections = page.split("\n## ").skip(1);
    sections
        .map(|section| {
            let (heading, rest) = section.split_once('\n').expect("a heading has a text");
            let (_, code) = rest.split_once("```yaml\n").unwrap_or_else(|| panic!("{heading} has no example"));
            let (code, _) = code.split_once("```").expect("an example ends");
            (heading.to_owned(), code.to_owned())
        })
        .collect()
}

#[test]
fn every_hazard_is_explained_and_its_example_shows_it() {
    let examples = examples();
    let headings: Vec<&str> = examples.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(headings, Kind::ALL.map(Kind::name));
    for (kind, (_, text)) in Kind::ALL.into_iter().zip(&examples) {
        let found = hazards(text);
        assert!(found.contains(&kind), "{} is not among {found:?}\n{text}", kind.name());
        let beside = found.iter().filter(|other| **other != kind).count();
        assert!(beside <= 1, "the example of {} shows too much else: {found:?}", kind.name());
    }
}

#[test]
fn nothing_is_told_of_programs_that_are_right() {
    let right = [
        "scenario: x\nobjects: {a: Lock(), b: Lock()}\nmain: |\n  with a, b: pass\n  with b, a: pass\n",
        "scenario: x\nobjects: {a: Lock(), b: Lock()}\nthreads:\n  one: |\n    with a, b: pass\n    with b, a: pass\n  two: \"with a: pass\"\n",
        "scenario: x\nvars: {n: 0}\nobjects: {lock: Lock()}\nthreads:\n  worker:\n    count: 3\n    run: |\n      with lock:\n          n += 1\nclaims:\n  - finally: n == 3\n",
        "scenario: x\nobjects: {a: Lock(), b: Lock()}\nthreads:\n  one: \"with a, b: pass\"\n  two: \"with a, b: pass\"\n",
        "scenario: x\nvars: {ready: false}\nobjects: {cond: Condition()}\nthreads:\n  waiter: |\n    with cond:\n        while not ready:\n            cond.wait()\n  notifier: |\n    with cond:\n        ready = True\n        cond.notify()\n",
        "scenario: x\nobjects: {q: Queue()}\nthreads:\n  worker:\n    daemon: true\n    run: |\n      while True:\n          item = q.get()\n          q.task_done()\nmain: |\n  start(worker)\n  q.put(0)\n  q.join()\n",
        "scenario: x\nobjects: {pool: ThreadPoolExecutor(2)}\nfunctions: |\n  def work(n):\n      return n\nmain: |\n  with pool:\n      print(pool.submit(work, 1).result())\n",
    ];
    for text in right {
        assert_eq!(hazards(text), BTreeSet::new(), "{text}");
    }
}
