// @ts-check
// Questions to the server.

/** What the server says, or a sentence when it says nothing. */
export async function replyOf(reply, remedy) {
  const silence = { message: `The server did not answer; ${remedy}.` };
  try {
    return (await reply) ?? silence;
  } catch {
    return silence;
  }
}
