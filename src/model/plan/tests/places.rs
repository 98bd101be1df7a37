//! Where units come to lie, and what they are called there.

use super::data::city;
use super::{assert_wrong, city_where, over};
use crate::model::plan::What;

#[test]
fn a_unit_lies_in_one_of_a_higher_level() {
    assert_wrong(
        &city(),
        &[
            ("create,+X,phuong,Phường Mới,20001,10001", 1, "parent", What::ParentLevel),
            ("create,+Q,quan,Quận Ba,103,101", 1, "parent", What::ParentLevel),
            ("create,+P,tinh,Tỉnh Mới,12,10", 1, "parent", What::ParentLevel),
            ("move,10001,,,,10003", 1, "parent", What::ParentLevel),
            ("move,101,,,,102", 1, "parent", What::ParentLevel),
        ],
    );
    for rows in ["create,+X,phuong,Phường Mới,20001,10", "create,+Q,quan,Quận Ba,103,10", "move,10001,,,,10"] {
        over(&city(), rows).expect(rows);
    }
}

#[test]
fn no_two_units_of_one_kind_are_called_alike_in_one_place() {
    assert_wrong(
        &city(),
        &[
            ("create,+X,phuong,PHƯỜNG 10001,20001,101", 1, "name", What::NameHeld),
            ("create,+P,thanh_pho_tw,Thành phố Thử,12", 1, "name", What::NameHeld),
            ("rename,10002,,phường 10001", 1, "name", What::NameHeld),
        ],
    );
    let alike = city_where("10003", |unit| unit.names[0].name = "Phường 10001".to_owned());
    assert_wrong(&alike, &[("move,10003,,,,101", 1, "parent", What::NameHeld)]);
    for rows in [
        "create,+X,phuong,Phường 10001,20001,102",
        "create,+X,xa,Phường 10001,20001,101",
        "create,+X,phuong,Phường 10001,20001,101\nmerge,10001,,,,,+X",
        "create,+X,phuong,Phường 10001,20001,101\nmove,10001,,,,102",
        "create,+X,phuong,Phường 10001,20001,101\nrename,10001,,Phường Khác",
        "rename,10001,,Phường 10002\nrename,10002,,Phường 10001",
    ] {
        over(&city(), rows).expect(rows);
    }
}
