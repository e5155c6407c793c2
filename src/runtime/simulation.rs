//! A program written in Rust as something that can be explored: every state it has been in can be reached again.
//!
//! Coroutines cannot be copied, so a state is reached again by taking its schedule again from the beginning. A thread is a
//! deterministic function of what it has observed; that is what the row keeps of it, so equal rows have equal futures. Each
//! time a state is reached again it is compared with what it was: a program that does not do the same again is told so.

use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::kernel::error::ErrorKind;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Values};
use crate::runtime::live::{Live, Main};
use crate::step::clock::Clock;
use crate::step::explorable::Program;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::{Cause, Stop, Trap};

/// How a state was reached.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    /// The node's depth when it was first reached; its parent's is always smaller.
    depth: u32,
    thread: ThreadId,
    alternative: u32,
}

const ROOT: u32 = 0;

/// The most steps of the execution from which the program's shape is learnt.
const LEARNING: usize = 20_000;

/// A program written in Rust, with every state it has been in.
pub struct Simulation<'p> {
    live: Live<'p>,
    /// Whether the live execution stands where its row says.
    stands: bool,
    /// The number of its row, if it does.
    at: u32,
    nodes: Vec<Node>,
    numbers: FxHashMap<u64, u32>,
    hash: u32,
    /// How often an execution was begun.
    pub executions: u64,
    /// How the program was found not to do the same again.
    pub flaw: Option<String>,
}

fn key(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    for word in state.row() {
        word.bits().hash(&mut hasher);
    }
    hasher.finish()
}

impl<'p> Simulation<'p> {
    /// A program, made known by running it once, and once more to see whether it does the same again.
    pub fn new(main: Main<'p>, clock: Clock, keeps_output: bool) -> Simulation<'p> {
        let mut simulation = Simulation {
            live: Live::new(main, clock, keeps_output),
            stands: false,
            at: ROOT,
            nodes: Vec::new(),
            numbers: FxHashMap::default(),
            hash: 0,
            executions: 0,
            flaw: None,
        };
        let mut last = None;
        for _ in 0..2 {
            last = simulation.run_somehow().ok();
        }
        if let Some(state) = last {
            // The second time it came here by itself; now it is led here.
            simulation.stands = false;
            let _ = simulation.restore(&state);
        }
        simulation.hash = simulation.live.shape.hash();
        simulation
    }

    /// Runs the program to an end, always picking the first thread that can act.
    fn run_somehow(&mut self) -> Result<State, Stop> {
        'again: loop {
            let mut state = self.begin()?;
            for _ in 0..LEARNING {
                let Some(&id) = self.live.machine.enabled(&self.live.values, &state).first() else { break };
                match self.step(&mut state, id, 0) {
                    Err(Stop::Relaid) => continue 'again,
                    other => other?,
                }
            }
            return Ok(state);
        }
    }

    /// Takes it that the program needs more of the machine than is known: see [`Shape::assume`](crate::runtime::shape::Shape::assume).
    pub fn assume(&mut self, needs: u32) {
        self.live.shape.assume(needs);
    }

    /// Remembers how a state was reached.
    fn remember(&mut self, parent: u32, thread: ThreadId, alternative: u32) {
        let next = self.nodes.len() as u32;
        let number = *self.numbers.entry(key(&self.live.state)).or_insert(next);
        if number == next {
            let depth = self.nodes.get(parent as usize).map_or(0, |parent| parent.depth + 1);
            self.nodes.push(Node { parent, depth, thread, alternative });
        } else if number != ROOT && self.nodes[parent as usize].depth < self.nodes[number as usize].depth {
            // Going another way next time shows whether the ways really lead to one state.
            let node = &mut self.nodes[number as usize];
            (node.parent, node.thread, node.alternative) = (parent, thread, alternative);
        }
        self.at = number;
    }

    /// Leads the live execution to a state again.
    fn restore(&mut self, state: &State) -> Result<(), Stop> {
        let Some(&number) = self.numbers.get(&key(state)) else {
            return Err(self.flawed(": a state is asked for in which it has never been"));
        };
        let mut path = Vec::new();
        let mut at = number;
        while at != ROOT {
            let node = self.nodes[at as usize];
            path.push((node.thread, node.alternative));
            at = node.parent;
        }
        self.executions += 1;
        let mut led = self.live.begin();
        for &(thread, alternative) in path.iter().rev() {
            if led.is_err() {
                break;
            }
            let machine = &self.live.machine;
            let op = machine.pending(&self.live.values, &self.live.state, thread);
            let possible = op.is_some_and(|op| {
                machine.is_enabled(&self.live.values, &self.live.state, thread, op) && alternative < Machine::alternatives(op)
            });
            if !possible {
                return Err(self.differs(state));
            }
            led = self.live.take(thread, alternative);
        }
        match led {
            Ok(()) if self.live.state == *state => {
                (self.stands, self.at) = (true, number);
                Ok(())
            }
            _ => Err(self.differs(state)),
        }
    }

