//! Whole texts through [`import`]: known formats, each kind of issue in its exact words, hostile input.

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::dataset::Split;

const GOOD: &str = "weight_web,weight_code,params,tokens,web_loss,split\n\
                    0.7,0.3,310M,20B,3.1,fit\n\
                    0.2,0.8,1.3B,20B,2.8,holdout\n";

/// The second line of [`GOOD`] is changed; the first is left, or nothing.
#[track_caller]
fn check_line(line: &str, expected: &[&str]) {
    let text = GOOD.replace("0.2,0.8,1.3B,20B,2.8,holdout", line);
    let imported = import(&text, None);
    assert_eq!(imported.issues.sentences(50), expected);
    let dataset = imported.dataset.expect("the good line loads");
    assert_eq!((dataset.observations().len(), imported.n_left_out), (1, 1));
    assert_eq!(dataset.observations()[0].line, 2);
}

/// The text gives no study, and says this.
#[track_caller]
fn check_refused(text: &str, expected: &[&str]) {
    let imported = import(text, None);
    assert_eq!(imported.issues.sentences(5), expected);
    assert_eq!(imported.dataset, None);
}

/// The text gives a study of all its lines, and says this.
#[track_caller]
fn check_accepted(text: &str, expected: &[&str]) -> Dataset {
    let imported = import(text, None);
    assert_eq!(imported.issues.sentences(50), expected);
    assert_eq!(imported.n_left_out, 0);
    imported.dataset.expect("a study")
}

#[track_caller]
fn check_roles(header_and_line: &str, expected: &str) {
    let (table, _) = Table::parse(header_and_line);
    let ids: Vec<&str> = guess_roles(&table.unwrap()).0.into_iter().map(Role::id).collect();
    assert_eq!(ids.join(" "), expected);
}

#[test]
fn a_good_table_loads_without_a_word() {
    let dataset = check_accepted(GOOD, &[]);
    assert_eq!(
        (dataset.domains(), dataset.targets()),
        (&["web", "code"].map(String::from)[..], &["web_loss".to_string()][..])
    );
    let second = &dataset.observations()[1];
    assert_eq!((second.line, second.n.unwrap().0, second.d.unwrap().0), (3, 1.3e9, 2e10));
    assert_eq!(
        (&second.mixture[..], second.losses[0].unwrap().0, second.split),
        (&[0.2, 0.8][..], 2.8, Split::Holdout)
    );
}

// What is no study.

#[test]
fn an_empty_text() {
    check_refused("", &["the text is empty; paste a table with a line of names and a line per observation"]);
    check_refused("\n \t\r\n", &["the text is empty; paste a table with a line of names and a line per observation"]);
}

#[test]
fn a_pictures_bytes() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0".to_vec();
    png.extend((0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8));
    let expected = "this is a PNG picture, not text; paste the table itself, or save it as CSV and choose that file";
    assert_eq!(import_bytes(&png, None).issues.sentences(5), [expected]);
    check_refused(&String::from_utf8_lossy(&png), &[expected]);
    // The same bytes without their mark, and read as one character each.
    let latin: String = png[8..].iter().map(|&byte| byte as char).collect();
    check_refused(
        &latin,
        &["this is binary data, not text; paste the table itself, or save it as CSV and choose that file"],
    );
}

#[test]
fn a_table_without_losses() {
    check_refused(
        "weight_web,weight_code,params,tokens\n0.7,0.3,310M,20B\n",
        &["no column is a loss; the columns are \"weight_web\", \"weight_code\", \"params\", \"tokens\"; \
           name one like \"web_loss\", or set its role by hand; if the losses of these mixtures are a table of their \
           own, give both"],
    );
    check_refused(
        "web,params,loss\n1,310M,\n1,1B,NaN\n",
        &["column \"loss\": the loss is blank on every line, so the column is left out"],
    );
}

#[test]
fn names_alone() {
    check_refused(
        "weight_web,params,web_loss\n",
        &["line 1: these are the names of 3 columns, but no line follows; add a line per observation"],
    );
}

