//! Builds the kernel programs, with whatever compiler of this machine can, and puts the object where `capture::object`
//! includes it from. Only with the feature `live`.
//!
//! 1. `TLSMON_EBPF_OBJECT=FILE`: that object, built elsewhere.
//! 2. rustup's nightly with `rust-src`: `-Z build-std=core`. The way of every aya user.
//! 3. A distribution's rustc that brings a `core` for BPF (Debian: `libstd-rust-web-dev-bpf`).
//!
//! The object holds no path of this machine: the same source and compiler give the same bytes.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "bpfel-unknown-none";
/// rustup's compilers, the one that bpf-linker is known to go with first: it links what LLVM 22 made, and newer nightlies have a newer LLVM.
const TOOLCHAINS: [&str; 2] = ["nightly-2026-05-20", "nightly"];

const REMEDY: &str = "help: cargo xtask setup   (or: rustup toolchain install nightly-2026-05-20 --component rust-src; cargo install bpf-linker --version 0.10.3 --locked)";

type Result<T> = std::result::Result<T, String>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_LIVE").is_none() {
        return;
    }
    if let Err(reason) = provide() {
        println!("cargo::error=cannot build the kernel programs: {reason}");
        println!("cargo::error={REMEDY}");
        std::process::exit(1);
    }
}

/// Puts the object into `OUT_DIR`, and what made it into `TLSMON_EBPF_BUILD`.
fn provide() -> Result<()> {
    let root = variable("CARGO_MANIFEST_DIR")?
        .join("..")
        .canonicalize()
        .map_err(|e| format!("cannot find the workspace: {e}"))?;
    let out = variable("OUT_DIR")?;
    watch(&root);
    let (object, built_by) = match env::var_os("TLSMON_EBPF_OBJECT") {
        Some(file) => (PathBuf::from(file), "a prebuilt object".to_owned()),
        None => build(&root, &out)?,
    };
    println!("cargo::rerun-if-changed={}", object.display());
    fs::copy(&object, out.join("tlsmon.bpf.o"))
        .map_err(|e| format!("cannot read {}: {e}", object.display()))?;
    println!("cargo::rustc-env=TLSMON_EBPF_BUILD={built_by}");
    Ok(())
}

fn watch(root: &Path) {
    for variable in ["TLSMON_EBPF_OBJECT", "BPF_LINKER", "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    for path in [
        "monitor-ebpf/src",
        "monitor-ebpf/Cargo.toml",
        "monitor-ebpf/Cargo.lock",
        "monitor-common/src",
        "monitor-common/Cargo.toml",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
}

fn build(root: &Path, out: &Path) -> Result<(PathBuf, String)> {
    let compiler = Compiler::find()?;
    let linker = find_linker()?;
    let target = out.join("ebpf");
    let mut cargo = Command::new(&compiler.cargo);
    shed_outer_build(&mut cargo);
    cargo
        .current_dir(root.join("monitor-ebpf"))
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target)
        .env("RUSTC", &compiler.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", linker)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, out, &compiler)?);
    if compiler.builds_core {
        cargo.args(["-Z", "build-std=core"]);
    }
    if let Some(directory) = compiler.llvm_directory(out) {
        cargo.env("LD_LIBRARY_PATH", directory);
    }
    run(&mut cargo)?;
    Ok((target.join(TARGET).join("release/tlsmon"), compiler.version))
}

/// What the kernel sees of `CARGO_CFG_TARGET_ARCH`, and no path of this machine.
fn flags(root: &Path, out: &Path, compiler: &Compiler) -> Result<OsString> {
    let arch = variable("CARGO_CFG_TARGET_ARCH")?;
    let home = env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), PathBuf::from);
    let mut flags = OsString::from("--cfg\u{1f}bpf_target_arch=\"");
    flags.push(arch);
    flags.push("\"");
    for (from, to) in [
        (out, "/out"),
        (&home, "/cargo"),
        (&compiler.sysroot, "/rust"),
        (root, "/tlsmon"),
    ] {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}

/// Nothing that cargo tells this build script may reach the cargo within.
fn shed_outer_build(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let cargo_own = text.starts_with("CARGO") && text != "CARGO_HOME";
        if cargo_own
            || text.starts_with("RUSTC")
            || ["RUSTFLAGS", "RUSTUP_TOOLCHAIN", "TARGET"].contains(&&*text)
        {
            cargo.env_remove(&name);
        }
    }
}

