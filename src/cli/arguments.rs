//! What can be asked for: commands and options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Explores every interleaving of small concurrent programs: proves their claims, or shows the schedule that breaks them.
///
/// Exit status: 0 every claim holds, 1 a claim is refuted, 2 usage or scenario error, 3 the budget was spent.
#[derive(Parser, Debug)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    /// What to do; `check specs` if left out.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Prove or refute every claim of scenarios.
    Check(Check),
    /// Run one execution at random, the same for the same seed.
    Run(Run),
    /// Run the execution of a schedule again.
    Replay(Replay),
    /// List every way a scenario can end, with a schedule for each.
    Outcomes(Outcomes),
}

impl Default for Command {
    fn default() -> Command {
        Command::Check(Check { paths: vec![PathBuf::from("specs")], format: Format::Text, all: false, search: Searching::default() })
    }
}

/// `drawloom check`
#[derive(Args, Debug)]
pub struct Check {
    /// Scenario files, or folders of them.
    #[arg(default_value = "specs")]
    pub paths: Vec<PathBuf>,
    /// How the verdicts are written.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Tell the executions that show what is possible, too, not only those that break a claim.
    #[arg(long, short)]
    pub all: bool,
    /// How to search.
    #[command(flatten)]
    pub search: Searching,
}

/// `drawloom run`
#[derive(Args, Debug)]
pub struct Run {
    /// The scenario.
    pub spec: PathBuf,
    /// The seed.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The clock; the scenario's own if left out.
    #[arg(long, value_enum)]
    pub clock: Option<ClockName>,
    /// The most steps.
    #[arg(long)]
    pub steps: Option<u64>,
}

/// `drawloom replay`
#[derive(Args, Debug)]
pub struct Replay {
    /// The scenario.
    pub spec: PathBuf,
    /// The schedule, as drawloom has printed it (in quotes).
    pub schedule: String,
}

/// `drawloom outcomes`
#[derive(Args, Debug)]
pub struct Outcomes {
    /// The scenario.
    pub spec: PathBuf,
    /// The clock; the scenario's own if left out.
    #[arg(long, value_enum)]
    pub clock: Option<ClockName>,
    /// The most outcomes that are listed.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// How to search.
    #[command(flatten)]
    pub search: Searching,
}

/// How to search.
#[derive(Args, Debug, Default)]
pub struct Searching {
    /// The most distinct states [default: the scenario's own bound].
    #[arg(long, value_name = "N")]
    pub states: Option<u64>,
    /// The most transitions of one execution [default: the scenario's own bound].
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// The most memory of one search, in MiB, about [default: 4096].
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u64>,
    /// The most time for one scenario, in seconds [default: any].
    #[arg(long, value_name = "SECONDS")]
    pub time: Option<f64>,
    /// Do not rename equal threads (slower, same verdicts).
    #[arg(long)]
    pub no_symmetry: bool,
    /// Do not leave out interleavings that make no difference (slower, same verdicts).
    #[arg(long)]
    pub no_reduction: bool,
}

/// How verdicts are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// A clock.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockName {
    /// A sleep takes any time, a timeout may fire at any moment.
    Untimed,
    /// A virtual clock.
    Timed,
}
