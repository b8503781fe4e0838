use super::{Path, Place, Places};

#[test]
fn members_and_items_are_found_where_they_begin() {
    let text = "# first\na: 1\nlist:\n  - x: {deep: [1, 22]}\n  -   y: &anchor\n        z: 2\nb: *anchor\n\"with.dot\": 3\n";
    let places = Places::of(text);
    let root = Path::default();
    let list = root.name("list");
    let deep = list.index(0).name("x").name("deep");
    for (path, line, column) in [
        (root.name("a"), 2, 1),
        (list.clone(), 3, 1),
        (list.index(0), 4, 5),
        (list.index(0).name("x"), 4, 5),
        (deep.clone(), 4, 9),
        (deep.index(1), 4, 19),
        (list.index(1).name("y").name("z"), 6, 9),
        (root.name("b"), 7, 1),
        (root.name("b").name("z"), 7, 1),
        (root.name("with.dot"), 8, 1),
        (list.index(1).name("missing").index(4), 5, 7),
    ] {
        assert_eq!(places.find(&path), Some(Place { line, column }), "{path}");
    }
    assert_eq!(places.find(&root.name("nothing")), None);
    assert_eq!(deep.index(1).to_string(), "list[0].x.deep[1]");
}