/// A compiler that can target BPF.
struct Compiler {
    rustc: PathBuf,
    cargo: PathBuf,
    sysroot: PathBuf,
    version: String,
    llvm_major: String,
    builds_core: bool,
}

impl Compiler {
    fn find() -> Result<Self> {
        TOOLCHAINS
            .iter()
            .find_map(|toolchain| Self::of_rustup(toolchain))
            .or_else(Self::of_distribution)
            .ok_or_else(|| format!("found neither a rustup nightly with rust-src nor a rustc with a core library for {TARGET}"))
    }

    /// The real rustc behind `rustup run`, so that nothing is installed on the way.
    fn of_rustup(toolchain: &str) -> Option<Self> {
        let which = |tool| {
            answer(Command::new("rustup").args(["which", "--toolchain", toolchain, tool]))
                .map(PathBuf::from)
        };
        Self::inspect(which("rustc")?, which("cargo")?)
    }

    fn of_distribution() -> Option<Self> {
        let cargo = PathBuf::from(env::var_os("CARGO")?);
        let outer = env::var_os("RUSTC").map(PathBuf::from);
        outer
            .into_iter()
            .chain(["/usr/bin/rustc".into()])
            .find_map(|rustc| Self::inspect(rustc, cargo.clone()))
    }

    fn inspect(rustc: PathBuf, cargo: PathBuf) -> Option<Self> {
        let about = answer(Command::new(&rustc).arg("-vV"))?;
        let line = |start: &str| {
            about
                .lines()
                .find_map(|line| line.strip_prefix(start))
                .map(str::to_owned)
        };
        let sysroot = PathBuf::from(answer(Command::new(&rustc).args(["--print", "sysroot"]))?);
        let has_source = sysroot
            .join("lib/rustlib/src/rust/library/core/src/lib.rs")
            .is_file();
        if !has_source && !has_core(&rustc) {
            return None;
        }
        Some(Self {
            version: about.lines().next()?.to_owned(),
            llvm_major: line("LLVM version: ")?.split('.').next()?.to_owned(),
            builds_core: has_source,
            rustc,
            cargo,
            sysroot,
        })
    }

    /// A directory with nothing but this compiler's own LLVM: bpf-linker opens the first one that it meets.
    fn llvm_directory(&self, out: &Path) -> Option<PathBuf> {
        let major = &self.llvm_major;
        let system = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
        let places = [
            self.sysroot.join("lib"),
            format!("/usr/lib/llvm-{major}/lib").into(),
            system.into(),
        ];
        let library = places
            .iter()
            .filter_map(|place| fs::read_dir(place).ok())
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(&format!("libLLVM-{major}"))
                    || name.starts_with(&format!("libLLVM.so.{major}"))
            })?;
        let directory = out.join("llvm");
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).ok()?;
        std::os::unix::fs::symlink(
            library.canonicalize().ok()?,
            directory.join(format!("libLLVM-{major}.so")),
        )
        .ok()?;
        Some(directory)
    }
}

/// Whether this compiler brings a ready-made `core` for BPF.
fn has_core(rustc: &Path) -> bool {
    answer(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))
        .and_then(|directory| fs::read_dir(directory).ok())
        .is_some_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
        })
}

fn find_linker() -> Result<PathBuf> {
    let named = env::var_os("BPF_LINKER").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path)
        .chain([home().join(".cargo/bin")])
        .map(|directory| directory.join("bpf-linker"));
    named
        .into_iter()
        .chain(directories)
        .find(|file| file.is_file())
        .ok_or_else(|| "bpf-linker is not installed".to_owned())
}

fn home() -> PathBuf {
    env::var_os("HOME").map_or_else(|| "/root".into(), PathBuf::from)
}

fn variable(name: &str) -> Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("cargo did not set {name}"))
}

/// What a command prints, if it succeeds.
fn answer(command: &mut Command) -> Option<String> {
    shed_outer_build(command);
    let output = command.env("RUSTUP_AUTO_INSTALL", "0").output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs the inner cargo; its words are shown only where it fails.
fn run(cargo: &mut Command) -> Result<()> {
    let output = cargo
        .output()
        .map_err(|error| format!("cannot start {}: {error}", cargo.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        println!("cargo::warning={line}");
    }
    Err(format!(
        "cargo ended with {} (see the warnings above)",
        output.status
    ))
}
