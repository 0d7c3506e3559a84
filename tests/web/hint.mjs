// What the page asks for a hint in each of these situations: `node hint.mjs < situations.json`, events as JSON.

import { text } from "node:stream/consumers";
import { Conversation } from "../../web_client/call/conversation.js";
import { hint } from "../../web_client/call/orders.js";

const situations = JSON.parse(await text(process.stdin));
const events = situations.map(({ language, level, said }) => {
  const conversation = new Conversation(() => {});
  said.forEach(([who, words], i) => (who === "you" ? conversation.know(`${i}`, words) : conversation.say(`${i}`, words, 0)));
  return hint(conversation.spoken, { language, level });
});
console.log(JSON.stringify(events));
