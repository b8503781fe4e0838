//! Writes a target's seeds into a directory, and the dictionary beside it: `seeds TARGET DIRECTORY`.

use std::fs;
use std::path::Path;

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, directory] = arguments.as_slice() else { return Err("seeds TARGET DIRECTORY".to_owned()) };
    let Some(target) = postern_fuzz::target(name) else {
        let names: Vec<&str> = postern_fuzz::TARGETS.iter().map(|target| target.name).collect();
        return Err(format!("there is no target {name}; there are: {}", names.join(", ")));
    };
    let directory = Path::new(directory);
    let say = |error: std::io::Error| error.to_string();
    fs::create_dir_all(directory).map_err(say)?;
    for (number, seed) in postern_fuzz::seeds(target).iter().enumerate() {
        fs::write(directory.join(format!("seed-{number:04}")), seed).map_err(say)?;
    }
    let mut words = String::new();
    for word in postern_fuzz::dictionary() {
        let escaped: Vec<String> = word.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        words.extend(["\"", &escaped.concat(), "\"\n"]);
    }
    fs::write(directory.with_extension("dict"), words).map_err(say)
}
