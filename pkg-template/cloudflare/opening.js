// The replica that the settings of a worker or a shard describe.

import { openReplica } from "fhir-pull";
import { valueOf } from "./settings.js";

/**
 * @param {object} settings
 * @param {object} where
 * @param {object} where.env
 * @param {string} [where.shard]
 * @param {object} where.store
 * @param {(request: Request) => Promise<Response>} [where.fetch] counts what it is asked for
 */
export async function opened({ name, server, token, encrypt, replica }, { env, shard, store, fetch }) {
  return openReplica({
    ...replica,
    name: shard ?? name ?? "replica",
    server: valueOf(server, env, shard),
    store,
    ...(token && { token: (ask) => token(env, ask, shard) }),
    ...(encrypt && { encrypt: await encrypt(env, shard) }),
    ...(fetch && { fetch }),
  });
}

/** The feeds of the settings. */
export async function feedsOf({ feeds }, env, shard) {
  return valueOf(feeds, env, shard);
}
