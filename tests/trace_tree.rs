//! Does the search over traces explore exactly one execution of each trace, and find what brute force finds?

mod orbits;
mod random;
mod traces;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use drawloom::check::outcomes::Collector;
use drawloom::explore::brute_force::brute_force;
use drawloom::explore::counting::traces;
use drawloom::explore::races::Rule;
use drawloom::explore::trace_tree::{Options, TraceTree};
use drawloom::kernel::access::{Access, Role};
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read_text;
use drawloom::program::scenario::Scenario;
use drawloom::run::budget::{Budget, Spent};
use drawloom::run::ending::{Outcome, outcome};
use drawloom::run::footprints::Footprints;
use drawloom::run::happens_before::Signature;
use drawloom::run::visitor::{Flow, Visitor};
use drawloom::step::clock::Clock;
use drawloom::step::trap::Cause;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use random::{Line, program};

use crate::orbits::{orbit, permutations};
use crate::traces::every_execution;

const INTERLEAVINGS: u64 = 3_000;

/// Says of two uses whether they are meant.
type Pair = fn(Access, Access) -> bool;

fn cases(fallback: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(fallback);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

fn read(text: &str) -> Arc<Scenario> {
    Arc::new(read_text("traces.yaml", text, None).unwrap_or_else(|found| panic!("{}\n{text}", found.render(false))))
}

fn interpreter(scenario: &Arc<Scenario>, clock: Clock) -> Interpreter {
    Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry: false })
}

/// What a search over traces finds.
#[derive(Default)]
struct Found {
    outcomes: BTreeSet<Outcome>,
    signatures: BTreeSet<Signature>,
    tree: TraceTree,
}

fn explore(scenario: &Arc<Scenario>, clock: Clock, options: Options) -> Found {
    let (mut outcomes, mut signatures) = (BTreeSet::new(), BTreeSet::new());
    let tree = TraceTree::explore(&mut interpreter(scenario, clock), options, &mut |interpreter, visit, history| {
        let ending = visit.ending.expect("it is shown what has ended");
        outcomes.insert(outcome(interpreter, visit.state, ending));
        signatures.insert(history.signature());
        Ok(Flow::Continue)
    });
    Found { outcomes, signatures, tree: tree.expect("no thread is told apart without symmetry") }
}

/// The traces of all interleavings.
fn signatures(scenario: &Arc<Scenario>, clock: Clock, ignored: Option<Pair>) -> BTreeSet<Signature> {
    let mut all = BTreeSet::new();
    let visited = every_execution(&mut interpreter(scenario, clock), Footprints::ignoring(ignored), &mut |_, _, history| {
        all.insert(history.signature());
    });
    visited.expect("brute force has run it");
    all
}

/// The difference between the search over traces and brute force, if there is one; nothing to compare is no difference.
fn difference(scenario: &Arc<Scenario>, clock: Clock, options: Options) -> Option<String> {
    let everything = brute_force(&mut interpreter(scenario, clock), INTERLEAVINGS).ok().flatten()?;
    let ignored = options.ignored;
    let found = explore(scenario, clock, options);
    let signatures = signatures(scenario, clock, ignored);
    let counted = match ignored {
        None => traces(&mut interpreter(scenario, clock), 100_000).ok().flatten().map(|count| count.to_string()),
        Some(_) => Some(signatures.len().to_string()),
    };
    let executions = found.tree.executions;
    let wrong = [
        (!found.tree.is_complete(), format!("it is not complete: {:?} {:?}", found.tree.spent, found.tree.trap)),
        (found.tree.blocked > 0, format!("{} executions are given up", found.tree.blocked)),
        (found.outcomes != everything.outcomes, format!("{:?} instead of {:?}", found.outcomes, everything.outcomes)),
        (found.signatures != signatures, format!("{} traces of {}", found.signatures.len(), signatures.len())),
        (executions != signatures.len() as u64, format!("{executions} executions of {} traces", signatures.len())),
        (counted.as_ref() != Some(&executions.to_string()), format!("{executions} executions, {counted:?} traces are counted")),
    ];
    wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, what)| what)
}

