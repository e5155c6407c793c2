//! Do hostile files end in a clear error or an honest verdict? Never a panic, never a signal, never without end.

mod shipped;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use drawloom::explore::random_walk::{Draws, random_walk};
use drawloom::program::interpreter::{Interpreter, Mode};
use drawloom::program::read::{read, read_text};
use drawloom::run::execution::Execution;
use shipped::{root, scenarios};

/// Only against hangs: nothing here should take a second.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The most address space of the checker, in KiB: what takes more is killed, and fails.
const ADDRESS_SPACE: &str = "3000000";

/// How many mutants are read.
const MUTANTS: u32 = 3_000;

/// How it went.
struct Told {
    status: Option<i32>,
    out: String,
    err: String,
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// Runs the real binary on a path, with small budgets.
fn checked(name: &str, path: &Path) -> Told {
    checked_within(name, path, "2000")
}

fn checked_within(name: &str, path: &Path, states: &str) -> Told {
    let binary = env!("CARGO_BIN_EXE_drawloom");
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {ADDRESS_SPACE}; exec \"$0\" \"$@\""), binary]);
        command
    } else {
        Command::new(binary)
    };
    let (out, err) = (folder().join(format!("{name}.out")), folder().join(format!("{name}.err")));
    let file = |path: &Path| File::create(path).expect("the folder can be written");
    let arguments = ["--states", states, "--time", "60", "--memory", "512"];
    command.arg("check").arg(path).args(arguments).stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let mut child = command.spawn().expect("the binary runs");
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => break status,
            None if begun.elapsed() > WATCHDOG => {
                child.kill().expect("the child can be killed");
                panic!("{name} takes for ever");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let read = |path: &Path| String::from_utf8(std::fs::read(path).expect("it was written")).expect("what is told is UTF-8");
    let told = Told { status: status.code(), out: read(&out), err: read(&err) };
    assert!(!told.err.contains("panicked") && !told.err.contains("RUST_BACKTRACE"), "{name}: {}", told.err);
    let size = told.out.len() + told.err.len();
    assert!(size < 100_000, "{name}: {size} bytes are told");
    told
}

fn hostile(name: &str, text: impl AsRef<[u8]>) -> Told {
    let path = folder().join(format!("{name}.yaml"));
    std::fs::write(&path, text).expect("the folder can be written");
    checked(name, &path)
}

/// The file is refused, in these words.
fn refused(name: &str, text: impl AsRef<[u8]>, words: &str) {
    let told = hostile(name, text);
    assert_eq!(told.status, Some(2), "{name}: {}{}", told.out, told.err);
    assert!(told.err.contains("error: ") && told.err.contains(words), "{name}: {}", told.err);
    assert!(told.err.len() < 20_000, "{name}: {} bytes are told", told.err.len());
}

/// The file is read, and what comes of it is told in these words, on either stream.
fn ends(name: &str, text: &str, status: i32, words: &str) {
    let told = hostile(name, text);
    assert_eq!(told.status, Some(status), "{name}: {}{}", told.out, told.err);
    assert!(told.out.contains(words) || told.err.contains(words), "{name}: {}{}", told.out, told.err);
}

/// A scenario with one thread that runs this.
fn body(lines: &str) -> String {
    with("", lines)
}

/// The same with other sections.
fn with(sections: &str, lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("      {line}\n")).collect();
    format!("scenario: x\n{sections}threads:\n  a:\n    run: |\n{lines}")
}

/// A line nested this deep, around another.
fn nested(head: &str, deep: usize, inner: &str) -> String {
    let heads: String = (0..deep).map(|level| format!("{}{head}\n", " ".repeat(level))).collect();
    format!("{heads}{}{inner}", " ".repeat(deep))
}

const SIMPLE: &str = "scenario: x\nthreads: {a: {run: print(1)}}\n";

