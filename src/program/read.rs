//! From a file to a scenario: sections gathered, bodies compiled, all mistakes told together.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kernel::object::{Declaration, ObjectKind};
use crate::kernel::value::ObjectId;
use crate::kernel::values::Values;
use crate::program::bytecode::Code;
use crate::program::claims::Reader;
use crate::program::compiler::{Flavour, Workshop, compile_statements};
use crate::program::constructors::{self, Between};
use crate::program::diagnostic::{Diagnostic, Diagnostics};
use crate::program::document::{self, Kind, LARGEST, Node, Text};
use crate::program::executors;
use crate::program::functions::definitions;
use crate::program::globals::{Global, Globals};
use crate::program::groups;
use crate::program::liveness;
use crate::program::outside::{self, Outside};
use crate::program::python;
use crate::program::scenario::{Bounds, Scenario, Source, ThreadGroup};
use crate::program::scope;
use crate::program::sections::{self, Section, Sections, check_name, entries, text, value};
use crate::step::clock::Clock;
use crate::step::place::Place;

/// How many files may extend each other in a row.
const LONGEST_CHAIN: usize = 8;

/// The most objects, variables and functions of a scenario: they are numbered in 16 bits.
const MOST_DECLARED: usize = 20_000;

/// The stack of the thread that reads: deep nesting is refused by limits of our own, not by an overflow.
const STACK: usize = 256 << 20;

/// Reads a scenario file.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(path: &Path) -> Result<Scenario, Diagnostics> {
    let label = path.to_string_lossy().replace('\\', "/");
    match load(path) {
        Ok(text) => read_text(&label, &text, path.parent()),
        Err(Unreadable { diagnostic, shown }) => Err(Diagnostics::new(Arc::new(Source::new(label, shown)), vec![diagnostic])),
    }
}

/// Reads a scenario from a text. `folder` is where `extends` is looked up; without one it is refused.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read_text(label: &str, text: &str, folder: Option<&Path>) -> Result<Scenario, Diagnostics> {
    let work = || {
        // An empty file, too, has a first line that can be pointed at.
        let text = if text.is_empty() { "\n" } else { text };
        let mut source = Source::new(label, text);
        let mut mistakes = Vec::new();
        let gathered = gather(&mut source, text, folder, &mut mistakes);
        let source = Arc::new(source);
        let scenario = match gathered {
            Ok(sections) => Some(Builder::default().build(&sections, &source, &mut mistakes)),
            Err(diagnostic) => {
                mistakes.push(diagnostic);
                None
            }
        };
        match scenario {
            Some(scenario) if mistakes.is_empty() => Ok(scenario),
            _ => Err(Diagnostics::new(source, mistakes)),
        }
    };
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let reader = reader.expect("the system has a thread left");
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Why a file could not be read, and as much of its text as can be shown.
struct Unreadable {
    diagnostic: Diagnostic,
    shown: String,
}

fn load(path: &Path) -> Result<String, Unreadable> {
    let fail = |what: String| Unreadable { diagnostic: Diagnostic::new(Place::default(), what), shown: String::new() };
    let mut bytes = Vec::new();
    // Not by the length the file claims to have: devices and pipes claim to have none.
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| fail(format!("cannot be read: {error}")))?;
    if bytes.len() > LARGEST {
        return Err(fail(format!("the file has more than the {LARGEST} bytes that are read")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to() as u32;
            let diagnostic = Diagnostic::new(Place { start: at, end: at + 1 }, "this is not UTF-8").help("save the file as UTF-8");
            Err(Unreadable { diagnostic, shown: String::from_utf8_lossy(error.as_bytes()).into_owned() })
        }
    }
}

/// The sections of a file and of those it extends.
fn gather(source: &mut Source, text: &str, folder: Option<&Path>, mistakes: &mut Vec<Diagnostic>) -> Result<Sections, Diagnostic> {
    let mut merged = sections::sections(document::parse(text)?, mistakes)?;
    let mut folder: Option<PathBuf> = folder.map(Path::to_owned);
    for _ in 0..LONGEST_CHAIN {
        let Some(extends) = merged.remove("extends") else { return Ok(merged) };
        let Some(name) = sections::text(&extends.node, "`extends`", mistakes).map(|text| text.text.clone()) else { return Ok(merged) };
        let refuse = |what: String| Diagnostic::new(extends.node.place, what);
        let Some(here) = &folder else { return Err(refuse("`extends` needs a file to start from".to_owned())) };
        let path = here.join(&name);
        let known = std::iter::once(&source.path).chain(source.others.iter().map(|(path, _)| path));
        if known.map(|known| shown(Path::new(known))).any(|known| known == shown(&path)) {
            return Err(refuse(format!("`{name}` extends itself, perhaps by way of others")).help("one of the files has to stand alone"));
        }
        let base = load(&path).map_err(|found| beside(&path, &name, refuse(format!("`{name}`: {}", found.diagnostic.message))))?;
        // A line's end in between keeps the last line of the one file from running into the next.
        source.text.push('\n');
        let start = source.text.len() as u32;
        source.others.push((shown(&path), start));
        source.text.push_str(&base);
        let mut root = document::parse(&base).map_err(|diagnostic| shifted(diagnostic, start))?;
        root.shift(start);
        merged = over(sections::sections(root, mistakes)?, merged);
        folder = path.parent().map(Path::to_owned);
    }
    let place = merged.get("extends").map_or(Place::default(), |section| section.node.place);
    Err(Diagnostic::new(place, format!("more than {LONGEST_CHAIN} files extend each other in a row")))
}

