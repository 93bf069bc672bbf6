// Gaussians in the page: repeatable draws, Cholesky, fitting, densities. Plain loops over
// Float64Arrays; a matrix [n, n] lies row by row. Needs nothing.

/** Repeatable randomness: uniform() in (0, 1), normal() of N(0, 1), below(n) whole. */
function makeRandom(seed) {
  let state = (seed * 2654435761 + 12345) >>> 0, kept = null;
  const uniform = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
  const normal = () => { // Box and Muller: two at a time
    if (kept !== null) {
      const value = kept;
      kept = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, below: (n) => Math.floor(n * uniform()) };
}

/** Lower Cholesky factor of the [n, n] matrix `a` plus `noise`^2 on its diagonal. */
function cholesky(a, n, noise) {
  const root = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] + (i === j ? noise * noise : 0);
      for (let k = 0; k < j; k++) sum -= root[i * n + k] * root[j * n + k];
      root[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / root[j * n + j];
    }
  }
  return root;
}

/** Mean and covariance (divided by the count) of the rows `which` of `rows` [m, n]. */
function meanAndCovariance(rows, which, n) {
  const mean = new Float64Array(n), covariance = new Float64Array(n * n), gap = new Float64Array(n);
  for (const r of which) for (let i = 0; i < n; i++) mean[i] += rows[r * n + i] / which.length;
  for (const r of which) {
    for (let i = 0; i < n; i++) gap[i] = rows[r * n + i] - mean[i];
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) covariance[i * n + j] += gap[i] * gap[j];
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      covariance[i * n + j] /= which.length;
      covariance[j * n + i] = covariance[i * n + j];
    }
  }
  return { mean, covariance };
}

/** log N(x; mean, root root^T) of the row of `x` that begins at `from`, in nats. */
function logGaussian(x, from, mean, root, n) {
  const z = new Float64Array(n);
  let result = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) {
    let sum = x[from + i] - mean[i];
    for (let k = 0; k < i; k++) sum -= root[i * n + k] * z[k];
    z[i] = sum / root[i * n + i];
    result -= 0.5 * z[i] * z[i] + Math.log(root[i * n + i]);
  }
  return result;
}

/** log of the sum of exp(values), safe for values such as -2000. */
function logSumExp(values) {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, v) => sum + Math.exp(v - largest), 0));
}
