//! The table that people read and the file that later runs are compared with.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use crate::figures::{Figure, Target};

/// One line per figure: name, measured, target, verdict, and what the floor and the direct calls show.
pub fn table(figures: &[Figure]) -> String {
    let mut lines = vec![line(["figure", "measured", "target", "", "floor", "direct"])];
    lines.push("-".repeat(lines[0].len()));
    for figure in figures {
        let verdict = match figure.reached() {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "",
        };
        let target = match figure.target {
            Target::None => String::new(),
            Target::Under(most) => format!("< {most} {}", figure.unit),
            Target::TimesFloor(most) => format!("<= {most} x floor"),
        };
        let beside = |value: Option<f64>| value.map(number).unwrap_or_default();
        let measured = match &figure.note {
            Some(note) => {
                lines.push(format!("{:<38} not measured: {note}", figure.name));
                continue;
            }
            None => format!("{} {}", number(figure.measured), figure.unit),
        };
        lines.push(line([
            figure.name,
            &measured,
            &target,
            verdict,
            &beside(figure.floor),
            &beside(figure.direct),
        ]));
    }
    lines.join("\n")
}

fn line(columns: [&str; 6]) -> String {
    let [name, measured, target, verdict, floor, direct] = columns;
    format!("{name:<38} {measured:>13}  {target:<15} {verdict:<7} {floor:>10} {direct:>10}")
}

/// Three significant digits, but all digits before the point.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

pub fn document(figures: &[Figure], quick: bool, seconds: u64) -> Value {
    json!({
        "taken": seconds,
        "quick": quick,
        "processors": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "figures": figures.iter().map(Figure::to_json).collect::<Vec<_>>(),
    })
}

/// Writes `DIRECTORY/SECONDS.json` and `latest.json` beside it.
pub fn write(directory: &Path, document: &Value) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(directory)?;
    let file = directory.join(format!("{}.json", document["taken"]));
    let text = serde_json::to_string_pretty(document)?;
    std::fs::write(&file, &text)?;
    std::fs::write(directory.join("latest.json"), &text)?;
    Ok(file)
}

/// What changed since an earlier run, figure by figure. Where a floor was measured, the change against it is what
/// counts: machines differ from day to day.
pub fn comparison(earlier: &Path, figures: &[Figure]) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(earlier).with_context(|| format!("{} cannot be read", earlier.display()))?;
    let earlier: Value = serde_json::from_str(&text).context("not a file of an earlier run")?;
    let old = earlier["figures"].as_array().context("not a file of an earlier run")?;
    let mut lines = vec![format!(
        "{:<38} {:>12} {:>12} {:>9} {:>16}",
        "figure", "earlier", "now", "change", "against floor"
    )];
    for figure in figures {
        let before = old.iter().find(|other| other["name"] == figure.name);
        let Some(measured) = before.and_then(|other| other["measured"].as_f64()) else { continue };
        let floor = before.and_then(|other| other["floor"].as_f64());
        let against_floor =
            figure.floor.zip(floor).map(|(now, then)| change(measured / then, figure.measured / now));
        lines.push(format!(
            "{:<38} {:>12} {:>12} {:>9} {:>16}",
            figure.name,
            number(measured),
            number(figure.measured),
            change(measured, figure.measured),
            against_floor.unwrap_or_default(),
        ));
    }
    Ok(lines.join("\n"))
}

fn change(from: f64, to: f64) -> String {
    if from.abs() < f64::EPSILON || !to.is_finite() {
        return String::new();
    }
    format!("{:+.1} %", (to / from - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_was_reached_and_what_was_not() {
        let figures = [
            Figure::new("start", "ms", 12.34).under(80.0),
            Figure::new("CPU", "us", 60.0).floor(20.0).times_floor(2.5),
            Figure::missing("desktop", "MB", "no display"),
        ];
        let table = table(&figures);
        assert!(table.contains("12.3 ms  < 80 ms         ok"), "{table}");
        assert!(table.contains("<= 2.5 x floor  MISSED"), "{table}");
        assert!(table.contains("not measured: no display"), "{table}");
    }

    #[test]
    fn a_later_run_is_compared_with_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let earlier = [Figure::new("CPU", "us", 60.0).floor(20.0)];
        let file = write(directory.path(), &document(&earlier, true, 7)).unwrap();
        let compared = comparison(&file, &[Figure::new("CPU", "us", 30.0).floor(20.0)]).unwrap();
        assert!(compared.contains("-50.0 %"), "{compared}");
        assert!(comparison(Path::new("/nowhere"), &[]).is_err());
    }
}
