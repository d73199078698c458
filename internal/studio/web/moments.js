// The moments of a recording as cards: what is heard in each, who speaks and what
// they say, and what can be made of it.
import {work} from "./api.js";
import {decimal, position} from "./time.js";
import {handle, joined, language, t} from "./words.js";

const byId = (id) => document.getElementById(id);
const longest = 220; // characters of what is said

export class Moments {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		byId("find").addEventListener("click", () => this.find());
	}

	close() {
		this.searched = false;
		this.shown = "";
		byId("moments").replaceChildren();
		byId("moments-none").hidden = true;
	}

	async find() {
		const {view} = this, {id} = view;
		byId("find").disabled = true;
		const list = await view.attempt(() => work(view.path("/moments"), {}, (share) => view.id === id && view.busy(t("listening"), share)));
		byId("find").disabled = false;
		if (view.id !== id) return;
		view.busy(null);
		if (!list) return;
		this.searched = true;
		view.scene.moments = list;
		this.show();
		view.wave.resize();
		view.say(list.length ? t("foundMoments", {n: list.length}) : t("noMoments"));
	}

	// show writes the cards anew if there is something new in them: the keyboard may
	// be on one of them.
	show() {
		const {scene, transcript} = this.view, key = [language(), scene.moments.length, this.searched, scene.voices.length, transcript.said?.stamp].join();
		if (key === this.shown) return;
		this.shown = key;
		byId("moments-none").hidden = !this.searched || scene.moments.length > 0;
		byId("moments").replaceChildren(...scene.moments.map((m) => this.card(m)));
	}

	card(m) {
		const {view} = this, {rate, voices} = view.scene;
		const from = position(m.start / rate), where = t("stretch", {from, to: position((m.start + m.samples) / rate), length: decimal(m.samples / rate, 0)});
		const card = element("li", "moment");
		const head = element("p", "moment-head");
		const play = button("glyph", t("playIt"), `${t("playIt")}: ${where}`, () => this.play(m));
		play.replaceChildren(byId("play").firstElementChild.cloneNode(true));
		head.append(play, button("plain at", from, `${t("useMoment")}: ${where}`, () => view.choose(m)), element("span", "quiet", t("seconds", {s: decimal(m.samples / rate, 0)})));
		const who = element("p", "moment-who quiet");
		for (const s of m.speakers) {
			const voice = voices.findIndex((v) => v.handle === s), name = element("span", "");
			if (voice >= 0) name.append(element("span", "swatch voice" + voice % 8));
			name.append(Object.assign(element("bdi", ""), {textContent: handle(s)}));
			who.append(name);
		}
		const text = view.transcript.passage(m.start, m.start + m.samples);
		card.append(head);
		if (text) {
			const said = element("blockquote", "", shorten(text));
			said.dir = "auto";
			said.lang = view.transcript.said.language;
			card.append(said);
		}
		const reasons = element("p", "why", why(m));
		reasons.classList.toggle("quiet", Boolean(text));
		card.append(reasons);
		if (m.speakers.length) card.append(who);
		const acts = element("p", "actions");
		acts.append(
			button("", t("makeVideo"), `${t("makeVideo")}: ${where}`, () => {
				view.choose(m);
				view.saving.design();
			}),
			button("", t("saveClip"), `${t("saveClip")}: ${where}`, () => {
				view.choose(m);
				view.saving.save();
			}));
		card.append(acts);
		return card;
	}

	play(m) {
		const {view} = this, {rate} = view.scene;
		view.choose(m);
		view.player.between(m.start / rate, (m.start + m.samples) / rate);
	}
}

// why tells the reasons of a moment, of each kind the weightiest.
function why(m) {
	const told = new Map();
	for (const r of m.reasons) {
		if (told.has(r.kind)) continue;
		const digits = r.kind === "opening" ? 1 : 0;
		told.set(r.kind, t("why." + r.kind, {n: decimal(r.value, digits), s: decimal(r.length, 0), who: r.handle ? handle(r.handle) : t("aVoice")}));
	}
	return joined([...told.values()]);
}

// shorten ends a text at a word.
function shorten(text) {
	if (text.length <= longest) return text;
	return text.slice(0, Math.max(longest / 2, text.lastIndexOf(" ", longest))) + " …";
}

function element(name, className, text = "") {
	return Object.assign(document.createElement(name), {className, textContent: text});
}

function button(className, text, label, action) {
	const b = Object.assign(element("button", className, text), {type: "button"});
	b.setAttribute("aria-label", label);
	b.addEventListener("click", action);
	return b;
}
