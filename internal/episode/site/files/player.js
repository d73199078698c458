// Without this script the page has the browser's own player, and the links of
// times open the audio at them.
const player = document.querySelector("audio.main");
const all = (css, of = document) => [...of.querySelectorAll(css)];
const at = (node) => Number(node.dataset.at);
const words = JSON.parse(document.getElementById("words").textContent);
const fill = (text, n) => text.replaceAll("{n}", n);
const counted = (forms, n) =>
  fill(typeof forms === "string" ? forms : (forms[new Intl.PluralRules(document.documentElement.lang || "en").select(n)] ?? forms.other), n);
const clock = (seconds) => {
  const s = Math.max(0, Math.floor(seconds)), two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};

// Where a listener has stopped is kept in this browser, and nowhere else.
const kept = {
  key: "heard:" + location.pathname,
  get() { try { return Number(localStorage.getItem(this.key)) || 0; } catch { return 0; } },
  set(seconds) { try { seconds > 0 ? localStorage.setItem(this.key, seconds.toFixed(1)) : localStorage.removeItem(this.key); } catch { /* a browser that keeps nothing */ } },
};

// asked is the time in the address, as a media fragment has it: #t=75, #t=1:15.
const asked = () => {
  const m = /^#t=(?:npt:)?([\d:.]+)/.exec(location.hash);
  return m ? m[1].split(":").reduce((sum, part) => sum * 60 + Number(part), 0) : NaN;
};

if (player?.canPlayType) {
  const bar = document.querySelector(".player");
  const part = (name) => bar.querySelector("." + name);
  const scrub = bar.querySelector("input");
  const length = Number(bar.dataset.length);
  const chapters = all(".chapters li");
  const passages = all(".said li");
  const wave = document.querySelector(".wave");
  const played = wave?.querySelector(".played"), line = wave?.querySelector(".at");
  const speeds = [1, 1.25, 1.5, 1.75, 2, 0.75];
  let wanted = Number.isNaN(asked()) ? kept.get() : asked(); // until the file is open

  const time = () => (player.readyState > 0 && !Number.isFinite(wanted) ? player.currentTime : wanted || 0);
  const seek = (seconds, play) => {
    const to = Math.min(Math.max(0, seconds), length);
    if (player.readyState > 0) {
      wanted = NaN;
      player.currentTime = to;
    } else {
      wanted = to;
    }
    if (play) start();
    show();
  };
  const start = () => {
    if (player.preload === "none") player.preload = "auto";
    player.play().catch(() => {}); // a browser that wants a click first
  };
  const toggle = () => (player.paused ? start() : player.pause());
  player.addEventListener("loadedmetadata", () => {
    if (Number.isFinite(wanted) && wanted > 0) player.currentTime = wanted;
    wanted = NaN;
  });

  const current = (list, now) => list.findLast((node) => at(node.firstElementChild) <= now + 0.05);
  const marks = new Map();
  const mark = (list, now) => {
    const node = current(list, now);
    if (marks.get(list) === node) return;
    marks.get(list)?.removeAttribute("aria-current");
    node?.setAttribute("aria-current", "true");
    marks.set(list, node);
  };
  const show = () => {
    const now = time();
    part("past").textContent = clock(now);
    scrub.value = Math.round(now);
    scrub.setAttribute("aria-valuetext", clock(now));
    const x = length > 0 ? (960 * Math.min(1, now / length)).toFixed(1) : 0;
    played?.setAttribute("width", x);
    line?.setAttribute("d", `M${x},0V100`);
    mark(chapters, now);
    mark(passages, now);
    part("now").textContent = marks.get(chapters)?.lastElementChild.textContent ?? bar.dataset.title;
  };
  let saved = 0;
  player.addEventListener("timeupdate", () => {
    show();
    if (Math.abs(player.currentTime - saved) >= 2 && player.currentTime < length - 5) kept.set((saved = player.currentTime));
  });
  const playing = () => {
    document.body.classList.toggle("playing", !player.paused);
    part("play").setAttribute("aria-label", player.paused ? words.play : words.pause);
  };
  for (const name of ["play", "pause"]) player.addEventListener(name, playing);
  player.addEventListener("pause", () => { if (!player.ended && player.currentTime > 0) kept.set((saved = player.currentTime)); });
  player.addEventListener("ended", () => kept.set(0));
  part("play").addEventListener("click", toggle);
  part("back").addEventListener("click", () => seek(time() - 15));
  part("on").addEventListener("click", () => seek(time() + 30));
  part("speed").addEventListener("click", () => {
    player.playbackRate = speeds[(speeds.indexOf(player.playbackRate) + 1) % speeds.length];
    part("speed").textContent = `${player.playbackRate}\u00d7`;
    part("speed").setAttribute("aria-label", `${words.speed} ${player.playbackRate}\u00d7`);
  });
  scrub.addEventListener("input", () => seek(Number(scrub.value)));

  // A time or a word plays from there. Selecting words is no click.
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-at]");
    if (!place || event.ctrlKey || event.metaKey || event.shiftKey || (place.localName === "span" && String(getSelection()))) return;
    event.preventDefault();
    seek(at(place), true);
  });
  wave?.querySelector(".sound").addEventListener("click", (event) => {
    if (event.target.closest("a") && event.detail === 0) return; // by the keyboard: its chapter
    event.preventDefault();
    event.stopPropagation();
    const box = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * length, true);
  });
  // The keys that every player has, where nothing else wants them.
  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { " ": toggle, ArrowLeft: () => seek(time() - 5), ArrowRight: () => seek(time() + 5) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  addEventListener("hashchange", () => { if (!Number.isNaN(asked())) seek(asked(), true); });

  // One plays at a time.
  document.addEventListener("play", (event) => {
    for (const other of all("audio, video")) if (other !== event.target) other.pause();
  }, true);

  const link = document.querySelector(".link");
  if (link) {
    const address = () => {
      const here = location.protocol === "file:" ? new URL(link.dataset.page) : new URL(location.href);
      const now = Math.floor(time());
      here.hash = now > 0 ? `t=${now}` : "";
      return here.href.replace(/#$/, "");
    };
    const label = link.querySelector("span"), text = label.textContent;
    const told = document.querySelector(".told");
    link.hidden = false;
    link.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(address());
      } catch {
        return prompt(text, address());
      }
      label.textContent = told.textContent = words.copied;
      setTimeout(() => { label.textContent = text; told.textContent = ""; }, 2500);
    });
  }
  const begin = document.querySelector(".begin");
  begin?.addEventListener("click", (event) => { event.preventDefault(); toggle(); });
  player.controls = false;
  player.hidden = true;
  bar.hidden = false;
  document.body.classList.add("has-player");
  scrub.max = Math.round(length);
  show();
  if (player.autoplay) player.autoplay = false;
}

