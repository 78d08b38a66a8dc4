// @ts-check
// Questions to the server.

/** A name for one of them, or for what it is about, that nothing else has. */
export const mark = () => Math.random().toString(36).slice(2);

/** What the server says, or a sentence when it says nothing. */
export async function replyOf(reply, remedy) {
  const silence = { message: `The server did not answer; ${remedy}.` };
  try {
    return (await reply) ?? silence;
  } catch {
    return silence;
  }
}
