//! Orders by numbers. A sort is three kilobytes of the page for each kind of thing that is sorted in its own way; here it is
//! one for all.

/// Sorts numbers, the least first.
pub fn sort(numbers: &mut [f64]) {
    numbers.sort_by(f64::total_cmp);
}

/// Positions of the numbers, the least first; equal ones in their order.
pub fn ascending(numbers: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    order
}

/// Positions of the numbers, the largest first; equal ones in their order.
pub fn descending(numbers: &[f64]) -> Vec<usize> {
    ascending(&numbers.iter().map(|number| -number).collect::<Vec<_>>())
}

/// Sorts things by a number of each, the least first; those of equal numbers stay in their order.
pub fn sort_by_number<T>(items: &mut Vec<T>, number: impl Fn(&T) -> f64) {
    let order = ascending(&items.iter().map(number).collect::<Vec<_>>());
    let mut taken: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken[at].take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_stay_in_their_order() {
        let numbers = [2.0, -1.0, 2.0, f64::INFINITY, -1.0];
        assert_eq!(ascending(&numbers), [1, 4, 0, 2, 3]);
        assert_eq!(descending(&numbers), [3, 0, 2, 1, 4]);
        let mut words = vec!["three", "one", "seven", "a", "two"];
        sort_by_number(&mut words, |word| word.len() as f64);
        assert_eq!(words, ["a", "one", "two", "three", "seven"]);
    }
}
