//! Forms of tables through [`import`], with the lines that tools write.

use proptest::prelude::*;

use crate::dataset::{Dataset, Observation, Split};
use crate::import::*;

#[track_caller]
fn study(text: &str) -> (Dataset, Vec<String>) {
    let imported = import(text, None);
    let sentences = imported.issues.sentences(50);
    let Some(dataset) = imported.dataset else { panic!("no study: {sentences:?}") };
    (dataset, sentences)
}

/// N, D, the mixture and the losses of an observation.
fn numbers(row: &Observation) -> (Option<f64>, Option<f64>, Vec<f64>, Vec<Option<f64>>) {
    let losses = row.losses.iter().map(|loss| loss.map(|loss| loss.0)).collect();
    (row.n.map(|n| n.0), row.d.map(|d| d.0), row.mixture.clone(), losses)
}

#[test]
fn regmix_in_two_files() {
    let mixtures = "index,train_the_pile_arxiv,train_the_pile_freelaw,train_the_pile_nih_exporter\n\
        1,0.123,0.065,0.812\n2,0.5,0.25,0.25\n3,0.25,0.5,0.25\n";
    let losses = "index,metric/the_pile_arxiv_val_loss,metric/the_pile_freelaw_val_loss\n\
        3,7.5255866,5.160581\n1,7.0255866,5.360581\n2,6.125587,5.470581\n";
    for text in [format!("{mixtures}\n{losses}"), format!("{losses}\n\n{mixtures}")] {
        let (dataset, sentences) = study(&text);
        assert_eq!(sentences[0], "two tables joined on \"index\": 3 lines", "{sentences:?}");
        assert_eq!(dataset.domains(), ["the_pile_arxiv", "the_pile_freelaw", "the_pile_nih_exporter"]);
        let row = dataset.observations().iter().find(|row| row.mixture[0] == 0.5).expect("the second run");
        assert_eq!(numbers(row).3, [Some(6.125587), Some(5.470581)]);
        assert_eq!((row.n, row.d), (None, None));
    }
    // An issue in the second table knows its line there.
    let imported = import(&format!("{mixtures}\n{}", losses.replace("5.470581", "5.47O581")), None);
    assert_eq!(
        imported.issues.sentences(1)[0],
        "line 9, column \"metric/the_pile_freelaw_val_loss\": \"5.47O581\" is not a number; did you mean 5.470581?"
    );
}

#[test]
fn an_index_from_zero_and_one_from_one_are_joined_in_their_order() {
    let text = "index,weight_a,weight_b\n0,0.25,0.75\n1,0.5,0.5\n\nindex,web_loss\n1,2.125\n2,2.375\n";
    let (dataset, sentences) = study(text);
    assert!(sentences[0].starts_with("two tables joined on \"index\" in their order, since one counts from 0"));
    assert_eq!(numbers(&dataset.observations()[1]).3, [Some(2.375)]);
}

#[test]
fn olmix_in_two_files() {
    let text = "run,name,index,dclm:science,wikipedia,arxiv\nhz0dfydj,my-swarm-0000,0,0.45,0.30,0.25\n\
        ab12,my-swarm-0001,1,0.2,0.6,0.2\nzz,my-swarm-0002,2,0.1,0.1,0.8\n\n\
        run,name,index,arc_challenge_bpb,hellaswag_bpb,mmlu_stem_bpb\nab12,my-swarm-0001,1,1.231,0.874,1.452\n\
        hz0dfydj,my-swarm-0000,0,1.232,0.871,1.451\n";
    let (dataset, sentences) = study(text);
    assert_eq!(
        sentences[0],
        "two tables joined on \"run\": 2 lines; without a partner and left out: 1 of the one and 0 of the other"
    );
    assert!(sentences.iter().any(|sentence| sentence.contains("in bits per byte")), "{sentences:?}");
    assert_eq!(dataset.domains(), ["dclm:science", "wikipedia", "arxiv"]);
    assert_eq!(dataset.targets(), ["arc_challenge_bpb", "hellaswag_bpb", "mmlu_stem_bpb"]);
    assert_eq!(numbers(&dataset.observations()[0]).3[0], Some(1.232));
}

#[test]
fn tables_without_a_common_id_are_told() {
    let text = "weight_a,weight_b,web_loss\n0.25,0.75,2.125\n0.5,0.5,2.375\n\nname,score\nx,1\ny,2\n";
    let imported = import(text, None);
    assert!(imported.issues.errors()[0].to_string().starts_with("the text holds two tables, but no column of both"));
    assert_eq!(imported.dataset.expect("the first").observations().len(), 2);
}

#[test]
fn the_same_table_twice_is_one_below_the_other() {
    let text = "weight_a,weight_b,web_loss\n0.25,0.75,2.125\n\nweight_a,weight_b,web_loss\n0.5,0.5,2.375\n";
    let (dataset, _) = study(text);
    let lines: Vec<usize> = dataset.observations().iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 5]);
}