/// The difference between the search that exchanges equal threads and brute force.
fn difference_with_symmetry(scenario: &Arc<Scenario>, clock: Clock) -> Option<String> {
    let everything = brute_force(&mut interpreter(scenario, clock), INTERLEAVINGS).ok().flatten()?;
    let mut symmetric = Interpreter::new(scenario.clone(), Mode { clock, keeps_output: true, symmetry: true });
    let (classes, threads) = (symmetric.threads.classes(), symmetric.machine.threads.len());
    let permutations = permutations(&classes, threads);
    let mut collector = Collector::new(&symmetric);
    let mut found = BTreeSet::new();
    let tree = TraceTree::explore(&mut symmetric, Options::default(), &mut |interpreter, visit, history| {
        found.insert(orbit(&history.signature(), &permutations));
        collector.visit(interpreter, visit)
    });
    // A program that tells equal threads apart is none of this search's.
    let tree = tree.ok()?;
    let traces = signatures(scenario, clock, None);
    let orbits: BTreeSet<Signature> = traces.iter().map(|trace| orbit(trace, &permutations)).collect();
    let wrong = [
        (!tree.is_complete(), format!("it is not complete: {:?} {:?}", tree.spent, tree.trap)),
        (collector.all(&symmetric.threads) != everything.outcomes, "the outcomes differ".to_owned()),
        // Where starts are events, equal threads are told apart by who was started first, though not by what they do.
        (found != orbits && !symmetric.machine.starts_are_seen(), format!("{} orbits of {}", found.len(), orbits.len())),
        (tree.executions > traces.len() as u64, format!("{} executions of {} traces", tree.executions, traces.len())),
        (tree.blocked > 0, format!("{} executions are given up", tree.blocked)),
    ];
    wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, what)| what)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn every_trace_is_explored_up_to_an_exchange_of_equal_threads(mut program in program(), daemon in any::<bool>()) {
        // Without other threads than the equal ones, more programs are small enough.
        program.group = program.group.or_else(|| Some((program.singles[0].0.clone(), 3)));
        program.singles = if daemon { vec![(vec![Line::Plain("x = 1")], true)] } else { vec![(vec![Line::Plain("t = 1")], false)] };
        let scenario = read(&program.text(false));
        for clock in [Clock::Untimed, Clock::Timed] {
            let found = difference_with_symmetry(&scenario, clock);
            prop_assert!(found.is_none(), "{:?}: {}\n{}", clock, found.unwrap(), program.text(false));
        }
    }

    #[test]
    fn every_trace_is_explored_once(program in program()) {
        let scenario = read(&program.text(false));
        // Once with all states that were known forgotten again and again.
        for (clock, kept) in [(Clock::Untimed, None), (Clock::Timed, None), (Clock::Untimed, Some(0))] {
            let found = difference(&scenario, clock, Options { kept, ..Options::default() });
            prop_assert!(found.is_none(), "{:?}: {}\n{}", clock, found.unwrap(), program.text(false));
        }
    }
}

fn lost(threads: usize) -> String {
    format!("scenario: lost\nvars: {{data: {threads}}}\nthreads:\n  w: {{count: {threads}, run: \"temp = data\\ndata = temp - 1\"}}\n")
}

fn mutex(threads: usize) -> String {
    format!(
        "scenario: mutex\nvars: {{data: {threads}}}\nobjects: {{lock: Lock()}}\nthreads:\n  w: {{count: {threads}, run: \"lock.acquire()\\ntemp = data\\ndata = temp - 1\\nlock.release()\"}}\n"
    )
}

fn philosophers(count: usize) -> String {
    let forks: Vec<String> = (0..count).map(|i| format!("f{i}: Lock()")).collect();
    let thread = |i: usize| {
        let next = (i + 1) % count;
        format!("  p{i}: {{run: \"f{i}.acquire()\\nf{next}.acquire()\\nf{next}.release()\\nf{i}.release()\"}}\n")
    };
    let threads: String = (0..count).map(thread).collect();
    format!("scenario: philosophers\nobjects: {{{}}}\nthreads:\n{threads}", forks.join(", "))
}

fn readers(count: usize) -> String {
    format!("scenario: readers\nvars: {{x: 0}}\nthreads:\n  writer: {{run: \"x = 1\"}}\n  reader: {{count: {count}, run: \"t = x\"}}\n")
}

/// Writer `j` sets `a[j]` to `a[j - 1] + 1`; a reader looks for the last item that is zero. Abdulla et al. 2014.
fn last_zero(count: usize) -> String {
    let items: String = (0..=count).map(|j| format!("  a{j}: 0\n")).collect();
    let looks = (1..=count).rev().map(|j| format!("      {}if a{j} != 0:\n", "    ".repeat(count - j)));
    let reader: String = looks.collect();
    let last = format!("      {}t = a0\n", "    ".repeat(count));
    let writers: String = (1..=count).map(|j| format!("  w{j}: {{run: \"a{j} = a{} + 1\"}}\n", j - 1)).collect();
    format!("scenario: last zero\nvars:\n{items}threads:\n  reader:\n    run: |\n{reader}{last}{writers}")
}

