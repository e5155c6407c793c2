//! Search over distinct states: depth first, with fingerprints, thread symmetry and dynamic persistent sets.
//!
//! What the reduction keeps (Godefroid 1996; Valmari 1991): every state in which nothing can run any more, whether there
//! is an infinite execution, and, because a state that closes a cycle and all before it are expanded in full, every
//! uncaught exception. Claims about all states need [`Visible`]: before an operation they may see, nothing is left out.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::explore::summary::{NO_USES, Summaries, SummaryKey, Universe, Uses, meet, unite};
use crate::explore::symmetry::{Symmetry, own_names};
use crate::kernel::access::{Access, Target};
use crate::kernel::fingerprint::fingerprint;
use crate::kernel::machine::Machine;
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{ObjectId, ThreadId};
use crate::run::budget::{Budget, Spent};
use crate::run::schedule::Choice;
use crate::run::visitor::{Flow, Visit, Visitor};
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::trap::{Stop, Trap};

/// What claims about all states look at.
#[derive(Clone, Default, Debug)]
pub struct Visible {
    /// Shared variables and objects.
    pub objects: BTreeSet<ObjectId>,
    /// Whether they look at threads, so that every operation may be seen.
    pub threads: bool,
}

/// How a search is done.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Whether persistent sets leave out interleavings that make no difference.
    pub reduction: bool,
    /// What must not be left out.
    pub visible: Visible,
    /// Its limits.
    pub budget: Budget,
}

struct Node {
    parent: u32,
    choice: Choice,
    summary: SummaryKey,
}

/// A state whose successors are being explored.
struct Open {
    state: State,
    number: u32,
    /// How the thread names of the step that led here were changed.
    renamed: Option<Vec<u16>>,
    pending: Vec<Option<(Op, Uses)>>,
    enabled: Vec<ThreadId>,
    /// The persistent set.
    chosen: Vec<bool>,
    explored: Vec<bool>,
    /// The thread whose step is being explored, its next alternative and their number.
    current: Option<(ThreadId, u32, u32)>,
    uses: Vec<Uses>,
    anything: bool,
    /// Where the steps led, if some threads are equal: the thread, the state and how its threads were renamed.
    taken: Vec<(ThreadId, u32, Option<Vec<u16>>)>,
}

/// A search and what it has found out.
pub struct StateGraph {
    options: Options,
    symmetry: Symmetry,
    nodes: Vec<Node>,
    numbers: FxHashMap<u128, u32>,
    open: Vec<Open>,
    universe: Universe,
    summaries: Summaries,
    /// Transitions explored.
    pub transitions: u64,
    /// What ran out, if the search is not complete.
    pub spent: Option<Spent>,
    /// A state from which this choice leads back to a state on the way to it: an infinite execution.
    pub cycle: Option<(u32, Choice)>,
    /// A stop, and a state before it with the choice that led to it.
    pub trap: Option<(Trap, Option<(u32, Choice)>)>,
}

const ROOT: u32 = 0;

impl StateGraph {
    /// Explores all states of a program.
    ///
    /// # Errors
    ///
    /// `Asymmetric`: the program tells equal threads apart, the search must be done without symmetry. A trap is not an
    /// error here but a finding.
    pub fn explore<P: Program>(interpreter: &mut P, options: Options, visitor: &mut dyn Visitor<P>) -> Result<StateGraph, Stop> {
        let budget = options.budget.clone();
        let mut graph = StateGraph::new(options);
        graph.go_on(interpreter, budget, visitor)?;
        Ok(graph)
    }

    /// A search that has not begun.
    pub fn new(options: Options) -> StateGraph {
        StateGraph {
            options,
            symmetry: Symmetry::default(),
            nodes: Vec::new(),
            numbers: FxHashMap::default(),
            open: Vec::new(),
            universe: Universe::default(),
            summaries: Summaries::default(),
            transitions: 0,
            spent: None,
            cycle: None,
            trap: None,
        }
    }

    /// Begins a search, or goes on with one whose budget was spent, as if it had had this one.
    ///
    /// # Errors
    ///
    /// As [`StateGraph::explore`].
    pub fn go_on<P: Program>(&mut self, interpreter: &mut P, budget: Budget, visitor: &mut dyn Visitor<P>) -> Result<(), Stop> {
        (self.options.budget, self.spent) = (budget, None);
        match self.run(interpreter, visitor) {
            Err(Stop::Trap(trap)) => {
                let from = self.open.last().and_then(|open| {
                    open.current.map(|(thread, next, _)| (open.number, Choice { thread, alternative: next.saturating_sub(1) }))
                });
                self.trap = Some((trap, from));
                Ok(())
            }
            other => other,
        }
    }

    /// How many distinct states were reached.
    pub fn states(&self) -> u64 {
        self.nodes.len() as u64
    }

