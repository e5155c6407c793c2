//! What of the machine a scenario needs: which parts of the state it can tell apart.

use crate::kernel::clock::Time;
use crate::kernel::error::{ErrorKind, Fault};
use crate::kernel::machine::Setting;
use crate::kernel::queue::Incomparable;
use crate::kernel::value::Word;
use crate::kernel::values::Values;
use crate::program::bytecode::{Builtin, Code, Instruction, Method};
use crate::program::comparing;
use crate::program::raised::Raised;
use crate::program::scenario::Scenario;
use crate::program::statement::Clock;

/// What of the machine a scenario needs on this clock.
pub fn setting(scenario: &Scenario, clock: Clock, keeps_output: bool) -> Setting {
    let uses = |wanted: &dyn Fn(&Instruction) -> bool| scenario.code.instructions.iter().any(wanted);
    let random = uses(&|instruction| matches!(instruction, Instruction::Builtin(Builtin::Random | Builtin::Uniform, _)));
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
    let unlimited = |at: usize| at > 0 && code.instructions[at - 1] == Instruction::Constant(Word::UNBOUND);
    code.instructions.iter().enumerate().any(|(at, instruction)| match instruction {
        Instruction::Method(Method::IsAlive, _) => true,
        Instruction::Method(Method::Join, _) => !unlimited(at),
        _ => false,
    })
}

/// Python's `<`, for priority queues.
fn less(values: &mut Values, left: Word, right: Word) -> Result<bool, Incomparable> {
    comparing::less(values, left, right).map_err(|raised| match raised {
        Raised::Asymmetric => Incomparable::Asymmetric,
        _ => Incomparable::Raised(Fault::new(ErrorKind::TypeError, "'<' not supported between these items")),
    })
}
