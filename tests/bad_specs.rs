//! Are the mistakes that authors make told as they should be? One trial a file, discovered: an error with file, line and column, and a snapshot.

mod shipped;
mod snapshot;

use std::path::{Path, PathBuf};

use drawloom::program::read::read;
use libtest_mimic::{Arguments, Failed, Trial};
use shipped::{root, scenarios};
use snapshot::every_one_is_claimed;

fn name_of(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

/// Whether a line says where: `--> file:line:column`.
fn is_place(line: &str) -> bool {
    let Some((_, place)) = line.split_once("--> ") else { return false };
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse::<u32>().ok()).is_some_and(|number| number > 0);
    number() && number() && parts.next().is_some_and(|file| file.ends_with(".yaml"))
}

fn check(path: &Path) -> Result<(), Failed> {
    std::env::set_current_dir(root()).map_err(|error| error.to_string())?;
    let Err(found) = read(path) else { return Err("nothing is found to be wrong".into()) };
    let shown = found.render(false);
    let errors = shown.lines().filter(|line| line.starts_with("error: ")).count();
    let places = shown.lines().filter(|line| is_place(line)).count();
    if errors == 0 || errors != places || errors != found.all.len() {
        return Err(format!("{} mistakes, {errors} errors at {places} places:\n{shown}", found.all.len()).into());
    }
    if !shown.contains('^') {
        return Err(format!("no caret:\n{shown}").into());
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/bad"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name_of(path), shown));
    Ok(())
}

/// The real binary, given all the files at once, tells them all and exits with 2.
fn the_binary_tells_them_all(files: &[PathBuf]) -> Result<(), Failed> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_drawloom"))
        .args(["check", "tests/bad"])
        .current_dir(root())
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8(output.stderr).map_err(|error| error.to_string())?;
    if output.status.code() != Some(2) || told.contains("panicked") {
        return Err(format!("{}\n{told}", output.status).into());
    }
    match files.iter().find(|path| !told.contains(&path.to_string_lossy().into_owned())) {
        Some(path) => Err(format!("nothing is said of {}", path.display()).into()),
        None => Ok(()),
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let files = scenarios("tests/bad");
    assert!(files.len() >= 40, "only {} files in tests/bad", files.len());
    let mut trials: Vec<Trial> = Vec::new();
    for path in files.clone() {
        trials.push(Trial::test(path.display().to_string(), move || check(&path)));
    }
    let again = files.clone();
    trials.push(Trial::test("the binary tells them all", move || the_binary_tells_them_all(&again)));
    trials.push(Trial::test("every snapshot is claimed", move || {
        every_one_is_claimed("snapshots/bad", files.iter().map(|path| name_of(path)))
    }));
    libtest_mimic::run(&arguments, trials).exit();
}
