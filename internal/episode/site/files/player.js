// A time or a word plays from there; without scripts the link of a time opens the
// file at it. Selecting words is no click.
const player = document.querySelector("audio");
document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-at]");
  if (!place || !player.canPlayType || (place.localName === "span" && String(getSelection()))) return;
  event.preventDefault();
  player.currentTime = Number(place.dataset.at);
  player.play();
});

// The passage that is heard is marked.
const passages = [...document.querySelectorAll(".said li")];
let heard;
player.addEventListener("timeupdate", () => {
  const now = passages.findLast((p) => Number(p.firstElementChild.dataset.at) <= player.currentTime + 0.05);
  if (now === heard) return;
  heard?.removeAttribute("aria-current");
  now?.setAttribute("aria-current", "true");
  heard = now;
});

// Searching shows the passages that have all the words, whatever their case and
// accents.
const alike = { ø: "o", ł: "l", đ: "d", ħ: "h", ı: "i", ß: "ss", æ: "ae", œ: "oe" };
const fold = (c) => {
  if (c < "\x80") return c.toLowerCase();
  const plain = c.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/\p{M}/gu, "");
  return alike[plain] ?? plain;
};

// folded returns the letters of a passage, and for each the node and the offset
// that it has.
const folded = (p) => {
  let text = "";
  const places = [];
  for (const span of p.querySelectorAll("p span")) {
    const node = span.firstChild;
    let at = 0;
    for (const c of node.data) {
      for (const f of fold(c)) {
        text += f;
        for (let i = 0; i < f.length; i++) places.push([node, at, at + c.length]);
      }
      at += c.length;
    }
  }
  return { text, places };
};

const form = document.querySelector(".said form");
if (form) {
  const field = form.querySelector("input");
  const texts = new Map();
  const textOf = (p) => {
    if (!texts.has(p)) texts.set(p, folded(p));
    return texts.get(p);
  };
  let words = [];

  // What was found is marked in the passages that are near the window: a letter
  // is in every word.
  const near = new Set();
  const mark = () => {
    const ranges = [];
    for (const p of near) {
      if (p.hidden) continue;
      const { text, places } = textOf(p);
      for (const w of words) {
        for (let i = text.indexOf(w); i >= 0; i = text.indexOf(w, i + w.length)) {
          const [startContainer, startOffset] = places[i];
          const [endContainer, , endOffset] = places[i + w.length - 1];
          ranges.push(new StaticRange({ startContainer, startOffset, endContainer, endOffset }));
        }
      }
    }
    globalThis.CSS?.highlights?.set("found", new Highlight(...ranges));
  };
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) e.isIntersecting ? near.add(e.target) : near.delete(e.target);
    if (words.length > 0) mark();
  }, { rootMargin: "50%" });
  for (const p of passages) watch.observe(p);

  const found = () => passages.filter((p) => !p.hidden);
  field.addEventListener("input", () => {
    words = [...field.value].map(fold).join("").split(/\s+/).filter(Boolean);
    for (const p of passages) p.hidden = !words.every((w) => textOf(p).text.includes(w));
    mark();
    const n = found().length;
    form.querySelector("output").textContent = words.length === 0 ? "" : n === 1 ? "1 passage" : `${n || "No"} passages`;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found()[0]?.firstElementChild.focus();
  });
  form.hidden = false;
}
