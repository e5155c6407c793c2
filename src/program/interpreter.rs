//! A scenario that runs: the first state, and what one transition leads to.
//!
//! Private computation runs along with the transition before it. So do the start of a thread and the end of a
//! `join`, where nothing can tell the difference.

use std::sync::Arc;

use crate::kernel::apply::{Limit, Outcome};
use crate::kernel::clock::Time;
use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::{Crew, Line, Machine, Object};
use crate::kernel::op::Op;
use crate::kernel::state::State;
use crate::kernel::thread::Status;
use crate::kernel::value::{ThreadId, Value, Word};
use crate::kernel::values::{Composite, Values};
use crate::program::bytecode::{Builtin, Instruction};
use crate::program::collection;
use crate::program::frame::Frame;
use crate::program::names::Names;
use crate::program::needs::setting;
use crate::program::raised::Raised;
use crate::program::scenario::Scenario;
use crate::program::threads::Threads;
use crate::program::vm::{Pause, Vm};
use crate::step::clock::Clock;
use crate::step::place::Place;
use crate::step::tie::Tie;
use crate::step::trap::{Cause, Stop, Trap};

/// How a scenario is to be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode {
    /// The clock.
    pub clock: Clock,
    /// Whether the output is part of the state.
    pub keeps_output: bool,
    /// Whether the threads of one declaration may be renamed.
    pub symmetry: bool,
}

/// A scenario and the machine it runs on.
#[derive(Clone)]
pub struct Interpreter {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// How it is run.
    pub mode: Mode,
    /// The machine.
    pub machine: Machine,
    /// The declared threads.
    pub threads: Threads,
    /// The names of objects and functions.
    pub names: Names,
    /// The composite values met so far.
    pub values: Values,
    /// Where a thread was when an uncaught exception ended it, for those that failed in the last step.
    pub failures: Vec<(ThreadId, Place)>,
    /// The exceptions that nobody will hear of, in the last step, and where.
    pub swallowed: Vec<(Word, Place)>,
    /// What the last operation gave its thread; nothing for a first step of a longer one.
    pub result: Option<Result<Word, Word>>,
    /// What has tied threads together in the last step, in order.
    pub ties: Vec<Tie>,
}

/// How a thread is set going.
enum Drive {
    /// From the beginning of its frame.
    Run,
    /// With the result of its operation, or the error it raised.
    Resume(Result<Word, Word>),
}

impl Interpreter {
    /// Makes a scenario ready to run.
    pub fn new(scenario: Arc<Scenario>, mode: Mode) -> Interpreter {
        let mut values = scenario.values.clone();
        let threads = Threads::new(&scenario.groups, mode.symmetry);
        values.declare_threads(threads.declarations());
        let inputs = scenario
            .inputs
            .iter()
            .map(|input| Line { text: values.text(&input.line), echo: values.text(&format!("{}\n", input.line)), after: input.after })
            .collect();
        let creates = scenario
            .code
            .instructions
            .iter()
            .any(|instruction| matches!(instruction, Instruction::Builtin(Builtin::Thread | Builtin::Timer, _)));
        let later = if creates { scenario.bounds.threads as usize } else { 0 };
        let crew = Crew { declared: threads.count(), later, futures: scenario.bounds.futures as usize, processes: threads.processes() };
        let machine = Machine::new(&scenario.objects, crew, inputs, setting(&scenario, mode.clock, mode.keeps_output));
        let names = Names::new(&scenario.objects, &scenario.code);
        Interpreter {
            scenario,
            mode,
            machine,
            threads,
            names,
            values,
            failures: Vec::new(),
            swallowed: Vec::new(),
            result: None,
            ties: Vec::new(),
        }
    }

    /// The state in which every thread that is there from the start is at its first operation.
    ///
    /// # Errors
    ///
    /// A stop on the way there.
    pub fn begin(&mut self) -> Result<State, Stop> {
        let scenario = self.scenario.clone();
        let mut daemons = vec![false];
        for group in &scenario.groups {
            daemons.extend(std::iter::repeat_n(group.daemon, group.count as usize));
        }
        let mut state = self.machine.initial(&mut self.values, &daemons);
        let mut started = Vec::new();
        for (index, group) in scenario.groups.iter().enumerate() {
            for id in self.threads.members(index as u16) {
                let mut arguments = vec![self.threads.number(id), self.threads.name(&mut self.values, id)];
                arguments.extend(&group.arguments);
                let frame = Frame::call(&scenario.code, group.function, &arguments, Word::NONE, 1).pack(&mut self.values);
                self.machine.thread(id).set_frame(&mut state, frame);
                if group.process && scenario.spawns && group.arguments.iter().any(|word| matches!(word.value(), Value::Object(_))) {
                    let attach = self.values.op(Op::Attach);
                    self.machine.thread(id).set_op(&mut state, attach);
                }
                if scenario.main.is_none() {
                    self.machine.thread(id).set_status(&mut state, Status::Live);
                    started.push(id);
                }
            }
        }
        let main = self.machine.thread(ThreadId::MAIN);
        main.set_status(&mut state, Status::Live);
        match scenario.main {
            Some(function) => {
                let frame = Frame::call(&scenario.code, function, &[], Word::NONE, 1).pack(&mut self.values);
                main.set_frame(&mut state, frame);
                started.push(ThreadId::MAIN);
            }
            None => self.end(&mut state, ThreadId::MAIN, None),
        }
        self.settle(&mut state, started)?;
        Ok(state)
    }

