//! Does CPython do only what the checker says is possible? Python versions of the scenarios, discovered, run many times in haste.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use drawloom::check::verdict::Verdict;
use drawloom::checker::Checker;
use drawloom::program::read::{read, read_text};
use drawloom::program::scenario::Scenario;
use drawloom::run::ending::Outcome;
use drawloom::step::clock::Clock;
use drawloom::step::ending::Ending;
use libtest_mimic::{Arguments, Failed, Trial};

/// How often each program runs; `CPYTHON_RUNS` says otherwise.
const RUNS: u64 = 8;

/// The most states of a search for all outcomes, and the most outcomes that are written out. Where there are more, each
/// output that was seen is asked for by a claim of its own.
const STATES: u64 = 30_000;
const OUTCOMES: u32 = 5_000;

/// How long a program is silent that hangs as it may.
const SILENCE: Duration = Duration::from_secs(2);

/// How long a program is silent that hangs as it may not.
const LONG_SILENCE: Duration = Duration::from_secs(30);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What was seen of one run.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Observed {
    ending: Ending,
    output: String,
    /// The variables when main exited; of a program that hangs, none.
    values: BTreeMap<String, String>,
    /// What ended threads and processes, in order of the text.
    errors: Vec<String>,
}

impl Observed {
    fn is(&self, outcome: &Outcome) -> bool {
        let mut errors: Vec<&str> = outcome.errors.iter().map(|(_, error)| error.as_str()).collect();
        errors.sort_unstable();
        let same_value = |(name, value): &(String, String)| self.values.get(name) == Some(value);
        self.ending == outcome.ending
            && self.output == outcome.output
            && self.errors == errors
            && (self.ending == Ending::Deadlock || outcome.values.iter().all(same_value))
    }
}

/// What the checker says is possible, on a machine of any speed.
struct Oracle {
    path: PathBuf,
    /// Every outcome, if there are not too many.
    all: Option<Vec<Outcome>>,
    /// The scenario's variables.
    variables: Vec<String>,
    /// What has been asked already.
    answers: Mutex<BTreeMap<Observed, bool>>,
}

impl Oracle {
    fn new(path: &Path) -> Result<Oracle, Failed> {
        let scenario = Arc::new(read(path).map_err(|found| found.render(false))?);
        let checker = Checker::new().states(STATES);
        let (found, search) = checker.outcomes(&scenario, Clock::Untimed);
        let first = found.first().map(|collected| collected.outcome.values.clone()).unwrap_or_default();
        let few = found.iter().all(|collected| collected.renamings <= OUTCOMES.into()) && found.len() <= OUTCOMES as usize;
        let complete = search.spent.is_none() && search.trap.is_none() && few;
        let all = if complete { checker.all_outcomes(&scenario, Clock::Untimed) } else { None };
        Ok(Oracle {
            path: path.to_owned(),
            all: all.map(|all| all.into_iter().collect()),
            variables: first.into_iter().map(|(name, _)| name).collect(),
            answers: Mutex::default(),
        })
    }

    /// Whether an execution can look like this.
    fn allows(&self, observed: &Observed) -> Result<bool, String> {
        if let Some(all) = &self.all {
            return Ok(all.iter().any(|outcome| observed.is(outcome)));
        }
        let mut answers = self.answers.lock().expect("nobody panics with the answers");
        if let Some(&known) = answers.get(observed) {
            return Ok(known);
        }
        let report = Checker::new().check(&Arc::new(self.question(observed)?));
        if report.judgements.iter().any(|judgement| judgement.verdict == Verdict::Undecided) {
            return Err(format!("the checker does not know whether this is possible: {observed:#?}"));
        }
        answers.insert(observed.clone(), report.holds());
        Ok(report.holds())
    }

    /// The scenario with claims that say that this output, and each of these values, is possible.
    fn question(&self, observed: &Observed) -> Result<Scenario, String> {
        let ends = if observed.ending == Ending::Exit { "exit" } else { "deadlock" };
        let name = self.path.file_name().expect("a scenario is a file").to_string_lossy();
        let mut text = format!("extends: {name}\nscenario: seen\nclaims:\n  - prints: {:?}\n    ends: {ends}\n", observed.output);
        for variable in self.variables.iter().filter(|_| observed.ending == Ending::Exit) {
            let value = observed.values.get(variable).ok_or_else(|| format!("{variable} is no variable of the Python program"))?;
            text += &format!("  - possibly: {variable} == {value}\n");
        }
        read_text("seen.yaml", &text, self.path.parent()).map_err(|found| found.render(false))
    }
}

/// A program under way, in a process group of its own, which does not outlive this.
struct Running {
    child: Child,
    /// What it has written: to standard output, to standard error.
    written: [Arc<Mutex<Vec<u8>>>; 2],
    readers: Vec<thread::JoinHandle<()>>,
}

