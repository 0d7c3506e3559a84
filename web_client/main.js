/** The phone: what there is, and who hears of what. */

/** @import {KeptCall, Line} from "./types.js" */

import { Player } from "./audio/player.js";
import { remembered } from "./base/choices.js";
import { part } from "./base/dom.js";
import { Messages } from "./base/messages.js";
import { Problem, browserProblem } from "./base/problem.js";
import { Server } from "./base/server.js";
import { keepPage } from "./base/offline.js";
import { Call } from "./call/call.js";
import { firstWords } from "./call/greeting.js";
import { CallKeeper } from "./call/kept_call.js";
import { instructions } from "./call/orders.js";
import { AfterScreen } from "./screens/after.js";
import { CallScreen } from "./screens/call.js";
import { listen } from "./screens/keys.js";
import { Lobby } from "./screens/lobby.js";
import { ProblemDialog } from "./screens/problem_dialog.js";

const KEEP_MS = 2000; // a browser that dies says nothing: what was said until then is kept

const choices = remembered(localStorage);
const messages = new Messages();
const server = new Server(sessionStorage);
const keeper = new CallKeeper(sessionStorage);
const player = new Player();
/** @type {Call | null} */
let call = null;
let title = "";
/** @type {ReturnType<typeof setInterval> | undefined} */
let keeping;

const lobby = new Lobby(choices, messages, server, player, keeper, {
  call: () => dial(),
  back: (kept) => dial(kept),
  failed: (problem) => trouble(problem),
  keys: () => showKeys(),
});
const callScreen = new CallScreen(messages, { hangUp: () => call?.hangUp() });
const after = new AfterScreen(messages, player, { call: () => dial(), lobby: toLobby });
const problems = new ProblemDialog(messages, { free, key: (key) => (server.key = key) });
const sure = part(document, "#sure", HTMLDialogElement);

/** @param {"lobby" | "call" | "after"} name */
function show(name) {
  for (const screen of document.querySelectorAll("main")) screen.hidden = screen.id !== name;
  document.body.dataset["screen"] = name;
  scrollTo(0, 0);
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
  lobby.focus();
  lobby.refresh();
}

/** @param {"lobby" | "after"} name the screen that a call was made from, which did not come about */
function backTo(name) {
  show(name);
  lobby.draw();
  (name === "after" ? after : lobby).focus();
}

/** @param {KeptCall | null} kept the call to take up again, null for a new one */
async function dial(kept = null) {
  const offer = lobby.offer;
  const cannot = browserProblem();
  if (cannot) return trouble(cannot);
  if (call || offer?.state !== "ready") return;
  lobby.leave();
  player.stop();
  const chosen = kept ? { ...choices.now, ...kept.choices } : { ...choices.now, voice: lobby.voice };
  const scenario = offer.scenarios.find(({ id }) => id === chosen.scenario) ?? null;
  const parts = [chosen.language && Messages.ownName(chosen.language), chosen.level, scenario?.title];
  title = kept?.title ?? (parts.filter(Boolean).join(" · ") || messages.say("call.title"));
  const greeting = chosen.greeting && !kept ? firstWords(chosen.language, scenario) : null; // comes while we connect
  const terms = { kinds: offer.transports, instructions: instructions(chosen, scenario), greeting };
  const told = {
    said: (/** @type {Line} */ line) => callScreen.said(line),
    ended: (/** @type {Problem | null} */ problem) => ended(mine, problem),
  };
  const mine = new Call(server, chosen, terms, told, kept);
  const from = part(document, "#after").hidden ? "lobby" : "after";
  call = mine;
  callScreen.open(mine, chosen, title);
  show("call");
  callScreen.focus();
  try {
    await mine.start();
    if (call !== mine) return; // hung up meanwhile
    after.leave();
    keeper.forget();
    keeping = setInterval(() => keeper.keep(mine, title, false), KEEP_MS);
  } catch (error) {
    if (call !== mine) return; // hung up before it began
    call = null;
    callScreen.close();
    backTo(from);
    trouble(error instanceof Problem ? error : new Problem("unreachable", String(error)), () => dial(kept));
  }
}

/**
 * @param {Call} over
 * @param {Problem | null} problem
 */
function ended(over, problem) {
  call = null;
  clearInterval(keeping);
  if (over.state.now.since) keeper.forget(); // one that never stood takes the place of none
  callScreen.close();
  sure.close();
  show("after");
  after.open(over);
  if (problem) trouble(problem, () => dial());
}

// Who leaves in a call is asked, and may come back: the line is given back at once, what was said is kept for a while.
window.addEventListener("beforeunload", (event) => {
  if (call) event.preventDefault();
});
window.addEventListener("pagehide", () => {
  const left = call;
  if (!left) return;
  const stood = left.state.now.since !== null;
  left.hangUp();
  if (stood) keeper.keep(left, title, true);
});

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

const showKeys = listen(messages, () => choices.now.shortcuts, () => {
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
}, () => dial());

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
