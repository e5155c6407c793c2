//! Which other executions an execution points to: its races, each with the sequence of events that reverses it.
//!
//! Source: Abdulla, Aronis, Jonsson, Sagonas, *Source Sets* (JACM 2017): a race is a pair of dependent events with
//! nothing between them in the relation of happens-before; to reverse it, do at the place of the first everything that
//! does not depend on it, then the second. Deviation: operations may wait, and one rule holds for all of them. An event
//! (or an operation still waiting at the end) races with the *last* events that it depends on, that are not the cause of
//! its being asked for, and *without which it is possible*. So an acquire does not race with the release before it,
//! but with the acquire before that. What makes an operation impossible must be pairwise dependent; it is.

use crate::explore::interchange::Interchange;
use crate::explore::wakeup::{Beginning, WakeupTree, beginning};
use crate::kernel::machine::Machine;
use crate::kernel::op::{Op, Wait};
use crate::kernel::state::State;
use crate::kernel::value::ThreadId;
use crate::run::happens_before::{Event, Footprints, History};
use crate::run::schedule::Choice;
use crate::step::explorable::Program;
use crate::step::trap::Stop;

/// Which races are looked for. Everything but `Complete` is wrong, and there for tests only: to see that they notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rule {
    /// All of them.
    #[default]
    Complete,
    /// Only those with the last event that an event depends on, as if no operation waited.
    DirectOnly,
    /// None of the operations that still wait at the end.
    EventsOnly,
}

/// A state on the way of the execution that is being explored.
pub struct Node {
    /// The state.
    pub state: State,
    /// What need not be done here: executions that do it are explored elsewhere.
    pub asleep: Vec<Event>,
    /// Which threads can be exchanged.
    pub interchange: Interchange,
    /// What is to be explored from here, after what is being explored.
    pub planned: WakeupTree,
}

impl Node {
    /// Whether a sequence need not be done here: it can begin with something that is explored elsewhere, or that would be if
    /// threads that can be exchanged were.
    fn covers(&self, footprints: &Footprints, sequence: &[Event]) -> bool {
        let begins = |event: &Event| beginning(footprints, event, sequence) != Beginning::No;
        self.asleep.iter().any(|event| begins(event) || self.interchange.peers(event.thread()).iter().any(|&peer| begins(&event.by(peer))))
    }

    /// Whether a choice need not be taken here.
    pub fn is_asleep(&self, choice: Choice) -> bool {
        let peers = self.interchange.peers(choice.thread);
        let same = |id: ThreadId| id == choice.thread || peers.contains(&id);
        self.asleep.iter().any(|event| event.choice.alternative == choice.alternative && same(event.thread()))
    }
}

/// A finished execution whose races are looked for.
pub struct Races<'a, P> {
    /// The program.
    pub interpreter: &'a mut P,
    /// What its operations use.
    pub footprints: &'a mut Footprints,
    /// The execution.
    pub history: &'a History,
    /// Which races are looked for.
    pub rule: Rule,
}

/// What races: an event of the execution, or an operation that was asked for and not taken.
#[derive(Clone, Copy)]
enum Racer {
    Event(usize),
    Waiting(Event),
}

