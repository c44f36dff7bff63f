# What workerd runs: the worker with its two modules, on port 3000 of this machine.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # Without "private" and "local", workerd asks no server of this machine or its network.
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:3000", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "fhir_pull_bg.wasm", wasm = embed "dist/fhir_pull_bg.wasm"),
  ],
  bindings = [(name = "FHIR_SERVER", fromEnvironment = "FHIR_SERVER")],
  compatibilityDate = "2026-07-01",
);
