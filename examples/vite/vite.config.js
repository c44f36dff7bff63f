// What Vite has to be told of the package.

export default {
  // The development server leaves it as it is: prepared as other packages are, it would not find its worker.
  optimizeDeps: { exclude: ["fhir-pull"] },
  // A worker of several files: it loads the definitions of one version of FHIR, and not of all.
  worker: { format: "es" },
};
