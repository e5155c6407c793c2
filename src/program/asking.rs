//! What methods and attributes of objects and threads ask for: Python's calls, bound to operations.

use crate::kernel::error::ErrorKind;
use crate::kernel::machine::Object;
use crate::kernel::object::QueueOrder;
use crate::kernel::op::{Observer, Op, Ticks, Wait};
use crate::kernel::thread::Status;
use crate::kernel::value::{Aspect, ObjectId, ThreadId, Value, Word};
use crate::kernel::values::Composite;
use crate::program::bytecode::{Attribute, Method};
use crate::program::vm::{Fault, Next, Vm};
use crate::program::{duration, methods, shape};
use crate::step::trap::{Cause, Stop};

impl Vm<'_> {
    /// Calls a method with the receiver and the arguments on the stack.
    pub fn method(&mut self, method: Method, count: usize) -> Result<Next, Fault> {
        let arguments = self.pop_many(count);
        let receiver = self.pop();
        match receiver.value() {
            Value::Object(id) => {
                let op = self.object_op(id, method, &arguments)?;
                self.ask(op)
            }
            Value::Thread(id, Aspect::Handle | Aspect::Process) => self.thread_method(id, method, &arguments),
            Value::Future(id) => {
                let op = self.future_op(id, method, &arguments)?;
                self.ask(op)
            }
            Value::None if method == Method::JoinWorkers => self.push(Word::NONE),
            _ => {
                let result = methods::method(self.values, self.names, method, receiver, &arguments);
                self.push_or(result)
            }
        }
    }

    /// Asks for an operation; while a claim is evaluated, what only observes is answered at once.
    fn ask(&mut self, op: Op) -> Result<Next, Fault> {
        if !self.observing {
            return Ok(Next::Ask(op));
        }
        let word = match op {
            Op::Query(id, observer) => self.machine.observe(self.values, self.state, id, observer),
            Op::IsAlive(id) => Word::bool(self.machine.thread(id).status(self.state) == Status::Live),
            _ => return Err(Fault::Stop(self.trap(Cause::Unsupported("a claim that acts: claims only observe".to_owned())))),
        };
        self.frame.stack.push(word);
        Ok(Next::Onward)
    }

    fn object_op(&mut self, id: ObjectId, method: Method, arguments: &[Word]) -> Result<Op, Fault> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or(Word::UNBOUND);
        Ok(match (self.machine.object(id), method) {
            (Object::Lock(_) | Object::RLock(_) | Object::Condition(_), Method::Acquire) => {
                Op::Acquire(id, self.lock_wait(argument(0), argument(1))?)
            }
            (Object::Semaphore(..), Method::Acquire) => Op::Acquire(id, self.semaphore_wait(argument(0), argument(1))?),
            (Object::Lock(_) | Object::RLock(_) | Object::Condition(_), Method::Release) if argument(0).is_unbound() => Op::Release(id, 1),
            (Object::Semaphore(..), Method::Release) => Op::Release(id, self.permits(argument(0))?),
            (Object::Lock(_) | Object::RLock(_) | Object::Condition(_), Method::Locked) => Op::Query(id, Observer::Locked),
            (Object::Event(_), Method::Set) => Op::Set(id),
            (Object::Event(_), Method::Clear) => Op::Clear(id),
            (Object::Event(_), Method::IsSet) => Op::Query(id, Observer::IsSet),
            (Object::Event(_), Method::Wait) => Op::Await(id, self.patience(argument(0))?),
            (Object::Condition(_), Method::Wait) => Op::Enrol(id, self.patience(argument(0))?),
            (Object::Condition(_), Method::Notify) => Op::Notify(id, self.number_to_wake(argument(0))?),
            (Object::Condition(_), Method::NotifyAll) => Op::Notify(id, u32::MAX),
            (Object::Barrier(_), Method::Wait) => Op::Arrive(id, self.patience(argument(0))?),
            (Object::Barrier(_), Method::Abort) => Op::Abort(id),
            (Object::Barrier(_), Method::Reset) => Op::Reset(id),
            (Object::Pool(_), _) => self.pool_op(id, method, arguments)?,
            (Object::Queue(queue), _) => match (queue.order, method) {
                (_, Method::Put) if queue.maxsize == 0 => Op::Put(id, argument(0), Wait::Forever),
                (_, Method::Put) => Op::Put(id, argument(0), self.queue_wait(argument(1), argument(2))?),
                (_, Method::PutNowait) => Op::Put(id, argument(0), Wait::Never),
                (_, Method::Get) => Op::Get(id, self.queue_wait(argument(0), argument(1))?),
                (_, Method::GetNowait) => Op::Get(id, Wait::Never),
                (_, Method::Qsize) => Op::Query(id, Observer::Size),
                (_, Method::Empty) => Op::Query(id, Observer::Empty),
                (QueueOrder::Simple, _) => return Err(self.no_attribute(id, method)),
                (_, Method::Full) => Op::Query(id, Observer::Full),
                (_, Method::TaskDone) => Op::TaskDone(id),
                (_, Method::Join) if argument(0).is_unbound() => Op::JoinQueue(id),
                _ => return Err(self.no_attribute(id, method)),
            },
            _ => return Err(self.no_attribute(id, method)),
        })
    }

    /// An object has no such method.
    pub fn no_attribute(&mut self, id: ObjectId, method: Method) -> Fault {
        let kind = self.machine.kinds[id.index()];
        let message = format!("'{kind}' object has no attribute '{}'", methods::name(method));
        self.error(ErrorKind::AttributeError, &message)
    }

    /// A number of seconds in ticks, nothing for `None` and a missing argument; below zero counts as zero.
    pub fn ticks(&mut self, seconds: Word) -> Result<Option<Ticks>, Fault> {
        if seconds.is_unbound() || seconds == Word::NONE {
            return Ok(None);
        }
        if self.is_negative(seconds) {
            return Ok(Some(0));
        }
        let span = duration::seconds_to_span(self.values, seconds).map_err(|raised| self.fault(raised))?;
        Ok(Some(span.high))
    }

    fn is_negative(&self, number: Word) -> bool {
        match number.value() {
            Value::Int(number) => number < 0,
            Value::Composite(key) => matches!(self.values.get(key), Composite::Float(bits) if f64::from_bits(*bits) < 0.0),
            _ => false,
        }
    }

    /// How long a call with this `timeout` waits.
    pub fn patience(&mut self, timeout: Word) -> Result<Wait, Fault> {
        Ok(self.ticks(timeout)?.map_or(Wait::Forever, Wait::Upto))
    }

    fn blocks(&mut self, blocking: Word) -> Result<bool, Fault> {
        if blocking.is_unbound() { Ok(true) } else { self.truth(blocking) }
    }

    /// `Lock.acquire(blocking=True, timeout=-1)`
    fn lock_wait(&mut self, blocking: Word, timeout: Word) -> Result<Wait, Fault> {
        let given = !timeout.is_unbound() && timeout.as_int() != Some(-1);
        if !self.blocks(blocking)? {
            if given {
                return Err(self.error(ErrorKind::ValueError, "can't specify a timeout for a non-blocking call"));
            }
            return Ok(Wait::Never);
        }
        if !given {
            return Ok(Wait::Forever);
        }
        if self.is_negative(timeout) {
            return Err(self.error(ErrorKind::ValueError, "timeout value must be positive"));
        }
        match self.patience(timeout)? {
            Wait::Forever => Err(self.error(ErrorKind::TypeError, "'NoneType' object cannot be interpreted as an integer")),
            wait => Ok(wait),
        }
    }

    /// `Semaphore.acquire(blocking=True, timeout=None)`
    fn semaphore_wait(&mut self, blocking: Word, timeout: Word) -> Result<Wait, Fault> {
        let given = !timeout.is_unbound() && timeout != Word::NONE;
        if self.blocks(blocking)? {
            return self.patience(timeout);
        }
        if given {
            return Err(self.error(ErrorKind::ValueError, "can't specify timeout for non-blocking acquire"));
        }
        Ok(Wait::Never)
    }

    /// `Queue.get(block=True, timeout=None)` and the end of `put`
    fn queue_wait(&mut self, block: Word, timeout: Word) -> Result<Wait, Fault> {
        if !self.blocks(block)? {
            return Ok(Wait::Never);
        }
        if self.is_negative(timeout) {
            return Err(self.error(ErrorKind::ValueError, "'timeout' must be a non-negative number"));
        }
        self.patience(timeout)
    }

    fn permits(&mut self, count: Word) -> Result<u32, Fault> {
        match count.value() {
            Value::Unbound => Ok(1),
            Value::Int(count) => Ok(u32::try_from(count.max(0)).unwrap_or(u32::MAX)),
            Value::Thread(..) => Err(Fault::Stop(Stop::Asymmetric)),
            _ => Err(self.error(ErrorKind::TypeError, "release() takes a number of permits")),
        }
    }

    fn number_to_wake(&mut self, count: Word) -> Result<u32, Fault> {
        match count.value() {
            Value::Unbound => Ok(1),
            // From Python 3.10 on, zero and less wake nobody.
            Value::Int(count) => Ok(u32::try_from(count.max(0)).unwrap_or(u32::MAX)),
            Value::Thread(..) => Err(Fault::Stop(Stop::Asymmetric)),
            _ => Err(self.error(ErrorKind::TypeError, "notify() takes a number of threads")),
        }
    }

    fn thread_method(&mut self, id: ThreadId, method: Method, arguments: &[Word]) -> Result<Next, Fault> {
        match method {
            // A process takes a copy of main's variables when it starts.
            Method::Start if self.machine.starts_are_seen() || self.machine.is_process(id) => self.ask(Op::Start(id)),
            Method::Start => {
                let thread = self.machine.thread(id);
                if thread.status(self.state) != Status::Created {
                    return Err(self.error(ErrorKind::RuntimeError, "threads can only be started once"));
                }
                thread.set_status(self.state, Status::Live);
                self.started.push(id);
                self.frame.stack.push(Word::NONE);
                Ok(Next::Onward)
            }
            Method::Join => {
                let wait = self.patience(arguments.first().copied().unwrap_or(Word::UNBOUND))?;
                self.ask(Op::Join(id, wait))
            }
            Method::IsAlive => self.ask(Op::IsAlive(id)),
            Method::Cancel => self.ask(Op::Cancel(id)),
            _ => {
                let message = format!("'Thread' object has no attribute '{}'", methods::name(method));
                Err(self.error(ErrorKind::AttributeError, &message))
            }
        }
    }

    /// Whether a handle means the process of main, or the only thread of another process: both have CPython's names.
    fn is_main_of_process(&self, handle: Word) -> bool {
        match handle.value() {
            Value::Thread(id, Aspect::Process) => id == ThreadId::MAIN,
            Value::Thread(id, _) => self.machine.is_process(id),
            _ => false,
        }
    }

    /// Reads an attribute of the object or thread on the stack.
    pub fn attribute(&mut self, attribute: Attribute) -> Result<Next, Fault> {
        let receiver = self.pop();
        if let Some(id) = receiver.as_thread() {
            let thread = self.machine.thread(id);
            let word = match attribute {
                Attribute::Name if self.is_main_of_process(receiver) => {
                    let process = matches!(receiver.value(), Value::Thread(_, Aspect::Process));
                    self.values.text(if process { "MainProcess" } else { "MainThread" })
                }
                Attribute::Name if thread.given_name(self.state).is_unbound() => self.threads.name(self.values, id),
                Attribute::Name => thread.given_name(self.state),
                Attribute::Daemon => Word::bool(thread.is_daemon(self.state)),
                _ => return Err(self.error(ErrorKind::AttributeError, "a thread has no such attribute")),
            };
            self.frame.stack.push(word);
            return Ok(Next::Onward);
        }
        let Some(id) = self.object_in(receiver) else {
            let message = format!("'{}' object has no such attribute", shape::type_name(self.values, receiver));
            return Err(self.error(ErrorKind::AttributeError, &message));
        };
        let constant = match (self.machine.object(id), attribute) {
            (Object::Barrier(barrier), Attribute::Parties) => Some(barrier.parties),
            (Object::Queue(queue), Attribute::Maxsize) => Some(queue.maxsize),
            _ => None,
        };
        if let Some(count) = constant {
            self.frame.stack.push(Word::count(count));
            return Ok(Next::Onward);
        }
        let observer = match attribute {
            Attribute::Value => Observer::Value,
            Attribute::UnfinishedTasks => Observer::Unfinished,
            Attribute::Waiters => Observer::Waiters,
            Attribute::NWaiting => Observer::Arrived,
            Attribute::Broken => Observer::Broken,
            _ => return Err(self.error(ErrorKind::AttributeError, "an object has no such attribute")),
        };
        if self.machine.observe(self.values, self.state, id, observer).is_unbound() {
            return Err(self.error(ErrorKind::AttributeError, "an object has no such attribute"));
        }
        self.ask(Op::Query(id, observer))
    }
}
