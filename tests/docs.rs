//! Do the pages in docs/ say what is so? Every scenario and every command of theirs is tried, and their tables hold what the scenarios claim.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use drawloom::Checker;
use drawloom::explore::counting::interleavings;
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::read;
use drawloom::program::scenario::Scenario;
use drawloom::program::statement::Statement;
use drawloom::step::clock::Clock;

/// The most states that are looked at to count interleavings.
const COUNTED: usize = 20_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A block between fences: what stands behind the opening fence, the line it begins at, its text.
struct Block {
    info: String,
    line: usize,
    text: String,
}

impl Block {
    fn is(&self, language: &str) -> bool {
        self.info.split(' ').next() == Some(language)
    }

    fn is_scenario(&self) -> bool {
        self.is("yaml") && self.text.lines().any(|line| line.starts_with("scenario:"))
    }

    /// The file the block is written to: the one named in `yaml as NAME`, or one by its line.
    fn file(&self) -> String {
        let named = self.info.split(' ').skip_while(|word| *word != "as").nth(1);
        named.map_or_else(|| format!("line_{}.yaml", self.line), str::to_owned)
    }

    /// The exit status that the words behind the fence announce.
    fn status(&self) -> i32 {
        let words: Vec<&str> = self.info.split(' ').collect();
        ["refuted", "mistaken", "undecided"].iter().position(|word| words.contains(word)).map_or(0, |at| at as i32 + 1)
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Block { info: info.to_owned(), line: index + 1, text: String::new() }),
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    found
}

/// The pages, and a folder for each with the scenarios that stand in it.
fn pages(purpose: &str) -> Vec<(PathBuf, Vec<Block>, PathBuf)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("docs")).expect("there are pages") {
        let path = entry.expect("the folder can be read").path();
        let Some(stem) = path.file_stem().filter(|_| path.extension().is_some_and(|extension| extension == "md")) else { continue };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("docs_{purpose}")).join(stem);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let blocks = blocks(&std::fs::read_to_string(&path).expect("the page is text"));
        for block in blocks.iter().filter(|block| block.is_scenario()) {
            std::fs::write(folder.join(block.file()), &block.text).expect("the folder can be written");
        }
        found.push((path, blocks, folder));
    }
    found
}

fn drawloom(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drawloom")).args(arguments).current_dir(folder).output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_scenario_does_what_its_page_says() {
    let mut tried = 0;
    for (path, blocks, folder) in pages("scenarios") {
        for block in blocks.iter().filter(|block| block.is_scenario()) {
            let output = drawloom(&["check", &block.file()], &folder);
            assert_eq!(output.status.code(), Some(block.status()), "{}:{}\n{}", path.display(), block.line, said(&output));
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried} scenarios were found");
}

#[test]
fn every_command_prints_what_its_page_shows() {
    let mut tried = 0;
    for (path, blocks, folder) in pages("commands") {
        for block in blocks.iter().filter(|block| block.is("console")) {
            let (command, expected) = block.text.split_once('\n').expect("a block has a command and its output");
            let arguments = command.strip_prefix("$ drawloom ").expect("a block begins with a command");
            let folder = if arguments.contains("specs/") { root() } else { &folder };
            let output = drawloom(&arguments.split(' ').collect::<Vec<_>>(), folder);
            // What is wrong with a file goes to the other stream; a page shows only that.
            let wrong = output.status.code() == Some(2);
            let printed = String::from_utf8(if wrong { output.stderr } else { output.stdout }).expect("it is text");
            assert_eq!(printed.trim_end(), expected.trim_end(), "{}:{}: {command}", path.display(), block.line);
            tried += 1;
        }
    }
    assert!(tried >= 2, "{tried} commands were found");
}

#[path = "guide.rs"]
mod guide;

fn page(name: &str) -> Vec<Block> {
    blocks(&std::fs::read_to_string(root().join(name)).expect("there is such a page"))
}

/// The blocks of a page with these words behind the fence, one behind the other.
fn joined(page: &[Block], info: &str) -> String {
    let texts: Vec<&str> = page.iter().filter(|block| block.info == info).map(|block| block.text.as_str()).collect();
    texts.join("\n")
}

#[path = "readme.rs"]
mod readme;

#[test]
fn the_readme_has_a_file_of_tests_and_what_it_prints() {
    let page = page("README.md");
    assert_eq!(joined(&page, "rust"), include_str!("readme.rs"));
    let report = Checker::exhaustive().run(readme::opposite);
    assert_eq!(joined(&page, "text"), format!("{report}\n"));
}

#[test]
fn the_guide_is_two_files_of_tests() {
    let page = page("docs/guide.md");
    assert_eq!(joined(&page, "rust"), include_str!("guide.rs"));
    assert_eq!(joined(&page, "rust peers"), include_str!("guide_peers.rs"));
}

#[test]
fn the_guide_shows_what_its_tests_print() {
    let page = page("docs/guide.md");
    let wrong = Checker::exhaustive().run(guide::all_are_counted);
    assert_eq!(joined(&page, "text all_are_counted"), format!("{wrong}\n"));
    let right = Checker::exhaustive().run(|rt| guide::locked(rt, 4));
    assert_eq!(joined(&page, "text locked"), format!("{right}\n"));
    let schedule = wrong.unwrap_failure().schedule.to_string();
    assert!(joined(&page, "rust").contains(&format!("Checker::replay(\"{schedule}\")")), "{schedule}");
}

fn table() -> String {
    std::fs::read_to_string(root().join("docs/programs.md")).expect("there is a page of programs")
}

/// A row of the table of scenarios: the file, then a cell for each clock, the states, the interleavings.
struct Row {
    file: String,
    cells: Vec<String>,
}

impl Row {
    /// What stands in backticks in the cell of a clock: claims, word for word.
    fn quoted(&self, clock: Clock) -> BTreeSet<String> {
        let cell = &self.cells[if clock == Clock::Untimed { 0 } else { 1 }];
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }
}

/// The rows of the tables whose second column links to a file of specs/.
fn rows(text: &str) -> Vec<Row> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(link) = cells.get(1).and_then(|cell| cell.split("](../").nth(1)) else { continue };
        let file = link.trim_end_matches(')').to_owned();
        assert_eq!(cells.len(), 6, "{line}");
        found.push(Row { file, cells: cells[2..].iter().map(|&cell| cell.to_owned()).collect() });
    }
    found
}

