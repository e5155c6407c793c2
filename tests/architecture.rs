//! Are the house rules of ARCHITECTURE.md kept?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// The floors of the tower, lowest first. The front door, `src/lib.rs`, stands above them all.
const FLOORS: [&str; 9] = ["kernel", "step", "program", "runtime", "run", "check", "explore", "report", "checker"];
const MOST_LINES_OF_A_FILE: usize = 500;
const MOST_LINES_OF_A_FUNCTION: usize = 70;
const MOST_LINES_OF_A_TEST_MODULE: usize = 60;
const FORBIDDEN_NAMES: [&str; 10] = ["util", "utils", "common", "helper", "helpers", "core", "type", "types", "misc", "stuff"];

/// A file of the repository. `code` is the text of a Rust file with its comments and literals blanked out.
struct File {
    path: String,
    text: String,
    code: String,
}

impl File {
    fn new(path: &str, text: &str) -> File {
        let code = if path.ends_with(".rs") { blanked(text) } else { String::new() };
        File { path: path.to_owned(), text: text.to_owned(), code }
    }

    fn is_source(&self) -> bool {
        self.path.starts_with("src/") && self.path.ends_with(".rs")
    }

    fn is_rust(&self) -> bool {
        self.is_source() || (self.path.starts_with("tests/") && self.path.ends_with(".rs"))
    }

    /// Whether it belongs to the command line, which knows the library only from outside.
    fn is_guest(&self) -> bool {
        self.path == "src/main.rs" || self.path.starts_with("src/cli/")
    }

    fn floor(&self) -> Option<usize> {
        let inside = self.path.strip_prefix("src/")?;
        let name = inside.split_once('/').map_or(inside.trim_end_matches(".rs"), |(floor, _)| floor);
        if name == "lib" { Some(FLOORS.len()) } else { FLOORS.iter().position(|&floor| floor == name) }
    }

    fn at(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }

    /// Every item (of this kind) with its braces: first and last line. Rustfmt has put the end where it begins.
    fn blocks(&self, begins: fn(&str) -> bool) -> Vec<(usize, usize)> {
        let lines: Vec<&str> = self.code.lines().collect();
        let indent = |line: &str| line.len() - line.trim_start().len();
        let end_of = |first: usize| {
            let depth = indent(lines[first]);
            let complete = |line: &&str| matches!(line.trim_end().chars().last(), Some(';' | '}'));
            let ends = |&(_, line): &(usize, &&str)| !line.trim().is_empty() && indent(line) == depth && complete(line);
            if complete(&lines[first]) {
                first
            } else {
                lines.iter().enumerate().skip(first + 1).find(ends).map_or(first, |(last, _)| last)
            }
        };
        lines.iter().enumerate().filter(|(_, line)| begins(line.trim())).map(|(first, _)| (first, end_of(first))).collect()
    }

    /// The lines that exist only in tests.
    fn test_lines(&self) -> BTreeSet<usize> {
        let attributes = self.blocks(|line| line.starts_with("mod ") && !line.ends_with(';'));
        let lines: Vec<&str> = self.text.lines().collect();
        let is_test = |first: usize| {
            lines[..first].iter().rev().take_while(|line| line.trim().starts_with("#[")).any(|line| line.contains("cfg(test)"))
        };
        attributes.into_iter().filter(|&(first, _)| is_test(first)).flat_map(|(first, last)| first..=last).collect()
    }

    /// Every path into this crate, as its segments, with its line; a group in braces counts as several.
    fn paths(&self) -> Vec<(usize, Vec<String>)> {
        let mut paths = Vec::new();
        for (start, _) in self.code.match_indices("crate::") {
            let before = self.code[..start].chars().next_back().unwrap_or(' ');
            let visibility = self.code[..start].ends_with("(in ");
            if !before.is_alphanumeric() && before != '_' && !visibility {
                let line = self.code[..start].matches('\n').count();
                let mut leaves = Vec::new();
                tree(&mut self.code[start + 7..].chars().peekable(), &[], &mut leaves);
                paths.extend(leaves.into_iter().map(|leaf| (line, leaf)));
            }
        }
        paths
    }
}

