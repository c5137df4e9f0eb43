//! Set-up of a fresh machine: each step looks first, installs where it can, and otherwise says
//! in one sentence what a person has to do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::{cargo, run};

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";
const GECKODRIVER_VERSION: &str = "0.37.1";

pub fn all() -> anyhow::Result<()> {
    wasm_target()?;
    node()?;
    browser_tests()?;
    python()?;
    recordings()
}

/// A Python with what the native tests ask of it, apart from the system's own; gives its path.
pub fn python() -> anyhow::Result<PathBuf> {
    let wanted = crate::root().join("train/tests/requirements.txt");
    let folder = crate::target_dir().join("python");
    let python = folder.join("bin/python");
    let installed = folder.join("requirements.txt");
    let content = |path| std::fs::read(path).ok();
    if python.exists() && content(&installed) == content(&wanted) {
        return Ok(python);
    }
    // Debian's Python comes without the part that makes environments.
    let can_make_one = Command::new("python3")
        .args(["-c", "import ensurepip"])
        .stderr(Stdio::null())
        .status();
    if !can_make_one.is_ok_and(|status| status.success()) {
        install_package("python3-venv", "python3 -m venv")?;
    }
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    let quietly = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(Command::new(&python).args(quietly).arg("-r").arg(&wanted))?;
    // Last, so that an installation that broke off is made anew.
    std::fs::copy(&wanted, &installed)?;
    Ok(python)
}

/// The standard library for wasm, through rustup.
pub fn wasm_target() -> anyhow::Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .output()
        .context("cannot run rustc")?;
    let libdir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&libdir).exists() {
        return Ok(());
    }
    eprintln!("Installing the Rust target {WASM_TARGET}");
    run(Command::new("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!("Rust has no {WASM_TARGET} target: install Rust through rustup, or add the target with your system's package manager")
    })
}

/// Node runs the local server and the browser tests.
pub fn node() -> anyhow::Result<()> {
    if find("node").is_none() {
        bail!("Node is not installed: install Node 20 or newer");
    }
    Ok(())
}

/// The browsers, their drivers, and what else the browser tests start.
pub fn browser_tests() -> anyhow::Result<()> {
    node()?;
    system_package(
        "chromium",
        &["chromium", "chromium-browser", "google-chrome"],
    )?;
    system_package("chromium-driver", &["chromedriver"])?;
    // The other two engines, on which the main path must work as well.
    system_package("firefox-esr", &["firefox-esr"])?;
    system_package("webkit2gtk-driver", &["WebKitWebDriver"])?;
    // WebKit's test browser wants a display; `xvfb-run` is there without the xauth that it calls.
    system_package("xvfb", &["xvfb-run"])?;
    system_package("xauth", &["xauth"])?;
    geckodriver()?;
    // The tests make their songs in the formats that musicians use.
    system_package("ffmpeg", &["ffmpeg"])?;
    node_packages()
}

/// What the bench compares with, beside what the browser tests need.
pub fn bench() -> anyhow::Result<()> {
    wasm_target()?;
    browser_tests()?;
    node_packages_of("benches/web")
}

/// The Node packages that test the page and make the npm package.
pub fn node_packages() -> anyhow::Result<()> {
    node_packages_of("tests/web")
}

fn node_packages_of(folder: &str) -> anyhow::Result<()> {
    let folder = crate::root().join(folder);
    let installed = folder.join("node_modules/.package-lock.json");
    let wanted = folder.join("package-lock.json");
    if modified(&installed) < modified(&wanted) {
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder))?;
    }
    Ok(())
}

/// Firefox's driver. Debian has no package of it, so it is built from its crate, once: into the
/// target folder, where it stays.
pub fn geckodriver() -> anyhow::Result<PathBuf> {
    if let Some(found) = find("geckodriver") {
        return Ok(found);
    }
    let tools = crate::target_dir().join("tools");
    let program = tools.join("bin/geckodriver");
    if !program.exists() {
        eprintln!("Building geckodriver {GECKODRIVER_VERSION}, which takes some minutes");
        // Unoptimised: it only passes messages on, and is built in half the time.
        run(cargo()
            .args(["install", "geckodriver", "--locked", "--debug"])
            .args(["--version", GECKODRIVER_VERSION, "--root"])
            .arg(&tools)
            .env("CARGO_TARGET_DIR", tools.join("build")))?;
        // Hundreds of megabytes that nobody needs again.
        std::fs::remove_dir_all(tools.join("build"))?;
    }
    Ok(program)
}

/// Freely licensed songs that loudness is measured on: those of Endgame: Singularity, from their
/// Debian package, which is unpacked and not installed.
pub fn recordings() -> anyhow::Result<()> {
    const PACKAGE: &str = "singularity-music";
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME says where to keep the songs of the tests")?;
    let folder = cache.join("foretune").join(PACKAGE);
    if folder.exists() {
        return Ok(());
    }
    let advice = || {
        let folder = folder.display();
        format!("the tests of loudness need the songs of Debian's {PACKAGE}: unpack it in {folder}")
    };
    eprintln!("Fetching the songs of {PACKAGE} through apt-get");
    let unpacking = folder.with_extension("unpacking");
    if unpacking.exists() {
        std::fs::remove_dir_all(&unpacking)?;
    }
    std::fs::create_dir_all(&unpacking)?;
    let fetch = || {
        run(Command::new("apt-get")
            .args(["download", "-qq", PACKAGE])
            .current_dir(&unpacking)
            .stderr(Stdio::null()))
    };
    // A bare image has no list of packages yet.
    fetch()
        .or_else(|_| {
            apt_get(&["update", "-qq"])?;
            fetch()
        })
        .with_context(advice)?;
    let archive = std::fs::read_dir(&unpacking)?
        .next()
        .with_context(advice)??
        .path();
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(&archive)
        .arg(&unpacking))
    .with_context(advice)?;
    std::fs::remove_file(archive)?;
    // Only what is whole has this name.
    std::fs::rename(&unpacking, &folder)?;
    Ok(())
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}

/// Makes sure that one of `programs` is there, from Debian's `package` where it is not.
fn system_package(package: &str, programs: &[&str]) -> anyhow::Result<()> {
    if programs.iter().any(|program| find(program).is_some()) {
        return Ok(());
    }
    install_package(package, programs[0])
}

/// Debian's `package`, for the sake of `wanted`.
fn install_package(package: &str, wanted: &str) -> anyhow::Result<()> {
    let advice = || {
        format!(
            "`{wanted}` is needed by the tests: install {package} with your system's package manager"
        )
    };
    if find("apt-get").is_none() {
        bail!(advice());
    }
    eprintln!("Installing {package} through apt-get");
    apt_get(&["update", "-qq"]).with_context(advice)?;
    apt_get(&["install", "-y", "-qq", "--no-install-recommends", package]).with_context(advice)
}

fn apt_get(args: &[&str]) -> anyhow::Result<()> {
    // Root needs no sudo, and a bare image has none.
    let mut command = match find("sudo") {
        Some(sudo) => {
            let mut command = Command::new(sudo);
            command.args(["-n", "apt-get"]);
            command
        }
        None => Command::new("apt-get"),
    };
    run(command
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null()))
}

/// The path of `program`, if it can be run.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Builds the package's binary and gives its path.
pub fn training_binary() -> anyhow::Result<PathBuf> {
    // With the whole workspace, as the tests are built: another selection of packages would unify
    // features differently and build tract a second time.
    run(cargo().args(["build", "--workspace"]))?;
    Ok(crate::target_dir().join("debug/foretune-train"))
}