#[test]
fn ye_paths() {
    let line = |model: &str, domain: &str, loss: &str| {
        format!("/mnt/ckpts/Pile100B//{model}/13000\t/data/pythia-pile.valid.{domain}.bin\t{loss}\n")
    };
    let text = [
        line("70M_3-0.125-0-0-0.125-0.75", "Github", "1.870334640688259"),
        line("70M_3-0.125-0-0-0.125-0.75", "Pile-CC", "3.1"),
        line("1B_RP_999-0.66796875-0.168375-0.1-0.05-0.01365625", "Github", "2.1892811392965585"),
        line("pythia_70m_step20000", "Github", "2.5"),
    ]
    .concat();
    let (dataset, sentences) = study(&text);
    assert_eq!(dataset.domains().len(), 5);
    assert_eq!(dataset.targets(), ["Github_loss", "Pile-CC_loss"]);
    let first = &dataset.observations()[0];
    assert_eq!((first.n.unwrap().0, first.d.unwrap().0), (18_915_328.0, 13000.0 * 1_048_576.0));
    assert_eq!((first.mixture[4], first.line, first.split), (0.75, 1, Split::Fit));
    assert_eq!((dataset.observations()[1].split, dataset.observations()[1].losses[1]), (Split::Holdout, None));
    assert!(sentences.iter().any(|s| s.starts_with("1 line of checkpoints without a mixture")), "{sentences:?}");
    assert!(sentences.iter().any(|s| s.starts_with("read as paths of checkpoints in the form of Ye et al. 2024: 2")));
}

#[test]
fn scalebench() {
    let (dataset, _) = study(
        "group,proportion_domain_1,proportion_domain_2,loss_domain_1,loss_domain_2\n70M,0.25,0.75,3.125,2.5\n410M,0.5,0.5,2.75,2.25\n",
    );
    assert_eq!((dataset.domains(), dataset.targets().len()), (&["domain_1".to_string(), "domain_2".into()][..], 2));
    assert_eq!(numbers(&dataset.observations()[1]).0, Some(410e6));
    let (dataset, _) = study("group,unique_tokens,params,tokens,loss\na,1e9,70e6,2e9,3.125\na,1e9,70e6,4e9,3.0625\n");
    assert_eq!(numbers(&dataset.observations()[1]), (Some(70e6), Some(4e9), vec![], vec![Some(3.0625)]));
}

#[test]
fn isoflop_collections() {
    let line = |experiment: &str, n: f64, d: f64, loss: f64, outlier: &str| {
        format!("ml_scalefit,massivetext,chinchilla,,{experiment},{d},{n},1e19,{loss},{outlier}\n")
    };
    let mut text = "source,dataset,model,condition,experiment,tokens,params,budget,loss,outlier\n".to_string();
    for i in 1..=5 {
        text += &line("a__x", 1e8 * f64::from(i), 1e10, 3.5 - 0.1005 * f64::from(i), "False");
    }
    for i in 1..=3 {
        text += &line("b__y", 1e8 * f64::from(i), 2e10, 3.5 - 0.1005 * f64::from(i), "False");
    }
    text += &line("a__x", 9e8, 1e10, 9.5, "True");
    let (dataset, sentences) = study(&text);
    assert_eq!(dataset.observations().len(), 5);
    assert_eq!(
        sentences[..2],
        [
            "the table holds several experiments; \"a__x\" with 6 lines is used; choose another with --experiment, or in \
             the page with its button: \"b__y\"",
            "1 line marked as outlier, left out"
        ]
    );
    let (other, _) = study(&only_experiment(&text, "b__y").expect("its lines"));
    assert_eq!(other.observations().iter().map(|row| row.d.unwrap().0).collect::<Vec<_>>(), [2e10; 3]);
    assert_eq!(
        only_experiment(&text, "b_y").expect_err("no such").to_string(),
        "no experiment is called \"b_y\"; the table has: a__x, b__y; did you mean b__y?"
    );
    assert_eq!(
        only_experiment(WIDE, "b").expect_err("no such").to_string(),
        "no experiment is called \"b\"; the table has no column \"experiment\""
    );
}

#[test]
fn an_experiment_that_names_runs_keeps_all_of_them() {
    // Three checkpoints a run; with weights, and without them but of one size each.
    for (header, weights) in [("h_web,h_code,", "0.25,0.75,"), ("", "")] {
        let mut text = format!("experiment,{header}params,tokens,x_loss\n");
        for run in 1..=24 {
            for checkpoint in 1..=3 {
                text += &format!(
                    "run{run},{weights}{run}00M,{checkpoint}B,{}\n",
                    3.0 - 0.011 * f64::from(run * checkpoint)
                );
            }
        }
        let (dataset, _) = study(&text);
        assert_eq!(dataset.observations().len(), 72);
    }
    // With weights even a collection of sizes is one study.
    let mut text = "experiment,h_web,h_code,params,x_loss\n".to_string();
    for i in 1..=6 {
        text += &format!("e{},0.{i},0.{},{i}00M,2.{i}25\n", i % 2, 10 - i);
    }
    assert_eq!(study(&text).0.observations().len(), 6);
}

#[test]
fn epoch_and_kyo() {
    let (dataset, _) = study(
        "x,y,color,Model Size,Training FLOP,hex_color,loss\n\
         154.03592,140.63364,#faebdd,6795600349.289497,9.993852799709755e+18,#faebdd,5.005581996196243\n\
         120.1,130.2,#faebdd,67956003.5,9.993852799709755e+18,#faebdd,3.105581996196243\n",
    );
    let (n, d, mixture, losses) = numbers(&dataset.observations()[0]);
    assert!((d.unwrap() - 9.993852799709755e18 / (6.0 * n.unwrap())).abs() < 1.0);
    assert_eq!((mixture.len(), losses.len()), (0, 1));
    let (dataset, _) =
        study("C,N,D,loss\n1.3972367362937152e+18,73824672,3154403320,3.405928\n2e18,83824672,3154403320,3.305928\n");
    assert_eq!(numbers(&dataset.observations()[0]).1, Some(3154403320.0));
}

