// A gate in front of a server on the loopback interface. Closed, nothing listens there: to a client
// the server is gone, while it keeps its data for when the gate opens again.

import { connect, createServer } from "node:net";

/**
 * @param {number} port The server's.
 * @param {(bytes: Buffer) => void} [onAsked] Told each piece of what clients send.
 * @returns {Promise<{ origin: string, open(): Promise<void>, close(): Promise<void> }>} an open gate
 */
export async function gateTo(port, onAsked = () => {}) {
  const sockets = new Set();
  let server;
  let own = 0;

  function pass(incoming) {
    const outgoing = connect(port, "127.0.0.1");
    incoming.on("data", onAsked);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ]) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  }

  async function open() {
    server = createServer(pass);
    await new Promise((resolve, reject) => server.once("error", reject).listen(own, "127.0.0.1", resolve));
    own = server.address().port;
  }

  async function close() {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  return { origin: `http://127.0.0.1:${own}`, open, close };
}