/// Threads put four entries each into a hash table of 128 places: those from the twelfth on may meet. A place that is taken
/// by compare-and-swap is a lock that is acquired if it is free. Flanagan and Godefroid 2005.
fn indexer(threads: usize) -> String {
    let mut slots = BTreeSet::new();
    let mut bodies = String::new();
    for thread in 0..threads {
        bodies += &format!("  t{thread}:\n    run: |\n");
        for entry in 1..=4 {
            let hash = (entry * 11 + thread) * 7;
            let tried: Vec<usize> = (hash..hash + 8).map(|place| place % 128).collect();
            let names: Vec<String> = tried.iter().map(|slot| format!("s{slot}")).collect();
            bodies += &format!("      for slot in [{}]:\n          if slot.acquire(False):\n              break\n", names.join(", "));
            slots.extend(tried);
        }
    }
    let objects: String = slots.iter().map(|slot| format!("  s{slot}: Lock()\n")).collect();
    format!("scenario: indexer\nobjects:\n{objects}threads:\n{bodies}")
}

/// Threads allocate one of 26 blocks each for an inode of their own: those from the fourteenth on may meet. Whether a
/// block is busy is an event. Flanagan and Godefroid 2005.
fn file_system(threads: usize) -> String {
    let inodes: String = (0..threads).map(|i| format!("  inode{i}: 0\n")).collect();
    let locks: String = (0..threads).map(|i| format!("  locki{i}: Lock()\n")).collect();
    let blocks: String = (0..26).map(|b| format!("  lockb{b}: Lock()\n  busy{b}: Event()\n")).collect();
    let body = |i: usize| {
        let tried: Vec<String> = (0..26).map(|k| (2 * i + k) % 26).map(|b| format!("({b}, lockb{b}, busy{b})")).collect();
        format!(
            "  t{i}:\n    run: |\n      with locki{i}:\n          if inode{i} == 0:\n              for b, lock, busy in [{}]:\n                  lock.acquire()\n                  if not busy.is_set():\n                      busy.set()\n                      inode{i} = b + 1\n                      lock.release()\n                      break\n                  lock.release()\n",
            tried.join(", ")
        )
    };
    let bodies: String = (0..threads).map(body).collect();
    format!("scenario: file system\nvars:\n{inodes}objects:\n{locks}{blocks}threads:\n{bodies}")
}

fn semaphore(threads: usize, permits: usize) -> String {
    format!(
        "scenario: sem\nobjects: {{sem: Semaphore({permits})}}\nthreads:\n  w: {{count: {threads}, run: \"sem.acquire()\\nsem.release()\"}}\n"
    )
}

fn executions(text: &str, symmetry: bool) -> u64 {
    let mut interpreter = Interpreter::new(read(text), Mode { clock: Clock::Untimed, keeps_output: false, symmetry });
    let before = Instant::now();
    let tree = TraceTree::explore(&mut interpreter, Options::default(), &mut |_, _, _| Ok(Flow::Continue)).expect("nothing is told apart");
    let name = text["scenario: ".len()..].lines().next().unwrap_or_default();
    let TraceTree { executions, transitions, most_planned, .. } = tree;
    println!("{name:>12}: {executions:>6} executions, {transitions:>6} transitions, {most_planned:>5} planned, {:?}", before.elapsed());
    assert!(tree.is_complete() && tree.blocked == 0);
    executions
}

#[test]
fn known_programs_have_as_many_executions_as_the_literature_says() {
    for (threads, known) in [(2, 4), (3, 36), (4, 576), (5, 14_400)] {
        assert_eq!(executions(&lost(threads), false), known, "lost({threads})");
    }
    for (threads, known) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720)] {
        assert_eq!(executions(&mutex(threads), false), known, "mutex({threads})");
    }
    for (count, known) in [(3, 7), (4, 15), (5, 31), (6, 63), (7, 127), (8, 255)] {
        assert_eq!(executions(&philosophers(count), false), known, "philosophers({count})");
    }
    for (count, known) in [(2, 4), (8, 256), (13, 8_192)] {
        assert_eq!(executions(&readers(count), false), known, "readers({count})");
    }
    for (count, known) in [(3, 12), (5, 64), (10, 3_328)] {
        assert_eq!(executions(&last_zero(count), false), known, "last_zero({count})");
    }
    for (threads, known) in [(11, 1), (12, 8), (13, 64), (14, 512), (15, 4_096)] {
        assert_eq!(executions(&indexer(threads), false), known, "indexer({threads})");
    }
    for (threads, known) in [(13, 1), (14, 2), (16, 8), (18, 32), (19, 64)] {
        assert_eq!(executions(&file_system(threads), false), known, "file_system({threads})");
    }
    assert_eq!(executions(&semaphore(5, 3), false), 11_760, "semaphore(5, 3)");
}

