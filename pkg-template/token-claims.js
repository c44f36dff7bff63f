// What an access token says of itself, where it is a JWT (RFC 7519). Nobody has verified it: that is the server's part.

/**
 * @param {Request | undefined} request
 * @returns {Record<string, unknown>} empty where there is no such token
 */
export function tokenClaims(request) {
  const [, payload] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/i.exec(request?.headers.get("authorization") ?? "") ?? [];
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
