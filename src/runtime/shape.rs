//! What a program written in Rust has been seen to create, and what of the machine it needs: learnt while it runs.
//!
//! An object is known by who creates it and as how manieth, a thread by who starts it and as how manieth: whatever the
//! interleaving, the same object has the same number. When something new turns up, the machine is laid out again and the
//! search begins again.

use rustc_hash::FxHashMap;

use crate::kernel::clock::Time;
use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::{self, Machine, Setting};
use crate::kernel::object::{Declaration, ObjectKind};
use crate::kernel::op::{Op, Span, Wait};
use crate::kernel::queue::Incomparable;
use crate::kernel::value::{ObjectId, ThreadId, Word};
use crate::kernel::values::{Composite, Values};
use crate::runtime::crews::Crews;
use crate::step::clock::Clock;

/// What has been learnt of a program.
pub struct Shape {
    clock: Clock,
    keeps_output: bool,
    objects: Vec<Declaration>,
    numbers: FxHashMap<(ThreadId, u32, ObjectKind), ObjectId>,
    /// The names of the threads, main first.
    pub threads: Vec<String>,
    started: FxHashMap<(ThreadId, u32), ThreadId>,
    /// The threads that were started together.
    pub crews: Crews,
    dense: bool,
    observes_time: bool,
    observes_life: bool,
    clears_events: bool,
    has_daemons: bool,
    /// Whether something was learnt since the machine was laid out.
    pub has_grown: bool,
}

/// How many sets there are of what a program may need of the machine.
pub const NEEDS: u32 = 1 << 5;

/// The most threads of a program, main included.
pub const THREADS_BOUND: u16 = 1_000;

/// The most items in a queue without `maxsize`.
pub const QUEUE_BOUND: u32 = 1_000;

impl Shape {
    /// Nothing is known yet but that there is a main.
    pub fn new(clock: Clock, keeps_output: bool) -> Shape {
        Shape {
            clock,
            keeps_output,
            objects: Vec::new(),
            numbers: FxHashMap::default(),
            threads: vec!["main".to_owned()],
            started: FxHashMap::default(),
            crews: Crews::default(),
            dense: false,
            observes_time: false,
            observes_life: false,
            clears_events: false,
            has_daemons: false,
            has_grown: false,
        }
    }

    /// Lays out a machine for everything known so far.
    pub fn machine(&mut self) -> Machine {
        self.has_grown = false;
        let time = match self.clock {
            Clock::Untimed => Time::Untimed,
            Clock::Timed if self.dense => Time::Dense,
            Clock::Timed => Time::Exact,
        };
        let setting = Setting {
            time,
            observes_time: self.observes_time,
            keeps_output: self.keeps_output,
            clears_events: self.clears_events,
            observes_life: self.observes_life,
            // A closure ends with its last operation.
            ends_are_seen: false,
            // Whoever holds a handle knows that the thread was started.
            joins_are_seen: false,
            creates_elsewhere: false,
            has_main: true,
            spawns: false,
            has_daemons: self.has_daemons,
            queue_bound: QUEUE_BOUND,
            less,
        };
        let crew = machine::Crew { declared: 1, later: self.threads.len() - 1, futures: 0, processes: Vec::new() };
        Machine::new(&self.objects, crew, Vec::new(), setting)
    }

    /// The number of the object that a thread creates as its `index`th. Values that an object begins with are not part of
    /// what it is.
    pub fn object(&mut self, creator: ThreadId, index: u32, kind: ObjectKind, name: &str) -> ObjectId {
        let kind = match kind {
            ObjectKind::Variable(_) => ObjectKind::Variable(Word::UNBOUND),
            ObjectKind::Semaphore(_) => ObjectKind::Semaphore(0),
            other => other,
        };
        let next = ObjectId(u16::try_from(self.objects.len()).expect("fewer than 65,536 objects"));
        let id = *self.numbers.entry((creator, index, kind)).or_insert(next);
        if id == next {
            self.objects.push(Declaration { name: name.to_owned(), kind });
            self.has_grown = true;
        }
        id
    }

