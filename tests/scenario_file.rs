//! The scenario file that the command line reads and writes.

use mixlaw::export::scenario_file::ScenarioFile;
use mixlaw::mixture::{Scenario, WeightLimit};
use mixlaw::sample;
use mixlaw::units::Tokens;

fn read(text: &str) -> Result<Scenario, String> {
    ScenarioFile::read(text.as_bytes())?.scenario(&sample::llm_truth())
}

#[test]
fn a_scenario_comes_back_from_its_file() {
    let text = r#"{ "n": "7B", "d": 150e9, "weights": { "arxiv_loss": 2, "book_loss": "7/52" }, "minimax": true,
        "min": { "c4": 0.1 }, "max": { "c4": "20 %", "book": 0.5 }, "stock": { "wikipedia": "4.5B" }, "epochs": "4", "inside_data": true,
        "group": [{ "domains": ["arxiv", "book"], "max": 0.4 }], "kl": 0.01, "prior": { "c4": 1 },
        "present": { "c4": 1, "book": 1 }, "most_change": "30 %" }"#;
    let scenario = read(text).expect("sound");
    assert_eq!(scenario.target_weights[1], ("book_loss".into(), 7.0 / 52.0));
    assert_eq!(scenario.limits.weights[0], WeightLimit { domain: "c4".into(), min: Some(0.1), max: Some(0.2) });
    assert_eq!(scenario.limits.stocks, [("wikipedia".into(), Tokens(4.5e9))]);
    let again = read(&serde_json::to_string(&ScenarioFile::of(&scenario)).expect("JSON")).expect("our own");
    assert_eq!(again, scenario);
    for budget in [r#"{ "flops": 1e22 }"#, r#"{ "n": 1e9, "spend_stocks": true }"#] {
        let scenario = read(budget).expect("sound");
        let again = read(&serde_json::to_string(&ScenarioFile::of(&scenario)).expect("JSON")).expect("our own");
        assert_eq!(again.budget, scenario.budget);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let cases = [
        (r#"{ "maximum": {} }"#, "unknown field `maximum`"),
        ("[]", "it must be names with values in braces, such as { \"n\": \"7B\" }"),
        (r#"{ "max": { "c4": 0.1, "c4": 0.2 } }"#, "\"c4\" is given twice; give it once"),
        (r#"{ "flops": 1e22, "spend_stocks": true }"#, "flops and spend_stocks are both given"),
        (r#"{ "flops": 1e22, "n": "7B" }"#, "flops is given with n or d, which it finds"),
        (r#"{ "n": "seven" }"#, "the model size N: \"seven\" is not a number"),
        (
            r#"{ "max": { "c4": [1] } }"#,
            "the largest weight of \"c4\" is [1]; it must be a number, or a text such as \"20 %\"",
        ),
        (r#"{ "weights": { "c4_loss": "1/0" } }"#, "the weight of \"c4_loss\": \"1/0\" is not a number"),
        (r#"{ "prior": { "c4": 1 } }"#, "a prior is given, but not its weight λ: kl, such as 0.01"),
    ];
    for (text, expected) in cases {
        let seen = read(text).expect_err(text);
        assert!(seen.starts_with(expected), "{seen}");
    }
}
