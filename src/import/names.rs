//! What a column's name says: N, D, C or a ratio of them, counted in ones, millions or billions.
//!
//! A name is known if every one of its words is: "num_non_embedding_params" is a size, "tokens_per_second" and
//! "vocab_tokens" are none. Case, separators and the path before the last segment do not matter, nor does the language
//! ([`english`]).

use std::borrow::Cow;

use super::roles::{Role, split_last};

/// What a name says of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CountName {
    pub role: Role,
    /// Of several columns that may have the role the one of least rank has it.
    pub rank: u8,
    pub kind: Kind,
}

/// What is counted, where it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    WithoutEmbeddings,
    Active,
    Total,
    /// Tokens of a whole data set or budget, of which a run may have seen a part.
    Budget,
}

const PARAMS: [&str; 11] = [
    "params",
    "param",
    "parameters",
    "parameter",
    "nparams",
    "nparam",
    "numparams",
    "paramcount",
    "modelsize",
    "paramscount",
    "nparameters",
];
const TOKENS: [&str; 9] = ["tokens", "token", "toks", "tok", "ntokens", "numtokens", "ntok", "datasize", "tokencount"];
const FLOPS: [&str; 3] = ["flops", "flop", "compute"];
/// Words that may stand beside any of them.
const FILLERS: [&str; 18] = [
    "n", "num", "number", "nb", "no", "of", "count", "total", "tot", "the", "in", "all", "model", "approx", "exact",
    "precise", "actual", "final",
];
const OF_PARAMS: [&str; 26] = [
    "size",
    "scaling",
    "weight",
    "weights",
    "active",
    "activated",
    "act",
    "dense",
    "backbone",
    "transformer",
    "trainable",
    "lm",
    "network",
    "non",
    "with",
    "without",
    "w",
    "o",
    "wo",
    "excluding",
    "excl",
    "exclude",
    "including",
    "incl",
    "include",
    "parameter",
];
const EMBEDDINGS: [&str; 6] = ["embedding", "embeddings", "emb", "embed", "embd", "embeds"];
const NO_EMBEDDINGS: [&str; 6] = ["nonembedding", "nonembeddings", "nonemb", "nonembed", "noembed", "noemb"];
const WITHOUT: [&str; 8] = ["non", "no", "without", "wo", "o", "excluding", "excl", "exclude"];
const WITH: [&str; 6] = ["with", "including", "incl", "include", "total", "all"];
const OF_TOKENS: [&str; 34] = [
    "input",
    "train",
    "training",
    "trained",
    "trn",
    "seen",
    "consumed",
    "processed",
    "used",
    "budget",
    "dataset",
    "data",
    "corpus",
    "pretrain",
    "pretraining",
    "pretrained",
    "pre",
    "on",
    "so",
    "far",
    "global",
    "cumulative",
    "cum",
    "size",
    "horizon",
    "d",
    "cpt",
    "continued",
    "continual",
    "midtrain",
    "midtraining",
    "annealing",
    "finetuning",
    "sft",
];
const OF_FLOPS: [&str; 6] = ["train", "training", "budget", "pretrain", "pretraining", "c"];
const BUDGET: [&str; 5] = ["budget", "dataset", "data", "corpus", "horizon"];

