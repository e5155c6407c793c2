//! Search over executions: exactly one of each Mazurkiewicz trace, and none that is given up half way.
//!
//! Source: Optimal-DPOR, Abdulla, Aronis, Jonsson, Sagonas, *Optimal dynamic partial order reduction* (POPL 2014) and
//! *Source Sets* (JACM 2017). Deviations: operations that wait (see `races`), choices, a clock. Two ways to one state are two
//! executions here, so it is the engine for programs whose threads seldom meet; where they meet often, states merge and
//! `state_graph` wins. What is known of states saves work only: it may be forgotten at any time.
//! It finds every way to end and every error, but not every state, and takes a program for finite: one that goes in
//! circles is stopped by the bound on steps.

use crate::explore::interchange::Interchange;
use crate::explore::known_states::KnownStates;
use crate::explore::races::{Finished, Node, Races, Rule};
use crate::explore::wakeup::{Branch, WakeupTree};
use crate::kernel::access::Access;
use crate::kernel::state::State;
use crate::run::budget::{Budget, Spent};
use crate::run::footprints::{Event, Footprints};
use crate::run::happens_before::History;
use crate::run::schedule::Choice;
use crate::run::visitor::{Flow, Visit};
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::place::Place;
use crate::step::trap::{Cause, Stop, Trap};

/// How a search is done.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Its limits. A transition that is explored counts as a state.
    pub budget: Budget,
    /// Which races are reversed. For tests.
    pub rule: Rule,
    /// Which pairs of uses are taken for independent, whatever the kernel says. For tests.
    pub ignored: Option<fn(Access, Access) -> bool>,
    /// How many bytes of known states are kept before those that are not on the way are forgotten, if not as many as usual.
    /// For tests.
    pub kept: Option<usize>,
}

impl Options {
    fn is_wrong(&self) -> bool {
        self.rule != Rule::Complete || self.ignored.is_some()
    }
}

/// Whoever looks at the executions a search finds: is shown the state in which each has ended, with its history. What it
/// answers other than `Finish` makes no difference.
pub type Listener<'a, P> = dyn FnMut(&mut P, Visit<'_>, &History) -> Result<Flow, Stop> + 'a;

/// What a search has done.
#[derive(Clone, Default, Debug)]
pub struct TraceTree {
    /// Executions, each of another trace.
    pub executions: u64,
    /// Executions given up because all that could be done was explored elsewhere. Always 0: that is what is optimal.
    pub blocked: u64,
    /// Transitions explored.
    pub transitions: u64,
    /// The most events that were planned at one time.
    pub most_planned: usize,
    /// What ran out, if the search is not complete.
    pub spent: Option<Spent>,
    /// A stop, and the choices that lead to it.
    pub trap: Option<(Trap, Vec<Choice>)>,
}

impl TraceTree {
    /// Explores one execution of every trace of a program.
    ///
    /// # Errors
    ///
    /// `Asymmetric`: the program tells equal threads apart, the search must be done without symmetry. `Relaid`: it has
    /// something that the machine had no place for, the search must begin again. A trap is not an error here but a finding.
    pub fn explore<P: Program>(interpreter: &mut P, options: Options, listener: &mut Listener<'_, P>) -> Result<TraceTree, Stop> {
        let mut tree = TraceTree::default();
        if interpreter.machine().has_processes() {
            // When a process ends, and what it has sent by then, is not in the happens-before of this search.
            let cause = Cause::Unsupported("processes in a search over traces".to_owned());
            tree.trap = Some((Trap { cause, place: Place::default() }, Vec::new()));
            return Ok(tree);
        }
        let state = match interpreter.begin() {
            Ok(state) => state,
            Err(Stop::Trap(trap)) => {
                tree.trap = Some((trap, Vec::new()));
                return Ok(tree);
            }
            Err(stop) => return Err(stop),
        };
        let interchange = Interchange::new(interpreter, &state);
        let mut known = KnownStates::new(Footprints::ignoring(options.ignored));
        let number = known.number(interpreter, state.clone());
        let mut search = Search {
            history: History::new(interpreter.machine()),
            known,
            interpreter,
            options,
            nodes: Vec::new(),
            front: Node { state: number, asleep: 0..0, interchange, planned: WakeupTree::default() },
            asleep: Vec::new(),
            guide: Branch::default(),
            races: Races::default(),
            planned: 0,
            row: state,
            tree,
        };
        let mut tried = None;
        match search.run(listener, &mut tried) {
            Ok(()) => {}
            Err(Stop::Trap(trap)) => {
                let mut choices: Vec<Choice> = search.history.choices().collect();
                choices.extend(tried);
                search.tree.trap = Some((trap, choices));
            }
            Err(stop) => return Err(stop),
        }
        Ok(search.tree)
    }

    /// Whether every trace was explored.
    pub fn is_complete(&self) -> bool {
        self.spent.is_none() && self.trap.is_none()
    }
}

/// The most bytes of known states: with more, those that are not on the way are forgotten.
const MOST_KNOWN: u64 = 512 << 20;

struct Search<'a, P> {
    interpreter: &'a mut P,
    options: Options,
    /// The states it has been in.
    known: KnownStates,
    /// The execution that is being explored.
    history: History,
    /// The states before its events.
    nodes: Vec<Node>,
    /// The state it has come to.
    front: Node,
    /// What is asleep, node by node.
    asleep: Vec<Event>,
    /// What is to be done next, as it was planned.
    guide: Branch,
    /// What is known of its races.
    races: Races,
    /// How many events are planned.
    planned: usize,
    /// A row to show.
    row: State,
    tree: TraceTree,
}

