//! Which other executions an execution points to: its races, each with the sequence of events that reverses it.
//!
//! Source: Abdulla, Aronis, Jonsson, Sagonas, *Source Sets* (JACM 2017): a race is a pair of dependent events with
//! nothing between them in the relation of happens-before; to reverse it, do at the place of the first everything that
//! does not depend on it, then the second. Deviation: operations may wait, and one rule holds for all of them. An event
//! (or an operation still waiting at the end) races with the *last* events that it depends on, that are not the cause of
//! its being asked for, and *without which it is possible*. So an acquire does not race with the release before it,
//! but with the acquire before that. What makes an operation impossible must be pairwise dependent; it is.

use std::ops::Range;

use crate::explore::interchange::Interchange;
use crate::explore::known_states::{KnownStates, Needs, Number, Pending};
use crate::explore::wakeup::{Beginning, WakeupTree, beginning};
use crate::kernel::value::ThreadId;
use crate::run::footprints::{Event, Footprints};
use crate::run::happens_before::{History, Open, unite};
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
    pub state: Number,
    /// Where what is asleep lies among all that is: what need not be done here, since it is explored elsewhere.
    pub asleep: Range<usize>,
    /// Which threads can be exchanged.
    pub interchange: Interchange,
    /// What is to be explored from here, after what is being explored.
    pub planned: WakeupTree,
}

impl Node {
    /// Whether a sequence need not be done here: it can begin with something that is explored elsewhere, or that would be if
    /// threads that can be exchanged were.
    fn covers(&self, footprints: &Footprints, asleep: &[Event], sequence: &[Event]) -> bool {
        let begins = |event: &Event| beginning(footprints, event, sequence) != Beginning::No;
        let exchanged = |event: &Event| self.interchange.peers(event.thread()).iter().any(|&peer| begins(&event.by(peer)));
        asleep[self.asleep.clone()].iter().any(|event| begins(event) || exchanged(event))
    }

    /// Whether a choice need not be taken here.
    pub fn is_asleep(&self, asleep: &[Event], choice: Choice) -> bool {
        let peers = self.interchange.peers(choice.thread);
        let same = |id: ThreadId| id == choice.thread || peers.contains(&id);
        asleep[self.asleep.clone()].iter().any(|event| event.choice.alternative == choice.alternative && same(event.thread()))
    }
}

/// A finished execution whose races are looked for.
pub struct Finished<'a, P> {
    /// The program.
    pub interpreter: &'a mut P,
    /// The states that are known.
    pub known: &'a mut KnownStates,
    /// The execution.
    pub history: &'a History,
    /// The states before its events.
    pub nodes: &'a mut [Node],
    /// The state it has ended in.
    pub last: Number,
    /// What is asleep, node by node.
    pub asleep: &'a [Event],
    /// Which races are looked for.
    pub rule: Rule,
}

/// The races of the execution that is being explored, as far as they are known.
#[derive(Default)]
pub struct Races {
    /// Those of so many events were looked for.
    events: usize,
    /// These are they: the places of the later event and the earlier. What reverses them was planned, but must be looked at
    /// again when the execution goes on with something else that does not depend on the earlier event.
    found: Vec<(usize, usize)>,
    /// The places of events whose races depend on how the execution goes on.
    unsteady: Vec<usize>,
    /// The places of choices among several ways.
    choices: Vec<usize>,
    /// The states that are come to without the events at places that were asked for.
    without: Vec<Option<Number>>,
    /// The sequence that is being planned, and a clock to work with.
    sequence: Vec<Event>,
    before: Vec<u32>,
}

/// What races: an event of the execution, or an operation that was asked for and not taken.
#[derive(Clone, Copy)]
struct Racer {
    /// Its place, or the end.
    place: usize,
    /// Whether it was not taken.
    waits: bool,
    event: Event,
    /// What has to hold for it.
    needs: Needs,
}

impl Races {
    /// The execution is taken back to this place: forgets everything about events from there on.
    pub fn forget(&mut self, place: usize) {
        self.events = self.events.min(place);
        while self.found.last().is_some_and(|&(later, _)| later >= place) {
            self.found.pop();
        }
        for places in [&mut self.unsteady, &mut self.choices] {
            while places.last().is_some_and(|&later| later >= place) {
                places.pop();
            }
        }
    }

