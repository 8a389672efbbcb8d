//! Names as charts and tables show them.

/// Names without the beginning and the end that all of them share, up to a separator: "the_pile_arxiv" and
/// "the_pile_books" are "arxiv" and "books". No number is left for a name: "domain_1" stays.
pub fn short_names(names: &[String]) -> Vec<String> {
    let cut = |names: Vec<Vec<char>>| -> Vec<Vec<char>> {
        let Some(first) = names.first().filter(|_| names.len() > 1) else { return names };
        let shared = (0..first.len())
            .take_while(|&i| names.iter().all(|name| name.len() > i + 1 && name[i] == first[i]))
            .filter(|&i| matches!(first[i], '_' | '/' | '.' | '-' | ':' | ' '))
            .filter(|&i| !names.iter().any(|name| name[i + 1..].iter().all(char::is_ascii_digit)))
            .last();
        names.iter().map(|name| name[shared.map_or(0, |i| i + 1)..].to_vec()).collect()
    };
    let reversed = |names: Vec<Vec<char>>| names.into_iter().map(|name| name.into_iter().rev().collect()).collect();
    let names = cut(names.iter().map(|name| name.chars().collect()).collect());
    let names: Vec<Vec<char>> = reversed(cut(reversed(names)));
    names.into_iter().map(|name| name.into_iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        short_names(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn what_all_names_share_is_left_out() {
        assert_eq!(names(&["the_pile_arxiv", "the_pile_books"]), ["arxiv", "books"]);
        assert_eq!(names(&["metric/a_val_loss", "metric/b_val_loss"]), ["a", "b"]);
        assert_eq!(names(&["web", "web_code"]), ["web", "web_code"]);
        assert_eq!(names(&["web_en", "web_fr"]), ["en", "fr"]);
        assert_eq!(names(&["train_web"]), ["train_web"]);
        assert_eq!(names(&["c4", "code"]), ["c4", "code"]);
        assert_eq!(names(&["pile_domain_1", "pile_domain_10"]), ["domain_1", "domain_10"]);
        assert_eq!(names(&["1_loss", "2_loss"]), ["1_loss", "2_loss"]);
        assert_eq!(names(&["a_x", "a_x"]), ["a", "a"].map(|_| "x"));
        assert_eq!(names(&[]), [""; 0]);
    }
}