/// Words of other languages for what a table of runs holds, as they stand between separators.
const FOREIGN: [(&str, &str); 63] = [
    // German
    ("modellgröße", "model size"),
    ("modellgrösse", "model size"),
    ("modellgroesse", "model size"),
    ("parameterzahl", "params"),
    ("parameteranzahl", "params"),
    ("größe", "size"),
    ("grösse", "size"),
    ("modell", "model"),
    ("anzahl", "num"),
    ("trainingstoken", "train tokens"),
    ("trainingstokens", "train tokens"),
    ("tokenanzahl", "tokens"),
    ("tokenzahl", "tokens"),
    ("trainings", "train"),
    ("validierungsverlust", "val loss"),
    ("trainingsverlust", "train loss"),
    ("testverlust", "test loss"),
    ("verlust", "loss"),
    ("validierung", "val"),
    ("perplexität", "perplexity"),
    ("datensatz", "dataset"),
    ("quelle", "source"),
    ("anteil", "share"),
    // French, Spanish, Portuguese, Italian
    ("paramètres", "params"),
    ("parametres", "params"),
    ("parámetros", "params"),
    ("parâmetros", "params"),
    ("parametros", "params"),
    ("parametri", "params"),
    ("taille", "size"),
    ("tamaño", "size"),
    ("tamanho", "size"),
    ("modèle", "model"),
    ("modelo", "model"),
    ("modello", "model"),
    ("du", "of"),
    ("de", "of"),
    ("del", "of"),
    ("nombre", "num"),
    ("número", "num"),
    ("jetons", "tokens"),
    ("perte", "loss"),
    ("pérdida", "loss"),
    ("perda", "loss"),
    ("perdita", "loss"),
    ("perplexité", "perplexity"),
    ("perplejidad", "perplexity"),
    ("entraînement", "train"),
    ("entrenamiento", "train"),
    // Russian, Korean
    ("параметры", "params"),
    ("параметров", "params"),
    ("токены", "tokens"),
    ("токенов", "tokens"),
    ("потери", "loss"),
    ("лосс", "loss"),
    ("потеря", "loss"),
    ("перплексия", "perplexity"),
    ("размер", "size"),
    ("модели", "model"),
    ("파라미터", "params"),
    ("토큰", "tokens"),
    ("손실", "loss"),
    ("검증", "val"),
];

/// The same where nothing parts words: longer ones before those that they hold.
const UNPARTED: [(&str, &str); 35] = [
    ("非嵌入", "nonemb"),
    ("激活", "active"),
    ("模型", "model"),
    ("大小", "size"),
    ("规模", "size"),
    ("总量", "total"),
    ("总", "total"),
    ("参数量", "params"),
    ("参数数量", "params"),
    ("参数数", "params"),
    ("參數量", "params"),
    ("参数", "params"),
    ("參數", "params"),
    ("パラメーター数", "params"),
    ("パラメータ数", "params"),
    ("モデルサイズ", "model size"),
    ("tokens数", "tokens"),
    ("token数", "tokens"),
    ("トークン数", "tokens"),
    ("トークン", "tokens"),
    ("词元数", "tokens"),
    ("词元", "tokens"),
    ("令牌数", "tokens"),
    ("数据量", "data size"),
    ("验证集", "val"),
    ("验证", "val"),
    ("検証", "val"),
    ("驗證", "val"),
    ("训练", "train"),
    ("訓練", "train"),
    ("学習", "train"),
    ("测试", "test"),
    ("损失", "loss"),
    ("損失", "loss"),
    ("困惑度", "perplexity"),
];

/// A name with the words of other languages for N, D and losses in English: "参数量 (M)" → "params  (M)", "Verlust web" →
/// "loss web".
pub(super) fn english(name: &str) -> Cow<'_, str> {
    if name.contains(['（', '）']) {
        return Cow::Owned(english(&name.replace('（', "(").replace('）', ")")).into_owned());
    }
    let lower = name.to_lowercase();
    // Quick for the many names that are English.
    let unparted = !name.is_ascii() && UNPARTED.iter().any(|(own, _)| lower.contains(own));
    let is_foreign = |word: &str| FOREIGN.iter().find(|(own, _)| *own == word).map(|(_, english)| *english);
    let parted = || {
        lower.split(|c: char| !c.is_alphanumeric()).any(|word| is_foreign(word).is_some_and(|english| english != "of"))
    };
    if !unparted && !parted() {
        return Cow::Borrowed(name);
    }
    let mut text = name.to_string();
    for (own, english) in UNPARTED.iter().filter(|_| unparted) {
        // What is in ASCII may stand in capitals.
        for own in [own.to_string(), own.replace("token", "Token")] {
            text = text.replace(&own, &format!(" {english} "));
        }
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(c.len_utf8());
        let (word, after) = rest.split_at(end);
        plain.push_str(is_foreign(&word.to_lowercase()).unwrap_or(word));
        rest = after;
    }
    Cow::Owned(plain.trim().to_string())
}

