//! Formulas and symbols as LaTeX.

use super::Symbol;
use super::formula::{Expr, Formula, Names};

use Expr::{Call, Cases, Difference, Fraction, Negative, Over, Power, Product, Relation, Sum, Symbol as Letter};

/// What is written in place of a symbol, by its letter, what stands below it, what stands above it, and the domain that
/// the index below it is at the moment.
type Values<'a> = &'a dyn Fn(&str, Option<&str>, Option<&str>, Option<usize>) -> Option<String>;

impl Formula {
    /// LaTeX, one equation a line, for an `aligned` environment of amsmath.
    pub fn latex(&self) -> String {
        self.latex_with(&|_, _, _, _| None, &[])
    }

    /// The same with values in place of the parameters, as LaTeX, for domains of those names, which are LaTeX, too. Sums
    /// over a few domains are written out; those over more keep their letters, and a last line says what i runs over.
    pub fn latex_with_values(&self, values: &[(Symbol, String)], domains: &[String]) -> String {
        let value = |letter: &str, sub: Option<&str>, sup: Option<&str>, at: Option<usize>| {
            let is_it = |symbol: &Symbol| {
                let is_place =
                    if at.is_some() { symbol.domain_idx == at } else { sub.is_none() && symbol.domain_idx.is_none() };
                is_place && (symbol.letter, symbol.superscript) == (letter, sup)
            };
            values.iter().find(|(symbol, _)| is_it(symbol)).map(|(_, value)| value.clone())
        };
        self.latex_with(&value, domains)
    }

    fn latex_with(&self, value: Values, domains: &[String]) -> String {
        let names = Names { domains, at: None };
        let side = |expr: &Expr| latex(expr, 0, value, names);
        let equations = self.0.iter().map(|(left, right)| format!("{} &= {}", side(left), side(right)));
        let set = self.named_in_a_set(domains).map(|names| {
            let name = |name: Option<&String>| name.map_or("\\dots".to_string(), |name| format!("\\text{{{name}}}"));
            format!("i &\\in \\{{{}\\}}", names.into_iter().map(name).collect::<Vec<_>>().join(", "))
        });
        equations.chain(set).collect::<Vec<_>>().join(" \\\\\n")
    }
}

impl Symbol {
    /// LaTeX; `domain` is the LaTeX of its domain's name, where it has one.
    pub fn latex(&self, domain: Option<&str>) -> String {
        letters(self.letter, domain.map(|name| format!("\\text{{{name}}}")), self.superscript)
    }
}

fn letters(letter: &str, sub: Option<String>, sup: Option<&str>) -> String {
    let sub = sub.map_or(String::new(), |sub| format!("_{{{sub}}}"));
    let sup = sup.map_or(String::new(), |sup| format!("^{{{}}}", latex_letter(sup)));
    format!("{}{sub}{sup}", latex_letter(letter))
}

/// The expression, in parentheses where its place needs it tighter.
fn latex(expr: &Expr, place: u8, value: Values, names: Names) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| latex(part, place, value, names)).collect::<Vec<_>>().join(between)
    };
    let mut tightness = expr.tightness();
    let written = match expr {
        Letter { letter, sub, sup } => match value(letter, *sub, *sup, sub.and_then(|sub| names.domain(sub))) {
            // A power of ten is a product, a minus a sum.
            Some(number) if place > 2 && number.contains("times") || place > 1 && number.starts_with('-') => {
                format!("\\left({number}\\right)")
            }
            Some(number) => number,
            None => {
                let below =
                    |sub: &str| names.below(sub).map_or_else(|| latex_letter(sub), |name| format!("\\text{{{name}}}"));
                letters(letter, sub.map(below), *sup)
            }
        },
        Sum(terms) => joined(terms, " + ", 1),
        Difference(a, b) => format!("{} - {}", latex(a, 1, value, names), latex(b, 2, value, names)),
        Negative(a) => format!("-{}", latex(a, 2, value, names)),
        Product(factors) => joined(factors, " \\, ", 2),
        Fraction(a, b) => format!("\\frac{{{}}}{{{}}}", latex(a, 0, value, names), latex(b, 0, value, names)),
        // A symbol with something above it needs braces before a power.
        Power(a, b) => format!("{{{}}}^{{{}}}", latex(a, 4, value, names), latex(b, 0, value, names)),
        Over { operator, index, body } if names.terms(index).is_some() => {
            let (between, inside) = if *operator == "∑" { (" + ", 1) } else { (" \\, ", 2) };
            tightness = if names.domains.len() > 1 { inside } else { body.tightness() };
            let terms = names.terms(index).into_iter().flatten();
            terms.map(|at| latex(body, inside, value, at)).collect::<Vec<_>>().join(between)
        }
        Over { operator, index, body } => {
            let operator = if *operator == "∑" { "\\sum" } else { "\\prod" };
            format!("{operator}_{{{}}} {}", latex_letter(index), latex(body, 2, value, names))
        }
        Call(f, argument) => {
            format!("{}\\left({}\\right)", latex(f, 4, value, names), latex(argument, 0, value, names))
        }
        Cases(cases) => {
            let row = |(case, condition): &(Expr, Expr)| {
                format!("{} & \\text{{for }} {}", latex(case, 0, value, names), latex(condition, 0, value, names))
            };
            let rows: Vec<String> = cases.iter().map(row).collect();
            format!("\\begin{{cases}} {} \\end{{cases}}", rows.join(" \\\\ "))
        }
        Relation(a, sign, b) => {
            let sign = match *sign {
                "≤" => "\\le",
                "≥" => "\\ge",
                other => other,
            };
            format!("{} {sign} {}", latex(a, 1, value, names), latex(b, 1, value, names))
        }
    };
    if tightness < place { format!("\\left({written}\\right)") } else { written }
}