/// Reads the rest of a `use` tree (or of an inline path) and adds its leaves.
fn tree(rest: &mut std::iter::Peekable<std::str::Chars>, prefix: &[String], leaves: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    loop {
        while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        if rest.next_if_eq(&'{').is_some() {
            while rest.peek().is_some_and(|&letter| letter != '}') {
                tree(rest, &path, leaves);
                while rest.next_if(|&letter| letter.is_whitespace() || letter == ',').is_some() {}
            }
            rest.next();
            return;
        }
        let mut name = String::new();
        while let Some(letter) = rest.next_if(|&letter| letter.is_alphanumeric() || letter == '_' || letter == '*') {
            name.push(letter);
        }
        let stuck = name.is_empty();
        path.extend((!stuck && name != "self").then_some(name));
        let before = rest.clone();
        if !stuck && rest.next_if_eq(&':').is_some() && rest.next_if_eq(&':').is_some() {
            continue;
        }
        *rest = before;
        // What is left of this branch (`as name`, or something that is no path) does not matter.
        while rest.peek().is_some_and(|&letter| !matches!(letter, ',' | '}' | ';' | '\n')) {
            rest.next();
        }
        leaves.push(path);
        return;
    }
}

/// The text with everything in comments and literals turned into spaces; lines stay lines.
fn blanked(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut place = 0;
    while place < letters.len() {
        let end = end_of_literal(&letters, place);
        if end == place {
            code.push(letters[place]);
            place += 1;
        } else {
            code.extend(letters[place..end].iter().map(|&letter| if letter == '\n' { '\n' } else { ' ' }));
            place = end;
        }
    }
    code
}

/// Where the comment or literal ends that begins here; here, if none does.
fn end_of_literal(letters: &[char], start: usize) -> usize {
    let at = |place: usize| letters.get(place).copied().unwrap_or('\0');
    let find = |from: usize, wanted: &dyn Fn(usize) -> bool| (from..letters.len()).find(|&place| wanted(place)).unwrap_or(letters.len());
    match (at(start), at(start + 1)) {
        ('/', '/') => find(start, &|place| at(place) == '\n'),
        ('/', '*') => (find(start + 2, &|place| at(place) == '*' && at(place + 1) == '/') + 2).min(letters.len()),
        ('"', _) => {
            let mut place = start + 1;
            while place < letters.len() && at(place) != '"' {
                place += if at(place) == '\\' { 2 } else { 1 };
            }
            (place + 1).min(letters.len())
        }
        ('r', '"' | '#') if start == 0 || !at(start - 1).is_alphanumeric() || at(start - 1) == 'b' => {
            let hashes = letters[start + 1..].iter().take_while(|&&letter| letter == '#').count();
            let quote = start + 1 + hashes;
            let closes = |place: usize| at(place) == '"' && (1..=hashes).all(|hash| at(place + hash) == '#');
            if at(quote) == '"' { (find(quote + 1, &closes) + 1 + hashes).min(letters.len()) } else { start }
        }
        ('\'', '\\') => find(start + 3, &|place| at(place) == '\'') + 1,
        ('\'', _) if at(start + 2) == '\'' => start + 3,
        _ => start,
    }
}

/// The whole repository, read once.
static TREE: LazyLock<Vec<File>> = LazyLock::new(|| {
    let mut files = Vec::new();
    read(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
});

fn read(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("a type");
        if ["target", ".git"].contains(&name.as_str()) {
            continue;
        } else if kind.is_dir() {
            read(&entry.path(), &format!("{prefix}{name}/"), files);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("a readable file");
            files.push(File::new(&format!("{prefix}{name}"), &String::from_utf8_lossy(&bytes)));
        }
    }
}

/// The file that a path into the crate means, if it names one.
fn target<'a>(files: &'a [File], path: &[String]) -> Option<&'a File> {
    (1..=path.len()).rev().find_map(|count| {
        let stem = format!("src/{}", path[..count].join("/"));
        files.iter().find(|file| file.path == format!("{stem}.rs") || (count > 1 && file.path == format!("{stem}/mod.rs")))
    })
}

fn imports_pointing_up(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let Some(floor) = file.floor() else {
            let strangers = file.paths().into_iter().filter(|(_, path)| file.is_guest() && path[..1] != ["cli"]);
            offenders.extend(strangers.map(|(line, path)| file.at(line, format!("the command line takes crate::{}", path.join("::")))));
            offenders.extend((!file.is_guest()).then(|| file.at(0, "not on any floor")));
            continue;
        };
        for (line, path) in file.paths() {
            if target(files, &path).and_then(File::floor).is_some_and(|other| other > floor) {
                offenders.push(file.at(line, format!("crate::{} is on a higher floor", path.join("::"))));
            }
        }
    }
    offenders
}