    /// Plans the reversal of every race, and every other alternative of the choices that were taken. Gives how many events
    /// were planned.
    ///
    /// # Errors
    ///
    /// None that the execution itself has not met.
    pub fn plan<P: Program>(&mut self, on: &mut Finished<'_, P>) -> Result<usize, Stop> {
        self.without.clear();
        self.without.resize(on.history.len(), None);
        for place in self.events..on.history.len() {
            if on.taken(place).ways > 1 {
                self.choices.push(place);
            }
        }
        let mut planned = self.choose_otherwise(on)?;
        for index in 0..self.found.len() {
            let (later, earlier) = self.found[index];
            // What was planned before began with the same, and went on with other events than these.
            let goes_on_otherwise = on.history.without(earlier, self.events..on.history.len()).next().is_some();
            if goes_on_otherwise || !on.nodes[earlier].interchange.is_trivial() {
                planned += self.reverse(on, earlier, later, *on.history.event(later))?;
            }
        }
        for index in 0..self.unsteady.len() {
            planned += self.race(on, on.racer(self.unsteady[index]))?.0;
        }
        for place in self.events..on.history.len() {
            let (more, is_steady) = self.race(on, on.racer(place))?;
            planned += more;
            if !is_steady {
                self.unsteady.push(place);
            }
        }
        self.events = on.history.len();
        if on.rule != Rule::EventsOnly {
            for racer in on.waiting() {
                planned += self.race(on, racer)?.0;
            }
        }
        Ok(planned)
    }

    /// Plans every other alternative of the choices that were taken. Planned with all that does not depend on the choice, an
    /// alternative is explored in one place only. Planned as soon as there is a choice, it would be begun in several, and
    /// be found asleep.
    fn choose_otherwise<P: Program>(&mut self, on: &mut Finished<'_, P>) -> Result<usize, Stop> {
        let mut planned = 0;
        for index in 0..self.choices.len() {
            let place = self.choices[index];
            let event = *on.history.event(place);
            for alternative in (0..on.taken(place).ways).filter(|&other| other != event.choice.alternative) {
                self.sequence.clear();
                self.sequence.push(event.with(alternative));
                self.sequence.extend(on.history.without(place, place + 1..on.history.len()));
                planned += self.insert(on, place)?;
            }
        }
        Ok(planned)
    }

    /// Plans the reversal of every race of one operation with earlier events. Gives how many events were planned, and whether
    /// the races are the same however the execution goes on; then they are remembered.
    fn race<P: Program>(&mut self, on: &mut Finished<'_, P>, racer: Racer) -> Result<(usize, bool), Stop> {
        let thread = racer.event.thread();
        // What was before the racer was asked for does not race with it, nor does what was before something that does.
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        before.extend_from_slice(if racer.waits { on.history.arrival(thread) } else { on.history.arrived(racer.place) });
        let (mut planned, mut is_steady, first) = (0, !racer.waits, self.found.len());
        let mut open = Open::new(&before);
        for place in (0..racer.place).rev() {
            if open.is_none(racer.place) {
                break;
            }
            if on.history.is_in(place, &before) {
                continue;
            }
            if !on.known.footprints.depend(on.history.event(place), &racer.event) {
                open.pass();
                continue;
            }
            let (event, later) = match on.is_possible_without(place, &racer) {
                Some(possible) => (possible.then_some(racer.event), racer.place),
                None => {
                    is_steady = false;
                    (self.event_without(on, place, racer.event.choice)?, on.history.len())
                }
            };
            if event.is_some() || on.rule == Rule::DirectOnly {
                unite(&mut before, on.history.clock(place));
                open.count(&before);
            } else {
                open.pass();
            }
            if let Some(event) = event {
                planned += self.reverse(on, place, later, event)?;
                self.found.push((racer.place, place));
            }
        }
        self.before = before;
        if !is_steady {
            // They are looked for again.
            self.found.truncate(first);
        }
        Ok((planned, is_steady))
    }