/// What a name says by itself; `None` where it may be anything. Of a path the last segment says it, or all of it:
/// "Tokens/seen" is what two lines of names make of "Tokens" above "seen".
pub(super) fn count(name: &str) -> Option<CountName> {
    count_of(name).or_else(|| name.contains('/').then(|| count_of(&name.replace('/', " "))).flatten())
}

fn count_of(name: &str) -> Option<CountName> {
    let name = &*english(without_formula(name));
    if is_ratio(name) {
        return None;
    }
    let plain = scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
    let words = words(last_segment(&plain));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let all = |lists: &[&[&str]]| words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())));
    let is_symbol = |symbol: &str| words.len() > 1 && words[0] == symbol;
    let whole = |first: &str, second: &str| has(&[first]) && has(&[second]);

    let kinds = [&PARAMS[..], &FILLERS[..], &OF_PARAMS[..], &EMBEDDINGS[..], &NO_EMBEDDINGS[..]];
    let is_size =
        has(&PARAMS) || whole("model", "size") || whole("network", "size") || is_symbol("n") && !has(&["size"]);
    let says_more = has(&EMBEDDINGS) || has(&NO_EMBEDDINGS) || has(&["active", "activated", "act", "total", "dense"]);
    if is_size && all(&kinds) && (has(&PARAMS) || has(&["size"]) || says_more) {
        let without = has(&NO_EMBEDDINGS) || has(&EMBEDDINGS) && has(&WITHOUT);
        let kind = match () {
            () if without => Kind::WithoutEmbeddings,
            // The embeddings alone.
            () if has(&EMBEDDINGS) && !has(&WITH) => return None,
            () if has(&["active", "activated", "act"]) => Kind::Active,
            () if has(&["total", "all"]) || has(&EMBEDDINGS) => Kind::Total,
            () => Kind::Plain,
        };
        let rank = match kind {
            Kind::WithoutEmbeddings => 0,
            Kind::Active => 1,
            Kind::Plain | Kind::Budget => 2,
            Kind::Total => 3,
        };
        return Some(CountName { role: Role::N, rank, kind });
    }
    let is_tokens = has(&TOKENS)
        || has(&["size"]) && has(&["data", "dataset", "corpus"])
        || is_symbol("d") && has(&["train", "training", "total", "seen"]);
    if is_tokens && all(&[&TOKENS, &FILLERS, &OF_TOKENS]) {
        let kind = if has(&BUDGET) { Kind::Budget } else { Kind::Plain };
        let rank = match kind {
            Kind::Budget => 2,
            _ => u8::from(has(&["total", "tot", "all", "global"])),
        };
        return Some(CountName { role: Role::D, rank, kind });
    }
    if has(&FLOPS) && all(&[&FLOPS, &FILLERS, &OF_FLOPS]) {
        return Some(CountName { role: Role::Flops, rank: 0, kind: Kind::Plain });
    }
    None
}

/// A name without how its column was computed: "C = 6ND" → "C".
pub(super) fn without_formula(name: &str) -> &str {
    name.split_once(" = ").map_or(name, |(name, _)| name)
}

/// Whether a name is of the logarithm of a perplexity: "log_ppl", "ln(PPL)", "mean log2 perplexity".
pub(super) fn is_log_perplexity(name: &str) -> bool {
    const LOGS: [&str; 5] = ["log", "ln", "log2", "log10", "lg"];
    const UNPARTED: [&str; 4] = ["logppl", "lnppl", "logperplexity", "lnperplexity"];
    let words = words(&english(name));
    let is_own = |word: &String| word.contains("ppl") || word.contains("perplexity");
    words.iter().any(is_own)
        && words.iter().any(|word| LOGS.contains(&word.as_str()) || UNPARTED.iter().any(|own| word.contains(own)))
}

/// Whether a name is only the place of a column that has none: "column 4".
pub(super) fn is_place(name: &str) -> bool {
    name.strip_prefix("column ").is_some_and(|number| number.parse::<usize>().is_ok())
}