#[test]
fn weights_and_biases() {
    let text = "\"Name\",\"parameter_count\",\"throughput/total_tokens\",\"throughput/total_gflops\",\"eval/paloma/macro_loss\",\"eval/paloma/macro_loss - MIN\",\"_step\",\"trainer.train_batch_size\"\n\
        \"exp-5b04fb\",\"669160448\",\"7787380736\",\"30000190274.06881\",\"3.506753444671631\",\"3.5\",\"100\",\"32\"\n\
        \"exp-aa04fb\",\"669160448\",\"8787380736\",\"31000190274.06881\",\"3.406753444671631\",\"3.4\",\"200\",\"32\"\n\
        \"exp-cc04fb\",\"169160448\",\"7787380736\",\"\",\"\",\"\",\"100\",\"32\"\n";
    let (dataset, _) = study(text);
    assert_eq!(dataset.targets(), ["eval/paloma/macro_loss"]);
    assert_eq!(
        numbers(&dataset.observations()[0]),
        (Some(669160448.0), Some(7787380736.0), vec![], vec![Some(3.506753444671631)])
    );
    let weights = "\"Name\",\"config.data.weights.web\",\"config.data.weights.code\",\"summary.tokens\",\"summary.eval_loss\"\n\
        \"a\",\"0.25\",\"0.75\",\"2e9\",\"3.125\"\n\"b\",\"0.5\",\"0.5\",\"2e9\",\"3.0625\"\n";
    let (dataset, _) = study(weights);
    assert_eq!((dataset.domains().len(), dataset.targets().len()), (2, 1), "{:?}", dataset.domains());
}

const WIDE: &str = "weight_web,weight_code,params,tokens,web_loss,code_loss\n0.25,0.75,100000000,2000000000,3.125,2.5\n\
    0.5,0.5,300000000,2000000000,2.875,2.625\n0.75,0.25,300000000,4000000000,2.625,2.8125\n";

/// The same study up to the order of its lines, domains and targets.
#[track_caller]
fn check_same(text: &str) {
    let (expected, _) = study(WIDE);
    let (seen, sentences) = study(text);
    let sorted = |dataset: &Dataset| {
        let mut rows: Vec<String> = dataset.observations().iter().map(|row| format!("{:?}", numbers(row))).collect();
        rows.sort();
        rows
    };
    assert_eq!((seen.domains(), seen.targets()), (expected.domains(), expected.targets()), "{sentences:?}");
    assert_eq!(sorted(&seen), sorted(&expected), "{sentences:?}");
}

#[test]
fn json_in_its_forms() {
    let rows = [
        r#"{"weight_web": 0.25, "weight_code": 0.75, "params": 1e8, "tokens": "2B", "web_loss": 3.125, "code_loss": 2.5}"#,
        r#"{"weight_web": 0.5, "weight_code": 0.5, "params": "300M", "tokens": 2e9, "web_loss": 2.875, "code_loss": 2.625}"#,
        r#"{"weight_web": 0.75, "weight_code": 0.25, "params": 300000000, "tokens": 4e9, "web_loss": 2.625, "code_loss": 2.8125}"#,
    ];
    check_same(&rows.join("\n"));
    check_same(&format!("[\n{}\n]", rows.join(",\n")));
    check_same(&format!("{{\"runs\": [{}]}}", rows.join(", ")));
    check_same(
        r#"{"weight_web": [0.25, 0.5, 0.75], "weight_code": [0.75, 0.5, 0.25], "params": [1e8, 3e8, 3e8],
            "tokens": [2e9, 2e9, 4e9], "web_loss": [3.125, 2.875, 2.625], "code_loss": [2.5, 2.625, 2.8125]}"#,
    );
    let nested = r#"[{"config": {"weights": {"web": 0.25, "code": 0.75}}, "summary": {"web_loss": 3.125}},
        {"config": {"weights": {"web": 0.5, "code": 0.5}}, "summary": {"web_loss": "3.0"}}]"#;
    let imported = import(nested, None);
    assert_eq!(imported.issues.errors().len(), 0, "{:?}", imported.issues.sentences(5));
    let wrong = import("[\n{\"a\": 1},\n{\"a\": }\n]", None);
    assert!(wrong.issues.errors()[0].to_string().starts_with("line 3: this begins as JSON does"), "{:?}", wrong.issues);
    let lines = import(&rows.join("\n").replace("300M", "3OO M"), None);
    assert!(lines.issues.errors()[0].to_string().starts_with("line 2, column \"params\""), "{:?}", lines.issues);
}

#[test]
fn markdown_latex_and_blanks() {
    let cells: Vec<Vec<&str>> = WIDE.lines().map(|line| line.split(',').collect()).collect();
    let markdown: Vec<String> = cells.iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    check_same(&format!("{}\n|---|---|---|---|---|---|\n{}", markdown[0], markdown[1..].join("\n")));
    let latex: Vec<String> =
        cells.iter().map(|cells| format!("{} \\\\", cells.join(" & ").replace('_', "\\_"))).collect();
    let latex = format!(
        "\\begin{{tabular}}{{llllll}}\n\\toprule\n{}\n\\midrule\n{}\n\\bottomrule\n\\end{{tabular}}\n",
        latex[0],
        latex[1..].join("\n")
    );
    check_same(&latex);
    let aligned: Vec<String> =
        cells.iter().map(|cells| cells.iter().map(|cell| format!("{cell:<14}")).collect::<String>()).collect();
    check_same(&aligned.join("\n"));
    check_same(&WIDE.replace(',', " "));
    check_same(&WIDE.replace(',', ";").replace('.', ","));
}