/// Says which file beside one that cannot be read may have been meant.
fn beside(path: &Path, name: &str, mistake: Diagnostic) -> Diagnostic {
    let entries = path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
    let mut names: Vec<String> =
        entries.into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    mistake.did_you_mean(name, names.iter().map(String::as_str)).help("`extends` is looked up from the folder of the file it stands in")
}

/// A path as it is shown: without steps that are taken back.
fn shown(path: &Path) -> String {
    let mut parts: Vec<std::ffi::OsString> = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            std::path::Component::CurDir => {}
            other => parts.push(other.as_os_str().to_owned()),
        }
    }
    parts.iter().collect::<PathBuf>().to_string_lossy().replace('\\', "/")
}

fn shifted(mut diagnostic: Diagnostic, by: u32) -> Diagnostic {
    diagnostic.place = Place { start: diagnostic.place.start + by, end: diagnostic.place.end + by };
    diagnostic
}

/// What a file says, over what the file it extends says: maps entry by entry, everything else as a whole.
fn over(mut base: Sections, new: Sections) -> Sections {
    for (name, section) in new {
        let merges = matches!(name.as_str(), "vars" | "objects" | "threads" | "processes" | "calls" | "bounds");
        match base.get_mut(&name) {
            Some(Section { node: Node { kind: Kind::Map(old), .. }, .. }) if merges && matches!(section.node.kind, Kind::Map(_)) => {
                let Kind::Map(entries) = section.node.kind else { continue };
                for (key, node) in entries {
                    match old.iter_mut().find(|(known, _)| known.text == key.text) {
                        Some(entry) => *entry = (key, node),
                        None => old.push((key, node)),
                    }
                }
            }
            _ => {
                base.insert(name, section);
            }
        }
    }
    base
}

/// What a scenario is made of while it is built.
#[derive(Default)]
struct Builder {
    values: Values,
    globals: Globals,
    code: Code,
    objects: Vec<(String, ObjectId, Place)>,
    spawns: bool,
}

impl Builder {
    fn build(mut self, sections: &Sections, source: &Arc<Source>, mistakes: &mut Vec<Diagnostic>) -> Scenario {
        let title = match sections.get("scenario") {
            Some(section) => text(&section.node, "a title", mistakes).map_or(String::new(), |text| text.text.trim().to_owned()),
            None => {
                mistakes
                    .push(Diagnostic::new(Place::default(), "a scenario needs a title").help("begin with `scenario: what it is about`"));
                String::new()
            }
        };
        let about = sections.get("about").and_then(|section| text(&section.node, "`about`", mistakes));
        let about = about.map_or(String::new(), |text| text.text.trim().to_owned());
        for section in ["vars", "objects", "threads", "processes"].into_iter().filter_map(|key| sections.get(key)) {
            self.globals.spoiled.extend(sections::misplaced(section).map(str::to_owned));
        }
        let clock = sections.get("clock").and_then(|section| sections::clock(&section.node, mistakes)).unwrap_or(Clock::Untimed);
        self.spawns = sections.get("start_method").is_some_and(|section| sections::spawns(&section.node, mistakes));
        self.declare_variables(sections, mistakes);
        self.declare_objects(sections, mistakes);
        let functions_text = sections.get("functions").and_then(|section| text(&section.node, "`functions`", mistakes));
        let functions = functions_text.map_or(Vec::new(), |text| definitions(text, &mut self.values, &mut self.globals.spoiled, mistakes));
        for (definition, signature) in &functions {
            let number = self.globals.signatures.len() as u16;
            let place = functions_text.map_or(Place::default(), |text| python::place_of(text, &definition.name));
            self.name(&signature.name, Global::Function(number), place, mistakes);
            self.globals.signatures.push(signature.clone());
        }
        let calls = self.declare_calls(sections, mistakes);
        let groups = self.declare_groups(sections, mistakes);
        let declared = self.globals.objects.len().max(functions.len());
        if declared > MOST_DECLARED {
            let message =
                format!("{declared} variables and objects, or functions, are more than the {MOST_DECLARED} that a scenario can have");
            mistakes.push(Diagnostic::new(sections::place_of(sections, "scenario"), message));
        }
        if groups.is_empty() && !sections.contains_key("main") && mistakes.is_empty() {
            let mistake = Diagnostic::new(sections::place_of(sections, "scenario"), "nothing runs in this scenario");
            mistakes.push(mistake.help("give it `threads:` or `main:`"));
        }
        for (definition, signature) in &functions {
            let Some(text) = functions_text else { continue };
            let mut function = self.compile(&signature.name, &signature.parameters, &definition.body, text, Flavour::Function, mistakes);
            function.defaults = signature.defaults.clone();
            self.code.functions.push(function);
        }
        for call in &calls {
            let number = self.code.functions.len() as u16;
            let function = outside::function(call, &mut self.code, number);
            self.code.functions.push(function);
        }
        let mut bodies = Vec::new();
        for group in &groups {
            let parameters: Vec<String> =
                ["i", "name"].into_iter().map(str::to_owned).chain(group.arguments.iter().map(|(name, _)| name.clone())).collect();
            bodies.push(self.body(&group.name, &parameters, group.body, mistakes));
        }
        let main = sections.get("main").and_then(|section| text(&section.node, "`main`", mistakes));
        let main = main.map(|text| self.body("main", &[], text, mistakes));
        self.finish(sections, source, mistakes, Parts { title, about, clock, groups, bodies, main })
    }