fn circular_imports(files: &[File]) -> Vec<String> {
    let mut edges: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let in_tests = file.test_lines();
        let paths = file.paths().into_iter().filter(|(line, _)| !in_tests.contains(line));
        let targets = paths.filter_map(|(line, path)| target(files, &path).map(|other| (line, other.path.as_str())));
        edges.insert(&file.path, targets.filter(|&(_, other)| other != file.path).collect());
    }
    let leads_to = |from: &str, to: &str| {
        let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(edges[file].iter().map(|&(_, other)| other).filter(|&other| seen.insert(other)));
        }
        seen.contains(to)
    };
    let all = files.iter().filter_map(|file| edges.get(file.path.as_str()).map(|edges| (file, edges)));
    let back = all.flat_map(|(file, edges)| edges.iter().map(move |&(line, other)| (file, line, other)));
    let back = back.filter(|(file, _, other)| leads_to(other, &file.path));
    back.map(|(file, line, other)| file.at(line, format!("imports {other}, which leads back here"))).collect()
}

fn indirect_imports(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let in_tests = file.test_lines();
        for (line, code) in file.code.lines().enumerate().filter(|(_, code)| code.contains("super::") || code.contains("use self::")) {
            if !in_tests.contains(&line) || code.trim() != "use super::*;" {
                offenders.push(file.at(line, code.trim()));
            }
        }
        for (line, path) in file.paths() {
            let named = format!("crate::{}", path.join("::"));
            if path.last().is_some_and(|last| last == "*") {
                offenders.push(file.at(line, format!("{named} imports everything")));
            } else if !file.is_guest() && target(files, &path).is_none() {
                offenders.push(file.at(line, format!("{named} goes through a front door: name the file")));
            }
        }
    }
    offenders
}

fn files_without_their_own_sentence(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    let mut sentences: BTreeMap<String, &str> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).take_while(|line| !line.is_empty());
        let sentence = lines.collect::<Vec<_>>().join(" ");
        if !sentence.ends_with(['.', '?']) {
            offenders.push(file.at(0, "opens with no `//!` sentence that ends in a full stop or question mark"));
        } else if let Some(other) = sentences.insert(sentence.to_lowercase(), &file.path) {
            offenders.push(file.at(0, format!("opens with the sentence of {other}")));
        }
    }
    offenders
}

fn what_is_too_long(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        offenders.extend((lines > MOST_LINES_OF_A_FILE).then(|| file.at(0, format!("{lines} lines"))));
        let is_function = |line: &str| {
            let words = ["pub", "const", "async", "extern", "default"];
            let (before, _) = line.split_once("fn ").unwrap_or(("other", ""));
            before
                .split_whitespace()
                .all(|word| words.iter().any(|known| word == *known || word.starts_with("pub(") || word.ends_with(')')))
        };
        let functions = file.blocks(is_function).into_iter().map(|block| ("function", block, MOST_LINES_OF_A_FUNCTION));
        let modules = if file.is_source() { file.blocks(|line| line.starts_with("mod tests {")) } else { Vec::new() };
        let modules = modules.into_iter().map(|block| ("test module", block, MOST_LINES_OF_A_TEST_MODULE));
        for (what, (first, last), most) in functions.chain(modules).filter(|(_, (first, last), most)| last - first >= *most) {
            offenders.push(file.at(first, format!("a {what} of {} lines, more than {most}", last - first + 1)));
        }
    }
    offenders
}

fn forbidden_names(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let part = file.path.trim_end_matches(".rs").split('/').find(|part| FORBIDDEN_NAMES.contains(part));
        offenders.extend(part.map(|part| file.at(0, format!("`{part}` says nothing"))));
        for (line, code) in file.code.lines().enumerate() {
            let name = code.trim().trim_start_matches("pub ").strip_prefix("mod ").unwrap_or_default().trim_end_matches([';', '{', ' ']);
            offenders.extend(FORBIDDEN_NAMES.contains(&name).then(|| file.at(line, format!("`{name}` says nothing"))));
        }
    }
    offenders
}

