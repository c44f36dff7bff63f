/** What a resource of an answer is told by when answers are compared: another version is another answer. */
export function keyOf({ id, meta }) {
  return `${id} ${meta.versionId}`;
}
