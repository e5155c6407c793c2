//! Random scenarios over all primitives, small enough for brute force: proptest makes them, and shrinks them.

use proptest::prelude::*;

/// A statement of a body.
#[derive(Clone, Debug)]
pub enum Line {
    /// A plain line.
    Plain(&'static str),
    /// A block with lines inside.
    Block(&'static str, Vec<Line>),
}

/// A random scenario.
#[derive(Clone, Debug)]
pub struct Program {
    /// The bodies of single threads, and whether each is a daemon.
    pub singles: Vec<(Vec<Line>, bool)>,
    /// The body of a group of equal threads, and how many.
    pub group: Option<(Vec<Line>, u16)>,
    /// The body of main, if it has one of its own.
    pub main: Option<Vec<Line>>,
}

/// Lines about one thing each. A program is about a few of them, so that its threads meet. What fails raises, what blocks
/// blocks: unbalanced releases and lost notifies are wanted.
const THEMES: &[&[&str]] = &[
    &["t = x", "x = t + 1", "x = 1", "x += 1", "y = x", "y = t", "t = t + 1", "if t:"],
    &["items[0] = t", "t = items[1]", "items[1] = 7", "t = items[0]", "items.append(1)", "t = items.pop()"],
    &["lock.acquire()", "lock.release()", "t = lock.acquire(False)", "t = lock.acquire(timeout=1)", "t = lock.locked()", "with lock:"],
    &["rlock.acquire()", "rlock.release()", "t = rlock.acquire(blocking=False)", "with rlock:"],
    &["sem.acquire()", "sem.release()", "t = sem.acquire(timeout=1)", "sem.release(2)", "t = sem.value", "with sem:"],
    &["bounded.acquire()", "bounded.release()", "t = bounded.acquire(False)"],
    &["event.set()", "event.wait()", "t = event.wait(1)", "t = event.is_set()"],
    &["event.set()", "event.clear()", "event.wait()", "t = event.wait(1)"],
    &["with cond:", "with cond:", "cond.acquire()", "cond.release()", "x = 1"],
    &["with pcond:", "pcond.notify_all()", "plain.release()", "plain.acquire()", "pcond.wait()"],
    &["q.put(1)", "t = q.get()", "q.task_done()", "q.task_done()", "q.join()", "t = q.qsize()", "t = q.empty()"],
    &["b.put(2)", "b.put(3, timeout=1)", "t = b.get()", "b.put_nowait(4)", "t = b.full()", "t = b.get(timeout=1)"],
    &["s.put(5)", "t = s.get()", "p.put(2)", "p.put(1)", "t = p.get()", "p.put('z')"],
    &["barrier.wait()", "barrier.wait(1)", "barrier.abort()", "barrier.reset()", "t = barrier.broken"],
    &["print('a')", "print('b')", "print(name)", "print(i)", "print(t)"],
    &["t = randint(0, 1)", "t = choice([0, 2, 4])", "assert t != 1", "raise ValueError('v')", "try:"],
    &["sleep(1)", "sleep(2)", "sleep(random())", "sleep(random() + 1)", "sleep(uniform(1, 3))", "print('a')"],
    &["with label('in'):", "x = 1", "t = x"],
    &["while not x:", "x = 1", "event.set()"],
    &["one.join()", "x = 1", "y = x", "one.start()", "join(one)"],
    &[
        "Thread(target=later).start()",
        "Timer(1, later).start()",
        "other = Thread(target=later)",
        "other.start()",
        "other.join()",
        "print(other.name)",
    ],
];

const IN_CONDITION: &[&str] =
    &["cond.wait()", "t = cond.wait(1)", "cond.notify()", "cond.notify_all()", "x = 1", "cond.wait_for(lambda: x)"];

fn line(lines: Vec<&'static str>) -> impl Strategy<Value = Line> {
    let plain: Vec<&str> = lines.iter().copied().filter(|line| !line.ends_with(':')).collect();
    let inner = prop::collection::vec(prop::sample::select(plain).prop_map(Line::Plain), 1..3);
    let condition = prop::collection::vec(prop::sample::select(IN_CONDITION).prop_map(Line::Plain), 1..3);
    (prop::sample::select(lines), inner, condition).prop_map(|(line, inner, condition)| match line {
        "with cond:" => Line::Block(line, condition),
        _ if line.ends_with(':') => Line::Block(line, inner),
        _ => Line::Plain(line),
    })
}

fn body(lines: Vec<&'static str>, most: usize) -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(lines), 1..=most)
}

const MAIN: &[&str] = &[
    "start(one)",
    "one.join()",
    "one.join(1)",
    "t = one.is_alive()",
    "one.start()",
    "t = x",
    "x = 3",
    "print('m')",
    "Timer(1, later).start()",
    "timer = Timer(1, later)",
    "lock.acquire()",
    "lock.release()",
    "event.set()",
    "t = q.get()",
    "Thread(target=later).start()",
];

/// Random scenarios.
pub fn program() -> impl Strategy<Value = Program> {
    prop::sample::subsequence(THEMES, 1..=3).prop_flat_map(|themes| {
        let lines = themes.concat();
        let singles = prop::collection::vec((body(lines.clone(), 4), prop::bool::weighted(0.12)), 1..=3);
        let group = prop::option::weighted(0.4, (body(lines, 3), 2_u16..=3));
        let main = prop::option::weighted(0.25, prop::collection::vec(prop::sample::select(MAIN).prop_map(Line::Plain), 0..4));
        (singles, group, main).prop_map(|(singles, group, main)| Program { singles, group, main })
    })
}

fn write(lines: &[Line], indent: usize, text: &mut String) {
    let blanks = " ".repeat(indent);
    for line in lines {
        match line {
            Line::Plain(line) => *text += &format!("{blanks}{line}\n"),
            Line::Block(head, inner) => {
                *text += &format!("{blanks}{head}\n");
                write(inner, indent + 4, text);
                if *head == "try:" {
                    *text += &format!("{blanks}except Exception:\n{blanks}    t = 9\n");
                }
            }
        }
    }
}

/// What a body begins with: values for the names it may read.
fn first(lines: &[Line]) -> Line {
    Line::Plain(if format!("{lines:?}").contains("other") { "t, other = 0, current_thread()" } else { "t = 0" })
}

/// Claims about states: what the reduction must not lose.
const CLAIMS: &str = "
claims:
  - always: x != 2
  - sometimes: x == 1 and y == 0
  - always: not lock.locked()
  - sometimes: q.qsize() == 1
  - always: sem.value > 0
  - sometimes: event.is_set()
  - always: cond.waiters == 0
  - sometimes: count(at=\"in\") == 1
  - finally: x == 0
  - possibly: y == 1
  - deadlock: possible
  - deadlock: certain
  - errors: possible
  - errors: {ValueError: possible, RuntimeError: possible, Full: possible, AssertionError: possible, BrokenBarrierError: possible}
  - ends: always
  - ends: never
  - prints: \"a\\nb\\n\"
  - prints: {never: \"a\\n\"}
";

impl Program {
    /// The scenario's text.
    pub fn text(&self, with_claims: bool) -> String {
        let mut text = String::from(
            "scenario: random\nvars: {x: 0, y: 0, items: [0, 0]}\nobjects:\n  lock: Lock()\n  rlock: RLock()\n  sem: Semaphore(1)\n  bounded: BoundedSemaphore(1)\n  event: Event()\n  cond: Condition()\n  plain: Lock()\n  pcond: Condition(plain)\n  q: Queue()\n  b: Queue(maxsize=1)\n  s: SimpleQueue()\n  p: PriorityQueue()\n  barrier: Barrier(2)\nbounds: {threads: 3, queue: 6}\nfunctions: |\n  def later():\n      global y\n      y = 5\nthreads:\n",
        );
        let names = ["one", "two", "three"];
        for ((lines, daemon), name) in self.singles.iter().zip(names) {
            text += &format!("  {name}:\n    daemon: {daemon}\n    run: |\n");
            write(&[first(lines)], 6, &mut text);
            write(lines, 6, &mut text);
        }
        if let Some((lines, count)) = &self.group {
            text += &format!("  many:\n    count: {count}\n    run: |\n");
            write(&[first(lines)], 6, &mut text);
            write(lines, 6, &mut text);
        }
        // A label must exist for `count`.
        text += "  mark:\n    run: |\n      with label('in'):\n          pass\n";
        if let Some(lines) = &self.main {
            text += "main: |\n  t = 0\n";
            write(lines, 2, &mut text);
            let started = lines.iter().any(|line| matches!(line, Line::Plain("start(one)" | "one.start()")));
            let rest: Vec<&str> = names[..self.singles.len()].iter().copied().filter(|name| *name != "one" || !started).collect();
            for name in rest {
                text += &format!("  start({name})\n");
            }
            if self.group.is_some() {
                // Joined one by one, in order, equal threads may be told apart.
                let in_order = lines.len() % 2 == 1;
                text += "  start(many)\n";
                text += if in_order { "  t = x\n  for each in many:\n      each.join()\n      y += 1\n" } else { "  join(many)\n" };
            }
        }
        if with_claims {
            text += CLAIMS;
        }
        text
    }
}
