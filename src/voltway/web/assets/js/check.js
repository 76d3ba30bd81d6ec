// Checks the signatures of meters in the browser: by WebCrypto where it knows the curve, else by
// noble-curves. What is checked never leaves the page. Node runs the same file in the tests.
import { ecdsa, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { sha256 } from "@noble/hashes/sha2.js";

// Domain parameters as they are published (SEC 2 version 1.0, RFC 5639): p, a, b, the base point's
// x and y, n. The curves are made when they are needed.
const curve = (size, oid, web, ...numbers) => {
  let made;
  return {
    size, oid, web,
    get noble() {
      const [p, a, b, Gx, Gy, n] = numbers.map((hex) => BigInt(`0x${hex}`));
      return (made ??= ecdsa(weierstrass({ p, a, b, Gx, Gy, n, h: 1n }), sha256));
    },
  };
};

const CURVES = {
  secp192k1: curve(
    24, "06052b8104001f", "",
    "fffffffffffffffffffffffffffffffffffffffeffffee37",
    "0",
    "3",
    "db4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7d",
    "9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9d",
    "fffffffffffffffffffffffe26f2fc170f69466a74defd8d",
  ),
  secp192r1: curve(
    24, "06082a8648ce3d030101", "",
    "fffffffffffffffffffffffffffffffeffffffffffffffff",
    "fffffffffffffffffffffffffffffffefffffffffffffffc",
    "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
    "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
    "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
    "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
  ),
  secp256k1: curve(
    32, "06052b8104000a", "",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
    "0",
    "7",
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
  ),
  secp256r1: curve(
    32, "06082a8648ce3d030107", "P-256",
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  ),
  secp384r1: curve(
    48, "06052b81040022", "P-384",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc",
    "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  ),
  brainpoolp256r1: curve(
    32, "06092b2403030208010107", "",
    "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
    "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
    "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
    "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
    "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
    "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
  ),
  brainpoolp384r1: curve(
    48, "06092b240303020801010b", "",
    "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
    "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
    "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
    "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
    "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
    "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
  ),
};
const NAMES = {
  prime192v1: "secp192r1",
  prime256v1: "secp256r1",
  prime384v1: "secp384r1",
  brainpool256r1: "brainpoolp256r1",
  brainpool384r1: "brainpoolp384r1",
};

const utf8 = new TextEncoder();
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const isHex = (text) => /^([0-9a-f]{2})+$/i.test(text);
const ofHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const ofBase64 = (text) => {
  const plain = text.replace(/\s/g, "").replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]+$/.test(plain)) return null;
  try {
    return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
};

const ofBase32 = (text) => {
  const plain = text.replace(/[\s=]/g, "");
  if (!/^[A-Z2-7]+$/.test(plain)) return null;
  const bytes = [];
  let bits = 0;
  let value = 0;
  for (const letter of plain) {
    value = (value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
      value &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(bytes);
};

// A key in these bytes: an ASN.1 key, whose last part is the point, or a bare point.
const keyOf = (bytes) => {
  const sizes = [24, 32, 48];
  const hex = hexOf(bytes);
  if (bytes[0] === 0x30) {
    const found = Object.entries(CURVES).find(([, each]) => hex.includes(each.oid));
    if (!found) return null;
    const [curve, { size }] = found;
    const whole = bytes.slice(-2 * size - 1);
    if (whole[0] === 4) return { curve, point: whole };
    const short = bytes.slice(-size - 1);
    return short[0] === 2 || short[0] === 3 ? { curve, point: short } : null;
  }
  for (const size of sizes) {
    if (bytes.length === 2 * size + 1 && bytes[0] === 4) return { curve: null, point: bytes };
    if (bytes.length === size + 1 && (bytes[0] === 2 || bytes[0] === 3))
      return { curve: null, point: bytes };
    if (bytes.length === 2 * size) return { curve: null, point: Uint8Array.of(4, ...bytes) };
  }
  return null;
};

export const readKey = (text) => {
  const body = text.replace(/-----(BEGIN|END) [A-Z ]+-----/g, "").trim()
    .replace(/^oca:(base16|base64|hex):(asn1|raw):/i, "");
  const compact = body.replace(/[\s:;-]|0x/g, "");
  if (!compact) return null;
  const ways = [];
  if (isHex(compact)) ways.push(ofHex(compact));
  ways.push(ofBase32(compact), ofBase64(body));
  for (const bytes of ways.filter(Boolean)) {
    const key = keyOf(bytes);
    if (key) return key;
    const inner = new TextDecoder().decode(bytes).replace(/^oca:(base16|hex):(asn1|raw):/i, "");
    if (isHex(inner)) {
      const again = keyOf(ofHex(inner));
      if (again) return again;
    }
  }
  return null;
};

const xOf = ({ point }) =>
  hexOf(point[0] === 4 ? point.slice(1, 1 + (point.length - 1) / 2) : point.slice(1));

// The two numbers of a DER signature side by side; null where it is none.
const compact = (bytes, size) => {
  if (bytes.length === 2 * size && bytes[0] !== 0x30) return bytes;
  let at = 0;
  const length = () => {
    const first = bytes[at++];
    return first < 128 ? first : first === 0x81 ? bytes[at++] : NaN;
  };
  if (bytes[at++] !== 0x30 || length() !== bytes.length - at) {
    return bytes.length === 2 * size ? bytes : null;
  }
  const numbers = [0, 0].map(() => {
    if (bytes[at++] !== 2) return null;
    const long = length();
    let number = bytes.slice(at, (at += long));
    // DER (X.690 §8.3) writes a number in one way: no sign, no needless zero.
    if (!(long > 0) || number[0] > 127 || (number[0] === 0 && !(number[1] > 127))) return null;
    if (number[0] === 0) number = number.slice(1);
    if (number.length > size) return null;
    return [...new Uint8Array(size - number.length), ...number];
  });
  if (at !== bytes.length || numbers.includes(null)) return null;
  return Uint8Array.from(numbers.flat());
};

const read = {
  OCMF: (text) => {
    const end = text.lastIndexOf("|");
    const payload = text.slice(5, end);
    const said = JSON.parse(payload);
    const signed = JSON.parse(text.slice(end + 1));
    const method = /^ECDSA-([\w-]+)-SHA-?256$/i.exec(signed.SA ?? "ECDSA-secp256r1-SHA256");
    const name = method?.[1].toLowerCase();
    const data = signed.SD ?? "";
    let last = {};
    const readings = (said.RD ?? []).map((each) => (last = { ...last, ...each }));
    const marks = { B: "begin", E: "end", L: "end", R: "end", A: "end", P: "end" };
    return {
      payload: utf8.encode(payload),
      curve: NAMES[name] ?? name,
      signature: signed.SE === "base64" ? ofBase64(data) : ofHex(data.replace(/\s/g, "")),
      meter: said.MS ?? said.GS ?? "",
      readings: readings
        .filter((each) => !/:(0?2|C\d)\.0?8/i.test(each.RI ?? ""))
        .map((each) => ({
          mark: marks[each.TX],
          wh: Number(each.RV) * (/^kwh$/i.test(each.RU ?? "") ? 1000 : 1),
        })),
    };
  },
  ALFEN: (text) => {
    const [, kind, , key, data, signature] = text.split(";");
    const payload = ofBase32(data);
    const view = new DataView(payload.buffer);
    const wh = Number(view.getBigInt64(46, true)) * 10 ** view.getInt8(45);
    return {
      payload,
      curve: "secp192r1",
      signature: ofBase32(signature),
      key: keyOf(ofBase32(key)),
      meter: hexOf(payload.slice(16, 26)),
      readings: [{ mark: { 0: "begin", 1: "end" }[kind], wh }],
    };
  },
  PCDF: (text) => {
    const field = (name) => new RegExp(`\\(${name}:([^()]*)\\)`).exec(text)?.[1] ?? "";
    return {
      payload: utf8.encode(text.slice(0, text.indexOf("(SG:"))),
      curve: "secp256r1",
      signature: ofHex(field("SG")),
      key: keyOf(ofHex(field("PK"))),
      meter: field("HW"),
      readings: [
        { mark: "begin", wh: 0 },
        { mark: "end", wh: Number(field("RV").split("*")[0]) * 1000 },
      ],
    };
  },
};

const formatOf = (text) =>
  text.startsWith("OCMF|") ? "OCMF"
  : text.startsWith("AP;") ? "ALFEN"
  : text.startsWith("128.8.0") ? "PCDF" : null;

// The records in a text, whatever they are wrapped in.
export const records = (text, depth = 4) => {
  const body = text.replace(/^[\ufeff\s"\u0002]+|[\s"\u0003]+$/g, "");
  if (!body || depth === 0) return [];
  if (body.startsWith("<") && typeof DOMParser !== "undefined" && !body.includes("<!")) {
    const told = new DOMParser().parseFromString(body, "text/xml");
    return [...told.querySelectorAll("signedData, encodedData")]
      .flatMap((each) => records(each.textContent, depth - 1));
  }
  if (body.startsWith("{")) {
    try {
      return records(JSON.parse(body).signedMeterData ?? "", depth - 1);
    } catch {
      return [];
    }
  }
  if (body.startsWith("OCMF|")) return body.split(/(?<=\s)(?=OCMF\|)/).map((each) => each.trimEnd());
  if (body.startsWith("AP;")) return body.split(/\s+/);
  if (body.startsWith("128.8.0")) return [body];
  const dense = body.replace(/\s/g, "");
  const bytes = isHex(dense) ? ofHex(dense) : ofBase64(dense);
  return bytes ? records(new TextDecoder().decode(bytes), depth - 1) : [];
};

const fits = async (curve, point, signature, payload) => {
  const { noble, size, web } = CURVES[curve];
  const numbers = compact(signature, size);
  if (!numbers || point.length < size + 1) return false;
  try {
    if (web && point[0] === 4 && globalThis.crypto?.subtle) {
      const algorithm = { name: "ECDSA", namedCurve: web };
      const key = await crypto.subtle.importKey("raw", point, algorithm, false, ["verify"]);
      return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, numbers, payload);
    }
    return noble.verify(numbers, sha256(payload), point, { prehash: false, lowS: false });
  } catch {
    return false;
  }
};

// One record under one key: "fits", "broken", "other_key" or "unreadable", and what it tells.
export const verify = async (text, key) => {
  const format = formatOf(text);
  let told;
  try {
    told = read[format](text);
  } catch {
    return { is: "unreadable", format };
  }
  const known = CURVES[told.curve];
  if (!known || !told.signature) return { is: "unreadable", format };
  if (told.key && xOf(told.key) !== xOf(key)) return { is: "other_key", format, ...told };
  const isOfCurve = (key.curve ?? told.curve) === told.curve;
  const good = isOfCurve && (await fits(told.curve, key.point, told.signature, told.payload));
  return { is: good ? "fits" : "broken", format, ...told };
};

export const fingerprint = (texts) => hexOf(sha256(utf8.encode(texts.map((t) => `${t}\n`).join(""))));

const energyOf = (found) => {
  const readings = found.flatMap((each) => each.readings ?? []);
  const begin = readings.find((each) => each.mark === "begin");
  const end = readings.findLast((each) => each.mark === "end");
  return begin && end ? end.wh - begin.wh : null;
};

const page = () => {
  const form = document.querySelector("[data-form]");
  const card = document.querySelector("[data-check]");
  if (!form || !card) return;
  card.hidden = false;
  const verdict = card.querySelector("[data-verdict]");
  const list = card.querySelector("[data-records]");
  const facts = card.querySelector("[data-facts]");
  const word = (name) => document.querySelector(`[data-word="${name}"]`).textContent;
  const nothing = verdict.textContent.trim();
  const kwh = (wh) => `${(Math.round(wh * 10) / 10000).toLocaleString("en", { maximumFractionDigits: 4 })}\u00a0kWh`;
  const line = (tag, text, more = "") => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (more) made.className = more;
    return made;
  };
  let turn = 0;

  const draw = async () => {
    const mine = ++turn;
    const texts = [...new Set(records(form.elements.data.value))];
    const written = form.elements.key.value.trim();
    const key = readKey(written);
    const isEmpty = !form.elements.data.value.trim();
    const found = key ? await Promise.all(texts.map((text) => verify(text, key))) : [];
    if (mine !== turn) return;
    let says = found.find((each) => each.is !== "fits")?.is ?? "fits";
    if (!texts.length) says = "unreadable";
    else if (!key) says = written ? "bad_key" : "no_key";
    const sentence = isEmpty ? nothing : word(says);
    if (verdict.textContent.trim() !== sentence) verdict.replaceChildren(line("p", sentence));
    card.dataset.is = isEmpty ? "" : says;
    list.replaceChildren(
      ...(found.length > 1 ? found : []).map((each, nth) =>
        line("li", `${word("record")} ${nth + 1}: ${word(each.is === "fits" ? "good" : "bad")}`)),
    );
    const rows = [];
    const wh = says === "fits" ? energyOf(found) : null;
    if (wh !== null) rows.push([word("energy"), kwh(wh)]);
    if (wh !== null && form.dataset.energy) {
      const billed = Number(form.dataset.energy);
      const same = Math.abs(billed - wh) <= 1.0001;
      rows.push([word("billed"), `${kwh(billed)}, ${word(same ? "same" : "differs")}`]);
    }
    if (texts.length && !isEmpty) {
      const print = fingerprint(texts);
      const is = form.dataset.sha256
        ? `, ${word(print === form.dataset.sha256 ? "print_same" : "print_differs")}` : "";
      rows.push([word("print"), `${print.slice(0, 16)}…${is}`]);
    }
    facts.replaceChildren(...rows.flatMap(([name, value]) => [line("dt", name), line("dd", value)]));
  };
  form.addEventListener("input", draw);
  draw();
};

if (typeof document !== "undefined") page();