    /// Whether interleavings that make no difference were left out.
    pub fn reduces(&self) -> bool {
        self.options.reduction && !self.universe.overflowed
    }

    fn begin<P: Program>(&mut self, interpreter: &mut P, visitor: &mut dyn Visitor<P>) -> Result<Flow, Stop> {
        let mut state = interpreter.begin()?;
        // Only now it is sure which threads are equal.
        self.symmetry = Symmetry::new(interpreter);
        let renamed = self.symmetry.normalize(interpreter, &mut state);
        self.numbers.insert(fingerprint(&state, 0), ROOT);
        let choice = Choice { thread: ThreadId::MAIN, alternative: 0 };
        self.nodes.push(Node { parent: ROOT, choice, summary: SummaryKey::OPEN });
        self.reach(interpreter, visitor, state, ROOT, renamed, true)
    }

    fn run<P: Program>(&mut self, interpreter: &mut P, visitor: &mut dyn Visitor<P>) -> Result<(), Stop> {
        if self.nodes.is_empty() && self.begin(interpreter, visitor)? == Flow::Finish {
            return Ok(());
        }
        while !self.open.is_empty() {
            match self.next_choice(interpreter) {
                Some(choice) => {
                    if self.follow(interpreter, visitor, choice)? == Flow::Finish {
                        return Ok(());
                    }
                    let bytes = self.bytes(interpreter);
                    self.spent = self.options.budget.spent(self.transitions, self.nodes.len() as u64, bytes, self.open.len() as u64);
                    if self.spent.is_some() {
                        return Ok(());
                    }
                }
                None => self.close(interpreter),
            }
        }
        Ok(())
    }

    fn bytes(&self, interpreter: &impl Program) -> u64 {
        let row = interpreter.machine().slots * 8 + interpreter.machine().threads.len() * 96 + 200;
        let table = self.nodes.len() * (size_of::<Node>() + 40);
        (table + self.open.len() * row + interpreter.bytes() + self.summaries.bytes() + self.symmetry.bytes()) as u64
    }

    /// A state that was not known before: shows it to the visitor and opens it.
    fn reach<P: Program>(
        &mut self,
        interpreter: &mut P,
        visitor: &mut dyn Visitor<P>,
        mut state: State,
        number: u32,
        renamed: Option<Vec<u16>>,
        failed: bool,
    ) -> Result<Flow, Stop> {
        let machine = interpreter.machine();
        let enabled = machine.enabled(interpreter.values(), &state);
        let exited = if machine.has_exited(&state) { Ending::Exit } else { Ending::Deadlock };
        let ending = enabled.is_empty().then_some(exited);
        let flow = visitor.visit(interpreter, Visit { state: &mut state, number, ending, failed, is_known: false })?;
        if flow != Flow::Continue {
            self.nodes[number as usize].summary = SummaryKey::ANYTHING;
            if flow == Flow::Prune
                && let Some(parent) = self.open.last_mut()
            {
                parent.anything = true;
                parent.chosen.fill(true);
            }
            return Ok(flow);
        }
        self.open(interpreter, state, number, renamed, enabled);
        Ok(flow)
    }

    fn open(&mut self, interpreter: &impl Program, state: State, number: u32, renamed: Option<Vec<u16>>, enabled: Vec<ThreadId>) {
        let (machine, values) = (interpreter.machine(), interpreter.values());
        let threads = machine.threads.len();
        let mut pending = vec![None; threads];
        let mut anything = !self.options.reduction || machine.clock.is_quiet(&state);
        if self.options.reduction {
            for thread in &machine.threads {
                if let Some(op) = machine.pending(values, &state, thread.id) {
                    let accesses = machine.accesses(values, &state, thread.id, op);
                    pending[thread.id.index()] = Some((op, self.universe.set(&accesses)));
                }
            }
            anything |= self.universe.overflowed;
        }
        let mut open = Open {
            state,
            number,
            renamed,
            uses: if self.options.reduction { vec![NO_USES; threads] } else { Vec::new() },
            pending,
            chosen: vec![anything; threads],
            explored: vec![false; threads],
            current: None,
            enabled,
            // An instant that begins with a choice of time is expanded in full, but its future is known as any other.
            anything: self.universe.overflowed,
            taken: Vec::new(),
        };
        if !anything && let Some(first) = self.first(&open) {
            open.chosen[first.index()] = true;
        }
        self.open.push(open);
    }

