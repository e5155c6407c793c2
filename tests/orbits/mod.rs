//! Which traces are one up to an exchange of equal threads.

use drawloom::kernel::value::ThreadId;
use drawloom::run::happens_before::Signature;
use drawloom::run::schedule::Choice;

/// Every way to exchange equal threads.
pub fn permutations(classes: &[Vec<ThreadId>], threads: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![(0..threads).collect()];
    for class in classes {
        for place in 0..class.len() {
            let exchange = |to: &Vec<usize>, other: usize| {
                let mut to = to.clone();
                to.swap(class[place].index(), class[other].index());
                to
            };
            all = all.iter().flat_map(|to| (place..class.len()).map(move |other| exchange(to, other))).collect();
        }
    }
    all
}

/// The smallest of the traces that differ only in which of several equal threads does what.
pub fn orbit(trace: &Signature, permutations: &[Vec<usize>]) -> Signature {
    let renamed = |to: &Vec<usize>| {
        let event = |(choice, clock): &(Choice, Vec<u32>)| {
            let mut exchanged = clock.clone();
            clock.iter().enumerate().for_each(|(thread, count)| exchanged[to[thread]] = *count);
            (Choice { thread: ThreadId(to[choice.thread.index()] as u16), ..*choice }, exchanged)
        };
        let mut trace: Signature = trace.iter().map(event).collect();
        trace.sort_unstable();
        trace
    };
    permutations.iter().map(renamed).min().expect("nothing needs to be exchanged")
}