#[test]
fn long_tables() {
    let mut losses = "weight_web,weight_code,params,tokens,domain,loss\n".to_string();
    let mut both = "run,params,tokens,domain,weight,loss\n".to_string();
    for (run, line) in WIDE.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let [web, code, n, d, web_loss, code_loss] = cells[..] else { panic!() };
        losses += &format!("{web},{code},{n},{d},web,{web_loss}\n{web},{code},{n},{d},code,{code_loss}\n");
        both += &format!("{run},{n},{d},web,{web},{web_loss}\n{run},{n},{d},code,{code},{code_loss}\n");
    }
    check_same(&losses);
    check_same(&both);
    let (_, sentences) = study(&losses);
    assert_eq!(sentences[0], "the table is long, a line for each \"domain\": its 6 lines were put together into 3");
}

#[test]
fn perplexity_is_a_loss_where_there_is_none_and_on_demand() {
    let text = "weight_a,weight_b,web_ppl\n0.25,0.75,20.5\n0.5,0.5,18.25\n";
    let (dataset, sentences) = study(text);
    assert_eq!(dataset.observations()[0].losses[0].unwrap().0, libm::log(20.5));
    assert!(sentences.iter().any(|sentence| sentence.contains("its natural logarithm is the loss")), "{sentences:?}");
    let beside = text.replace("web_ppl\n", "web_ppl,loss\n").replace("5\n", "5,3\n");
    let (dataset, sentences) = study(&beside);
    assert_eq!(dataset.targets(), ["loss"]);
    assert!(sentences.iter().any(|sentence| sentence.contains("looks like perplexity")), "{sentences:?}");
    let roles = Roles(vec![Role::Weight, Role::Weight, Role::Perplexity]);
    let dataset = import(text, Some(roles.clone())).dataset.expect("a study");
    assert_eq!(dataset.observations()[0].losses[0].unwrap().0, libm::log(20.5));
    let wrong = import(&text.replace("18.25", "0.9"), Some(roles));
    assert_eq!(
        wrong.issues.errors()[0].to_string(),
        "line 3, column \"web_ppl\": \"0.9\" is not possible; a perplexity must be more than 1"
    );
}

#[track_caller]
fn check_said(text: &str, expected: Option<&str>) {
    let (_, sentences) = study(text);
    match expected {
        Some(expected) => assert!(sentences.iter().any(|sentence| sentence.contains(expected)), "{sentences:?}"),
        None => assert_eq!(sentences, [""; 0]),
    }
}

#[test]
fn what_looks_wrong_is_said() {
    let line = |a: f64, b: f64, c: f64, d: &str, loss: &str| format!("{a},{b},{c},{d},{loss}\n");
    let header = "weight_a,weight_b,weight_c,tokens,x_loss\n";
    let sound = header.to_string()
        + &line(0.2, 0.3, 0.5, "1B", "3.125")
        + &line(0.5, 0.25, 0.25, "1B", "3.0625")
        + &line(0.1, 0.7, 0.2, "2B", "2.5");
    check_said(&sound, None);
    check_said(
        &(sound.clone() + &line(0.2, 0.3, 0.5, "1B", "3.125")),
        Some("1 line with the same numbers as one before, such as lines 2 and 5"),
    );
    check_said(
        &(sound.clone() + &line(0.2, 0.3, 0.5, "1.001B", "3.12")),
        Some("1 checkpoint within 0.2 % of the tokens of the one before, such as lines 2 and 5"),
    );
    // b is always a quarter of what a and c are.
    let flat = header.to_string()
        + &line(0.2, 0.2, 0.6, "1B", "3.125")
        + &line(0.5, 0.2, 0.3, "1B", "3.0625")
        + &line(0.1, 0.2, 0.7, "2B", "2.5");
    check_said(&flat, Some("the mixtures vary in 1 of 2 directions: the weights of \"a\", \"b\", \"c\" follow"));
    let rounded: String = (0..9).map(|i| line(0.2, 0.3, 0.5, &format!("{}B", i + 1), &format!("3.{i}"))).collect();
    check_said(&(header.to_string() + &rounded), Some("column \"x_loss\": no loss has more than two decimals"));
}

#[test]
fn mixtures_with_an_id_and_the_runs_of_each() {
    let mixtures = "mix_id,web,code,math\nm0,0.25,0.5,0.25\nm1,0.5,0.25,0.25\nm2,0.125,0.125,0.75\n";
    let runs =
        "mix_id,params,tokens,web_loss\nm0,1e8,2e9,3.125\nm0,3e8,2e9,2.875\nm2,1e8,2e9,3.25\nm1,1e8,2e9,3.0625\n";
    let check = |text: String, joined: &str| {
        let (dataset, sentences) = study(&text);
        assert_eq!(
            (dataset.domains(), dataset.observations().len()),
            (&["web", "code", "math"].map(String::from)[..], 4)
        );
        assert_eq!(numbers(&dataset.observations()[2]).2, [0.125, 0.125, 0.75]);
        assert!(sentences[0].starts_with(joined), "{sentences:?}");
    };
    for text in [format!("{mixtures}\n{runs}"), format!("{runs}\n{mixtures}")] {
        check(text, "two tables joined on \"mix_id\": 4 lines");
    }
    // By another writing, and by another name.
    check(format!("{}\n{runs}", mixtures.replace("mix_id", "Mix ID")), "two tables joined on \"mix_id\": 4 lines");
    check(
        format!("{}\n{runs}", mixtures.replace("mix_id", "mixture")),
        "two tables joined on \"mix_id\" with \"mixture\": 4 lines",
    );
    // In one table, too, the id is no weight.
    let (dataset, _) = study("mixture_name,web,code,params,x_loss\na 1,0.25,0.75,1e8,3.125\na 2,0.5,0.5,1e8,3.0625\n");
    assert_eq!(dataset.domains(), ["web", "code"]);
    // A slip in the name is told.
    let others = mixtures.replace('m', "x").replace("xix_id", "mixx_id");
    let said = import(&format!("{others}\n{runs}"), None).issues.sentences(9);
    assert!(said.iter().any(|s| s.ends_with("; did you mean one by \"mixx_id\" and \"mix_id\"?")), "{said:?}");
}

