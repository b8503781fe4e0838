//! Runs each case in a process and a bus of its own, and says what came of it.

use std::process::{Command, ExitCode};

use crate::cases;
use crate::session::{self, Bus};

const NEEDED: [(&str, &str); 2] = [("dbus-daemon", "dbus"), ("gnome-keyring-daemon", "gnome-keyring")];

pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name] = arguments.as_slice()
        && flag == "--case"
    {
        cases::run(name);
        return ExitCode::SUCCESS;
    }
    // What test runners ask beforehand: the names, one a line, and none of them is ignored.
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            for case in cases::CASES {
                println!("{}: test", case.name);
            }
        }
        return ExitCode::SUCCESS;
    }
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let fits = |name: &str, filter: &str| if exact { name == filter } else { name.contains(filter) };
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    for (program, package) in NEEDED {
        if Command::new(program).arg("--version").output().is_err() {
            println!("The keychain tests need {program}. Run: apt-get install {package}");
            return ExitCode::FAILURE;
        }
    }
    let chosen: Vec<_> = cases::CASES
        .iter()
        .filter(|case| filters.is_empty() || filters.iter().any(|filter| fits(case.name, filter)))
        .collect();
    println!("\nrunning {} keychain tests", chosen.len());
    let failed: Vec<_> = chosen.iter().filter(|case| !passes(case)).map(|case| case.name).collect();
    println!(
        "\nkeychain tests: {} passed, {} failed {failed:?}\n",
        chosen.len() - failed.len(),
        failed.len()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn passes(case: &cases::Case) -> bool {
    let home = tempfile::tempdir().unwrap();
    let bus = Bus::start(case.bus, home.path());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--case", case.name]);
    session::isolate(&mut command, home.path(), bus.as_ref().map(Bus::address));
    let output = command.output().unwrap();
    let verdict = if output.status.success() { "ok" } else { "FAILED" };
    println!("test {} ... {verdict}", case.name);
    if !output.status.success() {
        println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}
