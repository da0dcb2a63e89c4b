// SHA-256 and HMAC for millions of small texts: WebCrypto answers each of them by a promise, which takes twenty times as long.
// What uses it holds it against WebCrypto first (draw.js).

const primes = [];
for (let number = 2; primes.length < 64; number += 1) if (primes.every((prime) => number % prime)) primes.push(number);
const fraction = (number) => Math.floor((number % 1) * 2 ** 32) | 0;
const BEGIN = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const ROUND = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const words = new Int32Array(64);

function compress(state, view, at) {
  for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const x = words[i - 15];
    const y = words[i - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = (words[i - 16] + low + words[i - 7] + high) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + high + ((e & f) ^ (~e & g)) + ROUND[i] + words[i]) | 0;
    const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + first) | 0;
    d = c; c = b; b = a; a = (first + second) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

let room = new DataView(new ArrayBuffer(1024)); // making one for each text would take longer than hashing it

// The rest of a hash whose first `before` bytes are in `state` already.
function finish(state, bytes, before) {
  const end = ((bytes.length + 8) >> 6) * 64 + 64;
  if (end > room.byteLength) room = new DataView(new ArrayBuffer(2 * end));
  const block = new Uint8Array(room.buffer, 0, end);
  block.set(bytes);
  block.fill(0, bytes.length);
  block[bytes.length] = 0x80;
  room.setUint32(end - 8, Math.floor(((bytes.length + before) * 8) / 2 ** 32));
  room.setUint32(end - 4, ((bytes.length + before) * 8) >>> 0);
  for (let at = 0; at < end; at += 64) compress(state, room, at);
  const found = new Uint8Array(32);
  for (let i = 0; i < 32; i += 1) found[i] = state[i >> 2] >>> (24 - 8 * (i & 3));
  return found;
}

export function sha256(bytes) {
  return finish(BEGIN.slice(), bytes, 0);
}

// A key of at most 64 bytes; its two blocks are compressed once.
export function hmac(key) {
  const [inner, outer] = [0x36, 0x5c].map((pad) => {
    const block = new Uint8Array(64).fill(pad);
    key.forEach((byte, at) => { block[at] ^= byte; });
    const state = BEGIN.slice();
    compress(state, new DataView(block.buffer), 0);
    return state;
  });
  return (bytes) => finish(outer.slice(), finish(inner.slice(), bytes, 64), 64);
}
