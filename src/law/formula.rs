//! Formulas as trees: a law states its own once, and it is written as a line of text, as MathML and as LaTeX.

use std::fmt;

/// Part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A letter with what stands below and above it: C^A_i.
    Symbol {
        /// The letter, or a word.
        letter: &'static str,
        /// Below.
        sub: Option<&'static str>,
        /// Above; no power.
        sup: Option<&'static str>,
    },
    /// a + b + …
    Sum(Vec<Expr>),
    /// a − b
    Difference(Box<Expr>, Box<Expr>),
    /// a b …
    Product(Vec<Expr>),
    /// −a
    Negative(Box<Expr>),
    /// a / b
    Fraction(Box<Expr>, Box<Expr>),
    /// a^b
    Power(Box<Expr>, Box<Expr>),
    /// Σ_i a or Π_i a.
    Over {
        /// Σ or Π.
        operator: &'static str,
        /// What stands below it.
        index: &'static str,
        /// What is summed or multiplied.
        body: Box<Expr>,
    },
    /// f(a)
    Call(Box<Expr>, Box<Expr>),
    /// One value or another, each with its condition.
    Cases(Vec<(Expr, Expr)>),
    /// a ≤ b, a ≥ b, …
    Relation(Box<Expr>, &'static str, Box<Expr>),
}

use Expr::{Call, Cases, Difference, Fraction, Negative, Over, Power, Product, Relation, Sum, Symbol};

/// A letter, a word or a number.
pub fn sym(letter: &'static str) -> Expr {
    Symbol { letter, sub: None, sup: None }
}

/// a b …
pub fn product(factors: impl IntoIterator<Item = Expr>) -> Expr {
    Product(factors.into_iter().collect())
}

/// a + b + …
pub fn sum(terms: impl IntoIterator<Item = Expr>) -> Expr {
    Sum(terms.into_iter().collect())
}

/// Σ_i body.
pub fn sum_over(index: &'static str, body: Expr) -> Expr {
    Over { operator: "∑", index, body: Box::new(body) }
}

/// Π_i body.
pub fn product_over(index: &'static str, body: Expr) -> Expr {
    Over { operator: "∏", index, body: Box::new(body) }
}

/// e^exponent.
pub fn exp(exponent: Expr) -> Expr {
    sym("e").pow(exponent)
}

/// One value or another, each with its condition.
pub fn cases(cases: impl IntoIterator<Item = (Expr, Expr)>) -> Expr {
    Cases(cases.into_iter().collect())
}

impl Expr {
    /// The symbol with this below it.
    pub fn below(self, text: &'static str) -> Self {
        match self {
            Symbol { letter, sup, .. } => Symbol { letter, sub: Some(text), sup },
            other => other,
        }
    }

    /// The symbol with this above it.
    pub fn above(self, text: Option<&'static str>) -> Self {
        match self {
            Symbol { letter, sub, .. } => Symbol { letter, sub, sup: text },
            other => other,
        }
    }

    /// self / divisor.
    pub fn over(self, divisor: Expr) -> Self {
        Fraction(Box::new(self), Box::new(divisor))
    }

    /// self ^ exponent.
    pub fn pow(self, exponent: Expr) -> Self {
        Power(Box::new(self), Box::new(exponent))
    }

    /// self − other.
    pub fn minus(self, other: Expr) -> Self {
        Difference(Box::new(self), Box::new(other))
    }

    /// −self.
    pub fn negative(self) -> Self {
        Negative(Box::new(self))
    }

    /// self(argument).
    pub fn of(self, argument: Expr) -> Self {
        Call(Box::new(self), Box::new(argument))
    }

    /// self ≤ other, and the like.
    pub fn relates(self, sign: &'static str, other: Expr) -> Self {
        Relation(Box::new(self), sign, Box::new(other))
    }

    /// How tightly its parts hold together: a part that holds less tightly than its place needs parentheses.
    fn tightness(&self) -> u8 {
        match self {
            Relation(..) => 0,
            Sum(terms) if terms.len() > 1 => 1,
            Sum(terms) => terms.first().map_or(4, Expr::tightness),
            Difference(..) | Negative(_) | Cases(_) => 1,
            Product(factors) if factors.len() > 1 => 2,
            Product(factors) => factors.first().map_or(4, Expr::tightness),
            Fraction(..) | Over { .. } => 2,
            Power(..) => 3,
            Symbol { .. } | Call(..) => 4,
        }
    }
}

/// A law's formula: the equation for L, then what its parts stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula(pub Vec<(Expr, Expr)>);

impl Formula {
    /// MathML, one `math` element an equation. Every text in it is the program's own.
    pub fn mathml(&self) -> Vec<String> {
        let equation = |(left, right): &(Expr, Expr)| {
            format!("<math><mrow>{}<mo>=</mo>{}</mrow></math>", mathml(left, 0), mathml(right, 0))
        };
        self.0.iter().map(equation).collect()
    }