#[test]
fn every_line_wrong() {
    check_refused(
        "weight_web,params,web_loss\n1,1B,\n1,x,3\n",
        &[
            "no line that could be read has a loss",
            "line 3, column \"params\": \"x\" is not a number",
            "column \"web_loss\": the loss is blank on 1 of 1 observation; its fit leaves them out",
        ],
    );
    check_refused(
        "weight_web,params,web_loss\n2,1B,3\n1,1B,-3\n1,x,3\n",
        &[
            "no observation is left: each of the 3 lines has an issue",
            "line 2, column \"weight_web\": the line\'s weights 2 sum to 2; they must sum to 1 (0.97 to 1.03 is rescaled) or, in percent, to 100",
            "line 3, column \"web_loss\": \"-3\" is not possible; a loss must be more than 0",
            "line 4, column \"params\": \"x\" is not a number",
        ],
    );
}

#[test]
fn ten_megabytes_of_words() {
    let text = "It was the best of times, it was the worst of times.\n".repeat(190_000);
    assert!(text.len() > 10_000_000);
    let start = Instant::now();
    check_refused(
        &text,
        &["no cell holds a number, so this is no table of runs; it needs one line per run, with its losses"],
    );
    check_refused(
        &"x".repeat(10_000_000),
        &["line 1: the first line is one column, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…\"; \
           separate columns by tabs, commas, semicolons or |"],
    );
    check_refused(
        &",".repeat(10_000_000),
        &["the text is empty; paste a table with a line of names and a line per observation"],
    );
    check_refused(&"a,".repeat(5_000_000), &["line 1: the first line has 5000000 columns; up to 20000 can be read"]);
    // Far above what it takes, so that only a step that is not linear fails here.
    assert!(start.elapsed() < Duration::from_secs(20));
}

// Lines left out.

#[test]
fn weights_that_sum_to_two() {
    check_line(
        "1.2,0.8,1.3B,20B,2.8,fit",
        &[
            "line 3, column \"weight_web\": the line\'s weights 1.2 + 0.8 sum to 2; they must sum to 1 (0.97 to 1.03 is rescaled) or, in percent, to 100",
        ],
    );
    check_line(
        "0,0,1.3B,20B,2.8,fit",
        &[
            "line 3, column \"weight_web\": the line\'s weights 0 + 0 sum to 0; they must sum to 1 (0.97 to 1.03 is rescaled) or, in percent, to 100",
        ],
    );
}

#[test]
fn cells_that_are_not_numbers() {
    check_line(
        "0.2,0.8,1.3B,2e1O,2.8,fit",
        &["line 3, column \"tokens\": \"2e1O\" is not a number; did you mean 2e10?"],
    );
    check_line("0.2,0.8,1.3B,20B,diverged,fit", &["line 3, column \"web_loss\": \"diverged\" is not a number"]);
    check_line(
        "0.2,0.8,1.3B,20B,inf,fit",
        &["line 3, column \"web_loss\": the loss is infinite, as that of a run that diverged: it is left out"],
    );
    check_line(
        "0.2,0.8,\"1,300\",20B,2.8,fit",
        &["line 3, column \"params\": \"1,300\" can be read as 1300 or as 1.300; write the one that is meant"],
    );
    check_line(
        "0.2,0.8,1e999,20B,2.8,fit",
        &["line 3, column \"params\": \"1e999\" is too large; numbers up to 1e308 can be read"],
    );
    check_line(
        "0.2,0.8,1.3B,20B params,2.8,fit",
        &["line 3, column \"tokens\": \"20B params\" is a number of parameters, but a number of tokens is expected"],
    );
}

#[test]
fn numbers_that_cannot_be() {
    check_line(
        "0.2,0.8,1.3B,20B,0,fit",
        &["line 3, column \"web_loss\": \"0\" is not possible; a loss must be more than 0"],
    );
    check_line(
        "0.2,0.8,-1,20B,2.8,fit",
        &["line 3, column \"params\": \"-1\" is not possible; a number of parameters must be more than 0"],
    );
    check_line(
        "-0.2,1.2,1.3B,20B,2.8,fit",
        &["line 3, column \"weight_web\": \"-0.2\" is not possible; a share must be 0 or more"],
    );
}

#[test]
fn blanks_that_must_not_be() {
    check_line(
        "0.2,0.8,,20B,2.8,fit",
        &["line 3, column \"params\": the cell is blank; write the model size, or leave the column out"],
    );
    check_line(
        "0.2,0.8,1.3B,N/A,2.8,fit",
        &["line 3, column \"tokens\": the cell is blank; write the number of tokens, or leave the column out"],
    );
    check_line(
        "NaN,0.8,1.3B,20B,2.8,fit",
        &["line 3, column \"weight_web\": the cell is blank; write 0 if nothing of this domain was trained on"],
    );
}

