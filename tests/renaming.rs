//! Are the verdicts right, with equal threads renamed and without, where names and numbers of threads could be mixed up?

use std::sync::Arc;

use drawloom::checker::Checker;
use drawloom::program::read::read_text;

/// Asserts that all claims of a scenario hold, whether equal threads may be renamed or not.
fn holds(text: &str) {
    let scenario = Arc::new(read_text("renaming.yaml", text, None).unwrap_or_else(|found| panic!("{}", found.render(false))));
    for symmetry in [false, true] {
        let report = Checker::new().symmetry(symmetry).check(&scenario);
        assert!(report.holds(), "with symmetry {symmetry}: {report:?}\n{text}");
    }
}

#[test]
fn each_declaration_counts_from_zero() {
    holds(
        "scenario: numbers of two declarations\nvars: {owner: null, hit: 0}\nthreads:\n  a: {count: 2, run: owner = i}\n  b: {count: 2, run: \"if owner == i: hit = 1\"}\nclaims:\n  - outcomes: {hit: [0, 1]}\n",
    );
    holds(
        "scenario: numbers as keys\nvars: {seen: {}}\nthreads:\n  a: {count: 2, run: 'seen[i] = 1'}\n  b: {count: 2, run: 'seen[i] = 1'}\nclaims:\n  - finally: len(seen) == 2\n",
    );
}

#[test]
fn equal_outputs_count_once() {
    let claims = "claims:\n  - outputs: ";
    for (threads, outputs) in [
        ("a: {count: 2, run: print(i)}\n  b: {count: 2, run: print(i)}", 6),
        ("a: {count: 2, name: 't{i}', run: print(name)}\n  b: {count: 2, name: 't{i}', run: print(name)}", 6),
        ("w: {count: 2, run: \"print(name if randint(0, 1) else f'w-{i}')\"}", 2),
        ("w: {count: 2, run: \"print(name, end='')\"}", 2),
        ("w: {count: 2, run: \"print('w-0' if randint(0, 1) else name)\"}", 3),
        ("w: {count: 3, run: print(name)}", 6),
        ("w: {count: 3, run: \"print(f'{name} and {i}')\"}", 6),
        ("w: {count: 2, run: \"print(current_thread().name)\"}", 2),
    ] {
        holds(&format!("scenario: outputs\nthreads:\n  {threads}\n{claims}{outputs}\n"));
    }
}

#[test]
fn a_name_written_otherwise_is_the_same_name() {
    holds(
        "scenario: a name put together\nvars: {hit: 0}\nthreads:\n  w: {count: 2, run: \"if name == f'w-{i}': hit = 1\"}\nclaims:\n  - finally: hit == 1\n",
    );
    holds(
        "scenario: one of them by name\nvars: {hits: 0}\nobjects: {lock: Lock()}\nthreads:\n  w:\n    count: 3\n    run: |\n      if name == 'w-1':\n        with lock:\n          hits += 1\nclaims:\n  - finally: hits == 1\n",
    );
    holds(
        "scenario: the last one\nvars: {last: null}\nthreads:\n  w: {count: 2, run: last = name}\nclaims:\n  - outcomes: {last: [w-0, w-1]}\n",
    );
}
