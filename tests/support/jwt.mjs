/** An access token as authorization servers give it, for one user; its signature is nobody's. */
export function tokenOf(user) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ iss: "https://issuer.example.org", sub: user })}.c2lnbmF0dXJl`;
}
