//! A program written in Rust as something that can be explored: every state it has been in can be reached again.
//!
//! A thread is a deterministic function of what it has observed; that is what the row keeps of it, so equal rows have equal
//! futures. What threads do is remembered with what they have observed: most steps are taken by heart. Where nobody knows
//! what comes, the program has to run. Coroutines cannot be copied, so it runs from its beginning, by the schedule that has
//! led to the state. Each time it runs, it is compared with what is remembered: a program that does not do the same
//! again is told so.

use rustc_hash::FxHashMap;

use crate::kernel::error::ErrorKind;
use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::{Composite, Values};
use crate::runtime::cast::Main;
use crate::runtime::histories::Deed;
use crate::runtime::live::{Halt, Live};
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

/// Which states can be reached again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Keeps {
    /// All of them.
    All,
    /// The one that the last step has led to: whoever walks on from there needs no other.
    Last,
}

/// A program written in Rust, with the states it has been in.
pub struct Simulation<'p> {
    live: Live<'p>,
    /// At which node the live execution stands, if it stands where its row says.
    stands_at: Option<u32>,
    /// Whether steps may be taken by heart.
    by_heart: bool,
    keeps: Keeps,
    nodes: Vec<Node>,
    numbers: FxHashMap<u128, u32>,
    /// The state that the last step has led to, and its number; steps from marks apart.
    front: State,
    at: u32,
    /// The number of the state that the last step has led to.
    mark: u32,
    /// The first state, if it is known, and who is born in it.
    first: Option<(State, Vec<ThreadId>)>,
    /// A row to work on.
    scratch: State,
    born: Vec<ThreadId>,
    hash: u32,
    /// How often the program was run from its beginning.
    pub executions: u64,
    /// How the program was found not to do the same again.
    pub flaw: Option<String>,
}

impl<'p> Simulation<'p> {
    /// A program, made known by running it once, and once more to see whether it does the same again.
    pub fn new(main: Main<'p>, clock: Clock, keeps_output: bool) -> Simulation<'p> {
        let live = Live::new(main, clock, keeps_output);
        let mut simulation = Simulation {
            stands_at: None,
            by_heart: false,
            keeps: Keeps::All,
            nodes: Vec::new(),
            numbers: FxHashMap::default(),
            front: live.state.clone(),
            at: ROOT,
            mark: ROOT,
            first: None,
            scratch: live.state.clone(),
            live,
            born: Vec::new(),
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
            let _ = simulation.number(&state).and_then(|number| simulation.restore(number, &state));
        }
        simulation.hash = simulation.live.shape.hash();
        simulation.by_heart = true;
        simulation
    }

    /// Whether steps may be taken by heart from now on. If not, the program is run, whether it is known what it does or not.
    pub fn take_by_heart(&mut self, by_heart: bool) {
        self.by_heart = by_heart;
    }

    /// Whether only the last state has to be reached again, from the next execution on: for walks, which need no other.
    pub fn walk(&mut self, walks: bool) {
        self.keeps = if walks { Keeps::Last } else { Keeps::All };
        self.forget();
    }

    fn forget(&mut self) {
        self.nodes.clear();
        self.numbers.clear();
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

    /// Remembers how the state at the front was reached.
    fn remember(&mut self, parent: u32, thread: ThreadId, alternative: u32) {
        let next = self.nodes.len() as u32;
        let number = match self.keeps {
            Keeps::All => *self.numbers.entry(fingerprint(&self.front, 0)).or_insert(next),
            Keeps::Last => next,
        };
        if number == next {
            self.add(parent, thread, alternative);
        } else if number != ROOT && self.nodes[parent as usize].depth < self.nodes[number as usize].depth {
            // Going another way next time shows whether the ways really lead to one state.
            let node = &mut self.nodes[number as usize];
            (node.parent, node.thread, node.alternative) = (parent, thread, alternative);
        }
        (self.at, self.mark) = (number, number);
    }

    /// Adds a node. Gives its number.
    fn add(&mut self, parent: u32, thread: ThreadId, alternative: u32) -> u32 {
        let depth = self.nodes.get(parent as usize).map_or(0, |parent| parent.depth + 1);
        self.nodes.push(Node { parent, depth, thread, alternative });
        self.nodes.len() as u32 - 1
    }

    /// The number of a state.
    fn number(&mut self, state: &State) -> Result<u32, Stop> {
        if self.front == *state {
            return Ok(self.at);
        }
        // Whoever goes back begins no execution: nobody asks who was born in it.
        self.born.clear();
        match self.numbers.get(&fingerprint(state, 0)) {
            Some(&number) => Ok(number),
            None => Err(self.flawed(": a state is asked for in which it has never been")),
        }
    }

    /// Leads the live execution to a state again.
    fn restore(&mut self, number: u32, state: &State) -> Result<(), Stop> {
        let (mut path, mut at) = (Vec::new(), number);
        self.stands_at = None;
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
                self.stands_at = Some(number);
                Ok(())
            }
            Err(halt @ Halt::Differs(..)) => Err(self.halted(halt)),
            _ => Err(self.differs(state)),
        }
    }

