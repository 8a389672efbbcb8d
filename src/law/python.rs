//! Formulas as Python with NumPy.
//!
//! Rows are along all axes but the last: N, D and every sum over domains have a last axis of one entry, h and what
//! belongs to domains one of k, so that they broadcast. A symbol's name is that of [`Symbol`](super::Symbol) in
//! files, with _ for ^: `gamma_A`; below the letter stands nothing for a domain's, `_h`, `_o` and so on else.

use super::formula::{Expr, Formula};

use Expr::{Call, Cases, Difference, Fraction, Negative, Over, Power, Product, Relation, Sum, Symbol};

/// The body of a function of N, D, h and the parameters: what the equation's parts stand for, then L. `h_o` is the
/// weight of the domain at position `own`.
pub(super) fn body(formula: &Formula) -> String {
    let mut lines = Vec::new();
    if formula.0.iter().any(|(_, right)| has_own_weight(right)) {
        lines.push("h_o = h[..., [own]]".to_string());
    }
    // A part stands below the equation that it is a part of.
    for (left, right) in formula.0.iter().skip(1).rev() {
        match left {
            Call(function, argument) => lines.push(format!(
                "def {}({}):\n    return {}\n",
                python(function, 0),
                python(argument, 0),
                python(right, 0)
            )),
            part => lines.push(format!("{} = {}", python(part, 0), python(right, 0))),
        }
    }
    lines.extend(formula.0.first().map(|(_, loss)| format!("return {}", python(loss, 0))));
    lines.join("\n")
}

fn has_own_weight(expr: &Expr) -> bool {
    match expr {
        Symbol { letter, sub, .. } => *letter == "h" && *sub == Some("o"),
        Sum(parts) | Product(parts) => parts.iter().any(has_own_weight),
        Negative(a) | Over { body: a, .. } => has_own_weight(a),
        Difference(a, b) | Fraction(a, b) | Power(a, b) | Call(a, b) | Relation(a, _, b) => {
            has_own_weight(a) || has_own_weight(b)
        }
        Cases(cases) => cases.iter().any(|(value, condition)| has_own_weight(value) || has_own_weight(condition)),
    }
}

/// The expression, in parentheses where its place needs it tighter.
fn python(expr: &Expr, place: u8) -> String {
    let joined = |parts: &[Expr], between: &str, place: u8| -> String {
        parts.iter().map(|part| python(part, place)).collect::<Vec<_>>().join(between)
    };
    let written = match expr {
        Symbol { letter, sub, sup } => {
            let below = sub.filter(|sub| *sub != "i").map_or(String::new(), |sub| format!("_{sub}"));
            let above = sup.map_or(String::new(), |sup| format!("_{}", ascii(sup)));
            return format!("{}{above}{below}", ascii(letter));
        }
        Sum(terms) => joined(terms, " + ", 1),
        Difference(a, b) => format!("{} - {}", python(a, 1), python(b, 2)),
        Negative(a) => format!("-{}", python(a, 2)),
        Product(factors) => joined(factors, " * ", 2),
        Fraction(a, b) => format!("{} / {}", python(a, 2), python(b, 3)),
        Power(base, exponent) if matches!(&**base, Symbol { letter: "e", .. }) => {
            return format!("np.exp({})", python(exponent, 0));
        }
        Power(a, b) => format!("{}**{}", python(a, 4), python(b, 4)),
        Over { operator, body, .. } => {
            let function = if *operator == "∑" { "sum" } else { "prod" };
            return format!("np.{function}({}, axis=-1, keepdims=True)", python(body, 0));
        }
        Call(f, argument) => return format!("{}({})", python(f, 4), python(argument, 0)),
        Cases(cases) => {
            let Some(((last, _), before)) = cases.split_last() else { return "np.nan".into() };
            return before.iter().rev().fold(python(last, 0), |rest, (value, condition)| {
                format!("np.where({}, {}, {rest})", python(condition, 0), python(value, 0))
            });
        }
        Relation(a, sign, b) => {
            let sign = match *sign {
                "≤" => "<=",
                "≥" => ">=",
                other => other,
            };
            format!("{} {sign} {}", python(a, 1), python(b, 1))
        }
    };
    if expr.tightness() < place { format!("({written})") } else { written }
}

fn ascii(letter: &str) -> &str {
    match letter {
        "α" => "alpha",
        "β" => "beta",
        "γ" => "gamma",
        "ε" => "epsilon",
        "η" => "eta",
        "ρ" => "rho",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LAWS, Shape, by_id};

    #[track_caller]
    fn check(id: &str, expected: &str) {
        let law = by_id(id).expect("a law");
        assert_eq!(law.python(&Shape::whole(2)), expected);
    }

    #[test]
    fn formulas_become_expressions() {
        check("additive", "return E + 1 / np.sum(C * h**gamma, axis=-1, keepdims=True) + A / N**alpha + B / D**beta");
        check(
            "d-cpt",
            "h_o = h[..., [own]]\n\
             return E + A / N**alpha + B * h_o**eta / D**beta + C / (h_o + epsilon)**gamma",
        );
        check("m3", "return E + C * np.exp(gamma * np.prod(h, axis=-1, keepdims=True)) + A / N**alpha + B / D**beta");
        check(
            "additive-repetition",
            "def rho(r):\n    return np.where(r <= 1, r, 1 + R * (1 - np.exp(-(r - 1) / R)))\n\n\
             D_eff = np.sum(U * rho(h * D / U), axis=-1, keepdims=True)\n\
             return E + 1 / np.sum(C * h**gamma, axis=-1, keepdims=True) + A / N**alpha + B / D_eff**beta",
        );
    }

    #[test]
    fn every_law_is_ascii() {
        for law in LAWS {
            let python = law.python(&Shape::whole(law.needs().max_domains.unwrap_or(3)));
            assert!(python.is_ascii() && python.contains("return "), "{}: {python}", law.id());
        }
    }
}