fn gaps_in_the_map(files: &[File]) -> Vec<String> {
    let Some(map) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else {
        return vec![String::from("ARCHITECTURE.md:1: is missing")];
    };
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let mut offenders = Vec::new();
    for (line, text) in map.text.lines().enumerate() {
        let quoted = text.split('`').skip(1).step_by(2);
        for path in quoted.filter(|path| path.ends_with(".rs") && (path.starts_with("src/") || path.starts_with("tests/"))) {
            match files.iter().any(|file| file.path == path) {
                false => offenders.push(map.at(line, format!("{path} does not exist"))),
                true if named.insert(path, line).is_some() => offenders.push(map.at(line, format!("{path} is named again"))),
                true => {}
            }
        }
    }
    let unnamed = files.iter().filter(|file| file.is_rust() && !named.contains_key(file.path.as_str()));
    offenders.extend(unnamed.map(|file| file.at(0, "not named in ARCHITECTURE.md")));
    offenders
}

fn loopholes(files: &[File]) -> Vec<String> {
    let mut offenders = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let is_root = ["src/lib.rs", "src/main.rs"].contains(&file.path.as_str());
        if is_root && !file.code.contains("#![forbid(unsafe_code)]") {
            offenders.push(file.at(0, "does not forbid unsafe code"));
        }
        for (line, code) in file.code.lines().enumerate() {
            let found = ["#[allow(", "#![allow(", "todo!", "unimplemented!", "dbg!"].into_iter().find(|word| code.contains(word));
            offenders.extend(found.map(|word| file.at(line, word)));
        }
    }
    offenders
}

fn traces_of_the_workshop(files: &[File]) -> Vec<String> {
    // Put together here, so that this file does not find itself.
    let words = [["..", "shared"].join("/"), ["", "work", ""].join("/")];
    let lines = files.iter().flat_map(|file| file.text.lines().enumerate().map(move |(line, text)| (file, line, text)));
    lines.filter(|(_, _, text)| words.iter().any(|word| text.contains(word))).map(|(file, line, text)| file.at(line, text.trim())).collect()
}

fn assert_none(offenders: &[String]) {
    assert!(offenders.is_empty(), "{} offenders:\n{}", offenders.len(), offenders.join("\n"));
}

/// Asserts that a rule finds exactly these places in a made-up tree.
fn assert_finds(rule: fn(&[File]) -> Vec<String>, files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<File> = files.iter().map(|(path, text)| File::new(path, text)).collect();
    let found = rule(&files);
    let places: Vec<String> = found.iter().map(|offender| offender.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(places, expected, "{found:?}");
}

#[test]
fn imports_point_down_only() {
    assert_none(&imports_pointing_up(&TREE));
    let files = [
        (
            "src/kernel/op.rs",
            "// crate::run::trace\nuse crate::{kernel::value,\n    run::trace::{Trace, self}};\nfn f() { crate::check::claim::f(); \"crate::run::trace\"; }\n",
        ),
        ("src/run/trace.rs", "use crate::kernel::op::Op;\nuse crate::checker::Checker;\nuse crate::cli::table;\n"),
        ("src/check/claim.rs", ""),
        ("src/checker.rs", "use crate::check::claim::Claim;\nuse crate::report::text::Text;\n"),
        ("src/cli/table.rs", "use crate::cli::color::Color;\nuse crate::run::trace::Trace;\nuse drawloom::run::trace::Trace;\n"),
        ("src/elsewhere/odd.rs", ""),
    ];
    let expected = [
        "src/kernel/op.rs:2",
        "src/kernel/op.rs:2",
        "src/kernel/op.rs:4",
        "src/run/trace.rs:2",
        "src/cli/table.rs:2",
        "src/elsewhere/odd.rs:1",
    ];
    assert_finds(imports_pointing_up, &files, &expected);
}

#[test]
fn imports_go_in_no_circle() {
    assert_none(&circular_imports(&TREE));
    let files = [
        ("src/kernel/a.rs", "use crate::kernel::b::B;\n"),
        ("src/kernel/b.rs", "use crate::kernel::d::D;\nfn f() { crate::kernel::c::f(); }\n"),
        ("src/kernel/c.rs", "use crate::kernel::{a::A, c::C};\n"),
        ("src/kernel/d.rs", "// crate::kernel::a\n#[cfg(test)]\nmod tests {\n    use crate::kernel::a::A;\n}\n"),
    ];
    assert_finds(circular_imports, &files, &["src/kernel/a.rs:1", "src/kernel/b.rs:2", "src/kernel/c.rs:1"]);
}

#[test]
fn imports_name_the_file() {
    assert_none(&indirect_imports(&TREE));
    let tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n    use super::f;\n}\n";
    let files = [
        (
            "src/kernel/a.rs",
            "use super::b::B;\nuse crate::kernel::b::*;\nuse crate::Checker;\nuse crate::kernel::Word;\nuse crate::kernel::b::B;\n",
        ),
        ("src/kernel/b.rs", tests),
        ("src/kernel/mod.rs", "pub(in crate::kernel::b) mod b;\nuse super::*;\nuse self::b::B;\n"),
    ];
    let expected = ["a.rs:1", "a.rs:2", "a.rs:3", "a.rs:4", "b.rs:4", "mod.rs:2", "mod.rs:3"].map(|place| format!("src/kernel/{place}"));
    assert_finds(indirect_imports, &files, &expected.each_ref().map(String::as_str));
}