    /// Takes the pending operation of an enabled thread, then runs everything private that follows.
    ///
    /// # Errors
    ///
    /// A stop on the way.
    pub fn step(&mut self, state: &mut State, id: ThreadId, alternative: u32) -> Result<(), Stop> {
        let Some(op) = self.machine.pending(&self.values, state, id) else { return Ok(()) };
        self.failures.clear();
        self.swallowed.clear();
        self.ties.clear();
        let outcome = self.machine.apply(&mut self.values, state, id, op, alternative);
        let mut started = Vec::new();
        let result = self.outcome(state, id, op, outcome)?;
        self.result = result;
        if let Some(result) = result {
            if result.is_ok() {
                match op {
                    Op::Start(other) => {
                        started.push(other);
                        self.ties.push(Tie::Started(id, other));
                    }
                    Op::Submit(pool, _) => {
                        let hired = self.hire(state, pool);
                        self.ties.extend(hired.iter().map(|&other| Tie::Started(id, other)));
                        started.extend(hired);
                    }
                    _ => {}
                }
            }
            let drive = match (op, result) {
                (Op::Fire(_), Ok(Word::FALSE)) => None,
                (Op::Fire(_) | Op::Attach, Ok(_)) => Some(Drive::Run),
                (Op::Attach, Err(error)) => {
                    self.failures.extend(self.place(state, id).map(|place| (id, place)));
                    self.end(state, id, Some(error));
                    return self.settle(state, started);
                }
                (_, result) => Some(Drive::Resume(result)),
            };
            match drive {
                Some(drive) => started.extend(self.drive(state, id, drive)?),
                None => {
                    self.machine.thread(id).set_frame(state, Word::UNBOUND);
                    self.end(state, id, None);
                }
            }
        }
        if op == Op::End {
            let error = self.machine.thread(id).saved(state);
            self.gone(state, id, error);
        }
        if op == Op::CloseAll {
            self.go_on_ending(state, id);
        }
        self.settle(state, started)
    }

    /// What an operation gave back to its thread; nothing if the thread has to take another step of it first.
    fn outcome(&mut self, state: &mut State, id: ThreadId, op: Op, outcome: Outcome) -> Result<Option<Result<Word, Word>>, Stop> {
        match outcome {
            Outcome::Done(word) => Ok(Some(Ok(word))),
            Outcome::Raised(fault) => Ok(Some(Err(self.error(fault)))),
            Outcome::Failed(error) => Ok(Some(Err(error))),
            Outcome::Continues => Ok(None),
            Outcome::Asymmetric => Err(Stop::Asymmetric),
            Outcome::Exceeded(limit) => {
                let cause = match limit {
                    Limit::Queue => Cause::Queue(self.scenario.bounds.queue),
                    Limit::Futures => Cause::Futures(self.scenario.bounds.futures),
                    Limit::Threads => Cause::Threads(self.scenario.bounds.threads),
                };
                Err(self.trap(state, id, cause))
            }
            Outcome::Item => match self.item(state, op) {
                Ok(word) => Ok(Some(Ok(word))),
                Err(Raised::Error(kind, message)) => Ok(Some(Err(self.values.intern(Composite::Error(kind, message))))),
                Err(Raised::Asymmetric) => Err(Stop::Asymmetric),
                Err(Raised::Unsupported(what)) => Err(self.trap(state, id, Cause::Unsupported(what))),
            },
        }
    }

    /// An operation on one item of a shared variable.
    fn item(&mut self, state: &mut State, op: Op) -> Result<Word, Raised> {
        let (Op::ReadItem(id, _) | Op::WriteItem(id, ..) | Op::Append(id, _) | Op::Pop(id, _)) = op else { return Ok(Word::NONE) };
        let Object::Variable(variable, _) = self.machine.object(id) else { return Ok(Word::NONE) };
        let container = variable.read(state);
        let values = &mut self.values;
        let (container, result) = match op {
            Op::ReadItem(_, key) => return collection::item(values, &self.names, container, key),
            Op::WriteItem(_, key, value) => (collection::with_item(values, container, key, value)?, Word::NONE),
            Op::Append(_, value) => (collection::with_appended(values, container, value)?, Word::NONE),
            Op::Pop(_, key) => collection::without_item(values, &self.names, container, key)?,
            _ => return Ok(Word::NONE),
        };
        variable.write(state, container);
        Ok(result)
    }