#[test]
fn regmix_in_four_files() {
    let mixtures = |shares: &[f64]| {
        let lines = shares.iter().enumerate().map(|(i, share)| format!("{i},{share},{}\n", 1.0 - share));
        format!("index,train_the_pile_arxiv,train_the_pile_freelaw\n{}", lines.collect::<String>())
    };
    let losses = |shares: &[f64]| {
        let lines = shares.iter().enumerate().map(|(i, share)| format!("{i},{:?},{:?}\n", 7.0 + share, 5.25 + share));
        format!("index,metric/the_pile_arxiv_val_loss,metric/the_pile_freelaw_val_loss\n{}", lines.collect::<String>())
    };
    let (train, test) = ([0.25, 0.5, 0.75], [0.125, 0.375]);
    for text in [
        [mixtures(&train), losses(&train), mixtures(&test), losses(&test)].join("\n"),
        [mixtures(&train), mixtures(&test), losses(&test), losses(&train)].join("\n"),
        [losses(&test), losses(&train), mixtures(&train), mixtures(&test)].join("\n"),
    ] {
        let (dataset, sentences) = study(&text);
        assert_eq!(dataset.observations().len(), 5, "{sentences:?}");
        for row in dataset.observations() {
            assert_eq!(numbers(row).3[0], Some(7.0 + row.mixture[0]), "{sentences:?}");
        }
        assert_eq!([0, 1].map(|i| dataset.own_domain(i)), [Some(0), Some(1)]);
    }
    // An issue in the last table knows its line there.
    let wrong = losses(&test).replace("7.375", "7.3x5");
    let imported = import(&[mixtures(&train), losses(&train), mixtures(&test), wrong].join("\n"), None);
    assert!(imported.issues.errors()[0].to_string().starts_with("line 17, column \"metric/the_pile_arxiv_val_loss\""));
}

#[test]
fn tables_are_never_joined_on_losses_or_weights() {
    let text = "weight_a,weight_b,web_loss\n0.25,0.75,2.125\n0.5,0.5,2.375\n\nweight_a,web_loss,code_loss\n0.25,2.125,3.5\n0.5,2.375,3.25\n";
    let imported = import(text, None);
    assert!(imported.issues.errors()[0].to_string().starts_with("the text holds two tables, but no column of both"));
}

#[test]
fn names_with_paths() {
    let (dataset, _) = study(
        "\"Name\",\"config.model.n_params\",\"config.data.tokens\",\"config.mixture.web\",\"config.mixture.code\",\
         \"summary.eval/web/loss\",\"summary.eval/code/bpb\"\n\
         \"a\",\"100000000\",\"2000000000\",\"0.25\",\"0.75\",\"3.125\",\"1.25\"\n\
         \"b\",\"300000000\",\"2000000000\",\"0.5\",\"0.5\",\"2.875\",\"1.125\"\n",
    );
    assert_eq!(dataset.domains(), ["web", "code"]);
    assert_eq!(
        numbers(&dataset.observations()[1]),
        (Some(3e8), Some(2e9), vec![0.5, 0.5], vec![Some(2.875), Some(1.125)])
    );
    assert_eq!([0, 1].map(|i| dataset.own_domain(i)), [Some(0), Some(1)]);
    let (dataset, _) =
        study("data/mix/web,data/mix/code,losses.web,losses.code\n0.25,0.75,3.125,2.5\n0.5,0.5,3.0625,2.25\n");
    assert_eq!((dataset.domains(), dataset.own_domain(1)), (&["web", "code"].map(String::from)[..], Some(1)));
    let nested = r#"[{"mix": {"web": 0.25, "code": 0.75}, "config": {"N": 1e8, "tokens": 2e9}, "losses": {"web": 3.125, "code": 2.5}},
        {"mix": {"web": 0.5, "code": 0.5}, "config": {"N": 3e8, "tokens": 2e9}, "losses": {"web": 3.0, "code": 2.75}}]"#;
    let (dataset, _) = study(nested);
    assert_eq!(
        numbers(&dataset.observations()[1]),
        (Some(3e8), Some(2e9), vec![0.5, 0.5], vec![Some(3.0), Some(2.75)])
    );
    assert_eq!([0, 1].map(|i| dataset.own_domain(i)), [Some(0), Some(1)]);
}

