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

    fn runs_over_domains(&self) -> bool {
        match self {
            Symbol { sub, .. } => *sub == Some(DOMAIN),
            Sum(parts) | Product(parts) => parts.iter().any(Expr::runs_over_domains),
            Difference(a, b) | Fraction(a, b) | Power(a, b) | Call(a, b) | Relation(a, _, b) => {
                a.runs_over_domains() || b.runs_over_domains()
            }
            Negative(a) => a.runs_over_domains(),
            Over { index, body, .. } => *index == DOMAIN || body.runs_over_domains(),
            Cases(cases) => cases.iter().any(|(a, b)| a.runs_over_domains() || b.runs_over_domains()),
        }
    }

    /// How tightly its parts hold together: a part that holds less tightly than its place needs parentheses.
    pub(super) fn tightness(&self) -> u8 {
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

/// The index of sums and products over the domains.
const DOMAIN: &str = "i";
/// Sums over at most so many domains are written out.
const FEW: usize = 4;
/// Domains that are named, of more than that the first and the last.
const MOST_NAMED: usize = 12;

/// What the index i stands for.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// Names of the domains; none where they are not known.
    pub(super) domains: &'a [String],
    /// The domain that i is at the moment, in a sum that is written out.
    pub(super) at: Option<usize>,
}

impl<'a> Names<'a> {
    /// The terms of a sum or product over that index, if it is written out.
    pub(super) fn terms(self, index: &str) -> Option<impl Iterator<Item = Names<'a>>> {
        let is_written_out = index == DOMAIN && (1..=FEW).contains(&self.domains.len());
        is_written_out.then(move || (0..self.domains.len()).map(move |at| Names { at: Some(at), ..self }))
    }

    /// The domain that stands in place of what is below a symbol.
    pub(super) fn domain(self, sub: &str) -> Option<usize> {
        self.at.filter(|_| sub == DOMAIN)
    }

    /// Its name.
    pub(super) fn below(self, sub: &str) -> Option<&'a str> {
        self.domain(sub).map(|at| self.domains[at].as_str())
    }
}

/// A law's formula: the equation for L, then what its parts stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula(pub Vec<(Expr, Expr)>);

impl Formula {
    /// MathML, one `math` element an equation, for domains of those names. With a few domains sums and products are
    /// written out; with more, some last elements say what i runs over. Names are escaped, and everything else is the
    /// program's own, so the text may stand in a page as it is.
    pub fn mathml(&self, domains: &[String]) -> Vec<String> {
        let names = Names { domains, at: None };
        let equation = |(left, right): &(Expr, Expr)| {
            format!("<math><mrow>{}<mo>=</mo>{}</mrow></math>", mathml(left, 0, names), mathml(right, 0, names))
        };
        let set = self.named_in_a_set(domains).map(index_set);
        self.0.iter().map(equation).chain(set).collect()
    }

    /// Where it has an index i and sums over it are not written out: the names that i runs over, with a gap for those of
    /// many that are left out.
    pub(super) fn named_in_a_set<'a>(&self, domains: &'a [String]) -> Option<Vec<Option<&'a String>>> {
        let runs = self.0.iter().any(|(left, right)| left.runs_over_domains() || right.runs_over_domains());
        (runs && domains.len() > FEW).then_some(())?;
        let mut names: Vec<_> = domains.iter().map(Some).collect();
        if names.len() > MOST_NAMED {
            // The first and the last are enough to see in which order they come.
            names.splice(MOST_NAMED - 1..names.len() - 1, [None]);
        }
        Some(names)
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

/// A superscript in Unicode.
pub(super) fn raised(sup: &str) -> String {
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

/// i ∈ {arxiv, book, …}, an element for each name, so that a narrow page can break the line between them.
fn index_set(names: Vec<Option<&String>>) -> String {
    let last = names.len() - 1;
    let element = |(at, name): (usize, Option<&String>)| {
        // As texts, since operators of this form would stretch.
        let before = if at == 0 { format!("<mi>{DOMAIN}</mi><mo>∈</mo><mtext>{{</mtext>") } else { String::new() };
        let name = name.map_or("<mo>…</mo>".to_string(), |name| format!("<mtext>{}</mtext>", escaped(name)));
        let after = if at == last { "<mtext>}</mtext>" } else { "<mo>,</mo>" };
        format!("<math><mrow>{before}{name}{after}</mrow></math>")
    };
    names.into_iter().enumerate().map(element).collect::<Vec<_>>().join(" ")
}

fn mathml(expr: &Expr, place: u8, names: Names) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| mathml(part, place, names)).collect::<Vec<_>>().join(between)
    };
    let mut tightness = expr.tightness();
    let written = match expr {
        Symbol { letter, sub, sup } => {
            let tag = if letter.starts_with(|c: char| c.is_ascii_digit()) { "mn" } else { "mi" };
            let letter = format!("<{tag}>{letter}</{tag}>");
            let small = |text: &str| format!("<mi>{text}</mi>");
            let sub = sub.map(|sub| match names.below(sub) {
                Some(name) => format!("<mtext>{}</mtext>", escaped(name)),
                None => small(sub),
            });
            match (sub, sup) {
                (None, None) => letter,
                (Some(sub), None) => format!("<msub>{letter}{sub}</msub>"),
                (None, Some(sup)) => format!("<msup>{letter}{}</msup>", small(sup)),
                (Some(sub), Some(sup)) => format!("<msubsup>{letter}{sub}{}</msubsup>", small(sup)),
            }
        }
        Sum(terms) => joined(terms, "<mo>+</mo>", 1),
        Difference(a, b) => format!("{}<mo>−</mo>{}", mathml(a, 1, names), mathml(b, 2, names)),
        Negative(a) => format!("<mo>−</mo>{}", mathml(a, 2, names)),
        Product(factors) => joined(factors, TIMES, 2),
        Fraction(a, b) => {
            format!("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>", mathml(a, 0, names), mathml(b, 0, names))
        }
        Power(a, b) => format!("<msup><mrow>{}</mrow><mrow>{}</mrow></msup>", mathml(a, 4, names), mathml(b, 0, names)),
        Over { operator, index, body } => match names.terms(index) {
            Some(terms) => {
                let (between, inside) = if *operator == "∑" { ("<mo>+</mo>", 1) } else { (TIMES, 2) };
                tightness = if names.domains.len() > 1 { inside } else { body.tightness() };
                terms.map(|at| mathml(body, inside, at)).collect::<Vec<_>>().join(between)
            }
            None => format!("<munder><mo>{operator}</mo><mi>{index}</mi></munder>{}", mathml(body, 2, names)),
        },
        Call(f, argument) => format!("{}<mo>(</mo>{}<mo>)</mo>", mathml(f, 4, names), mathml(argument, 0, names)),
        Cases(cases) => {
            let row = |(value, condition): &(Expr, Expr)| {
                format!(
                    "<mtr><mtd>{}</mtd><mtd><mtext>for&#xA0;</mtext>{}</mtd></mtr>",
                    mathml(value, 0, names),
                    mathml(condition, 0, names)
                )
            };
            let rows: String = cases.iter().map(row).collect();
            format!("<mo>{{</mo><mtable>{rows}</mtable>")
        }
        Relation(a, sign, b) => format!("{}<mo>{}</mo>{}", mathml(a, 1, names), escaped(sign), mathml(b, 1, names)),
    };
    if tightness < place { format!("<mo>(</mo>{written}<mo>)</mo>") } else { written }
}