/// Whether a name is of tokens for each parameter, or the other way round, or of the compute for each token:
/// "tokens/param", "params / tokens", "FLOPs/tok".
pub(super) fn is_ratio(name: &str) -> bool {
    let is_of = |text: &str, list: &[&str]| {
        let (words, is_own) = (words(text), |word: &String| list.contains(&word.as_str()));
        words.iter().any(is_own) && words.iter().all(|word| is_own(word) || FILLERS.contains(&word.as_str()))
    };
    name.rsplit_once('/').is_some_and(|(above, below)| {
        is_of(above, &TOKENS) && is_of(below, &PARAMS)
            || is_of(above, &PARAMS) && is_of(below, &TOKENS)
            || is_of(above, &FLOPS) && is_of(below, &TOKENS)
    })
}

/// What is counted by a column of this name.
pub(super) fn kind(name: &str) -> Kind {
    count(name).map_or(Kind::Plain, |count| count.kind)
}

/// A name without its path: "throughput/total_tokens" → "total_tokens". "w/o" and "No. of" part nothing, nor does what
/// stands in brackets.
pub(super) fn last_segment(name: &str) -> &str {
    let end = name.find(['(', '[']).unwrap_or(name.len());
    let parts = |&at: &usize| {
        let (before, after) = (&name[..at], &name[at + 1..]);
        !before.is_empty()
            && !after.starts_with(' ')
            && !after.is_empty()
            && !(before.ends_with(['w', 'W']) && after.starts_with(['o', 'O']))
    };
    let at = name[..end].rmatch_indices(['/', '.', ':']).map(|(at, _)| at).find(parts);
    at.map_or(name, |at| &name[at + 1..])
}

/// The words of a name in lower case: "numParams (non-embedding)" is num, params, non, embedding.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        // A capital after a small letter begins a word.
        if !c.is_alphanumeric() || c.is_uppercase() && before.is_lowercase() {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("one at least").extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a name has the words of another one, and more.
pub(super) fn has_words_of(name: &str, own: &str) -> bool {
    let (all, own) = (words(name), words(own));
    !own.is_empty() && all.len() > own.len() && all.windows(own.len()).any(|part| part == own)
}

/// Words that say in what a column counts.
const SCALES: [(&str, &str); 54] = [
    ("b", "B"),
    ("bn", "B"),
    ("bln", "B"),
    ("bil", "B"),
    ("g", "B"),
    ("billion", "B"),
    ("billions", "B"),
    ("mrd", "B"),
    ("md", "B"),
    ("mds", "B"),
    ("1e9", "B"),
    ("10^9", "B"),
    ("10⁹", "B"),
    ("10e9", "B"),
    ("bt", "B"),
    ("gt", "B"),
    ("m", "M"),
    ("mt", "M"),
    ("mn", "M"),
    ("mln", "M"),
    ("mio", "M"),
    ("million", "M"),
    ("millions", "M"),
    ("1e6", "M"),
    ("10^6", "M"),
    ("10⁶", "M"),
    ("k", "k"),
    ("thousand", "k"),
    ("thousands", "k"),
    ("t", "T"),
    ("trillion", "T"),
    ("trillions", "T"),
    ("1e12", "T"),
    ("1e3", "k"),
    ("e6", "M"),
    ("e9", "B"),
    ("1e15", "P FLOPs"),
    ("1e18", "E FLOPs"),
    ("1e21", "Z FLOPs"),
    ("千", "k"),
    ("百万", "M"),
    ("十亿", "B"),
    ("10亿", "B"),
    ("10億", "B"),
    ("万亿", "T"),
    ("1e4", TEN_THOUSAND),
    ("万", TEN_THOUSAND),
    ("萬", TEN_THOUSAND),
    ("만", TEN_THOUSAND),
    ("1e8", HUNDRED_MILLION),
    ("亿", HUNDRED_MILLION),
    ("亿个", HUNDRED_MILLION),
    ("億", HUNDRED_MILLION),
    ("억", HUNDRED_MILLION),
];

/// What may stand in brackets only: elsewhere it is a number in a name.
const MULTIPLES: [(&str, &str); 10] = [
    ("'000", "k"),
    ("000", "k"),
    ("000s", "k"),
    ("'000s", "k"),
    ("100m", "×10^8"),
    ("10b", "×10^10"),
    ("1e10", "×10^10"),
    ("10^10", "×10^10"),
    ("100b", "×10^11"),
    ("1e11", "×10^11"),
];

/// The scales of Chinese, Japanese and Korean, as [`crate::units`] reads them.
const TEN_THOUSAND: &str = "万";
const HUNDRED_MILLION: &str = "亿";

fn scale(word: &str) -> Option<&'static str> {
    scale_among(&SCALES, word)
}