    fn finish(mut self, sections: &Sections, source: &Arc<Source>, mistakes: &mut Vec<Diagnostic>, parts: Parts<'_>) -> Scenario {
        let mut reader = Reader {
            values: &mut self.values,
            code: &mut self.code,
            globals: &self.globals,
            bodies: &parts.bodies,
            mistakes,
            clock: parts.clock,
            looked_at: Vec::new(),
        };
        let claims = reader.claims(sections.get("claims").map(|section| &section.node));
        let looked_at = reader.looked_at;
        let inputs = sections.get("inputs").map_or(Vec::new(), |section| sections::inputs(section, mistakes));
        let bounds = sections.get("bounds").map_or(Bounds::default(), |section| sections::bounds(section, mistakes));
        executors::add_functions(&mut self.code, &self.globals);
        let kept: Vec<u64> = (0..self.code.functions.len()).map(|index| self.kept(index as u16, &looked_at)).collect();
        if mistakes.is_empty() {
            liveness::analyse(&mut self.code, &kept);
        }
        let groups = parts.groups.into_iter().zip(&parts.bodies).map(|(entry, &function)| ThreadGroup {
            name: entry.name,
            count: entry.count,
            function,
            arguments: entry.arguments.into_iter().map(|(_, word)| word).collect(),
            daemon: entry.daemon,
            process: entry.process,
            names: entry.names,
            place: entry.place,
        });
        Scenario {
            source: source.clone(),
            title: parts.title,
            about: parts.about,
            clock: parts.clock,
            groups: groups.collect(),
            values: self.values,
            objects: self.globals.objects,
            names: self.objects.into_iter().map(|(name, id, _)| (name, id)).collect(),
            code: self.code,
            spawns: self.spawns,
            looked_at: looked_at.iter().map(|(function, _)| (*function, kept[*function as usize])).collect(),
            main: parts.main,
            inputs,
            bounds,
            claims,
        }
    }

    /// The names of a function that are never forgotten: labels, and what claims look at.
    fn kept(&self, function: u16, looked_at: &[(u16, u16)]) -> u64 {
        let locals = &self.code.functions[function as usize].locals;
        let kept = |index: usize| locals[index].starts_with(".in ") || looked_at.contains(&(function, index as u16));
        (0..locals.len().min(64)).filter(|&index| kept(index)).fold(0, |kept, index| kept | 1 << index)
    }

    /// Declares a name, unless something else has it.
    fn name(&mut self, name: &str, global: Global, place: Place, mistakes: &mut Vec<Diagnostic>) {
        if matches!(name, "i" | "name") {
            let message = format!("in every thread's body, `{name}` is the thread's own {}", if name == "i" { "number" } else { "name" });
            mistakes.push(Diagnostic::new(place, message).help("choose another name"));
        } else if let Some(known) = self.globals.get(name) {
            let message = format!("`{name}` is declared already, as {}", known.what());
            mistakes.push(Diagnostic::new(place, message).help("give one of them another name"));
        } else {
            self.globals.names.insert(name.to_owned(), (global, place));
        }
    }