/// A product without a sign.
const TIMES: &str = "<mo>&#x2062;</mo>";

/// Text that is no markup, whatever is in it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
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
            for n_domains in [0, 2, 7, 40] {
                let mathml = formula.mathml(&names(n_domains));
                let has_set = n_domains > 4 && formula.to_string().contains('ᵢ');
                assert_eq!(mathml.len(), formula.0.len() + usize::from(has_set));
                assert!(mathml.iter().all(|equation| is_balanced(equation)), "{}: {mathml:?}", law.id());
                assert!(mathml.iter().all(|equation| !equation.contains('"')), "nothing has an attribute");
            }
            let latex = formula.latex();
            assert_eq!(latex.matches('{').count(), latex.matches('}').count(), "{}: {latex}", law.id());
            assert!(latex.is_ascii(), "{}: {latex}", law.id());
            assert!(formula.to_string().starts_with("L"), "{formula}");
        }
    }

    fn names(n_domains: usize) -> Vec<String> {
        // What would leave its place if it were markup.
        let name = |i| format!("</mtext></math><img src=x onerror='alert({i})'>&amp;<!--\0");
        (0..n_domains).map(name).collect()
    }

    /// The text of a piece of MathML, as a reader sees it.
    fn seen(mathml: &str) -> String {
        let pieces = mathml.split('<').flat_map(|piece| piece.split_once('>').map(|(_, text)| text));
        pieces.collect::<String>().replace("&#x2062;", " ")
    }

    #[test]
    fn the_readers_own_domains_stand_in_the_formula() {
        let formula = |id: &str, domains: &[&str]| {
            let domains: Vec<String> = domains.iter().map(|name| name.to_string()).collect();
            let formula = by_id(id).expect("a law").formula(&Shape::whole(domains.len()));
            formula.mathml(&domains).iter().map(|equation| seen(equation)).collect::<Vec<_>>()
        };
        // Fractions and powers are in the tags.
        assert_eq!(formula("additive", &["web", "code"]), ["L=E+1Cweb hwebγweb+Ccode hcodeγcode+ANα+BDβ"]);
        assert_eq!(formula("simple", &["a", "b"])[0], "L=E+(Ca ha+Cb hb)γ+ANα+BDβ");
        assert_eq!(formula("m2", &["a", "b"])[0], "L=E+C (eγa ha+eγb hb)+ANα+BDβ");
        assert_eq!(formula("m3", &["a", "b"])[0], "L=E+C eγ ha hb+ANα+BDβ");
        let many = formula("additive", &["a", "b", "c", "d", "e_1"]);
        assert_eq!(many, ["L=E+1∑iCi hiγi+ANα+BDβ", "i∈{a, b, c, d, e_1}"]);
        assert_eq!(formula("chinchilla", &["a"; 5]), ["L=E+ANα+BDβ"]);
        let names: Vec<String> = (1..=40).map(|i| i.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(
            formula("linear", &names).last().map(String::as_str),
            Some("i∈{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …, 40}")
        );
    }

    #[test]
    fn names_are_no_markup() {
        for n_domains in [2, 7] {
            let mathml = by_id("additive").expect("a law").formula(&Shape::whole(2)).mathml(&names(n_domains)).concat();
            assert!(!mathml.contains("<img") && !mathml.contains("<!--") && !mathml.contains('\0'), "{mathml}");
            assert!(
                mathml.contains(
                    "<mtext>&lt;/mtext&gt;&lt;/math&gt;&lt;img src=x onerror=&#39;alert(0)&#39;&gt;&amp;amp;"
                )
            );
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
