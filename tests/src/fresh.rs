//! Whether the binaries under test are those of the sources: cargo builds what it tests, and these are other packages'.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What builds them.
const BUILD: &str = "cargo build --workspace --bins";

/// Panics unless every binary in that folder was built from the sources of this checkout as they are now.
///
/// Beside each of its binaries cargo writes down the sources it was made from.
pub(crate) fn assert_built(root: &Path, folder: &Path) {
    let stale: Vec<_> = names(root).iter().filter_map(|name| stale(root, &folder.join(name))).collect();
    assert!(stale.is_empty(), "this would not test what you see: build first, with `{BUILD}`\n{}", stale.join("\n"));
}

/// The command line, and each function by the name of its folder.
fn names(root: &Path) -> Vec<String> {
    let folders = ["functions/run", "functions/act"].map(|kind| fs::read_dir(root.join(kind)).expect("a folder"));
    let folders = folders.into_iter().flatten().map(|folder| folder.expect("a folder").file_name());
    let functions = folders.map(|folder| format!("backout-{}", folder.to_string_lossy()));
    ["backout".to_owned()].into_iter().chain(functions).collect()
}

/// What is wrong with a binary.
fn stale(root: &Path, binary: &Path) -> Option<String> {
    let shown = binary.strip_prefix(root).unwrap_or(binary).display();
    let Some(built) = changed(binary) else { return Some(format!("{shown} is not there")) };
    let Ok(made_from) = fs::read_to_string(binary.with_added_extension("d")) else {
        return Some(format!("what {shown} was made from is not known"));
    };
    let sources = sources(&made_from);
    if !sources.iter().any(|source| source.starts_with(root)) {
        return Some(format!("{shown} was built from another checkout"));
    }
    let newer = sources.iter().find(|source| changed(source).is_none_or(|changed| changed > built))?;
    Some(format!("{shown} is older than {}", newer.strip_prefix(root).unwrap_or(newer).display()))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

/// The paths of `binary: source source`, in which a space of a path is written `\ `.
fn sources(made_from: &str) -> Vec<PathBuf> {
    let (_, sources) = made_from.split_once(": ").unwrap_or_default();
    let spaces = sources.replace("\\ ", "\0");
    spaces.split_whitespace().map(|path| PathBuf::from(path.replace('\0', " "))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A checkout with one source and a binary made from it; how much older the binary is.
    fn checkout(behind: Duration) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::TempDir::new().expect("a folder");
        let (source, binary) = (root.path().join("my lib.rs"), root.path().join("backout"));
        fs::write(&source, "").expect("a source");
        fs::write(&binary, "").expect("a binary");
        let made_from = format!("{}: {}\n", binary.display(), source.display().to_string().replace(' ', "\\ "));
        fs::write(root.path().join("backout.d"), made_from).expect("a list");
        let file = fs::File::options().write(true).open(&source).expect("a source");
        file.set_modified(changed(&binary).expect("a time") + behind).expect("a time");
        (root, binary)
    }

    #[test]
    fn a_binary_that_is_older_than_its_sources_is_not_tested() {
        let (root, binary) = checkout(Duration::ZERO);
        assert_eq!(stale(root.path(), &binary), None);
        let (root, binary) = checkout(Duration::from_secs(1));
        assert_eq!(stale(root.path(), &binary).as_deref(), Some("backout is older than my lib.rs"));
        fs::remove_file(root.path().join("my lib.rs")).expect("removed");
        assert_eq!(stale(root.path(), &binary).as_deref(), Some("backout is older than my lib.rs"));
    }

    #[test]
    fn a_binary_of_another_checkout_or_none_is_not_tested() {
        let (root, binary) = checkout(Duration::ZERO);
        let (other, _) = checkout(Duration::ZERO);
        assert!(stale(other.path(), &binary).is_some_and(|why| why.ends_with("was built from another checkout")));
        fs::remove_file(&binary).expect("removed");
        assert_eq!(stale(root.path(), &binary).as_deref(), Some("backout is not there"));
    }

    #[test]
    fn the_binaries_are_the_command_line_and_every_function() {
        let names = names(&crate::cloud::root());
        assert!(["backout", "backout-prepare", "backout-flag"].iter().all(|name| names.iter().any(|it| it == name)));
    }
}