    /// The thread a persistent set is begun with: one that gets in nobody's way, if possible.
    fn first(&self, open: &Open) -> Option<ThreadId> {
        let last = self.nodes[open.number as usize].choice.thread;
        let last = open.renamed.as_ref().map_or(last, |to| ThreadId(to[last.index()]));
        let obstacles = |id: ThreadId| {
            let uses = open.pending[id.index()].as_ref().map_or(NO_USES, |(_, uses)| *uses);
            let conflicts = self.universe.conflicting(&uses);
            let met = open
                .pending
                .iter()
                .enumerate()
                .filter(|(other, pending)| *other != id.index() && pending.as_ref().is_some_and(|(_, uses)| meet(uses, &conflicts)));
            let visible = self.is_visible(&uses);
            (visible, met.count(), conflicts != NO_USES, id != last)
        };
        open.enabled.iter().copied().min_by_key(|&id| obstacles(id))
    }

    fn is_visible(&self, uses: &Uses) -> bool {
        self.options.visible.threads
            || self.universe.accesses(uses).any(|access| match access.target {
                Target::Object(id) => self.options.visible.objects.contains(&id),
                _ => false,
            })
    }

    /// The next step to explore from the innermost open state.
    fn next_choice(&mut self, interpreter: &mut impl Program) -> Option<Choice> {
        let index = self.open.len() - 1;
        loop {
            let open = &mut self.open[index];
            if let Some((thread, next, count)) = open.current {
                if next < count {
                    open.current = Some((thread, next + 1, count));
                    return Some(Choice { thread, alternative: next });
                }
                open.current = None;
            }
            let waiting = open.enabled.iter().copied().find(|id| open.chosen[id.index()] && !open.explored[id.index()]);
            match waiting {
                Some(id) => {
                    open.explored[id.index()] = true;
                    if self.follow_as_twin(interpreter, id) {
                        continue;
                    }
                    let open = &mut self.open[index];
                    let op = interpreter.machine().pending(interpreter.values(), &open.state, id)?;
                    open.current = Some((id, 0, Machine::alternatives(op)));
                    if self.options.reduction {
                        self.choose_visible(id);
                    }
                }
                None if self.options.reduction && self.complete_set(interpreter) => {}
                None => return None,
            }
        }
    }

    /// If swapping the thread with one that was explored leaves the state as it is, its steps lead to the same states, with the
    /// two swapped, and only what follows for the persistent set is to be done: does that. Gives whether it was so.
    fn follow_as_twin(&mut self, interpreter: &mut impl Program, id: ThreadId) -> bool {
        let open = self.open.last().expect("a state is open");
        let mut followed: Vec<ThreadId> = open.taken.iter().map(|(other, ..)| *other).collect();
        followed.dedup();
        let twin = followed.into_iter().find_map(|other| Some((other, self.symmetry.twins(interpreter, &open.state, id, other)?)));
        let Some((twin, swap)) = twin else { return false };
        let led = open.taken.iter().filter(|(other, ..)| *other == twin);
        let led: Vec<(u32, Vec<u16>)> = led
            .map(|(_, number, renamed)| {
                let names = swap.iter().map(|&name| renamed.as_ref().map_or(name, |to| to[name as usize]));
                (*number, names.collect())
            })
            .collect();
        if self.options.reduction {
            self.choose_visible(id);
        }
        for (number, names) in led {
            self.absorb(interpreter, id, self.nodes[number as usize].summary, Some(&names));
        }
        true
    }

    /// Before an operation that a claim may see, nothing is left out.
    fn choose_visible(&mut self, id: ThreadId) {
        let index = self.open.len() - 1;
        let uses = self.open[index].pending[id.index()].as_ref().map_or(NO_USES, |(_, uses)| *uses);
        let visible = self.is_visible(&uses);
        let open = &mut self.open[index];
        unite(&mut open.uses[id.index()], &uses);
        if visible {
            open.chosen.fill(true);
        }
    }

    /// Adds the threads that blocked members of the persistent set wait for. Gives whether any was added.
    fn complete_set(&mut self, interpreter: &impl Program) -> bool {
        let index = self.open.len() - 1;
        let open = &self.open[index];
        let (machine, state) = (interpreter.machine(), &open.state);
        let mut added = Vec::new();
        for thread in &machine.threads {
            let id = thread.id;
            let Some((op, _)) = &open.pending[id.index()] else { continue };
            if !open.chosen[id.index()] || open.enabled.contains(&id) {
                continue;
            }
            // It waits for the end of each of these: one that is there is enough.
            let mut ends = machine.waits_for_end_of(state, *op);
            ends.retain(|other| machine.thread(*other).status(state) == Status::Live);
            if let Some(&end) = ends.first() {
                if !ends.iter().any(|other| open.chosen[other.index()] || added.contains(other)) {
                    added.push(end);
                }
                continue;
            }
            for other in &machine.threads {
                let at = other.id.index();
                if open.chosen[at] || other.status(state).is_over() {
                    continue;
                }
                let mut uses = open.uses[at];
                if let Some((_, pending)) = &open.pending[at] {
                    unite(&mut uses, pending);
                }
                let helps = |access: Access| machine.may_enable(state, id, *op, access);
                if self.universe.accesses(&uses).any(helps) {
                    added.push(other.id);
                }
            }
        }
        let any = !added.is_empty();
        for id in added {
            self.choose(interpreter, id);
        }
        any
    }