    /// The same schedule has led to something else: says to what.
    fn differs(&mut self, state: &State) -> Stop {
        let (live, mut what) = (&self.live, String::new());
        for thread in &live.machine.threads {
            let at = |state: &State| match live.machine.pending(&live.values, state, thread.id) {
                Some(op) => {
                    let place = live.place(state, thread.id).map_or(String::new(), |place| live.sites.shown(place));
                    format!("at {op:?} in {place}")
                }
                None => format!("{:?}", thread.status(state)).to_lowercase(),
            };
            let (before, now) = (at(state), at(&live.state));
            if before != now {
                what = format!(": {} was {before}, and is now {now}", live.shown_thread(thread.id, Aspect::Name));
                break;
            }
        }
        self.flawed(&what)
    }

    fn flawed(&mut self, how: &str) -> Stop {
        self.stands = false;
        let what = format!(
            "the program does not do the same again under the same schedule{how}; threads must share nothing but the primitives of the \
             runtime, and ask nothing but the runtime for time and chance"
        );
        self.flaw.get_or_insert(what.clone());
        Stop::Trap(Trap { cause: Cause::Unrepeatable(what), place: Place::default() })
    }

    /// The word of what main has given in a state, if it has ended well.
    pub fn gave(&self, state: &State) -> Word {
        self.live.machine.thread(ThreadId::MAIN).frame(state)
    }

    /// The threads in the order in which the present execution has started them, main first.
    pub fn born(&self) -> &[ThreadId] {
        &self.live.born
    }

    /// A place as `file:line`.
    pub fn site(&self, place: Place) -> String {
        self.live.sites.shown(place)
    }
}

impl Program for Simulation<'_> {
    fn machine(&self) -> &Machine {
        &self.live.machine
    }

    fn values(&self) -> &Values {
        &self.live.values
    }

    fn parts(&mut self) -> (&Machine, &mut Values) {
        (&self.live.machine, &mut self.live.values)
    }

    fn classes(&self) -> Vec<Vec<ThreadId>> {
        Vec::new()
    }

    fn begin(&mut self) -> Result<State, Stop> {
        loop {
            if self.live.shape.has_grown {
                self.live.lay_out();
                self.nodes.clear();
                self.numbers.clear();
            }
            self.stands = false;
            self.executions += 1;
            match self.live.begin() {
                Err(Stop::Relaid) => {}
                other => {
                    other?;
                    break;
                }
            }
        }
        self.stands = true;
        self.remember(ROOT, ThreadId::MAIN, 0);
        if self.numbers.get(&key(&self.live.state)) != Some(&ROOT) {
            return Err(self.flawed(": it begins otherwise"));
        }
        Ok(self.live.state.clone())
    }

    fn step(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        if !self.stands || self.live.state != *state {
            self.restore(state)?;
        }
        let parent = self.at;
        self.stands = false;
        self.live.take(id, alternative)?;
        self.stands = true;
        self.remember(parent, id, alternative);
        state.clone_from(&self.live.state);
        Ok(())
    }

    fn failures(&self) -> &[(ThreadId, Place)] {
        &self.live.failures
    }

    fn ties(&self) -> &[Tie] {
        &self.live.ties
    }

    fn bytes(&self) -> usize {
        self.live.values.bytes() + self.nodes.len() * (size_of::<Node>() + 16)
    }

    fn result(&self) -> Option<Result<Word, Word>> {
        self.live.result
    }

    fn place(&self, state: &State, id: ThreadId) -> Option<Place> {
        self.live.place(state, id)
    }

    fn line(&self, place: Place) -> String {
        self.live.sites.shown(place)
    }

    fn hash(&self) -> u32 {
        self.hash
    }

    fn clock(&self) -> Clock {
        self.live.shape.clock()
    }

    fn has_main(&self) -> bool {
        true
    }

    fn shown_thread(&self, id: ThreadId, aspect: Aspect) -> String {
        self.live.shown_thread(id, aspect)
    }

    fn shown_value(&self, word: Word) -> String {
        match (word.value(), self.live.values.composite(word)) {
            (Value::Bool(truth), _) => truth.to_string(),
            (Value::Int(number), _) => number.to_string(),
            (_, Some(Composite::Foreign(foreign))) => format!("{foreign:?}"),
            (Value::Unbound, _) => "unbound".to_owned(),
            _ => "nothing".to_owned(),
        }
    }

    fn error_name(&self, kind: ErrorKind) -> &'static str {
        match kind {
            ErrorKind::Full => "it is full",
            ErrorKind::Empty => "it is empty",
            ErrorKind::BrokenBarrierError => "it is broken",
            _ => "panic",
        }
    }
}