    /// Why a step was not taken to its end, as those who explore are told.
    fn halted(&mut self, halt: Halt) -> Stop {
        let (id, before, now) = match halt {
            Halt::Stop(stop) => return stop,
            Halt::Unknown => unreachable!("the program itself knows what it does"),
            Halt::Differs(id, before, now) => (id, before, now),
        };
        let told = |deed: Deed| match deed {
            Deed::Asks(op, _, place) => format!("at {op:?} in {}", self.live.sites.shown(place)),
            Deed::Creates(..) => "creating an object".to_owned(),
            Deed::Spawns(.., place) | Deed::SpawnsCrew(.., place) => format!("starting a thread in {}", self.live.sites.shown(place)),
            Deed::AsksTime => "asking for the time".to_owned(),
            Deed::Looks(_) => "unwinding".to_owned(),
            Deed::Ends(_) => "ended".to_owned(),
            Deed::Panics(..) => "failed".to_owned(),
        };
        let mut name = self.live.shown_thread(id, Aspect::Name);
        if self.crew_of(id).is_some() {
            name += ", or another of its crew,";
        }
        let mut what = format!(": {name} was {}, and is now {}", told(before), told(now));
        if told(before) == told(now) {
            what = format!(": {name} was {} with another value", told(before));
        }
        self.flawed(&what)
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
        self.stands_at = None;
        let what = format!(
            "the program does not do the same again under the same schedule{how}; threads must share nothing but the primitives of the \
             runtime, and ask nothing but the runtime for time and chance"
        );
        self.flaw.get_or_insert(what.clone());
        Stop::Trap(Trap { cause: Cause::Unrepeatable(what), place: Place::default() })
    }

    /// Takes a step from a node, by heart, if the execution does not happen to stand there and it is known what comes. Gives
    /// whether the program has run instead.
    fn go(&mut self, node: u32, state: &mut State, id: ThreadId, alternative: u32) -> Result<bool, Stop> {
        let runs = !self.recalled(node, state, id, alternative)?;
        if runs {
            if self.stands_at != Some(node) {
                self.restore(node, state)?;
            }
            self.stands_at = None;
            self.live.take(id, alternative).map_err(|halt| self.halted(halt))?;
            state.clone_from(&self.live.state);
        }
        self.born.extend(&self.live.born);
        Ok(runs)
    }

    fn recalled(&mut self, node: u32, state: &mut State, id: ThreadId, alternative: u32) -> Result<bool, Stop> {
        if !self.by_heart || self.stands_at == Some(node) {
            return Ok(false);
        }
        self.scratch.clone_from(state);
        match self.live.recall(&mut self.scratch, id, alternative) {
            Ok(()) => {
                std::mem::swap(state, &mut self.scratch);
                Ok(true)
            }
            Err(Halt::Unknown) => Ok(false),
            Err(halt) => Err(self.halted(halt)),
        }
    }

    /// Begins a live execution.
    fn begin_live(&mut self) -> Result<(), Stop> {
        loop {
            if self.live.shape.has_grown {
                self.live.lay_out();
                self.forget();
                self.first = None;
            }
            self.stands_at = None;
            self.executions += 1;
            match self.live.begin() {
                Err(Halt::Stop(Stop::Relaid)) => {}
                Err(halt) => return Err(self.halted(halt)),
                Ok(()) => break,
            }
        }
        self.stands_at = Some(ROOT);
        self.born.extend(&self.live.born);
        self.front.clone_from(&self.live.state);
        self.first = Some((self.front.clone(), self.born.clone()));
        Ok(())
    }

    /// The word of what main has given in a state, if it has ended well.
    pub fn gave(&self, state: &State) -> Word {
        self.live.machine.thread(ThreadId::MAIN).frame(state)
    }

    /// The threads in the order in which the present execution has started them, main first.
    pub fn born(&self) -> &[ThreadId] {
        &self.born
    }

    /// The crew of a thread: its first member, and the name of all. Nobody but reports can tell its members apart.
    pub fn crew_of(&self, id: ThreadId) -> Option<(ThreadId, &str)> {
        self.live.shape.crews.of(id).map(|crew| (crew.first, crew.name.as_str()))
    }

    /// Takes no threads for equal any more.
    pub fn tell_apart(&mut self) {
        self.live.shape.crews.tell_all_apart();
        self.live.shape.has_grown = true;
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
        self.live.shape.crews.classes()
    }

    fn goes_on_renamed(&self) -> bool {
        false
    }

    fn begin(&mut self) -> Result<State, Stop> {
        if self.keeps == Keeps::Last {
            self.forget();
        }
        self.born.clear();
        if let Some((first, born)) = self.first.as_ref().filter(|_| self.by_heart && !self.live.shape.has_grown) {
            self.front.clone_from(first);
            self.born.extend(born);
        } else {
            self.begin_live()?;
        }
        self.remember(ROOT, ThreadId::MAIN, 0);
        if self.at != ROOT {
            return Err(self.flawed(": it begins otherwise"));
        }
        Ok(self.front.clone())
    }

    fn step(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        let parent = self.number(state)?;
        let runs = self.go(parent, state, id, alternative)?;
        self.front.clone_from(state);
        self.remember(parent, id, alternative);
        if runs {
            self.stands_at = Some(self.mark);
        }
        Ok(())
    }

    fn mark(&self) -> u32 {
        self.mark
    }

    fn step_from(&mut self, mark: u32, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        // Nobody asks who was born on the way to a mark.
        self.born.clear();
        let runs = self.go(mark, state, id, alternative)?;
        self.mark = self.add(mark, id, alternative);
        if runs {
            self.stands_at = Some(self.mark);
        }
        Ok(())
    }

    fn failures(&self) -> &[(ThreadId, Place)] {
        &self.live.failures
    }

    fn ties(&self) -> &[Tie] {
        &self.live.ties
    }

    fn bytes(&self) -> usize {
        self.live.values.bytes() + self.live.histories.bytes() + self.nodes.len() * (size_of::<Node>() + 32)
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
