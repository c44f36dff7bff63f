// A platform without Web Locks, as on plain HTTP: a worker imports it first (see serve.mjs).

delete Object.getPrototypeOf(navigator).locks;