fn latex_letter(letter: &str) -> String {
    let command = match letter {
        "α" => "alpha",
        "β" => "beta",
        "γ" => "gamma",
        "ε" => "varepsilon",
        "η" => "eta",
        "ρ" => "rho",
        "λ" => "lambda",
        word if word.chars().count() > 1 && word.chars().all(char::is_alphabetic) => {
            return format!("\\mathrm{{{word}}}");
        }
        other => return other.to_string(),
    };
    format!("\\{command}")
}

#[cfg(test)]
mod tests {
    use super::super::{Shape, by_id};

    #[test]
    fn values_stand_in_place_of_letters() {
        let law = by_id("additive").expect("a law");
        let shape = Shape::whole(2);
        let value = |ascii: &str| match ascii {
            "A" => "1.2 \\times 10^{7}",
            "alpha" => "0.35",
            "E" => "0.9",
            _ => "2",
        };
        let symbols = law.parameters(&shape).into_iter().map(|parameter| parameter.symbol);
        let values: Vec<_> = symbols.map(|symbol| (symbol, value(symbol.ascii).to_string())).collect();
        assert_eq!(
            law.formula(&shape).latex_with_values(&values, &[]),
            "L &= 0.9 + \\frac{1}{\\sum_{i} C_{i} \\, {h_{i}}^{\\gamma_{i}}} + \\frac{1.2 \\times 10^{7}}{{N}^{0.35}} + \\frac{2}{{D}^{2}}",
        );
        let symbol = law.parameters(&shape)[1].symbol;
        assert_eq!(symbol.latex(Some("my\\_web")), "C_{\\text{my\\_web}}");
    }

    #[test]
    fn sums_over_a_few_domains_are_written_out() {
        let law = by_id("additive").expect("a law");
        let latex = |domains: &[&str]| {
            let shape = Shape::whole(domains.len());
            let domains: Vec<String> = domains.iter().map(|name| name.to_string()).collect();
            let value = |i: usize| if i == 1 { "-3".to_string() } else { i.to_string() };
            let values = law.parameters(&shape).into_iter().enumerate().map(|(i, p)| (p.symbol, value(i)));
            law.formula(&shape).latex_with_values(&values.collect::<Vec<_>>(), &domains)
        };
        assert_eq!(
            latex(&["my\\_web", "b"]),
            "L &= 0 + \\frac{1}{\\left(-3\\right) \\, {h_{\\text{my\\_web}}}^{3} + 2 \\, {h_{\\text{b}}}^{4}} \
             + \\frac{5}{{N}^{7}} + \\frac{6}{{D}^{8}}",
        );
        let many = latex(&["a", "b", "c", "d", "e"]);
        assert!(many.contains("\\sum_{i} C_{i}"), "{many}");
        assert!(many.ends_with(" \\\\\ni &\\in \\{\\text{a}, \\text{b}, \\text{c}, \\text{d}, \\text{e}\\}"), "{many}");
    }

    /// A negative exponent's value keeps its minus, a power of ten its parentheses.
    #[test]
    fn values_keep_their_parentheses() {
        let law = by_id("simple").expect("a law");
        let shape = Shape::whole(2);
        let values: Vec<_> = law.parameters(&shape).into_iter().map(|p| (p.symbol, "-3".to_string())).collect();
        let latex = law.formula(&shape).latex_with_values(&values, &[]);
        assert!(latex.starts_with("L &= -3 + {\\left(\\sum_{i} C_{i} \\, h_{i}\\right)}^{-3}"), "{latex}");
        let law = by_id("m2").expect("a law");
        let values: Vec<_> = law.parameters(&shape).into_iter().map(|p| (p.symbol, "-3".to_string())).collect();
        let latex = law.formula(&shape).latex_with_values(&values, &[]);
        assert!(latex.contains("\\left(-3\\right) \\, \\sum_{i}"), "{latex}");
    }
}
