//! The names that there are, and the one that was probably meant.

use strsim::damerau_levenshtein;

/// "arxiv, book, c4; did you mean arxiv?": all names, and the one that is nearest to what was seen, if one is near.
pub fn choices<'a>(names: impl IntoIterator<Item = &'a str>, seen: &str) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let seen = seen.trim().to_lowercase();
    let distance = |name: &str| damerau_levenshtein(&name.to_lowercase(), &seen);
    let nearest = names.iter().map(|name| (distance(name), *name)).min_by_key(|(distance, _)| *distance);
    // A third of the letters may be wrong.
    let near = nearest.filter(|(distance, name)| 3 * distance <= name.chars().count());
    let all = names.join(", ");
    near.map_or(all.clone(), |(_, name)| format!("{all}; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let names = ["arxiv", "book", "c4"];
        assert_eq!(choices(names, "arxv"), "arxiv, book, c4; did you mean arxiv?");
        assert_eq!(choices(names, " BOOKS"), "arxiv, book, c4; did you mean book?");
        assert_eq!(choices(names, "wikipedia"), "arxiv, book, c4");
        assert_eq!(choices([], "x"), "");
    }
}