#[test]
fn equal_threads_are_exchanged() {
    for (threads, known) in [(3, 15), (4, 105), (5, 945)] {
        assert_eq!(executions(&lost(threads), true), known, "lost({threads})");
    }
    for threads in [5, 20, 60] {
        assert_eq!(executions(&mutex(threads), true), 1, "mutex({threads})");
    }
    for (count, known) in [(2, 3), (8, 9), (13, 14)] {
        assert_eq!(executions(&readers(count), true), known, "readers({count})");
    }
    assert_eq!(executions(&semaphore(5, 3), true), 98, "semaphore(5, 3)");
}

#[test]
fn what_goes_in_circles_is_stopped_and_says_so() {
    let text = "scenario: circle\nvars: {x: 0}\nthreads:\n  a: {run: \"while not x:\\n    pass\"}\n  b: {run: \"x = 1\"}\n";
    let stopped = |budget: Budget| explore(&read(text), Clock::Untimed, Options { budget, ..Options::default() }).tree.spent;
    assert_eq!(stopped(Budget { steps: 200, ..Budget::default() }), Some(Spent::Steps(200)));
    assert_eq!(stopped(Budget { states: 100, ..Budget::default() }), Some(Spent::States(100)));
}

#[test]
fn long_executions_are_no_trouble() {
    let loops = |name: &str, variable: &str| format!("  {name}: {{run: \"for k in range(5000):\\n    {variable} = k\\nz = 1\"}}\n");
    let text = format!("scenario: long\nvars: {{x: 0, y: 0, z: 0}}\nthreads:\n{}{}", loops("a", "x"), loops("b", "y"));
    let mut interpreter = interpreter(&read(&text), Clock::Untimed);
    let tree = TraceTree::explore(&mut interpreter, Options::default(), &mut |_, _, _| Ok(Flow::Continue)).expect("nothing is told apart");
    assert_eq!((tree.executions, tree.is_complete()), (2, true));
    // The other order is planned as all that the other thread does.
    assert!(tree.most_planned > 5_000);
}

#[test]
fn a_trap_is_found_with_the_choices_that_lead_to_it() {
    let text = "scenario: trap\nvars: {x: 0}\nobjects: {q: Queue()}\nbounds: {queue: 2}\nthreads:\n  a: {count: 3, run: \"q.put(1)\"}\n  b: {run: \"x = 1\"}\n";
    let tree = explore(&read(text), Clock::Untimed, Options::default()).tree;
    let (trap, choices) = tree.trap.expect("the third item is one too many");
    assert_eq!((trap.cause, choices.iter().filter(|choice| choice.thread.0 <= 3).count()), (Cause::Queue(2), 3));
}

fn both(a: Access, b: Access, role: Role) -> bool {
    a.role == role && b.role == role
}

/// The first of a fixed series of random programs that shows that a search is wrong.
fn caught(programs: usize, options: &Options) -> Option<usize> {
    let mut runner = TestRunner::deterministic();
    (0..programs).find(|_| {
        let program = program().new_tree(&mut runner).expect("every program is accepted").current();
        let scenario = read(&program.text(false));
        // What a wrong search plans may turn out to be impossible, which its own assertions notice.
        let found = catch_unwind(AssertUnwindSafe(|| difference(&scenario, Clock::Untimed, options.clone())));
        !matches!(found, Ok(None))
    })
}

#[test]
fn a_search_that_leaves_something_out_is_caught() {
    // That clear and clear are independent is not among the mistakes: where events are cleared, waiters enrol, and no
    // clear keeps anybody from anything.
    let wrong = [
        ("direct races only", Options { rule: Rule::DirectOnly, ..Options::default() }),
        ("no races of what waits at the end", Options { rule: Rule::EventsOnly, ..Options::default() }),
        ("take and take independent", Options { ignored: Some(|a, b| both(a, b, Role::Take)), ..Options::default() }),
        ("put and put independent", Options { ignored: Some(|a, b| both(a, b, Role::Put)), ..Options::default() }),
    ];
    for (name, options) in wrong {
        let at = caught(1_500, &options);
        println!("{name}: caught by program {at:?}");
        assert!(at.is_some(), "{name}: not caught");
    }
}
