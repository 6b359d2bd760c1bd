//! The check for arms that earlier ones hide. With states an arm is hidden where another one has all
//! that it matches in each of its states.

use proc_macro2::{Span, TokenStream};

use crate::table::judged::Problem;
use crate::table::model::{Arm, Beside, Case};
use crate::table::shape::{Name, Shape};
use crate::table::state::{self, States};

/// Makes the check that arms leave one of all states; see `Staged::left`.
pub(crate) type Left<'l> = &'l dyn Fn(Span, &[&States]) -> TokenStream;

/// The reason why no frame reaches an alternative.
pub(super) struct Hidden {
    pub(super) span: Span,
    pub(super) problem: Problem,
    /// The names that must be variables for that.
    pub(super) names: Vec<Name>,
}

/// The alternatives and arms that come before an alternative.
pub(super) struct Earlier<'e> {
    /// The alternatives of its arm.
    pub(super) before: &'e [Case],
    pub(super) arms: &'e [Arm],
    pub(super) whole: Option<&'e [TokenStream; 2]>,
    pub(super) ignore_case: bool,
}

/// An earlier alternative that matches all that another one does, in its own states.
struct Hiding<'e> {
    states: &'e States,
    names: Vec<Name>,
    /// Its arm, if it is another one.
    arm: Option<&'e Arm>,
}

impl<'e> Earlier<'e> {
    /// Returns why no frame reaches an alternative, if earlier ones take them all.
    pub(super) fn hidden(&self, case: &Case, left: Option<Left>) -> Option<Hidden> {
        if matches!(case.shape, Shape::Anything | Shape::Named(_) | Shape::Unknown) {
            return None; // for rustc to say
        }
        let hiding = self.hiding(case);
        let in_all = hiding.iter().filter(|earlier| matches!(earlier.states, States::Any));
        if let Some(earlier) = in_all.min_by_key(|earlier| earlier.names.len()) {
            return Some(Hidden {
                span: case.span,
                problem: Problem::Said(earlier.problem()),
                names: earlier.names.clone(),
            });
        }
        match &case.states {
            States::Unknown => None,
            States::Any => hidden_in_each(case, &hiding, left?),
            States::Named(states) => hidden_in_some(case, states, &hiding),
        }
    }

    fn hiding(&self, case: &Case) -> Vec<Hiding<'e>> {
        let hides = |earlier: &'e Case, arm| {
            let covers = comes_first(earlier, case) && earlier.shape.covers(&case.shape, self.ignore_case);
            let names = earlier.shape.names(self.whole).filter(|_| covers)?;
            Some(Hiding {
                states: &earlier.states,
                names,
                arm,
            })
        };
        let alternatives = self.before.iter().filter_map(|earlier| hides(earlier, None));
        // An arm that a `cfg` may remove hides nothing.
        let sure = self.arms.iter().filter(|arm| !arm.guarded && arm.cfgs.is_empty());
        let arms = sure.flat_map(|arm| arm.cases.iter().filter_map(move |earlier| hides(earlier, Some(arm))));
        alternatives.chain(arms).collect()
    }
}

impl Hiding<'_> {
    fn problem(&self) -> String {
        match self.arm {
            None => "an alternative before this one matches all that it does: remove it".to_owned(),
            Some(arm) => format!(
                "no frame comes to this, as the arm `{}` before it matches all that it does: put this one first, or remove it",
                shown(&arm.pattern)
            ),
        }
    }
}

/// Returns why no frame reaches an alternative for any state, if rustc finds that earlier ones have all
/// states.
fn hidden_in_each(case: &Case, hiding: &[Hiding], left: Left) -> Option<Hidden> {
    let named: Vec<&Hiding> = hiding
        .iter()
        .filter(|earlier| matches!(earlier.states, States::Named(_)))
        .collect();
    let states: Vec<&States> = named.iter().map(|earlier| earlier.states).collect();
    (!states.is_empty()).then(|| Hidden {
        span: case.span,
        problem: Problem::Checked(left(case.span, &states)),
        names: named.iter().flat_map(|earlier| earlier.names.clone()).collect(),
    })
}

/// Returns why no frame reaches an alternative in one of its states.
fn hidden_in_some(case: &Case, states: &[state::Name], hiding: &[Hiding]) -> Option<Hidden> {
    let by = |state: &state::Name| hiding.iter().find(|earlier| earlier.states.include(&state.name));
    let hidden: Vec<(&state::Name, &Hiding)> = states.iter().filter_map(|state| Some((state, by(state)?))).collect();
    let in_all = hidden.len() == states.len();
    // A state that is named around the table can't be left out of one arm.
    let (state, earlier) = hidden.iter().find(|(state, _)| in_all || !state.is_outer)?;
    let span = if in_all { case.span } else { state.at.first };
    let problem = match earlier.arm {
        Some(arm) if !in_all => format!(
            "no frame comes to this in the state `{}`, as the arm `{}` before it matches all that it does there: put this one \
             first, or leave the state out",
            state.name,
            shown(&arm.pattern)
        ),
        _ => earlier.problem(),
    };
    Some(Hidden {
        span,
        problem: Problem::Said(problem),
        names: earlier.names.clone(),
    })
}

/// Formats a pattern in one line.
pub(crate) fn shown(pattern: &str) -> String {
    let mut shown = String::new();
    for letter in pattern.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Returns whether the patterns beside an earlier frame match all that the patterns beside a later
/// one match.
pub(crate) fn comes_first(earlier: &Case, later: &Case) -> bool {
    earlier.beside.iter().all(|beside| *beside == Beside::Anything) || earlier.beside == later.beside
}
