use super::{Arm, Closes, Frame, Length, Next, Operator, Protocol};
use crate::packet::Packet;

const ARM: Arm = Arm {
    name: "get",
    pattern: "get {key}",
    docs: "Gets a value.\n\nOr nothing.",
    guarded: false,
    states: &[],
    next: Next {
        states: &[],
        open: false,
    },
    closes: Closes::Unknown,
    frame: Frame::Rest,
};

fn shown(arms: &'static [Arm]) -> String {
    let protocol = Protocol {
        packet: Packet::Four,
        delimiter: b'\n',
        codec: None,
        ignore_case: true,
        states: &[],
        last: &[],
        arms,
    };
    protocol.to_string()
}

#[test]
fn a_table_has_the_columns_that_are_used() {
    assert_eq!(shown(&[]), "packet = 4, ignore_case\n");
    assert_eq!(
        shown(const { &[ARM] }),
        "packet = 4, ignore_case\nname  frame      meaning\nget   get {key}  Gets a value.\n"
    );
    let arms = const {
        &[
            Arm {
                guarded: true,
                states: &["Ready", "Idle"],
                next: Next {
                    states: &["Idle"],
                    open: true,
                },
                closes: Closes::Sometimes,
                docs: "",
                ..ARM
            },
            Arm {
                name: "größe",
                next: Next {
                    states: &["Ready"],
                    open: false,
                },
                ..ARM
            },
        ]
    };
    assert_eq!(
        shown(arms),
        "packet = 4, ignore_case
name   frame           states       next     closes  meaning
get    get {key} if …  Ready, Idle  Idle, …  may
größe  get {key}                    Ready            Gets a value.
"
    );
}

#[test]
fn a_table_lists_all_states_with_the_initial_one_and_the_last_ones() {
    let protocol = |states, last| Protocol {
        packet: Packet::Two,
        delimiter: b'\n',
        codec: None,
        ignore_case: false,
        states,
        last,
        arms: &[],
    };
    assert_eq!(
        protocol(&["Hello", "Ready", "Idle", "Gone"], &["Gone"]).to_string(),
        "packet = 2\nstates = Hello (initial), Ready, Idle, Gone (last)\n"
    );
    assert_eq!(
        protocol(&["Only"], &["Only"]).to_string(),
        "packet = 2\nstates = Only (initial, last)\n"
    );
}

#[test]
fn a_length_that_cannot_be_computed_is_none() {
    const TWO: &Length = &Length::Number(2);
    const ZERO: &Length = &Length::Number(0);
    const MUCH: &Length = &Length::Number(i128::MAX);
    const NAME: &Length = &Length::Field("n");
    let computed = |operator, left, right| {
        let (left, right): (&'static Length, &'static Length) = (left, right);
        Length::Operation(left, operator, right).compute(&|_| Some(3))
    };
    assert_eq!(computed(Operator::Shl, NAME, TWO), Some(12));
    assert_eq!(computed(Operator::Sub, TWO, NAME), Some(-1));
    assert_eq!(computed(Operator::Rem, NAME, TWO), Some(1));
    assert_eq!(computed(Operator::Div, TWO, ZERO), None);
    assert_eq!(computed(Operator::Mul, MUCH, TWO), None);
    assert_eq!(computed(Operator::Shl, TWO, MUCH), None);
}