fn specs(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("there are specs") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            specs(&path, found);
        } else {
            let inside = path.strip_prefix(root()).expect("it lies below");
            found.insert(inside.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn scenario(file: &str) -> Arc<Scenario> {
    Arc::new(read(&root().join(file)).unwrap_or_else(|found| panic!("{}", found.render(false))))
}

#[test]
fn every_scenario_stands_in_the_table_once() {
    let mut there = BTreeSet::new();
    specs(&root().join("specs"), &mut there);
    let mut named = BTreeSet::new();
    for row in rows(&table()) {
        assert!(named.insert(row.file.clone()), "{} stands in two rows", row.file);
    }
    assert_eq!(named, there);
}

#[test]
fn the_table_quotes_what_is_claimed() {
    for row in rows(&table()) {
        let scenario = scenario(&row.file);
        for clock in [Clock::Untimed, Clock::Timed] {
            let claims = scenario.claims.iter().filter(|claim| claim.clock == clock);
            let claimed: BTreeMap<&str, &Statement> = claims.map(|claim| (claim.name.as_str(), &claim.statement)).collect();
            let quoted = row.quoted(clock);
            for text in &quoted {
                assert!(claimed.contains_key(text.as_str()), "{}: `{text}` is not claimed ({clock:?})", row.file);
            }
            let counts = |statement: &Statement| {
                matches!(statement, Statement::Outputs { .. } | Statement::Outcomes(_) | Statement::JointOutcomes(..))
            };
            for (text, _) in claimed.iter().filter(|(_, statement)| counts(statement)) {
                assert!(quoted.contains(*text), "{}: `{text}` is claimed, but not in the table ({clock:?})", row.file);
            }
        }
    }
}

/// The number of states of the first search on each clock, as the snapshot of a scenario has it.
fn snapshot_states(file: &str) -> Option<Vec<String>> {
    let name = file.trim_start_matches("specs/").trim_end_matches(".yaml").replace('/', "__");
    let snapshot = std::fs::read_to_string(root().join(format!("snapshots/{name}.snap"))).ok()?;
    let first = |clock: &str| {
        let line = snapshot.lines().find(|line| line.contains(" states, ") && line.contains(&format!("({clock}")));
        line.and_then(|line| line.trim().split(' ').next()).unwrap_or("").to_owned()
    };
    Some([first("untimed"), first("timed")].into_iter().filter(|number| !number.is_empty()).collect())
}

#[test]
fn the_table_has_the_states_of_the_snapshots() {
    for row in rows(&table()) {
        if let Some(expected) = snapshot_states(&row.file) {
            assert_eq!(row.cells[2].replace(',', ""), expected.join(" / "), "the states of {}", row.file);
        }
    }
}

#[test]
fn the_table_has_the_numbers_of_interleavings() {
    let mut counted = 0;
    for row in rows(&table()).iter().filter(|row| row.cells[3].starts_with(|first: char| first.is_ascii_digit())) {
        let mode = Mode { clock: Clock::Untimed, keeps_output: false, symmetry: false };
        let number = interleavings(&mut Interpreter::new(scenario(&row.file), mode), COUNTED).expect("no thread is told apart");
        let number = number.unwrap_or_else(|| panic!("{} has no number of interleavings", row.file));
        assert_eq!(row.cells[3].replace(',', ""), number.to_string(), "the interleavings of {}", row.file);
        counted += 1;
    }
    assert!(counted >= 10, "{counted} numbers were checked");
}
