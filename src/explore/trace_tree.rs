//! Search over executions: exactly one of each Mazurkiewicz trace, and none that is given up half way.
//!
//! Source: Optimal-DPOR, Abdulla, Aronis, Jonsson, Sagonas, *Optimal dynamic partial order reduction* (POPL 2014) and
//! *Source Sets* (JACM 2017). Deviations: operations that wait (see `races`), choices, a clock. It remembers no states, so
//! it is the engine for programs whose threads seldom meet; where they meet often, states merge and `state_graph` wins.
//! It finds every way to end and every error, but not every state, and takes a program for finite: one that goes in
//! circles is stopped by the bound on steps.

use crate::explore::interchange::Interchange;
use crate::explore::races::{Node, Races, Rule};
use crate::explore::wakeup::WakeupTree;
use crate::kernel::access::Access;
use crate::kernel::machine::Machine;
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::budget::{Budget, Spent};
use crate::run::happens_before::{Event, Footprints, History};
use crate::run::schedule::Choice;
use crate::run::visitor::{Flow, Visit};
use crate::step::ending::Ending;
use crate::step::explorable::Program;
use crate::step::place::Place;
use crate::step::trap::{Cause, Stop, Trap};

/// How a search is done.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Its limits. A transition that is explored counts as a state: none is remembered.
    pub budget: Budget,
    /// Which races are reversed. For tests.
    pub rule: Rule,
    /// Which pairs of uses are taken for independent, whatever the kernel says. For tests.
    pub ignored: Option<fn(Access, Access) -> bool>,
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
        let mut search = Search {
            history: History::new(interpreter.machine()),
            footprints: Footprints::ignoring(options.ignored),
            interpreter,
            options,
            nodes: Vec::new(),
            front: Node { state, asleep: Vec::new(), interchange, planned: WakeupTree::default() },
            planned: 0,
            tree,
        };
        let mut tried = None;
        match search.run(listener, &mut tried) {
            Ok(()) => {}
            Err(Stop::Trap(trap)) => {
                let mut choices = search.history.choices();
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

struct Search<'a, P> {
    interpreter: &'a mut P,
    options: Options,
    footprints: Footprints,
    /// The execution that is being explored.
    history: History,
    /// The states before its events.
    nodes: Vec<Node>,
    /// The state it has come to.
    front: Node,
    /// How many events are planned.
    planned: usize,
    tree: TraceTree,
}

impl<P: Program> Search<'_, P> {
    /// `tried` is the choice that is being taken, and nothing in between.
    fn run(&mut self, listener: &mut Listener<'_, P>, tried: &mut Option<Choice>) -> Result<(), Stop> {
        loop {
            let enabled = self.interpreter.machine().enabled(self.interpreter.values(), &self.front.state);
            if enabled.is_empty() {
                if self.finish(listener)? == Flow::Finish {
                    return Ok(());
                }
                self.plan()?;
            } else if let Some((event, planned)) = self.next(&enabled) {
                *tried = Some(event.choice);
                self.follow(event, planned)?;
                *tried = None;
                self.tree.spent = self.spent();
                if self.tree.spent.is_some() {
                    return Ok(());
                }
                continue;
            } else {
                debug_assert!(self.options.is_wrong(), "an execution is given up: {:?} are asleep", self.front.asleep);
                self.tree.blocked += 1;
            }
            if !self.go_back() {
                return Ok(());
            }
        }
    }

    fn spent(&self) -> Option<Spent> {
        let row = self.interpreter.machine().slots * 8 + self.interpreter.machine().threads.len() * 40 + 400;
        let planned = self.planned * (size_of::<(Event, WakeupTree)>() + 16);
        let bytes = self.nodes.len() * row + planned + self.interpreter.bytes() + self.footprints.bytes();
        let transitions = self.tree.transitions;
        self.options.budget.spent(transitions, transitions, bytes as u64, self.history.len() as u64)
    }

    /// An execution has ended: shows it.
    fn finish(&mut self, listener: &mut Listener<'_, P>) -> Result<Flow, Stop> {
        let number = self.tree.executions as u32;
        self.tree.executions += 1;
        let exited = self.interpreter.machine().has_exited(&self.front.state);
        let ending = Some(if exited { Ending::Exit } else { Ending::Deadlock });
        let visit = Visit { state: &mut self.front.state, number, ending, failed: true };
        listener(self.interpreter, visit, &self.history)
    }

    fn plan(&mut self) -> Result<(), Stop> {
        let Search { interpreter, footprints, history, .. } = self;
        let mut races = Races { interpreter: &mut **interpreter, footprints, history, rule: self.options.rule };
        self.planned += races.plan(&mut self.nodes, &self.front.state)?;
        self.tree.most_planned = self.tree.most_planned.max(self.planned);
        Ok(())
    }

    /// What to do next: what is planned; where nothing is, anything that is not explored elsewhere, if possible by the
    /// thread that acted last.
    fn next(&mut self, enabled: &[ThreadId]) -> Option<(Event, WakeupTree)> {
        if let Some((event, rest)) = self.front.planned.take_first() {
            self.planned -= 1;
            let now = self.event(event.choice);
            debug_assert_eq!(now, Some(event), "what was planned can be done");
            return now.map(|now| (now, rest));
        }
        let last = self.history.last().map(Event::thread);
        let mut order: Vec<ThreadId> = enabled.to_vec();
        order.sort_by_key(|&id| Some(id) != last);
        for thread in order {
            let op = self.interpreter.machine().pending(self.interpreter.values(), &self.front.state, thread)?;
            for alternative in 0..Machine::alternatives(op) {
                let choice = Choice { thread, alternative };
                if !self.front.is_asleep(choice) {
                    return Some((self.event(choice)?, WakeupTree::default()));
                }
            }
        }
        None
    }

    fn event(&mut self, choice: Choice) -> Option<Event> {
        self.footprints.event(self.interpreter.machine(), self.interpreter.values(), &self.front.state, choice)
    }

    /// Does something.
    fn follow(&mut self, event: Event, planned: WakeupTree) -> Result<(), Stop> {
        let mut state: State = self.front.state.clone();
        self.interpreter.step(&mut state, event.choice.thread, event.choice.alternative)?;
        self.tree.transitions += 1;
        let independent = |other: &&Event| !self.footprints.depend(other, &event);
        let asleep = self.front.asleep.iter().filter(independent).copied().collect();
        // The ties of this step are read before the interpreter is used for anything else.
        self.history.push(&self.footprints, self.interpreter, &self.front.state, event);
        let interchange = self.front.interchange.after(event.thread(), self.interpreter, &self.front.state, &state)?;
        let node = std::mem::replace(&mut self.front, Node { state, asleep, interchange, planned });
        self.nodes.push(node);
        Ok(())
    }

    /// Goes back to the last state from which more is planned. Gives whether there is one.
    fn go_back(&mut self) -> bool {
        while let (Some(mut node), Some(event)) = (self.nodes.pop(), self.history.pop()) {
            node.asleep.push(event);
            if !node.planned.is_empty() {
                self.front = node;
                return true;
            }
        }
        false
    }
}
