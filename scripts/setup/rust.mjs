// The Rust toolchain that rust-toolchain.toml names, its wasm32 target included, and a linker.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { answerOf, Failure, onPath, run } from "../run.mjs";
import { missing } from "./programs.mjs";

const RUSTUP = "https://rustup.rs";

/** What rust-toolchain.toml asks for, as files of the toolchain's folder. */
const FILES = ["bin/cargo", "bin/cargo-clippy", "bin/rustfmt", "lib/rustlib/wasm32-unknown-unknown/lib"];

export function rust() {
  if (!onPath("rustup")) throw new Failure(`Rust's installer is missing: install rustup (${RUSTUP}), then try again.`);
  const steps = process.platform === "linux" ? missing({ cc: "gcc", "/usr/include/stdlib.h": "libc6-dev" }, LINKER) : [];
  return isInstalled() ? steps : [...steps, TOOLCHAIN];
}

const LINKER = { what: "a C compiler, which Rust links with", takes: "half a minute" };

const TOOLCHAIN = {
  what: "the Rust toolchain that rust-toolchain.toml names",
  takes: "half a minute",
  // Without a name it installs what the file names, also where RUSTUP_AUTO_INSTALL is 0.
  action: () =>
    run("rustup", ["toolchain", "install"], {
      quiet: true,
      advice: `rustup 1.28 or newer is needed (\`rustup self update\`, or ${RUSTUP}), and a network.`,
    }),
};

function isInstalled() {
  const rustc = answerOf("rustup", ["which", "rustc"], { RUSTUP_AUTO_INSTALL: "0" });
  if (rustc === undefined) return false;
  const toolchain = dirname(dirname(rustc));
  const ending = process.platform === "win32" ? ".exe" : "";
  return FILES.every((file) => existsSync(join(toolchain, file + (file.startsWith("bin/") ? ending : ""))));
}