#[test]
fn every_file_opens_with_its_own_sentence() {
    assert_none(&files_without_their_own_sentence(&TREE));
    let files = [
        ("src/a.rs", "//! What is\n//! asked?\n//!\n//! More\n"),
        ("src/b.rs", "//! What is asked?\n"),
        ("src/c.rs", "use crate::a;\n//! Late.\n"),
        ("tests/d.rs", "//! No full stop\n"),
    ];
    assert_finds(files_without_their_own_sentence, &files, &["src/b.rs:1", "src/c.rs:1", "tests/d.rs:1"]);
}

#[test]
fn nothing_is_too_long() {
    assert_none(&what_is_too_long(&TREE));
    let body = |lines: usize| "        let x = \"\n}\";\n".repeat(lines / 2);
    let function = |lines: usize| format!("impl X {{\n    pub(crate) fn f(\n        x: X,\n    ) -> Y {{\n{}    }}\n}}\n", body(lines - 4));
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", body(60));
    let (exact, longer) = (function(70), function(72));
    let files = [("src/a.rs", exact.as_str()), ("src/b.rs", &longer), ("src/c.rs", &tests), ("tests/d.rs", &"\n".repeat(501))];
    assert_finds(what_is_too_long, &files, &["src/b.rs:2", "src/c.rs:2", "tests/d.rs:1"]);
}

#[test]
fn every_name_says_something() {
    assert_none(&forbidden_names(&TREE));
    let files =
        [("src/kernel/util.rs", ""), ("tests/common/mod.rs", "pub mod helpers {\n"), ("src/a.rs", "mod types;\nmod typesetting;\n")];
    assert_finds(forbidden_names, &files, &["src/kernel/util.rs:1", "tests/common/mod.rs:1", "tests/common/mod.rs:1", "src/a.rs:1"]);
}

#[test]
fn the_map_names_every_file_once() {
    assert_none(&gaps_in_the_map(&TREE));
    let map = "`src/a.rs` and `tests/b.rs`\n`src/a.rs` `src/` `src/gone.rs`\n";
    let files = [("ARCHITECTURE.md", map), ("src/a.rs", ""), ("tests/b.rs", ""), ("src/c.rs", ""), ("specs/d.rs", "")];
    assert_finds(gaps_in_the_map, &files, &["ARCHITECTURE.md:2", "ARCHITECTURE.md:2", "src/c.rs:1"]);
    assert_finds(gaps_in_the_map, &files[1..], &["ARCHITECTURE.md:1"]);
}

#[test]
fn there_are_no_loopholes() {
    assert_none(&loopholes(&TREE));
    let code = "#![forbid(unsafe_code)]\n#[allow(dead_code)]\nfn f() { todo!() }\n// dbg!(\n";
    let files = [("src/lib.rs", code), ("src/main.rs", "//! #![forbid(unsafe_code)]\n"), ("src/a.rs", "const A: &str = r#\"dbg!(\"#;\n")];
    assert_finds(loopholes, &files, &["src/lib.rs:2", "src/lib.rs:3", "src/main.rs:1"]);
}

#[test]
fn the_workshop_left_no_traces() {
    assert_none(&traces_of_the_workshop(&TREE));
    let planted = format!("network/x\nsee {}\n", ["..", "shared"].join("/"));
    let path = ["cd ", "work", "x\n"].join("/");
    assert_finds(traces_of_the_workshop, &[("README.md", &planted), ("a.sh", &path)], &["README.md:2", "a.sh:1"]);
}

#[test]
fn comments_and_literals_are_no_code() {
    let code = "a /* /* b */ c 'd' '\\'' 'e \"f\\\"\ng\" r#\"h\"# br\"i\" // j\nk";
    assert_eq!(blanked(code).split_whitespace().collect::<String>(), "ac'ebk");
}