#[test]
fn other_lines_left_out() {
    check_line(
        "0.2,0.8,1.3B,20B,2.8,maybe",
        &["line 3, column \"split\": \"maybe\" is neither fit nor holdout; write one of the two"],
    );
    check_line(
        "0.2,0.8,1.3B,20B,2.8,fit,7",
        &[
            "line 3: 7 cells, but the first line names 6 columns; remove the surplus, or quote a cell that holds a separator",
        ],
    );
    check_line(
        "0.2,0.8,1.3B,20B,2.8,\"fit",
        &["line 3: a quotation mark opens a cell and is not closed; close or remove it"],
    );
}

#[test]
fn all_issues_of_a_line_at_once() {
    check_line(
        "x,0.8,y,z,w,v",
        &[
            "line 3, column \"weight_web\": \"x\" is not a number",
            "line 3, column \"params\": \"y\" is not a number",
            "line 3, column \"tokens\": \"z\" is not a number",
            "line 3, column \"web_loss\": \"w\" is not a number",
            "line 3, column \"split\": \"v\" is neither fit nor holdout; write one of the two",
        ],
    );
}

#[test]
fn issues_know_their_place() {
    let imported = import(&GOOD.replace("1.3B", " 1.3X "), None);
    let [issue] = imported.issues.errors() else { panic!("one error") };
    assert_eq!((issue.line, issue.column.as_deref(), issue.cell.as_deref()), (Some(3), Some("params"), Some("1.3X")));
    assert_eq!(issue.severity(), Severity::Error);
}

#[test]
fn columns_left_out() {
    check_accepted(
        "weight_web,weight_code,loss,loss,n_params,params\n0.5,0.5,3,4,1B,2B\n",
        &[
            "column \"loss\": columns 3 and 4 both have this name, so column 4 is left out; give each its own name",
            "column \"params\": taken for model size N, and not \"n_params\"; give the one that is meant the role by hand",
        ],
    );
    let roles = Roles(vec![Role::Weight, Role::N, Role::N, Role::Loss]);
    let imported = import("web,a,b,y\n1,1B,2B,3\n", Some(roles));
    assert_eq!(
        imported.issues.sentences(5),
        [
            "column \"b\": \"a\" is already model size N, so this column is left out; set the role of one of them by hand"
        ]
    );
    assert_eq!(imported.dataset.unwrap().observations()[0].n.unwrap().0, 1e9);
}

#[test]
fn issues_are_counted_beyond_those_kept() {
    let mut text = String::from("weight_web,params,loss\n1,1B,3.125\n");
    text.push_str(&"1,big,3.125\n".repeat(5000));
    let imported = import(&text, None);
    assert_eq!((imported.issues.errors().len(), imported.issues.n_errors()), (Issues::KEPT, 5000));
    let sentences = imported.issues.sentences(2);
    assert_eq!(
        sentences,
        [
            "line 3, column \"params\": \"big\" is not a number",
            "line 4, column \"params\": \"big\" is not a number",
            "and 4998 more errors",
        ]
    );
    assert_eq!((imported.n_left_out, imported.dataset.unwrap().observations().len()), (5000, 1));
}

// Read, with a word.

#[test]
fn weights_near_one_are_rescaled_and_it_is_said() {
    let dataset = check_accepted(
        "weight_web,weight_code,loss\n0.5,0.5,3\n0.51,0.5,3\n0.5,0.48,3\n",
        &[
            "the weights of 2 of 3 observations summed to nearly 1 and were rescaled to 1; farthest off is line 4, with 0.98",
        ],
    );
    let second = &dataset.observations()[1].mixture;
    assert_eq!(second, &[0.51 / 1.01, 0.5 / 1.01]);
    check_accepted(
        "weight_web,weight_code,loss\n0.5,0.52,3\n",
        &[
            "the weights of 1 of 1 observation summed to nearly 1 and were rescaled to 1; farthest off is line 2, with 1.02",
        ],
    );
}