fn scale_among(scales: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let word = word.trim().trim_start_matches(['×', 'x', '*', '/', '·', '\\']).trim_start_matches("times").trim();
    let word = word.strip_suffix('.').unwrap_or(word);
    scales.iter().find(|(own, _)| word.eq_ignore_ascii_case(own)).map(|(_, scale)| *scale)
}

/// A count's name without its scale, and the scale: "params (B)", "tokens_in_billions", "D (B tokens)", "btokens",
/// "tokens/1e9", "total_gflops".
pub(super) fn scale_of(name: &str) -> Option<(String, &'static str)> {
    let name = &*english(name);
    in_brackets(name).or_else(|| at_end(name)).or_else(|| in_front(name)).or_else(|| of_flops(name))
}

/// "D (B tokens)", `N [M]`, "tokens (in billions)".
fn in_brackets(name: &str) -> Option<(String, &'static str)> {
    let inner = name.trim_end().strip_suffix([')', ']'])?;
    let (rest, inner) = inner.rsplit_once(['(', '['])?;
    let inner = inner.trim();
    let inner = inner.strip_prefix("in ").unwrap_or(inner);
    let (first, unit) = inner.split_once(' ').unwrap_or((inner, ""));
    let scale = scale(first).or_else(|| scale_among(&MULTIPLES, first))?;
    let plain = format!("{} {unit}", rest.trim_end_matches(['_', ' ', '\\']));
    (!rest.trim().is_empty()).then(|| (plain.trim_end().to_string(), scale))
}

/// "params_b", "tokens/1e9".
fn at_end(name: &str) -> Option<(String, &'static str)> {
    let (last, rest) = split_last(name)?;
    let is_ratio = name[rest.len()..].starts_with('/') && last.starts_with('1');
    // The last segment of a path is a name, not a scale: "model.m".
    let is_segment = name[rest.len()..].starts_with(['/', '.', ':']) && !is_ratio;
    // "web_btok".
    let of_tokens = || {
        let (first, unit) = last.split_at_checked(1)?;
        let unit = unit.to_lowercase();
        let scale = scale(first).filter(|_| TOKENS.contains(&unit.as_str()) && !is_segment && !rest.is_empty())?;
        Some((format!("{}_{unit}", rest.trim_end_matches(['_', ' '])), scale))
    };
    let Some(scale) = scale(last) else { return of_tokens() };
    if is_segment || rest.is_empty() {
        return None;
    }
    Some((rest.strip_suffix("in").unwrap_or(rest).trim_end_matches(['_', ' ']).to_string(), scale))
}

/// "btokens", "M params", "billion_tokens".
fn in_front(name: &str) -> Option<(String, &'static str)> {
    let last = last_segment(name);
    let path = &name[..name.len() - last.len()];
    let lower = last.to_lowercase();
    let units = || PARAMS.iter().chain(&TOKENS);
    let (scale, rest) = SCALES.iter().find_map(|(word, scale)| {
        let rest = lower.strip_prefix(word)?.trim_start_matches(['_', ' ', '-']);
        units().any(|unit| *unit == rest).then(|| (*scale, rest.to_string()))
    })?;
    Some((format!("{path}{rest}"), scale))
}