impl Running {
    #[cfg(unix)]
    fn start(python: &str, program: &Path, seed: u64) -> std::io::Result<Running> {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(python);
        command.arg("-BS").arg(root().join("tests/python/prelude.py")).arg(program).arg(seed.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn()?;
        let written: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let output = child.stdout.take().map(|stream| collect(stream, &written[0]));
        let errors = child.stderr.take().map(|stream| collect(stream, &written[1]));
        Ok(Running { child, written, readers: output.into_iter().chain(errors).collect() })
    }

    #[cfg(not(unix))]
    fn start(_: &str, _: &Path, _: u64) -> std::io::Result<Running> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// How much it has written so far.
    fn length(&self) -> usize {
        self.written.iter().map(|written| written.lock().expect("no reader panics").len()).sum()
    }

    /// Waits until it exits, or has been silent for so long.
    fn wait(&mut self, silence: Duration) -> std::io::Result<Option<ExitStatus>> {
        let (mut length, mut since) = (self.length(), Instant::now());
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if self.length() != length {
                (length, since) = (self.length(), Instant::now());
            }
            if since.elapsed() > silence {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it looks like so far.
    fn observed(&self, ending: Ending) -> Result<Observed, String> {
        let [output, told] = [0, 1].map(|stream| {
            let bytes = self.written[stream].lock().expect("no reader panics").clone();
            String::from_utf8(bytes).map_err(|error| error.to_string())
        });
        let (mut values, mut errors) = (BTreeMap::new(), Vec::new());
        for line in told?.lines() {
            match (line.split_at_checked(2), line.splitn(3, ' ').collect::<Vec<_>>().as_slice()) {
                (_, ["=", name, value]) => {
                    values.insert((*name).to_owned(), (*value).to_owned());
                }
                (Some(("! ", error)), _) => errors.push(error.to_owned()),
                _ => return Err(format!("standard error: {line}")),
            }
        }
        errors.sort_unstable();
        Ok(Observed { ending, output: output?, values, errors })
    }

    fn end(&mut self) {
        // Once only: the number may be somebody else's later.
        if self.readers.is_empty() {
            return;
        }
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn collect(mut stream: impl Read + Send + 'static, into: &Arc<Mutex<Vec<u8>>>) -> thread::JoinHandle<()> {
    let into = into.clone();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            into.lock().expect("nobody panics with what was written").extend_from_slice(&buffer[..count]);
        }
    })
}

/// Runs a program once and says what was seen, if it is possible.
fn once(python: &str, program: &Path, seed: u64, oracle: &Oracle) -> Result<Observed, String> {
    let mut running = Running::start(python, program, seed).map_err(|error| error.to_string())?;
    let mut ended = running.wait(SILENCE).map_err(|error| error.to_string())?;
    // Perhaps it is only slow. Then it has not come to an end that is possible.
    if ended.is_none() && !oracle.allows(&running.observed(Ending::Deadlock)?)? {
        ended = running.wait(LONG_SILENCE).map_err(|error| error.to_string())?;
    }
    running.end();
    let seen = running.observed(if ended.is_some() { Ending::Exit } else { Ending::Deadlock })?;
    if ended.is_some_and(|status| status.code().is_none()) {
        return Err(format!("ended by a signal ({ended:?}): {seen:#?}"));
    }
    let (values, errors) = (&seen.values, &seen.errors);
    match oracle.allows(&seen)? {
        true => Ok(seen),
        false => Err(format!("not possible, says the checker: {:?} with {values:?}, {errors:?}\n{}", seen.ending, seen.output)),
    }
}

/// Runs a program many times, all at once.
fn check(python: &str, name: &Path, runs: u64) -> Result<(), Failed> {
    let program = root().join("tests/python").join(name).with_extension("py");
    let scenario = root().join("specs").join(name).with_extension("yaml");
    let oracle = Oracle::new(&scenario)?;
    let mut results = Vec::new();
    thread::scope(|scope| {
        let (program, oracle) = (&program, &oracle);
        let runs: Vec<_> = (1..=runs).map(|seed| scope.spawn(move || once(python, program, seed, oracle))).collect();
        results.extend(runs.into_iter().map(|run| run.join().expect("a run does not panic")));
    });
    let mut seen: BTreeMap<Observed, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (seed, result) in (1..).zip(results) {
        match result {
            Ok(observed) => *seen.entry(observed).or_default() += 1,
            Err(why) => wrong.push(format!("seed {seed}: {why}")),
        }
    }
    let possible = oracle.all.as_ref().map_or("many".to_owned(), |all| all.len().to_string());
    println!("{}: {runs} runs, {} different ends, {possible} possible", name.display(), seen.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The interpreter itself, not a script that looks for it; none if it is too old for what the scenarios say of executors.
fn interpreter() -> Option<String> {
    let asked = std::env::var("CPYTHON").unwrap_or("python3".to_owned());
    let script = "import sys; print(sys.executable if sys.version_info >= (3, 9) and sys.platform == 'linux' else '')";
    let output = Command::new(asked).args(["-c", script]).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!path.is_empty()).then_some(path)
}

/// The programs, by the names of their scenarios.
fn programs() -> Vec<PathBuf> {
    let folder = root().join("tests/python");
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = entries(&folder).filter(|path| path.is_dir()).flat_map(|folder| entries(&folder));
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "py"));
    let mut names: Vec<PathBuf> = files.filter_map(|path| path.strip_prefix(&folder).map(|name| name.with_extension("")).ok()).collect();
    names.sort();
    names
}

fn main() {
    let arguments = Arguments::from_args();
    let Some(python) = interpreter() else {
        println!("SKIPPED: no Python 3.9 or later, or no Linux");
        return;
    };
    let runs = std::env::var("CPYTHON_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let names = programs();
    assert!(!names.is_empty(), "there are no programs");
    let trials = names.into_iter().map(|name| {
        let python = python.clone();
        Trial::test(name.display().to_string(), move || check(&python, &name, runs))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