#[test]
fn percents() {
    let dataset = check_accepted(
        "web_pct,code_pct,loss\n70,30,3\n69.5,30,2.9\n",
        &[
            "the weights of 2 of 2 observations are in percent and were rescaled to 1; farthest from 100 is line 3, with 99.5",
        ],
    );
    assert_eq!(dataset.observations()[0].mixture, [0.7, 0.3]);
    let dataset = check_accepted("web,code,loss\n70%,30 %,3\n", &[]);
    assert_eq!(dataset.observations()[0].mixture, [0.7, 0.3]);
    let dataset = check_accepted("weight_web,weight_code,weight_x,loss\n1/3,1/3,1/3,3\n", &[]);
    assert_eq!(dataset.observations()[0].mixture[0], 1.0 / 3.0);
}

#[test]
fn blank_losses_are_allowed_and_counted() {
    let dataset = check_accepted(
        "weight_web,a_loss,b_loss\n1,3,NaN\n1,,2\n1,-\n",
        &[
            "column \"a_loss\": the loss is blank on 2 of 3 observations; its fit leaves them out",
            "column \"b_loss\": the loss is blank on 2 of 3 observations; its fit leaves them out",
        ],
    );
    assert_eq!(dataset.observations()[2].losses, [None, None]);
}

#[test]
fn other_notices() {
    check_accepted(
        "weight_web,N,loss,split\n1,13M,3,\n1,70M,3,fit\n",
        &["column \"split\": the split is blank on 1 of 2 observations; they are fitted on"],
    );
    let dataset = check_accepted(
        "weight_web,params (B),tokens_in_billions,loss\n1,0.07,20,3\n1,300M,20B,3\n",
        &[
            "column \"params (B)\": numbers without a unit of their own are counted in B, as the name says",
            "column \"tokens_in_billions\": numbers without a unit of their own are counted in B, as the name says",
        ],
    );
    assert_eq!(dataset.design().sizes().iter().map(|n| n.0).collect::<Vec<_>>(), [7e7, 3e8]);
    assert_eq!(dataset.design().tokens().len(), 1);
    check_accepted(
        "weight_web,params,loss\n1,,3\n1,,3.0625\n",
        &["column \"params\": blank on every line, so it is read as if there were no such column"],
    );
    check_accepted("# mine\nweight_web,loss\n1,3\n", &["comment lines were skipped: 1, the first is line 1"]);
    check_accepted(
        "weight_web,C,loss\n1,1e19,3\n",
        &[
            "column \"C\": compute C is not used: it serves where one of model size and tokens is given and the other is not",
        ],
    );
    check_accepted("a;weight_web;loss\n7;1;2,3\n", &[]);
    let imported = import(GOOD, Some(Roles(vec![Role::Loss])));
    assert_eq!(
        imported.issues.sentences(5),
        ["the roles given do not fit this table (1 for 6 columns), so they were guessed again"]
    );
    assert!(imported.dataset.is_some());
}

#[test]
fn one_line_is_a_study() {
    let dataset = check_accepted("weight_web,params,loss\n1,1B,3\n", &[]);
    assert_eq!(dataset.observations().len(), 1);
}

// Layouts and known formats.

#[test]
fn the_same_study_in_every_layout() {
    let expected = import(GOOD, None).dataset;
    let semicolons = GOOD.replace(',', ";").replace('.', ",");
    let quoted = GOOD.lines().map(|line| format!("\"{}\"\r\n", line.replace(',', "\",\""))).collect::<String>();
    let markdown = GOOD.lines().enumerate().map(|(i, line)| {
        let rule = if i == 0 { "\n|---|---|---|---|---|---|" } else { "" };
        format!("| {} |{rule}\n", line.replace(',', " | "))
    });
    let markdown = markdown.collect::<String>();
    for text in [
        GOOD.replace(',', "\t"),
        semicolons.replace(';', "\t"),
        semicolons,
        quoted,
        format!("\u{FEFF}{}", GOOD.replace('\n', "\r")),
    ] {
        assert_eq!(import(&text, None).dataset, expected, "{text}");
    }
    let from_markdown = import(&markdown, None).dataset.unwrap();
    assert_eq!(from_markdown.design(), expected.unwrap().design());
}

