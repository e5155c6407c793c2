//! What fits into one machine word: the tagged values that states, operations and programs are made of.

use std::fmt;

/// A thread of the simulated program. `ThreadId(0)` is always `main`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThreadId(pub u16);

impl ThreadId {
    /// The thread that runs the program's main body.
    pub const MAIN: ThreadId = ThreadId(0);

    /// The thread's place in every table that has one entry a thread.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An object (an instance of a primitive, or a shared variable) of the simulated program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObjectId(pub u16);

impl ObjectId {
    /// The object's place in every table that has one entry an object.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A future of the simulated program, in the order in which work was submitted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FutureId(pub u16);

impl FutureId {
    /// The future's place in every table that has one entry a future.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The key of a composite value in [`Values`](crate::kernel::values::Values).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key(pub u32);

/// What a value shows of a thread: the thread itself, its name, or its number among its equals.
///
/// Names and numbers of threads that are equal up to renaming stay symbolic, so that a permutation of the
/// threads can be carried through everything that mentions them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Aspect {
    /// The thread itself, as `current_thread()` returns it.
    Handle,
    /// Its name.
    Name,
    /// Its number among the threads of one declaration (`i` in a body).
    Number,
    /// The process that it is, as `current_process()` returns it.
    Process,
}

/// A value, unpacked from its word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Value {
    /// No value: a name that is not bound, an argument that was not given.
    Unbound,
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer of at most 60 bits ([`Word::INT_MIN`] to [`Word::INT_MAX`]).
    Int(i64),
    /// A composite value, kept once in [`Values`](crate::kernel::values::Values).
    Composite(Key),
    /// A thread, its name or its number.
    Thread(ThreadId, Aspect),
    /// A primitive or a shared variable.
    Object(ObjectId),
    /// A function of the program, by its index.
    Function(u16),
    /// A future.
    Future(FutureId),
}

/// A value packed into 64 bits: four bits of tag, sixty of payload. Equal words are equal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(u64);

const TAG_BITS: u32 = 4;
const UNBOUND: u64 = 0;
const NONE: u64 = 1;
const BOOL: u64 = 2;
const INT: u64 = 3;
const COMPOSITE: u64 = 4;
const THREAD: u64 = 5;
const OBJECT: u64 = 6;
const FUNCTION: u64 = 7;
const FUTURE: u64 = 8;

impl Word {
    /// The word of [`Value::Unbound`].
    pub const UNBOUND: Word = Word(UNBOUND);
    /// The word of [`Value::None`].
    pub const NONE: Word = Word(NONE);
    /// The word of `True`.
    pub const TRUE: Word = Word(1 << TAG_BITS | BOOL);
    /// The word of `False`.
    pub const FALSE: Word = Word(BOOL);
    /// The word of the integer 0.
    pub const ZERO: Word = Word(INT);
    /// The largest integer that fits.
    pub const INT_MAX: i64 = (1 << 59) - 1;
    /// The smallest integer that fits.
    pub const INT_MIN: i64 = -(1 << 59);

    /// The word of a truth value.
    pub const fn bool(value: bool) -> Word {
        if value { Word::TRUE } else { Word::FALSE }
    }

    /// The word of an integer, or `None` where it does not fit into 60 bits.
    pub fn int(value: i64) -> Option<Word> {
        (Word::INT_MIN..=Word::INT_MAX).contains(&value).then_some(Word((value << TAG_BITS) as u64 | INT))
    }

    /// The word of a small count, which always fits.
    pub fn count(value: u32) -> Word {
        Word((u64::from(value) << TAG_BITS) | INT)
    }

    /// The word of a thread.
    pub fn thread(thread: ThreadId, aspect: Aspect) -> Word {
        Word((u64::from(thread.0) << 2 | aspect as u64) << TAG_BITS | THREAD)
    }

    /// The word of an object.
    pub fn object(object: ObjectId) -> Word {
        Word(u64::from(object.0) << TAG_BITS | OBJECT)
    }