#[test]
fn files_that_are_no_texts() {
    refused("nul", "scenario: x\0\n", "a NUL byte");
    refused("utf8", b"scenario: x\nthreads: \xff\xfe\n", "this is not UTF-8");
    refused("utf16", b"\xff\xfes\0c\0e\0n\0a\0r\0i\0o\0", "this is not UTF-8");
    refused("large", format!("scenario: \"{}\"\n", "a".repeat(20 << 20)), "more than the 1048576 bytes that are read");
    refused("controls", "scenario: \u{1}\u{7f}\u{202e}x\u{1b}[31m\nthreads: {a: {run: lok}}\n", "error: ");
    let told = hostile("escapes", "scenario: x\n\"\\e[31m\": 1\nthreads: {a: {run: \"\\e[31m()\"}}\n");
    assert!(!told.err.contains('\u{1b}'), "an escape sequence of the file reaches the terminal");
}

#[test]
fn marks_and_ends_of_lines_of_other_systems() {
    ends("bom", &format!("\u{feff}{SIMPLE}"), 0, "proved");
    let windows = body("if 1:\n    print(1)\nprint(2)").replace('\n', "\r\n");
    ends("crlf", &windows, 0, "proved");
    refused("crlf_mistake", windows.replace("print(2)", "print(x)"), ":7:13");
    refused("bom_mistake", "\u{feff}scenario: x\nthreads: {a: {run: lok}}\n", ":2:20");
}

#[test]
fn paths_that_are_no_files() {
    let empty = folder().join("empty");
    std::fs::create_dir_all(&empty).expect("the folder can be made");
    let told = checked("empty_folder", &empty);
    assert!(told.status == Some(2) && told.err.contains("there is no scenario"), "{}", told.err);
    let told = checked("missing", &folder().join("nowhere.yaml"));
    assert!(told.status == Some(2) && told.err.contains("there is no file or folder"), "{}", told.err);
    let folder_as_file = folder().join("folder.yaml");
    std::fs::create_dir_all(&folder_as_file).expect("the folder can be made");
    let told = checked("folder_as_file", &folder_as_file);
    assert!(told.status == Some(2) && told.err.contains("there is no scenario"), "{}", told.err);
    assert!(read(&folder_as_file).is_err());
    refused("extends_folder", "extends: .\nscenario: x\n", "cannot be read");
    refused("extends_nul", "extends: \"a\\0b\"\nscenario: x\n", "cannot be read");
    if Path::new("/dev/zero").exists() {
        refused("extends_device", "extends: /dev/zero\nscenario: x\n", "more than the 1048576 bytes");
    }
}