#[test]
fn roles_of_known_formats() {
    check_roles(
        "weight_arxiv,weight_book,weight_c4,model_size,n_tokens,arxiv_loss,openhermes_loss\n0.02,0.02,0.96,122000000.0,1998000000.0,3.01,3.37",
        "weight weight weight n d loss loss",
    );
    check_roles(
        "index,train_the_pile_arxiv,train_the_pile_freelaw,train_x\n0,0.123,0.6,0.277",
        "ignore weight weight weight",
    );
    check_roles("index,metric/the_pile_arxiv_val_loss,metric/b_val_loss\n1,7.02,5.36", "ignore loss loss");
    check_roles(
        "run,name,index,dclm,wikipedia,arxiv\nhz0dfydj,my-swarm-0000,0,0.45,0.30,0.25",
        "ignore ignore ignore weight weight weight",
    );
    check_roles(
        "run,name,index,arc_challenge_bpb,hellaswag_bpb\nhz0dfydj,my-swarm-0000,0,1.23,0.87",
        "ignore ignore ignore loss loss",
    );
    check_roles(
        "group,proportion_domain_1,proportion_domain_2,loss_domain_1,loss_domain_2\n70M,0.25,0.75,2.1,3.2\n160M,0.5,0.5,2,3",
        "n weight weight loss loss",
    );
    check_roles("group,unique_tokens,params,tokens,loss\nx,1e9,7e7,2e9,3", "ignore ignore n d loss");
    check_roles("group,N,D,loss\n1,7e7,2e9,3", "ignore n d loss");
    check_roles(
        "source,dataset,model,condition,experiment,tokens,params,budget,loss\nml_scalefit,massivetext,chinchilla,,x,875041997.0,1730543416.1,1e+19,3.39",
        "ignore ignore ignore ignore ignore d n ignore loss",
    );
    check_roles(
        "x,y,color,Model Size,Training FLOP,hex_color,loss\n154.03592,140.63364,#faebdd,6795600349.28,9.99e+18,#faebdd,5.0",
        "ignore ignore ignore n flops ignore loss",
    );
    check_roles("C,N,D,loss\n1.3972367362937152e+18,73824672,3154403320,3.405928", "ignore n d loss");
    check_roles("model_size,n_tokens,loss\n1e9,2e10,3", "n d loss");
    check_roles(
        "\"Name\",\"parameter_count\",\"throughput/total_tokens\",\"throughput/total_gflops\",\"eval/paloma/macro_loss\",\"eval/x/loss - MAX\"\n\"exp\",\"669160448\",\"7787380736\",\"30000190274.06881\",\"3.5\",\"9\"",
        "ignore n d ignore loss ignore",
    );
}

#[test]
fn roles_by_value() {
    check_roles("web,code,lr,loss\n0.7,0.3,0.001,3\n0.5,0.5,0.002,3", "weight weight ignore loss");
    check_roles("lr,web,code,seed,loss\n0.01,0.7,0.3,1,3\n0.02,0.5,0.5,2,3", "ignore weight weight ignore loss");
    check_roles("a,b,c,d,loss\n0.1,0.2,0.3,0.4,3\n0.4,0.3,0.2,0.1,3", "weight weight weight weight loss");
    check_roles("mix:web,N,mix:code,loss\n0.7,1B,0.3,3", "weight n weight loss");
    check_roles("web,code,set,loss\n0.7,0.3,train,3\n0.5,0.5,val,3", "weight weight split loss");
    check_roles("web,code,holdout,loss\n0.7,0.3,0,3\n0.5,0.5,1,3", "weight weight split loss");
    check_roles("weight_decay,a,b,loss\n0.1,0.5,0.5,3", "ignore weight weight loss");
    check_roles("web,code,loss\n1.4,0.6,3", "ignore ignore loss");
}

