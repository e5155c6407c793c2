//! Which scenario files are meant by the paths on the command line.

use std::path::{Path, PathBuf};

/// The scenario files at these paths: files as they are, folders with everything below that ends in `.yaml` or `.yml`,
/// sorted.
///
/// # Errors
///
/// What is wrong with a path.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found)?;
            if found.len() == before {
                return Err(format!("there is no scenario (*.yaml) below {}", path.display()));
            }
        } else if path.exists() {
            found.push(path.clone());
        } else {
            return Err(format!("there is no file or folder {}", path.display()));
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(problem)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            walk(&entry, found)?;
        } else if entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(entry);
        }
    }
    Ok(())
}
