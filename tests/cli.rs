//! Does the real binary do what its help and the README say? Exit statuses, replay to the byte, errors, and every block of the README.

use std::path::Path;
use std::process::{Command, Output};

fn drawloom(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drawloom")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the errors are text")
}

fn file(name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the folder can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn the_exit_status_tells_how_it_went() {
    let holds = drawloom(&["check", "specs/lock"]);
    assert_eq!(holds.status.code(), Some(0), "{}", stderr(&holds));
    assert_eq!(drawloom(&["check", "examples/wrong.yaml"]).status.code(), Some(1));
    let wrong = file("cli_wrong.yaml", "scenario: x\nthreads:\n  a: {run: \"lok.acquire()\"}\n");
    let mistake = drawloom(&["check", &wrong]);
    assert_eq!((mistake.status.code(), stdout(&mistake).as_str()), (Some(2), ""));
    let one_of_two = drawloom(&["check", &wrong, "specs/queue/fifo.yaml"]);
    assert_eq!(one_of_two.status.code(), Some(2));
    assert!(stdout(&one_of_two).ends_with("; 1 file with mistakes\n"), "{}", stdout(&one_of_two));
    let json = stdout(&drawloom(&["check", &wrong, "--format", "json"]));
    assert!(json.contains("\"holds\": false") && json.contains("\"mistaken\": 1"), "{json}");
    assert!(stderr(&mistake).contains("lok") && stderr(&mistake).contains("^^^"), "{}", stderr(&mistake));
    assert_eq!(drawloom(&["check", "specs/lock/lost_update.yaml", "--states", "10"]).status.code(), Some(3));
    assert_eq!(drawloom(&["check", "nowhere"]).status.code(), Some(2));
    assert_eq!(drawloom(&["check", "--nonsense"]).status.code(), Some(2));
}

#[test]
fn a_bound_that_is_hit_is_shown_at_its_place() {
    let endless = file("cli_endless.yaml", "scenario: x\nthreads:\n  a:\n    run: |\n      while True:\n          pass\n");
    let output = drawloom(&["check", &endless]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("computes for ever") && stderr(&output).contains(":6:"), "{}", stderr(&output));
    let queue =
        file("cli_queue.yaml", "scenario: x\nobjects: {q: Queue()}\nthreads:\n  a:\n    run: |\n      while True:\n          q.put(1)\n");
    let output = drawloom(&["check", &queue]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("grows beyond"), "{}", stderr(&output));
    let counter = file(
        "cli_counter.yaml",
        "scenario: x\nvars: {n: 0}\nbounds: {states: 2000}\nthreads:\n  a:\n    run: |\n      while True:\n          n += 1\n",
    );
    let output = drawloom(&["check", &counter]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("undecided") && stdout(&output).contains("2000 states"), "{}", stdout(&output));
}

#[test]
fn json_is_json() {
    let output = drawloom(&["check", "specs/lock", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["holds"], true);
    let files = std::fs::read_dir("specs/lock").expect("it is there").count();
    assert_eq!(json["scenarios"].as_array().map(Vec::len), Some(files));
    assert!(
        json["scenarios"]
            .as_array()
            .is_some_and(|scenarios| scenarios.iter().any(|scenario| scenario["hazards"][0]["hazard"] == "lost update"))
    );
    assert_eq!(json["scenarios"][0]["claims"][0]["verdict"], "proved");
}

#[test]
fn a_seed_gives_the_same_bytes_and_its_schedule_gives_them_again() {
    let spec = "specs/deadlock/threads.yaml";
    let mut seen = std::collections::BTreeSet::new();
    for seed in ["1", "2", "3", "4", "5"] {
        let first = stdout(&drawloom(&["run", spec, "--seed", seed]));
        assert_eq!(first, stdout(&drawloom(&["run", spec, "--seed", seed])));
        let schedule = first.lines().last().and_then(|line| line.split('\'').nth(1)).expect("the last line has the schedule");
        let again = drawloom(&["replay", spec, schedule]);
        assert_eq!(stdout(&again), first, "{}", stderr(&again));
        seen.insert(first);
    }
    assert!(seen.len() > 1, "five seeds gave one execution");
}

#[test]
fn schedules_that_do_not_fit_say_where_and_why() {
    let spec = "specs/lock/mutex.yaml";
    let malformed = drawloom(&["replay", spec, "0*1 1*x"]);
    assert_eq!(malformed.status.code(), Some(2));
    assert!(stderr(&malformed).contains("not a schedule"), "{}", stderr(&malformed));
    let stale = drawloom(&["replay", spec, "d1-00000000-u: 0*2 1*1"]);
    assert_eq!(stale.status.code(), Some(2));
    assert!(
        stderr(&stale).contains("another program") && stderr(&stale).contains("at step 3") && stderr(&stale).contains("blocked"),
        "{}",
        stderr(&stale)
    );
    let nobody = drawloom(&["replay", spec, "d1-00000000-u: 99*1"]);
    assert!(stderr(&nobody).contains("at step 1") && stderr(&nobody).contains("no thread 99"), "{}", stderr(&nobody));
}

#[test]
fn outcomes_are_all_told() {
    let output = stdout(&drawloom(&["outcomes", "specs/lock/lost_update.yaml"]));
    for value in 0..5 {
        assert!(output.contains(&format!("data = {value}")), "{output}");
    }
    assert!(output.contains("5 outcomes"), "{output}");
    let output = stdout(&drawloom(&["outcomes", "specs/executor/init.yaml"]));
    assert!(output.ends_with("\n1 outcome, 1 up to renaming; 2 states\n"), "{output}");
}

#[test]
fn verdicts_do_not_depend_on_symmetry_and_reduction() {
    let verdicts = |extra: &[&str]| {
        let mut arguments = vec!["check", "specs/deadlock", "specs/event", "specs/rlock", "specs/condition/notify_two.yaml"];
        arguments.extend(extra);
        let kept = |line: &&str| ["  proved", "  shown", "  refuted"].iter().any(|word| line.starts_with(word));
        stdout(&drawloom(&arguments)).lines().filter(kept).map(str::to_owned).collect::<Vec<_>>()
    };
    let all = verdicts(&[]);
    assert!(all.len() > 20);
    assert_eq!(verdicts(&["--no-symmetry", "--no-reduction"]), all);
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    for arguments in [["check", "examples/wrong.yaml"], ["check", "nowhere"], ["outcomes", "specs/queue/fifo.yaml"]] {
        let output = drawloom(&arguments);
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b));
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("there is a README");
    let mut blocks = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or("");
        let (command, expected) = block.split_once('\n').expect("a block has a command and its output");
        let arguments: Vec<&str> = command.strip_prefix("$ drawloom ").expect("a block begins with a command").split(' ').collect();
        assert_eq!(stdout(&drawloom(&arguments)), expected, "{command}");
        blocks += 1;
    }
    assert!(blocks >= 3);
}