#[test]
fn compute_gives_the_tokens() {
    let text = "x,y,color,Model Size,Training FLOP,hex_color,loss\n\
                154.03592,140.63364,#faebdd,1e9,1.2e20,#faebdd,3.0\n";
    let dataset = check_accepted(text, &["column \"Training FLOP\": tokens D is computed from it, by C = 6·N·D"]);
    assert_eq!(dataset.domains().len(), 0);
    assert_eq!(dataset.observations()[0].d.unwrap().0, 2e10);
    let dataset = check_accepted(
        "\"total_gflops\",\"tokens\",\"loss\"\n1.2e11,20B,3\n",
        &[
            "column \"total_gflops\": model size N is computed from it, by C = 6·N·D",
            "column \"total_gflops\": numbers without a unit of their own are counted in G, as the name says",
        ],
    );
    assert_eq!(dataset.observations()[0].n.unwrap().0, 1e9);
    check_refused(
        "params,FLOPs,loss\n1e-300,1e300,3\n",
        &[
            "no observation is left: each of the 1 lines has an issue",
            "line 2, column \"FLOPs\": taken for FLOPs, it gives tokens D = inf, which no run has; if it is counted in something else, such as hours, give it the role \"not used\"",
            "line 2, column \"params\": read as 1e-300 parameters, which no run has; 100 to 1e16 can be read",
            "column \"FLOPs\": tokens D is computed from it, by C = 6·N·D",
        ],
    );
}

#[test]
fn roles_by_hand() {
    use Role::*;
    let text = "a,b,c,d,e\n0.5,0.5,1B,20B,3\n";
    let dataset = import(text, Some(Roles(vec![Weight, Weight, N, D, Loss]))).dataset.unwrap();
    assert_eq!((dataset.domains(), dataset.targets()), (&["a", "b"].map(String::from)[..], &["e".to_string()][..]));
    let dataset = import(text, Some(Roles(vec![Ignored, Ignored, N, Ignored, Loss]))).dataset.unwrap();
    assert_eq!((dataset.domains().len(), dataset.observations()[0].d), (0, None));
}

#[test]
fn a_table_to_predict_for_needs_no_losses() {
    let (table, _) = Table::parse("weight_web,weight_code,params,tokens\n0.7,0.3,310M,20B\n");
    let table = table.unwrap();
    let observed = observe(&table, &guess_roles(&table), &[]);
    assert_eq!((observed.observations.len(), observed.targets.len()), (1, 0));
}

// Real data, where it is at hand.

/// The text of a file of the data folder, or a word on standard error that it is not there.
fn data(name: &str) -> Option<String> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let folder = std::env::var("MIXLAW_DATA").unwrap_or_else(|_| default.to_string());
    let path = std::path::Path::new(&folder).join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        // Not by eprintln!, whose output is swallowed where a test passes.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: no {}; set MIXLAW_DATA to the folder of the data", path.display());
    }
    text
}

#[test]
fn slimpajama() {
    let Some(text) = data("slimpajama_paper_split.csv") else { return };
    let dataset = check_accepted(&text, &SLIMPAJAMA_NOTICES);
    assert_eq!(dataset.observations().len(), 1574);
    assert_eq!(dataset.domains(), ["arxiv", "book", "c4", "github", "commoncrawl", "stackexchange", "wikipedia"]);
    assert_eq!((dataset.targets().len(), dataset.targets()[7].as_str()), (8, "openhermes_loss"));
    let holdout: Vec<_> = dataset.observations().iter().filter(|o| o.split == Split::Holdout).collect();
    assert_eq!(holdout.len(), 40);
    let mut mixtures: Vec<Vec<u64>> = (dataset.observations().iter().filter(|o| o.split == Split::Fit))
        .map(|o| o.mixture.iter().map(|h| h.to_bits()).collect())
        .collect();
    mixtures.sort();
    mixtures.dedup();
    assert_eq!(mixtures.len(), 60);
    let n_blank = dataset.observations().iter().flat_map(|o| &o.losses).filter(|loss| loss.is_none()).count();
    assert_eq!(n_blank, 16);
}

const SLIMPAJAMA_NOTICES: [&str; 5] = [
    "column \"github_loss\": the loss is blank on 2 of 1574 observations; its fit leaves them out",
    "column \"stackexchange_loss\": the loss is blank on 5 of 1574 observations; its fit leaves them out",
    "column \"wikipedia_loss\": the loss is blank on 6 of 1574 observations; its fit leaves them out",
    "column \"openhermes_loss\": the loss is blank on 3 of 1574 observations; its fit leaves them out",
    "164 checkpoints within 0.2 % of the tokens of the one before, such as lines 9 and 10: nearly the same number counts twice",
];

