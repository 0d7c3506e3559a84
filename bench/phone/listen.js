// Put into the page before its own scripts: keeps a copy of everything that goes to a loudspeaker, and of every problem.
(() => {
  /** @type {{ rate: number, blocks: { at: number, samples: Float32Array }[] }[]} */
  const ears = [];
  window.__ears = ears;
  const connect = AudioNode.prototype.connect;
  const heard = new WeakMap();
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) connect.call(this, ear(target.context));
    return connect.call(this, target, ...rest);
  };

  // A stream that is played as it comes, as WebRTC's is.
  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...property,
    set(stream) {
      property.set.call(this, stream);
      if (!stream) return;
      const context = new AudioContext({ sampleRate: 24000 });
      connect.call(context.createMediaStreamSource(stream), ear(context));
    },
  });

  function ear(context) {
    const known = heard.get(context);
    if (known) return known;
    const kept = { rate: context.sampleRate, blocks: [] };
    const node = context.createScriptProcessor(512, 1, 1);
    node.onaudioprocess = ({ inputBuffer }) => {
      kept.blocks.push({ at: performance.now(), samples: inputBuffer.getChannelData(0).slice() });
    };
    connect.call(node, context.destination);
    ears.push(kept);
    heard.set(context, node);
    return node;
  }
})();