    /// LaTeX, one equation a line, for an `aligned` environment of amsmath.
    pub fn latex(&self) -> String {
        let lines: Vec<String> =
            self.0.iter().map(|(left, right)| format!("{} &= {}", latex(left, 0), latex(right, 0))).collect();
        lines.join(" \\\\\n")
    }
}

/// One line of text.
impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (position, (left, right)) in self.0.iter().enumerate() {
            f.write_str(match position {
                0 => "",
                1 => ", where ",
                _ => ", ",
            })?;
            write!(f, "{} = {}", text(left, 0), text(right, 0))?;
        }
        Ok(())
    }
}

/// The expression as text, in parentheses where its place needs it tighter.
fn text(expr: &Expr, place: u8) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| text(part, place)).collect::<Vec<_>>().join(between)
    };
    let written = match expr {
        Symbol { letter, sub, sup } => {
            format!("{letter}{}{}", raised(sup.unwrap_or("")), lowered(sub.unwrap_or("")))
        }
        Sum(terms) => joined(terms, " + ", 1),
        Difference(a, b) => format!("{} − {}", text(a, 1), text(b, 2)),
        Negative(a) => format!("−{}", text(a, 2)),
        Product(factors) => joined(factors, " ", 2),
        Fraction(a, b) => {
            let sign = if a.tightness() < 4 { " / " } else { "/" };
            format!("{}{sign}{}", text(a, 2), text(b, 3))
        }
        Power(a, b) => format!("{}^{}", text(a, 4), text(b, 4)),
        Over { operator, index, body } => {
            let operator = if *operator == "∑" { "Σ" } else { "Π" };
            format!("{operator}{} {}", lowered(index), text(body, 2))
        }
        Call(f, argument) => format!("{}({})", text(f, 4), text(argument, 0)),
        Cases(cases) => {
            let cases: Vec<String> = cases
                .iter()
                .map(|(value, condition)| format!("{} for {}", text(value, 0), text(condition, 0)))
                .collect();
            cases.join(", ")
        }
        Relation(a, sign, b) => format!("{} {sign} {}", text(a, 1), text(b, 1)),
    };
    // A fraction of a sum of powers reads wrongly without: 1/(Σᵢ Cᵢ).
    if expr.tightness() < place { format!("({written})") } else { written }
}

fn raised(sup: &str) -> String {
    match sup {
        "" => String::new(),
        "A" => "ᴬ".into(),
        "B" => "ᴮ".into(),
        "α" => "ᵅ".into(),
        "β" => "ᵝ".into(),
        other => other.into(),
    }
}

fn lowered(sub: &str) -> String {
    match sub {
        "" => String::new(),
        "i" => "ᵢ".into(),
        "h" => "ₕ".into(),
        "o" => "ₒ".into(),
        other => format!("_{other}"),
    }
}

fn mathml(expr: &Expr, place: u8) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| mathml(part, place)).collect::<Vec<_>>().join(between)
    };
    let written = match expr {
        Symbol { letter, sub, sup } => {
            let tag = if letter.starts_with(|c: char| c.is_ascii_digit()) { "mn" } else { "mi" };
            let letter = format!("<{tag}>{letter}</{tag}>");
            let small = |text: &str| format!("<mi>{text}</mi>");
            match (sub, sup) {
                (None, None) => letter,
                (Some(sub), None) => format!("<msub>{letter}{}</msub>", small(sub)),
                (None, Some(sup)) => format!("<msup>{letter}{}</msup>", small(sup)),
                (Some(sub), Some(sup)) => format!("<msubsup>{letter}{}{}</msubsup>", small(sub), small(sup)),
            }
        }
        Sum(terms) => joined(terms, "<mo>+</mo>", 1),
        Difference(a, b) => format!("{}<mo>−</mo>{}", mathml(a, 1), mathml(b, 2)),
        Negative(a) => format!("<mo>−</mo>{}", mathml(a, 2)),
        Product(factors) => joined(factors, "<mo>&#x2062;</mo>", 2),
        Fraction(a, b) => {
            format!("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>", mathml(a, 0), mathml(b, 0))
        }
        Power(a, b) => format!("<msup><mrow>{}</mrow><mrow>{}</mrow></msup>", mathml(a, 4), mathml(b, 0)),
        Over { operator, index, body } => {
            format!("<munder><mo>{operator}</mo><mi>{index}</mi></munder>{}", mathml(body, 2))
        }
        Call(f, argument) => format!("{}<mo>(</mo>{}<mo>)</mo>", mathml(f, 4), mathml(argument, 0)),
        Cases(cases) => {
            let row = |(value, condition): &(Expr, Expr)| {
                format!(
                    "<mtr><mtd>{}</mtd><mtd><mtext>for&#xA0;</mtext>{}</mtd></mtr>",
                    mathml(value, 0),
                    mathml(condition, 0)
                )
            };
            let rows: String = cases.iter().map(row).collect();
            format!("<mo>{{</mo><mtable>{rows}</mtable>")
        }
        Relation(a, sign, b) => format!("{}<mo>{}</mo>{}", mathml(a, 1), escaped(sign), mathml(b, 1)),
    };
    if expr.tightness() < place { format!("<mo>(</mo>{written}<mo>)</mo>") } else { written }
}