#[test]
fn slimpajama_all_runs() {
    let Some(text) = data("slimpajama_runs.csv") else { return };
    let imported = import(&text, None);
    let dataset = imported.dataset.unwrap();
    assert_eq!((dataset.observations().len(), imported.n_left_out), (2452, 0));
    assert_eq!((dataset.design().mixtures().len(), dataset.design().sizes().len()), (61, 6));
    let n_blank = |target: &str| {
        let i = dataset.target_idx(target).unwrap();
        dataset.observations().iter().filter(|o| o.losses[i].is_none()).count()
    };
    let counts = ["github_loss", "stackexchange_loss", "wikipedia_loss", "openhermes_loss"].map(n_blank);
    assert_eq!(counts, [2, 5, 6, 3]);
}

#[test]
fn chinchilla() {
    let Some(text) = data("chinchilla_epoch.csv") else { return };
    let imported = import(&text, None);
    let dataset = imported.dataset.unwrap();
    assert_eq!((dataset.observations().len(), dataset.domains().len(), imported.n_left_out), (245, 0, 0));
    let first = &dataset.observations()[0];
    assert_eq!(first.d.unwrap().0, 9.993852799709755e18 / (6.0 * 6795600349.289497));
}

// Hostile input.

fn wide_table(n_rows: usize, cell: &str) -> String {
    let domains = ["a", "b", "c", "d", "e", "f", "g"];
    let weights = domains.map(|domain| format!("weight_{domain}")).join(",");
    let losses = domains.map(|domain| format!("{domain}_loss")).join(",");
    let mut text = format!("{weights},model_size,n_tokens,{losses},h_loss,split\n");
    for i in 0..n_rows {
        let d = 1000 + i % 20;
        text.push_str("0.1,0.1,0.1,0.1,0.1,0.1,0.4,310000000.0,");
        text.push_str(&format!("{d}e6,2.1851251804828644,3.5967,3.77,1.35,3.61,2.44,2.67,{cell},fit\n"));
    }
    text
}