    fn error(&mut self, fault: Fault) -> Word {
        let message = if fault.message.is_empty() { Word::UNBOUND } else { self.values.text(fault.message) };
        self.values.intern(Composite::Error(fault.kind, message))
    }

    fn trap(&self, state: &State, id: ThreadId, cause: Cause) -> Stop {
        Stop::Trap(Trap { cause, place: self.place(state, id).unwrap_or_default() })
    }

    /// Where in the scenario a thread is.
    pub fn place(&self, state: &State, id: ThreadId) -> Option<Place> {
        let frame = Frame::unpack(&self.scenario.code, &self.values, self.machine.thread(id).frame(state))?;
        Some(self.scenario.code.places[frame.at as usize])
    }

    /// Runs a thread to its next operation; gives the threads it has started.
    fn drive(&mut self, state: &mut State, id: ThreadId, drive: Drive) -> Result<Vec<ThreadId>, Stop> {
        let scenario = self.scenario.clone();
        let thread = self.machine.thread(id);
        let frame = Frame::unpack(&scenario.code, &self.values, thread.frame(state)).expect("a live thread has a frame");
        let mut vm = Vm {
            code: &scenario.code,
            machine: &self.machine,
            threads: &self.threads,
            names: &self.names,
            values: &mut self.values,
            state,
            thread: id,
            frame,
            started: Vec::new(),
            raised: None,
            swallowed: Vec::new(),
            observing: false,
        };
        let mut pause = match drive {
            Drive::Run => vm.run()?,
            Drive::Resume(result) => vm.resume(result)?,
        };
        let mut tied = 0;
        // A join that is over is private: nobody can tell when it happens.
        while let Pause::Asks(op) = pause
            && vm.machine.is_private(vm.values, vm.state, id, op)
        {
            self.ties.extend(vm.started[tied..].iter().map(|&other| Tie::Started(id, other)));
            self.ties.push(Tie::Joined(id, op));
            tied = vm.started.len();
            let result = match vm.machine.apply(vm.values, vm.state, id, op, 0) {
                Outcome::Raised(fault) => {
                    let message = vm.values.text(fault.message);
                    Err(vm.values.intern(Composite::Error(fault.kind, message)))
                }
                _ => Ok(Word::NONE),
            };
            pause = vm.resume(result)?;
        }
        let (started, raised, swallowed) = (std::mem::take(&mut vm.started), vm.raised, std::mem::take(&mut vm.swallowed));
        self.swallowed.extend(swallowed);
        self.ties.extend(started[tied..].iter().map(|&other| Tie::Started(id, other)));
        match pause {
            Pause::Asks(op) => {
                let (frame, op_word) = (vm.frame.pack(vm.values), vm.values.op(op));
                thread.set_frame(state, frame);
                thread.set_op(state, op_word);
                self.machine.arrive(state, id, op);
            }
            Pause::Ended(_) => {
                let frame = vm.frame;
                let last = self.last_names(frame);
                thread.set_frame(state, last);
                self.end(state, id, None);
            }
            Pause::Failed(error) => {
                thread.set_frame(state, Word::UNBOUND);
                self.failures.push((id, scenario.code.places[raised.map_or(0, |(_, at)| at) as usize]));
                self.end(state, id, Some(error));
            }
        }
        Ok(started)
    }

    /// The body of a thread is over. What still has to happen before the thread is gone, it does one after the other.
    fn end(&mut self, state: &mut State, id: ThreadId, error: Option<Word>) {
        let thread = self.machine.thread(id);
        self.machine.clock.stop(state, thread);
        // SystemExit ends a thread without a word.
        let error = error.filter(|&error| !matches!(self.values.composite(error), Some(Composite::Error(ErrorKind::SystemExit, _))));
        let word = error.unwrap_or(Word::UNBOUND);
        // Main ends the program: no executor takes any more work, then, where there are daemons, they die.
        let next = if id == ThreadId::MAIN && self.machine.begins_to_end(state) {
            Some(Op::CloseAll)
        } else if id == ThreadId::MAIN && self.machine.setting.has_daemons {
            Some(Op::Exit)
        } else if self.machine.has_unsent(&self.values, state, id) && self.machine.process_of(id) == id {
            // A process sends what it has put before it ends.
            Some(Op::Flush)
        } else if id != ThreadId::MAIN && self.machine.setting.observes_life {
            Some(Op::End)
        } else {
            None
        };
        match next {
            Some(op) => {
                thread.set_saved(state, word);
                let op = self.values.op(op);
                thread.set_op(state, op);
            }
            None => self.gone(state, id, word),
        }
    }

