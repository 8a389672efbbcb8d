//! The bootstrap on all threads, with a line that says how far it is.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Args;
use mixlaw::dataset::Dataset;
use mixlaw::predict::{Bootstrap, BootstrapConfig, FittedStudy, Replicate};
use rayon::prelude::*;

#[derive(Args)]
pub struct BootstrapArgs {
    /// Fit anew to so many draws of the runs' mixtures, 200 for example: intervals for every number
    #[arg(long, value_name = "B")]
    pub bootstrap: Option<usize>,
    /// Random starts of each of those fits, beside the fit's own minimum
    #[arg(long, value_name = "S", default_value_t = BootstrapConfig::default().starts)]
    bootstrap_starts: usize,
    /// All draws follow from it
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    bootstrap_seed: u64,
}

impl BootstrapArgs {
    /// Whether so many replicates make sense, before anything is fitted.
    pub fn check(&self) -> Result<(), String> {
        self.bootstrap.map_or(Ok(()), |seen| BootstrapConfig::check(seen).map_err(|error| error.to_string()))
    }

    /// The replicates, if any are asked for.
    pub fn replicates(&self, dataset: &Dataset, study: &FittedStudy) -> Result<Option<Vec<Replicate>>, String> {
        let Some(n_replicates) = self.bootstrap else { return Ok(None) };
        let config =
            BootstrapConfig { replicates: n_replicates, seed: self.bootstrap_seed, starts: self.bootstrap_starts };
        let bootstrap = Bootstrap::new(dataset, study, &config).map_err(|error| error.to_string())?;
        let (done, began) = (AtomicUsize::new(0), Instant::now());
        let one = |index: usize| {
            let replicate = bootstrap.replicate(index);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if std::io::stderr().is_terminal() {
                // A line that cannot be written is no reason to stop.
                let _ = write!(std::io::stderr(), "\rmixlaw: replicate {done} of {n_replicates}");
            }
            replicate
        };
        let replicates: Result<Vec<Replicate>, _> = (0..n_replicates).into_par_iter().map(one).collect();
        let replicates = replicates.map_err(|error| error.to_string())?;
        if std::io::stderr().is_terminal() {
            say!("");
        }
        say!("mixlaw: {n_replicates} replicates in {:.1} s", began.elapsed().as_secs_f64());
        Ok(Some(replicates))
    }
}
