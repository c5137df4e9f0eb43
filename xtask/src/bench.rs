//! How long everything takes, beside the libraries that do the same.

use std::process::Command;

use clap::Args;

use crate::{cargo, root, run, setup, site, target_dir};

#[derive(Args)]
pub struct BenchArgs {
    /// Print tables as Markdown, for documents
    #[arg(long)]
    markdown: bool,
    /// Of native, lighthouse, page, parts and node, those to run
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "native,lighthouse,page,parts,node"
    )]
    only: Vec<String>,
}

pub fn all(args: &BenchArgs) -> anyhow::Result<()> {
    setup::bench()?;
    let readable = site::assemble(site::Profile::Dist)?;
    let site = site::publish(&readable, site::Profile::Dist)?;
    let train = setup::training_binary()?;
    if args.only.iter().any(|part| part == "native") {
        // The profile of the tests: what is compared with natively is built by the same one.
        run(cargo()
            .args(["bench", "--workspace", "--profile", "dev"])
            .args(["--bench", "dsp", "--bench", "models"]))?;
    }
    let mut bench = Command::new("node");
    bench
        .arg("run.mjs")
        .args(["--only", &args.only.join(",")])
        .current_dir(root().join("benches/web"))
        .env("FORETUNE_SITE", site)
        .env("FORETUNE_TRAIN_BIN", train)
        .env("FORETUNE_CRITERION", target_dir().join("criterion"));
    if args.markdown {
        bench.arg("--markdown");
    }
    run(&mut bench)
}