#[test]
fn json_of_pandas_and_of_tables() {
    check_same(
        r#"{"columns": ["weight_web", "weight_code", "params", "tokens", "web_loss", "code_loss"], "index": [0, 1, 2],
            "data": [[0.25, 0.75, 1e8, 2e9, 3.125, 2.5], [0.5, 0.5, 3e8, 2e9, 2.875, 2.625], [0.75, 0.25, 3e8, 4e9, 2.625, 2.8125]]}"#,
    );
    check_same(
        r#"[["weight_web", "weight_code", "params", "tokens", "web_loss", "code_loss"],
            [0.25, 0.75, 1e8, 2e9, 3.125, 2.5], [0.5, 0.5, 3e8, 2e9, 2.875, 2.625], [0.75, 0.25, 3e8, 4e9, 2.625, 2.8125]]"#,
    );
    let cells: Vec<Vec<&str>> = WIDE.lines().map(|line| line.split(',').collect()).collect();
    for index in [["0", "1", "2"], ["a", "b", "c"]] {
        let column = |i: usize| {
            (0..3).map(|row| format!("\"{}\": {}", index[row], cells[row + 1][i])).collect::<Vec<_>>().join(", ")
        };
        let columns: Vec<String> = (0..6).map(|i| format!("\"{}\": {{{}}}", cells[0][i], column(i))).collect();
        check_same(&format!("{{{}}}", columns.join(",\n")));
        let row = |row: usize| {
            (0..6).map(|i| format!("\"{}\": {}", cells[0][i], cells[row + 1][i])).collect::<Vec<_>>().join(", ")
        };
        let rows: Vec<String> = (0..3).map(|i| format!("\"{}\": {{{}}}", index[i], row(i))).collect();
        check_same(&format!("{{{}}}", rows.join(",\n")));
    }
    // One run whose parts have the same names is one run.
    let (dataset, _) = study(r#"{"weights": {"web": 0.25, "code": 0.75}, "losses": {"web": 3.125, "code": 2.5}}"#);
    assert_eq!((dataset.observations().len(), dataset.domains().len(), dataset.targets().len()), (1, 2, 2));
    // A row with more cells than there are names loses none.
    let imported = import(r#"{"columns": ["web_loss"], "data": [[2.5, 7], [2.25, 8]]}"#, None);
    assert_eq!(imported.table.expect("a table").header(), ["web_loss", "column 2"]);
}

#[test]
fn json_beside_other_tables() {
    let lines: Vec<Vec<&str>> = WIDE.lines().map(|line| line.split(',').collect()).collect();
    let objects = |columns: std::ops::Range<usize>| -> Vec<String> {
        let object = |(i, cells): (usize, &Vec<&str>)| {
            let members: Vec<String> = columns.clone().map(|c| format!("\"{}\": {}", lines[0][c], cells[c])).collect();
            format!("{{\"run\": \"r{i}\", {}}}", members.join(", "))
        };
        lines[1..].iter().enumerate().map(object).collect()
    };
    let csv = |columns: std::ops::Range<usize>| -> String {
        let run = |i: usize| if i == 0 { "run".to_string() } else { format!("r{}", i - 1) };
        lines
            .iter()
            .enumerate()
            .map(|(i, cells)| format!("{},{}\n", run(i), cells[columns.clone()].join(",")))
            .collect()
    };
    let array = |columns| format!("[\n{}\n]\n", objects(columns).join(",\n"));
    let of_lines = |columns| objects(columns).join("\n");
    for texts in [
        [array(0..2), array(2..6)],
        [array(0..2), csv(2..6)],
        [csv(0..2), array(2..6)],
        [csv(0..2), of_lines(2..6)],
        [of_lines(0..2), of_lines(2..6)],
        [of_lines(0..2), array(2..6)],
        [of_lines(0..2), csv(2..6)],
    ] {
        check_same(&joined(&texts));
    }
    // An issue in the second knows its line.
    let wrong = joined(&[array(0..2), csv(2..6).replace("2.875", "2.87x5")]);
    let said = import(&wrong, None).issues.sentences(1);
    assert_eq!(said[0], "line 9, column \"web_loss\": \"2.87x5\" is not a number; did you mean 2.875?");
}

#[test]
fn prose_around_a_markdown_table() {
    let cells: Vec<Vec<&str>> = WIDE.lines().map(|line| line.split(',').collect()).collect();
    let markdown: Vec<String> = cells.iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect();
    let table = format!("{}|---|---|---|---|---|---|\n{}", markdown[0], markdown[1..].concat());
    for text in [
        format!("Our runs, of seed 1:\n\n{table}"),
        format!("{table}These are our runs; all of them.\nMore, later.\n"),
        format!("# Runs\n\nWith a comma, and more.\n\n{table}\n\nThe end.\n"),
    ] {
        check_same(&text);
        let (_, sentences) = study(&text);
        assert!(sentences.iter().any(|s| s.contains(" around the table, the first is line ")), "{sentences:?}");
    }
    let (_, sentences) = study(&format!("Our runs:\n{table}\nThe end.\n"));
    assert_eq!(sentences[0], "2 lines around the table, the first is line 1: skipped");
    // A slip below the prose knows its line.
    let wrong = import(&format!("Our runs:\n\n{}", table.replace("2.875", "2.8y75")), None);
    assert!(wrong.issues.errors()[0].to_string().starts_with("line 6, column \"web_loss\""), "{:?}", wrong.issues);
}

#[test]
fn ye_paths_as_they_are_copied() {
    let line = |model: &str, domain: &str, loss: &str| {
        format!("/mnt/ckpts/P//{model}/13000 /data/p.valid.{domain}.bin   {loss}\n")
    };
    let text = format!(
        "# losses\n\n{}{}",
        line("70M_3-0.125-0.875", "Github", "1.875"),
        line("160M_3-0.125-0.875", "Github", "1.75")
    );
    let (dataset, _) = study(&text);
    assert_eq!((dataset.observations().len(), dataset.observations()[0].line), (2, 3));
    assert_eq!(numbers(&dataset.observations()[1]).0, Some(85_056_000.0));
}

#[test]
fn charts_of_weights_and_biases_are_told() {
    let text = "\"Step\",\"run-a - eval/loss\",\"run-a - eval/loss__MIN\",\"run-a - eval/loss__MAX\"\n\"100\",\"3.1\",\"3.1\",\"3.1\"\n";
    let imported = import(text, None);
    assert!(imported.dataset.is_none());
    assert!(imported.issues.errors()[0].to_string().starts_with("this is the export of a chart of Weights & Biases"));
}

#[test]
fn long_lists_of_metrics_hold_more_than_losses() {
    let mut text = "a_weight,b_weight,params,metric,value\n".to_string();
    for (i, share) in [0.25, 0.5, 0.75].into_iter().enumerate() {
        for (metric, value) in
            [("web_loss", 2.5), ("code", 1.25), ("mmlu_acc", 0.25), ("eval/math/loss", 1.125), ("gsm_em", 0.125)]
        {
            text += &format!("{share},{},1e8,{metric},{}\n", 1.0 - share, value + 0.03125 * i as f64);
        }
    }
    let (dataset, _) = study(&text);
    assert_eq!(dataset.targets(), ["web_loss", "code_loss", "eval/math/loss"]);
    assert_eq!(import(&text, None).understood.expect("a table").unused, ["mmlu_acc", "gsm_em"]);
    let (_, sentences) = study(&text.replace("mmlu_acc", "train/loss").replace("gsm_em", "web_bpb"));
    let expected = "the losses measure different things, and all of them are targets that count alike: bits per byte (\"web_bpb\"), \
        loss in training (\"train/loss\"), loss on other text (\"web_loss\", \"code_loss\", \"eval/math/loss\"); give those \
        that should not be minimised the role \"not used\"";
    assert!(sentences.contains(&expected.to_string()), "{sentences:?}");
}

/// What is asked, or else said, of a study of these sizes and tokens, in the columns N and D.
fn said_of_counts(counts: &[(&str, &str)]) -> Vec<String> {
    let lines = counts.iter().enumerate().map(|(i, (n, d))| format!("{n},{d},{}\n", 3.125 - 0.0625 * i as f64));
    let imported = import(&format!("N,D,x_loss\n{}", lines.collect::<String>()), None);
    let asked = imported.questions.iter().map(|question| {
        let options = question.choices.iter().map(|choice| choice.answers[0].to_string()).collect::<Vec<_>>();
        format!("{} {}", question.text, options.join(" "))
    });
    asked.chain(imported.issues.sentences(9)).collect()
}

#[test]
fn sizes_and_tokens_in_other_scales_are_asked_about() {
    let n = |largest: &str, scales: &str| {
        format!(
            "the largest value of \"N\" is {largest}: too few parameters for a language model. In what is it counted? \
             {scales} --role N=ignore"
        )
    };
    let d = |largest: &str, scales: &str| {
        format!(
            "the largest value of \"D\" is {largest}: too few tokens for a language model. In what is it counted? \
             {scales} --role D=ignore"
        )
    };
    assert_eq!(said_of_counts(&[("1e8", "2000"), ("1e8", "10000")]), [d("10000", "--scale D=M --scale D=1")]);
    assert_eq!(
        said_of_counts(&[("100", "2000"), ("1000", "10000")]),
        [n("1000", "--scale N=M --scale N=1"), d("10000", "--scale D=M --scale D=1")]
    );
    assert_eq!(said_of_counts(&[("0.1", "2"), ("2", "10")]), [n("2", "--scale N=B"), d("10", "--scale D=B")]);
    assert_eq!(said_of_counts(&[("13", "2e11"), ("70", "2e11")]), [n("70", "--scale N=M --scale N=B")]);
    assert_eq!(said_of_counts(&[("1e6", "1e7"), ("3e6", "1e14")]), [""; 0]);
    assert_eq!(
        said_of_counts(&[("1e8", "2e9B"), ("1e8", "3e9B"), ("1e8", "5e9")]),
        [
            "line 2, column \"D\": read as 2e18 tokens, which no run has; 1000 to 1e18 can be read",
            "line 3, column \"D\": read as 3e18 tokens, which no run has; 1000 to 1e18 can be read",
            "line 2, column \"D\": read as 2e18 tokens, more than there has ever been, here and on 1 line more; did you mean 2e9?"
        ]
    );
}

#[test]
fn perplexities_called_losses_are_asked_about() {
    let text = "weight_a,weight_b,loss_web,code_loss\n0.25,0.75,36.125,1.125\n0.5,0.5,33.25,1.25\n";
    let [question] = &import(text, None).questions[..] else { panic!("one question") };
    assert_eq!(
        question.text,
        "losses in \"loss_web\" are about 36.1, and the others are about 1.25: is it a perplexity?"
    );
    let read = |choice: usize| import_with(text, None, &question.choices[choice].answers).dataset.expect("a study");
    assert_eq!(read(0).observations()[0].losses[0].map(|loss| loss.0), Some(36.125f64.ln()));
    assert_eq!(read(1).observations()[0].losses[0].map(|loss| loss.0), Some(36.125));
}

#[test]
fn slips_in_names_are_told() {
    let read = |header: &str| {
        let cells = header.split(',').map(|name| {
            if name.starts_with('h') || name.starts_with("wie") || name.starts_with("weight") { "0.5" } else { "3125" }
        });
        import(&format!("{header}\n{}\n", cells.collect::<Vec<_>>().join(",")), None)
    };
    let asked = |symbol: &str, name: &str, header: &str| {
        let expected = format!("no column for {symbol} was found; \"{name}\" looks like one: use it?");
        let questions = read(header).questions;
        assert!(questions.iter().any(|question| question.text == expected), "{expected}: {questions:?}");
    };
    let near = |name: &str, role: Role, header: &str| {
        let expected = format!("did you mean \"{name}\"? Give it the role \"{role}\", or correct its name");
        let said = read(header).issues;
        assert!(said.iter().any(|issue| issue.to_string().ends_with(&expected)), "{expected}: {:?}", said.sentences(9));
    };
    asked("D", "tokns", "h_a,h_b,params,tokns,loss_a");
    asked("D", "config.tokesn", "h_a,h_b,params,config.tokesn,loss_a");
    asked("N", "parms", "h_a,h_b,parms,tokens,loss_a");
    asked("N", "paramter_cuont", "h_a,h_b,paramter_cuont,tokens,loss_a");
    near("loss_code", Role::Loss, "h_a,h_b,params,los_code,loss_a");
    near("weight_c", Role::Weight, "weight_a,weight_b,wieght_c,loss_a");
    let others = import("weight_a,weight_b,weight_c_id,lr,seed,less,loss_a\n0.5,0.5,3,1,2,3,3.125\n", None);
    assert!(others.issues.is_empty(), "{:?}", others.issues);
}

#[test]
fn issues_offer_what_puts_them_right() {
    let fixes = |text: &str| -> Vec<Fix> { import(text, None).issues.iter().flat_map(Issue::fixes).collect() };
    let header = "h_a,h_b,N,tokens,x_loss\n";
    assert_eq!(fixes(&format!("{header}0.5,0.5,1B,2e1O,3.125\n")), [Fix::Cell("2e10".into())]);
    assert_eq!(
        fixes(&format!("{header}0.5,0.5,1B,\"1,300\",3.125\n")),
        [Fix::Cell("1300".into()), Fix::Cell("1.300".into())]
    );
    assert_eq!(fixes(&format!("{header}0.5,0.5,1B,2e9B,3.125\n")), [Fix::Cell("2e9".into())]);
    assert_eq!(
        fixes(&header.replace("x_loss", "x_loss,los_y").replace('\n', "\n0.5,0.5,1B,2e9,3.125,3.125\n")),
        [Fix::Role(Role::Loss)]
    );
    assert!(fixes(&format!("{header}0.5,0.5,1B,2e9,3.125\n")).is_empty());
}

#[test]
fn a_slip_in_a_cell_does_not_take_its_column_out() {
    let imported = import("h_a,h_b,N,D,x_loss\n0.5,0.5,1B,2e1O,3.125\n0.5,0.5,1B,3e10,3.0625\n", None);
    assert_eq!(imported.issues.sentences(9), ["line 2, column \"D\": \"2e1O\" is not a number; did you mean 2e10?"]);
    assert_eq!(imported.dataset.expect("the other line").observations()[0].d.unwrap().0, 3e10);
}

#[test]
fn unique_tokens_are_told() {
    check_said(
        "group,unique_tokens,params,tokens,loss\na,1e9,70e6,2e9,3.125\na,1e9,70e6,4e9,3.0625\n",
        Some("column \"unique_tokens\": the tokens that the corpus holds are not used"),
    );
}

proptest! {
    /// Nothing that begins like one of the forms panics or hangs.
    #[test]
    fn any_text_in_any_form_is_read_or_told(
        start in prop_oneof![
            Just("[{"), Just("{\"runs\": ["), Just("/x/ckpts/a/70M_3-0.1-0.9/"), Just("a & b \\\\\n"), Just("domain,loss,weight\n"),
            Just("run,weight_a\n1,2\n\nrun,x_loss\n"), Just("a  b  c\n"), Just("experiment,params,tokens,loss\n"),
            Just("{\"columns\": [\"a\"], \"data\": ["), Just("{\"a\": {\"0\": 1}, \"b\": {"), Just("{\"a\": 1}\n\n"), Just("a,b\n1,2\n\n[{"),
            Just("[[\"a\", \"b\"],\n["), Just("Words\n| a | b |\n|---|---|\n"), Just("id,a\n1,2\n\nid,b\n1,2\n\nid,a\n1,3\n\nid,b\n"),
            Just("mix_id,a\nx,1\n\nmixture,b_loss\n"), Just("/x/ckpts/a/70M_3-0.1-0.9/100 a.b "), Just("a - b,a - b__MIN,a - b__MAX\n"),
            Just("metric,value,tokns,los_a,unique_tokens\n"),
        ],
        rest in "[a-c0-9.,;\t\n &|{}\\[\\]\":/_-]{0,120}",
    ) {
        import(&format!("{start}{rest}"), None);
    }

    /// A wide table that is shuffled, melted or torn in two is the same study.
    #[test]
    fn the_same_study_in_every_form(losses in prop::collection::vec((1.0..4.0_f64, 1.0..4.0_f64, 0.05..0.95_f64), 3..12), rotate in 0..12_usize) {
        let rows: Vec<[String; 5]> = losses.iter().enumerate()
            .map(|(i, (web, code, share))| [format!("r{i}"), format!("{share:.4}"), format!("{:.4}", 1.0 - (share * 1e4).round() / 1e4), format!("{web:.5}"), format!("{code:.5}")])
            .collect();
        let wide: String = rows.iter().map(|row| row.join(",") + "\n").collect();
        let (expected, _) = study(&format!("run,weight_web,weight_code,web_loss,code_loss\n{wide}"));
        let mut turned = rows.clone();
        turned.rotate_left(rotate % rows.len());
        let left: String = rows.iter().map(|row| row[..3].join(",") + "\n").collect();
        let right: String = turned.iter().map(|[run, _, _, web, code]| format!("{run},{web},{code}\n")).collect();
        let long: String = turned.iter().map(|[run, a, b, web, code]| format!("{run},{a},{b},web,{web}\n{run},{a},{b},code,{code}\n")).collect();
        let sorted = |dataset: &Dataset| {
            let mut rows: Vec<String> = dataset.observations().iter().map(|row| format!("{:?}", numbers(row))).collect();
            rows.sort();
            rows
        };
        for text in [
            format!("run,weight_web,weight_code\n{left}\nrun,web_loss,code_loss\n{right}"),
            format!("run,weight_web,weight_code,domain,loss\n{long}"),
        ] {
            let (seen, _) = study(&text);
            prop_assert_eq!(sorted(&seen), sorted(&expected));
        }
    }
}
