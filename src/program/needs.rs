//! What of the machine a scenario needs: which parts of the state it can tell apart.

use crate::kernel::clock::Time;
use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::Setting;
use crate::kernel::queue::Incomparable;
use crate::kernel::value::Word;
use crate::kernel::values::{Composite, Values};
use crate::program::bytecode::{Builtin, Code, Instruction, Method};
use crate::program::comparing;
use crate::program::raised::Raised;
use crate::program::scenario::Scenario;
use crate::step::clock::Clock;

/// What of the machine a scenario needs on this clock.
pub fn setting(scenario: &Scenario, clock: Clock, keeps_output: bool) -> Setting {
    let uses = |wanted: &dyn Fn(&Instruction) -> bool| scenario.code.instructions.iter().any(wanted);
    let random = uses(&|instruction| match instruction {
        Instruction::Builtin(Builtin::Random | Builtin::Uniform, _) => true,
        Instruction::Constant(word) => matches!(scenario.values.composite(*word), Some(Composite::Span(span)) if !span.is_exact()),
        _ => false,
    });
    Setting {
        time: match clock {
            Clock::Untimed => Time::Untimed,
            Clock::Timed if random => Time::Dense,
            Clock::Timed => Time::Exact,
        },
        observes_time: uses(&|instruction| matches!(instruction, Instruction::Builtin(Builtin::Now | Builtin::Monotonic, _))),
        keeps_output,
        clears_events: uses(&|instruction| matches!(instruction, Instruction::Method(Method::Clear, _))),
        observes_life: observes_life(&scenario.code),
        ends_are_seen: true,
        joins_are_seen: joins_are_seen(scenario),
        creates_elsewhere: creates_elsewhere(scenario),
        has_daemons: scenario.groups.iter().any(|group| group.daemon)
            || uses(&|instruction| matches!(instruction, Instruction::StoreDaemon))
            || uses(&|instruction| matches!(instruction, Instruction::Builtin(Builtin::Thread, 4))),
        spawns: scenario.spawns,
        has_main: scenario.main.is_some(),
        queue_bound: scenario.bounds.queue,
        less,
    }
}

/// Whether the program asks if a thread is alive, or joins one with a timeout.
fn observes_life(code: &Code) -> bool {
    code.instructions.iter().enumerate().any(|(at, instruction)| match instruction {
        Instruction::Method(Method::IsAlive, _) => true,
        Instruction::Method(Method::Join, _) => at == 0 || code.instructions[at - 1] != Instruction::Constant(Word::UNBOUND),
        _ => false,
    })
}

/// Whether a thread may be joined, or started again, by somebody who cannot know whether it was started.
fn joins_are_seen(scenario: &Scenario) -> bool {
    let instructions = &scenario.code.instructions;
    let starts = instructions.iter().any(|instruction| matches!(instruction, Instruction::Method(Method::Start, _)));
    let meets = |at: usize| match instructions[at] {
        // The join of a queue that is named.
        Instruction::Method(Method::Join, 1) if at > 1 && matches!(instructions[at - 2], Instruction::Object(..)) => false,
        Instruction::Method(Method::Join | Method::Start, _) | Instruction::JoinGroup(_) => true,
        _ => false,
    };
    starts && (0..instructions.len()).any(|at| meets(at) && is_elsewhere(scenario, at))
}

/// Whether an instruction may be executed by another thread than main.
fn is_elsewhere(scenario: &Scenario, at: usize) -> bool {
    scenario.main != Some(scenario.code.function_of[at])
}

/// Whether others than main create threads, so that it can be told who was the first.
fn creates_elsewhere(scenario: &Scenario) -> bool {
    let creates = |instruction: &Instruction| matches!(instruction, Instruction::Builtin(Builtin::Thread | Builtin::Timer, _));
    scenario.code.instructions.iter().enumerate().any(|(at, instruction)| creates(instruction) && is_elsewhere(scenario, at))
}

/// Python's `<`, for priority queues.
fn less(values: &mut Values, left: Word, right: Word) -> Result<bool, Incomparable> {
    comparing::less(values, left, right).map_err(|raised| match raised {
        Raised::Asymmetric => Incomparable::Asymmetric,
        _ => Incomparable::Raised(Fault::new(ErrorKind::TypeError, "'<' not supported between these items")),
    })
}
