//! Which hazards a scenario shows: in the executions that were found for its claims, and in some at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::hazard::{Hazard, Kind};
use crate::check::verdict::{Danger, Judgement};
use crate::check::watch::{Orders, watch};
use crate::explore::random_walk::random_walk;
use crate::kernel::object::ObjectKind;
use crate::kernel::value::ObjectId;
use crate::program::interpreter::{Interpreter, Mode};
use crate::program::scenario::Scenario;
use crate::run::execution::Execution;
use crate::run::schedule::{Choice, Schedule};
use crate::step::clock::Clock;

/// How many executions at random are watched on each clock.
const WALKS: u64 = 48;

/// The longest of them.
const LONGEST: u64 = 2_000;

/// The hazards of a scenario, each with the shortest of the executions looked at that shows it. `clocks`: those that its
/// claims are about.
///
/// What is found is there; what is not found may be there all the same, in an execution that was not looked at.
pub fn hazards(scenario: &Arc<Scenario>, judgements: &[Judgement], clocks: &[Clock]) -> Vec<Danger> {
    let mut found: BTreeMap<Hazard, Schedule> = BTreeMap::new();
    let mut orders = Orders::new();
    for &clock in clocks {
        let mode = Mode { clock, keeps_output: true, symmetry: false };
        let mut interpreter = Interpreter::new(scenario.clone(), mode);
        let evidence = judgements.iter().filter(|judgement| judgement.clock == clock).filter_map(|judgement| judgement.evidence.as_ref());
        let mut executions: Vec<Vec<Choice>> = evidence.map(|evidence| evidence.schedule.choices.clone()).collect();
        for seed in 0..WALKS {
            let Ok(mut execution) = Execution::begin(&mut interpreter) else { break };
            // One that stops at a limit is told of elsewhere.
            let _ = random_walk(&mut execution, seed, LONGEST);
            executions.push(execution.schedule().choices);
        }
        for choices in executions {
            let Ok((hazards, order)) = watch(&mut interpreter, &choices) else { continue };
            order.into_iter().for_each(|(locks, by)| orders.entry(locks).or_default().extend(by));
            let schedule = Schedule { program: scenario.hash(), clock, choices };
            for hazard in hazards {
                let known = found.entry(hazard).or_insert_with(|| schedule.clone());
                if schedule.choices.len() < known.choices.len() {
                    *known = schedule.clone();
                }
            }
        }
    }
    let mut dangers: Vec<Danger> = told_once(found);
    if !dangers.iter().any(|danger| matches!(danger.hazard.kind, Kind::LockOrder | Kind::SelfDeadlock)) {
        dangers.extend(order_without_deadlock(scenario, &orders));
    }
    dangers.extend(one_lock_two_names(scenario));
    dangers.sort_by(|a, b| a.hazard.cmp(&b.hazard));
    dangers
}

/// Of hazards of one kind at the same places, the one with the shortest execution: threads that run one body do the same
/// wrong.
fn told_once(found: BTreeMap<Hazard, Schedule>) -> Vec<Danger> {
    let mut told: BTreeMap<(Kind, BTreeSet<_>), Danger> = BTreeMap::new();
    for (hazard, schedule) in found {
        let key = (hazard.kind, hazard.places.iter().copied().collect::<BTreeSet<_>>());
        let shorter =
            told.get(&key).is_none_or(|known| known.schedule.as_ref().is_none_or(|known| schedule.choices.len() < known.choices.len()));
        if shorter {
            told.insert(key, Danger { hazard, schedule: Some(schedule) });
        }
    }
    told.into_values().collect()
}

/// Locks that different threads take in opposite orders, where no execution looked at has ended in a deadlock: another
/// lock, or the order in which things happen, prevents it so far.
fn order_without_deadlock(scenario: &Scenario, orders: &Orders) -> Vec<Danger> {
    let mut found = Vec::new();
    for (&(first, second), takers) in orders {
        let Some(others) = orders.get(&(second, first)).filter(|_| first < second) else { continue };
        // One thread alone may take them as it likes.
        let mut pairs = takers.iter().flat_map(|taker| others.iter().map(move |other| (taker, other)));
        let Some(((_, &place), (_, &elsewhere))) = pairs.find(|((thread, _), (other, _))| thread != other) else { continue };
        let name = |id: ObjectId| scenario.objects.get(id.index()).map_or("?", |object| object.name.as_str());
        let what = format!(
            "{0} and {1} are taken in both orders; no execution that was looked at deadlocks, something else prevents it",
            name(first),
            name(second)
        );
        found.push(Danger { hazard: Hazard { kind: Kind::LockOrder, places: vec![place, elsewhere], what }, schedule: None });
    }
    found
}

/// Locks that are declared under two names.
fn one_lock_two_names(scenario: &Scenario) -> Vec<Danger> {
    let mut names: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (name, id) in &scenario.names {
        let kind = scenario.objects[id.index()].kind;
        if matches!(kind, ObjectKind::Lock | ObjectKind::RLock | ObjectKind::Semaphore(_) | ObjectKind::BoundedSemaphore(_)) {
            names.entry(*id).or_default().push(name);
        }
    }
    let doubled = names.into_values().filter(|names| names.len() > 1);
    doubled
        .map(|names| {
            let what = format!("{} are one lock: whoever takes one has taken the other", names.join(" and "));
            Danger { hazard: Hazard { kind: Kind::OneLockTwoNames, places: Vec::new(), what }, schedule: None }
        })
        .collect()
}
