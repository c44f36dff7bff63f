// The network as a replica sees it, with a switch. Off means off: requests under way end too.

export class Network extends EventTarget {
  #on = true;
  #cut = new AbortController();

  get on() {
    return this.#on;
  }

  /** Lets requests through again, or ends those under way and refuses all others. */
  switch(on) {
    if (on === this.#on) return;
    this.#on = on;
    if (on) this.#cut = new AbortController();
    else this.#cut.abort(noNetwork());
    this.dispatchEvent(new Event("change"));
  }

  /** As the global `fetch` does, and fails as it does when there is no network. */
  fetch = async (request, options) => {
    if (!this.#on) throw noNetwork();
    const asked = new Request(request, options);
    return fetch(asked, { signal: AbortSignal.any([asked.signal, this.#cut.signal]) });
  };
}

function noNetwork() {
  return new TypeError("The network is switched off on this page.");
}
