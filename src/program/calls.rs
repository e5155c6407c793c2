//! What builtin functions do: values made at once, or the operation that is asked for.

use crate::kernel::clock::Time;
use crate::kernel::error::ErrorKind;
use crate::kernel::op::{Op, Span, TICKS_PER_SECOND};
use crate::kernel::thread::{Status, Thread};
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::Composite;
use crate::program::bytecode::{Builtin, Instruction};
use crate::program::frame::Frame;
use crate::program::vm::{Fault, Next, Vm};
use crate::program::{collection, duration, pure, shape, writing};
use crate::step::trap::{Cause, Stop};

/// The most alternatives of one choice.
const ALTERNATIVES: i64 = 10_000;

impl Vm<'_> {
    /// Calls a builtin with the arguments on the stack.
    pub fn builtin(&mut self, builtin: Builtin, count: usize) -> Result<Next, Fault> {
        match builtin {
            Builtin::Thread | Builtin::Timer if self.machine.is_process(self.thread) => {
                let what = "threads that are made within a process".to_owned();
                return Err(Fault::Stop(self.trap(Cause::Unsupported(what))));
            }
            Builtin::Thread | Builtin::Timer if self.machine.setting.creates_elsewhere => {
                // Others may create threads at the same time: the order is theirs to race for. The arguments stay.
                return Ok(Next::Ask(Op::Create));
            }
            Builtin::Thread | Builtin::Timer => {
                let Some(id) = self.machine.create(self.state) else {
                    let bound = self.machine.later as u16;
                    return Err(Fault::Stop(self.trap(Cause::Threads(bound))));
                };
                self.set_up(builtin, count, id)?;
                return Ok(Next::Onward);
            }
            _ => {}
        }
        let arguments = self.pop_many(count);
        match builtin {
            Builtin::CurrentThread => self.push(Word::thread(self.thread, Aspect::Handle)),
            Builtin::CurrentProcess => {
                let process = self.machine.process_of(self.thread);
                self.push(Word::thread(process, Aspect::Process))
            }
            Builtin::Sleep => self.sleep(arguments[0]),
            Builtin::Random => {
                let span = self.values.intern(Composite::Span(Span { low: 0, high: TICKS_PER_SECOND }));
                self.frame.stack.push(span);
                Ok(Next::Onward)
            }
            Builtin::Uniform => self.uniform(arguments[0], arguments[1]),
            Builtin::RandInt => self.randint(arguments[0], arguments[1]),
            Builtin::Choice => self.choice(arguments[0]),
            Builtin::Now => {
                let shown = self.shown_time();
                let word = self.values.text(&shown);
                self.frame.stack.push(word);
                Ok(Next::Onward)
            }
            Builtin::Monotonic => self.monotonic(),
            Builtin::Print => Ok(Next::Ask(Op::Print(arguments[0]))),
            Builtin::Input => Ok(Next::Ask(Op::Input)),
            _ => {
                let result = pure::builtin(self.values, self.names, builtin, &arguments);
                self.push_or(result)
            }
        }
    }

    fn sleep(&mut self, seconds: Word) -> Result<Next, Fault> {
        let span = duration::seconds_to_span(self.values, seconds).map_err(|raised| self.fault(raised))?;
        if self.machine.setting.time == Time::Untimed {
            self.frame.stack.push(Word::NONE);
            return Ok(Next::Onward);
        }
        Ok(Next::Ask(Op::Sleep(span)))
    }

    fn uniform(&mut self, low: Word, high: Word) -> Result<Next, Fault> {
        let low = duration::seconds_to_span(self.values, low).map_err(|raised| self.fault(raised))?;
        let high = duration::seconds_to_span(self.values, high).map_err(|raised| self.fault(raised))?;
        let span = Span { low: low.low.min(high.low), high: low.high.max(high.high) };
        let word = self.values.intern(Composite::Span(span));
        self.frame.stack.push(word);
        Ok(Next::Onward)
    }

    fn randint(&mut self, low: Word, high: Word) -> Result<Next, Fault> {
        for word in [low, high] {
            if matches!(word.value(), Value::Thread(..)) {
                return Err(Fault::Stop(Stop::Asymmetric));
            }
        }
        let (Some(from), Some(to)) = (low.as_int(), high.as_int()) else {
            return Err(self.error(ErrorKind::TypeError, "randint() takes two integers"));
        };
        if from > to {
            return Err(self.error(ErrorKind::ValueError, "empty range for randrange()"));
        }
        if to - from >= ALTERNATIVES {
            let what = format!("a choice among {} integers (at most {ALTERNATIVES} can be explored)", to - from + 1);
            return Err(Fault::Stop(self.trap(Cause::Unsupported(what))));
        }
        self.frame.stack.push(low);
        Ok(Next::Ask(Op::Choose((to - from + 1) as u32)))
    }

    fn choice(&mut self, sequence: Word) -> Result<Next, Fault> {
        let items = collection::items_of(self.values, sequence).map_err(|raised| self.fault(raised))?;
        if items.is_empty() {
            return Err(self.error(ErrorKind::IndexError, "Cannot choose from an empty sequence"));
        }
        if items.len() as i64 > ALTERNATIVES {
            let what = format!("a choice among {} items (at most {ALTERNATIVES} can be explored)", items.len());
            return Err(Fault::Stop(self.trap(Cause::Unsupported(what))));
        }
        let count = items.len() as u32;
        let tuple = self.values.tuple(items);
        self.frame.stack.push(tuple);
        Ok(Next::Ask(Op::Choose(count)))
    }

    /// The virtual time as a body prints it.
    fn shown_time(&self) -> String {
        let Some(ticks) = self.machine.clock.now(self.state) else { return "+?".to_owned() };
        let (seconds, rest) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
        let fraction = format!("{rest:06}");
        match fraction.trim_end_matches('0') {
            "" => format!("+{seconds}"),
            digits => format!("+{seconds}.{digits}"),
        }
    }

    fn monotonic(&mut self) -> Result<Next, Fault> {
        let word = match (self.machine.setting.time, self.machine.clock.now(self.state)) {
            (Time::Untimed, _) => Word::NONE,
            (_, Some(ticks)) => self.values.float(ticks as f64 / TICKS_PER_SECOND as f64),
            (_, None) => {
                let what = "the rest of a timeout after a sleep of random length".to_owned();
                return Err(Fault::Stop(self.trap(Cause::Unsupported(what))));
            }
        };
        self.frame.stack.push(word);
        Ok(Next::Onward)
    }

    /// Makes a created thread ready to be started, from the arguments of its constructor on the stack.
    fn set_up(&mut self, builtin: Builtin, count: usize, id: ThreadId) -> Result<(), Fault> {
        let arguments = self.pop_many(count);
        let (target, args, interval) = match builtin {
            Builtin::Timer => (arguments[1], arguments[2], Some(arguments[0])),
            _ => (arguments[0], arguments[2], None),
        };
        let Value::Function(function) = target.value() else {
            let message = format!("'{}' object is not callable", shape::type_name(self.values, target));
            return Err(self.error(ErrorKind::TypeError, &message));
        };
        let args = if args.is_unbound() || args == Word::NONE {
            Box::default()
        } else {
            collection::items_of(self.values, args).map_err(|raised| self.fault(raised))?
        };
        let args = self.bind(function, args.into_vec())?;
        let frame = Frame::call(self.code, function, &args, Word::NONE, 1).pack(self.values);
        let thread = self.machine.thread(id);
        thread.set_frame(self.state, frame);
        let mut name = format!("Thread-{}", usize::from(id.0) + 1 - self.machine.declared);
        let mut daemon = self.machine.thread(self.thread).is_daemon(self.state);
        match interval {
            Some(seconds) => {
                let span = self.interval(seconds)?;
                let fire = self.values.op(Op::Fire(span));
                thread.set_op(self.state, fire);
            }
            None => {
                name.push_str(&format!(" ({})", self.code.functions[function as usize].name));
                if !arguments[3].is_unbound() && arguments[3] != Word::NONE {
                    daemon = self.truth(arguments[3])?;
                }
            }
        }
        thread.set_daemon(self.state, daemon);
        let given = if interval.is_some() || arguments[1] == Word::NONE { Word::UNBOUND } else { arguments[1] };
        let name = if given.is_unbound() { self.values.text(&name) } else { self.as_text(given)? };
        thread.set_given_name(self.state, name);
        self.frame.stack.push(self.threads.handle(id));
        Ok(())
    }

    /// A timer's interval; a negative one is over at once.
    fn interval(&mut self, seconds: Word) -> Result<Span, Fault> {
        match self.ticks(seconds)? {
            Some(ticks) => Ok(Span::exactly(ticks)),
            None => Err(self.error(ErrorKind::TypeError, "a timer needs an interval in seconds")),
        }
    }

    /// A value as text, as `str` gives it.
    pub fn as_text(&mut self, word: Word) -> Result<Word, Fault> {
        writing::str(self.values, self.names, word).map_err(|raised| self.fault(raised))
    }

    /// Sets a thread's name or whether it is a daemon.
    pub fn configure(&mut self, instruction: Instruction) -> Result<Next, Fault> {
        let (value, receiver) = (self.pop(), self.pop());
        let Some(id) = receiver.as_thread() else {
            return Err(self.error(ErrorKind::AttributeError, "only a thread has a name and can be a daemon"));
        };
        let thread = self.machine.thread(id);
        if instruction == Instruction::StoreName {
            if thread.status(self.state) != Status::Created {
                // Others may read it at the same moment, and neither is an operation.
                let what = "a name that is set after its thread was started: set it before `start()`".to_owned();
                return Err(Fault::Stop(self.trap(Cause::Unsupported(what))));
            }
            let name = self.as_text(value)?;
            thread.set_given_name(self.state, name);
        } else {
            if thread.status(self.state) != Status::Created {
                return Err(self.error(ErrorKind::RuntimeError, "cannot set daemon status of active thread"));
            }
            let daemon = self.truth(value)?;
            thread.set_daemon(self.state, daemon);
        }
        Ok(Next::Onward)
    }

    /// Whether anything tells the threads of a group apart: whether it would be seen if two of them were exchanged.
    pub fn is_told_apart(&mut self, group: u16) -> bool {
        let members: Vec<ThreadId> = self.threads.members(group).collect();
        members.windows(2).any(|pair| self.is_seen(pair[0], pair[1]))
    }

    /// Whether it would be seen if two threads were exchanged.
    fn is_seen(&mut self, a: ThreadId, b: ThreadId) -> bool {
        let exchanged = |id: ThreadId| match id {
            id if id == a => b,
            id if id == b => a,
            id => id,
        };
        let (machine, state) = (self.machine, &*self.state);
        // Of the running thread, the frame at hand says what it knows, its slots are out of date.
        let own = self.frame.pack(self.values);
        let threads = machine.threads.iter().filter(|thread| thread.id != self.thread);
        let of_threads = threads.flat_map(|thread| (0..Thread::SLOTS).map(move |slot| (thread.slot + slot, exchanged(thread.id), slot)));
        let (first, end) = (machine.threads[0].slot, machine.threads[machine.threads.len() - 1].slots().end);
        let others = (0..first).chain(end..machine.clock.zone.slot).map(|slot| (state.get(slot), state.get(slot)));
        let pairs = of_threads.map(|(from, to, slot)| (state.get(from), state.get(machine.thread(to).slot + slot))).chain(others);
        // Which of two timers is the first is more than two words can tell.
        let timed = machine.clock.time == Time::Dense && [a, b].iter().any(|&id| machine.thread(id).timer(state) != Word::NONE);
        timed || pairs.chain([(own, own)]).any(|(word, other)| self.values.rename(word, &exchanged) != other)
    }

    /// A thread of a group by its number.
    pub fn thread_at(&mut self, group: u16, number: Word) -> Result<Next, Fault> {
        if self.threads.is_symbolic(group) && !matches!(number.value(), Value::Thread(_, Aspect::Number)) {
            return Err(Fault::Stop(Stop::Asymmetric));
        }
        match self.threads.numbered(group, number) {
            Some(id) => {
                self.frame.stack.push(self.threads.handle(id));
                Ok(Next::Onward)
            }
            None => Err(self.error(ErrorKind::IndexError, "there is no thread with this number")),
        }
    }

    /// Takes the result of the operation that the current instruction asked for.
    pub fn finish(&mut self, result: Word) -> Result<Next, Fault> {
        let word = match self.code.instructions[self.frame.at as usize] {
            Instruction::Write(_) | Instruction::WriteItem(_) | Instruction::Append(_) => return Ok(Next::Onward),
            Instruction::Builtin(Builtin::RandInt, _) => {
                let low = self.pop().as_int().unwrap_or(0);
                Word::int(low + result.as_int().unwrap_or(0)).unwrap_or(Word::ZERO)
            }
            Instruction::Builtin(Builtin::Choice, _) => {
                let items = self.pop();
                self.values.items(items)[result.as_int().unwrap_or(0) as usize]
            }
            Instruction::Builtin(builtin @ (Builtin::Thread | Builtin::Timer), count) => {
                if let Some(id) = result.as_thread() {
                    self.set_up(builtin, count as usize, id)?;
                }
                return Ok(Next::Onward);
            }
            Instruction::Method(method, _) => match self.finish_pool_method(method, result) {
                Some(next) => return next,
                None => result,
            },
            _ => result,
        };
        self.push(word)
    }
}
