//! Which threads a scenario declares: their numbers in the machine, their names, which of them are equal.

use crate::kernel::op::Op;
use crate::kernel::value::{Aspect, ThreadId, Value, Word};
use crate::kernel::values::Values;
use crate::program::scenario::ThreadGroup;

/// The threads of one declaration.
#[derive(Clone, Debug)]
struct Group {
    first: u16,
    count: u16,
    function: u16,
    names: Vec<String>,
    symbolic: bool,
    process: bool,
}

/// The declared threads. Thread 0 is main, then the groups follow in the order of the file.
#[derive(Clone, Debug)]
pub struct Threads {
    groups: Vec<Group>,
}

impl Threads {
    /// The threads of these declarations. With `symmetry`, the names and numbers of the threads of one declaration stay
    /// symbolic, so that they can be renamed.
    pub fn new(groups: &[ThreadGroup], symmetry: bool) -> Threads {
        let mut first = 1;
        let place = |group: &ThreadGroup| {
            let begin = first;
            first += group.count;
            Group {
                first: begin,
                count: group.count,
                function: group.function,
                names: group.names.clone(),
                symbolic: symmetry && group.count > 1,
                process: group.process,
            }
        };
        Threads { groups: groups.iter().map(place).collect() }
    }

    /// How many there are, main included.
    pub fn count(&self) -> usize {
        1 + self.groups.iter().map(|group| group.count as usize).sum::<usize>()
    }

    /// The threads of a group.
    pub fn members(&self, group: u16) -> impl Iterator<Item = ThreadId> + use<> {
        let group = &self.groups[group as usize];
        (group.first..group.first + group.count).map(ThreadId)
    }

    /// The sets of threads that are equal up to renaming.
    pub fn classes(&self) -> Vec<Vec<ThreadId>> {
        let symbolic = self.groups.iter().filter(|group| group.symbolic);
        symbolic.map(|group| (group.first..group.first + group.count).map(ThreadId).collect()).collect()
    }

    /// The declared threads that are processes.
    pub fn processes(&self) -> Vec<ThreadId> {
        let processes = self.groups.iter().filter(|group| group.process);
        processes.flat_map(|group| (group.first..group.first + group.count).map(ThreadId)).collect()
    }

    /// Of each thread, main first, which group it belongs to; main is a group of its own.
    pub fn declarations(&self) -> Vec<u16> {
        let sizes = [1].into_iter().chain(self.groups.iter().map(|group| group.count as usize));
        (0..).zip(sizes).flat_map(|(group, size)| std::iter::repeat_n(group, size)).collect()
    }

    /// The function of a group's body.
    pub fn function(&self, group: u16) -> u16 {
        self.groups[group as usize].function
    }

    fn group_of(&self, id: ThreadId) -> Option<&Group> {
        self.groups.iter().find(|group| (group.first..group.first + group.count).contains(&id.0))
    }

    /// Whether the threads of a group may be renamed.
    pub fn is_symbolic(&self, group: u16) -> bool {
        self.groups[group as usize].symbolic
    }

    /// The thread with this number of a group (negative: from the end), if the word is a number of one. A number
    /// that is a plain integer must not be used where the group is symbolic: see `is_symbolic`.
    pub fn numbered(&self, group: u16, number: Word) -> Option<ThreadId> {
        let group = &self.groups[group as usize];
        match number.value() {
            Value::Int(number) => {
                let number = if number < 0 { number + i64::from(group.count) } else { number };
                u16::try_from(number).ok().filter(|&number| number < group.count).map(|number| ThreadId(group.first + number))
            }
            Value::Thread(id, Aspect::Number) if (group.first..group.first + group.count).contains(&id.0) => Some(id),
            _ => None,
        }
    }

    /// The operation that waits for the end of a whole group.
    pub fn join_all(&self, group: u16) -> Op {
        let group = &self.groups[group as usize];
        Op::JoinAll(ThreadId(group.first), group.count)
    }

    /// The value of a thread itself.
    pub fn handle(&self, id: ThreadId) -> Word {
        let process = self.group_of(id).is_some_and(|group| group.process);
        Word::thread(id, if process { Aspect::Process } else { Aspect::Handle })
    }

    /// The value of a declared thread's number.
    pub fn number(&self, id: ThreadId) -> Word {
        match self.group_of(id) {
            Some(group) if group.symbolic => Word::thread(id, Aspect::Number),
            Some(group) => Word::count(u32::from(id.0 - group.first)),
            None => Word::ZERO,
        }
    }

    /// The value of a declared thread's name.
    pub fn name(&self, values: &mut Values, id: ThreadId) -> Word {
        match self.group_of(id) {
            Some(group) if group.symbolic => Word::thread(id, Aspect::Name),
            _ => values.text(&self.shown(id, Aspect::Name)),
        }
    }

    /// What a person reads for a thread.
    pub fn shown(&self, id: ThreadId, aspect: Aspect) -> String {
        match (self.group_of(id), aspect) {
            (Some(group), Aspect::Number) => (id.0 - group.first).to_string(),
            (Some(group), _) => group.names[(id.0 - group.first) as usize].clone(),
            (None, _) if id == ThreadId::MAIN => "MainThread".to_owned(),
            (None, _) => format!("Thread-{}", usize::from(id.0) + 1 - self.count()),
        }
    }
}
