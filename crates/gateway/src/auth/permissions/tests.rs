use super::{CAPACITIES, TABLE, parse, rules};

#[test]
fn every_line_of_the_table_is_understood() {
    let lines: Vec<&str> =
        TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).collect();
    for line in &lines {
        assert!(parse(line).is_some(), "{line}");
    }
    assert_eq!(rules().count(), lines.len(), "a route stands in the table twice");
    assert_eq!(CAPACITIES.map(|capacity| capacity as usize), [0, 1, 2, 3, 4, 5, 6]);
}
