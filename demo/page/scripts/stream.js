"use strict";
// Gradio ends its event stream when the last event has ended. An event that is asked for just then is told by nobody:
// it takes the stream for open, the stream ends, and the page waits for ever. So the end is kept back while an event
// is still to be told, and the next stream goes on where this one ends. Seen in Gradio 6.31 and mended in that alone
// (demo/page/serve.py). Of the same kind, though not the same: https://github.com/gradio-app/gradio/issues/7921 and
// https://github.com/gradio-app/gradio/issues/11586.
(() => {
  const ask = window.fetch.bind(window);
  const waiting = new Set(); // asked for, or to be told; by id once it has one
  const early = new Set(); // ended before the reply to their asking

  window.fetch = (input, options) => {
    const path = new URL(input?.url ?? input, location.href).pathname;
    if (path.endsWith("/queue/join")) return joined(input, options);
    if (path.endsWith("/queue/data")) return streamed(input, options);
    return ask(input, options);
  };

  async function joined(...request) {
    const asking = {};
    waiting.add(asking);
    try {
      const reply = await ask(...request);
      const { event_id: id } = await reply
        .clone()
        .json()
        .catch(() => ({}));
      if (id && !early.delete(id)) waiting.add(id);
      return reply;
    } finally {
      waiting.delete(asking);
    }
  }

  async function streamed(...request) {
    const first = await ask(...request);
    if (!first.ok) return first;
    const passed = new ReadableStream({
      async start(controller) {
        try {
          for (let reply = first; reply;) reply = (await goesOn(reply, controller)) ? await ask(...request) : null;
          controller.close();
        } catch (error) {
          controller.error(error);
        }
      },
    });
    return new Response(passed, { status: first.status, headers: first.headers });
  }

  function tellPlace({ msg, rank, rank_eta: seconds }) {
    // where the event stands in the line, which the page does not tell by itself
    const before = msg === "estimation" ? rank : msg === "process_starts" ? 0 : null;
    if (before !== null) document.dispatchEvent(new CustomEvent("zoo:place", { detail: { before, seconds } }));
  }

  async function goesOn(reply, controller) {
    // true when the stream ended and an event is still to be told
    const encoder = new TextEncoder();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return false;
      const messages = (text + value).split("\n\n");
      text = messages.pop();
      for (const message of messages) {
        const told = JSON.parse(message.replace(/^data: /, ""));
        const { msg, event_id: id } = told;
        tellPlace(told);
        if (msg === "close_stream" && waiting.size) return true;
        if (msg === "process_completed" && !waiting.delete(id)) early.add(id);
        controller.enqueue(encoder.encode(`${message}\n\n`));
      }
    }
  }
})();