#[test]
fn yaml_without_end() {
    for (name, part) in [("lists", "["), ("maps", "{"), ("items", "- "), ("questions", "? ")] {
        refused(&format!("deep_{name}"), part.repeat(100_000), "nested more than 64 levels deep");
    }
    refused("deep_keys", "a: ".repeat(100_000), "a colon that no key can stand before");
    refused("deep_indentation", (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>(), "nested more than 64");
    let laughs: String = (1..12).map(|i| format!("  a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(","))).collect();
    refused("laughs", format!("scenario: x\nvars:\n  a0: &a0 [x, x, x]\n{laughs}"), "at most 50000 keys and values");
    refused("itself", "scenario: x\nvars: &v {a: 1, b: *v}\n", "refers to itself");
    let many: String = (0..30_000).map(|i| format!("  v{i}: 0\n")).collect();
    refused("many_keys", format!("scenario: x\nvars:\n{many}"), "at most 50000 keys and values");
    let many: String = (0..24_000).map(|i| format!("  v{i}: 0\n")).collect();
    refused("many_variables", format!("scenario: x\nvars:\n{many}threads: {{a: {{run: pass}}}}\n"), "more than the 20000");
    refused("long_key", format!("scenario: x\nthreads:\n  {}: {{run: lok}}\n", "a".repeat(1000)), "error: ");
    refused("odd_tags", "scenario: !!python/object:os.system x\nvars: {a: !!set {b}, c: !!binary aGk=, d: .nan}\n", "error: ");
}

#[test]
fn bodies_without_end() {
    refused("long_body", body(&"x = 1\n".repeat(13_000)), "more than the 65536 that are read");
    for (name, part) in [("parentheses", "("), ("brackets", "["), ("braces", "{")] {
        refused(&format!("open_{name}"), body(&format!("x = {}", part.repeat(60_000))), "this bracket is never closed");
    }
    ends("parentheses", &body(&format!("x = {}1{}", "(".repeat(30_000), ")".repeat(30_000))), 0, "proved");
    let deep = "nested more than 150 levels deep";
    refused("nested_lists", body(&format!("x = {}{}", "[".repeat(30_000), "]".repeat(30_000))), deep);
    refused("minus", body(&format!("x = {}1", "-".repeat(60_000))), deep);
    refused("not", body(&format!("x = {}1", "not ".repeat(15_000))), deep);
    refused("sum", body(&format!("x = {}1", "1+".repeat(30_000))), deep);
    refused("power", body(&format!("x = {}1", "1**".repeat(20_000))), deep);
    refused("choice", body(&format!("x = {}1", "1 if 1 else ".repeat(5_000))), deep);
    refused("items", body(&format!("x = [1]{}", "[0]".repeat(20_000))), deep);
    refused("attributes", body(&format!("x = a{}", ".b".repeat(30_000))), "error: ");
    refused("calls", body(&format!("x = a{}", "()".repeat(30_000))), "error: ");
    refused("lambdas", body(&format!("x = {}1", "lambda: ".repeat(8_000))), "lambda");
    refused("stars", body(&format!("x = {}1", "*".repeat(60_000))), "error: ");
    refused("f_strings", body(&format!("x = {}", "f\"{".repeat(20_000))), "error: ");
    refused("specifications", body(&format!("x = f\"{{1:{}", "{1:".repeat(10_000))), "error: ");
    ends("and", &body(&format!("x = {}1", "1 and ".repeat(10_000))), 0, "proved");
    ends("comparisons", &body(&format!("x = {}1", "1 == ".repeat(10_000))), 0, "proved");
    ends("elif", &body(&format!("if 1:\n    pass\n{}", "elif 1:\n    pass\n".repeat(2_500))), 0, "proved");
}

#[test]
fn blocks_without_end() {
    let deep = "nested more than 150 levels deep";
    refused("ifs", body(&nested("if 1:", 300, "pass")), deep);
    refused("loops", body(&nested("while 1:", 300, "pass")), deep);
    refused("for_loops", body(&nested("for x in [1]:", 300, "pass")), deep);
    refused("withs", with("objects: {l: RLock()}\n", &nested("with l:", 300, "pass")), deep);
    refused("definitions", body(&nested("def f():", 300, "pass")), "a function inside a body");
    refused("classes", body(&nested("class C:", 300, "pass")), "a class");
    refused("unclosed_indentation", body(&nested("if 1:", 300, "")), "error: ");
    // Each `finally` is compiled for every way into it: what is nested in it doubles.
    let finals: String = (0..60).map(|level| format!("{0}try:\n{0} pass\n{0}finally:\n", " ".repeat(level))).collect();
    refused("finally", body(&format!("{finals}{}pass", " ".repeat(60))), "too much for a scenario");
    let tries = nested("try:", 40, "return");
    let finals: String = (0..40).rev().map(|level| format!("{0}finally:\n{0} return\n", " ".repeat(level))).collect();
    refused("returns", body(&format!("{tries}\n{finals}")), "too much for a scenario");
}

#[test]
fn large_numbers() {
    refused("long_literal", body(&format!("x = {}", "9".repeat(60_000))), "an integer lies between");
    refused("long_yaml", format!("scenario: x\nvars: {{a: {}}}\nthreads: {{a: {{run: pass}}}}\n", "9".repeat(100_000)), "error: ");
    refused("name_of_thread", "scenario: x\nthreads:\n  a: {count: 3, run: pass, name: '{i+9223372036854775807}'}\n", "in a name");
    ends("power_of_ten", &body("x = 10**100000"), 2, "an integer of more than 60 bits");
    ends("power_of_two", &body("x = 2**10**9"), 2, "an integer of more than 60 bits");
    ends("text", &body("x = 'a'*10**12"), 2, "a text of more than");
    ends("list", &body("x = [0]*10**12"), 2, "a list or tuple of more than");
    ends("range", &body("x = list(range(10**12))"), 2, "a range of more than");
    ends("width", &body("x = f\"{1:1000000000}\""), 2, "a width or precision of");
    ends("choice_of", &body("x = randint(0, 10**12)"), 2, "a choice among");
    ends("sleep", &body("sleep(1e300)"), 1, "OverflowError");
    ends("objects", &with("objects: {q: Queue(maxsize=1000000), b: Barrier(1000000)}\n", "q.put(1)"), 0, "proved");
}

#[test]
fn more_arguments_than_a_byte_counts() {
    let many = "1,".repeat(300);
    refused("arguments", body(&format!("x = max({many}1)")), "at most 255 arguments");
    let functions = "functions: |\n  def f(a): pass\n";
    refused("call_of_a_value", with(functions, &format!("g = f\ng({many}1)")), "at most 255 arguments");
    ends("items_of_a_list", &body(&format!("x = [{}]\nassert len(x) == 30000", "1,".repeat(30_000))), 0, "proved");
    let locals: String = (0..4_000).map(|i| format!("v{i} = {i}\n")).collect();
    ends("locals", &body(&format!("{locals}assert v3999 == 3999")), 0, "proved");
}

#[test]
fn programs_without_end() {
    ends("endless", &body("while True: pass"), 2, "computes for ever");
    ends("endless_sum", &body("x = 0\nwhile True:\n    x += 1"), 2, "computes for ever");
    let recursion = "functions: |\n  def f(n): return f(n + 1) + 1\n";
    ends("recursion", &with(recursion, "f(0)"), 1, "RecursionError: maximum recursion depth exceeded");
    let fibonacci = "functions: |\n  def f(n): return n if n < 2 else f(n-1) + f(n-2)\n";
    ends("many_calls", &with(fibonacci, "f(60)"), 2, "computes for ever");
    ends("counter", &with("vars: {n: 0}\n", "while True: n = n + 1"), 3, "2000 states");
    ends("growing_list", &with("vars: {n: []}\n", "while True: n = n + [1]"), 3, "2000 states");
    ends("growing_text", &with("vars: {n: a}\n", "while True: n = n + n"), 2, "a text of more than");
    ends("nesting", &body("x = []\nwhile True: x = [x, x]"), 2, "nested more than 200 deep");
    ends("printing", &with("claims:\n  - outputs: 1\n", "while True: print(1)"), 3, "states");
    ends("queue", &with("objects: {q: Queue()}\n", "while True: q.put(1)"), 2, "a queue without maxsize grows beyond");
    let thread = "scenario: x\nfunctions: |\n  def f(): Thread(target=f).start()\nmain: |\n  f()\n";
    ends("threads", thread, 2, "more than 32 threads are created");
    ends("timers", &thread.replace("Thread(target=f)", "Timer(1, f)"), 2, "more than 32 threads are created");
    ends("inputs", &with("inputs: [x, y]\n", "while True: input()"), 1, "EOFError");
}

/// What grows item by item is made anew every time: without a limit, all of it would be kept.
#[test]
fn large_values_made_bit_by_bit() {
    let made = "256 MiB of values made in one transition";
    ends("appended", &body("x = []\nfor k in range(100000): x.append(k)"), 2, made);
    ends("comprehended", &body("x = [0 for k in range(100000)]"), 2, made);
    ends("concatenated", &body("s = ''\nfor k in range(100000): s += 'xxxxxxxxxx'"), 2, made);
    ends("sorted_again", &body("x = list(range(100000))\nwhile True: x = sorted(x)"), 2, "computes for ever");
    ends("summed_again", &body("x = list(range(100000))\nwhile True: sum(x)"), 2, "computes for ever");
}

#[test]
fn many_threads() {
    let many = "scenario: x\nvars: {n: 0}\nthreads:\n  a: {count: 1000, run: n += 1}\n  b: {count: 1000, run: n += 2}\n";
    let path = folder().join("two_thousand.yaml");
    std::fs::write(&path, many).expect("the folder can be written");
    let told = checked_within("two_thousand", &path, "30");
    assert!(told.status == Some(3) && told.out.contains("undecided"), "{}{}", told.out, told.err);
    refused("three_thousand", format!("{many}  c: {{count: 1000, run: n += 3}}\n"), "3000 threads are more than the 2000");
}

/// A text with one or two mistakes: lines or bytes left out, doubled, exchanged, or put in from elsewhere.
fn mutant(text: &str, draws: &mut Draws) -> String {
    const PUT_IN: [&str; 24] = [
        "\t",
        "\0",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "'",
        "\"",
        "#",
        "- ",
        "&a ",
        "*a",
        "!!",
        "|",
        "\r",
        "\u{7ebf}",
        "-1",
        "9999999999999",
        "\n",
        "  ",
        "lambda ",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=draws.below(2) {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        if lines.is_empty() {
            break;
        }
        let (one, other) = (draws.below(lines.len() as u32) as usize, draws.below(lines.len() as u32) as usize);
        let at = draws.below(lines[one].len() as u32) as usize;
        match draws.below(8) {
            0 => drop(lines.remove(one)),
            1 => lines.insert(other, lines[one].clone()),
            2 => lines.swap(one, other),
            3 => drop(lines[one].remove(at)),
            4 => {
                let byte = lines[one][at];
                lines[one].insert(at, byte);
            }
            5 => {
                let to = draws.below(lines[one].len() as u32) as usize;
                lines[one].swap(at, to);
            }
            6 => lines[one].truncate(at),
            _ => {
                let put = PUT_IN[draws.below(PUT_IN.len() as u32) as usize];
                lines[one].splice(at..at, put.bytes());
            }
        }
        bytes = lines.concat();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a text, shows what is wrong with it; if nothing is, runs it a little.
fn try_out(path: &Path, text: &str) -> bool {
    match read_text("mutant.yaml", text, path.parent()) {
        Err(found) => {
            assert!(!found.all.is_empty() && found.render(false).contains("error: "));
            false
        }
        Ok(scenario) => {
            let mode = Mode { clock: scenario.clock, keeps_output: true, symmetry: false };
            let mut interpreter = Interpreter::new(Arc::new(scenario), mode);
            // A run may end, be stopped by a bound, or take longer than this; it only must not panic.
            if let Ok(mut execution) = Execution::begin(&mut interpreter) {
                let _ = random_walk(&mut execution, 1, 100);
            }
            true
        }
    }
}

#[test]
fn mutants_of_scenarios_are_read_or_refused() {
    let (shipped, mistaken) = (scenarios("specs"), scenarios("tests/bad"));
    let paths: Vec<PathBuf> = shipped.iter().chain(&mistaken).map(|path| root().join(path)).collect();
    let texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).expect("it can be read")).collect();
    let mut draws = Draws::new(7);
    let mut accepted = 0;
    for number in 0..MUTANTS {
        // Of those that are mistaken already, most mutants are, too: one in four is enough.
        let from = if draws.below(4) == 0 { texts.len() } else { shipped.len() };
        let index = draws.below(from as u32) as usize;
        let text = mutant(&texts[index], &mut draws);
        match std::panic::catch_unwind(|| try_out(&paths[index], &text)) {
            Ok(read) => accepted += u32::from(read),
            Err(_) => panic!("mutant {number}, of {}:\n{text}", paths[index].display()),
        }
    }
    assert!((MUTANTS / 20..MUTANTS).contains(&accepted), "{accepted} of {MUTANTS} mutants are scenarios");
}