impl<P: Program> Races<'_, P> {
    /// Plans the reversal of every race, and every other alternative of the choices that were taken. `nodes` are the states
    /// before the events, `last` is the state behind them. Gives how many events were planned.
    ///
    /// # Errors
    ///
    /// None that the execution itself has not met.
    pub fn plan(&mut self, nodes: &mut [Node], last: &State) -> Result<usize, Stop> {
        let mut planned = 0;
        // Planned before the races and behind all that does not depend on the choice, an alternative is explored in one
        // place only. Planned as soon as there is a choice, it would be begun in several, and be found asleep.
        for (place, node) in nodes.iter_mut().enumerate().take(self.history.len()) {
            let event = *self.history.event(place);
            for alternative in (0..Machine::alternatives(event.op)).filter(|&other| other != event.choice.alternative) {
                let mut sequence = self.history.without(place);
                sequence.push(event.with(alternative));
                planned += self.insert(node, place, sequence)?;
            }
        }
        for place in 0..self.history.len() {
            planned += self.reverse(nodes, Racer::Event(place))?;
        }
        if self.rule != Rule::EventsOnly {
            for event in self.waiting(nodes, last) {
                planned += self.reverse(nodes, Racer::Waiting(event))?;
            }
        }
        Ok(planned)
    }

    /// The operations that were asked for and not taken: of threads that wait for ever, and of daemons that the exit killed.
    fn waiting(&mut self, nodes: &[Node], last: &State) -> Vec<Event> {
        let exit = self.history.last().filter(|event| event.op == Op::Exit).map(Event::thread);
        let state = nodes.last().filter(|_| exit.is_some()).map_or(last, |node| &node.state);
        let threads: Vec<ThreadId> = self.interpreter.machine().threads.iter().map(|thread| thread.id).collect();
        let others = threads.into_iter().filter(|&id| Some(id) != exit);
        others.filter_map(|thread| self.pending(state, Choice { thread, alternative: 0 })).collect()
    }

    fn pending(&mut self, state: &State, choice: Choice) -> Option<Event> {
        self.footprints.event(self.interpreter.machine(), self.interpreter.values(), state, choice)
    }

    /// Plans the reversal of every race of one operation with earlier events.
    fn reverse(&mut self, nodes: &mut [Node], racer: Racer) -> Result<usize, Stop> {
        let (end, event) = match racer {
            Racer::Event(place) => (place, *self.history.event(place)),
            Racer::Waiting(event) => (nodes.len(), event),
        };
        let steady = matches!(racer, Racer::Event(_)) && is_steady(self.interpreter.machine(), event.op);
        let mut found: Vec<usize> = Vec::new();
        let mut planned = 0;
        for place in (0..end).rev() {
            let other = self.history.event(place);
            if other.thread() == event.thread() || !self.footprints.depend(other, &event) {
                continue;
            }
            let asked_after = match racer {
                Racer::Event(later) => self.history.precedes_arrival(place, later),
                Racer::Waiting(event) => self.history.precedes_pending(place, event.thread()),
            };
            if asked_after || found.iter().any(|&later| self.history.precedes(place, later)) {
                continue;
            }
            let mut sequence = self.history.without(place);
            let first = if steady { Some(event) } else { self.event_without(&nodes[place].state, &sequence, event.choice)? };
            if first.is_some() || self.rule == Rule::DirectOnly {
                found.push(place);
            }
            if let Some(first) = first {
                sequence.push(first);
                planned += self.insert(&mut nodes[place], place, sequence)?;
            }
        }
        Ok(planned)
    }

    /// What a thread would do after this sequence, if it could do anything then.
    fn event_without(&mut self, state: &State, sequence: &[Event], choice: Choice) -> Result<Option<Event>, Stop> {
        let mut state = state.clone();
        for event in sequence {
            debug_assert_eq!(self.pending(&state, event.choice).as_ref(), Some(event), "an independent event is what it was");
            self.interpreter.step(&mut state, event.choice.thread, event.choice.alternative)?;
        }
        let event = self.pending(&state, choice);
        let (machine, values) = (self.interpreter.machine(), self.interpreter.values());
        Ok(event.filter(|event| machine.is_enabled(values, &state, choice.thread, event.op)))
    }

    /// Plans a sequence, unless it is explored elsewhere. Threads that can be exchanged are, where that makes it one of few.
    fn insert(&mut self, node: &mut Node, place: usize, mut sequence: Vec<Event>) -> Result<usize, Stop> {
        if let Some(choices) = node.interchange.in_order(&sequence) {
            sequence = self.replay(&node.state, &choices)?;
            // Now it may begin with what is being explored: there, everything is found that can follow.
            if matches!(beginning(self.footprints, self.history.event(place), &sequence), Beginning::Within(_)) {
                return Ok(0);
            }
        }
        Ok(if node.covers(self.footprints, &sequence) { 0 } else { node.planned.insert(self.footprints, sequence) })
    }

    /// The events that these choices lead to.
    fn replay(&mut self, state: &State, choices: &[Choice]) -> Result<Vec<Event>, Stop> {
        let mut state = state.clone();
        let mut events = Vec::with_capacity(choices.len());
        for &choice in choices {
            events.extend(self.pending(&state, choice));
            self.interpreter.step(&mut state, choice.thread, choice.alternative)?;
        }
        Ok(events)
    }
}

/// Whether an operation can be taken whenever a thread is at it, and uses the same whatever the state: then there is no
/// need to try what is possible without something. Only a matter of speed.
fn is_steady(machine: &Machine, op: Op) -> bool {
    match op {
        Op::Read(_) | Op::Write(..) | Op::ReadItem(..) | Op::WriteItem(..) | Op::Append(..) | Op::Pop(..) => true,
        Op::Set(_) | Op::Clear(_) | Op::TaskDone(_) | Op::Query(..) | Op::Print(_) | Op::Choose(_) | Op::Create | Op::Start(_) => true,
        Op::Acquire(_, wait) | Op::Put(_, _, wait) | Op::Get(_, wait) => {
            wait == Wait::Never || (wait != Wait::Forever && !machine.has_clock())
        }
        _ => false,
    }
}