// Searching shows the passages that have all the words, whatever their case and
// accents.
// These letters have no decomposition.
const alike = { "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u0127": "h", "\u0131": "i", "\u00df": "ss", "\u00e6": "ae", "\u0153": "oe" };
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
    let from = 0;
    for (const c of node.data) {
      for (const f of fold(c)) {
        text += f;
        for (let i = 0; i < f.length; i++) places.push([node, from, from + c.length]);
      }
      from += c.length;
    }
  }
  return { text, places };
};

const form = document.querySelector(".said form");
if (form) {
  const field = form.querySelector("input");
  const passages = all(".said li");
  const texts = new Map();
  const textOf = (p) => {
    if (!texts.has(p)) texts.set(p, folded(p));
    return texts.get(p);
  };
  let wanted = [];

  // What was found is marked in the passages that are near the window: a letter
  // is in every word.
  const near = new Set();
  const mark = () => {
    const ranges = [];
    for (const p of near) {
      if (p.hidden) continue;
      const { text, places } = textOf(p);
      for (const w of wanted) {
        for (let i = text.indexOf(w); i >= 0; i = text.indexOf(w, i + w.length)) {
          const [startContainer, startOffset] = places[i];
          const [endContainer, , endOffset] = places[i + w.length - 1];
          ranges.push(new StaticRange({ startContainer, startOffset, endContainer, endOffset }));
        }
      }
    }
    globalThis.CSS?.highlights?.set("found", new Highlight(...ranges));
  };
  if (globalThis.CSS?.highlights) { // the style sheet has it here, because checkers of CSS do not know it
    const style = new CSSStyleSheet();
    style.replaceSync("::highlight(found) { background: var(--found); color: var(--text); }");
    document.adoptedStyleSheets.push(style);
  }
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) e.isIntersecting ? near.add(e.target) : near.delete(e.target);
    if (wanted.length > 0) mark();
  }, { rootMargin: "50%" });

  const found = () => passages.filter((p) => !p.hidden);
  let watched = false;
  field.addEventListener("input", () => {
    if (!watched) for (const p of passages) watch.observe(p);
    watched = true;
    wanted = [...field.value].map(fold).join("").split(/\s+/).filter(Boolean);
    for (const p of passages) p.hidden = !wanted.every((w) => textOf(p).text.includes(w));
    mark();
    const n = found().length;
    form.querySelector("output").textContent = wanted.length === 0 ? "" : n === 0 ? words.nothing : counted(words.passages, n);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found()[0]?.firstElementChild.focus();
  });
  form.hidden = false;
}
