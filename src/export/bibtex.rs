//! BibTeX of the works that fits rest on: the method's and their laws'.

use crate::predict::FittedStudy;

struct Work {
    arxiv: &'static str,
    key: &'static str,
    authors: &'static str,
    title: &'static str,
    year: u32,
}

/// The method's own; it is cited whatever the law.
const METHOD: &str = "2507.09404";

/// Works that the laws name, by arXiv number. A law whose work is not here is cited by number.
const WORKS: [Work; 8] = [
    Work {
        arxiv: METHOD,
        key: "shukor2025mixtures",
        authors: "Shukor, Mustafa and Bethune, Louis and Busbridge, Dan and Grangier, David and Fini, Enrico and \
                  El-Nouby, Alaaeldin and Ablin, Pierre",
        title: "Scaling Laws for Optimal Data Mixtures",
        year: 2025,
    },
    Work {
        arxiv: "2203.15556",
        key: "hoffmann2022training",
        authors: "Hoffmann, Jordan and Borgeaud, Sebastian and Mensch, Arthur and others",
        title: "Training Compute-Optimal Large Language Models",
        year: 2022,
    },
    Work {
        arxiv: "2305.16264",
        key: "muennighoff2023scaling",
        authors: "Muennighoff, Niklas and Rush, Alexander M. and Barak, Boaz and others",
        title: "Scaling Data-Constrained Language Models",
        year: 2023,
    },
    Work {
        arxiv: "2403.16952",
        key: "ye2024data",
        authors: "Ye, Jiasheng and Liu, Peiju and Sun, Tianxiang and others",
        title: "Data Mixing Laws: Optimizing Data Mixtures by Predicting Language Modeling Performance",
        year: 2024,
    },
    Work {
        arxiv: "2407.01492",
        key: "liu2024regmix",
        authors: "Liu, Qian and Zheng, Xiaosen and Muennighoff, Niklas and others",
        title: "RegMix: Data Mixture as Regression for Language Model Pre-training",
        year: 2024,
    },
    Work {
        arxiv: "2405.14908",
        key: "ge2024bimix",
        authors: "Ge, Ce and Ma, Zhijian and Chen, Daoyuan and others",
        title: "BiMix: Bivariate Data Mixing Law for Language Model Pretraining",
        year: 2024,
    },
    Work {
        arxiv: "2406.01375",
        key: "que2024dcpt",
        authors: "Que, Haoran and Liu, Jiaheng and Zhang, Ge and others",
        title: "D-CPT Law: Domain-specific Continual Pre-Training Scaling Law for Large Language Models",
        year: 2024,
    },
    Work {
        arxiv: "2606.08167",
        key: "dai2026explaining",
        authors: "Dai, Rui and Zheng, Shuran",
        title: "Explaining Data Mixing Scaling Laws",
        year: 2026,
    },
];

/// The method's entry, then those of the laws' sources, each once.
pub fn entries(study: &FittedStudy) -> String {
    let mut numbers = vec![METHOD];
    let mut entries = vec![entry(METHOD, "")];
    for fit in &study.fits {
        let source = fit.law.source();
        for number in arxiv_numbers(source) {
            if !numbers.contains(&number) {
                numbers.push(number);
                entries.push(entry(number, source));
            }
        }
    }
    entries.join("\n")
}

/// What stands behind "arXiv:" in a law's source.
fn arxiv_numbers(source: &'static str) -> impl Iterator<Item = &'static str> {
    source.split("arXiv:").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    })
}

fn entry(number: &str, source: &str) -> String {
    match WORKS.iter().find(|work| work.arxiv == number) {
        // A second pair of braces keeps the title's capitals.
        Some(Work { arxiv, key, authors, title, year }) => format!(
            "@misc{{{key},\n  author = {{{authors}}},\n  title = {{{{{title}}}}},\n  year = {{{year}}},\n  \
             eprint = {{{arxiv}}},\n  archivePrefix = {{arXiv}},\n}}\n"
        ),
        None => format!(
            "@misc{{arxiv{number},\n  eprint = {{{number}}},\n  archivePrefix = {{arXiv}},\n  \
             note = {{{source}}},\n}}\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::LAWS;

    #[test]
    fn every_law_has_a_work_with_authors() {
        for law in LAWS {
            let numbers: Vec<&str> = arxiv_numbers(law.source()).collect();
            assert!(!numbers.is_empty(), "{}", law.source());
            for number in numbers {
                assert!(entry(number, law.source()).contains("author = "), "{number}");
            }
        }
    }

    #[test]
    fn an_unknown_work_is_cited_by_number() {
        let entry = entry("9999.00001", "Nobody 2099, arXiv:9999.00001");
        assert!(entry.starts_with("@misc{arxiv9999.00001,\n  eprint = {9999.00001},"), "{entry}");
        assert_eq!(arxiv_numbers("A, arXiv:1.2, eq. 3, and B, arXiv:3.4.").collect::<Vec<_>>(), ["1.2", "3.4"]);
    }
}
