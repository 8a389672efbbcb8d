//! Steps back and forth through what the user did.

/// States in the order in which they were made.
#[derive(Debug, Clone)]
pub struct Undo<T> {
    past: Vec<T>,
    now: Option<T>,
    future: Vec<T>,
}

/// Steps that can be taken back.
const MOST_STEPS: usize = 200;

impl<T> Default for Undo<T> {
    fn default() -> Self {
        Self { past: Vec::new(), now: None, future: Vec::new() }
    }
}

impl<T: PartialEq> Undo<T> {
    /// The first state, with nothing before it.
    pub fn beginning(state: T) -> Self {
        Self { now: Some(state), ..Self::default() }
    }

    /// Notes the present state; one that has not changed is no step.
    pub fn note(&mut self, state: T) {
        if self.now.as_ref() == Some(&state) {
            return;
        }
        self.future.clear();
        self.past.extend(self.now.replace(state));
        if self.past.len() > MOST_STEPS {
            self.past.remove(0);
        }
    }

    /// The state before, which is now the present one; `None` at the first.
    pub fn back(&mut self) -> Option<&T> {
        let before = self.past.pop()?;
        self.future.extend(self.now.replace(before));
        self.now.as_ref()
    }

    /// The state that was taken back last, which is now the present one; `None` if there is none.
    pub fn forth(&mut self) -> Option<&T> {
        let next = self.future.pop()?;
        self.past.extend(self.now.replace(next));
        self.now.as_ref()
    }

    /// Whether there is a state before.
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether a state was taken back.
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Back as often as noted and forth again is where it was; a new state ends the future.
        #[test]
        fn back_and_forth_is_where_it_was(states in prop::collection::vec(0..5_u8, 1..40), back in 0..50_usize) {
            let mut undo = Undo::default();
            let mut steps: Vec<u8> = Vec::new();
            for &state in &states {
                undo.note(state);
                if steps.last() != Some(&state) {
                    steps.push(state);
                }
            }
            let mut taken = Vec::new();
            while undo.has_past() && taken.len() < back {
                taken.push(*undo.back().expect("there is a past"));
            }
            let expected: Vec<u8> = steps.iter().rev().skip(1).take(back).copied().collect();
            prop_assert_eq!(&taken, &expected);
            prop_assert_eq!(undo.has_past(), taken.len() + 1 < steps.len());
            let mut forth = Vec::new();
            while let Some(state) = undo.forth() {
                forth.push(*state);
            }
            let again: Vec<u8> = steps[steps.len() - taken.len()..].to_vec();
            prop_assert_eq!(forth, again);
            undo.back();
            undo.note(9);
            prop_assert!(!undo.has_future() && undo.forth().is_none());
        }
    }

    #[test]
    fn the_first_state_has_nothing_before_it() {
        let mut undo = Undo::default();
        assert_eq!(undo.back(), None);
        undo.note(1);
        let mut begun = Undo::beginning(1);
        begun.note(2);
        assert_eq!(begun.back(), Some(&1));
        assert!(!begun.has_past());
        assert_eq!(undo.back(), None);
        assert_eq!(undo.forth(), None);
        undo.note(2);
        assert_eq!(undo.back(), Some(&1));
        assert_eq!(undo.back(), None);
        assert_eq!(undo.forth(), Some(&2));
    }
}
