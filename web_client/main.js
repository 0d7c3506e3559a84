/** The phone: what there is, and who hears of what. */

import { Player } from "./audio/player.js";
import { remembered } from "./base/choices.js";
import { part } from "./base/dom.js";
import { Messages } from "./base/messages.js";
import { Problem, browserProblem } from "./base/problem.js";
import { Server } from "./base/server.js";
import { keepPage } from "./base/offline.js";
import { Call } from "./call/call.js";
import { instructions } from "./call/orders.js";
import { AfterScreen } from "./screens/after.js";
import { CallScreen } from "./screens/call.js";
import { listen } from "./screens/keys.js";
import { Lobby } from "./screens/lobby.js";
import { ProblemDialog } from "./screens/problem_dialog.js";

const choices = remembered(localStorage);
const messages = new Messages();
const server = new Server(sessionStorage);
const player = new Player();
/** @type {Call | null} */
let call = null;

const lobby = new Lobby(choices, messages, server, player, { call: dial, failed: (problem) => trouble(problem) });
const callScreen = new CallScreen(messages, { hangUp: () => call?.hangUp() });
const after = new AfterScreen(messages, player, { call: dial, lobby: toLobby });
const problems = new ProblemDialog(messages, { free, key: (key) => (server.key = key) });
const sure = part(document, "#sure", HTMLDialogElement);

/** @param {"lobby" | "call" | "after"} name */
function show(name) {
  for (const screen of document.querySelectorAll("main")) screen.hidden = screen.id !== name;
  document.body.dataset["screen"] = name;
}

/**
 * @param {Problem} problem
 * @param {() => void} [again]
 */
function trouble(problem, again = () => lobby.refresh()) {
  problems.show(problem, again);
}

function toLobby() {
  after.leave();
  show("lobby");
  lobby.refresh();
}

async function dial() {
  const offer = lobby.offer;
  if (call || offer?.state !== "ready") return;
  lobby.leave();
  after.leave();
  player.stop();
  const chosen = { ...choices.now };
  const scenario = offer.scenarios.find(({ id }) => id === chosen.scenario) ?? null;
  const terms = { kinds: offer.transports, instructions: instructions(chosen, scenario) };
  const mine = new Call(server, chosen, terms, {
    said: (line) => callScreen.said(line),
    ended: (problem) => ended(mine, problem),
  });
  call = mine;
  const parts = [chosen.language && Messages.ownName(chosen.language), chosen.level, scenario?.title];
  callScreen.open(mine, chosen, parts.filter(Boolean).join(" · ") || messages.say("call.title"));
  show("call");
  try {
    await mine.start();
  } catch (error) {
    if (call !== mine) return; // hung up before it began
    call = null;
    callScreen.close();
    show("lobby");
    trouble(error instanceof Problem ? error : new Problem("unreachable", String(error)), dial);
  }
}

/**
 * @param {Call} over
 * @param {Problem | null} problem
 */
function ended(over, problem) {
  call = null;
  callScreen.close();
  sure.close();
  show("after");
  after.open(over);
  if (problem) trouble(problem, dial);
}

function askToHangUp() {
  if (call && !sure.open) sure.showModal();
}

/** Is there a line by now? */
async function free() {
  try {
    const offer = await server.lobby();
    lobby.offer = offer;
    return offer.state === "ready" && offer.places.taken < offer.places.all;
  } catch {
    return false; // asked again in a few seconds
  }
}

part(sure, "#sure-no").addEventListener("click", () => sure.close());
part(sure, "#sure-yes").addEventListener("click", () => {
  sure.close();
  call?.hangUp();
});

listen(messages, () => {
  const now = call;
  return now && {
    pushToTalk: now.choices.pushToTalk,
    mute: () => now.mute(),
    hold: (on) => now.hold(on),
    hint: () => now.hint(),
    again: () => now.again(),
    slower: () => now.slower(),
    pace: (steps) => now.pace(steps),
    hangUp: askToHangUp,
    transcript: () => callScreen.toggleTranscript(),
  };
}, dial);

messages.addEventListener("change", () => {
  document.documentElement.lang = messages.language;
  messages.fill(document);
});
await messages.load(Messages.best(choices.now.pageLanguage, navigator.languages));
show("lobby");
const cannot = browserProblem();
if (cannot) trouble(cannot);
await lobby.refresh();
keepPage(() => call === null);