fn of_flops(name: &str) -> Option<(String, &'static str)> {
    const FLOPS: [(&str, &str); 6] = [
        ("gflop", "G"),
        ("tflop", "T"),
        ("pflop", "P FLOPs"),
        ("eflop", "E FLOPs"),
        ("exaflop", "E FLOPs"),
        ("zflop", "Z FLOPs"),
    ];
    let (last, rest) = split_last(name).unwrap_or((name, ""));
    let lower = last.to_lowercase();
    let (_, scale) = FLOPS.iter().find(|(word, _)| lower.strip_suffix('s').unwrap_or(&lower) == *word)?;
    Some((format!("{rest} flops"), scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &str, role: Role, kind: Kind) {
        for name in names.split(", ") {
            assert_eq!(count(name).map(|count| (count.role, count.kind)), Some((role, kind)), "{name}");
        }
    }

    #[test]
    fn names_that_are_known() {
        let n = "params, n_params, Model Size, model_size (M), numParams, total/n_parameters, parameter_count, # Params, \
                 mparams, params_b, N (M params), dense_parameter_count, params/1e6, model.params, num_params_in_millions";
        check(n, Role::N, Kind::Plain);
        let without = "non_embedding_param_size, N (non-emb), num_non_embedding_params, N_no_emb, params (w/o emb), nonEmbeddingParams, \
                       n_nonemb, params_non_embed, parameters excluding embeddings, nonemb_params_m";
        check(without, Role::N, Kind::WithoutEmbeddings);
        check("active_params, params_active_precise, N_active, activated parameters (B)", Role::N, Kind::Active);
        check("total_parameter_count, total_params, params_with_embeddings, N_total", Role::N, Kind::Total);
        let d = "tokens, consumed_tokens, tokens_consumed, total_train_tokens, btokens, tokens (1e9), D (B tokens), \
                 n_tokens, throughput/total_tokens, tokens_seen, Tokens/seen, Training Tokens (B), tokens/1e9, D_train";
        check(d, Role::D, Kind::Plain);
        check("dataset_tokens, token_budget, data_size, budget_tokens", Role::D, Kind::Budget);
        check("flops, total_gflops, train FLOPs, compute, compute_budget, exaflops", Role::Flops, Kind::Plain);
    }

    #[test]
    fn names_that_are_not() {
        let others = "tokens_per_second, unique_tokens, val_tokens, vocab_size, embedding_params, batch_size, tokens_web, \
                      n_tokens_scored, tokens_per_param, n, d, model, size, web, n_heads, n_layers, d_model, seq_tokens, \
                      n_embd, tokens/param, tokens / params, params/token, FLOPs/tok, tokens/batch, D/N, N/D, gpu_hours_compute, compute_gpu_hours, dataset, data, train, hyperparams_id, lr_tokens";
        for name in others.split(", ") {
            assert_eq!(count(name), None, "{name}");
        }
    }

    #[test]
    fn names_in_other_languages() {
        check(
            "参数量, 模型参数量 (M), パラメータ数, Modellgröße, Anzahl Parameter, taille du modèle, nombre de paramètres, параметры",
            Role::N,
            Kind::Plain,
        );
        check("非嵌入参数量", Role::N, Kind::WithoutEmbeddings);
        check(
            "词元数, 训练token数(B), Token数, トークン数, Trainings-Token, jetons (Md), токены, 토큰",
            Role::D,
            Kind::Plain,
        );
        assert_eq!(scale_of("Trainings-Token (Mrd)").map(|(_, scale)| scale), Some("B"));
        for name in ["de", "weight_de", "loss_de", "expert", "web", "weight_md"] {
            assert_eq!(english(name), name);
        }
    }

    #[test]
    fn scales() {
        let plain = |name| scale_of(name).map(|(plain, scale)| (plain.leak() as &str, scale));
        assert_eq!(plain("D (B tokens)"), Some(("D tokens", "B")));
        assert_eq!(plain("tokens_in_billions"), Some(("tokens", "B")));
        assert_eq!(plain("tokens (1e9)"), Some(("tokens", "B")));
        assert_eq!(plain("tokens [×10^9]"), Some(("tokens", "B")));
        assert_eq!(plain("btokens"), Some(("tokens", "B")));
        assert_eq!(plain("run/mparams"), Some(("run/params", "M")));
        assert_eq!(plain("total_gflops"), Some(("total flops", "G")));
        assert_eq!(plain("params ('000)"), Some(("params", "k")));
        assert_eq!(plain("N [×100M]"), Some(("N", "×10^8")));
        for name in ["model.m", "b", "tokens", "beta", "m tests", "web (all)", "loss_100b", "run_000"] {
            assert_eq!(plain(name), None, "{name}");
        }
    }
}