    fn declare_variables(&mut self, sections: &Sections, mistakes: &mut Vec<Diagnostic>) {
        let Some(section) = sections.get("vars") else { return };
        for (key, node) in entries(section, mistakes) {
            if !check_name(key, mistakes) {
                self.globals.spoiled.insert(key.text.clone());
            } else {
                let first = value(node, &mut self.values, mistakes);
                let id = ObjectId(self.globals.objects.len() as u16);
                self.globals.objects.push(Declaration { name: key.text.clone(), kind: ObjectKind::Variable(first) });
                self.name(&key.text, Global::Variable(id), key.place, mistakes);
            }
        }
    }

    fn declare_objects(&mut self, sections: &Sections, mistakes: &mut Vec<Diagnostic>) {
        let Some(section) = sections.get("objects") else { return };
        let written = entries(section, mistakes);
        let between = Between { processes: sections.contains_key("processes"), spawns: self.spawns };
        self.objects = constructors::declare(written, between, &mut self.globals.objects, mistakes);
        let made = |key: &str| self.objects.iter().any(|(name, _, _)| name == key);
        self.globals.spoiled.extend(written.iter().map(|(key, _)| key.text.clone()).filter(|key| !made(key)));
        for (name, id, place) in self.objects.clone() {
            self.name(&name, Global::Object(id), place, mistakes);
        }
    }

    fn declare_calls(&mut self, sections: &Sections, mistakes: &mut Vec<Diagnostic>) -> Vec<Outside> {
        let Some(section) = sections.get("calls") else { return Vec::new() };
        let mut found = Vec::new();
        for (key, node) in entries(section, mistakes) {
            let Some(call) = outside::read(key, node, &mut self.values, mistakes) else {
                self.globals.spoiled.insert(key.text.clone());
                continue;
            };
            let number = self.globals.signatures.len() as u16;
            self.name(&call.signature.name, Global::Function(number), call.place, mistakes);
            self.globals.signatures.push(call.signature.clone());
            found.push(call);
        }
        found
    }

    fn declare_groups<'s>(&mut self, sections: &'s Sections, mistakes: &mut Vec<Diagnostic>) -> Vec<groups::Entry<'s>> {
        let mut found: Vec<groups::Entry<'s>> = Vec::new();
        for (which, process) in [("threads", false), ("processes", true)] {
            let Some(section) = sections.get(which) else { continue };
            for (key, node) in entries(section, mistakes) {
                match groups::read(key, node, process, &self.objects, &mut self.values, mistakes) {
                    Some(entry) => {
                        self.name(&entry.name, Global::Group(found.len() as u16, entry.counted), entry.place, mistakes);
                        found.push(entry);
                    }
                    None => {
                        self.globals.spoiled.insert(key.text.clone());
                    }
                }
            }
        }
        let threads: usize = found.iter().map(|entry| entry.count as usize).sum();
        if threads > 2_000 {
            let place = sections::place_of(sections, "threads");
            mistakes.push(Diagnostic::new(place, format!("{threads} threads are more than the 2000 that can be explored")));
        }
        found
    }

    fn body(&mut self, name: &str, parameters: &[String], text: &Text, mistakes: &mut Vec<Diagnostic>) -> u16 {
        let (statements, found) = python::recovered(text);
        let function = if found.is_empty() {
            self.compile(name, parameters, &statements, text, Flavour::Body, mistakes)
        } else {
            mistakes.extend(found);
            // The body says nothing, but its names are known, so that nobody is blamed for using them.
            let mut function = self.compile(name, parameters, &[], text, Flavour::Body, mistakes);
            function.locals.extend(scope::of(&statements).bound.into_keys());
            function
        };
        self.code.functions.push(function);
        self.code.functions.len() as u16 - 1
    }

    fn compile(
        &mut self,
        name: &str,
        parameters: &[String],
        statements: &[ruff_python_ast::Stmt],
        text: &Text,
        flavour: Flavour,
        mistakes: &mut Vec<Diagnostic>,
    ) -> crate::program::bytecode::Function {
        let number = self.code.functions.len() as u16;
        let shop = Workshop { values: &mut self.values, code: &mut self.code, globals: &self.globals, bodies: &[], mistakes };
        compile_statements(shop, number, name, parameters, statements, text, flavour)
    }
}

/// What has been read before the claims.
struct Parts<'s> {
    title: String,
    about: String,
    clock: Clock,
    groups: Vec<groups::Entry<'s>>,
    bodies: Vec<u16>,
    main: Option<u16>,
}