    /// One of the things that had to happen before a thread is gone has happened.
    fn go_on_ending(&mut self, state: &mut State, id: ThreadId) {
        let error = Some(self.machine.thread(id).saved(state)).filter(|error| !error.is_unbound());
        self.end(state, id, error);
    }

    /// A thread is gone, with this error or none.
    fn gone(&mut self, state: &mut State, id: ThreadId, error: Word) {
        let thread = self.machine.thread(id);
        if error.is_unbound() {
            // What claims look at is still there.
            let last = thread.frame(state);
            thread.end(state, Status::Ended, last);
        } else {
            thread.end(state, Status::Failed, error);
        }
    }

    /// Of the names of a body that is over, those that claims look at.
    fn last_names(&mut self, mut frame: Frame) -> Word {
        let function = self.scenario.code.function_of[frame.at as usize];
        let Some(&(_, kept)) = self.scenario.looked_at.iter().find(|(looked_at, _)| *looked_at == function) else { return Word::UNBOUND };
        frame.stack.clear();
        frame.forget_dead(kept);
        frame.pack(&mut self.values)
    }

    /// Runs the threads just started, ends joins that are over, and lets time pass when nothing else can happen.
    fn settle(&mut self, state: &mut State, mut started: Vec<ThreadId>) -> Result<(), Stop> {
        loop {
            while !started.is_empty() {
                let id = started.remove(0);
                let op = self.values.composite(self.machine.thread(id).op(state));
                if let Some(&Composite::Op(op @ (Op::Fire(_) | Op::Attach))) = op {
                    self.machine.arrive(state, id, op);
                } else {
                    started.extend(self.drive(state, id, Drive::Run)?);
                }
            }
            if let Some(id) = self.flushed(state) {
                self.go_on_ending(state, id);
                continue;
            }
            let Some(id) = self.finished_join(state) else { break };
            let op = self.machine.pending(&self.values, state, id).expect("it is at a join");
            self.ties.push(Tie::Joined(id, op));
            let outcome = self.machine.apply(&mut self.values, state, id, op, 0);
            if let Some(result) = self.outcome(state, id, op, outcome)? {
                started = self.drive(state, id, Drive::Resume(result))?;
            }
        }
        if self.machine.setting.time != Time::Untimed {
            while self.machine.enabled(&self.values, state).is_empty() && self.machine.clock.advance(state, &self.machine.threads) {
                self.ties.push(Tie::Passed);
            }
        }
        Ok(())
    }

    /// A process at its end whose last item is in the pipe.
    fn flushed(&self, state: &State) -> Option<ThreadId> {
        if self.machine.feeders.is_empty() {
            return None;
        }
        let flushes = |id: ThreadId| self.machine.pending(&self.values, state, id) == Some(Op::Flush);
        let mut processes = self.machine.threads.iter().map(|thread| thread.id).filter(|&id| flushes(id));
        processes.find(|&id| self.machine.is_enabled(&self.values, state, id, Op::Flush))
    }

    fn finished_join(&self, state: &State) -> Option<ThreadId> {
        self.machine.threads.iter().map(|thread| thread.id).find(|&id| {
            let op = self.machine.pending(&self.values, state, id);
            op.is_some_and(|op| self.machine.is_private(&self.values, state, id, op))
        })
    }

    /// Evaluates an expression of a claim in a state.
    ///
    /// # Errors
    ///
    /// The error object's word if the expression raises; a stop if it cannot be evaluated.
    pub fn evaluate(&mut self, state: &mut State, function: u16) -> Result<Result<Word, Word>, Stop> {
        let scenario = self.scenario.clone();
        let frame = Frame::call(&scenario.code, function, &[], Word::NONE, 1);
        let mut vm = Vm {
            code: &scenario.code,
            machine: &self.machine,
            threads: &self.threads,
            names: &self.names,
            values: &mut self.values,
            state,
            thread: ThreadId::MAIN,
            frame,
            started: Vec::new(),
            raised: None,
            swallowed: Vec::new(),
            observing: true,
        };
        match vm.run()? {
            Pause::Ended(word) => Ok(Ok(word)),
            Pause::Failed(error) => Ok(Err(error)),
            Pause::Asks(_) => Err(vm.trap(Cause::Unsupported("a claim that acts: claims only observe".to_owned()))),
        }
    }
}
