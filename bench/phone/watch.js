// Put into the page before its own scripts: what state the call was in when, and how much sound the browser holds back.
(() => {
  const watch = { states: [], peers: [] };
  window.__watch = watch;
  const Plain = window.RTCPeerConnection;
  if (Plain) {
    window.RTCPeerConnection = class extends Plain {
      constructor(...given) {
        super(...given);
        watch.peers.push(this);
      }
    };
  }
  document.addEventListener("DOMContentLoaded", () => {
    const call = document.querySelector("#call");
    const note = () => watch.states.push({ at: performance.now(), phase: call.dataset.phase, floor: call.dataset.floor });
    new MutationObserver(note).observe(call, { attributeFilter: ["data-phase", "data-floor"] });
  });

  // Seconds that all samples so far waited in the browser's buffer, together, and their number.
  watch.held = async () => {
    const reports = await watch.peers.at(-1).getStats();
    const sound = [...reports.values()].find((report) => report.type === "inbound-rtp" && report.kind === "audio");
    return [performance.now(), sound?.jitterBufferDelay ?? 0, sound?.jitterBufferEmittedCount ?? 0];
  };
})();
