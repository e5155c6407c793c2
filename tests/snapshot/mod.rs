//! Whether every snapshot of a folder belongs to something that is tested.

use std::collections::BTreeSet;

use libtest_mimic::Failed;

/// Finds a snapshot in a folder of the repository that has none of these names.
pub fn every_one_is_claimed(folder: &str, names: impl Iterator<Item = String>) -> Result<(), Failed> {
    let claimed: BTreeSet<String> = names.map(|name| format!("{name}.snap")).collect();
    let files = std::fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))).map_err(|error| error.to_string())?;
    for entry in files {
        let name = entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".snap") && !claimed.contains(&name) {
            return Err(format!("{folder}/{name} belongs to no scenario").into());
        }
    }
    Ok(())
}