    /// What a thread would do without the event at a place and all that comes after that, if it could do anything then.
    fn event_without<P: Program>(&mut self, on: &mut Finished<'_, P>, place: usize, choice: Choice) -> Result<Option<Event>, Stop> {
        let state = match self.without[place] {
            Some(state) => state,
            None => {
                let mut state = on.nodes[place].state;
                for event in on.history.without(place, place + 1..on.history.len()) {
                    let now = on.known.pending(state, event.thread()).map(|now| now.event.with(event.choice.alternative));
                    debug_assert_eq!(now, Some(event), "an independent event is what it was");
                    state = on.known.step(on.interpreter, state, event.choice)?.to;
                }
                self.without[place] = Some(state);
                state
            }
        };
        let pending = on.known.pending(state, choice.thread).filter(|pending| pending.is_enabled);
        Ok(pending.map(|pending| pending.event.with(choice.alternative)))
    }

    /// Plans the reversal of a race: what could be done without the earlier event, with the other where it was, or at the end.
    /// That which it was before, and which is not after the earlier one, does not depend on it.
    fn reverse<P: Program>(&mut self, on: &mut Finished<'_, P>, earlier: usize, later: usize, event: Event) -> Result<usize, Stop> {
        self.sequence.clear();
        self.sequence.extend(on.history.without(earlier, earlier + 1..later));
        self.sequence.push(event);
        self.sequence.extend(on.history.without(earlier, later + 1..on.history.len()));
        self.insert(on, earlier)
    }

    /// Plans the sequence, unless it is explored elsewhere. Threads that can be exchanged are, where that makes it one of few.
    fn insert<P: Program>(&mut self, on: &mut Finished<'_, P>, place: usize) -> Result<usize, Stop> {
        let node = &mut on.nodes[place];
        if let Some(choices) = node.interchange.in_order(&self.sequence) {
            self.replay(on, place, &choices)?;
            // Now it may begin with what is being explored: there, everything is found that can follow.
            if matches!(beginning(&on.known.footprints, on.history.event(place), &self.sequence), Beginning::Within(_)) {
                return Ok(0);
            }
        }
        let node = &mut on.nodes[place];
        let covered = node.covers(&on.known.footprints, on.asleep, &self.sequence);
        Ok(if covered { 0 } else { node.planned.insert(&on.known.footprints, &mut self.sequence) })
    }

    /// Makes the sequence the events that these choices lead to from a place.
    fn replay<P: Program>(&mut self, on: &mut Finished<'_, P>, place: usize, choices: &[Choice]) -> Result<(), Stop> {
        self.sequence.clear();
        let mut state = on.nodes[place].state;
        for &choice in choices {
            let pending = on.known.pending(state, choice.thread);
            self.sequence.extend(pending.map(|pending| pending.event.with(choice.alternative)));
            state = on.known.step(on.interpreter, state, choice)?.to;
        }
        Ok(())
    }
}

impl<P: Program> Finished<'_, P> {
    /// What was taken at a place.
    fn taken(&self, place: usize) -> &Pending {
        let thread = self.history.event(place).thread();
        self.known.pending(self.nodes[place].state, thread).expect("who acts was at something")
    }

    fn racer(&self, place: usize) -> Racer {
        Racer { place, waits: false, event: *self.history.event(place), needs: self.taken(place).needs }
    }

    /// The operations that were asked for and not taken: of threads that wait for ever, and of daemons that the exit killed.
    fn waiting(&self) -> Vec<Racer> {
        let exit = |node: &Node| {
            let event = self.history.last()?;
            self.known.pending(node.state, event.thread()).filter(|pending| pending.is_exit).map(|_| (node.state, event.thread()))
        };
        let (state, exit) = self.nodes.last().and_then(exit).map_or((self.last, None), |(state, id)| (state, Some(id)));
        let others = self.known.all_pending(state).filter(|pending| Some(pending.event.thread()) != exit);
        others.map(|pending| Racer { place: self.history.len(), waits: true, event: pending.event, needs: pending.needs }).collect()
    }

    /// Whether an operation could be taken without an earlier event and all that comes after it, if that can be told without
    /// trying.
    fn is_possible_without(&self, place: usize, racer: &Racer) -> Option<bool> {
        match racer.needs {
            Needs::Nothing => (!racer.waits).then_some(true),
            Needs::Open(object) => {
                let other = self.taken(place).holding.filter(|other| other.object == object && other.is_decisive)?;
                Some(other.is_open_to(racer.event.thread()))
            }
            Needs::Else => None,
        }
    }
}
