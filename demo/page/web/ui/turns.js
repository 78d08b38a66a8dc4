// @ts-check
// One run at a time is asked for, and can be stopped.

import { hear } from "../events.js";
import { page } from "../page.js";
import { run, runChanged, unfinished } from "../run.js";
import { mark, replyOf } from "../server.js";
import { fillStatus } from "./cards.js";
import { forgetOld, notify } from "./notice.js";

/** One at a time is with the server: of two photos chosen in a row the later one stays. */
function askForRun() {
  run.next = Boolean(run.turn);
  forgetOld();
  page.trigger("wait");
  if (run.turn) return;
  run.turn = mark();
  page.trigger("run", { turn: run.turn });
}

/** Only a photo that is shown and still chosen. */
function askAgain() {
  if (run.id && document.querySelector("#photo img")) askForRun();
}

function ran() {
  run.turn = "";
  if (run.next) askForRun();
}

async function stop() {
  run.next = false;
  if (!run.turn) return;
  const asked = page.server.stop({ turn: run.turn });
  giveUp();
  const { message } = await replyOf(asked, "its networks may go on until they have answered");
  if (message) notify(message);
}

/** What has not answered will not. */
export function giveUp() {
  run.ended = run.turn;
  for (const card of unfinished()) {
    card.panel = { ...card.panel, status: "stopped", message: "Stopped before this network had answered." };
    fillStatus(card);
  }
  runChanged();
}

// What other parts of the page may ask for.
hear("run", askForRun);

hear("again", askAgain);

hear("chosen", ({ models }) => {
  const shown = [...run.cards.keys()];
  const fewer = models.length && models.length < shown.length && models.every((id) => shown.includes(id));
  if (fewer) askAgain(); // they have answered, so nothing is computed
});

hear("stop", stop);

hear("failed", giveUp);

hear("ran", ran);