    /// Adds a thread to the persistent set; one that was not started yet stands for whoever might start it.
    fn choose(&mut self, interpreter: &impl Program, id: ThreadId) {
        let index = self.open.len() - 1;
        let open = &mut self.open[index];
        if interpreter.machine().thread(id).status(&open.state) == Status::Live {
            open.chosen[id.index()] = true;
        } else {
            open.chosen.fill(true);
        }
    }

    /// Takes a step from the innermost open state.
    fn follow<P: Program>(&mut self, interpreter: &mut P, visitor: &mut dyn Visitor<P>, choice: Choice) -> Result<Flow, Stop> {
        let (mut state, parent) = self.open.last().map(|open| (open.state.clone(), open.number)).expect("a state is open");
        interpreter.step(&mut state, choice.thread, choice.alternative)?;
        self.transitions += 1;
        let failed = !interpreter.failures().is_empty();
        let renamed = self.symmetry.normalize(interpreter, &mut state);
        let number = *self.numbers.entry(fingerprint(&state, 0)).or_insert(self.nodes.len() as u32);
        if !self.symmetry.is_trivial() {
            self.open.last_mut().expect("a state is open").taken.push((choice.thread, number, renamed.clone()));
        }
        if let Some(known) = self.nodes.get(number as usize) {
            let summary = known.summary;
            if summary == SummaryKey::OPEN {
                self.cycle.get_or_insert((parent, choice));
            }
            self.absorb(interpreter, choice.thread, summary, renamed.as_deref());
            return Ok(Flow::Continue);
        }
        self.nodes.push(Node { parent, choice, summary: SummaryKey::OPEN });
        self.reach(interpreter, visitor, state, number, renamed, failed)
    }

    /// The innermost open state is explored: remembers its summary and tells the state before it.
    fn close(&mut self, interpreter: &impl Program) {
        let open = self.open.pop().expect("a state is open");
        let summary = if open.anything || !self.options.reduction {
            SummaryKey::ANYTHING
        } else {
            let mut uses = open.uses;
            for (uses, pending) in uses.iter_mut().zip(&open.pending) {
                if let Some((_, more)) = pending {
                    unite(uses, more);
                }
            }
            self.summaries.intern(uses.into())
        };
        let node = &mut self.nodes[open.number as usize];
        node.summary = summary;
        let thread = node.choice.thread;
        if !self.open.is_empty() {
            self.absorb(interpreter, thread, summary, open.renamed.as_deref());
        }
    }

    /// After a step by `thread` from the innermost open state, these things may happen: adds to the persistent set who
    /// may do something then that conflicts with the step.
    fn absorb(&mut self, interpreter: &impl Program, thread: ThreadId, after: SummaryKey, renamed: Option<&[u16]>) {
        if !self.options.reduction {
            return;
        }
        let index = self.open.len() - 1;
        let open = &mut self.open[index];
        let Some(summary) = (after != SummaryKey::OPEN).then(|| self.summaries.get(after)).flatten() else {
            open.anything = true;
            open.chosen.fill(true);
            return;
        };
        let step = open.pending[thread.index()].as_ref().map_or(NO_USES, |(_, uses)| *uses);
        let conflicts = self.universe.conflicting(&step);
        let mut added = Vec::new();
        for other in 0..open.uses.len() {
            let new_name = renamed.map_or(other, |to| to[other] as usize);
            unite(&mut open.uses[other], &summary[new_name]);
            if open.chosen[other] || other == thread.index() {
                continue;
            }
            let pending = open.pending[other].as_ref().map_or(NO_USES, |(_, uses)| *uses);
            if meet(&summary[new_name], &conflicts) || meet(&pending, &conflicts) {
                added.push(ThreadId(other as u16));
            }
        }
        for id in added {
            self.choose(interpreter, id);
        }
    }

    /// The choices that lead to a state, the threads under their own names.
    ///
    /// # Errors
    ///
    /// Never for a state that the search has reached.
    pub fn choices_to(&mut self, interpreter: &mut impl Program, number: u32, last: Option<Choice>) -> Result<Vec<Choice>, Stop> {
        let mut path: Vec<Choice> = last.into_iter().collect();
        let mut at = number;
        while at != ROOT {
            let node = &self.nodes[at as usize];
            path.push(node.choice);
            at = node.parent;
        }
        path.reverse();
        own_names(interpreter, &mut self.symmetry, &path)
    }
}
