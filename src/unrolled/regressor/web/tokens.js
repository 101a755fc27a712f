// How a text is cut into tokens, and a token into pieces: a twin of `unrolled.regressor.pieces`.
// It calls nothing that is not defined here.

// Python's \s and \w; the latter lacks the marks of letters, of which some scripts have many.
const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const WORD = String.raw`\p{L}\p{N}_`;
const SCRIPTS = String.raw`\u0300-\u20ff\ua66f-\uabff\ufe00-\ufe2f\u{11000}-\u{11fff}` +
  String.raw`\u{1e900}-\u{1e94f}`;
const ALONE = String.raw`\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}`;
const MARK = String.raw`(?=[${SCRIPTS}])\p{M}`;
const LETTER = String.raw`(?:(?![${ALONE}])[${WORD}]|${MARK})`;
const SIGN = String.raw`[^${WORD}${SPACE}]`;
const EYES = String.raw`[<>]?[:;=]['\u2019]?[\-o*^]?`;
const MOUTH = String.raw`[()\[\]{}dDpPoO3/\\|@*]`;
const TOKEN = new RegExp([
  String.raw`\u27e6[^\u27e6\u27e7${SPACE}]{0,40}\u27e7`,  // a tag
  String.raw`(?<![${WORD}])(?:${EYES}${MOUTH}{1,8}|[xX]D{1,8})(?![${WORD}])`,  // :-) xD
  String.raw`[()]{1,8}[\-o*^]?[:;=](?![${WORD}])`,  // (-:
  String.raw`</?3`,  // a heart, whole or broken
  String.raw`${LETTER}{1,24}(?:['\u2019]${LETTER}{1,8}){0,3}`,  // don't
  String.raw`[${WORD}]`,  // one sign of a script without spaces
  String.raw`[!?]{2,24}`,  // ?!?!
  String.raw`${SIGN}(?:[\ufe00-\ufe0f\u{1f3fb}-\u{1f3ff}]|\u200d${SIGN}){1,9}`,  // an emoji
  String.raw`(${SIGN})\1{0,24}`,  // any other sign, or a run of it
].join("|"), "gu");
const FILLED = new RegExp(`[^${SPACE}]`, "u");
const UNBROKEN = new RegExp(`[^${SPACE}]{256}`, "u");
const JOINING = new RegExp(String.raw`^(?:${MARK}|[\u1160-\u11ff])`, "u");
const START = "\u27e6\u27e7";
// The bounds of `unrolled.regressor.pieces`; a sign is two units of a string at most.
const PART = 512, NEAR = 256, REACH = 2 * 64, MOST_MARKS = 30, MOST_PIECES = 32;

// Only a sign with an order among marks changes its place: U+0345 has the highest order of all.
const isMark = sign => {
  const [first] = sign.normalize("NFKD");
  return first === "\u0345" || !("\u0345" + first).normalize("NFD").startsWith("\u0345");
};

const endOfPart = (signs, isLast) => {
  for (let stop = PART; stop < Math.min(PART + NEAR, signs.length); stop++)
    if (!isMark(signs[stop]) && !JOINING.test(signs[stop].normalize("NFKD"))) return stop;
  return isLast ? signs.length : PART;
};

function* ofFewMarks(part) {
  let start = 0, place = 0, marks = 0;
  if (UNBROKEN.test(part)) for (const sign of part) {
    marks = isMark(sign) ? marks + 1 : 0;
    if (marks > MOST_MARKS) {
      yield part.slice(start, place);
      start = place;
      marks = 1;
    }
    place += sign.length;
  }
  yield part.slice(start);
}

// The form NFKC of a text, part by part, and with each whether it is the last.
function* usual(text) {
  for (let start = 0, stop; start < text.length; start = stop) {
    const near = text.slice(start, start + 2 * (PART + NEAR) + 1), signs = [...near];
    const isLast = signs.length <= PART + NEAR && start + near.length === text.length;
    const part = signs.slice(0, endOfPart(signs.slice(0, PART + NEAR), isLast)).join("");
    stop = start + part.length;
    const parts = [...ofFewMarks(part.replace(/[\ud800-\udfff]/gu, "\ufffd"))];
    for (const [number, each] of parts.entries())
      yield [each.normalize("NFKC"), stop === text.length && number === parts.length - 1];
  }
}

function* tokens(text) {
  let rest = "", place = 0, found;
  for (const [part, isLast] of usual(text)) {
    const kept = Math.max(place - 2, 0);  // One sign before the place, at which a token may look.
    rest = rest.slice(kept) + part;
    place -= kept;
    for (;;) {
      TOKEN.lastIndex = place;
      found = TOKEN.exec(rest);
      if (!found || (found.index + REACH > rest.length && !isLast)) break;
      yield found[0];
      place = found.index + found[0].length;
    }
    if (!found) place = rest.length;
  }
}

// All that stands so many signs in a row in a token, and its ends.
const runs = (token, sizes) => {
  const signs = [..."<" + token + ">"];
  return sizes.flatMap(n => signs.slice(n - 1).map((_, i) => signs.slice(i, i + n).join("")));
};
const isTag = token => token.startsWith("\u27e6");
const isUpper = token => /\p{Uppercase}/u.test(token) && !/[\p{Lowercase}\p{Lt}]/u.test(token);

const piecesOf = token => {
  if (isTag(token)) return [token];
  const lower = token.toLowerCase(), short = lower.replace(/(.)\1{2,}/gsu, "$1$1");
  const found = ["=" + lower];
  if (short !== lower) found.push("=" + short, "^stretched");
  if (token !== lower)
    found.push([...token].length > 1 && isUpper(token) ? "^capitals" : "^capital");
  if ([...short].length > 1) found.push(...runs(short, [3, 4, 5]));
  return [...new Set(found)].slice(0, MOST_PIECES);
};

// How often what is counted stands in a text of such tokens: words and pairs, then letters.
const countsOf = (found, words, letters) => {
  const lower = found.map(token => token.toLowerCase()), counts = new Map();
  const count = id => id !== undefined && counts.set(id, (counts.get(id) ?? 0) + 1);
  lower.forEach((word, n) => {
    count(words.get(word));
    if (n && words.has(lower[n - 1]) && words.has(word))
      count(words.get(`${lower[n - 1]} ${word}`));
    if (!isTag(word)) for (const run of runs(word, [2, 3, 4, 5])) count(letters.get(run));
  });
  return counts;
};

const checked = text => {
  const kind = text === null ? "null" : typeof text;
  if (kind !== "string") throw new TypeError(`text: expected a string, got ${kind}`);
  if (!FILLED.test(text)) throw new Error("text: expected a text, got nothing but white space");
  return text;
};