#[test]
fn size_costs_time_in_proportion() {
    let start = Instant::now();
    let mut said = Vec::new();
    let mut time = |what: &str, text: &str| {
        let start = Instant::now();
        let imported = import(text, None);
        said.push(format!(
            "{what}: {:.1} MB, {} errors, {:.2} s",
            text.len() as f64 / 1e6,
            imported.issues.n_errors(),
            start.elapsed().as_secs_f64()
        ));
        imported
    };
    assert_eq!(time("good lines", &wide_table(25_000, "2.5")).dataset.unwrap().observations().len(), 25_000);
    time("bad lines", &wide_table(25_000, "2.x5"));
    let quoted = wide_table(25_000, "2.5").replace(',', "\",\"").replace('\n', "\"\n\"");
    assert_eq!(time("quoted lines", &format!("\"{}", quoted.trim_end_matches('"'))).n_left_out, 0);
    time("open quotes", &"a,b_loss\n".chars().chain("\"1,2\n".chars().cycle().take(2_500_000)).collect::<String>());
    time("commas", &format!("a,b_loss\n{}", ",,,,,,,,,,,,,\n".repeat(175_000)));
    time("a cell of 2.5 MB", &format!("a,b_loss\n1,{}", "9".repeat(2_500_000)));
    let names: Vec<String> = (0..10_000).map(|i| format!("weight_{i}")).collect();
    let cells = vec!["0.0001"; 10_000].join(",");
    let wide = time("10 000 weights", &format!("{},loss\n{}", names.join(","), format!("{cells},3\n").repeat(35)));
    assert_eq!(wide.dataset.unwrap().domains().len(), 10_000);
    let names: Vec<String> = (0..10_000).map(|i| format!("x{i}_loss")).collect();
    time(
        "10 000 bad losses",
        &format!("a,{}\n{}", names.join(","), format!("1,{}\n", vec!["2,5.0x"; 5_000].join(",")).repeat(35)),
    );
    time(
        "decimal commas",
        &format!("a\t{}\n{}", names.join("\t"), format!("0.5\t{}\n", vec!["2,5"; 10_000].join("\t")).repeat(60)),
    );
    println!("{}", said.join("\n"));
    assert!(start.elapsed() < Duration::from_secs(60), "{}", said.join("\n"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\PC|[\n\t,;|\"#0-9.]){0,200}") {
        let imported = import(&text, None);
        prop_assert!(imported.dataset.is_some() || imported.issues.n_errors() > 0 || !imported.questions.is_empty());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), mark in 0..4usize) {
        let marks: [&[u8]; 4] = [b"", b"\xFF\xFE", b"\xFE\xFF", b"a,loss\n"];
        let imported = import_bytes(&[marks[mark], &bytes].concat(), None);
        prop_assert!(imported.dataset.is_some() || imported.issues.n_errors() > 0 || !imported.questions.is_empty());
    }

    #[test]
    fn no_line_of_a_damaged_table_is_lost(edits in proptest::collection::vec((0..1000usize, 0..3u8, "[\n\t,;|\"#0-9.xe\\-%]"), 0..12)) {
        let mut text: Vec<char> = GOOD.chars().chain("0.5,0.5,1B,1e10,3.0,fit\n".repeat(5).chars()).collect();
        for (at, kind, with) in edits {
            let at = at % text.len().max(1);
            let with = with.chars().next().unwrap();
            match kind {
                0 if at < text.len() => text[at] = with,
                1 if at < text.len() => { text.remove(at); }
                _ => text.insert(at.min(text.len()), with),
            }
        }
        let text: String = text.into_iter().collect();
        let imported = import(&text, None);
        if let (Some(table), Some(dataset)) = (&imported.table, &imported.dataset) {
            prop_assert_eq!(dataset.observations().len() + imported.n_left_out, table.n_rows() + table.n_left_out());
            prop_assert!(imported.n_left_out <= imported.issues.n_errors());
        }
        for sentence in imported.issues.sentences(100) {
            prop_assert!(sentence.chars().count() < 600, "{}", sentence);
        }
    }
}

/// A table written as plain cells is the same table, but for its line numbers.
#[track_caller]
fn check_rewritten(text: &str) {
    let (table, _) = Table::parse(text);
    let Some(table) = table.filter(|table| table.n_rows() > 0) else { return };
    let (again, issues) = Table::parse(&table.to_text(None));
    let again = again.expect("a table");
    assert_eq!(issues.n_errors(), 0, "{text:?}: {:?}", issues.sentences(5));
    assert_eq!(again.header(), table.header(), "{text:?}");
    let cells = |table: &Table| -> Vec<Vec<String>> {
        table
            .rows()
            .map(|row| row.cells().map(|cell| cell.replace(['\n', '\r'], " ").trim().to_string()).collect())
            .collect()
    };
    assert_eq!(cells(&again), cells(&table), "{text:?}");
    let lines: Vec<usize> = again.rows().map(|row| row.line()).collect();
    assert_eq!(lines, (0..table.n_rows()).map(Table::line_in_text).collect::<Vec<_>>(), "{text:?}");
}

#[test]
fn a_table_is_written_as_plain_cells() {
    check_rewritten(GOOD);
    check_rewritten("a;b,c;d\n\n# note\n\"x;y\";\"say \"\"hi\"\"\";1,5\n;2;3\n");
    check_rewritten("| a | b |\n|---|---|\n| #1 | \"two\nlines\" |\n");
    let (table, _) = Table::parse(GOOD);
    let changed = table.expect("a table").to_text(Some((1, 4, "2.75")));
    assert_eq!(changed, GOOD.replace("2.8", "2.75"));
}

#[test]
fn prose_is_no_table_with_columns() {
    let imported = import(
        "We trained several models, small and large, on web text,\nand then on code, mathematics, and books.\n",
        None,
    );
    assert_eq!(imported.table, None);
    assert!(matches!(imported.issues.errors()[..], [Issue { cause: Cause::NoTable, .. }]), "{:?}", imported.issues);
    // With a number in it, it is a table whose columns may be given roles.
    assert!(import("a,b\n1,x\n", None).table.is_some());
}

proptest! {
    #[test]
    fn any_table_is_written_as_plain_cells(
        names in prop::collection::vec("[a-z][a-z0-9 ,;]{0,6}", 2..5),
        rows in prop::collection::vec(prop::collection::vec("[a-z0-9.,;|# \"-]{0,6}", 2..5), 1..6),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t')],
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |cells: &Vec<String>| cells.iter().map(quoted).collect::<Vec<_>>().join(&delimiter.to_string());
        let text = std::iter::once(line(&names)).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n");
        check_rewritten(&text);
    }
}