fn escaped(sign: &str) -> String {
    sign.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn latex(expr: &Expr, place: u8) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| latex(part, place)).collect::<Vec<_>>().join(between)
    };
    let written = match expr {
        Symbol { letter, sub, sup } => {
            let mut written = latex_letter(letter);
            if let Some(sub) = sub {
                written.push_str(&format!("_{{{}}}", latex_letter(sub)));
            }
            if let Some(sup) = sup {
                written.push_str(&format!("^{{{}}}", latex_letter(sup)));
            }
            written
        }
        Sum(terms) => joined(terms, " + ", 1),
        Difference(a, b) => format!("{} - {}", latex(a, 1), latex(b, 2)),
        Negative(a) => format!("-{}", latex(a, 2)),
        Product(factors) => joined(factors, " \\, ", 2),
        Fraction(a, b) => format!("\\frac{{{}}}{{{}}}", latex(a, 0), latex(b, 0)),
        // A symbol with something above it needs braces before a power.
        Power(a, b) => format!("{{{}}}^{{{}}}", latex(a, 4), latex(b, 0)),
        Over { operator, index, body } => {
            let operator = if *operator == "∑" { "\\sum" } else { "\\prod" };
            format!("{operator}_{{{}}} {}", latex_letter(index), latex(body, 2))
        }
        Call(f, argument) => format!("{}\\left({}\\right)", latex(f, 4), latex(argument, 0)),
        Cases(cases) => {
            let row = |(value, condition): &(Expr, Expr)| {
                format!("{} & \\text{{for }} {}", latex(value, 0), latex(condition, 0))
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
            format!("{} {sign} {}", latex(a, 1), latex(b, 1))
        }
    };
    if expr.tightness() < place { format!("\\left({written}\\right)") } else { written }
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
    use super::super::{LAWS, Shape, by_id};

    /// Every element is closed where it was opened.
    fn is_balanced(mathml: &str) -> bool {
        let mut open: Vec<&str> = Vec::new();
        for piece in mathml.split('<').skip(1) {
            let Some((tag, _)) = piece.split_once('>') else { return false };
            match tag.strip_prefix('/') {
                Some(closed) => {
                    if open.pop() != Some(closed) {
                        return false;
                    }
                }
                None => open.push(tag),
            }
        }
        open.is_empty()
    }

    #[test]
    fn every_law_is_written_in_all_three_forms() {
        for law in LAWS {
            let formula = law.formula(&Shape::whole(law.needs().max_domains.unwrap_or(3)));
            let mathml = formula.mathml();
            assert_eq!(mathml.len(), formula.0.len());
            assert!(mathml.iter().all(|equation| is_balanced(equation)), "{}: {mathml:?}", law.id());
            let latex = formula.latex();
            assert_eq!(latex.matches('{').count(), latex.matches('}').count(), "{}: {latex}", law.id());
            assert!(latex.is_ascii(), "{}: {latex}", law.id());
            assert!(formula.to_string().starts_with("L"), "{formula}");
        }
    }

    #[track_caller]
    fn check(id: &str, text: &str, latex: &str) {
        let formula = by_id(id).expect("a law").formula(&Shape::whole(2));
        assert_eq!(formula.to_string(), text);
        assert_eq!(formula.latex(), latex);
    }

    #[test]
    fn formulas_read_as_the_papers_print_them() {
        check(
            "additive",
            "L = E + 1/(Σᵢ Cᵢ hᵢ^γᵢ) + A/N^α + B/D^β",
            "L &= E + \\frac{1}{\\sum_{i} C_{i} \\, {h_{i}}^{\\gamma_{i}}} + \\frac{A}{{N}^{\\alpha}} + \\frac{B}{{D}^{\\beta}}",
        );
        check(
            "m4",
            "L = E + e^(Σᵢ γᵢ hᵢ) + A/N^α + B/D^β",
            "L &= E + {e}^{\\sum_{i} \\gamma_{i} \\, h_{i}} + \\frac{A}{{N}^{\\alpha}} + \\frac{B}{{D}^{\\beta}}",
        );
        check(
            "simple",
            "L = E + (Σᵢ Cᵢ hᵢ)^γ + A/N^α + B/D^β",
            "L &= E + {\\left(\\sum_{i} C_{i} \\, h_{i}\\right)}^{\\gamma} + \\frac{A}{{N}^{\\alpha}} + \\frac{B}{{D}^{\\beta}}",
        );
    }
}
