//! Are the numbers right that the literature and hand counts give? States, orbits, interleavings and traces of known programs.

use std::sync::Arc;

use drawloom::explore::counting::{interleavings, traces};
use drawloom::explore::state_graph::{Options, StateGraph};
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read_text;
use drawloom::program::scenario::Scenario;
use drawloom::run::visitor::{Flow, Visit, Visitor};
use drawloom::step::clock::Clock;
use drawloom::step::trap::Stop;
use num_bigint::BigUint;

fn read(text: &str) -> Arc<Scenario> {
    Arc::new(read_text("counts.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))))
}

fn interpreter(text: &str, symmetry: bool) -> Interpreter {
    Interpreter::new(read(text), Mode { clock: Clock::Untimed, keeps_output: false, symmetry })
}

struct Nobody;

impl Visitor<Interpreter> for Nobody {
    fn visit(&mut self, _: &mut Interpreter, _: Visit<'_>) -> Result<Flow, Stop> {
        Ok(Flow::Continue)
    }
}

fn states(text: &str, symmetry: bool, reduction: bool) -> u64 {
    let options = Options { reduction, ..Options::default() };
    let graph = StateGraph::explore(&mut interpreter(text, symmetry), options, &mut Nobody).expect("no thread is told apart");
    assert!(graph.spent.is_none() && graph.trap.is_none());
    graph.states()
}

fn count_interleavings(text: &str) -> String {
    interleavings(&mut interpreter(text, false), 1_000_000).unwrap().expect("it is finite").to_string()
}

fn count_traces(text: &str) -> String {
    traces(&mut interpreter(text, false), 3_000_000).unwrap().expect("it is finite").to_string()
}

fn lost(threads: u32) -> String {
    format!("scenario: lost\nvars: {{data: {threads}}}\nthreads:\n  w: {{count: {threads}, run: \"temp = data\\ndata = temp - 1\"}}\n")
}

fn mutex(threads: u32) -> String {
    format!(
        "scenario: mutex\nvars: {{data: {threads}}}\nobjects: {{lock: Lock()}}\nthreads:\n  w: {{count: {threads}, run: \"lock.acquire()\\ntemp = data\\ndata = temp - 1\\nlock.release()\"}}\n"
    )
}

fn semaphore(threads: u32, permits: u32) -> String {
    format!(
        "scenario: sem\nobjects: {{sem: Semaphore({permits})}}\nthreads:\n  w: {{count: {threads}, run: \"sem.acquire()\\nsem.release()\"}}\n"
    )
}

fn philosophers(count: u32) -> String {
    let forks: Vec<String> = (0..count).map(|i| format!("f{i}: Lock()")).collect();
    let threads: Vec<String> = (0..count)
        .map(|i| {
            let next = (i + 1) % count;
            format!("  p{i}: {{run: \"f{i}.acquire()\\nf{next}.acquire()\\nf{next}.release()\\nf{i}.release()\"}}\n")
        })
        .collect();
    format!("scenario: philosophers\nobjects: {{{}}}\nthreads:\n{}", forks.join(", "), threads.concat())
}

fn factorial(n: u32) -> String {
    (1..=n).map(BigUint::from).product::<BigUint>().to_string()
}

#[test]
fn lost_update_has_the_known_states_interleavings_and_traces() {
    let known = [(2, 12, 8, "6", "4"), (3, 0, 20, "90", "36"), (4, 0, 0, "2520", "576"), (5, 2027, 112, "113400", "14400")];
    for (threads, plain, orbits, ways, classes) in known {
        let text = lost(threads);
        if plain > 0 {
            assert_eq!(states(&text, false, false), plain, "states of lost({threads})");
        }
        if orbits > 0 {
            assert_eq!(states(&text, true, false), orbits, "orbits of lost({threads})");
        }
        assert_eq!(count_interleavings(&text), ways, "interleavings of lost({threads})");
        assert_eq!(count_traces(&text), classes, "traces of lost({threads})");
    }
}

#[test]
fn orbits_of_lost_update_follow_the_formula() {
    for threads in 2..=8 {
        assert_eq!(states(&lost(threads), true, true), u64::from(threads + 2) << (threads - 1), "lost({threads})");
    }
}

#[test]
fn a_mutex_has_as_many_traces_as_orders() {
    for threads in 1..=6 {
        assert_eq!(count_traces(&mutex(threads)), factorial(threads), "mutex({threads})");
    }
    assert_eq!(states(&mutex(10), false, false), 16_384);
    assert_eq!(states(&mutex(10), true, true), 41);
    assert_eq!(states(&mutex(100), true, true), 401);
}

#[test]
fn semaphores_have_the_known_states() {
    assert_eq!(states(&semaphore(10, 3), false, false), 33_024);
    assert_eq!(states(&semaphore(10, 3), true, false), 38);
    assert_eq!(states(&semaphore(10, 3), true, true), 21);
}

#[test]
fn philosophers_have_the_known_states_and_traces() {
    for (count, plain, classes) in [(3, 87, "7"), (4, 391, "15"), (5, 1_743, "31"), (6, 7_759, "63")] {
        assert_eq!(states(&philosophers(count), false, false), plain, "philosophers({count})");
        assert_eq!(count_traces(&philosophers(count)), classes, "philosophers({count})");
        assert!(states(&philosophers(count), false, true) < plain, "philosophers({count}) are reduced");
    }
}
