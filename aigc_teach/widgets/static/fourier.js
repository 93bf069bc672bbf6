// The short-time Fourier transform of a sound, painted as a small image; and a wave's outline.
// Used after core.js, by the instruments for sound.

const SHAPES = {
  hann: { words: "Hann", share: 0.5, lobe: 4 },
  hamming: { words: "Hamming", share: 0.54, lobe: 4 },
  rectangular: { words: "rectangular", share: 1, lobe: 2 },
}; // lobe: how many 1/(window's duration) wide a pure tone's line is, from zero to zero
const FAINTEST = -140; // decibels; smaller levels are not told apart
const COLUMNS = 600, ROWS = 256;

/** w[n], the same as data.spectrum.window. */
function makeWindow(shape, length) {
  const { share } = SHAPES[shape], w = new Float64Array(length);
  for (let n = 0; n < length; n++) w[n] = share - (1 - share) * Math.cos((2 * Math.PI * n) / length);
  return w;
}

/** A radix-2 Fourier transform of complex numbers in place; `length` is a power of two. */
function makeFourier(length) {
  const cos = new Float64Array(length / 2), sin = new Float64Array(length / 2);
  for (let k = 0; k < length / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / length);
    sin[k] = -Math.sin((2 * Math.PI * k) / length);
  }
  const partner = new Uint16Array(length), bits = Math.log2(length);
  for (let i = 1; i < length; i++) partner[i] = (partner[i >> 1] >> 1) | ((i & 1) << (bits - 1));
  return (re, im) => {
    for (let i = 0; i < length; i++) {
      const j = partner[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < length; half *= 2) {
      const stride = length / (2 * half);
      for (let start = 0; start < length; start += 2 * half) {
        for (let k = 0, t = 0, a = start, b = start + half; k < half; k++, t += stride, a++, b++) {
          const x = re[b] * cos[t] - im[b] * sin[t], y = re[b] * sin[t] + im[b] * cos[t];
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  };
}

/**
 * Levels in decibels, frame after frame: { levels [frames * bins], frames, bins, hop }. Two real
 * frames share one complex transform: the first is its real part, the second its imaginary part.
 */
function makeSpectrogram(wave, length, hop, shape) {
  const w = makeWindow(shape, length), fourier = makeFourier(length);
  const bins = length / 2 + 1, frames = 1 + Math.floor(wave.length / hop);
  const scale = 4 / w.reduce((a, b) => a + b, 0) ** 2, least = 10 ** (FAINTEST / 10);
  const levels = new Float32Array(frames * bins), re = new Float64Array(length), im = new Float64Array(length);
  for (let m = 0; m < frames; m += 2) {
    const first = m * hop - length / 2, second = first + hop;
    for (let n = 0; n < length; n++) {
      re[n] = w[n] * (wave[first + n] || 0); // outside the sound there is silence
      im[n] = m + 1 < frames ? w[n] * (wave[second + n] || 0) : 0;
    }
    fourier(re, im);
    for (let k = 0; k < bins; k++) {
      const j = (length - k) % length;
      const own = k % (length / 2) ? scale : scale / 4; // rows 0 and L/2 have no mirror image
      const power = (a, b) => 10 * Math.log10(Math.max(least, (own * (a * a + b * b)) / 4));
      levels[m * bins + k] = power(re[k] + re[j], im[k] - im[j]);
      if (m + 1 < frames) levels[(m + 1) * bins + k] = power(im[k] + im[j], re[j] - re[k]);
    }
  }
  return { levels, frames, bins, hop };
}

/** 256 colours from dark to light (as viridis: lightness alone tells the order). */
function makeRamp() {
  const stops = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at)), t = at - low;
    const [r, g, b] = stops[low].map((v, c) => Math.round(v + t * (stops[low + 1][c] - v)));
    return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA
  });
}

/** Paint levels between `floor` and 0 dB into a small image; of several bins in a row the loudest. */
function paintLevels(canvas, { levels, frames, bins }, floor, ramp) {
  canvas.width = Math.min(COLUMNS, frames);
  canvas.height = Math.min(ROWS, bins);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height), out = new Uint32Array(picture.data.buffer);
  for (let x = 0; x < canvas.width; x++) {
    const from = Math.floor(((x + 0.5) * frames) / canvas.width) * bins;
    for (let y = 0; y < canvas.height; y++) {
      const high = Math.ceil(((y + 1) * bins) / canvas.height);
      let level = -Infinity;
      for (let k = Math.floor((y * bins) / canvas.height); k < high; k++) level = Math.max(level, levels[from + k]);
      const share = Math.max(0, Math.min(1, 1 - level / floor));
      out[(canvas.height - 1 - y) * canvas.width + x] = ramp[Math.round(255 * share)];
    }
  }
  context.putImageData(picture, 0, 0);
}

/** The lowest and highest sample in each of `columns` equal parts, and the parts' middles. */
function envelope(wave, columns, rate) {
  const n = Math.min(columns, wave.length), xs = [], low = [], high = [];
  for (let c = 0; c < n; c++) {
    const end = Math.max(Math.floor(((c + 1) * wave.length) / n), Math.floor((c * wave.length) / n) + 1);
    let least = Infinity, most = -Infinity;
    for (let i = Math.floor((c * wave.length) / n); i < Math.min(end + 1, wave.length); i++) {
      least = Math.min(least, wave[i]);
      most = Math.max(most, wave[i]);
    }
    xs.push(((c + 0.5) * wave.length) / n / rate);
    low.push(least - 0.005); // a silent stretch still shows as a line
    high.push(most + 0.005);
  }
  return { xs, low, high };
}