    /// The word of a function.
    pub fn function(index: u16) -> Word {
        Word(u64::from(index) << TAG_BITS | FUNCTION)
    }

    /// The word of a future.
    pub fn future(future: FutureId) -> Word {
        Word(u64::from(future.0) << TAG_BITS | FUTURE)
    }

    /// The word of a composite value.
    pub fn composite(key: Key) -> Word {
        Word(u64::from(key.0) << TAG_BITS | COMPOSITE)
    }

    fn tag(self) -> u64 {
        self.0 & ((1 << TAG_BITS) - 1)
    }

    /// The value in this word.
    pub fn value(self) -> Value {
        let payload = self.0 >> TAG_BITS;
        match self.tag() {
            UNBOUND => Value::Unbound,
            NONE => Value::None,
            BOOL => Value::Bool(payload != 0),
            INT => Value::Int((self.0 as i64) >> TAG_BITS),
            COMPOSITE => Value::Composite(Key(payload as u32)),
            THREAD => {
                let aspect = match payload & 3 {
                    0 => Aspect::Handle,
                    1 => Aspect::Name,
                    2 => Aspect::Number,
                    _ => Aspect::Process,
                };
                Value::Thread(ThreadId((payload >> 2) as u16), aspect)
            }
            OBJECT => Value::Object(ObjectId(payload as u16)),
            FUNCTION => Value::Function(payload as u16),
            FUTURE => Value::Future(FutureId(payload as u16)),
            tag => unreachable!("a word with the unknown tag {tag}"),
        }
    }

    /// The integer in this word, if there is one. `True` and `False` are not integers here.
    pub fn as_int(self) -> Option<i64> {
        (self.tag() == INT).then_some((self.0 as i64) >> TAG_BITS)
    }

    /// The thread whose handle this is, or the process.
    pub fn as_thread(self) -> Option<ThreadId> {
        match self.value() {
            Value::Thread(thread, Aspect::Handle | Aspect::Process) => Some(thread),
            _ => None,
        }
    }

    /// The future in this word, if there is one.
    pub fn as_future(self) -> Option<FutureId> {
        match self.value() {
            Value::Future(future) => Some(future),
            _ => None,
        }
    }

    /// The key of the composite value in this word.
    pub fn as_key(self) -> Option<Key> {
        (self.tag() == COMPOSITE).then_some(Key((self.0 >> TAG_BITS) as u32))
    }

    /// The raw bits, for hashing.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// A word from raw bits that the kernel packed itself (clock bounds, counters): never shown as a value.
    pub fn from_bits(bits: u64) -> Word {
        Word(bits)
    }

    /// Whether a name or argument with this value is not bound.
    pub fn is_unbound(self) -> bool {
        self == Word::UNBOUND
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_give_back_what_was_packed() {
        for value in [0, 1, -1, 42, Word::INT_MAX, Word::INT_MIN] {
            assert_eq!(Word::int(value).unwrap().value(), Value::Int(value));
        }
        assert_eq!(Word::int(Word::INT_MAX + 1), None);
        assert_eq!(Word::int(Word::INT_MIN - 1), None);
        for aspect in [Aspect::Handle, Aspect::Name, Aspect::Number, Aspect::Process] {
            assert_eq!(Word::thread(ThreadId(77), aspect).value(), Value::Thread(ThreadId(77), aspect));
        }
        assert_eq!(Word::composite(Key(u32::MAX)).value(), Value::Composite(Key(u32::MAX)));
        assert_eq!(Word::bool(true).value(), Value::Bool(true));
        assert_eq!(Word::bool(false).value(), Value::Bool(false));
        assert_eq!(Word::object(ObjectId(9)).value(), Value::Object(ObjectId(9)));
        assert_eq!(Word::function(3).value(), Value::Function(3));
        assert_eq!(Word::future(FutureId(5)).as_future(), Some(FutureId(5)));
    }
}
