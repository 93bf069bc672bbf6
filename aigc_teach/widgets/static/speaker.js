// One sound at a time on the whole page: what every instrument that plays stored samples uses.
// Used after core.js.

const STARTED = "aigc-sound-started"; // who hears it from another instrument falls silent

/** Samples in [-1, 1] of what Python stored: 16 bits, or 8 bits on the mu-law scale. */
function decodeSamples(buffer, bits) {
  if (bits === 16) return Float32Array.from(new Int16Array(buffer), (v) => v / 32767);
  return Float32Array.from(new Int8Array(buffer), (v) => (Math.sign(v) * Math.expm1((Math.abs(v) / 127) * Math.log(256))) / 255);
}

/**
 * Plays one wave at a time for the instrument `root`. `onend` is called when a wave has come to
 * its end, `onother` when another instrument begins to play (by then nothing sounds here).
 */
function makeSpeaker(root, rate, { onend = () => {}, onother = () => {} } = {}) {
  let context = null, source = null, began = 0, from = 0, seconds = 0;

  /** Play `wave` from second `at` on, in place of what sounds now. */
  function begin(wave, at = 0) {
    silence();
    context = context || new AudioContext();
    if (context.state === "suspended") context.resume();
    const buffer = context.createBuffer(1, wave.length, rate);
    buffer.copyToChannel(wave, 0);
    source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => { source = null; onend(); };
    [began, from, seconds] = [context.currentTime, at, wave.length / rate];
    source.start(0, at);
    document.dispatchEvent(new CustomEvent(STARTED, { detail: root }));
  }

  /** End what sounds without a word; what called it says what comes next. */
  function silence() {
    if (!source) return;
    source.onended = null;
    source.stop();
    source.disconnect();
    source = null;
  }

  const other = (event) => {
    if (event.detail === root || !source) return;
    const at = now();
    silence();
    onother(at);
  };
  document.addEventListener(STARTED, other);

  const playing = () => Boolean(source);
  /** The second of the wave that sounds now. */
  const now = () => Math.min(seconds, Math.max(0, from + context.currentTime - began));

  function close() {
    silence();
    document.removeEventListener(STARTED, other);
    if (context) context.close();
  }

  return { begin, silence, playing, now, close };
}