impl<P: Program> Search<'_, P> {
    /// `tried` is the choice that is being taken, and nothing in between.
    fn run(&mut self, listener: &mut Listener<'_, P>, tried: &mut Option<Choice>) -> Result<(), Stop> {
        loop {
            if self.known.enabled(self.front.state).is_empty() {
                if self.finish(listener)? == Flow::Finish {
                    return Ok(());
                }
                self.plan()?;
            } else if let Some(event) = self.next() {
                *tried = Some(event.choice);
                self.follow(event)?;
                *tried = None;
                self.tree.spent = self.spent();
                if self.tree.spent.is_some() {
                    return Ok(());
                }
                continue;
            } else {
                debug_assert!(
                    self.options.is_wrong(),
                    "an execution is given up: {:?} are asleep",
                    &self.asleep[self.front.asleep.clone()]
                );
                self.tree.blocked += 1;
            }
            if !self.go_back() {
                return Ok(());
            }
        }
    }

    fn spent(&mut self) -> Option<Spent> {
        let (budget, transitions, steps) = (&self.options.budget, self.tree.transitions, self.history.len() as u64);
        if transitions & 0xf != 0 && transitions < budget.states && steps <= budget.steps {
            return None;
        }
        let mut known = self.known.bytes();
        let most = self.options.kept.unwrap_or(MOST_KNOWN.min(budget.memory / 4) as usize);
        if known > most && self.known.len() > 2 * self.nodes.len() + 2 {
            let on_the_way = self.nodes.iter_mut().chain([&mut self.front]).map(|node| &mut node.state);
            self.known.keep_only(self.interpreter, on_the_way);
            known = self.known.bytes();
        }
        let node = size_of::<Node>() + self.interpreter.machine().threads.len() * 16 + 100;
        let planned = self.planned * (size_of::<Event>() + 8);
        let bytes = self.nodes.len() * node + planned + self.interpreter.bytes() + known;
        budget.spent(transitions, transitions, bytes as u64, steps)
    }

    /// An execution has ended: shows it.
    fn finish(&mut self, listener: &mut Listener<'_, P>) -> Result<Flow, Stop> {
        let number = self.tree.executions as u32;
        self.tree.executions += 1;
        self.row.clone_from(self.known.state(self.front.state));
        let exited = self.interpreter.machine().has_exited(&self.row);
        let ending = Some(if exited { Ending::Exit } else { Ending::Deadlock });
        let is_known = self.known.end(self.front.state);
        listener(self.interpreter, Visit { state: &mut self.row, number, ending, failed: true, is_known }, &self.history)
    }

    fn plan(&mut self) -> Result<(), Stop> {
        let Search { interpreter, known, history, nodes, asleep, .. } = self;
        let (last, rule) = (self.front.state, self.options.rule);
        let mut finished = Finished { interpreter: &mut **interpreter, known, history, nodes, last, asleep, rule };
        self.planned += self.races.plan(&mut finished)?;
        self.tree.most_planned = self.tree.most_planned.max(self.planned);
        Ok(())
    }

    /// What to do next: what is planned; where nothing is, anything that is not explored elsewhere, if possible by the
    /// thread that acted last.
    fn next(&mut self) -> Option<Event> {
        if self.guide.events.is_empty()
            && let Some(branch) = self.front.planned.take_first()
        {
            self.guide = branch;
        }
        if let Some(event) = self.guide.events.pop_front() {
            self.planned -= 1;
            let pending = self.known.pending(self.front.state, event.thread());
            debug_assert_eq!(
                pending.map(|pending| pending.event.with(event.choice.alternative)),
                Some(event),
                "what was planned can be done"
            );
            return Some(event);
        }
        let (enabled, last) = (self.known.enabled(self.front.state), self.history.last().map(Event::thread));
        let goes_on = last.filter(|last| enabled.contains(last));
        let others = enabled.iter().copied().filter(|&id| Some(id) != goes_on);
        goes_on.into_iter().chain(others).find_map(|thread| {
            let pending = self.known.pending(self.front.state, thread)?;
            let mut ways = (0..pending.ways).map(|alternative| pending.event.with(alternative));
            ways.find(|event| !self.front.is_asleep(&self.asleep, event.choice))
        })
    }

    /// Does something.
    fn follow(&mut self, event: Event) -> Result<(), Stop> {
        let before = self.front.state;
        let step = self.known.step(self.interpreter, before, event.choice)?;
        self.tree.transitions += 1;
        let start = self.asleep.len();
        for place in self.front.asleep.clone() {
            let other = self.asleep[place];
            if !self.known.footprints.depend(&other, &event) {
                self.asleep.push(other);
            }
        }
        self.history.push(&self.known.footprints, event, self.known.bonds(step));
        let (row, next) = (self.known.state(before), self.known.state(step.to));
        let interchange = self.front.interchange.after(event.thread(), self.interpreter, row, next)?;
        let planned = if self.guide.events.is_empty() { std::mem::take(&mut self.guide.rest) } else { WakeupTree::default() };
        let front = Node { state: step.to, asleep: start..self.asleep.len(), interchange, planned };
        let node = std::mem::replace(&mut self.front, front);
        self.nodes.push(node);
        Ok(())
    }

    /// Goes back to the last state from which more is planned. Gives whether there is one.
    fn go_back(&mut self) -> bool {
        while let (Some(mut node), Some(event)) = (self.nodes.pop(), self.history.pop()) {
            if !node.planned.is_empty() {
                self.asleep.truncate(node.asleep.end);
                self.asleep.push(event);
                node.asleep.end += 1;
                self.races.forget(self.history.len());
                self.front = node;
                return true;
            }
        }
        false
    }
}