    /// The number of the thread that a thread starts as its `index`th.
    pub fn thread(&mut self, parent: ThreadId, index: u32, daemon: bool, name: &str) -> ThreadId {
        let next = ThreadId(u16::try_from(self.threads.len()).expect("fewer than 65,536 threads"));
        let id = *self.started.entry((parent, index)).or_insert(next);
        if id == next {
            self.threads.push(name.to_owned());
            self.has_grown = true;
        }
        self.has_grown |= daemon && !self.has_daemons;
        self.has_daemons |= daemon;
        id
    }

    /// The number of the first thread of the crew that a thread starts as its `index`th; the others follow it. All get their
    /// places at once. Nothing if there are too many.
    pub fn crew(&mut self, parent: ThreadId, index: u32, count: u32, name: &str) -> Option<ThreadId> {
        let count = u16::try_from(count).ok().filter(|&count| count <= THREADS_BOUND)?;
        let next = ThreadId(u16::try_from(self.threads.len()).expect("fewer than 65,536 threads"));
        let (first, is_new) = self.crews.first(parent, index, count, name, next);
        if is_new {
            self.threads.extend((1..=count).map(|number| format!("{name}#{number}")));
            self.has_grown = true;
        }
        (self.threads.len() <= THREADS_BOUND as usize).then_some(first)
    }

    /// A thread makes something that is known by its maker. Gives whether it was one of equals until now.
    pub fn tell_apart(&mut self, id: ThreadId) -> bool {
        let was_equal = self.crews.tell_apart(id);
        self.has_grown |= was_equal;
        was_equal
    }

    /// Learns what an operation needs of the machine.
    pub fn learn(&mut self, op: Op) {
        let timed = self.clock == Clock::Timed;
        let flag = match op {
            Op::Clear(_) => &mut self.clears_events,
            Op::IsAlive(_) | Op::Join(_, Wait::Upto(_) | Wait::Never) => &mut self.observes_life,
            Op::Sleep(span) | Op::Fire(span) if timed && !span.is_exact() => &mut self.dense,
            _ => return,
        };
        self.has_grown |= !*flag;
        *flag = true;
    }

    /// Takes it that the program needs of the machine what the bits of a number below [`NEEDS`] say, besides what is known:
    /// what asks for it may be met in other executions only.
    pub fn assume(&mut self, needs: u32) {
        let flags = [&mut self.clears_events, &mut self.observes_life, &mut self.has_daemons, &mut self.observes_time, &mut self.dense];
        for (bit, flag) in flags.into_iter().enumerate() {
            let needed = needs >> bit & 1 == 1;
            self.has_grown |= needed && !*flag;
            *flag |= needed;
        }
    }

    /// Learns that the program looks at the time.
    pub fn learn_of_time(&mut self) {
        self.has_grown |= !self.observes_time && self.clock == Clock::Timed;
        self.observes_time = true;
    }

    /// Whether a sleep is an operation: there must be a clock.
    pub fn sleeps(&self) -> bool {
        self.clock == Clock::Timed
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// A hash of the names and kinds of everything known. FNV-1a.
    pub fn hash(&self) -> u32 {
        let objects = self.objects.iter().map(|object| format!("{} {}", object.kind.name(), object.name));
        let mut hash = 0x811c_9dc5_u32;
        for name in objects.chain(self.threads.iter().cloned()) {
            for byte in name.bytes().chain([0]) {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
        }
        hash
    }
}

/// The order of a priority queue: that of the Rust values.
fn less(values: &mut Values, left: Word, right: Word) -> Result<bool, Incomparable> {
    let order = match (values.composite(left), values.composite(right)) {
        (Some(Composite::Foreign(left)), Some(Composite::Foreign(right))) => left.is_less(right),
        _ => None,
    };
    order.ok_or(Incomparable::Raised(Fault::new(ErrorKind::TypeError, "these items have no order")))
}

/// A span in ticks of a delay.
pub fn span(delay: crate::runtime::delay::Delay) -> Span {
    Span { low: ticks(delay.low), high: ticks(delay.high) }
}

/// A duration in ticks, as far as they reach.
pub fn ticks(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).min(Word::INT_MAX)
}
